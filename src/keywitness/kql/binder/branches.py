"""`fork`, `facet` and `evaluate preview`: one table in, several results out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Rows, Scope
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.ranking import counted
from keywitness.kql.binder.types import DYNAMIC, LONG
from keywitness.kql.rewrite.tree import volatile


def bind_fork(context: Context, scope: Scope, rows: Rows, node: syntax.Fork) -> Iterator[Rows]:
    """`fork`: a result for each branch, under its name.

    Raises:
        RefusedError: If the branches would not see the same rows.
    """
    _refuse_volatile(rows, node, "fork")
    for branch in node.branches:
        found = context.bind_operators(context, scope.inner(), rows, branch.body.operators)
        yield replace(found, label=branch.name.name) if branch.name else found


def bind_facet(context: Context, scope: Scope, rows: Rows, node: syntax.Facet) -> Iterator[Rows]:
    """`facet`: the rows of `with` first, then the values of each column with their number.

    Raises:
        RefusedError: If what is counted is no column, or the tables would not be about the same rows.
    """
    _refuse_volatile(rows, node, "facet")
    if node.body is not None:
        yield context.bind_operators(context, scope.inner(), rows, node.body.operators)
    e = Expressions(context, scope, rows)
    for item in node.columns:
        column = e.bind(item)
        if not isinstance(column, plan.ColumnRef):
            raise diagnostics.column_expected(item.span)
        if column.type is DYNAMIC:
            raise diagnostics.dynamic_not_allowed(item.span, "as a column of facet")
        count = plan.NamedAggregate(f"count_{column.name}", plan.Aggregate("count", (), LONG))
        yield rows.unordered(plan.Summarize(rows.plan, (plan.Named(column.name, column),), (count,)), rows.origin)


def bind_preview(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Iterator[Rows]:
    """`evaluate preview(n)`: the first `n` rows, and the number of all.

    Raises:
        RefusedError: If `n` is not one whole number, or the tables would not be about the same rows.
    """
    _refuse_volatile(rows, node, "evaluate")
    if len(node.call.args) != 1:
        raise diagnostics.argument_count(node.call.span, "preview", ["(count: integer)"], len(node.call.args))
    written = node.call.args[0]
    count = Expressions(context, scope, rows).bind_constant(written, "the number of rows")
    yield rows.over(plan.Take(rows.plan, counted(written, count)))
    number = plan.NamedAggregate("Count", plan.Aggregate("count", (), LONG))
    yield rows.unordered(plan.Summarize(rows.plan, (), (number,)))


def _refuse_volatile(rows: Rows, node: syntax.Node, name: str) -> None:
    """Each result runs by itself, so what comes before must be the same each time."""
    if volatile(rows.plan):
        span = syntax.Span(node.span.start, node.span.start + len(name))
        raise diagnostics.not_supported(span, f"'{name}' over random rows", "leave out sample and rand() before it")


def binder(node: syntax.Node) -> Callable[[Context, Scope, Rows, Any], Iterator[Rows]] | None:
    """What binds an operator that has several results; None for the others."""
    if isinstance(node, syntax.Evaluate):
        return bind_preview if node.call.function.name == "preview" else None
    return BINDERS.get(type(node))


BINDERS: dict[type[syntax.Node], Callable[[Context, Scope, Rows, Any], Iterator[Rows]]] = {
    syntax.Fork: bind_fork,
    syntax.Facet: bind_facet,
}
