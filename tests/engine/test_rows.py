"""Rows: what a query gives back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from keywitness.engine.query import query
from keywitness.engine.rows import Rows, rows_from_records
from keywitness.errors import QueryError
from keywitness.model.schema import Column, KqlType, Schema

EVERY_TYPE = (
    "print b = true, i = int(1), l = 2, r = 1.5, m = decimal(1.25), s = 'x', "
    "t = datetime(2026-01-02T03:04:05.1234567Z), p = time(1.02:03:04), "
    "g = guid(11111111-2222-3333-4444-555555555555), d = dynamic({'a':[1]})"
)


def test_columns_have_names_and_kql_types() -> None:
    rows = query(EVERY_TYPE)
    assert [str(c.type) for c in rows.columns] == [
        "bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid", "dynamic",
    ]  # fmt: skip
    assert [c.name for c in rows.columns] == list("bilrmstpgd")


def test_pylist_loses_nothing() -> None:
    (row,) = query(EVERY_TYPE).to_pylist()
    assert row["t"] == "2026-01-02T03:04:05.1234567Z"
    assert row["p"] == "1.02:03:04"
    assert row["d"] == {"a": [1]}
    assert row["g"] == "11111111-2222-3333-4444-555555555555"
    assert str(row["m"]).startswith("1.25")


def test_arrow_has_nanoseconds() -> None:
    table = query(EVERY_TYPE).to_arrow()
    assert table.schema.field("t").type == pa.timestamp("ns", tz="UTC")
    assert table.schema.field("p").type == pa.duration("ns")
    assert table.column("t").cast(pa.int64()).to_pylist() == [1767323045123456700]


def test_arrow_refuses_years_that_nanoseconds_cannot_hold() -> None:
    rows = query("print Old = datetime(0001-01-01)")
    with pytest.raises(QueryError, match="Old"):
        rows.to_arrow()
    assert rows.to_pylist() == [{"Old": "0001-01-01T00:00:00.0000000Z"}]


def test_length_and_iteration() -> None:
    rows = query("range x from 1 to 25000 step 1")
    assert len(rows) == 25_000
    assert sum(row["x"] for row in rows) == 25_000 * 25_001 // 2
    assert repr(rows) == "<Rows 25000 (x: long)>"


def test_hidden_columns_stay_hidden() -> None:
    schema = Schema([Column("a", KqlType.LONG), Column("_Row", KqlType.STRING, hidden=True)])
    from keywitness.engine.engine import NoTables
    from keywitness.engine.query import run
    from keywitness.kql.plan import Constant, Program

    rows = run(Program(Constant(schema, ((1, "E1:0"), (2, "E1:9")))), NoTables())
    assert rows.to_pylist() == [{"a": 1}, {"a": 2}]


def test_records_of_commands_become_rows() -> None:
    columns = [Column("When", KqlType.DATETIME), Column("Took", KqlType.TIMESPAN), Column("Bag", KqlType.DYNAMIC)]
    moment = datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
    rows = rows_from_records(columns, [(moment, timedelta(days=1, seconds=1), {"a": "é"}), (None, None, None)])
    assert rows.to_pylist() == [
        {"When": "2026-01-02T03:04:05.0006000Z", "Took": "1.00:00:01", "Bag": {"a": "é"}},
        {"When": None, "Took": None, "Bag": None},
    ]


def test_a_null_string_becomes_the_empty_one() -> None:
    rows = rows_from_records([Column("S", KqlType.STRING)], [(None,)])
    assert rows.to_pylist() == [{"S": ""}]


def test_no_rows_have_columns() -> None:
    rows = rows_from_records([Column("S", KqlType.STRING)], [])
    assert (len(rows), rows.to_pylist(), rows.to_arrow().num_rows) == (0, [], 0)
    assert isinstance(rows, Rows)
