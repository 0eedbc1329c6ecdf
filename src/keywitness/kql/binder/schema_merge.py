"""`evaluate schema_merge()`: the columns of several `getschema` as one list."""

from __future__ import annotations

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics, subqueries
from keywitness.kql.binder.context import Context, Rows, Scope
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.types import BOOL, LONG, STRING, convert

_SCHEMA = {"ColumnName": STRING, "ColumnOrdinal": LONG, "DataType": STRING, "ColumnType": STRING}
_TYPES = "schema_merge: a column has two types in the schemas, and no page says to which one it is reduced"
_PLACES = "schema_merge: two columns would have one place, and no page says what Kusto makes of them"
#: What Kusto says of a column that moves, in the words of its page.
_MOVED = "ERROR(columns are out of order)"
_COLUMNS = f"""T | summarize Places = dcount(ColumnOrdinal), ColumnOrdinal = max(ColumnOrdinal),
        Types = dcount(ColumnType), DataType = min(DataType), ColumnType = min(ColumnType) by ColumnName
    | where assert(Types == 1, '{_TYPES}')"""
_WHOLE = "toscalar(Columns | summarize count() == dcount(ColumnOrdinal) and count() == max(ColumnOrdinal) + 1)"
_RESULT = "project ColumnName, ColumnOrdinal, DataType, ColumnType"


def bind_schema_merge(
    context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate, preserve: syntax.Node | None
) -> Rows:
    """Each column once, in its place; one that moves between the schemas is an error row, unless order is no matter.

    Columns of two types are refused, and so are two columns of one place. Where the order is not preserved, the last
    places have to be whole: 0, 1, 2 ...
    """
    keep = True
    if preserve is not None:
        value = Expressions(context, scope, rows).bind_constant(preserve, "PreserveOrder")
        if not isinstance(value, plan.Literal) or value.type is not BOOL:
            raise diagnostics.wrong_type(preserve.span, value.type, [BOOL])
        keep = bool(value.value)
    columns: list[plan.Named] = []
    for name, type in _SCHEMA.items():
        column = rows.schema.find(name)
        if column is None:
            raise diagnostics.unknown_column(node.call.span, name, "", list(rows.schema.visible().names()))
        columns.append(plan.Named(name, convert(plan.ColumnRef(name, column.type), type)))
    schemas = rows.over(plan.Project(rows.plan, tuple(columns)))
    return subqueries.answer(context, _in_order() if keep else _in_any_order(), {"T": schemas}, {})


def _in_order() -> str:
    return f"""let Columns = {_COLUMNS};
        let Kept = Columns | where Places == 1;
        let Whole = {_WHOLE};
        let Apart = toscalar(Kept | summarize count() == dcount(ColumnOrdinal));
        let Moved = toscalar(Columns | summarize countif(Places > 1) > 0);
        Columns
        {subqueries.only_if("iff(Moved, Apart, Whole)", _PLACES)}
        | extend ColumnOrdinal = iff(Places == 1, ColumnOrdinal, -1),
            DataType = iff(Places == 1, DataType, "ERROR(unknown CSL type:{_MOVED})"),
            ColumnType = iff(Places == 1, ColumnType, "{_MOVED}")
        | sort by ColumnOrdinal < 0 asc, ColumnOrdinal asc
        | {_RESULT}"""


def _in_any_order() -> str:
    return f"""let Columns = {_COLUMNS};
        let Whole = {_WHOLE};
        Columns {subqueries.only_if("Whole", _PLACES)}
        | sort by ColumnOrdinal asc
        | {_RESULT}"""
