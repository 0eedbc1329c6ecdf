"""Records of files: each format, and what is refused rather than guessed."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keywitness.engine.files import content, read
from keywitness.errors import EvidenceChangedError, EvidenceUnreadableError, QueryError
from keywitness.kql.plan import ROW_NUMBER, External, File
from keywitness.model.schema import Column, KqlType, Schema


def external(path: Path, format: str, *names: str, header: bool = False) -> External:
    types = {ROW_NUMBER: KqlType.LONG}
    schema = Schema(Column(n, types.get(n, KqlType.STRING)) for n in names or ("a",))
    return External((File(str(path)),), format, schema, header)


def cells(node: External) -> list[tuple[object, ...]]:
    return list(zip(*read(node).to_pydict().values(), strict=True))


@pytest.mark.parametrize(
    ("format", "text"),
    [("csv", '1,"x, y"\n2\n'), ("tsv", "1\tx, y\n2\n"), ("psv", "1|x, y\n2\n"), ("scsv", "1;x, y\n2\n")],
)
def test_cells_that_a_record_lacks_are_empty(tmp_path: Path, format: str, text: str) -> None:
    (tmp_path / "f").write_text(text)
    assert cells(external(tmp_path / "f", format, "a", "b")) == [("1", "x, y"), ("2", "")]


def test_cells_too_many_are_left_out_and_records_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("\ufeffh,i\n1,2,3\n\n4,5,6\n", encoding="utf-8")
    node = external(tmp_path / "f", "csv", ROW_NUMBER, "a", header=True)
    assert cells(node) == [(1, "1"), (2, "4")]


def test_lines_and_the_whole(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a,b\n\nc")
    assert cells(external(tmp_path / "f", "txt")) == [("a,b",), ("",), ("c",)]
    assert cells(external(tmp_path / "f", "raw", "a", "b")) == [("a,b\n\nc", "")]


def test_json_keeps_numbers_as_written(tmp_path: Path) -> None:
    (tmp_path / "f").write_text('[{"a": 1.50},\n {"a": 12345678901234567890123}]')
    assert cells(external(tmp_path / "f", "multijson")) == [('{"a": 1.50}',), ('{"a": 12345678901234567890123}',)]
    (tmp_path / "g").write_text('{"a":1} {"a":2}\n{"a":3}')
    assert cells(external(tmp_path / "g", "multijson")) == [('{"a":1}',), ('{"a":2}',), ('{"a":3}',)]
    (tmp_path / "h").write_text('{"a":1}\n\n{"a":2}\n')
    assert cells(external(tmp_path / "h", "json")) == [('{"a":1}',), ('{"a":2}',)]


def test_parquet_columns_by_name(tmp_path: Path) -> None:
    table = pa.table({"b": [True, None], "a": [1, 2], "nested": [[1], [2]]})
    pq.write_table(table, tmp_path / "f.parquet")
    node = external(tmp_path / "f.parquet", "parquet", "a", "b", "none")
    assert cells(node) == [("1", "true", ""), ("2", "", "")]
    with pytest.raises(QueryError, match="no form as text"):
        read(external(tmp_path / "f.parquet", "parquet", "nested"))


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("csv", b'a,"open'),
        ("csv", b"\xff\xfea\x00"),
        ("json", b"{"),
        ("json", b'{"a":\n1}'),
        ("multijson", b'[{"a":1}, x]'),
        ("parquet", b"PAR1"),
    ],
)
def test_content_of_another_format_is_refused(tmp_path: Path, format: str, data: bytes) -> None:
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(QueryError, match=f"cannot be read as {format}"):
        read(external(tmp_path / "f", format))


def test_compressed_files_and_members(tmp_path: Path) -> None:
    (tmp_path / "f.gz").write_bytes(gzip.compress(b"1\n"))
    assert cells(external(tmp_path / "f.gz", "csv")) == [("1",)]
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("one.csv", "1\n")
        archive.writestr("two.csv", "2\n")
    assert content(File(str(tmp_path / "f.zip"), member="two.csv")) == b"2\n"
    with pytest.raises(EvidenceUnreadableError, match="no member"):
        content(File(str(tmp_path / "f.zip"), member="three.csv"))


def test_a_recorded_file_must_have_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"1\n")
    recorded = File(str(path), hashlib.sha256(b"1\n").hexdigest())
    assert content(recorded) == b"1\n"
    path.write_bytes(b"2\n")
    with pytest.raises(EvidenceChangedError):
        content(recorded)
    path.unlink()
    with pytest.raises(EvidenceUnreadableError):
        content(recorded)
