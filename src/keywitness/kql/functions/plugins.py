"""Plugins of `evaluate`."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, plugin

_ANYTHING = "(arg: any*?) -> dynamic"
_LATER = "its page leaves open which rows count at the edges of a window; `summarize` and `join` say it exactly"
_MINED = "how it chooses among patterns is not documented; `summarize count() by` the same columns counts them"
_ELSE = "not answered by keywitness; `summarize` and `join` over the same columns say what it would"
_SERVICE = "it reaches out of the case, to a service or a script"
_TABULAR = (
    "active_users_count activity_counts_metrics activity_engagement activity_metrics funnel_sequence "
    "funnel_sequence_completion new_activity_metrics rolling_percentile sequence_detect session_count "
    "sliding_window_counts"
)
_OTHERS = "dcount_intersect estimate_rows_count narrow geo_line_lookup geo_polygon_lookup identity preview rows_near"
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
    *(plugin(name, _ANYTHING, refusal=_LATER) for name in _TABULAR.split()),
    *(plugin(name, _ANYTHING, refusal=_MINED) for name in ("autocluster", "basket", "diffpatterns")),
    *(plugin(name, _ANYTHING, refusal=_ELSE) for name in _OTHERS.split()),
    *(plugin(name, _ANYTHING, refusal=_SERVICE) for name in _OUTSIDE.split()),
)
