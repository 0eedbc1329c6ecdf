"""Tabular operators: which function binds which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from keywitness.kql import plan, syntax
from keywitness.kql.binder import (
    axes,
    columns,
    diagnostics,
    entities,
    expand,
    graphs,
    groups,
    joins,
    matching,
    nesting,
    parsing,
    partitions,
    places,
    plugins,
    ranking,
    scanning,
    searching,
)
from keywitness.kql.binder.context import Context, Graph, Rows, Scope, Table, UserFunction
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.types import DYNAMIC

OperatorBinder = Callable[[Context, Scope, Rows, Any], Rows | Graph]
GraphBinder = Callable[[Context, Scope, Graph, Any], Rows | Graph]

#: Operators that begin a pipeline and are not in `sources`.
SOURCE_OPERATORS = (
    syntax.Union,
    syntax.Search,
    syntax.Evaluate,
    syntax.Find,
    syntax.MacroExpand,
    syntax.UnsupportedOperator,
)

_REDUCED = (
    "its page names the paper it follows and contradicts it: there a small threshold keeps values apart, in the page's "
    "examples it joins them; group by replace_regex() instead"
)
_WAIT = "keywitness does not answer it; support.md lists what it answers"
_ONE_WORD = {syntax.GetSchema, syntax.ExternalData}
#: Operators that are known and refused: what to use instead.
REFUSED: dict[type[syntax.Node], tuple[str, str]] = {
    syntax.Fork: ("fork", "it gives several tables: it can only be the last operator of a query"),
    syntax.Facet: ("facet", "it gives several tables: it can only be the last operator of a query"),
    syntax.Reduce: ("reduce", _REDUCED),
    syntax.Consume: ("consume", "it has no result: leave it out"),
}


def bind_operator(context: Context, scope: Scope, value: Rows | Graph, node: syntax.Operator) -> Rows | Graph:
    """One operator over its input: rows, or the graph that an operator of graphs needs.

    Raises:
        RefusedError: If it, or anything in it, has no exact meaning here.
    """
    of_graphs = GRAPH_BINDERS.get(type(node))
    if of_graphs is not None:
        return of_graphs(context, scope, graphs.expected(value, _head(node, spelled(node)), spelled(node)), node)
    binder = BINDERS.get(type(node))
    if binder is None:
        raise diagnostics.RefusedError if isinstance(node, syntax.Broken) else _refusal(node)
    if isinstance(value, Graph):
        raise diagnostics.table_of_graph_expected(_head(node, spelled(node)), f"what comes before '{spelled(node)}'")
    return binder(context, scope, value, node)


def bind_source(context: Context, scope: Scope, node: Any) -> Rows:
    """An operator at the beginning of a pipeline."""
    if isinstance(node, syntax.Union):
        return joins.bind_union(context, scope, None, node)
    if isinstance(node, syntax.Search):
        return searching.bind_search(context, scope, None, node)
    if isinstance(node, syntax.Find):
        return searching.bind_find(context, scope, node)
    if isinstance(node, syntax.MacroExpand):
        return entities.bind_macro_expand(context, scope, node)
    if isinstance(node, syntax.Evaluate):
        return plugins.bind_evaluate(context, scope, None, node)
    raise _refusal(node)


def _refusal(node: Any) -> diagnostics.RefusedError:
    if isinstance(node, syntax.UnsupportedOperator):
        return diagnostics.not_supported(node.span, f"'{node.name}'", _WAIT)
    name, help = REFUSED.get(type(node), (spelled(node), _WAIT))
    return diagnostics.not_supported(_head(node, name), f"'{name}'", help)


def _head(node: syntax.Node, name: str) -> syntax.Span:
    """The operator's name alone, so that carets do not run over its whole body."""
    return syntax.Span(node.span.start, min(node.span.end, node.span.start + len(name)))


def spelled(node: syntax.Node) -> str:
    """The operator as KQL spells it: `MvExpand` is `mv-expand`."""
    return node.name if isinstance(node, syntax.UnsupportedOperator) else spelled_class(type(node))


def spelled_class(kind: type[syntax.Node]) -> str:
    """The operator of a syntax class as KQL spells it."""
    if kind in _ONE_WORD:
        return kind.__name__.lower()
    name = kind.__name__
    return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


# ---------------------------------------------------------------- rows


def bind_where(context: Context, scope: Scope, rows: Rows, node: syntax.Where) -> Rows:
    """`where`: rows for which the predicate is true."""
    predicate = Expressions(context, scope, rows).bind_condition(node.predicate)
    return rows.over(plan.Filter(rows.plan, predicate))


def bind_sort(context: Context, scope: Scope, rows: Rows, node: syntax.Sort) -> Rows:
    """`sort`: an order that later operators keep."""
    return Rows(plan.Sort(rows.plan, _keys(context, scope, rows, node.keys)), rows.origin, ordered=True, sorted=True)


def bind_top(context: Context, scope: Scope, rows: Rows, node: syntax.Top) -> Rows:
    """`top n by`: sort and take."""
    sorted = plan.Sort(rows.plan, _keys(context, scope, rows, node.keys))
    count = ranking.row_count(context, scope, node.count)
    return Rows(plan.Take(sorted, count), rows.origin, ordered=True, sorted=True)


def _keys(context: Context, scope: Scope, rows: Rows, keys: tuple[syntax.SortKey, ...]) -> tuple[plan.SortKey, ...]:
    e = Expressions(context, scope, rows)

    def bound(key: syntax.SortKey) -> plan.SortKey:
        value = e.bind(key.value)
        if value.type is DYNAMIC:
            raise diagnostics.dynamic_not_allowed(key.value.span, "to sort by")
        return plan.SortKey(value, key.descending, key.nulls_first)

    return tuple(diagnostics.each(bound, keys))


