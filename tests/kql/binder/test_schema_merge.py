"""`evaluate schema_merge()`: schemas that agree become one, others are refused."""

from __future__ import annotations

import pytest

from keywitness import QueryError, query

DATA = """let A = datatable(Uri:string, Status:int)[] | getschema;
let B = datatable(Uri:string, Status:int, Size:long)[] | getschema;
let C = datatable(Uri:string, Size:long, Status:int)[] | getschema;
let D = datatable(Uri:string, Status:long)[] | getschema;
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


@pytest.mark.parametrize("tables", ["A, C", "A, D", "B, C"])
def test_schemas_that_do_not_agree_are_refused(tables: str) -> None:
    with pytest.raises(QueryError, match="schema_merge"):
        query(f"{DATA} union {tables} | evaluate schema_merge()").to_pylist()


def test_what_is_no_schema() -> None:
    with pytest.raises(QueryError):
        query("print a = 1 | evaluate schema_merge()")
