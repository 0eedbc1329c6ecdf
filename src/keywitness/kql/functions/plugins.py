"""Plugins of `evaluate`."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, plugin

_ANYTHING = "(arg: any*?) -> dynamic"
_FUNNEL = (
    "its page does not say which of several runs of one id counts, nor which state is before or after it where others "
    "come between; `scan` and sequence_detect() find sequences"
)
_COMPLETION = (
    "editions of its page differ on whether the longest step lies between two steps or between the first and the last, "
    "and none says whether a run may go from one bin to the next; `scan` and sequence_detect() find sequences"
)
_SESSIONS = (
    "the only answer on its page is a picture: whether a bin counts sessions begun in it, all that go on in it or each "
    "of its ids is not said; row_window_session() marks sessions"
)
_MINED = (
    "its page names the paper it follows, but not how seeds are drawn, nor which of the patterns around them are left; "
    "`evaluate basket()` finds all of them"
)
_COMPARED = (
    "its page gives a threshold, but not which of the patterns above it are left where they overlap; `basket()` over "
    "each of the two sets finds all of them"
)
_ELSE = "places on earth are outside of keywitness"
_SERVICE = "it reaches out of the case, to a service or a script"
_OTHERS = "geo_line_lookup geo_polygon_lookup"
_ANALYSED = "(id: plain, time: any, start: const any, end: const any"
_OUTSIDE = (
    "ai_chat_completion ai_chat_completion_prompt ai_embeddings ai_embed_text "
    "azure_digital_twins_query_request cosmosdb_sql_request csharp dax_request execute_query "
    "execute_show_command external_datatable http_request http_request_post infer_storage_schema "
    "infer_storage_schema_with_suggestions mysql_request postgresql_request python r sql_request"
)

FUNCTIONS: tuple[Function, ...] = (
    plugin("bag_unpack", "(column: dynamic, prefix: const string?) -> dynamic"),
    plugin("pivot", "(pivot: any, aggregate: any?, column: any*?) -> dynamic"),
    plugin("ipv4_lookup", "(ranges: any, address: string, range: string, key: string*?) -> dynamic"),
    plugin("ipv6_lookup", "(ranges: any, address: string, range: string, key: string*?) -> dynamic"),
    plugin("schema_merge", "(preserve_order: const bool?) -> dynamic"),
    plugin("activity_counts_metrics", f"{_ANALYSED}, window: const any, dimension: plain*?) -> dynamic"),
    plugin("activity_metrics", f"{_ANALYSED}, window: const any, dimension: plain*?) -> dynamic"),
    plugin("activity_engagement", f"{_ANALYSED}, inner: const any, outer: const any, dimension: plain*?) -> dynamic"),
    plugin(
        "new_activity_metrics",
        f"{_ANALYSED}, window: const any, cohort: const any?, dimension: plain*?, lookback: any?) -> dynamic",
    ),
    plugin(
        "sliding_window_counts", f"{_ANALYSED}, lookback: const any, bin: const any, dimension: plain*?) -> dynamic"
    ),
    plugin(
        "active_users_count",
        f"{_ANALYSED}, lookback: const any, period: const any, periods: const integer, bin: const any, "
        "dimension: plain*?) -> dynamic",
    ),
    plugin(
        "rolling_percentile",
        "(value: summable, percentile: const number, index: any, bin: const any, bins: const integer, "
        "dimension: plain*?) -> dynamic",
    ),
    plugin("funnel_sequence", _ANYTHING, refusal=_FUNNEL),
    plugin("funnel_sequence_completion", _ANYTHING, refusal=_COMPLETION),
    plugin("session_count", _ANYTHING, refusal=_SESSIONS),
    plugin(
        "sequence_detect",
        "(time: datetime, longest_step: const timespan, longest: const timespan, step: bool*, dimension: plain*?)"
        " -> dynamic",
    ),
    plugin("rows_near", "(condition: bool, rows: const integer, rows_after: const integer?) -> dynamic"),
    plugin("dcount_intersect", "(hll: dynamic, other: dynamic*) -> dynamic"),
    plugin("narrow", "() -> dynamic"),
    plugin("preview", "(rows: const integer) -> dynamic"),
    plugin("identity", _ANYTHING, refusal="no page says what it does"),
    plugin("estimate_rows_count", _ANYTHING, refusal="it estimates; use `count`"),
    plugin(
        "basket",
        "(threshold: const any?, weight: any?, dimensions: const any?, wildcard: const any*?) -> dynamic",
    ),
    plugin("autocluster", _ANYTHING, refusal=_MINED),
    *(plugin(name, _ANYTHING, refusal=_COMPARED) for name in ("diffpatterns", "diffpatterns_text")),
    *(plugin(name, _ANYTHING, refusal=_ELSE) for name in _OTHERS.split()),
    *(plugin(name, _ANYTHING, refusal=_SERVICE) for name in _OUTSIDE.split()),
)
