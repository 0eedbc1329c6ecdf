"""Many small segments into few: what a hundred small loads leave behind would slow every query.

The rows stay the same and keep their places; the ledger says which files stand for which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from keywitness.model.schema import Column, KqlType
from keywitness.store.ledger import Segment
from keywitness.store.segments import ROW_GROUP_ROWS, Rows, write_segment
from keywitness.store.state import PROVENANCE_COLUMNS

if TYPE_CHECKING:
    from keywitness.store.layout import Layout
    from keywitness.store.writer import Writer

#: A segment with fewer rows is small.
SMALL_ROWS = ROW_GROUP_ROWS // 4
#: Small segments of one table from which it is worth it.
SMALL_SEGMENTS = 16


def compact(writer: Writer, *, at_least: int = SMALL_SEGMENTS) -> int:
    """Merge the small segments of every table that has many.

    Returns:
        How many files were replaced.
    """
    covered = writer.state.covered()
    replaced = 0
    for table, stored in list(writer.state.tables.items()):
        small = [s for s in stored.segments.values() if s.rows < SMALL_ROWS and s.file not in covered]
        if len(small) < at_least:
            continue
        name = writer.new_name()
        merged = [
            write_segment(writer.layout, f"{name}-{i}", table, merged_rows(writer.layout, group), stored.names)
            for i, group in enumerate(_groups(small))
        ]
        writer.replace(table, merged, [s.file for s in small])
        replaced += len(small)
    return replaced


def merged_rows(layout: Layout, segments: Sequence[Segment]) -> Rows:
    """The rows of several segments, each column told apart by name and type."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from keywitness.evidence.batch import DecodedTable
    from keywitness.model.schema import Schema
    from keywitness.store.gather import gathered

    parts = []
    for segment in segments:
        wanted = [*PROVENANCE_COLUMNS, *(c.disk for c in segment.columns)]
        rows = pq.read_table(layout.root / segment.file, columns=wanted, partitioning=None)
        key = rows.schema.get_field_index("_key")
        rows = rows.set_column(key, "_key", rows.column(key).cast(pa.binary(16)))
        parts.append(DecodedTable(Schema.of(Column(c.name, KqlType(c.type)) for c in segment.columns), rows))
    return gathered(parts)


def _groups(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Neighbours in time, together at most one row group."""
    group: list[Segment] = []
    for segment in sorted(segments, key=lambda s: (s.first_time or 0, s.file)):
        if group and sum(s.rows for s in group) + segment.rows > ROW_GROUP_ROWS:
            yield group
            group = []
        group.append(segment)
    if group:
        yield group
