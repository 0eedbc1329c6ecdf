"""Decoded batches of one table brought together as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from keywitness.evidence.batch import DecodedTable
from keywitness.model.schema import Column
from keywitness.store.segments import Rows, absent
from keywitness.store.state import PROVENANCE_COLUMNS

if TYPE_CHECKING:
    import numpy.typing as npt

#: More dropped rows than this are cheaper to leave out by copying the others.
_MOST_CUTS = 500


def gathered(parts: Sequence[DecodedTable]) -> Rows:
    """The rows of all parts in order; a column that a part lacks is absent in its rows.

    Columns are told apart by name and type: what one part calls long and another string stays two columns.
    """
    skip = len(PROVENANCE_COLUMNS)
    columns: dict[tuple[str, str], tuple[Column, pa.Field]] = {}
    for part in parts:
        for i, c in enumerate(part.schema):
            columns.setdefault((c.name, str(c.type)), (c, part.rows.schema.field(skip + i)))
    places_ = [{(c.name, str(c.type)): skip + i for i, c in enumerate(part.schema)} for part in parts]
    arrays = [_chunks([part.rows.column(i) for part in parts]) for i in range(skip)]
    for key, (column, _) in columns.items():
        arrays.append(
            _chunks(
                part.rows.column(place[key]) if key in place else absent(str(column.type), part.rows.num_rows)
                for part, place in zip(parts, places_, strict=True)
            )
        )
    fields = [parts[0].rows.schema.field(i) for i in range(skip)]
    fields += (
        pa.field(f.name, a.type, metadata=f.metadata) for (_, f), a in zip(columns.values(), arrays[skip:], strict=True)
    )
    return Rows(tuple(c for c, _ in columns.values()), pa.Table.from_arrays(arrays, schema=pa.schema(fields)))


def places(rows: pa.Table, table: str) -> pa.Table:
    """Where rows stood, and the table they would have been in."""
    arrays = [rows.column(i) for i in range(len(PROVENANCE_COLUMNS))]
    return pa.table([*arrays, pa.repeat(table, rows.num_rows)], names=[*PROVENANCE_COLUMNS, "table"])


def without(rows: pa.Table, dropped: npt.NDArray[np.bool_]) -> pa.Table:
    """The rows that are not dropped. A few dropped rows only cut the table into slices: nothing is copied."""
    if dropped.sum() > _MOST_CUTS:
        return rows.filter(pa.array(~dropped))
    edges = np.flatnonzero(np.diff(np.concatenate(([True], dropped, [True])).astype(np.int8)))
    return pa.concat_tables(
        [rows.slice(begin, end - begin) for begin, end in edges.reshape(-1, 2).tolist()] or [rows[:0]]
    )


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column as one contiguous array."""
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _chunks(parts: Iterable[pa.Array | pa.ChunkedArray]) -> pa.ChunkedArray:
    chunks: list[pa.Array] = []
    for part in parts:
        chunks += part.chunks if isinstance(part, pa.ChunkedArray) else [part]
    return pa.chunked_array(chunks)