def bind_take(context: Context, scope: Scope, rows: Rows, node: syntax.Take) -> Rows:
    """`take`: the first rows of an order, or any rows."""
    return rows.over(plan.Take(rows.plan, ranking.row_count(context, scope, node.count)))


def bind_sample(context: Context, scope: Scope, rows: Rows, node: syntax.Sample) -> Rows:
    """`sample`: rows drawn at random."""
    count = ranking.row_count(context, scope, node.count, real=True)
    return rows.unordered(plan.Sample(rows.plan, count), rows.origin)


def bind_serialize(context: Context, scope: Scope, rows: Rows, node: syntax.Serialize) -> Rows:
    """`serialize`: from here on the order counts."""
    frozen = Rows(plan.Serialize(rows.plan), rows.origin, ordered=True, sorted=rows.sorted)
    return columns.bind_extend(context, scope, frozen, node) if node.columns else frozen


# ---------------------------------------------------------------- names and pictures


def bind_as(context: Context, scope: Scope, rows: Rows, node: syntax.As) -> Rows:
    """`as name`: the rows so far under a name, for what follows."""
    named = replace(rows, label=node.name.name)
    scope.define(node.name.name, Table(named))
    return named


def bind_render(context: Context, scope: Scope, rows: Rows, node: syntax.Render) -> Rows:
    """`render`: how to draw the result; the rows stay as they are."""
    options = []
    for option in node.options:
        value = option.value
        options.append((option.name, value.value if isinstance(value, syntax.Literal) else _written(value)))
    context.render = (node.kind, tuple(options))
    return rows


def _written(node: syntax.Node) -> str:
    return node.name if isinstance(node, syntax.NameRef) else ""


def bind_invoke(context: Context, scope: Scope, rows: Rows, node: syntax.Invoke) -> Rows:
    """`invoke f(...)`: the rows are the function's first argument."""
    call = node.call.call if isinstance(node.call, syntax.MethodCall) else node.call
    if isinstance(node.call, syntax.MethodCall) and places.find(context, scope, node.call.object) is None:
        raise diagnostics.unknown_function(call.function.span, call.function.name, scope)
    function = context.find(scope, call.function.name)
    if not isinstance(function, UserFunction):
        known = [*scope, *context.catalog.function_names()]
        raise diagnostics.unknown_function(call.function.span, call.function.name, known)
    result = context.call_user(context, scope, function, call, None, rows)
    if not isinstance(result, Table):
        raise diagnostics.table_expected(call.span, f"the result of {call.function.name}()")
    return result.rows


def bind_assert_schema(context: Context, scope: Scope, rows: Rows, node: syntax.AssertSchema) -> Rows:
    """`assert-schema`: the rows as they are, when they have just these columns in this order; else refused."""
    found = [f"{c.name}:{c.type}" for c in rows.schema.visible()]
    wanted = [f"{c.name.name}:{c.type}" for c in node.columns]
    if found != wanted:
        raise diagnostics.bad_value(node.span, "the columns here are not these", f"they are ({', '.join(found)})")
    return rows


BINDERS: dict[type[syntax.Node], OperatorBinder] = {
    syntax.Where: bind_where,
    syntax.Extend: columns.bind_extend,
    syntax.Project: columns.bind_project,
    syntax.ProjectAway: columns.bind_project_away,
    syntax.ProjectKeep: columns.bind_project_keep,
    syntax.ProjectRename: columns.bind_project_rename,
    syntax.ProjectReorder: columns.bind_project_reorder,
    syntax.ProjectByNames: columns.bind_project_by_names,
    syntax.TopHitters: ranking.bind_top_hitters,
    syntax.TopNested: nesting.bind_top_nested,
    syntax.GetSchema: columns.bind_getschema,
    syntax.Summarize: groups.bind_summarize,
    syntax.Distinct: groups.bind_distinct,
    syntax.Count: groups.bind_count,
    syntax.SampleDistinct: groups.bind_sample_distinct,
    syntax.Sort: bind_sort,
    syntax.Top: bind_top,
    syntax.Take: bind_take,
    syntax.Sample: bind_sample,
    syntax.Serialize: bind_serialize,
    syntax.As: bind_as,
    syntax.Render: bind_render,
    syntax.Invoke: bind_invoke,
    syntax.AssertSchema: bind_assert_schema,
    syntax.Join: joins.bind_join,
    syntax.Lookup: joins.bind_lookup,
    syntax.Union: joins.bind_union,
    syntax.Search: searching.bind_search,
    syntax.MvExpand: expand.bind_mv_expand,
    syntax.MvApply: expand.bind_mv_apply,
    syntax.Parse: parsing.bind_parse,
    syntax.ParseKv: parsing.bind_parse_kv,
    syntax.MakeSeries: axes.bind_make_series,
    syntax.Evaluate: plugins.bind_evaluate,
    syntax.Partition: partitions.bind_partition,
    syntax.Scan: scanning.bind_scan,
    syntax.MakeGraph: matching.bind_make_graph,
}
#: Operators that need a graph.
GRAPH_BINDERS: dict[type[syntax.Node], GraphBinder] = {
    syntax.GraphMatch: matching.bind_match,
    syntax.GraphShortestPaths: matching.bind_shortest_paths,
    syntax.GraphMarkComponents: graphs.bind_mark_components,
    syntax.GraphToTable: graphs.bind_to_table,
}
