"""The writers: exact, and harmless whatever a log says."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.engine.formats import write_rows, write_text
from keywitness.engine.query import query
from keywitness.engine.rows import rows_from_records
from keywitness.errors import UsageError
from keywitness.model.schema import Column, KqlType

STRING = [Column("Agent", KqlType.STRING)]
HOSTILE = '\x1b[31mred\x07 <script>alert(1)</script> ,"q" \u202eevil\x9b'


def written(rows, format: str, **options: int) -> str:
    stream = io.StringIO()
    write_text(rows, format, stream, **options)
    return stream.getvalue()


def test_json_is_columns_and_rows() -> None:
    text = written(
        query(
            "print t = datetime(2026-01-02T03:04:05.1234567Z), p = time(1.02:03:04), d = dynamic({'a':[1]}), "
            "n = real(nan), i = 1.0/0"
        ),
        "json",
    )
    document = json.loads(text)
    assert document["columns"][0] == {"name": "t", "type": "datetime"}
    assert document["rows"] == [["2026-01-02T03:04:05.1234567Z", "1.02:03:04", {"a": [1]}, "NaN", "Infinity"]]


def test_json_lines_have_one_object_each() -> None:
    lines = written(query("range x from 1 to 3 step 1"), "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == [{"x": 1}, {"x": 2}, {"x": 3}]


def test_no_rows_are_valid_in_every_format() -> None:
    empty = rows_from_records(STRING, [])
    assert json.loads(written(empty, "json")) == {"columns": [{"name": "Agent", "type": "string"}], "rows": []}
    assert written(empty, "jsonl") == ""
    assert written(empty, "csv") == "Agent\r\n"
    assert written(empty, "table").splitlines()[0] == "Agent"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_csv_neutralises_formulas_in_text(cell: str) -> None:
    line = written(rows_from_records(STRING, [(cell,)]), "csv").split("\r\n", 1)[1]
    (row,) = csv.reader(io.StringIO(line, newline=""))
    assert row == ["'" + cell]


def test_csv_leaves_numbers_alone() -> None:
    rows = rows_from_records([Column("n", KqlType.LONG), Column("p", KqlType.TIMESPAN)], [(-5, -1)])
    assert written(rows, "csv") == "n,p\r\n-5,-00:00:00.0000001\r\n"


def test_a_formula_in_a_column_name_is_neutralised() -> None:
    assert written(rows_from_records([Column("=x", KqlType.LONG)], [(1,)]), "csv").startswith("'=x\r\n")


@pytest.mark.parametrize("format", ["table", "json", "jsonl"])
def test_no_control_character_leaves(format: str) -> None:
    text = written(rows_from_records(STRING, [(HOSTILE,)]), format)
    assert not any(c in text for c in "\x1b\x07\u202e\x9b")
    if format != "table":
        document = json.loads(text)
        assert HOSTILE in (document["rows"][0] if format == "json" else document.values())


@given(st.lists(st.tuples(st.text(), st.integers(-(2**63), 2**63 - 1)), max_size=5))
def test_csv_and_json_read_back(records: list[tuple[str, int]]) -> None:
    columns = [Column("s", KqlType.STRING), Column("n", KqlType.LONG)]
    records = [(s.encode("utf-8", "ignore").decode(), n) for s, n in records]
    rows = rows_from_records(columns, records)
    assert json.loads(written(rows, "json"))["rows"] == [list(r) for r in records]
    text = written(rows, "csv").split("\r\n", 1)[1]
    read = [(r[0], int(r[1])) for r in csv.reader(io.StringIO(text, newline=""))]
    assert read == [("'" + s if s[:1] and s[0] in "=+-@\t\r" else s, n) for s, n in records]


def test_a_table_aligns_and_cuts_only_when_told(capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_from_records([Column("n", KqlType.LONG), *STRING], [(5, "short"), (12345, "x" * 100)])
    whole = written(rows, "table").splitlines()
    assert whole[0] == "    n  Agent"
    assert whole[3].endswith("x" * 100)
    assert capsys.readouterr().err == ""
    cut = written(rows, "table", width=40).splitlines()
    assert all(len(line) <= 40 for line in cut)
    assert "1 cells are cut" in capsys.readouterr().err


def test_wide_characters_keep_columns_straight() -> None:
    lines = written(
        rows_from_records([*STRING, Column("n", KqlType.LONG)], [("秘密", 1), ("ab", 2)]), "table"
    ).splitlines()
    assert lines[2] == "秘密   1" and lines[3] == "ab     2"


def test_files(tmp_path: Path) -> None:
    rows = query("print a = 1, t = datetime(2026-01-01)")
    write_rows(rows, "parquet", tmp_path / "x.parquet")
    assert pq.read_table(tmp_path / "x.parquet").num_rows == 1
    write_rows(rows, "csv", tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == b"a,t\r\n1,2026-01-01T00:00:00.0000000Z\r\n"


def test_refusals(tmp_path: Path) -> None:
    rows = query("print 1")
    with pytest.raises(UsageError, match="Parquet"):
        write_rows(rows, "parquet")
    with pytest.raises(UsageError, match="xml"):
        write_rows(rows, "xml")
    with pytest.raises(UsageError, match="cannot write"):
        write_rows(rows, "csv", tmp_path / "no" / "x.csv")
