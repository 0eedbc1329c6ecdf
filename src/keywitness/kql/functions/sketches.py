"""Readers and mergers of what the aggregates `hll()` and `tdigest()` give."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, Naming, scalar

FUNCTIONS: tuple[Function, ...] = (
    scalar("dcount_hll", "(hll: dynamic) -> long", prefix="dcount_hll"),
    scalar("hll_merge", "(hll: dynamic, other: dynamic*) -> dynamic", prefix="hll_merged_result", naming=Naming.ALONE),
    scalar(
        "tdigest_merge",
        "(tdigest: dynamic, other: dynamic*) -> dynamic",
        prefix="tdigests_merge_result",
        naming=Naming.ALONE,
        aliases="merge_tdigest",
    ),
    scalar(
        "percentile_tdigest",
        "(tdigest: dynamic, percentile: number) -> dynamic",
        "(tdigest: dynamic, percentile: number, type: type) -> dynamic",
        prefix="percentile_tdigest",
    ),
    scalar(
        "percentiles_array_tdigest",
        "(tdigest: dynamic, percentile: number*) -> dynamic",
        "(tdigest: dynamic, percentiles: dynamic) -> dynamic",
        "(tdigest: dynamic, percentiles: dynamic, type: type) -> dynamic",
        prefix="percentile_tdigest",
    ),
    scalar("rank_tdigest", "(tdigest: dynamic, value: integer|real|datetime|timespan) -> real"),
    scalar("percentrank_tdigest", "(tdigest: dynamic, value: integer|real|datetime|timespan) -> real"),
)
