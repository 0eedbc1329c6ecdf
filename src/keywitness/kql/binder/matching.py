"""`graph-match` and `graph-shortest-paths`: a kernel seeks the pattern, what is said of it is ordinary KQL.

What a single node or edge must satisfy is computed once for each of the graph, and the kernel goes nowhere else; all
other conditions and the columns of `project` are computed over the matches. Facts:
https://learn.microsoft.com/kusto/query/graph-match-operator and graph-shortest-paths-operator; which paths are
eligible and how columns are called as measured on Kusto's emulator in the documents of the MIT-licensed duckdb-kql.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import several
from keywitness.kql.binder.context import Context, Graph, Rows, Scope
from keywitness.kql.binder.elements import Elements
from keywitness.kql.binder.graphs import graph_of
from keywitness.kql.binder.names import Names, implied
from keywitness.kql.binder.parts import Part
from keywitness.kql.binder.patterns import Conditions, MatchPattern, Value, all_of, pattern_of, reference
from keywitness.kql.binder.types import BOOL, DYNAMIC, LONG, STRING, convert
from keywitness.kql.rewrite.tree import columns_of, movable, with_columns

_Search: TypeAlias = syntax.GraphMatch | syntax.GraphShortestPaths
_BODY = "one graph-match or graph-shortest-paths, and operators that give no row where it finds none"
#: Operators over the rows of a search: without such rows they give none.
_OF_ROWS = (
    syntax.Where,
    syntax.Extend,
    syntax.Project,
    syntax.ProjectAway,
    syntax.ProjectKeep,
    syntax.ProjectRename,
    syntax.ProjectReorder,
    syntax.Summarize,
    syntax.Distinct,
    syntax.Sort,
    syntax.Top,
    syntax.Take,
    syntax.MvExpand,
)


def bind_make_graph(context: Context, scope: Scope, rows: Rows, node: syntax.MakeGraph) -> Rows | Graph:
    """`make-graph`: a graph, or with `partitioned-by` what its body finds in the graph of each value.

    The graphs of all values stand side by side without an edge between them, and a match hangs together: the matches
    in all of them are those in each.
    """
    graph = graph_of(context, scope, rows, node)
    if node.partition is None or node.body is None:
        return graph
    if node.node_id is not None:
        help = "give a table of nodes that has the column, too"
        raise diagnostics.bad_value(node.partition.span, "partitioned-by needs the column of each node", help)
    search, *behind = node.body.operators
    if not isinstance(search, syntax.GraphMatch | syntax.GraphShortestPaths):
        raise diagnostics.not_supported(node.body.span, "this body of partitioned-by", _BODY)
    if not any(pattern.edges for pattern in search.patterns):
        raise diagnostics.not_supported(search.span, "a pattern without edges in partitioned-by", "add an edge to it")
    if not behind:
        return _searched(context, scope, graph, search)
    return _apart(context, scope, graph, search, behind, node.partition)


def _searched(context: Context, scope: Scope, graph: Graph, node: _Search) -> Rows:
    if isinstance(node, syntax.GraphMatch):
        return bind_match(context, scope, graph, node)
    return bind_shortest_paths(context, scope, graph, node)


def _apart(
    context: Context,
    scope: Scope,
    graph: Graph,
    search: _Search,
    behind: Sequence[syntax.Operator],
    column: syntax.NameRef,
) -> Rows:
    """What stands behind a search, over the matches of each value: those of one edge tell the value.

    Raises:
        RefusedError: For an operator that has rows where there is no match, or a pattern whose paths may be empty.
    """
    for operator in behind:
        if not isinstance(operator, _OF_ROWS) or (isinstance(operator, syntax.Summarize) and not operator.keys):
            raise diagnostics.not_supported(operator.span, "this operator in partitioned-by", _BODY)
    part = context.fresh("part")
    found = _searched(context, scope, graph, _telling(context, scope, graph, search, column, part))
    *shown, last = (plan.Named(c.name, plan.ColumnRef(c.name, c.type)) for c in found.schema)
    key = plan.Named(part, convert(last.value, STRING), hidden=True)
    source = plan.Project(found.plan, (*shown, key))
    body = context.bind_operators(context, scope.inner(), Rows(plan.Outer(source.schema)), tuple(behind))
    return Rows(plan.Partition(source, part, body.plan), steps=found.steps)


def _telling(
    context: Context, scope: Scope, graph: Graph, search: _Search, column: syntax.NameRef, name: str
) -> _Search:
    """The search with one column more: the property of an edge that every match has."""
    bounds = (e.bounds for e in pattern_of(context, scope, graph, search.patterns).edges)
    places = ((i, j) for i, pattern in enumerate(search.patterns) for j in range(len(pattern.edges)))
    found = next((place for place, b in zip(places, bounds, strict=True) if b is None or b[0]), None)
    if found is None:
        raise diagnostics.bad_pattern(search.span, "which value a path of no edges is of is not documented", "*1..")
    i, j = found
    pattern = search.patterns[i]
    edge = pattern.edges[j]
    named = edge.name or syntax.NameRef(edge.span, context.fresh("edge"))
    edges = (*pattern.edges[:j], replace(edge, name=named), *pattern.edges[j + 1 :])
    value: syntax.Expression = syntax.Member(edge.span, named, column)
    if edge.low is not None:
        value = syntax.Index(edge.span, value, syntax.Literal(edge.span, LONG, 0))
    told = syntax.Named(edge.span, (syntax.NameRef(edge.span, name),), value)
    patterns = (*search.patterns[:i], replace(pattern, edges=edges), *search.patterns[i + 1 :])
    return replace(search, patterns=patterns, project=(*search.project, told))


def bind_match(context: Context, scope: Scope, graph: Graph, node: syntax.GraphMatch) -> Rows:
    """`graph-match`: a row for each match of the pattern."""
    pattern = pattern_of(context, scope, graph, node.patterns)
    if node.cycles == "none":
        _refuse_empty_paths(pattern, "cycles=none")
    where, columns = _conditions(pattern, node.where), _columns(pattern, node)
    matches = pattern.matches(where, columns, cycles=node.cycles)
    return Rows(plan.Project(_filtered(matches, where.staying), columns), steps=graph.steps)


def bind_shortest_paths(context: Context, scope: Scope, graph: Graph, node: syntax.GraphShortestPaths) -> Rows:
    """`graph-shortest-paths`: of the paths that `where` lets pass, the shortest for each choice of the nodes.

    No path comes to a node twice. Where only single nodes and edges have conditions, the first arrival at each node is
    the shortest path; otherwise all paths are made, and the shortest of those that pass are kept.
    """
    for option in node.options:
        if option.name != "cycles" or getattr(option.value, "name", "") != "none":
            raise diagnostics.not_supported(option.span, f"{option.name} here", "cycles=none, or leave it out")
    pattern = pattern_of(context, scope, graph, node.patterns)
    _refuse_other_shapes(pattern, node)
    where, columns = _conditions(pattern, node.where), _columns(pattern, node)
    if len(pattern.edges) == 1 and pattern.edges[0].bounds == (1, pattern.longest) and not where.staying:
        matches = pattern.matches(where, columns, cycles="all", shortest=node.output)
        return Rows(plan.Project(matches, columns), steps=graph.steps)
    keys, lengths = pattern.numbers(), pattern.lengths()
    matches = pattern.matches(where, columns, cycles="none", also=(*keys, *lengths))
    found = _filtered(matches, where.staying)
    measured = plan.Named("$length", _total(lengths))
    source = plan.Project(found, (*(plan.Named(c.name, reference(c)) for c in found.schema), measured))
    options = (("keys", keys), ("length", "$length"), ("output", node.output))
    least = plan.TabularCall("matching_shortest", (source,), options, source.schema)
    return Rows(plan.Project(least, columns), steps=graph.steps)


def _refuse_other_shapes(pattern: MatchPattern, node: syntax.GraphShortestPaths) -> None:
    """Refuse what the page forbids, or leaves open: it knows one sequence with a path in it, from node to node."""
    sequence, *others = node.patterns
    if others or not any(e.bounds for e in pattern.edges):
        message = "shortest paths are sought along one sequence with a path in it"
        raise diagnostics.bad_pattern((others or [sequence])[0].span, message, "(a)-[e*1..5]->(b)")
    if any(n.name is None for n in sequence.nodes) and len(sequence.nodes) > 2:
        message = "which paths are one choice of nodes is not documented where a node has no name"
        raise diagnostics.bad_pattern(sequence.span, message, "name each node")
    if len(pattern.nodes) < len(sequence.nodes):
        raise diagnostics.bad_pattern(sequence.span, "a shortest path never comes to a node twice", "name it otherwise")
    _refuse_empty_paths(pattern, "shortest paths")


def _refuse_empty_paths(pattern: MatchPattern, where: str) -> None:
    for edge, written in zip(pattern.edges, pattern.written, strict=True):
        if edge.bounds and not edge.bounds[0]:
            message = f"whether a path of no edges counts with {where} is not documented"
            raise diagnostics.bad_pattern(written.span, message, "let paths begin with one edge: *1..")


def _total(lengths: tuple[str, ...]) -> plan.Scalar:
    first, *rest = (plan.ColumnRef(name, LONG) for name in lengths)
    total: plan.Scalar = first
    for length in rest:
        total = plan.Call("add", (total, length), LONG)
    return total


def _filtered(source: plan.Plan, conditions: list[plan.Scalar]) -> plan.Plan:
    return plan.Filter(source, all_of(conditions)) if conditions else source


# ---------------------------------------------------------------- where


def _conditions(pattern: MatchPattern, where: syntax.Node | None) -> Conditions:
    """What `where` says, each part of it in its place."""
    found = Conditions()
    if where is None:
        return found
    parts = list(_flat(where))
    for written in parts:
        rewritten = Elements(pattern, in_where=True).rewritten(written)
        condition = pattern.expressions().bind(rewritten)
        if condition.type is DYNAMIC and len(parts) > 1:
            condition = convert(condition, BOOL)
        if condition.type is not BOOL:
            raise diagnostics.wrong_type(written.span, condition.type, [BOOL])
        _place(pattern, condition, found)
    return found


def _flat(node: syntax.Node) -> Iterator[syntax.Node]:
    if isinstance(node, syntax.Logical) and node.op == "and":
        for operand in node.operands:
            yield from _flat(operand)
    else:
        yield node


def _place(pattern: MatchPattern, condition: plan.Scalar, found: Conditions) -> None:
    """Put a condition where it is cheapest: on the node or edge that it alone speaks of, or on each of a path."""
    values = [pattern.values[name] for name in columns_of(condition)]
    match values:
        case [Value(match=plan.MatchValue(fold="all") as each, value=value)]:
            if condition == plan.ColumnRef(each.name, BOOL):
                (found.inner if each.inner else found.edges)[each.place].append(value)
                return
    spoken_of = {(v.match.node, v.match.place) for v in values}
    if len(spoken_of) != 1 or not movable(condition) or any(v.match.fold for v in values):
        found.staying.append(condition)
        return
    ((node, place),) = spoken_of
    alone = with_columns(condition, {v.match.name: v.value for v in values})
    (found.nodes if node else found.edges)[place].append(alone)


# ---------------------------------------------------------------- project


def _columns(pattern: MatchPattern, node: syntax.GraphMatch | syntax.GraphShortestPaths) -> tuple[plan.Named, ...]:
    """The columns of `project`, named as Kusto names them."""
    if not node.project:
        name = "graph-match" if isinstance(node, syntax.GraphMatch) else "graph-shortest-paths"
        word = syntax.Span(node.span.start, node.span.start + len(name))
        raise diagnostics.bad_value(word, "'project' is missing: it says what to show of a match", "project a.Name, e")
    names = Names()
    columns: list[plan.Named] = []
    for written in node.project:
        rewritten = Elements(pattern).rewritten(written)
        e = pattern.expressions()
        for item in several(e, rewritten, all_or_none=True):
            value = e.bind(item.value if isinstance(item, syntax.Named) else item)
            columns.append(plan.Named(_name(pattern, names, item, written), value))
    return tuple(columns)


def _name(pattern: MatchPattern, names: Names, item: syntax.Node, written: syntax.Node) -> str:
    if isinstance(item, syntax.Named):
        if item.compound:
            raise diagnostics.bad_value(item.span, "the expression does not have several named values")
        name = item.names[0]
        if name.name in names:
            raise diagnostics.already_named(name.span, name.name)
        return names.give(name.name)
    suggested = _implied(pattern, item)
    if suggested == "":
        help = "name the column: project Name = ..."
        raise diagnostics.bad_value(written.span, "how Kusto calls this column is not documented", help)
    return names.numbered() if suggested is None else names.take(suggested)


def _implied(pattern: MatchPattern, value: syntax.Node) -> str | None:
    """The name of a column that the text does not name, None for a number, empty where it is not known.

    Microsoft's analyser and its emulator differ here; the emulator's names are known for some forms only.
    """
    match value:
        case syntax.NameRef(name=name) if name in pattern.values:
            return pattern.values[name].suggested
        case syntax.Member(object=object, name=syntax.NameRef(name=member)) if _speaks_of(pattern, object):
            whole = _implied(pattern, object)
            return f"{whole}_{member}" if whole else ""
        case syntax.Index(object=object, index=syntax.Literal(value=index)) if _speaks_of(pattern, object):
            whole = _implied(pattern, object)
            return f"{whole}_{index}" if whole else ""
        case Part():
            return ""
    suggested = implied(value)
    return "" if suggested is not None and _speaks_of(pattern, value) else suggested


def _speaks_of(pattern: MatchPattern, node: Any) -> bool:
    """True where an expression has something of the pattern in it."""
    if isinstance(node, tuple):
        return any(_speaks_of(pattern, item) for item in node)
    if isinstance(node, syntax.NameRef):
        return node.name in pattern.values
    return isinstance(node, syntax.Node) and any(_speaks_of(pattern, getattr(node, f)) for f in node.__struct_fields__)
