"""`top-hitters` and `top-nested`: the greatest groups, exact where Kusto's are approximate."""

from __future__ import annotations

from dataclasses import dataclass

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Rows, Scope, null
from keywitness.kql.binder.expressions import Aggregates, Expressions
from keywitness.kql.binder.groups import Output, grouped
from keywitness.kql.binder.names import Names, implied
from keywitness.kql.binder.types import BOOL, DYNAMIC, INT, LONG, STRING, convert
from keywitness.kql.functions.function import INTEGER, NUMBER
from keywitness.model.schema import KqlType


def bind_top_hitters(context: Context, scope: Scope, rows: Rows, node: syntax.TopHitters) -> Rows:
    """`top-hitters n of x by y`: the n values of x with the most rows, or the greatest sum of y."""
    e = Expressions(context, scope, rows)
    key = _key(e, node.value)
    name = implied(node.value) or "Column1"
    if node.by is None:
        measure, measured = plan.Aggregate("count", (), LONG), f"approximate_count_{name}"
    else:
        value = e.bind(node.by)
        if value.type not in NUMBER:
            raise diagnostics.wrong_type(node.by.span, value.type, sorted(NUMBER))
        value = convert(value, LONG) if value.type is INT else value
        measure, measured = plan.Aggregate("sum", (value,), value.type), f"approximate_sum_{implied(node.by) or ''}"
    groups = plan.Summarize(rows.plan, (plan.Named(name, key),), (plan.NamedAggregate(measured, measure),))
    ordered = plan.Sort(groups, (plan.SortKey(plan.ColumnRef(measured, measure.type), True, False),))
    return Rows(plan.Take(ordered, _count(context, scope, node.count)), rows.origin, ordered=True, sorted=True)


def _key(e: Expressions, node: syntax.Node) -> plan.Scalar:
    key = e.bind(node)
    if key.type is DYNAMIC:
        raise diagnostics.dynamic_not_allowed(node.span, "as a key")
    return key


def _count(context: Context, scope: Scope, node: syntax.Node) -> plan.Scalar:
    count = Expressions(context, scope, None).bind(node)
    if count.type not in INTEGER:
        raise diagnostics.wrong_type(node.span, count.type, [LONG])
    return convert(count, LONG)


# ---------------------------------------------------------------- top-nested


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its key's column in the source, and the names of its two columns in the result."""

    column: plan.ColumnRef
    name: str
    measured: str


def bind_top_nested(context: Context, scope: Scope, rows: Rows, node: syntax.TopNested) -> Rows:
    """`top-nested`: the greatest values of the first key, within each the greatest of the second, and so on.

    Raises:
        Refused: For `with others`, whose rows would stand for groups that are not shown.
    """
    e = Expressions(context, scope, rows)
    names = Names()
    levels: list[Level] = []
    columns = [kept(c) for c in rows.schema]
    for level in node.levels:
        if level.others is not None:
            help = "leave out `with others`, and summarize the whole beside it"
            raise diagnostics.not_supported(level.others.span, "'with others' of top-nested", help)
        value, name = _named(level.value)
        key = _key(e, value)
        hidden = context.fresh("level")
        columns.append(plan.Named(hidden, key, hidden=True))
        shown = names.take(name)
        measure_name = level.by.value.names[0].name if isinstance(level.by.value, syntax.Named) else ""
        levels.append(Level(plan.ColumnRef(hidden, key.type), shown, names.take(measure_name or f"aggregated_{shown}")))
    base = rows.over(plan.Project(rows.plan, tuple(columns)))
    result: plan.Plan | None = None
    for depth, level in enumerate(node.levels):
        result = _deeper(context, scope, base, level, levels[: depth + 1], result)
    if result is None:
        raise diagnostics.bad_value(node.span, "top-nested needs a level")
    return Rows(_in_order(result, levels))


