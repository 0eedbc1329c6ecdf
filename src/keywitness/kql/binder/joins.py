"""`join`, `lookup` and `union`: rows of several tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics, sources
from keywitness.kql.binder.comparisons import agree
from keywitness.kql.binder.context import Context, Rows, Scope, null, unknown_column
from keywitness.kql.binder.names import Names
from keywitness.kql.binder.types import DYNAMIC, STRING
from keywitness.kql.functions.function import INTEGER, NUMBER
from keywitness.model.schema import Column, KqlType, Schema

_KINDS = {
    "": "innerunique",
    "anti": "leftanti",
    "leftantisemi": "leftanti",
    "rightantisemi": "rightanti",
    "semi": "leftsemi",
    "outer": "fullouter",
}
_ONE_SIDED = {"leftanti": "left", "leftsemi": "left", "rightanti": "right", "rightsemi": "right"}


def bind_join(context: Context, scope: Scope, rows: Rows, node: syntax.Join) -> Rows:
    """`join`: all columns of both sides, those of the right renamed where the left has the name."""
    right = context.bind_table(context, scope, node.right)
    kind = _KINDS.get(node.kind, node.kind)
    pairs = _conditions(context, rows, right, node.conditions)
    side = _ONE_SIDED.get(kind)
    if side is not None:
        one = rows if side == "left" else right
        columns = [plan.JoinColumn(c.name, side, c.name, c.type, c.hidden) for c in one.schema]
    else:
        columns = _both(rows.schema, right.schema, set())
    return _joined(kind, rows, right, pairs, columns)


def bind_lookup(context: Context, scope: Scope, rows: Rows, node: syntax.Lookup) -> Rows:
    """`lookup`: a join that leaves out the right side's keys."""
    right = context.bind_table(context, scope, node.right)
    pairs = _conditions(context, rows, right, node.conditions)
    keys = {r.name for _, r in pairs}
    return _joined(node.kind, rows, right, pairs, _both(rows.schema, right.schema, keys))


_Pairs = Sequence[tuple[plan.ColumnRef, plan.ColumnRef]]


def _joined(kind: str, left: Rows, right: Rows, pairs: _Pairs, columns: Sequence[plan.JoinColumn]) -> Rows:
    agreed = [agree(syntax.Span(0, 0), one, other) for one, other in pairs]
    node = plan.Join(
        kind,
        left.plan,
        right.plan,
        tuple(a for a, _ in agreed),
        tuple(b for _, b in agreed),
        tuple(columns),
    )
    return Rows(node, left.origin if left.origin == right.origin else "")


def _both(left: Schema, right: Schema, left_out: set[str]) -> list[plan.JoinColumn]:
    """All columns of the left, then those of the right under free names; hidden ones of the left stay."""
    ours = set(left.names())
    theirs = [c for c in right.visible() if c.name not in left_out]
    names = Names([*ours, *(c.name for c in theirs if c.name not in ours)])
    columns = [plan.JoinColumn(c.name, "left", c.name, c.type, c.hidden) for c in left]
    for column in theirs:
        name = names.take(column.name) if column.name in ours else column.name
        columns.append(plan.JoinColumn(name, "right", column.name, column.type))
    return columns


def _conditions(
    context: Context, left: Rows, right: Rows, conditions: Sequence[syntax.Node]
) -> list[tuple[plan.ColumnRef, plan.ColumnRef]]:
    """The pairs of columns that must be equal.

    Raises:
        Refused: If a condition is something else, or a side has no such column.
    """

    def pair(condition: syntax.Node) -> tuple[plan.ColumnRef, plan.ColumnRef]:
        one, other = _pair(context, left, right, condition)
        if DYNAMIC in (one.type, other.type):
            raise diagnostics.dynamic_not_allowed(condition.span, "as a join key")
        if one.type is not other.type and {one.type, other.type} <= NUMBER and not {one.type, other.type} <= INTEGER:
            raise diagnostics.cannot_compare(condition.span, one.type, other.type)
        agree(condition.span, one, other)
        return one, other

    return diagnostics.each(pair, _flat(conditions))


def _flat(conditions: Sequence[syntax.Node]) -> Iterator[syntax.Node]:
    for condition in conditions:
        if isinstance(condition, syntax.Logical) and condition.op == "and":
            yield from _flat(condition.operands)
        else:
            yield condition


