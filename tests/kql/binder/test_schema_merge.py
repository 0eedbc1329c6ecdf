"""`evaluate schema_merge()`: schemas that agree become one; of others, what the page shows."""

from __future__ import annotations

import pytest

from keywitness import QueryError, query

DATA = """let A = datatable(Uri:string, Status:int)[] | getschema;
let B = datatable(Uri:string, Status:int, Size:long)[] | getschema;
let C = datatable(Uri:string, Size:long, Status:int)[] | getschema;
let D = datatable(Uri:string, Status:long)[] | getschema;
let E = datatable(Uri:string, Other:int)[] | getschema;
"""


@pytest.mark.parametrize("call", ["schema_merge()", "schema_merge(false)", "schema_merge(PreserveOrder = true)"])
def test_schemas_that_agree(call: str) -> None:
    rows = query(f"{DATA} union A, B | evaluate {call}")
    assert [(c.name, c.type.value) for c in rows.columns] == [
        ("ColumnName", "string"),
        ("ColumnOrdinal", "long"),
        ("DataType", "string"),
        ("ColumnType", "string"),
    ]
    assert [(r["ColumnName"], r["ColumnOrdinal"], r["ColumnType"]) for r in rows] == [
        ("Uri", 0, "string"),
        ("Status", 1, "int"),
        ("Size", 2, "long"),
    ]


def _merged(tables: str, call: str = "schema_merge()") -> list[tuple[object, ...]]:
    return [tuple(r.values()) for r in query(f"{DATA} union {tables} | evaluate {call}").to_pylist()]


def test_a_column_that_moves_is_an_error_row() -> None:
    """Its page prints the row; a column of a later schema keeps the place that it has there."""
    moved = ("Status", -1, "ERROR(unknown CSL type:ERROR(columns are out of order))", "ERROR(columns are out of order)")
    assert _merged("A, C") == [
        ("Uri", 0, "System.String", "string"),
        ("Size", 1, "System.Int64", "long"),
        moved,
    ]


def test_a_column_that_moves_has_its_last_place_where_order_is_no_matter() -> None:
    assert _merged("A, C", "schema_merge(PreserveOrder = false)") == [
        ("Uri", 0, "System.String", "string"),
        ("Size", 1, "System.Int64", "long"),
        ("Status", 2, "System.Int32", "int"),
    ]


@pytest.mark.parametrize(
    ("tables", "call"),
    [
        ("A, D", "schema_merge()"),
        ("A, D", "schema_merge(false)"),
        ("A, E", "schema_merge()"),
        ("A, E", "schema_merge(false)"),
        ("B, C", "schema_merge(false)"),
    ],
)
def test_two_types_and_two_columns_of_one_place_are_refused(tables: str, call: str) -> None:
    with pytest.raises(QueryError, match="schema_merge"):
        _merged(tables, call)


def test_what_is_no_schema() -> None:
    with pytest.raises(QueryError):
        query("print a = 1 | evaluate schema_merge()")
