"""`make-series`: per group one array of values along a regular axis."""

from __future__ import annotations

from keywitness.kql import functions, plan, syntax
from keywitness.kql.binder import calls, diagnostics, groups
from keywitness.kql.binder.columns import named_item
from keywitness.kql.binder.context import Context, Rows, Scope, null
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.folding import reads_columns
from keywitness.kql.binder.names import Names, implied
from keywitness.kql.binder.types import BOOL, DATETIME, DYNAMIC, INT, LONG, REAL, STRING, TIMESPAN, convert, widest
from keywitness.kql.functions.function import NUMBER
from keywitness.model.schema import Column, KqlType, Schema

_UNALIGNED = (
    "make-series in range() with a start between two bins: where the series begins then is not documented; "
    "write `from start to stop step size`, or bin() the start"
)
_BEHIND_STOP = (
    "make-series in range() with rows behind its stop in the last bin: whether they count is not documented; "
    "write `from start to stop step size`, or leave those rows out before"
)
_NUMBERS = (
    "its page allows results that are numbers only, of which the 0 of an empty bin is one; use summarize and bin()"
)
#: Numbers that an array can hold; Kusto's pages do not say how it holds decimals.
_HELD = {INT, LONG, REAL}


def bind_make_series(context: Context, scope: Scope, rows: Rows, node: syntax.MakeSeries) -> Rows:
    """`make-series`: keys, then the series in the order of the text, then the axis."""
    e = Expressions(context, scope, rows)
    names = Names()
    keys = groups.bind_keys(e, node.keys, names)
    bound = [_series(e, item, names) for item in node.aggregates]
    axis = named_item(e, node.axis, names)
    step, start, stop = _bounds(e, axis.value.type, node)
    source = rows.plan
    if node.in_range and start is not None and stop is not None:
        source, start, stop = _in_range(source, axis.value, start, stop, step)
    columns = [Column(k.name, k.value.type) for k in keys]
    columns += [Column(a.name, DYNAMIC) for a, _ in bound]
    columns.append(Column(axis.name, DYNAMIC))
    series = plan.MakeSeries(
        source,
        tuple(a for a, _ in bound),
        tuple(d for _, d in bound),
        axis,
        start,
        stop,
        step,
        keys,
        Schema(columns),
        nonempty=any(o.name == "kind" and _word(o.value) == "nonempty" for o in node.options),
    )
    return rows.unordered(series, rows.origin)


def _in_range(
    source: plan.Plan, axis: plan.Scalar, start: plan.Scalar, stop: plan.Scalar, step: plan.Scalar
) -> tuple[plan.Plan, plan.Scalar, plan.Scalar]:
    """`in range(start, stop, step)` as rows, start and end: the bin of `stop` is the last one.

    Bins are those of `bin()`, as the page says; where they begin before a start between them, and whether rows of
    the last bin behind `stop` count, it leaves open.
    """
    last = plan.Call("bin", (stop, step), stop.type)
    aligned = plan.Call("equal", (plan.Call("bin", (start, step), start.type), start), BOOL)
    begin = plan.Call("iff", (_asserted(aligned, _UNALIGNED), start, null(start.type)), start.type)
    last_bin = plan.Call("equal", (plan.Call("bin", (axis, step), last.type), last), BOOL)
    behind = plan.Call("and", (plan.Call("greater", (axis, stop), BOOL), last_bin), BOOL)
    inside = plan.Call("iff", (behind, plan.Literal(False, BOOL), plan.Literal(True, BOOL)), BOOL)
    end = plan.Call("add", (last, step), stop.type)
    return plan.Filter(source, _asserted(inside, _BEHIND_STOP)), begin, end


def _asserted(check: plan.Scalar, message: str) -> plan.Scalar:
    return plan.Call("assert", (check, plan.Literal(message, STRING)), BOOL)


def _word(value: syntax.Expression) -> str:
    return value.name if isinstance(value, syntax.NameRef) else ""


def _series(e: Expressions, item: syntax.SeriesAggregate, names: Names) -> tuple[plan.NamedAggregate, plan.Scalar]:
    """One aggregate and the value of an empty bin."""
    call = item.value.value if isinstance(item.value, syntax.Named) else item.value
    row = functions.find_aggregate(call.function.name) if isinstance(call, syntax.Call) else None
    if isinstance(call, syntax.Call) and row is not None:
        if groups.gives_several(row, call):
            help = "a series has one value per bin; write one aggregate for each, such as percentile(x, 95)"
            raise diagnostics.not_supported(call.span, f"{row.name}() in make-series", help)
        aggregate = calls.aggregate(e, call, row)
        if aggregate.type not in _HELD:
            raise diagnostics.not_supported(call.span, f"{row.name}() of {aggregate.type} in make-series", _NUMBERS)
    else:
        aggregate = _constant(e, item.value)
    if isinstance(item.value, syntax.Named):
        name = item.value.names[0].name
    else:
        name = implied(call, aggregate=True) or f"{aggregate.function}_"
    return plan.NamedAggregate(names.take(name), aggregate), _default(e, item.default, aggregate.type)


def _constant(e: Expressions, item: syntax.Node) -> plan.Aggregate:
    """A named number in the place of an aggregate: the bins that have a row hold it."""
    if not isinstance(item, syntax.Named):
        raise diagnostics.aggregate_expected(item.span, "")
    value = e.bind(item.value)
    if value.type not in NUMBER or reads_columns(value):
        raise diagnostics.aggregate_expected(item.value.span, "")
    return plan.Aggregate("min", (value,), value.type)


def _default(e: Expressions, written: syntax.Node | None, type: KqlType) -> plan.Scalar:
    """The value of an empty bin: zero unless the text says otherwise."""
    if written is None:
        return plan.Literal(0.0 if type is REAL else 0, type)
    default = e.bind_constant(written, "the default")
    if default.type in {type, REAL} and type in NUMBER | {default.type}:
        return default
    null = isinstance(default, plan.Literal) and default.value is None
    if not null and not {default.type, type} <= NUMBER:
        raise diagnostics.wrong_type(written.span, default.type, [type])
    return convert(default, type)


def _bounds(
    e: Expressions, axis: KqlType, node: syntax.MakeSeries
) -> tuple[plan.Scalar, plan.Scalar | None, plan.Scalar | None]:
    """Step, start and stop, in the types of the axis."""
    if node.step is None:
        raise diagnostics.bad_value(node.span, "make-series needs a step", "add `step 1h`")
    step = e.bind_constant(node.step, "the step")
    if isinstance(step, plan.Literal) and step.value is not None and step.value <= 0:
        raise diagnostics.bad_value(node.step.span, "the step of make-series has to be more than 0")
    ends = [e.bind_constant(b, "a bound") if b is not None else None for b in (node.start, node.stop)]
    if axis in _HELD and step.type in NUMBER:
        wide = widest([LONG, axis, step.type, *(b.type for b in ends if b is not None and b.type in NUMBER)])
        start, stop = (convert(b, wide) if b is not None else None for b in ends)
        return convert(step, wide), start, stop
    if axis not in {DATETIME, TIMESPAN} or step.type is not TIMESPAN:
        raise diagnostics.wrong_operands(node.axis.span, "make-series", axis, step.type)
    for bound, written in zip(ends, (node.start, node.stop), strict=True):
        if bound is not None and written is not None and bound.type is not axis:
            raise diagnostics.wrong_type(written.span, bound.type, [axis])
    return step, ends[0], ends[1]
