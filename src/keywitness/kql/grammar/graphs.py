"""The operators of graphs: how one is made, and the patterns that are sought in it."""

from __future__ import annotations

from keywitness.kql import diagnostics, syntax
from keywitness.kql.grammar.options import without
from keywitness.kql.grammar.reshaping import Reshaping
from keywitness.kql.lexer import Token

_IDS = ("with_node_id", "with_source_id", "with_target_id")


class Graphs(Reshaping):
    """Reads the operators that make, search, mark and export a graph."""

    # ------------------------------------------------------------ make-graph

    def read_make_graph(self, keyword: Token) -> syntax.MakeGraph:
        help = "make-graph Source --> Target with Nodes on Id"
        source = self.name("a column of the edges")
        self.expect_op("-", help)
        self.expect_op("-", help)
        directed = self.accept_op(">")
        target = self.name("a column of the edges")
        node_id: syntax.NameRef | None = None
        nodes: tuple[syntax.NodeTable, ...] = ()
        if self.accept_word("with_node_id"):
            self.expect_op("=")
            node_id = self.name("a name for the id of a node", nameable=True)
        elif self.accept_word("with"):
            nodes = self.comma_list(self._node_table)
        partition, body = self._graph_partition()
        span = self.since(keyword.start)
        return syntax.MakeGraph(span, source, target, nodes, node_id, directed, partition, body)

    def _node_table(self) -> syntax.NodeTable:
        start = self.token.start
        table = self.parenthesized() if self.at_op("(") else self.path()
        self.expect_word("on", "with Nodes on Id")
        key = self.name("the column with the id")
        return syntax.NodeTable(self.since(start), table, key)

    def _graph_partition(self) -> tuple[syntax.NameRef | None, syntax.Pipeline | None]:
        word, count = self.dashed()
        if word != "partitioned-by":
            return None, None
        self.position += count
        column = self.name("a column of edges and nodes")
        self.expect_op("(", "partitioned-by Column (graph-match ...)")
        body = self.operators()
        self.expect_op(")")
        return column, body

    # ------------------------------------------------------------ patterns

    def read_graph_match(self, keyword: Token) -> syntax.GraphMatch:
        options = self.options("cycles")
        cycles = self.word_of(self.pick(options, "cycles"), ("all", "none", "unique_edges"), "unique_edges")
        patterns = self.comma_list(self._graph_pattern)
        where, project = self._conditions_and_columns()
        rest = without(options, "cycles")
        return syntax.GraphMatch(self.since(keyword.start), patterns, where, project, cycles, rest)

    def read_graph_shortest_paths(self, keyword: Token) -> syntax.GraphShortestPaths:
        options = self.options("output", "cycles")
        output = self.word_of(self.pick(options, "output"), ("any", "all"), "any")
        patterns = self.comma_list(self._graph_pattern)
        where, project = self._conditions_and_columns()
        rest = without(options, "output")
        return syntax.GraphShortestPaths(self.since(keyword.start), patterns, where, project, output, rest)

    def _conditions_and_columns(self) -> tuple[syntax.Expression | None, tuple[syntax.Expression, ...]]:
        where = self.expression() if self.accept_word("where") else None
        project = self.comma_list(self.named_expression) if self.accept_word("project") else ()
        return where, project

    def _graph_pattern(self) -> syntax.GraphPattern:
        start = self.token.start
        nodes, edges = [self._pattern_node()], []
        while self.at_op("-", "<"):
            edges.append(self._pattern_edge())
            nodes.append(self._pattern_node())
        return syntax.GraphPattern(self.since(start), tuple(nodes), tuple(edges))

    def _pattern_node(self) -> syntax.PatternNode:
        start = self.token.start
        self.expect_op("(", "a pattern is made of nodes and edges: (a)-[e]->(b)")
        name = None if self.at_op(")") else self.name("the name of a node", nameable=True)
        self.expect_op(")", "a node of a pattern is a name in parentheses, or ()")
        return syntax.PatternNode(self.since(start), name)

    def _pattern_edge(self) -> syntax.PatternEdge:
        start = self.token.start
        name: syntax.NameRef | None = None
        low: syntax.Expression | None = None
        high: syntax.Expression | None = None
        left = self.accept_op("<")
        self.expect_op("-", "an edge of a pattern is -[e]->, <-[e]- or -[e]-")
        if self.accept_op("["):
            name = None if self.at_op("*", "]") else self.name("the name of an edge", nameable=True)
            if self.accept_op("*"):
                low = self._bound()
                self.expect_op("..", "a path has a least and a greatest length: -[e*1..5]->")
                high = self._bound()
            self.expect_op("]", "-[e]-> is one edge, -[e*1..5]-> a path of them")
        self.expect_op("-", "an edge of a pattern is -[e]->, <-[e]- or -[e]-")
        right = self.accept_op(">")
        span = self.since(start)
        if left and right:
            self.refuse(diagnostics.unexpected_text(span, "an edge in both directions", "-[e]- goes either way"))
        direction = "left" if left else "right" if right else "either"
        return syntax.PatternEdge(span, name, direction, low, high)

    def _bound(self) -> syntax.Expression:
        """How long a path is: a constant or its name."""
        return self.literal() if self.at_literal() else self.name("a number of edges")

    # ------------------------------------------------------------ whole graphs

    def read_graph_mark_components(self, keyword: Token) -> syntax.GraphMarkComponents:
        options = self.options("kind", "with_component_id")
        kind = self.word_of(self.pick(options, "kind"), ("weak", "strong"), "weak")
        name = self._name_option(self.pick(options, "with_component_id"))
        return syntax.GraphMarkComponents(self.since(keyword.start), kind, name)

    def read_graph_to_table(self, keyword: Token) -> syntax.GraphToTable:
        exports = self.comma_list(self._export)
        return syntax.GraphToTable(self.since(keyword.start), exports)

    def _export(self) -> syntax.GraphExport:
        start = self.token.start
        if not self.at_word("nodes", "edges"):
            self.refuse(diagnostics.expected(self.token.span, "'nodes' or 'edges'", self.found()))
        what = self.advance().text
        name = self.name("a name for the table") if self.accept_word("as") else None
        options = self.options(*(_IDS[:1] if what == "nodes" else _IDS[1:]))
        if name is None and self.accept_word("as"):
            name = self.name("a name for the table")
        ids = [self._name_option(self.pick(options, id)) for id in _IDS]
        return syntax.GraphExport(self.since(start), what, name, *ids)
