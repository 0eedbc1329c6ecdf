"""Rows into columns: no value is lost, whenever its type was decided."""

from __future__ import annotations

from typing import Any

from keywitness.evidence.decoding.row import DecodedRow
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.table_builder import TableBuilder
from keywitness.model.schema import KqlType


def built(schemas: Schemas, *rows: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, list[Any]]:
    builder = TableBuilder("Ports")
    for number, (cells, raw) in enumerate(rows):
        builder.add((1, number, 1), DecodedRow("Ports", cells, bytes(16), "row", raw))
    table = builder.table(schemas)
    return {name: table[name].to_pylist() for name in table.column_names if not name.startswith("_")}


def test_a_column_that_some_rows_knew_and_others_did_not_keeps_both() -> None:
    """Rows with names met before the column's type was decided have raw values, others cells: neither replaces the
    other."""
    schemas = Schemas({})
    schemas.of("Ports")["Port"] = KqlType.LONG
    assert built(schemas, ({"Port": 1}, {}), ({}, {"Port": "2"}), ({}, {})) == {"Port": [1, 2, None]}


def test_what_does_not_fit_goes_to_a_column_that_nobody_has() -> None:
    """`X_string` may be a column of the evidence itself."""
    schemas = Schemas({})
    schemas.of("Ports")["Port"] = KqlType.LONG
    found = built(schemas, ({}, {"Port": "http", "Port_string": "said"}))
    assert found == {"Port": [None], "Port_string": ["said"], "Port_string_string": ["http"]}
