"""Filters move towards the tables: below projections, sorts and the left side of joins."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from keywitness.kql import plan
from keywitness.kql.plan import Call, ColumnRef, Filter, Join, Plan, Project, Scalar
from keywitness.kql.rewrite.tree import columns_of, from_below, movable, rebuilt, with_columns
from keywitness.model.schema import KqlType

#: Joins whose output keeps every column of the left side, so that a condition on it may run before.
_LEFT = frozenset({"inner", "innerunique", "leftouter", "leftsemi", "leftanti"})


def push_filters(node: Plan) -> Plan:
    """Run conditions as early as their columns exist.

    Filters in a row become one. A condition stays above what it would change: computed columns that cost more than a
    name, window functions, values that differ each time. Kusto does the same below `innerunique`, where it decides
    which of several left rows is kept.

    Example:
        >>> from keywitness.kql.plan import Filter, Literal, Named, Project, Scan
        >>> from keywitness.model.schema import Column, Schema
        >>> long = KqlType.LONG
        >>> scan = Scan("T", Schema([Column("a", long)]))
        >>> renamed = Project(scan, (Named("b", ColumnRef("a", long)),))
        >>> before = Filter(renamed, Call("less", (ColumnRef("b", long), Literal(3, long)), KqlType.BOOL))
        >>> after = push_filters(before)
        >>> type(after).__name__, type(after.source).__name__, after.source.predicate.args[0].name
        ('Project', 'Filter', 'a')
    """
    return from_below(node, _pushed)


def _pushed(node: Plan) -> Plan:
    if not isinstance(node, Filter):
        return node
    conditions = _conjuncts(node.predicate)
    if not all(map(movable, conditions)):  # a window function sees the rows that its neighbours would take away
        return node
    return _below(node.source, conditions)


def _conjuncts(predicate: Scalar) -> list[Scalar]:
    if isinstance(predicate, Call) and predicate.function == "and":
        return [c for a in predicate.args for c in _conjuncts(a)]
    return [predicate]


def _filtered(source: Plan, conditions: Sequence[Scalar]) -> Plan:
    if not conditions:
        return source
    if len(conditions) == 1:
        return Filter(source, conditions[0])
    return Filter(source, Call("and", tuple(conditions), KqlType.BOOL))


def _below(source: Plan, conditions: list[Scalar]) -> Plan:
    """The conditions over the source, each as deep as it may go."""
    match source:
        case Filter(source=inner, predicate=predicate) if movable(predicate):
            return _below(inner, [*_conjuncts(predicate), *conditions])
        case Project():
            return _below_project(source, conditions)
        case plan.Sort():
            return rebuilt(source, lambda s: _below(s, conditions))
        case Join():
            return _below_join(source, conditions)
    return _filtered(source, conditions)


def _below_project(source: Project, conditions: list[Scalar]) -> Plan:
    simple = {c.name: c.value for c in source.columns if isinstance(c.value, ColumnRef)}
    windows = any(not movable(c.value) for c in source.columns)
    moving = [c for c in conditions if not windows and columns_of(c) <= set(simple)]
    if not moving:
        return _filtered(source, conditions)
    staying = [c for c in conditions if c not in moving]
    translated = [with_columns(c, dict(simple)) for c in moving]
    return _filtered(replace(source, source=_below(source.source, translated)), staying)


def _below_join(source: Join, conditions: list[Scalar]) -> Plan:
    if source.kind not in _LEFT:
        return _filtered(source, conditions)
    left: dict[str, Scalar] = {c.name: ColumnRef(c.source_name, c.type) for c in source.columns if c.side == "left"}
    moving = [c for c in conditions if columns_of(c) and columns_of(c) <= set(left)]
    if not moving:
        return _filtered(source, conditions)
    staying = [c for c in conditions if c not in moving]
    translated = [with_columns(c, left) for c in moving]
    return _filtered(replace(source, left=_below(source.left, translated)), staying)
