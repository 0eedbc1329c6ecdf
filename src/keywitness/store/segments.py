"""Segments: immutable zstd Parquet files, one table each, in the physical form of `model.schema`.

Beside the evidence columns each has `_evidence, _offset, _length` (where the record stands) and `_key` (its identity).
Rows stay in the order of the evidence: a segment is about one row group, so that sorting inside it would let no query
skip more, and it would cost a third of the time of writing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keywitness.model.schema import Column, KqlType
from keywitness.model.tables import PATH_METADATA
from keywitness.store.durable import storage_errors, sync_file, sync_folder
from keywitness.store.layout import Layout, table_folder
from keywitness.store.ledger import Segment, StoredColumn
from keywitness.store.state import PROVENANCE_COLUMNS, ColumnNames

if TYPE_CHECKING:
    import pyarrow as pa

TIME_COLUMN = "TimeGenerated"
#: Rows of a Parquet row group.
ROW_GROUP_ROWS = 122_880


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table on their way to disk.

    Args:
        columns: The evidence columns; a name may stand twice with different types.
        table: Provenance columns, then one Arrow column per element of `columns`, in physical form.
    """

    columns: tuple[Column, ...]
    table: pa.Table


#: Columns whose values hardly repeat: trying a dictionary on them costs time and space.
_ALL_DIFFERENT = frozenset({"_offset", "_length", "_key", TIME_COLUMN, "CorrelationId"})

_ATOM = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|[a-zA-Z_]+')

_SQL_TYPES = {
    KqlType.BOOL: "BOOLEAN",
    KqlType.INT: "INTEGER",
    KqlType.LONG: "BIGINT",
    KqlType.REAL: "DOUBLE",
    KqlType.DECIMAL: "DECIMAL(38,18)",
    KqlType.STRING: "VARCHAR",
    KqlType.DATETIME: "BIGINT",
    KqlType.TIMESPAN: "BIGINT",
    KqlType.GUID: "VARCHAR",
    KqlType.DYNAMIC: "VARCHAR",
}


def quoted(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A SQL string."""
    return "'" + text.replace("'", "''") + "'"


def operand(sql: str) -> str:
    """An expression that keeps its meaning between any two operators."""
    return sql if _ATOM.fullmatch(sql) else f"({sql})"


def sql_type(type_name: str) -> str:
    """DuckDB's type for the physical form of a KQL type."""
    return _SQL_TYPES[KqlType(type_name)]


def default_sql(type_name: str) -> str:
    """What a row has in a column its evidence did not bring: strings are never null in Kusto."""
    return "''" if type_name == KqlType.STRING else f"CAST(NULL AS {sql_type(type_name)})"


def write_segment(layout: Layout, name: str, table: str, rows: Rows, names: ColumnNames) -> Segment:
    """Write one segment durably. It is part of the case once a ledger entry lists it.

    The file has every column the table had in earlier segments too, empty where this evidence has none: equal
    schemas keep the reading query short, and a constant column costs a few bytes.

    Args:
        layout: The case.
        name: File name without suffix, unique in the case.
        table: Physical table name.
        rows: What to write.
        names: The table's disk names; new columns are added.

    Raises:
        StorageFullError: If the disk is full.
    """
    here = {
        names.name(c.name, str(c.type), path_of(rows.table.field(i))): i
        for i, c in enumerate(rows.columns, start=len(PROVENANCE_COLUMNS))
    }
    columns = names.columns()
    path = write_parquet(layout, table, name, _with_all_columns(rows.table, columns, here))
    return describe(layout, table, path, rows.table.num_rows, columns, *time_span(rows))


def time_span(rows: Rows) -> tuple[int | None, int | None]:
    """The lowest and the highest TimeGenerated in ticks; None without one."""
    import pyarrow.compute as pc

    for place, c in enumerate(rows.columns, start=len(PROVENANCE_COLUMNS)):
        if c.name == TIME_COLUMN and c.type is KqlType.DATETIME:
            span = pc.min_max(rows.table.column(place)).as_py()
            return span["min"], span["max"]
    return None, None


def path_of(field: pa.Field) -> tuple[str, ...]:
    """Where a decoded column stood in the raw record, as its decoder noted it; empty when it did not."""
    noted = (field.metadata or {}).get(PATH_METADATA)
    return tuple(json.loads(noted)) if noted else ()


def write_parquet(layout: Layout, table: str, name: str, rows: pa.Table) -> Path:
    """Write rows as a durable segment file and return its path."""
    import pyarrow.parquet as pq

    folder = layout.segments / table_folder(table)
    path = folder / f"{name}.parquet"
    with storage_errors(folder):
        new_folder = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        # Level 1 is 2.5 times as fast as DuckDB's COPY and 3 % larger (docs/decisions/0050-store.md).
        repeating = [name for name in rows.column_names if name not in _ALL_DIFFERENT]
        pq.write_table(
            rows,
            path,
            compression="zstd",
            compression_level=1,
            use_dictionary=repeating,
            row_group_size=ROW_GROUP_ROWS,
        )
        sync_file(path)
        sync_folder(folder)
        if new_folder:
            sync_folder(layout.segments)
            sync_folder(layout.root)
    return path


def describe(
    layout: Layout,
    table: str,
    path: Path,
    rows: int,
    columns: Sequence[StoredColumn],
    first: int | None,
    last: int | None,
) -> Segment:
    """The ledger's words for a finished file."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Segment(
        table=table,
        file=path.relative_to(layout.root).as_posix(),
        rows=rows,
        bytes=path.stat().st_size,
        sha256=digest,
        columns=tuple(columns),
        first_time=first,
        last_time=last,
    )


def _with_all_columns(rows: pa.Table, columns: Sequence[StoredColumn], here: dict[str, int]) -> pa.Table:
    import pyarrow as pa

    arrays = [rows.column(i) for i in range(len(PROVENANCE_COLUMNS))]
    arrays += (
        _never_null(rows.column(here[c.disk]), c.type) if c.disk in here else absent(c.type, rows.num_rows)
        for c in columns
    )
    return pa.table(arrays, names=[*PROVENANCE_COLUMNS, *(c.disk for c in columns)])


def _never_null(values: pa.ChunkedArray, type_name: str) -> pa.ChunkedArray:
    """Strings are never null in Kusto, and queries rely on it."""
    if type_name != KqlType.STRING or not values.null_count:
        return values
    import pyarrow.compute as pc

    return pc.fill_null(values, "")


def absent(type_name: str, rows: int) -> pa.Array:
    """A column that the evidence did not bring."""
    import pyarrow as pa

    from keywitness.model.arrow import ARROW_TYPES

    return pa.repeat("", rows) if type_name == KqlType.STRING else pa.nulls(rows, ARROW_TYPES[KqlType(type_name)])
