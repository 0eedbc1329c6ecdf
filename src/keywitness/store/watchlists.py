"""Watchlists into a case: a CSV file is copied as it is, and the ledger says what it is called.

The copy's name is its hash. It stays when the watchlist is removed or replaced: what an earlier report was made with
can be looked at again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from pathlib import Path

from keywitness.errors import UsageError
from keywitness.kql.binder.watchlists import OWN_COLUMNS
from keywitness.store.durable import write_new
from keywitness.store.layout import Layout
from keywitness.store.ledger import KeptWatchlist


def read_watchlist(path: Path, alias: str, key: str = "") -> tuple[KeptWatchlist, bytes]:
    """A CSV file as a watchlist, and its bytes.

    Args:
        path: The file: UTF-8, the first line names the columns.
        alias: What queries call it.
        key: The column that is the search key; the first one when empty.

    Raises:
        UsageError: If it cannot be read, or is no table with a heading.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    columns, rows = _shape(path, data)
    if key and key not in columns:
        raise UsageError(f"{path} has no column {key}", help=f"its columns: {', '.join(columns)}")
    digest = hashlib.sha256(data).hexdigest()
    kept = KeptWatchlist(
        alias=alias,
        key=key or columns[0],
        columns=columns,
        rows=rows,
        file=f"kept/{digest[:32]}.csv",
        bytes=len(data),
        sha256=digest,
        source=str(path),
    )
    return kept, data


def _shape(path: Path, data: bytes) -> tuple[tuple[str, ...], int]:
    """The columns, and how many rows."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8", help="save it as CSV in UTF-8") from None
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns, rows = tuple(next(reader, ())), 0
        for row in reader:
            if row and len(row) != len(columns):
                raise UsageError(
                    f"{path}, line {reader.line_num}: {len(row)} cells under a heading of {len(columns)}",
                    help="a watchlist is a CSV file whose first line names the columns",
                )
            rows += bool(row)
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}", help="save it as CSV") from None
    _check_columns(path, columns)
    return columns, rows


def _check_columns(path: Path, columns: tuple[str, ...]) -> None:
    if not columns or not all(columns):
        raise UsageError(f"{path} has a column without a name", help="the first line names the columns")
    twice = next((c for c in columns if columns.count(c) > 1), "")
    if twice:
        raise UsageError(f"{path} has two columns {twice}", help="give one of them another name")
    taken = next((c for c in columns if c in OWN_COLUMNS), "")
    if taken:
        raise UsageError(f"{path} has a column {taken}, which every watchlist has", help="give it another name")


def copy(layout: Layout, kept: KeptWatchlist, data: bytes) -> None:
    """Put the copy into the case folder, unless it is there."""
    place = layout.root / kept.file
    layout.kept.mkdir(exist_ok=True)
    if not place.exists():
        write_new(place, data)
