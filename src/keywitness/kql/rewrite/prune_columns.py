"""No column is computed or carried that nothing above it reads."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from keywitness.kql import plan
from keywitness.kql.plan import Plan, Scalar
from keywitness.kql.rewrite.tree import columns_of, parts, rebuilt
from keywitness.model.schema import Schema

_Names = frozenset[str]


def prune_columns(node: Plan) -> Plan:
    """Narrow every input to the columns that are read; the result keeps its own.

    Example:
        >>> from keywitness.kql.plan import ColumnRef, Named, Project, Scan
        >>> from keywitness.model.schema import Column, KqlType, Schema
        >>> long = KqlType.LONG
        >>> scan = Scan("T", Schema([Column("a", long), Column("b", long)]))
        >>> after = prune_columns(Project(scan, (Named("x", ColumnRef("b", long)),)))
        >>> [c.name for c in after.source.schema]
        ['b']
    """
    pruner = _Pruner()
    everything = _all(node)
    while pruner.grew:
        pruner.grew = False
        pruner.narrow(node, everything)
    return _exactly(pruner.narrow(node, everything), node.schema)


class _Pruner:
    """One run over a plan. What a shared table must give is the sum of what its readers need."""

    def __init__(self) -> None:
        self.grew = True
        self.shared: dict[str, _Names] = {}

    def narrow(self, node: Plan, needed: _Names) -> Plan:
        """The node giving at least the needed columns, in their order."""
        match node:
            case plan.Scan(schema=schema):
                return replace(node, schema=_kept(schema, needed))
            case plan.Filter(source=source, predicate=predicate):
                inner = self.narrow(source, needed | columns_of(predicate))
                return replace(node, source=inner, predicate=self.scalar(predicate))
            case plan.Sort(source=source, keys=keys):
                inner = self.narrow(source, needed | _read(k.value for k in keys))
                return replace(node, source=inner, keys=tuple(replace(k, value=self.scalar(k.value)) for k in keys))
            case plan.Take(source=source) | plan.Sample(source=source):
                return replace(node, source=self.narrow(source, needed), count=self.scalar(node.count))
            case plan.Serialize(source=source):
                return replace(node, source=self.narrow(source, needed))
            case plan.Project():
                return self.project(node, needed)
            case plan.Summarize():
                return self.summarize(node, needed)
            case plan.Join():
                return self.join(node, needed)
            case plan.MvExpand():
                return self.expanded(node, needed)
            case plan.MakeSeries():
                return self.series(node)
            case plan.Union(sources=sources, schema=schema):
                kept = _kept(schema, needed)
                names = frozenset(kept.names())
                return plan.Union(tuple(_exactly(self.narrow(s, names), kept) for s in sources), kept)
            case plan.Shared(name=name, source=source):
                known = self.shared.get(name, frozenset())
                if not needed <= known:
                    self.shared[name] = known = known | needed
                    self.grew = True
                # One definition is emitted for all readers, whose own copies may keep columns that its filters read.
                return replace(node, source=_exactly(self.narrow(source, known), _kept(source.schema, known)))
        # Operators whose columns hang together (mv-apply, scan, plugins) read all of theirs.
        return rebuilt(node, lambda source: _exactly(self.narrow(source, _all(source)), source.schema))

    def project(self, node: plan.Project, needed: _Names) -> Plan:
        """Only the columns that are read, and those that may stop the query."""
        columns = tuple(c for c in node.columns if c.name in needed or _may_stop(c.value)) or node.columns[:1]
        inner = self.narrow(node.source, _read(c.value for c in columns))
        return plan.Project(inner, tuple(replace(c, value=self.scalar(c.value)) for c in columns))

    def summarize(self, node: plan.Summarize, needed: _Names) -> Plan:
        """All keys, because they make the groups; only the aggregates that are read."""
        aggregates = tuple(a for a in node.aggregates if a.name in needed)
        if not aggregates and not node.keys:
            aggregates = node.aggregates[:1]
        read = _read([*(k.value for k in node.keys), *(v for a in aggregates for v in a.value.args)])
        inner = self.narrow(node.source, read)
        keys = tuple(replace(k, value=self.scalar(k.value)) for k in node.keys)
        values = tuple(
            replace(a, value=replace(a.value, args=tuple(self.scalar(v) for v in a.value.args))) for a in aggregates
        )
        return plan.Summarize(inner, keys, values)

    def join(self, node: plan.Join, needed: _Names) -> Plan:
        """Keys of both sides, and the columns that are read."""
        columns = tuple(c for c in node.columns if c.name in needed) or node.columns[:1]
        left = frozenset(c.source_name for c in columns if c.side == "left") | _read(node.left_keys)
        right = frozenset(c.source_name for c in columns if c.side == "right") | _read(node.right_keys)
        return replace(
            node,
            left=self.narrow(node.left, left),
            right=self.narrow(node.right, right),
            left_keys=tuple(map(self.scalar, node.left_keys)),
            right_keys=tuple(map(self.scalar, node.right_keys)),
            columns=columns,
        )

    def expanded(self, node: plan.MvExpand, needed: _Names) -> Plan:
        """The expanded columns, because they make the rows, and those that are read."""
        kept = needed | frozenset(node.columns)
        index = node.index if node.index in needed else None
        schema = Schema(c for c in node.schema if c.name in kept)
        return replace(node, source=self.narrow(node.source, kept - {node.index}), schema=schema, index=index)

    def series(self, node: plan.MakeSeries) -> Plan:
        """What the keys, the axis and the aggregates read; every column of the result stays."""
        values = (node.axis, *node.keys)
        read = _read([*(v.value for v in values), *(v for a in node.aggregates for v in a.value.args)])
        return replace(node, source=self.narrow(node.source, read))

    def scalar(self, value: Scalar) -> Scalar:
        """The value with its sub-plans narrowed to the one column that each gives."""
        match value:
            case plan.Call(args=args) | plan.WindowCall(args=args):
                new = tuple(map(self.scalar, args))
                return value if all(a is b for a, b in zip(new, args, strict=True)) else replace(value, args=new)
            case plan.InTable(needle=needle, plan=inner):
                return replace(value, needle=self.scalar(needle), plan=self.first_column(inner))
            case plan.ToScalar(plan=inner):
                return replace(value, plan=self.first_column(inner))
        return value

    def first_column(self, inner: Plan) -> Plan:
        """The plan giving its first column only."""
        first = Schema(inner.schema[:1])
        return _exactly(self.narrow(inner, frozenset(first.names())), first)


def _all(node: Plan) -> _Names:
    return frozenset(node.schema.names())


def _read(values: Iterable[Scalar]) -> _Names:
    return frozenset().union(*map(columns_of, values))


def _kept(schema: Schema, needed: _Names) -> Schema:
    """The needed columns; one where none is, because rows without columns cannot be counted."""
    return Schema([c for c in schema if c.name in needed] or schema[:1])


def _may_stop(value: Scalar) -> bool:
    return any(isinstance(p, plan.Call) and p.function == "assert" for p in parts(value))


def _exactly(node: Plan, schema: Schema) -> Plan:
    """The node with exactly these columns in this order."""
    if tuple(node.schema) == tuple(schema):
        return node
    return plan.Project(node, tuple(plan.Named(c.name, plan.ColumnRef(c.name, c.type), c.hidden) for c in schema))
