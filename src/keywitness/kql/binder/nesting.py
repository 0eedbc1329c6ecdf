"""`top-nested`: the greatest groups, within each the greatest of the next level, and what they leave out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Rows, Scope, null
from keywitness.kql.binder.expressions import Aggregates, Expressions
from keywitness.kql.binder.groups import Output, grouped
from keywitness.kql.binder.names import Names, implied
from keywitness.kql.binder.ranking import group_key, row_count
from keywitness.kql.binder.types import BOOL, LONG, STRING, comparable, convert
from keywitness.model.schema import Schema

_NO_REST = (
    "top-nested with others, where a group has nothing left to stand under them: whether Kusto gives a row then is "
    "not documented; leave out `with others`, or take fewer groups"
)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the nest.

    Args:
        node: The level as written.
        column: Its key in the source, under a hidden name.
        name: The key's column in the result.
        measured: The aggregate's column in the result.
        others: What stands for the groups left out, None where nothing does.
    """

    node: syntax.TopNestedLevel
    column: plan.ColumnRef
    name: str
    measured: str
    others: plan.Scalar | None


def bind_top_nested(context: Context, scope: Scope, rows: Rows, node: syntax.TopNested) -> Rows:
    """`top-nested`: the greatest values of the first key, within each the greatest of the second, and so on.

    What is left out at a level becomes one row `with others`, there or at a level below: its aggregates are over all
    that is left, levels in between stay empty (the page of 2023 shows the rows).
    """
    base, levels = _levels(context, scope, rows, node)
    if not levels:
        raise diagnostics.bad_value(node.span, "top-nested needs a level")
    nests: list[plan.Plan] = []
    for depth in range(1, len(levels) + 1):
        nests.append(_deeper(context, scope, base, levels[:depth], nests[-1] if nests else None))
    result = _in_order(nests[-1], levels)
    rests = [
        _rest(context, scope, base, levels, depth, nests)
        for depth in range(len(levels))
        if any(level.others is not None for level in levels[depth:])
    ]
    return Rows(plan.Union((result, *rests), result.schema) if rests else result)


def _levels(context: Context, scope: Scope, rows: Rows, node: syntax.TopNested) -> tuple[Rows, list[Level]]:
    """The source with the keys of all levels, and the levels."""
    e = Expressions(context, scope, rows)
    names = Names()
    columns = [kept(c) for c in rows.schema]
    levels: list[Level] = []
    for level in node.levels:
        value, name = _named(level.value)
        key = group_key(e, value)
        hidden = context.fresh("level")
        columns.append(plan.Named(hidden, key, hidden=True))
        shown = names.take(name)
        measure = level.by.value.names[0].name if isinstance(level.by.value, syntax.Named) else ""
        others = None if level.others is None else _others(context, scope, level.others, key)
        measured = names.take(measure or f"aggregated_{shown}")
        levels.append(Level(level, plan.ColumnRef(hidden, key.type), shown, measured, others))
    return rows.over(plan.Project(rows.plan, tuple(columns))), levels


def _named(node: syntax.Node) -> tuple[syntax.Node, str]:
    if isinstance(node, syntax.Named):
        return node.value, node.names[0].name
    return node, implied(node) or "Column1"


def _others(context: Context, scope: Scope, node: syntax.Node, key: plan.Scalar) -> plan.Scalar:
    value = Expressions(context, scope, None).bind(node)
    if not isinstance(value, plan.Literal):
        raise diagnostics.constant_expected(node.span, "what stands for the others")
    if value.type is not key.type and comparable(value.type, key.type) is None:
        raise diagnostics.wrong_type(node.span, value.type, [key.type])
    return convert(value, key.type)


def _measured(
    context: Context,
    scope: Scope,
    base: Rows,
    source: plan.Plan,
    keys: Iterable[plan.ColumnRef],
    levels: Iterable[Level],
    beside: Iterable[plan.NamedAggregate] = (),
) -> plan.Plan:
    """The rows in groups, with the aggregate of each of the levels."""
    collected = Aggregates()
    e = Expressions(context, scope, base, collected)
    outputs: list[Output] = []
    for level in levels:
        written = level.node.by.value
        outputs.append(Output(level.measured, e.bind(written.value if isinstance(written, syntax.Named) else written)))
    outputs += [Output(aggregate.name, e.collect(aggregate.value)) for aggregate in beside]
    return grouped(source, tuple(plan.Named(key.name, key) for key in keys), outputs, collected.found)


