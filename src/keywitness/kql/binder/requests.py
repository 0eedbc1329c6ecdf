"""`set`: properties of the request that change what is answered, or whether.

https://learn.microsoft.com/kusto/query/set-statement and https://learn.microsoft.com/kusto/concepts/query-limits; the
other properties are about a service and change nothing here.
"""

from __future__ import annotations

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Scope
from keywitness.kql.binder.expressions import Expressions
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
    "max_memory_consumption_per_query_per_node": KqlType.LONG,
}
#: Size of the bins of bin_auto(), and a value where one of them begins.
BINS = ("query_bin_auto_size", "query_bin_auto_at")
_SHOWN = {KqlType.DATETIME: "a datetime", KqlType.LONG: "a number above 0", KqlType.TIMESPAN: "a timespan"}


def bind_set(context: Context, scope: Scope, statement: syntax.SetOption) -> None:
    """Set a property from here on.

    Raises:
        RefusedError: If a property that matters here has a value of another kind.
    """
    name = statement.name.name
    if name in BINS:
        context.bins[name] = _bound(context, scope, statement)
        return
    type_ = PROPERTIES.get(name)
    if type_ is None:
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


def taken(context: Context, result: plan.Plan) -> plan.Plan:
    """The result, or as many of its rows as `query_take_max_records` lets through."""
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
