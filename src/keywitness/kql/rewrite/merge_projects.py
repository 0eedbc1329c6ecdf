"""One projection instead of several in a row."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from keywitness.kql.plan import ColumnRef, Literal, Plan, Project
from keywitness.kql.rewrite.tree import from_below, movable, parts, with_columns


def merge_projects(node: Plan) -> Plan:
    """Compute the columns of two projections side by side, where none is computed twice by that.

    Example:
        >>> from keywitness.kql.plan import Call, Named, Scan
        >>> from keywitness.model.schema import Column, KqlType, Schema
        >>> long = KqlType.LONG
        >>> scan = Scan("T", Schema([Column("a", long)]))
        >>> inner = Project(scan, (Named("b", Call("negate", (ColumnRef("a", long),), long)),))
        >>> after = merge_projects(Project(inner, (Named("c", ColumnRef("b", long)),)))
        >>> after.source is scan, after.columns[0].value.function
        (True, 'negate')
    """
    return from_below(node, _merged)


def _merged(node: Plan) -> Plan:
    if not isinstance(node, Project) or not isinstance(node.source, Project):
        return node
    inner = {c.name: c.value for c in node.source.columns}
    if not all(movable(v) for v in (*inner.values(), *(c.value for c in node.columns))):
        return node
    uses = Counter(p.name for c in node.columns for p in parts(c.value) if isinstance(p, ColumnRef))
    if any(count > 1 and not isinstance(inner[name], ColumnRef | Literal) for name, count in uses.items()):
        return node
    merged = tuple(replace(c, value=with_columns(c.value, inner)) for c in node.columns)
    return Project(node.source.source, merged)
