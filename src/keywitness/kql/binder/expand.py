"""`mv-expand` and `mv-apply`: one row for each element of a dynamic value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Rows, Scope
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.names import Names, implied
from keywitness.kql.binder.ranking import counted
from keywitness.kql.binder.types import DYNAMIC, LONG
from keywitness.model.schema import Column, KqlType, Schema


@dataclass(frozen=True, slots=True)
class Expanded:
    """What is expanded.

    Args:
        source: The rows with every expanded value as a column.
        names: Those columns.
        types: What their elements become.
        replaced: Columns of the input that are expanded under their own name.
    """

    source: Rows
    names: tuple[str, ...]
    types: tuple[KqlType, ...]
    replaced: frozenset[str]

    def schema(self, index: str | None) -> Schema:
        """The columns of the expanded rows."""
        types = dict(zip(self.names, self.types, strict=True))
        columns = [Column(c.name, types.get(c.name, c.type), c.hidden) for c in self.source.schema]
        return Schema([*columns, Column(index, LONG)] if index else columns)


def _expanded(context: Context, scope: Scope, rows: Rows, items: Sequence[syntax.ExpandColumn]) -> Expanded:
    e = Expressions(context, scope, rows)
    columns = {c.name: kept(c) for c in rows.schema}
    numbered = Names(columns)
    names: list[str] = []
    replaced: set[str] = set()
    for item in items:
        written = item.value.value if isinstance(item.value, syntax.Named) else item.value
        value = e.bind(written)
        if value.type is not DYNAMIC:
            raise diagnostics.wrong_expression(written.span, value.type, DYNAMIC)
        if isinstance(item.value, syntax.Named):
            name = item.value.names[0].name
        else:
            name = implied(written) or numbered.numbered()
        if name in names:
            raise diagnostics.already_named(item.span, name)
        names.append(name)
        if isinstance(written, syntax.NameRef) and written.name == name:
            replaced.add(name)
        columns[name] = plan.Named(name, value)
    types = tuple(item.to_type or DYNAMIC for item in items)
    changed = any(columns[n].value != plan.ColumnRef(n, DYNAMIC) for n in names)
    source = rows.over(plan.Project(rows.plan, tuple(columns.values()))) if changed else rows
    return Expanded(source, tuple(names), types, frozenset(replaced))


def _limit(context: Context, scope: Scope, node: syntax.Node | None) -> plan.Scalar | None:
    if node is None:
        return None
    return counted(node, Expressions(context, scope, None).bind_constant(node, "the limit"))


def bind_mv_expand(context: Context, scope: Scope, rows: Rows, node: syntax.MvExpand) -> Rows:
    """`mv-expand`: the other columns repeated beside each element."""
    found = _expanded(context, scope, rows, node.columns)
    index = node.index.name if node.index else None
    expanded = plan.MvExpand(
        found.source.plan,
        found.names,
        found.types,
        found.schema(index),
        index,
        _limit(context, scope, node.limit),
        node.bag_kind,
    )
    return rows.over(expanded)


def bind_mv_apply(context: Context, scope: Scope, rows: Rows, node: syntax.MvApply) -> Rows:
    """`mv-apply`: a sub-query over the elements of each row."""
    found = _expanded(context, scope, rows, node.columns)
    index = node.index.name if node.index else None
    inside = found.schema(index)
    leaf = Rows(plan.Outer(inside), rows.origin, ordered=True)
    body = context.bind_operators(context, scope.inner(), leaf, node.body.operators)
    applied = plan.MvApply(
        found.source.plan,
        found.names,
        found.types,
        inside,
        body.plan,
        _applied_schema(rows.schema, body.schema, found.replaced),
        index,
        _limit(context, scope, node.limit),
    )
    return rows.over(applied)


def _applied_schema(source: Schema, body: Schema, replaced: frozenset[str]) -> Schema:
    """Columns of the input that were not expanded themselves, then what the body adds; the body's value wins."""
    inside = {c.name: c for c in body}
    beside = [Column(c.name, (inside.get(c.name) or c).type, c.hidden) for c in source if c.name not in replaced]
    names = {c.name for c in beside}
    return Schema([*beside, *(c for c in body if c.name not in names)])
