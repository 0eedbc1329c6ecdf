"""`top-hitters`: the greatest groups, exact where Kusto's are approximate."""

from __future__ import annotations

import math

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Rows, Scope
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.names import implied
from keywitness.kql.binder.types import DYNAMIC, INT, LONG, REAL, convert
from keywitness.kql.functions.function import INTEGER, NUMBER


def bind_top_hitters(context: Context, scope: Scope, rows: Rows, node: syntax.TopHitters) -> Rows:
    """`top-hitters n of x by y`: the n values of x with the most rows, or the greatest sum of y."""
    e = Expressions(context, scope, rows)
    key = group_key(e, node.value)
    name = implied(node.value) or "Column1"
    if node.by is None:
        measure, measured = plan.Aggregate("count", (), LONG), f"approximate_count_{name}"
    else:
        value = e.bind(node.by)
        if value.type not in NUMBER:
            raise diagnostics.wrong_type(node.by.span, value.type, sorted(NUMBER))
        value = convert(value, LONG) if value.type is INT else value
        measure, measured = plan.Aggregate("sum", (value,), value.type), f"approximate_sum_{implied(node.by) or ''}"
    groups = plan.Summarize(rows.plan, (plan.Named(name, key),), (plan.NamedAggregate(measured, measure),))
    ordered = plan.Sort(groups, (plan.SortKey(plan.ColumnRef(measured, measure.type), True, False),))
    count = row_count(context, scope, node.count, real=True)
    return Rows(plan.Take(ordered, count), rows.origin, ordered=True, sorted=True)


def group_key(e: Expressions, node: syntax.Node) -> plan.Scalar:
    """What rows are grouped by.

    Raises:
        RefusedError: If it is dynamic, which Kusto does not group by.
    """
    key = e.bind(node)
    if key.type is DYNAMIC:
        raise diagnostics.dynamic_not_allowed(node.span, "as a key")
    return key


def row_count(context: Context, scope: Scope, node: syntax.Node, *, real: bool = False) -> plan.Scalar:
    """How many rows or groups to keep; see `counted`."""
    return counted(node, Expressions(context, scope, None).bind(node), real=real)


def counted(node: syntax.Node, count: plan.Scalar, *, real: bool = False) -> plan.Scalar:
    """A number of rows.

    Args:
        node: Where it is written.
        count: What it is.
        real: Whether the page of the operator takes a real; how a fraction is rounded, none says.

    Raises:
        RefusedError: If it is no whole number, negative or null.
    """
    if real and count.type is REAL and isinstance(count, plan.Literal) and count.value is not None:
        if not math.isfinite(count.value) or not float(count.value).is_integer():
            raise diagnostics.bad_value(node.span, "a number of rows with a fraction", "write a whole number")
        count = plan.Literal(int(count.value), LONG)
    if count.type not in INTEGER:
        raise diagnostics.wrong_type(node.span, count.type, [LONG])
    if isinstance(count, plan.Literal) and (count.value is None or count.value < 0):
        raise diagnostics.bad_value(node.span, "the number of rows cannot be negative or null")
    return convert(count, LONG)
