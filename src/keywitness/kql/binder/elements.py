"""What an expression says of a pattern's nodes, edges and paths, as columns of the matches.

Facts: https://learn.microsoft.com/kusto/query/map-graph-function and the pages of the other graph functions; names of
columns and nulls as measured on Kusto's emulator in the documents of the MIT-licensed duckdb-kql.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from keywitness.kql import functions, plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Rows, UserFunction
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.names import implied
from keywitness.kql.binder.patterns import MatchPattern, reference
from keywitness.kql.binder.types import BOOL, DYNAMIC, LONG, STRING, convert
from keywitness.kql.diagnostics import did_you_mean, quoted
from keywitness.kql.rewrite.tree import movable
from keywitness.model.schema import Column, Schema

_NO_LABELS = plan.Literal("[]", DYNAMIC)
_FOLDS = {"map": "list", "all": "all", "any": "any"}


@dataclass(frozen=True, slots=True)
class Elements:
    """An expression with everything said of the pattern replaced by the name of its column of the matches."""

    pattern: MatchPattern
    in_where: bool = False

    def rewritten(self, node: Any) -> Any:
        """The expression over the columns of the matches."""
        match node:
            case syntax.Member(object=syntax.NameRef(name=name), name=member) if self._knows(name):
                return self._property(node, name, member)
            case syntax.NameRef(name=name) if self._knows(name):
                return self._whole(node, name)
            case syntax.NameRef(name=name):
                return self._other_name(node, name)
            case syntax.Index(object=syntax.NameRef(name=name)) if self._knows(name) and self._path(name) is None:
                raise diagnostics.bad_pattern(node.span, "a property is named, not indexed", f"{name}.property")
            case syntax.Call(function=syntax.NameRef(name=name)) if self._graph_function(name):
                return self._call(node, name)
            case syntax.Call():
                if node.function.name == "pack_all":
                    raise diagnostics.not_supported(node.span, "pack_all() here", "name the node or edge: project a, e")
                if node.function.name == "toscalar":
                    return node
                return replace(node, args=self.rewritten(node.args))
            case syntax.Named():
                return replace(node, value=self.rewritten(node.value))
            case syntax.Member():
                return replace(node, object=self.rewritten(node.object))
            case syntax.In(items=items):
                kept = tuple(
                    i if isinstance(i, syntax.NameRef) and not self._knows(i.name) else self.rewritten(i) for i in items
                )
                return replace(node, value=self.rewritten(node.value), items=kept)
            case syntax.Pipeline():
                return node
            case tuple():
                return tuple(self.rewritten(item) for item in node)
            case syntax.Node():
                inside = {f: getattr(node, f) for f in node.__struct_fields__ if f != "span"}
                return replace(node, **{name: self.rewritten(value) for name, value in inside.items()})
        return node

    # ------------------------------------------------------------ names

    def _knows(self, name: str) -> bool:
        return name in self.pattern.nodes or name in self.pattern.names

    def _path(self, name: str) -> int | None:
        """The number of the edge that is a path of that name."""
        place = self.pattern.names.get(name)
        return place if place is not None and self.pattern.edges[place].bounds else None

    def _graph_function(self, name: str) -> bool:
        hidden = isinstance(self.pattern.context.find(self.pattern.scope, name), UserFunction)
        return not hidden and functions.find_graph_function(name) is not None

    def _other_name(self, node: syntax.NameRef, name: str) -> syntax.Node:
        """A name that is not of the pattern: of a `let`, or nothing."""
        if self.pattern.context.find(self.pattern.scope, name) is None and name not in self.pattern.values:
            graph = self.pattern.graph
            here = [*self.pattern.nodes, *self.pattern.names]
            help = did_you_mean(name, [n for n in here if not n.startswith("$")])
            if graph.node_properties.find(name) or graph.edge_properties.find(name):
                help = f"a property is named with its node or edge: e.{name}"
            raise diagnostics.bad_pattern(node.span, f"{quoted(name)} is not in the pattern", help)
        return node

    def _property(self, node: syntax.Member, name: str, member: syntax.Node) -> syntax.Node:
        if not isinstance(member, syntax.NameRef):
            raise diagnostics.column_expected(member.span)
        is_node = name in self.pattern.nodes
        column = self._find(member, is_node=is_node)
        suggested = f"{name}_{column.name}"
        path = self._path(name)
        if path is None:
            place = self.pattern.nodes[name] if is_node else self.pattern.names[name]
            return self._named(node, place, reference(column), node=is_node, suggested=suggested)
        if self.in_where:
            help = f"all({name}, ...), any({name}, ...) or map({name}, {column.name})"
            raise diagnostics.bad_pattern(node.span, f"{quoted(name)} is a path of several edges", help)
        return self._listed(node, path, reference(column), inner=False, suggested=suggested)

    def _find(self, member: syntax.NameRef, *, is_node: bool) -> Column:
        graph = self.pattern.graph
        properties = graph.node_properties if is_node else graph.edge_properties
        column = properties.find(member.name)
        if column is None and is_node and member.name in graph.clashes:
            message = f"the node tables have several types of {quoted(member.name)}"
            raise diagnostics.bad_value(member.span, message, "give the columns of one type before make-graph")
        if column is None:
            element = "a node" if is_node else "an edge"
            raise diagnostics.no_property(member.span, member.name, element, list(properties.names()))
        return column

    def _whole(self, node: syntax.NameRef, name: str) -> syntax.Node:
        """A node or an edge as a bag of its properties, a path as an array of bags."""
        is_node = name in self.pattern.nodes
        bag = _bag(self.pattern.graph.node_properties if is_node else self.pattern.graph.edge_properties)
        path = self._path(name)
        if path is not None:
            return self._listed(node, path, bag, inner=False, suggested=name)
        place = self.pattern.nodes[name] if is_node else self.pattern.names[name]
        return self._named(node, place, bag, node=is_node, suggested=name)

    def _named(self, written: syntax.Node, place: int, value: plan.Scalar, **how: Any) -> syntax.NameRef:
        return syntax.NameRef(written.span, self.pattern.column(place, value, **how), quoted=True)

    def _listed(self, node: syntax.Node, path: int, value: plan.Scalar, *, inner: bool, suggested: str) -> syntax.Node:
        listed = convert(value, DYNAMIC)
        return self._named(node, path, listed, fold="list", inner=inner, suggested=suggested)

    # ------------------------------------------------------------ functions

    def _call(self, node: syntax.Call, name: str) -> syntax.Node:
        if name in _FOLDS:
            return self._over_path(node, name)
        if name == "inner_nodes":
            raise diagnostics.graph_function_elsewhere(node.function.span, name)
        match node.args:
            case (syntax.NameRef(name=element),) if self._knows(element) and self._path(element) is None:
                pass
            case _:
                help = (
                    f"{name}(a), about a node of the pattern; over a path {name}() stands inside map(), all() or any()"
                )
                raise diagnostics.bad_pattern(node.span, f"{name}() needs a node of the pattern", help)
        if name == "labels":
            suggested = f"labels_{element}"
            is_node = element in self.pattern.nodes
            place = self.pattern.nodes[element] if is_node else self.pattern.names[element]
            return self._named(node, place, _NO_LABELS, node=is_node, suggested=suggested)
        if element not in self.pattern.nodes:
            raise diagnostics.bad_pattern(node.args[0].span, f"{quoted(element)} is an edge, a node is needed here")
        suggested = f"node_id_{element}" if name == "node_id" else ""
        return self._named(node, self.pattern.nodes[element], self._of_node(name), node=True, suggested=suggested)

    def _of_node(self, function: str) -> plan.Scalar:
        """`node_id`, `node_degree_in` and `node_degree_out` of the node at hand."""
        if function == "node_id":
            id = next(c for c in self.pattern.graph.nodes.schema if c.name == "$id")
            return convert(reference(id), STRING)
        return plan.ColumnRef("$in" if function == "node_degree_in" else "$out", LONG)

    def _over_path(self, node: syntax.Call, name: str) -> syntax.Node:
        """`map`, `all` and `any`: an expression for each edge of a path, or each node inside it."""
        if len(node.args) != 2:
            raise diagnostics.argument_count(node.span, name, ["(edge, expression)"], len(node.args))
        over, expression = node.args
        inner = isinstance(over, syntax.Call) and over.function.name == "inner_nodes" and len(over.args) == 1
        edge = over.args[0] if isinstance(over, syntax.Call) and inner else over
        path = self._path(edge.name) if isinstance(edge, syntax.NameRef) else None
        if path is None or not isinstance(edge, syntax.NameRef):
            help = f"{name}(e, ...) or {name}(inner_nodes(e), ...) with -[e*1..5]-> in the pattern"
            raise diagnostics.bad_pattern(over.span, f"{name}() needs a path of the pattern", help)
        value = self._of_each(expression, inner=inner)
        if name == "map":
            prefix = f"inner_nodes_{edge.name}" if inner else edge.name
            called = self._called(expression)
            suggested = f"{prefix}_{called}" if called else ""
            return self._listed(node, path, value, inner=inner, suggested=suggested)
        if value.type is not BOOL:
            raise diagnostics.wrong_type(expression.span, value.type, [BOOL])
        return self._named(node, path, value, fold=_FOLDS[name], inner=inner)

    def _called(self, expression: syntax.Node) -> str:
        """What map() adds to the name of its column; empty where it is not known."""
        name = implied(expression)
        if name is None:
            graph_function = isinstance(expression, syntax.Call) and self._graph_function(expression.function.name)
            return "" if graph_function else "Column"
        return name if isinstance(expression, syntax.NameRef | syntax.Member | syntax.Index) else ""

    def _of_each(self, expression: syntax.Node, *, inner: bool) -> plan.Scalar:
        """The expression over the properties of one edge, or of one node."""
        graph = self.pattern.graph
        own = (Column(n, LONG, hidden=True) for n in ("$in", "$out"))
        id = (Column(c.name, c.type, hidden=True) for c in graph.nodes.schema if c.name == "$id")
        properties = Schema([*graph.node_properties, *id, *own] if inner else graph.edge_properties)
        prepared = self._inside_path(expression, inner=inner)
        e = Expressions(self.pattern.context, self.pattern.scope, Rows(plan.Outer(properties)))
        value = e.bind(prepared)
        if not movable(value):
            raise diagnostics.not_supported(expression.span, "a value that differs each time here", "leave it out")
        return value

    def _inside_path(self, node: Any, *, inner: bool) -> Any:
        """The expression with functions about the element at hand as columns."""
        match node:
            case syntax.Call(function=syntax.NameRef(name=name)) if self._graph_function(name):
                return self._of_element(node, name, inner=inner)
            case syntax.Member(object=syntax.NameRef(name=name)) if self._knows(name) and not self._has(name, inner):
                message = "here only the properties of the edge or inner node at hand are known"
                raise diagnostics.bad_pattern(node.span, message, "compare with others in where, outside of it")
            case tuple():
                return tuple(self._inside_path(item, inner=inner) for item in node)
            case syntax.Pipeline():
                return node
            case syntax.Node():
                inside = {f: getattr(node, f) for f in node.__struct_fields__ if f != "span"}
                return replace(node, **{n: self._inside_path(value, inner=inner) for n, value in inside.items()})
        return node

    def _has(self, name: str, inner: bool) -> bool:
        graph = self.pattern.graph
        return (graph.node_properties if inner else graph.edge_properties).find(name) is not None

    def _of_element(self, node: syntax.Call, name: str, *, inner: bool) -> syntax.Node:
        if name == "labels" and not node.args:
            return syntax.Literal(node.span, DYNAMIC, "[]")
        columns = {"node_id": "$id", "node_degree_in": "$in", "node_degree_out": "$out"}
        if node.args or not inner or name not in columns:
            raise diagnostics.graph_function_elsewhere(node.function.span, name)
        column = syntax.NameRef(node.span, columns[name], quoted=True)
        if name != "node_id":
            return column
        return syntax.Call(node.span, syntax.NameRef(node.span, "tostring"), (column,))


def _bag(properties: Iterable[Column]) -> plan.Scalar:
    """The properties that are neither null nor empty, as a bag."""
    pairs = [part for c in properties for part in (plan.Literal(c.name, STRING), reference(c))]
    return plan.Call("bag_pack_nonempty", tuple(pairs), DYNAMIC) if pairs else plan.Literal("{}", DYNAMIC)
