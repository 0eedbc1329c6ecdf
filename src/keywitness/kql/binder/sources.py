"""Where rows come from: tables of the case, lists of tables, `datatable`, `range`, `print`, `materialize`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics, external, places, watchlists
from keywitness.kql.binder.columns import several
from keywitness.kql.binder.context import Context, Rows, Scope, Table, Unknown, UserFunction, fits
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.folding import reads_columns
from keywitness.kql.binder.names import Names
from keywitness.kql.binder.parts import Part
from keywitness.kql.binder.types import DATETIME, DYNAMIC, LONG, STRING, TIMESPAN, convert, widest
from keywitness.kql.functions.function import NUMBER
from keywitness.model.schema import Column, Schema

_INGEST = "ingest its export, it becomes a table of its name"
_OUTSIDE = {
    "external_table": f"a query reads nothing outside of the case: {_INGEST}",
    "arg": f"Azure Resource Graph is not in a case: {_INGEST}",
    "materialized_view": f"a case keeps no materialized views: {_INGEST}",
    "stored_query_result": f"a case keeps no results: {_INGEST}",
}
#: Watchlists that Sentinel's parsers ask for and that need not exist: without them no parser is left out.
_OPTIONAL_LISTS = frozenset({"ASimDisabledParsers", "ASimSourceType", "Sources_by_SourceType"})


def case_table(context: Context, span: syntax.Span, name: str, scope: Scope, place: str = "") -> Rows:
    """A table of the case, or a known log table without rows.

    Args:
        place: The database or workspace that the text names it under.

    Raises:
        RefusedError: If nothing knows the name.
    """
    schema = context.catalog.schema(name) if scope.shows(name) else None
    if schema is None:
        if name in scope.hidden or not scope.shows(name):
            raise diagnostics.hidden_table(span, name)
        tabular = [n for n, e in scope.items() if isinstance(e, Table | UserFunction)]
        raise diagnostics.unknown_table(
            span, name, [*context.catalog.names(), *context.catalog.function_names(), *tabular]
        )
    if not context.catalog.has_evidence(name):
        context.note(f"no evidence brought rows for {name}: it is empty here")
    else:
        places.use(context, span, name, place)
    return Rows(plan.Scan(name, schema), origin=name)


def tabular_function(context: Context, scope: Scope, node: syntax.Call, place: str = "") -> Rows:
    """`table("X")`, `materialize(T)`, `_GetWatchlist("x")`; the others of Kusto are refused."""
    name = node.function.name
    if name in places.PLACES:
        raise diagnostics.table_expected(node.span, f"{name}() without a table behind it")
    if name in _OUTSIDE:
        raise diagnostics.not_supported(node.span, f"{name}()", _OUTSIDE[name])
    if name == "materialize" and len(node.args) == 1:
        rows = context.bind_table(context, scope, node.args[0])
        return rows.over(plan.Shared(context.fresh("shared"), rows.plan))
    if name == "_GetWatchlistAlias":
        return watchlists.aliases(context)
    if not node.args or len(node.args) > 2:
        raise diagnostics.argument_count(node.span, name, ["(name: string)"], len(node.args))
    e = Expressions(context, scope, None)
    wanted = _text(e, node.args[0], "the name of a table")
    if name == "_GetWatchlist":
        return _watchlist(context, e, node, wanted)
    if len(node.args) == 2 and _text(e, node.args[1], "the data scope") not in {"all", "hotcache", "default"}:
        raise diagnostics.bad_value(node.args[1].span, "no such data scope", "all, hotcache, default")
    return _table(context, scope, node, wanted, place)


def _text(e: Expressions, node: syntax.Node, what: str) -> str:
    value = e.bind(node)
    if not isinstance(value, plan.Literal) or value.type is not STRING:
        raise diagnostics.constant_expected(node.span, what)
    return str(value.value)


def _table(context: Context, scope: Scope, node: syntax.Call, name: str, place: str) -> Rows:
    """`table("x")`: a table of the query or the case, else a function that takes nothing."""
    span = node.args[0].span
    entity = scope.find(name)
    if isinstance(entity, Table):
        return entity.rows
    if context.catalog.schema(name) is None and isinstance(context.find(scope, name), UserFunction):
        return context.bind_table(context, scope, syntax.NameRef(span, name))
    return case_table(context, span, name, scope, place)


def _watchlist(context: Context, e: Expressions, node: syntax.Call, alias: str) -> Rows:
    keys = e.bind_constant(node.args[1], "the keys") if len(node.args) == 2 else None
    found = context.catalog.watchlist(alias)
    if found is not None:
        return watchlists.rows(found, keys)
    if keys is None and context.catalog.schema(alias) is not None:
        return case_table(context, node.span, alias, Scope())
    if alias in _OPTIONAL_LISTS:
        context.note(f"the case holds no watchlist {alias}, which parsers can do without: it is empty here")
        return watchlists.empty()
    raise diagnostics.no_watchlist(node.span, alias, context.catalog.watchlist_aliases())


def matching(context: Context, scope: Scope, pattern: str, span: syntax.Span) -> Iterator[tuple[str, Rows]]:
    """Tables whose name fits a wildcard pattern, by name: the query's views, then those of the case.

    A `let` without `view` is none of them (union-operator, Microsoft's KQL reference).
    """
    for name, entity in sorted(scope.items(), key=lambda i: i[0]):
        if fits(name, pattern):
            if isinstance(entity, Unknown):
                raise diagnostics.RefusedError
            if isinstance(entity, UserFunction) and entity.definition.view and not entity.definition.parameters:
                yield name, context.bind_table(context, scope, syntax.NameRef(entity.definition.span, name))
    yield from case_tables(context, scope, pattern, span)


def case_tables(
    context: Context, scope: Scope, pattern: str, span: syntax.Span, place: str = ""
) -> Iterator[tuple[str, Rows]]:
    """Tables of the case with rows whose name fits a pattern, by name."""
    for name in context.catalog.names():
        if fits(name, pattern) and scope.shows(name) and context.catalog.has_evidence(name):
            yield name, case_table(context, span, name, scope, place)


def listed(
    context: Context, scope: Scope, items: Sequence[syntax.Node], stem: str, *, start: int = 0, fuzzy: bool = False
) -> Iterator[tuple[str, Rows]]:
    """The tables that union, find or search lists, each with its name in the result.

    Args:
        stem: What tables without a name are called, with their place behind it.
        start: The place of the first.
        fuzzy: Pass over what does not exist.

    Raises:
        RefusedError: If something listed is not there, and `fuzzy` does not pass over it.
    """
    refusals = diagnostics.Refusals()
    for place, item in enumerate(items, start=start):
        try:
            yield from list(_listed(context, scope, item, f"{stem}_arg{place}"))
        except diagnostics.RefusedError as refused:
            if fuzzy and refused.unresolved:
                context.note(f"union isfuzzy: {refused.diagnostics[0].message}, it was left out")
            else:
                refusals.add(refused)
    refusals.settle()


def _listed(context: Context, scope: Scope, item: syntax.Node, name: str) -> Iterator[tuple[str, Rows]]:
    tables: Iterator[tuple[str, Rows]] | None = None
    pattern = "*"
    if isinstance(item, syntax.WildcardName | syntax.Star):
        pattern = item.pattern if isinstance(item, syntax.WildcardName) else "*"
        tables = matching(context, scope, pattern, item.span)
    elif isinstance(item, syntax.Member) and isinstance(item.name, syntax.WildcardName):
        place = places.find(context, scope, item.object)
        if place is not None:
            pattern = item.name.pattern
            tables = case_tables(context, scope, pattern, item.span, place.label)
    if tables is None:
        rows = context.bind_table(context, scope, item)
        yield rows.label or name, rows
        return
    found = list(tables)
    if not found:
        raise diagnostics.unknown_table(item.span, pattern, context.catalog.names())
    yield from found


# ---------------------------------------------------------------- rows in the text


def bind_print(context: Context, scope: Scope, node: syntax.Print) -> Rows:
    """`print`: one row; columns without a name are `print_0`, `print_1` ... by their place."""
    e = Expressions(context, scope, Rows(plan.ONE_ROW, ordered=True))
    names = Names()
    columns: list[plan.Named] = []
    items = [part for item in node.columns for part in several(e, item)]
    refusals = diagnostics.Refusals()
    for place, item in enumerate(items):
        with refusals:
            columns.append(_printed(e, item, place, names))
    refusals.settle()
    return Rows(plan.Project(plan.ONE_ROW, tuple(columns)), ordered=True)


def _printed(e: Expressions, item: syntax.Node, place: int, names: Names) -> plan.Named:
    if not isinstance(item, syntax.Named):
        name = item.suggested if isinstance(item, Part) else f"print_{place}"
        return plan.Named(names.take(name), e.bind(item))
    if item.compound:
        raise diagnostics.bad_value(item.span, "the expression does not have several values")
    name = item.names[0].name
    if name in names:
        raise diagnostics.already_named(item.names[0].span, name)
    return plan.Named(names.take(name), e.bind(item.value))


def bind_range(context: Context, scope: Scope, node: syntax.Range) -> Rows:
    """`range`: numbers in the widest type of the three, or times with a timespan as step."""
    e = Expressions(context, scope, None)
    values = e.bind_all((node.start, node.stop, node.step))
    if all(v.type in NUMBER for v in values):
        type = widest([LONG, *(v.type for v in values)])
        start, stop, step = (convert(v, type) for v in values)
    elif values[0].type in {DATETIME, TIMESPAN} and values[1].type is values[0].type and values[2].type is TIMESPAN:
        type = values[0].type
        start, stop, step = values
    else:
        raise diagnostics.no_signature(
            node.span, "range", [v.type for v in values], ["(start: summable, stop: summable, step: number|timespan)"]
        )
    if isinstance(step, plan.Literal) and step.value == 0:
        raise diagnostics.bad_value(node.step.span, "the step of range cannot be 0")
    return Rows(plan.Range(Schema([Column(node.name.name, type)]), start, stop, step), ordered=True)


def bind_datatable(context: Context, scope: Scope, node: syntax.Datatable) -> Rows:
    """`datatable`: literals in the types of the columns; what does not fit is null, as in Kusto.

    Its rows are in no fixed order, either: the service asks for `serialize` before a window function.
    """
    columns = [Column(c.name.name, c.type or STRING) for c in node.columns]
    names = Names()
    for column, written in zip(columns, node.columns, strict=True):
        if column.name in names:
            raise diagnostics.already_named(written.name.span, column.name)
        names.take(column.name)
    e = Expressions(context, scope, None)
    cells = [_cell(e, value, columns[i % len(columns)]) for i, value in enumerate(node.values)]
    width = max(len(columns), 1)
    if all(isinstance(c, plan.Literal) for c in cells):
        values: list[Any] = [c.value for c in cells if isinstance(c, plan.Literal)]
        rows = tuple(tuple(values[i : i + width]) for i in range(0, len(values), width))
        return Rows(plan.Constant(Schema(columns), rows))
    sources = tuple(
        plan.Project(
            plan.ONE_ROW, tuple(plan.Named(c.name, v) for c, v in zip(columns, cells[i : i + width], strict=True))
        )
        for i in range(0, len(cells), width)
    )
    return Rows(plan.Union(sources, Schema(columns)))


def _cell(e: Expressions, value: syntax.Node, column: Column) -> plan.Scalar:
    bound = e.bind(value)
    if reads_columns(bound):
        raise diagnostics.constant_expected(value.span, "a value of datatable")
    if bound.type is column.type:
        return bound
    if bound.type is DYNAMIC and isinstance(bound, plan.Literal) and bound.value is None:
        return plan.Literal("" if column.type is STRING else None, column.type)
    return convert(bound, column.type)


SourceBinder = Callable[[Context, Scope, Any], Rows]
BINDERS: dict[type[syntax.Node], SourceBinder] = {
    syntax.Print: bind_print,
    syntax.Range: bind_range,
    syntax.Datatable: bind_datatable,
    syntax.ExternalData: external.bind_external_data,
}
