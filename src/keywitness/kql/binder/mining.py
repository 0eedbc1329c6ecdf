"""`evaluate basket(...)`: its arguments, and the tabular kernel that finds the patterns.

Source: the page `basket-plugin` of Kusto's query reference; the columns are those of Microsoft's analyser.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Rows, Scope, null
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.types import DYNAMIC, INT, LONG, REAL
from keywitness.kql.functions.function import INTEGER, NUMBER
from keywitness.model.schema import Column, KqlType, Schema

_RESULT = (Column("SegmentId", LONG), Column("Count", LONG), Column("Percent", REAL))
_THRESHOLD, _LEAST_THRESHOLD, _DIMENSIONS = 0.05, 0.015, 5
#: How Kusto's plugins spell "as by default".
_DEFAULT = "~"


def bind_basket(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Rows:
    """Patterns of values that many rows share, one row each, before the columns of the input."""
    e = Expressions(context, scope, rows)
    columns = rows.schema.visible()
    for column in columns:
        if column.name in {c.name for c in _RESULT}:
            raise diagnostics.already_named(node.call.span, column.name)
        if column.type is DYNAMIC:
            raise diagnostics.dynamic_not_allowed(node.call.span, f"as a dimension of basket() ('{column.name}')")
    given = [None if _is_default(argument) else argument for argument in node.call.args]
    threshold, weight, dimensions = (*given[:3], None, None, None)[:3]
    source = plan.Project(rows.plan, tuple(kept(c) for c in columns))
    options = (
        ("threshold", _threshold(e, threshold)),
        ("weight", _weight(e, weight)),
        ("dimensions", _dimensions(e, dimensions)),
        ("wildcards", _wildcards(e, columns, [g for g in given[3:] if g is not None])),
    )
    return rows.unordered(plan.TabularCall("patterns_basket", (source,), options, Schema([*_RESULT, *columns])))


def _is_default(argument: syntax.Node) -> bool:
    return isinstance(argument, syntax.Literal) and argument.value == _DEFAULT


def _constant(e: Expressions, node: syntax.Node, what: str, types: frozenset[KqlType]) -> Any:
    value = e.bind_constant(node, what)
    if value.type not in types:
        raise diagnostics.wrong_type(node.span, value.type, sorted(types))
    if not isinstance(value, plan.Literal) or value.value is None:
        raise diagnostics.constant_expected(node.span, what)
    return value.value


def _threshold(e: Expressions, node: syntax.Node | None) -> float:
    if node is None:
        return _THRESHOLD
    threshold = float(_constant(e, node, "the threshold", NUMBER))
    if not _LEAST_THRESHOLD <= threshold <= 1:
        raise diagnostics.bad_value(node.span, "the threshold of basket() is a share of the rows from 0.015 to 1")
    return threshold


def _weight(e: Expressions, node: syntax.Node | None) -> str | None:
    if node is None:
        return None
    if not isinstance(node, syntax.NameRef):
        raise diagnostics.column_expected(node.span)
    column = e.bind(node)
    if not isinstance(column, plan.ColumnRef) or column.type not in NUMBER:
        raise diagnostics.wrong_type(node.span, column.type, [INT, LONG, REAL])
    return column.name


def _dimensions(e: Expressions, node: syntax.Node | None) -> int:
    if node is None:
        return _DIMENSIONS
    number = int(_constant(e, node, "the number of dimensions", INTEGER))
    if number < 1:
        raise diagnostics.bad_value(node.span, "basket() needs at least one dimension")
    return number


def _wildcards(e: Expressions, columns: Schema, nodes: Sequence[syntax.Node]) -> tuple[Any, ...]:
    """What stands for "any value", by the type of each column: null, else the empty text, else what the query says."""
    by_type: dict[KqlType, Any] = {}
    for node in nodes:
        value = e.bind_constant(node, "a wildcard")
        if not isinstance(value, plan.Literal):
            raise diagnostics.constant_expected(node.span, "a wildcard")
        if value.type in by_type:
            raise diagnostics.bad_value(node.span, f"{value.type} has a wildcard already", "one for each type")
        by_type[value.type] = value.value
    return tuple(by_type.get(c.type, null(c.type).value) for c in columns)
