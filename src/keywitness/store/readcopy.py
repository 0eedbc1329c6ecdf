"""Read copies: the rows of many segments in DuckDB's own format, beside the segments and made from them.

Investigators ask all day for every column of the few hundred rows of one address. Over Parquet that unpacks whole
columns; DuckDB's format skips vectors of 2,048 rows (10 million rows of 68 columns: 0.2 s against 1.2 s, see
docs/decisions/0051-read-copy.md). A copy never changes. Later segments are read from Parquet until another copy
covers them; a missing copy costs speed and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from keywitness.errors import StorageFullError
from keywitness.store.connection import connected
from keywitness.store.durable import UNFINISHED_PREFIX, storage_errors, sync_file, sync_folder
from keywitness.store.ledger import CopiedTable, ReadCopy, Segment
from keywitness.store.segments import default_sql, literal, quoted, sql_type
from keywitness.store.snapshot import Snapshot

if TYPE_CHECKING:
    from keywitness.store.layout import Layout
    from keywitness.store.writer import Writer

#: Rows of one table that no copy covers, from which an ingest makes a copy by itself. Below, Parquet is fast enough.
AUTOMATIC_ROWS = 3_000_000
_MEMORY_LIMIT = "512MB"
#: Rows that one insertion takes from neighbouring segments, about.
_INSERTED_ROWS = 600_000


def make_read_copy(
    writer: Writer, *, at_least: int, on_progress: Callable[[int, int, str], None] | None = None
) -> ReadCopy | None:
    """Copy the rows that no read copy covers, of every table that has enough of them.

    Args:
        writer: The case's writer.
        at_least: Fewest rows of a table that are worth it.
        on_progress: Called with rows done, rows in all, and a remark.

    Returns:
        The copy, or None when nothing was worth it.

    Raises:
        StorageFullError: If the disk is full; the case is as before.
    """
    wanted = _uncovered(writer, at_least)
    if not wanted or "?" in str(writer.layout.root):  # DuckDB takes what follows a "?" for options of the file
        return None
    layout = writer.layout
    _refuse_without_room(layout, sum(s.bytes for segments in wanted.values() for s in segments))
    name = f"{writer.new_name()}.duckdb"
    aside = layout.cache / f"{UNFINISHED_PREFIX}{name}"
    path = layout.cache / name
    with storage_errors(layout.cache):
        layout.cache.mkdir(exist_ok=True)
        try:
            tables = _fill(writer, aside, wanted, on_progress)
            sync_file(aside)
            aside.rename(path)
        finally:
            for left in layout.cache.glob(f"{UNFINISHED_PREFIX}*"):
                left.unlink(missing_ok=True)
        sync_folder(layout.cache)
        sync_folder(layout.root)
    import duckdb  # readers of the ledger do not need it

    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    copy = ReadCopy(
        file=path.relative_to(layout.root).as_posix(),
        bytes=path.stat().st_size,
        sha256=digest,
        duckdb=duckdb.__version__,
        tables=tuple(tables),
    )
    writer.record("read copy made", copies=(copy,))
    return copy


def _refuse_without_room(layout: Layout, segment_bytes: int) -> None:
    """A copy is about as large as its segments: leave a disk alone that it would fill."""
    free = shutil.disk_usage(layout.root).free
    if free < 2 * segment_bytes:
        raise StorageFullError(
            f"a read copy needs about {2 * segment_bytes:,} bytes while it is made, {free:,} are free",
            help="free some space, then run `keywitness optimize`",
            effect="the case is complete; queries for few rows take longer without the copy",
        )


def _uncovered(writer: Writer, at_least: int) -> dict[str, list[Segment]]:
    covered = writer.state.covered()
    wanted = {}
    for table, stored in writer.state.tables.items():
        segments = [s for s in stored.segments.values() if s.file not in covered]
        if segments and not table.startswith("_") and sum(s.rows for s in segments) >= max(1, at_least):
            wanted[table] = segments
    return wanted


def _fill(
    writer: Writer,
    path: os.PathLike[str],
    wanted: dict[str, list[Segment]],
    on_progress: Callable[[int, int, str], None] | None,
) -> list[CopiedTable]:
    total = sum(s.rows for segments in wanted.values() for s in segments)
    done = 0
    snapshot = Snapshot(writer.layout, writer.state)
    tables = []
    with connected(os.fspath(path)) as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY_LIMIT}'")
        connection.execute(f"SET temp_directory = {literal(os.fspath(writer.layout.scratch))}")
        for i, (table, segments) in enumerate(wanted.items()):
            names = writer.state.tables[table].names
            provenance = "_evidence INTEGER, _offset BIGINT, _length BIGINT"
            columns = "".join(f", {quoted(c.disk)} {sql_type(c.type)}" for c in names.columns())
            connection.execute(f"CREATE TABLE t{i} ({provenance}{columns})")
            for group in _alike(segments):
                present = {c.disk for c in group[0].columns}
                values = "".join(
                    f", {quoted(c.disk) if c.disk in present else default_sql(c.type)}" for c in names.columns()
                )
                source = snapshot.read_parquet(group)
                connection.execute(f"INSERT INTO t{i} SELECT _evidence, _offset, _length{values} FROM {source}")
                done += sum(s.rows for s in group)
                if on_progress is not None:
                    on_progress(done, total, "making the read copy")
            tables.append(
                CopiedTable(
                    table=table,
                    name=f"t{i}",
                    segments=tuple(s.file for s in segments),
                    columns=tuple(c.disk for c in names.columns()),
                )
            )
        connection.execute("CHECKPOINT")
    return tables


def _alike(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Neighbours with the same columns, some at a time: one insertion of many rows takes half the time of many small
    ones, which DuckDB writes twice (into its log, then into the table)."""
    for _, neighbours in groupby(segments, key=lambda s: s.columns):
        group: list[Segment] = []
        for segment in neighbours:
            group.append(segment)
            if sum(s.rows for s in group) >= _INSERTED_ROWS:
                yield group
                group = []
        if group:
            yield group
