"""`ipv4_lookup` and `ipv6_lookup`: addresses beside the network ranges of a table."""

from __future__ import annotations

from msgspec.structs import replace

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Rows, Scope, unknown_column
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.names import Names
from keywitness.kql.binder.types import BOOL, LONG, STRING
from keywitness.model.schema import Column

_RANGE = {"ipv4_lookup": "ipv4_is_in_range", "ipv6_lookup": "ipv6_is_in_range"}
_ONE = plan.Literal(1, LONG)


def bind_ip_lookup(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Rows:
    """Every range that holds the address gives a row; `return_unmatched=true` keeps addresses without one.

    Distinct addresses are compared with the ranges once, then joined to the rows.
    """
    placed = [a for a in node.call.args if not isinstance(a, syntax.Named)]
    named = {a.names[0].name: a.value for a in node.call.args if isinstance(a, syntax.Named)}
    if len(placed) < 3:
        raise diagnostics.argument_count(
            node.call.span, node.call.function.name, ["(table, address, range)"], len(placed)
        )
    ranges = context.bind_table(context, scope, placed[0])
    address = _column(context, rows, placed[1])
    network = _column(context, ranges, placed[2])
    extra = [(_column(context, rows, key), _column(context, ranges, key)) for key in placed[3:]]
    keys = [address, *(ours for ours, _ in extra)]
    matched = _matches(context, node, rows, ranges, keys, network, [theirs for _, theirs in extra])
    outer = _is_true(context, scope, named.get("return_unmatched"))
    joined = _beside(rows, ranges, keys, [theirs for _, theirs in extra], matched, outer=outer)
    return _ranges_first(joined) if node.call.function.name == "ipv6_lookup" else joined


def _ranges_first(rows: Rows) -> Rows:
    """Kusto shows the columns of the table before those of the rows in ipv6_lookup, but not in ipv4_lookup."""
    if not isinstance(rows.plan, plan.Join):
        return rows
    ordered = sorted(rows.plan.columns, key=lambda c: c.side == "left")
    return rows.over(replace(rows.plan, columns=tuple(ordered)))


def _column(context: Context, rows: Rows, node: syntax.Node) -> plan.ColumnRef:
    if not isinstance(node, syntax.NameRef):
        raise diagnostics.column_expected(node.span)
    column = rows.schema.find(node.name)
    if column is None:
        raise unknown_column(context, rows, node)
    if column.type is not STRING:
        raise diagnostics.wrong_type(node.span, column.type, [STRING])
    return plan.ColumnRef(column.name, column.type)


def _is_true(context: Context, scope: Scope, node: syntax.Node | None) -> bool:
    if node is None:
        return False
    value = Expressions(context, scope, None).bind(node)
    if not isinstance(value, plan.Literal) or value.type is not BOOL:
        raise diagnostics.wrong_type(node.span, value.type, [BOOL])
    return bool(value.value)


def _own(context: Context, index: int) -> str:
    return f"{context.fresh('key')}_{index}"


def _matches(
    context: Context,
    node: syntax.Evaluate,
    rows: Rows,
    ranges: Rows,
    keys: list[plan.ColumnRef],
    network: plan.ColumnRef,
    theirs: list[plan.ColumnRef],
) -> tuple[plan.Plan, list[str]]:
    """Distinct keys beside the rows of each range that holds them, and the names of the keys there."""
    names = [_own(context, i) for i in range(len(keys))]
    distinct = plan.Summarize(rows.plan, tuple(plan.Named(n, k) for n, k in zip(names, keys, strict=True)), ())
    columns = [plan.JoinColumn(n, "left", n, STRING) for n in names]
    columns += [plan.JoinColumn(c.name, "right", c.name, c.type) for c in ranges.schema.visible()]
    left_keys: tuple[plan.Scalar, ...] = (_ONE, *(plan.ColumnRef(n, STRING) for n in names[1:]))
    pairs = plan.Join("inner", distinct, ranges.plan, left_keys, (_ONE, *theirs), tuple(columns))
    function = _RANGE[node.call.function.name]
    inside = plan.Call(function, (plan.ColumnRef(names[0], STRING), network), BOOL)
    return plan.Filter(pairs, inside), names


def _beside(
    rows: Rows,
    ranges: Rows,
    keys: list[plan.ColumnRef],
    theirs: list[plan.ColumnRef],
    matched: tuple[plan.Plan, list[str]],
    *,
    outer: bool,
) -> Rows:
    """The rows with the columns of their ranges; the extra keys of the table are left out."""
    found, names = matched
    ours = set(rows.schema.names())
    left_out = {k.name for k in theirs}
    added: list[Column] = [c for c in ranges.schema.visible() if c.name not in left_out]
    free = Names([*ours, *(c.name for c in added if c.name not in ours)])
    columns = [plan.JoinColumn(c.name, "left", c.name, c.type, c.hidden) for c in rows.schema]
    for column in added:
        name = free.take(column.name) if column.name in ours else column.name
        columns.append(plan.JoinColumn(name, "right", column.name, column.type))
    right_keys = tuple(plan.ColumnRef(n, STRING) for n in names)
    kind = "leftouter" if outer else "inner"
    return Rows(plan.Join(kind, rows.plan, found, tuple(keys), right_keys, tuple(columns)), rows.origin)
