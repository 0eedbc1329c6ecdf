"""What the aggregates `hll()` and `tdigest()` gave: read and merged by kernels."""

from __future__ import annotations

from keywitness.engine import sql
from keywitness.engine.lowering.dynamics import element
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.sql import Expr
from keywitness.model.schema import KqlType


def value_type(type_: KqlType) -> str:
    """The type that a sketch's values count as: integers of any width are one."""
    return KqlType.LONG if type_ is KqlType.INT else type_


def _merged(kernel: str) -> Lowering:
    return lambda use: sql.call(
        kernel, sql.call("kw_list_json", sql.array([element(a, use.type(i)) for i, a in enumerate(use.args)]))
    )


def _ranked(kernel: str) -> Lowering:
    def lowered(use: Use) -> Expr:
        digest, value = use.args
        return sql.call(kernel, digest, sql.cast(value, "VARCHAR"), sql.text(value_type(use.type(1))))

    return lowered


def _percentile(use: Use) -> Expr:
    return sql.call("kx_sketches_percentile", use.args[0], sql.cast(use.args[1], "DOUBLE"))


def _percentiles(use: Use) -> Expr:
    ranks = use.args[1]
    if use.type(1) is not KqlType.DYNAMIC:
        ranks = sql.call(
            "kw_list_json", sql.array([element(a, use.type(i)) for i, a in enumerate(use.args[1:], start=1)])
        )
    elif len(use) > 2:
        type = sql.text(value_type(KqlType(use.constant(2, "the type"))))
        return sql.call("kx_sketches_percentiles", use.args[0], ranks, type)
    return sql.call("kx_sketches_percentiles", use.args[0], ranks)


LOWERINGS: Table = {
    "dcount_hll": "kx_sketches_distinct",
    "hll_intersection": "kx_sketches_intersection",
    "hll_merge": _merged("kx_sketches_merged_hlls"),
    "tdigest_merge": _merged("kx_sketches_merged_digests"),
    "percentile_tdigest": _percentile,
    "percentiles_array_tdigest": _percentiles,
    "rank_tdigest": _ranked("kx_sketches_rank"),
    "percentrank_tdigest": _ranked("kx_sketches_percent_rank"),
}
