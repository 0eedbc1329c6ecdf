"""`set`: properties of the request that change what is answered, or whether.

https://learn.microsoft.com/kusto/query/set-statement, https://learn.microsoft.com/kusto/concepts/query-limits and
https://learn.microsoft.com/kusto/api/rest/request-properties. Properties that are about a service change nothing here;
those that would change the answer and that a case cannot follow are refused, and unknown ones are said.
"""

from __future__ import annotations

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Scope
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.diagnostics import did_you_mean
from keywitness.kql.literals import parse_timespan
from keywitness.model.schema import KqlType

#: The properties and the types of their values; those that are numbers or spans are limits, of which the lowest holds.
PROPERTIES: dict[str, KqlType] = {
    "query_now": KqlType.DATETIME,
    "query_take_max_records": KqlType.LONG,
    "notruncation": KqlType.BOOL,
    "truncationmaxrecords": KqlType.LONG,
    "truncationmaxsize": KqlType.LONG,
    "servertimeout": KqlType.TIMESPAN,
    "norequesttimeout": KqlType.BOOL,
    "maxmemoryconsumptionperiterator": KqlType.LONG,
    "maxoutputcolumns": KqlType.LONG,
    "max_memory_consumption_per_query_per_node": KqlType.LONG,
    "best_effort": KqlType.BOOL,
}
#: Two pages spell these two otherwise.
_SPELLED = {"truncation_max_records": "truncationmaxrecords", "truncation_max_size": "truncationmaxsize"}
#: About the service's work, never about an answer.
ABOUT_A_SERVICE = frozenset(
    """
    client_max_redirect_count deferpartialqueryfailures perftrace push_selection_through_aggregation
    query_distribution_nodes_span query_fanout_nodes_percent query_fanout_threads_percent query_log_query_parameters
    query_max_entities_in_union query_optimize_fts_at_relop query_python_debug query_results_cache_force_refresh
    query_results_cache_max_age
    query_results_cache_per_shard query_results_progressive_enabled query_results_progressive_row_count
    query_results_progressive_update_period query_take_remote_entities_disabled
    query_weakconsistency_session_id queryconsistency querytrace request_app_name
    request_block_row_level_security request_callout_disabled request_description request_external_data_disabled
    request_external_table_disabled request_impersonation_disabled request_readonly request_readonly_hardline
    request_remote_entities_disabled request_sandboxed_execution_disabled request_user
    results_error_reporting_placement results_progress_enabled results_progressive_enabled
    results_v2_fragment_primary_tables
    validate_permissions validatepermissions materialized_view_shuffle materialized_view_shuffle_query
    """.split()  # noqa: SIM905
)
#: Properties that would change the answer in a way that a case does not know.
REFUSED = {
    "query_cursor_after_default": "a case has no cursors: compare TimeGenerated",
    "query_cursor_before_or_at_default": "a case has no cursors: compare TimeGenerated",
    "query_cursor_current": "a case has no cursors: compare TimeGenerated",
    "query_cursor_disabled": "a case has no cursors: compare TimeGenerated",
    "query_cursor_scoped_tables": "a case has no cursors: compare TimeGenerated",
    "query_datetimescope_column": "write where TimeGenerated between (...)",
    "query_datetimescope_from": "write where TimeGenerated between (...)",
    "query_datetimescope_to": "write where TimeGenerated between (...)",
    "query_force_row_level_security": "a case has no row level security",
    "query_results_apply_getschema": "write | getschema",
}
#: Properties of which some words change nothing: what they name, those words, and what to do in place of another.
_WORDS = {
    "query_language": ("query language", {"kql", "csl"}, "write KQL"),
    "query_datascope": ("data scope", {"default", "all"}, "a case has no hot cache: compare TimeGenerated"),
}
#: Size of the bins of bin_auto(), and a value where one of them begins.
BINS = ("query_bin_auto_size", "query_bin_auto_at")
_SHOWN = {KqlType.DATETIME: "a datetime", KqlType.LONG: "a number above 0", KqlType.TIMESPAN: "a timespan"}


def bind_set(context: Context, scope: Scope, statement: syntax.SetOption) -> None:
    """Set a property from here on.

    Raises:
        RefusedError: If a property that matters here has a value of another kind.
    """
    name = _SPELLED.get(statement.name.name, statement.name.name)
    if name in BINS:
        context.bins[name] = _bound(context, scope, statement)
        return
    type_ = PROPERTIES.get(name)
    if type_ is None:
        _other(context, statement, name)
        return
    value = _value(context, scope, statement, type_)
    if name == "query_now":
        context.now_ticks = value
        return
    before = context.options.get(name)
    context.options[name] = value if before is None or type_ is KqlType.BOOL else min(before, value)


def _bound(context: Context, scope: Scope, statement: syntax.SetOption) -> plan.Literal:
    bound = None if statement.value is None else Expressions(context, scope, None).bind(statement.value)
    if not isinstance(bound, plan.Literal):
        raise diagnostics.constant_expected(statement.span, statement.name.name)
    return bound


def _other(context: Context, statement: syntax.SetOption, name: str) -> None:
    """A property without an effect here, one that is refused, or one that nobody knows."""
    if name in REFUSED:
        raise diagnostics.not_supported(statement.span, f"set {name}", REFUSED[name])
    if name in _WORDS:
        what, words, way_on = _WORDS[name]
        word = getattr(statement.value, "value", getattr(statement.value, "name", ""))
        if word not in words:
            raise diagnostics.not_supported(statement.span, f"the {what} {word}", way_on)
    elif name not in ABOUT_A_SERVICE:
        help = did_you_mean(name, (*PROPERTIES, *_SPELLED, *_WORDS, *REFUSED, *ABOUT_A_SERVICE))
        context.note(f"set {name}: no such property is known, it changes nothing{'; ' + help if help else ''}")


def taken(context: Context, result: plan.Plan, span: syntax.Span) -> plan.Plan:
    """The result, or as many of its rows as `query_take_max_records` lets through.

    Raises:
        RefusedError: If it has more columns than `maxoutputcolumns` lets through.
    """
    widest = context.options.get("maxoutputcolumns")
    if widest is not None and len(result.schema) > widest:
        message = f"the result has {len(result.schema)} columns, 'maxoutputcolumns' is {widest}"
        raise diagnostics.bad_value(span, message, "keep those that you need with project")
    most = context.options.get("query_take_max_records")
    if most is None:
        return result
    context.note(f"query_take_max_records is set: the answer has the first {most} rows at most")
    return plan.Take(result, plan.Literal(most, KqlType.LONG))


def _value(context: Context, scope: Scope, statement: syntax.SetOption, type_: KqlType) -> int:
    if statement.value is None and type_ is KqlType.BOOL:
        return True
    bound = None if statement.value is None else Expressions(context, scope, None).bind(statement.value)
    value = bound.value if isinstance(bound, plan.Literal) and bound.type in (type_, KqlType.STRING) else None
    if type_ is KqlType.TIMESPAN and isinstance(value, str):
        value = parse_timespan(value)
    if not isinstance(value, int) or (type_ in (KqlType.LONG, KqlType.TIMESPAN) and value <= 0):
        shown = f"'{statement.name.name}' takes {_SHOWN.get(type_, 'true or false')}"
        raise diagnostics.bad_value(statement.span, shown)
    return value
