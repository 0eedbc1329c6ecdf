"""`summarize` and its kin: groups, aggregates, distinct values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keywitness.kql import functions, plan, syntax
from keywitness.kql.binder import calls, diagnostics
from keywitness.kql.binder.columns import named_item
from keywitness.kql.binder.context import Context, Rows, Scope
from keywitness.kql.binder.expressions import Aggregates, Expressions
from keywitness.kql.binder.names import Names, implied, percentile_name
from keywitness.kql.binder.ranking import counted
from keywitness.kql.binder.types import DYNAMIC, LONG, STRING
from keywitness.model.schema import KqlType

#: Aggregates that give several columns in one call.
_SEVERAL = {"arg_max", "arg_min", "take_any", "any", "percentiles", "percentilesw"}


@dataclass(frozen=True, slots=True)
class Output:
    """One output column behind the keys: its name, and its value over keys and collected aggregates."""

    name: str
    value: plan.Scalar


def bind_summarize(context: Context, scope: Scope, rows: Rows, node: syntax.Summarize) -> Rows:
    """`summarize`: keys first, then the aggregates in the order of the text."""
    aggregates = Aggregates()
    e = Expressions(context, scope, rows, aggregates)
    names = Names()
    refusals = diagnostics.Refusals()
    keys: tuple[plan.Named, ...] = ()
    with refusals:
        keys = bind_keys(e.without_aggregates(), node.keys, names)
    with refusals:
        listed = diagnostics.each(lambda item: _outputs(e, item, names, keys), node.aggregates)
    refusals.settle()
    outputs = [output for several in listed for output in several]
    return rows.unordered(grouped(rows.plan, keys, outputs, aggregates.found), rows.origin)


def bind_keys(e: Expressions, items: Sequence[syntax.Node], names: Names) -> tuple[plan.Named, ...]:
    """The expressions behind `by`.

    Raises:
        RefusedError: If one is dynamic, which Kusto does not group by.
    """

    def key(item: syntax.Node) -> plan.Named:
        found = named_item(e, item, names)
        if found.value.type is DYNAMIC:
            raise diagnostics.dynamic_not_allowed(item.span, "as a key")
        return found

    return tuple(diagnostics.each(key, items))


def grouped(
    source: plan.Plan,
    keys: tuple[plan.Named, ...],
    outputs: Sequence[Output],
    found: Sequence[plan.NamedAggregate],
) -> plan.Plan:
    """Summarize alone where each output is one aggregate, else with the arithmetic above it."""
    by_column = {a.name: a.value for a in found}
    plain = [o.value.name for o in outputs if isinstance(o.value, plan.ColumnRef) and o.value.name in by_column]
    if len(plain) == len(outputs) == len(set(plain)) == len(found):
        aggregates = (plan.NamedAggregate(o.name, by_column[name]) for o, name in zip(outputs, plain, strict=True))
        return plan.Summarize(source, keys, tuple(aggregates))
    if not keys and not found:  # constants alone: still one row
        found = [plan.NamedAggregate("$count", plan.Aggregate("count", (), LONG))]
    inner = plan.Summarize(source, keys, tuple(found))
    kept_keys = (plan.Named(k.name, plan.ColumnRef(k.name, k.value.type)) for k in keys)
    return plan.Project(inner, (*kept_keys, *(plan.Named(o.name, o.value) for o in outputs)))


# ---------------------------------------------------------------- aggregate columns


def _outputs(e: Expressions, item: syntax.Node, names: Names, keys: tuple[plan.Named, ...]) -> list[Output]:
    """The columns of one item of summarize."""
    given = [n.name for n in item.names] if isinstance(item, syntax.Named) else []
    value = item.value if isinstance(item, syntax.Named) else item
    for name in given:
        if name in names:
            raise diagnostics.already_named(item.span, name)
    row = _several(e, value)
    if row is not None and isinstance(value, syntax.Call):
        return _several_outputs(e, value, row, given, names, keys)
    if len(given) > 1:
        raise diagnostics.bad_value(item.span, "the expression does not have several values")
    bound = e.bind(value)
    _check_aggregated(e, value, bound)
    if given:
        return [Output(names.take(given[0]), bound)]
    suggested = implied(value, aggregate=True, columns=e.rows.schema if e.rows else None)
    return [Output(names.numbered() if suggested is None else names.take(suggested), bound)]


def _several(e: Expressions, value: syntax.Node) -> functions.Function | None:
    """The aggregate when the call gives several columns."""
    if not isinstance(value, syntax.Call) or e.scope.find(value.function.name) is not None:
        return None
    row = functions.find_aggregate(value.function.name)
    return row if row is not None and gives_several(row, value) else None


def gives_several(row: functions.Function, call: syntax.Call) -> bool:
    """True when the call of an aggregate gives several columns."""
    single = (
        row.canonical == "take_any" and len(call.args) == 1 and not isinstance(call.args[0], syntax.Star | syntax.Named)
    )
    return row.name in _SEVERAL and not single


def _check_aggregated(e: Expressions, node: syntax.Node, value: plan.Scalar) -> None:
    """Columns of the input may only stand inside aggregates."""
    allowed = {a.name for a in e.aggregates.found} if e.aggregates else set()
    for name in _columns(value):
        if name not in allowed:
            raise diagnostics.aggregate_expected(node.span, name)


def _columns(value: plan.Scalar) -> list[str]:
    if isinstance(value, plan.ColumnRef):
        return [value.name]
    if isinstance(value, plan.Call | plan.WindowCall):
        return [name for a in value.args for name in _columns(a)]
    return _columns(value.needle) if isinstance(value, plan.InTable) else []


def _several_outputs(
    e: Expressions,
    node: syntax.Call,
    row: functions.Function,
    given: list[str],
    names: Names,
    keys: tuple[plan.Named, ...],
) -> list[Output]:
    if row.name.startswith("percentiles"):
        return _percentiles(e, node, row, given, names)
    if row.canonical == "take_any":
        return _take_any(e, node, row, given, names, keys)
    return _arg(e, node, row, given, names, keys)


def _percentiles(
    e: Expressions, node: syntax.Call, row: functions.Function, given: list[str], names: Names
) -> list[Output]:
    """`percentiles(x, 50, 95)`: one percentile() per rank."""
    leading = 2 if row.name == "percentilesw" else 1
    single = functions.aggregate("percentilew" if leading == 2 else "percentile")
    if len(node.args) <= leading:
        raise diagnostics.argument_count(node.span, row.name, row.texts, len(node.args))
    outputs: list[Output] = []
    for place, rank in enumerate(node.args[leading:]):
        call = syntax.Call(node.span, node.function, (*node.args[:leading], rank))
        name = given[place] if place < len(given) else percentile_name(implied(node.args[0]), rank)
        outputs.append(Output(names.take(name), calls.bind_aggregate(e, call, single)))
    return outputs


def _returned(
    e: Expressions, node: syntax.Call, args: Sequence[syntax.Node], left_out: set[str]
) -> list[tuple[str | None, plan.Scalar, syntax.Node]]:
    """The columns that arg_max or take_any returns: name, value, place.

    `*` is every column not left out; beside it a column stands only once.
    """
    inner = e.without_aggregates()
    starred = any(isinstance(written, syntax.Star) for written in args)
    returned = set(left_out)
    found: list[tuple[str | None, plan.Scalar, syntax.Node]] = []
    for written in args:
        if isinstance(written, syntax.Star):
            found += [(c.name, plan.ColumnRef(c.name, c.type), written) for c in e.visible() if c.name not in returned]
            returned.update(c.name for c in e.visible())
            continue
        name, value = _named(written)
        bound = inner.bind(value)
        if starred and isinstance(bound, plan.ColumnRef):
            if bound.name in returned:
                continue
            returned.add(bound.name)
        found.append((name, bound, value))
    return found


def _named(written: syntax.Node) -> tuple[str | None, syntax.Node]:
    """The name and the expression of an argument that becomes a column, as in `arg_max(t, place=d.city)`."""
    if isinstance(written, syntax.Named) and len(written.names) == 1:
        return written.names[0].name, written.value
    return implied(written), written


def _take_any(
    e: Expressions,
    node: syntax.Call,
    row: functions.Function,
    given: list[str],
    names: Names,
    keys: tuple[plan.Named, ...],
) -> list[Output]:
    outputs: list[Output] = []
    prefix = "any_" if row.name == "any" else ""
    key_names = {k.name for k in keys}
    for place, (name, value, _) in enumerate(_returned(e, node, node.args, key_names)):
        column = e.collect(plan.Aggregate("take_any", (value,), value.type))
        suggested = f"any_arg{place}" if name is None else prefix + name
        outputs.append(Output(names.take(given[place] if place < len(given) else suggested), column))
    return outputs


def _arg(
    e: Expressions,
    node: syntax.Call,
    row: functions.Function,
    given: list[str],
    names: Names,
    keys: tuple[plan.Named, ...],
) -> list[Output]:
    """`arg_max(x, y, *)`: the greatest x, then y and the others of the same row."""
    if not node.args or isinstance(node.args[0], syntax.Star):
        raise diagnostics.argument_count(node.span, row.name, row.texts, 0)
    ranked_name, written = _named(node.args[0])
    ranked = e.without_aggregates().bind(written)
    if ranked.type is DYNAMIC:
        raise diagnostics.wrong_type(written.span, ranked.type, [LONG, KqlType.REAL, KqlType.DATETIME, STRING])
    short = row.name.removeprefix("arg_")
    left_out = {k.name for k in keys}
    if isinstance(written, syntax.NameRef):
        left_out.add(written.name)
    listed = [
        (ranked_name or f"{short}_", ranked),
        *(
            (name or f"{short}_{ranked_name or ''}_arg{place}", value)
            for place, (name, value, _) in enumerate(_returned(e, node, node.args[1:], left_out), start=1)
        ),
    ]
    outputs: list[Output] = []
    for place, (name, value) in enumerate(listed):
        column = e.collect(plan.Aggregate(row.name, (ranked, value), value.type))
        outputs.append(Output(names.take(given[place] if place < len(given) else name), column))
    return outputs


# ---------------------------------------------------------------- kin


def bind_distinct(context: Context, scope: Scope, rows: Rows, node: syntax.Distinct) -> Rows:
    """`distinct`: a summarize without aggregates."""
    e = Expressions(context, scope, rows)
    names = Names()
    items: list[syntax.Node] = []
    for item in node.columns:
        if isinstance(item, syntax.Star):
            items += [syntax.NameRef(item.span, c.name) for c in rows.schema.visible()]
        else:
            items.append(item)
    return rows.unordered(plan.Summarize(rows.plan, bind_keys(e, items, names), ()), rows.origin)


def bind_count(context: Context, scope: Scope, rows: Rows, node: syntax.Count) -> Rows:
    """`count`: one row, one column."""
    name = node.name.name if node.name else "Count"
    count = plan.NamedAggregate(name, plan.Aggregate("count", (), LONG))
    return rows.unordered(plan.Summarize(rows.plan, (), (count,)))


def bind_sample_distinct(context: Context, scope: Scope, rows: Rows, node: syntax.SampleDistinct) -> Rows:
    """`sample-distinct n of x`: some n of the distinct values."""
    e = Expressions(context, scope, rows)
    keys = bind_keys(e, [node.column], Names())
    count = counted(node.count, e.bind_constant(node.count, "the number of values"), real=True)
    return rows.unordered(plan.Take(plan.Summarize(rows.plan, keys, ()), count), rows.origin)
