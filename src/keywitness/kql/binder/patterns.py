"""A graph pattern: its nodes and edges, what a query asks of them, and the kernel call that seeks it.

Facts: https://learn.microsoft.com/kusto/query/graph-match-operator
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Graph, Rows, Scope
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.types import BOOL, LONG
from keywitness.kql.diagnostics import quoted
from keywitness.kql.functions.function import INTEGER
from keywitness.kql.rewrite.tree import columns_of
from keywitness.model.schema import Column, KqlType, Schema


def reference(column: Column) -> plan.ColumnRef:
    """The column as a value."""
    return plan.ColumnRef(column.name, column.type)


def all_of(conditions: Sequence[plan.Scalar]) -> plan.Scalar:
    """One condition that holds where all of them do."""
    return conditions[0] if len(conditions) == 1 else plan.Call("and", tuple(conditions), BOOL)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What `where` says: of single nodes, of (each of) an edge, of each node inside a path, and what is left."""

    nodes: dict[int, list[plan.Scalar]] = field(default_factory=lambda: defaultdict(list))
    edges: dict[int, list[plan.Scalar]] = field(default_factory=lambda: defaultdict(list))
    inner: dict[int, list[plan.Scalar]] = field(default_factory=lambda: defaultdict(list))
    staying: list[plan.Scalar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Value:
    """A column of the matches, the value behind it (over the nodes, or over the edges), and how it would be called."""

    match: plan.MatchValue
    value: plan.Scalar
    suggested: str

    @property
    def type(self) -> KqlType:
        """The type of the column."""
        return LONG if self.match.fold == "length" else self.value.type


@dataclass(slots=True)
class MatchPattern:
    """A pattern with what is asked of its nodes and edges.

    Args:
        context: The query.
        scope: The names that `let` defined.
        graph: Where the pattern is sought.
        nodes: Its nodes by name; those without one have a name that no query can write.
        names: Its edges by name.
        edges: Its edges, as the kernel takes them.
        written: The same, as the text has them.
        values: The columns of the matches by name.
    """

    context: Context
    scope: Scope
    graph: Graph
    nodes: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    edges: list[plan.MatchEdge] = field(default_factory=list)
    written: list[syntax.PatternEdge] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)

    # ------------------------------------------------------------ what it is

    def node(self, written: syntax.PatternNode) -> int:
        """The number of a node; a name that came before is the same node."""
        name = written.name.name if written.name else self.context.fresh("node")
        if written.name and name in self.names:
            raise diagnostics.bad_pattern(
                written.span, f"{quoted(name)} is an edge of the pattern", "name it otherwise"
            )
        return self.nodes.setdefault(name, len(self.nodes))

    def edge(self, written: syntax.PatternEdge, left: int, right: int) -> None:
        """One edge more between two nodes."""
        name = written.name.name if written.name else self.context.fresh("edge")
        if name in self.names or name in self.nodes:
            raise diagnostics.bad_pattern(
                written.span, f"{quoted(name)} is in the pattern already", "name it otherwise"
            )
        self.names[name] = len(self.edges)
        self.edges.append(plan.MatchEdge(left, right, written.direction, self._bounds(written)))
        self.written.append(written)

    def _bounds(self, written: syntax.PatternEdge) -> tuple[int, int] | None:
        if written.low is None or written.high is None:
            return None
        low, high = self._bound(written.low), self._bound(written.high)
        if low > high:
            raise diagnostics.bad_pattern(written.low.span, f"a path of {low} to {high} edges cannot be", "least first")
        return low, high

    def _bound(self, written: syntax.Node) -> int:
        value = Expressions(self.context, self.scope, None).bind(written)
        if value.type not in INTEGER:
            raise diagnostics.wrong_type(written.span, value.type, [LONG])
        if not isinstance(value, plan.Literal) or value.value is None:
            raise diagnostics.constant_expected(written.span, "the length of a path")
        return int(value.value)

    def hangs_together(self) -> bool:
        """True when every node can be reached from the first."""
        reached = {0}
        while new := {
            n for e in self.edges if {e.left, e.right} & reached for n in (e.left, e.right) if n not in reached
        }:
            reached |= new
        return len(reached) == len(self.nodes)

    @property
    def longest(self) -> int:
        """The most edges of a path."""
        return max(e.bounds[1] for e in self.edges if e.bounds)

    # ------------------------------------------------------------ what is asked of it

    def column(
        self,
        place: int,
        value: plan.Scalar,
        *,
        node: bool = False,
        fold: str = "",
        inner: bool = False,
        suggested: str = "",
    ) -> str:
        """The column of the matches with a value of a node or an edge, or of all on a path (see `plan.MatchValue`)."""
        for name, known in self.values.items():
            match = known.match
            if (match.place, match.node, match.fold, match.inner, known.value) == (place, node, fold, inner, value):
                return name
        name = self.context.fresh("match")
        self.values[name] = Value(plan.MatchValue(name, place, name, node, fold, inner), value, suggested)
        return name

    def numbers(self) -> tuple[str, ...]:
        """The columns with the numbers of the nodes."""
        number = plan.ColumnRef("$node", LONG)
        return tuple(self.column(i, number, node=True) for i in self.nodes.values())

    def lengths(self) -> tuple[str, ...]:
        """The columns with the lengths of the paths; all other edges are one each."""
        edge = plan.ColumnRef("$edge", LONG)
        return tuple(self.column(i, edge, fold="length") for i, e in enumerate(self.edges) if e.bounds)

    def schema(self) -> Schema:
        """The columns of the matches so far; none of them can be written."""
        return Schema(Column(name, v.type, hidden=True) for name, v in self.values.items())

    def expressions(self) -> Expressions:
        """Expressions over the columns of the matches so far."""
        return Expressions(self.context, self.scope, Rows(plan.Outer(self.schema())))

    # ------------------------------------------------------------ how it is found

    def matches(
        self,
        where: Conditions,
        columns: tuple[plan.Named, ...],
        *,
        cycles: str,
        shortest: str = "",
        also: tuple[str, ...] = (),
    ) -> plan.Plan:
        """The matches with what conditions and columns read of them, sought among the nodes and edges that may be."""
        read = frozenset(also).union(*(columns_of(v) for v in (*where.staying, *(c.value for c in columns))))
        needed = {name: v for name, v in self.values.items() if name in read}
        if not needed:
            name = self.numbers()[0]
            needed = {name: self.values[name]}
        on_nodes = {"$node": plan.Named("$node", plan.ColumnRef("$node", LONG))}
        on_edges = {n: plan.Named(n, plan.ColumnRef(n, LONG)) for n in ("$edge", "$from", "$to")}
        for name, value in needed.items():
            if value.match.fold != "length":
                (on_nodes if value.match.node or value.match.inner else on_edges)[name] = plan.Named(name, value.value)

        def allowed(columns: dict[str, plan.Named], conditions: list[plan.Scalar]) -> str:
            if not conditions:
                return ""
            name = self.context.fresh("allowed")
            columns[name] = plan.Named(name, all_of(conditions))
            return name

        edges = tuple(
            replace(e, allowed=allowed(on_edges, where.edges[i]), inner=allowed(on_nodes, where.inner[i]))
            for i, e in enumerate(self.edges)
        )
        nodes = tuple(allowed(on_nodes, where.nodes[i]) for i in range(len(self.nodes)))
        sources = (
            plan.Project(self.graph.edges, tuple(on_edges.values())),
            plan.Project(self.graph.nodes, tuple(on_nodes.values())),
        )
        options = (
            ("pattern", edges),
            ("allowed", nodes),
            ("cycles", cycles),
            ("values", tuple(v.match for v in needed.values())),
            ("shortest", shortest),
        )
        schema = Schema(Column(name, v.type) for name, v in needed.items())
        return plan.TabularCall("matching_match", sources, options, schema)


def pattern_of(context: Context, scope: Scope, graph: Graph, written: tuple[syntax.GraphPattern, ...]) -> MatchPattern:
    """The pattern of all sequences; equal names are the same node.

    Raises:
        RefusedError: If a name is taken, a length is none, or the sequences do not hang together.
    """
    pattern = MatchPattern(context, scope, graph)
    for sequence in written:
        for node in sequence.nodes:
            pattern.node(node) if node.name else None
    for sequence in written:
        numbers = [pattern.node(node) for node in sequence.nodes]
        for edge, left, right in zip(sequence.edges, numbers, numbers[1:], strict=False):
            pattern.edge(edge, left, right)
    if not pattern.hangs_together():
        message = "this sequence shares no node with the others"
        raise diagnostics.bad_pattern(
            written[-1].span, message, "name a node of one in the other: (a)-->(b), (b)-->(c)"
        )
    return pattern