def _pair(context: Context, left: Rows, right: Rows, condition: syntax.Node) -> tuple[plan.ColumnRef, plan.ColumnRef]:
    match condition:
        case syntax.NameRef(name=name):
            lacking = [(side, rows) for side, rows in (("left", left), ("right", right)) if not rows.schema.find(name)]
            if len(lacking) == 1:
                side, rows = lacking[0]
                raise diagnostics.key_of_one_side(name, side, unknown_column(context, rows, condition))
            return _column(context, left, condition), _column(context, right, condition)
        case syntax.Binary(op="==", left=one, right=other):
            sides = {
                name: ref
                for side in (one, other)
                for name, ref in [_side(context, left, right, side)]
                if ref is not None
            }
            if set(sides) == {"$left", "$right"}:
                return sides["$left"], sides["$right"]
    help = "a key is a column of both sides, or $left.a == $right.b"
    match condition:
        case syntax.Binary(op="==", left=syntax.NameRef(name=ours), right=syntax.NameRef(name=theirs)):
            help = f"write $left.{ours} == $right.{theirs}"
    raise diagnostics.no_join_key(condition.span, help)


def _side(context: Context, left: Rows, right: Rows, node: syntax.Node) -> tuple[str, plan.ColumnRef | None]:
    match node:
        case syntax.Member(object=syntax.NameRef(name="$left"), name=syntax.NameRef() as name):
            return "$left", _column(context, left, name)
        case syntax.Member(object=syntax.NameRef(name="$right"), name=syntax.NameRef() as name):
            return "$right", _column(context, right, name)
    return "", None


def _column(context: Context, rows: Rows, node: syntax.NameRef) -> plan.ColumnRef:
    column = rows.schema.find(node.name)
    if column is None:
        raise unknown_column(context, rows, node)
    return plan.ColumnRef(column.name, column.type)


# ---------------------------------------------------------------- union


def bind_union(context: Context, scope: Scope, rows: Rows | None, node: syntax.Union) -> Rows:
    """`union`: all rows of all tables; a column that one lacks is null there."""
    listed: list[tuple[str, Rows]] = []
    if rows is not None:
        listed.append((rows.label or "union_arg0", rows))
    fuzzy = node.isfuzzy or bool(context.options.get("best_effort"))
    listed += sources.listed(context, scope, node.sources, "union", start=len(listed), fuzzy=fuzzy)
    if not listed:
        raise diagnostics.bad_value(node.span, "no table of the union exists here")
    return Rows(united(listed, node.withsource.name if node.withsource else "", inner=node.kind == "inner"))


def united(listed: Sequence[tuple[str, Rows]], source_column: str, *, inner: bool = False) -> plan.Plan:
    """The rows of all tables in one schema. Columns of one name and several types become `name_type`."""
    layout = _layout([rows.schema for _, rows in listed], inner=inner)
    names = Names(c.name for c, _ in layout)
    head = [Column(names.take(source_column), STRING)] if source_column else []
    schema = Schema([*head, *(column for column, _ in layout)])
    projected = []
    for name, rows in listed:
        values = [plan.Named(head[0].name, plan.Literal(name, STRING))] if head else []
        values += [plan.Named(c.name, _cell(rows.schema, origin, c.type), c.hidden) for c, origin in layout]
        projected.append(plan.Project(rows.plan, tuple(values)))
    return plan.Union(tuple(projected), schema)


def _cell(schema: Schema, name: str, type: KqlType) -> plan.Scalar:
    column = schema.find(name)
    return plan.ColumnRef(name, type) if column is not None and column.type is type else null(type)


def _layout(schemas: Sequence[Schema], *, inner: bool) -> list[tuple[Column, str]]:
    """Output columns in order of first appearance, each with its name in the tables."""
    types: dict[str, list[KqlType]] = {}
    hidden: dict[str, bool] = {}
    for schema in schemas:
        for column in schema:
            known = types.setdefault(column.name, [])
            if column.type not in known:
                known.append(column.type)
            hidden[column.name] = hidden.get(column.name, True) and column.hidden
    if inner:
        types = {n: t for n, t in types.items() if all(s.find(n) for s in schemas)}
    names = Names(n for n, t in types.items() if len(t) == 1)
    layout: list[tuple[Column, str]] = []
    for name, found in types.items():
        if len(found) == 1:
            layout.append((Column(name, found[0], hidden[name]), name))
        else:
            layout += [(Column(names.take(f"{name}_{t.value}"), t, hidden[name]), name) for t in found]
    return layout
