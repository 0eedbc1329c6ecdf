"""Functions over rows in a frozen order (after sort, top, serialize)."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, window

FUNCTIONS: tuple[Function, ...] = (
    window("prev", "(column: any, offset: const long?, default: const any?) -> first"),
    window("next", "(column: any, offset: const long?, default: const any?) -> first"),
    window("row_number", "(start: const long?, restart: bool?) -> long"),
    window("row_cumsum", "(term: number|timespan, restart: bool?) -> first"),
    window("row_rank_dense", "(term: plain, restart: bool?) -> long"),
    window("row_rank_min", "(term: plain, restart: bool?) -> long"),
    window(
        "row_window_session",
        "(expr: datetime, from_first: timespan, between: timespan, restart: bool?) -> datetime",
    ),
)