def _named(node: syntax.Node) -> tuple[syntax.Node, str]:
    if isinstance(node, syntax.Named):
        return node.value, node.names[0].name
    return node, implied(node) or "Column1"


def _deeper(
    context: Context,
    scope: Scope,
    base: Rows,
    level: syntax.TopNestedLevel,
    levels: list[Level],
    above: plan.Plan | None,
) -> plan.Plan:
    """The result with one more level: groups within those above, the greatest of each kept."""
    collected = Aggregates()
    e = Expressions(context, scope, base, collected)
    written = level.by.value.value if isinstance(level.by.value, syntax.Named) else level.by.value
    measure = e.bind(written)
    this, outer = levels[-1], tuple(lv.column for lv in levels[:-1])
    source = base.plan if above is None else _semi(base.plan, above, outer)
    keys = tuple(plan.Named(lv.column.name, lv.column) for lv in levels)
    groups = grouped(source, keys, [Output(this.measured, measure)], collected.found)
    order = (
        *(plan.SortKey(column, False, True) for column in outer),
        plan.SortKey(plan.ColumnRef(this.measured, measure.type), level.by.descending, level.by.nulls_first),
    )
    best: plan.Plan = plan.Sort(groups, order)
    if level.count is not None:
        count = _count(context, scope, level.count)
        best = plan.Take(best, count) if above is None else _first_of_each(context, best, outer, count)
    return best if above is None else _joined(above, best, outer)


def _semi(source: plan.Plan, above: plan.Plan, keys: tuple[plan.ColumnRef, ...]) -> plan.Plan:
    columns = tuple(plan.JoinColumn(c.name, "left", c.name, c.type, c.hidden) for c in source.schema)
    compared = _compared(keys)
    return plan.Join("leftsemi", source, above, compared, compared, columns)


def _compared(keys: tuple[plan.ColumnRef, ...]) -> tuple[plan.Scalar, ...]:
    """Keys as text: a join drops null keys, and a group of nulls is a group."""
    return tuple(convert(key, STRING) for key in keys)


def _first_of_each(
    context: Context, ordered: plan.Plan, outer: tuple[plan.ColumnRef, ...], count: plan.Scalar
) -> plan.Plan:
    """The first rows of each run of equal outer keys."""
    changed = [
        plan.Call(
            "not_equal",
            (
                convert(key, STRING),
                plan.WindowCall("prev", (convert(key, STRING), plan.Literal(1, LONG), null(STRING)), STRING),
            ),
            BOOL,
        )
        for key in outer
    ]
    restart = changed[0] if len(changed) == 1 else plan.Call("or", tuple(changed), BOOL)
    place = context.fresh("place")
    number = plan.WindowCall("row_number", (plan.Literal(1, LONG), restart), LONG)
    numbered = plan.Project(ordered, (*(kept(c) for c in ordered.schema), plan.Named(place, number)))
    first = plan.Filter(numbered, plan.Call("less_equal", (plan.ColumnRef(place, LONG), count), BOOL))
    return plan.Project(first, tuple(kept(c) for c in ordered.schema))


def _joined(above: plan.Plan, best: plan.Plan, keys: tuple[plan.ColumnRef, ...]) -> plan.Plan:
    own = {k.name for k in keys}
    columns = [plan.JoinColumn(c.name, "left", c.name, c.type) for c in above.schema]
    columns += [plan.JoinColumn(c.name, "right", c.name, c.type) for c in best.schema if c.name not in own]
    compared = _compared(keys)
    return plan.Join("inner", above, best, compared, compared, tuple(columns))


def _in_order(result: plan.Plan, levels: list[Level]) -> plan.Plan:
    types: dict[str, KqlType] = {c.name: c.type for c in result.schema}
    columns: list[plan.Named] = []
    for level in levels:
        columns.append(plan.Named(level.name, level.column))
        columns.append(plan.Named(level.measured, plan.ColumnRef(level.measured, types[level.measured])))
    return plan.Project(result, tuple(columns))
