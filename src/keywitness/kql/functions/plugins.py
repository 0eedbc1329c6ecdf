"""Plugins of `evaluate`."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, plugin

_ANYTHING = "(arg: any*?) -> dynamic"
_LATER = "not built yet; `summarize` and `join` over the same columns say what it would"
_SERVICE = "it reaches out of the case, to a service or a script"
_TABULAR = (
    "active_users_count activity_counts_metrics activity_engagement activity_metrics autocluster basket "
    "dcount_intersect diffpatterns estimate_rows_count funnel_sequence funnel_sequence_completion "
    "narrow geo_line_lookup geo_polygon_lookup identity new_activity_metrics preview "
    "rolling_percentile rows_near sequence_detect session_count sliding_window_counts"
)
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
    *(plugin(name, _ANYTHING, refusal=_SERVICE) for name in _OUTSIDE.split()),
)
