"""Where rows come from: tables of the case, `datatable`, `range`, `print`, `materialize` and what is refused."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from typing import Any

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import several
from keywitness.kql.binder.context import Context, Rows, Scope, Table, Unknown, UserFunction
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.folding import reads_columns
from keywitness.kql.binder.names import Names
from keywitness.kql.binder.parts import Part
from keywitness.kql.binder.types import DATETIME, DYNAMIC, LONG, STRING, TIMESPAN, convert, widest
from keywitness.kql.functions.function import NUMBER
from keywitness.model.schema import Column, Schema

_ELSEWHERE = "a case is one database: name the table alone"
_OUTSIDE = {
    "externaldata": "a query reads nothing outside of the case: ingest the file, it becomes a table of its name",
    "external_table": "a query reads nothing outside of the case: ingest the file, it becomes a table of its name",
    "arg": "Azure Resource Graph is not in a case: ingest its export, it becomes a table of its name",
    "adx": _ELSEWHERE,
    "app": _ELSEWHERE,
    "cluster": _ELSEWHERE,
    "database": _ELSEWHERE,
    "workspace": _ELSEWHERE,
    "materialized_view": _ELSEWHERE,
    "stored_query_result": _ELSEWHERE,
}
#: One row without columns: what `print` computes over.
ONE_ROW = plan.Constant(Schema(), ((),))


def case_table(context: Context, span: syntax.Span, name: str, scope: Scope) -> Rows:
    """A table of the case, or a known log table without rows.

    Raises:
        RefusedError: If nothing knows the name.
    """
    schema = context.catalog.schema(name)
    if schema is None:
        tabular = [n for n, e in scope.items() if isinstance(e, Table | UserFunction)]
        raise diagnostics.unknown_table(span, name, [*context.catalog.names(), *tabular])
    if not context.catalog.has_evidence(name):
        context.note(f"no evidence brought rows for {name}: it is empty here")
    return Rows(plan.Scan(name, schema), origin=name)


def tabular_function(context: Context, scope: Scope, node: syntax.Call) -> Rows:
    """`table("X")`, `materialize(T)`, `_GetWatchlist("x")`; the others of Kusto are refused."""
    name = node.function.name
    if name in _OUTSIDE:
        raise diagnostics.not_supported(node.span, f"{name}()", _OUTSIDE[name])
    if name == "materialize" and len(node.args) == 1:
        rows = context.bind_table(context, scope, node.args[0])
        return rows.over(plan.Shared(context.fresh("shared"), rows.plan))
    if not node.args:
        raise diagnostics.argument_count(node.span, name, ["(name: string)"], 0)
    wanted = Expressions(context, scope, None).bind(node.args[0])
    if not isinstance(wanted, plan.Literal) or wanted.type is not STRING:
        raise diagnostics.constant_expected(node.args[0].span, "the name of a table")
    if name == "_GetWatchlist":
        return _watchlist(context, node, wanted.value)
    entity = scope.find(wanted.value)
    return entity.rows if isinstance(entity, Table) else case_table(context, node.args[0].span, wanted.value, scope)


def _watchlist(context: Context, node: syntax.Call, name: str) -> Rows:
    if context.catalog.schema(name) is None:
        raise diagnostics.no_watchlist(node.span, name)
    return case_table(context, node.span, name, Scope())


def matching(context: Context, scope: Scope, pattern: str) -> Iterator[tuple[str, Rows]]:
    """Tables whose name fits a wildcard pattern, by name: those of the query first, then those of the case."""
    for name, entity in sorted(scope.items(), key=lambda i: i[0]):
        if fnmatch.fnmatchcase(name, _escaped(pattern)):
            if isinstance(entity, Table):
                yield name, entity.rows
            elif isinstance(entity, Unknown):
                raise diagnostics.RefusedError
            elif isinstance(entity, UserFunction) and entity.definition.view and not entity.definition.parameters:
                span = entity.definition.span
                yield name, context.bind_table(context, scope, syntax.NameRef(span, name))
    for name in context.catalog.names():
        if fnmatch.fnmatchcase(name, _escaped(pattern)) and context.catalog.has_evidence(name):
            schema = context.catalog.schema(name)
            if schema is not None:
                yield name, Rows(plan.Scan(name, schema), origin=name)


def _escaped(pattern: str) -> str:
    """Only `*` is special in KQL."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


# ---------------------------------------------------------------- rows in the text


def bind_print(context: Context, scope: Scope, node: syntax.Print) -> Rows:
    """`print`: one row; columns without a name are `print_0`, `print_1` ... by their place."""
    e = Expressions(context, scope, Rows(ONE_ROW, ordered=True))
    names = Names()
    columns: list[plan.Named] = []
    items = [part for item in node.columns for part in several(e, item)]
    refusals = diagnostics.Refusals()
    for place, item in enumerate(items):
        with refusals:
            columns.append(_printed(e, item, place, names))
    refusals.settle()
    return Rows(plan.Project(ONE_ROW, tuple(columns)), ordered=True)


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
    """`datatable`: literals in the types of the columns; what does not fit is null, as in Kusto."""
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
        return Rows(plan.Constant(Schema(columns), rows), ordered=True)
    sources = tuple(
        plan.Project(ONE_ROW, tuple(plan.Named(c.name, v) for c, v in zip(columns, cells[i : i + width], strict=True)))
        for i in range(0, len(cells), width)
    )
    return Rows(plan.Union(sources, Schema(columns)), ordered=True)


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
}