# ---------------------------------------------------------------- the greatest


def _deeper(context: Context, scope: Scope, base: Rows, levels: list[Level], above: plan.Plan | None) -> plan.Plan:
    """The nest with one more level: groups within those above, the greatest of each kept."""
    level, outer = levels[-1], tuple(lv.column for lv in levels[:-1])
    source = base.plan if above is None else _semi("leftsemi", base.plan, above, outer)
    groups = _measured(context, scope, base, source, [*outer, level.column], [level])
    by = level.node.by
    order = (
        *(plan.SortKey(column, False, True) for column in outer),
        plan.SortKey(_ref(groups, level.measured), by.descending, by.nulls_first),
    )
    best: plan.Plan = plan.Sort(groups, order)
    if level.node.count is not None:
        count = row_count(context, scope, level.node.count)
        best = plan.Take(best, count) if above is None else _first_of_each(context, best, outer, count)
    return best if above is None else _joined("inner", above, best, outer)


def _ref(source: plan.Plan, name: str) -> plan.ColumnRef:
    return plan.ColumnRef(name, next(c.type for c in source.schema if c.name == name))


def _semi(kind: str, source: plan.Plan, other: plan.Plan, keys: tuple[plan.ColumnRef, ...]) -> plan.Plan:
    """The rows whose keys are (`leftsemi`), or are not (`leftanti`), in the other table."""
    columns = tuple(plan.JoinColumn(c.name, "left", c.name, c.type, c.hidden) for c in source.schema)
    compared = _compared(keys)
    return plan.Join(kind, source, other, compared, compared, columns)


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


def _joined(kind: str, above: plan.Plan, below: plan.Plan, keys: tuple[plan.ColumnRef, ...]) -> plan.Plan:
    """The columns of both, keys once."""
    own = {k.name for k in keys}
    columns = [plan.JoinColumn(c.name, "left", c.name, c.type) for c in above.schema]
    columns += [plan.JoinColumn(c.name, "right", c.name, c.type) for c in below.schema if c.name not in own]
    compared = _compared(keys)
    return plan.Join(kind, above, below, compared, compared, tuple(columns))


def _in_order(result: plan.Plan, levels: list[Level]) -> plan.Plan:
    columns: list[plan.Named] = []
    for level in levels:
        columns.append(plan.Named(level.name, level.column))
        columns.append(plan.Named(level.measured, _ref(result, level.measured)))
    return plan.Project(result, tuple(columns))


# ---------------------------------------------------------------- the others


def _rest(
    context: Context, scope: Scope, base: Rows, levels: list[Level], depth: int, nests: list[plan.Plan]
) -> plan.Plan:
    """One row for each group above the level of that depth: what the level left out of it."""
    outer = tuple(level.column for level in levels[:depth])
    left: plan.Plan = base.plan if not depth else _semi("leftsemi", base.plan, nests[depth - 1], outer)
    left = _semi("leftanti", left, nests[depth], (*outer, levels[depth].column))
    shown = [level for level in levels[depth:] if level.others is not None]
    count = context.fresh("count")
    counted = plan.NamedAggregate(count, plan.Aggregate("count", (), LONG))
    rest = _measured(context, scope, base, left, outer, shown, [counted])
    if depth:
        rest = _joined("leftouter", nests[depth - 1], rest, outer)
    some = plan.Call("greater", (plan.ColumnRef(count, LONG), plan.Literal(0, LONG)), BOOL)
    some = plan.Call("coalesce", (some, plan.Literal(False, BOOL)), BOOL)
    if levels[depth].others is not None:
        some = plan.Call("assert", (some, plan.Literal(_NO_REST, STRING)), BOOL)
    rest = plan.Filter(rest, some)
    return plan.Project(rest, tuple(_of_others(rest, levels, depth, nests[-1].schema)))


def _of_others(rest: plan.Plan, levels: list[Level], depth: int, schema: Schema) -> Iterable[plan.Named]:
    """Key and aggregate of every level: as they are above, the others' below, empty where a level names none."""
    types = {c.name: c.type for c in schema}
    for place, level in enumerate(levels):
        if place < depth:
            yield plan.Named(level.name, level.column)
        else:
            yield plan.Named(level.name, null(level.column.type) if level.others is None else level.others)
        if place < depth or level.others is not None:
            yield plan.Named(level.measured, _ref(rest, level.measured))
        else:
            yield plan.Named(level.measured, null(types[level.measured]))
