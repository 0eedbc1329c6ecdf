"""Records of files for a query (`externaldata`, watchlists): columns `c0`, `c1` ... of text, in the order of a schema.

A file that the case recorded is read only when its bytes are still the recorded ones.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keywitness.errors import EvidenceChangedError, EvidenceUnreadableError, QueryError
from keywitness.evidence.source import Found, OpenItem, discover, open_items
from keywitness.kql.plan import ROW_NUMBER, External, File

if TYPE_CHECKING:
    import pyarrow as pa

_SEPARATORS = {"csv": ",", "tsv": "\t", "psv": "|", "scsv": ";", "sohsv": "\x01"}
_Columns = list[list[str]]


def read(node: External) -> pa.Table:
    """The records of all files of a node, one column of text for each of its columns.

    Raises:
        EvidenceUnreadableError: If a file is not there or cannot be opened.
        EvidenceChangedError: If a recorded file has other bytes now.
        QueryError: If its content is not of the format.
    """
    import pyarrow as pa  # start-up time: only queries over files need it here

    names = [c.name for c in node.schema if c.name != ROW_NUMBER]
    columns: _Columns = [[] for _ in names]
    for file in node.files:
        for all_of_them, more in zip(columns, _records(node, file, names), strict=True):
            all_of_them += more
    rows = len(columns[0]) if columns else 0
    text = iter(columns)
    arrays = [
        pa.array(range(1, rows + 1), pa.int64()) if c.name == ROW_NUMBER else pa.array(next(text), pa.string())
        for c in node.schema
    ]
    return pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))])


def content(file: File) -> bytes:
    """The decompressed bytes of a file.

    Raises:
        EvidenceUnreadableError: If it is not there or cannot be opened.
        EvidenceChangedError: If it is recorded and has other bytes now.
    """
    shown = file.name or file.path
    found = next(iter(discover([file.path])), None)
    if not isinstance(found, Found):
        reason = found.reason if found is not None else "is not a file"
        raise EvidenceUnreadableError(f"{shown}: {reason}", help="check the path")
    if file.sha256 and _sha256(file.path) != file.sha256:
        raise EvidenceChangedError(
            f"{shown} has changed since the case recorded it", help="restore the original file, then ask again"
        )
    for item in open_items(found):
        if isinstance(item, OpenItem) and item.member == (file.member or item.member):
            data = b"".join(item.chunks())
            if item.damage:
                raise EvidenceUnreadableError(f"{shown} is damaged: {item.damage}", help="restore the file")
            return data
    raise EvidenceUnreadableError(f"{shown} has no member {file.member!r}", help="check the name")


def _sha256(path: str) -> str:
    with Path(path).open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _records(node: External, file: File, names: Sequence[str]) -> _Columns:
    data = content(file)
    if node.format == "parquet":
        return _parquet(data, file, names)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unfit(file, node.format, "it is not UTF-8") from None
    if node.format in _SEPARATORS:
        return _separated(text, file, node, len(names))
    lines = _READERS[node.format](text, file)
    kept = list(lines)[1 if node.header else 0 :]
    return [kept, *([""] * len(kept) for _ in names[1:])]


def _separated(text: str, file: File, node: External, width: int) -> _Columns:
    """Cells by place: those that a record lacks are empty, those too many are left out, as at Kusto's ingestion."""
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_SEPARATORS[node.format], strict=True)
    try:
        records = [row for row in rows if row]
    except csv.Error as error:
        raise _unfit(file, node.format, str(error)) from None
    if node.header:
        records = records[1:]
    return [[row[i] if i < len(row) else "" for row in records] for i in range(width)]


def _lines(text: str, file: File) -> Iterator[str]:
    return iter(io.StringIO(text).read().splitlines())


def _whole(text: str, file: File) -> Iterator[str]:
    yield text


def _json_lines(text: str, file: File) -> Iterator[str]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                json.loads(line)
            except ValueError:
                help = f"line {number} is no JSON value; with (format='multijson') reads records over several lines"
                raise _unfit(file, "json", help) from None
            yield line


def _many_json(text: str, file: File) -> Iterator[str]:
    """The records of an array, or of values one behind the other, as they are written."""
    decoder = json.JSONDecoder()
    position = _skip(text, 0, " \t\r\n")
    in_array = text[position : position + 1] == "["
    blank = " \t\r\n," if in_array else " \t\r\n"
    position = _skip(text, position + in_array, blank)
    while position < len(text) and not (in_array and text[position] == "]"):
        try:
            _, end = decoder.raw_decode(text, position)
        except ValueError:
            raise _unfit(file, "multijson", f"no JSON value begins at character {position}") from None
        yield text[position:end]
        position = _skip(text, end, blank)


def _skip(text: str, position: int, blank: str) -> int:
    while position < len(text) and text[position] in blank:
        position += 1
    return position


_READERS: dict[str, Callable[[str, File], Iterator[str]]] = {
    "txt": _lines,
    "raw": _whole,
    "json": _json_lines,
    "multijson": _many_json,
}


def _parquet(data: bytes, file: File, names: Sequence[str]) -> _Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
    except pa.ArrowInvalid as error:
        raise _unfit(file, "parquet", str(error)) from None
    return [_as_text(table, name, file) for name in names]


def _as_text(table: pa.Table, name: str, file: File) -> list[str]:
    import pyarrow as pa

    if name not in table.column_names:
        return [""] * table.num_rows
    column: Any = table.column(name)
    try:
        return ["" if value is None else value for value in column.cast(pa.string()).to_pylist()]
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise _unfit(file, "parquet", f"its column {name} of type {column.type} has no form as text") from None


def _unfit(file: File, format: str, why: str) -> QueryError:
    return QueryError(f"{file.name or file.path} cannot be read as {format}: {why}", help="say another format")
