"""The one who commits: decoded batches in, whole commits out.

What a commit holds becomes visible in one step, by its ledger entry. Before that the writer proves the sum: for every
evidence item, records read = stored + duplicate + rejected. A batch that breaks it is never committed.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from keywitness.evidence.batch import REJECTED_SCHEMA, Decoded
from keywitness.model.schema import Column, KqlType, Schema
from keywitness.store.counts import Counts, Tally, by_evidence, prove
from keywitness.store.durable import UNFINISHED_PREFIX
from keywitness.store.gather import gathered, one_array, places, without
from keywitness.store.keys import KEY_BYTES, KeySet
from keywitness.store.layout import Layout, read_case_file
from keywitness.store.ledger import EvidenceEntry, Ledger, PassedOver, Segment, next_entry
from keywitness.store.lock import writer_lock
from keywitness.store.resume import without_committed
from keywitness.store.segments import Rows, write_segment
from keywitness.store.snapshot import refuse_damaged
from keywitness.store.state import (
    DUPLICATES_TABLE,
    PROVENANCE_COLUMNS,
    REJECTED_TABLE,
    CaseState,
    ColumnNames,
    TableState,
    replay,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

#: What the store writes for records it could not decode, and for records it had already.
REJECTED_COLUMNS = Schema.of(
    (Column("line", KqlType.LONG), Column("reason", KqlType.STRING), Column("text", KqlType.STRING))
)
DUPLICATES_COLUMNS = Schema.of((Column("table", KqlType.STRING),))

#: A replaced file stays that long for readers that began before it was replaced.
RETIRED_FOR = timedelta(hours=1)


class Writer:
    """Commits to one case. Use `open_writer`, which holds the lock.

    Args:
        layout: The case.
        by: Who is named in the entries; user@host when None.
    """

    def __init__(self, layout: Layout, *, by: str | None = None) -> None:
        self.layout = layout
        self.by = by
        self.ledger = Ledger(layout.ledger)
        entries, head = self.ledger.read()
        self.state: CaseState = replay(entries, head)
        self._keys: KeySet | None = None

    def record(self, action: str, details: Mapping[str, str | int] | None = None, **content: object) -> None:
        """Append an entry that adds no rows: the case was created, a report was made."""
        self._append(action, details=dict(details or {}), **content)

    def replace(self, table: str, segments: Sequence[Segment], removed: Sequence[str]) -> None:
        """Let segments stand for others with the same rows."""
        details = {"table": table, "before": len(removed), "after": len(segments)}
        self._append("segments merged", details=details, added=tuple(segments), removed=tuple(removed))

    def commit(
        self,
        batches: Sequence[Decoded],
        items: Sequence[EvidenceEntry],
        action: str,
        *,
        details: Mapping[str, str | int] | None = None,
        passed_over: Sequence[PassedOver] = (),
    ) -> Mapping[int, Counts]:
        """Make the rows of some batches part of the case, in one step.

        Args:
            batches: Decoded records.
            items: The facts of every item the batches touch; the counts in them are filled in here.
            action: What the ledger says.
            details: More about it.
            passed_over: What could not be read; listed once in a case.

        Returns:
            Counts of this commit by evidence number.

        Raises:
            SumError: If the records do not add up.
            StorageFullError: If the disk is full; the commit was not made.
        """
        batches = [without_committed(batch, self.state.evidence, self.keys.known) for batch in batches]
        tally = Tally()
        for batch in batches:
            tally.read.update(batch.read)
        name = self.new_name()
        segments, new_keys = self._write_tables(batches, name, tally)
        segments += self._write_rejected(batches, name, tally)
        counts = tally.counts()
        prove(counts, items)
        counted = tuple(_counted(i, counts.get(i.number, Counts())) for i in items)
        new = tuple(p for p in dict.fromkeys(passed_over) if p not in self.state.passed_over)
        if not (counted or segments or new):
            return counts
        self._append(action, details=dict(details or {}), evidence=counted, added=tuple(segments), passed_over=new)
        for keys in new_keys:
            self.keys.add(keys)
        return counts

    @property
    def keys(self) -> KeySet:
        """The identities of all rows of the case; read from the segments at first use."""
        if self._keys is None:
            self._keys = load_keys(self.layout, self.state)
        return self._keys

    def new_name(self) -> str:
        """A file name for the next entry's segments that no other file ever had: readers keep what they have read."""
        return f"{self.state.entries + 1:08d}-{secrets.token_hex(4)}"

    def forget_keys(self) -> None:
        """Give their memory back; they are read again when the next commit needs them."""
        import pyarrow as pa

        self._keys = None
        pa.default_memory_pool().release_unused()

    def _append(self, action: str, **content: object) -> None:
        entry = next_entry(self.state.entries, self.state.head, action, by=self.by, **content)
        self.state.apply(entry, self.ledger.append(entry))

    def _write_tables(
        self, batches: Sequence[Decoded], name: str, tally: Tally
    ) -> tuple[list[Segment], list[pa.Array]]:
        import numpy as np
        import pyarrow as pa

        segments: list[Segment] = []
        added = KeySet()
        new_keys: list[pa.Array] = []
        repeated: list[pa.Table] = []
        for table in dict.fromkeys(t for batch in batches for t in batch.tables):
            parts = [batch.tables[table] for batch in batches if table in batch.tables]
            parts = [part for part in parts if part.rows.num_rows]
            if not parts:
                continue
            rows = gathered(parts)
            keys = one_array(rows.table.column("_key"))
            order = _order_of_reading(rows.table)
            known = np.empty(len(keys), dtype=np.bool_)
            in_order = keys.take(pa.array(order))
            known[order] = self.keys.known(in_order) | added.known(in_order)
            tally.rows(rows.table, known)
            if known.any():
                repeated.append(places(rows.table.filter(pa.array(known)), table))
                rows = Rows(rows.columns, without(rows.table, known))
                keys = keys.filter(pa.array(~known))
            if rows.table.num_rows:
                added.add(keys)
                new_keys.append(keys)
                segments.append(write_segment(self.layout, name, table, rows, self._names(table)))
        if repeated:
            segments.append(self._write_own(DUPLICATES_TABLE, name, DUPLICATES_COLUMNS, pa.concat_tables(repeated)))
        return segments, new_keys

    def _write_rejected(self, batches: Sequence[Decoded], name: str, tally: Tally) -> list[Segment]:
        import pyarrow as pa

        rejected = pa.concat_tables([batch.rejected.cast(REJECTED_SCHEMA) for batch in batches])
        if not rejected.num_rows:
            return []
        tally.rejected.update(by_evidence(rejected))
        no_key = pa.repeat(pa.scalar(bytes(KEY_BYTES), pa.binary(KEY_BYTES)), rejected.num_rows)
        arrays = [*(rejected.column(i) for i in range(3)), no_key]
        arrays += (rejected.column(c) for c in REJECTED_COLUMNS.names())
        rows = pa.table(arrays, names=[*PROVENANCE_COLUMNS, *REJECTED_COLUMNS.names()])
        return [self._write_own(REJECTED_TABLE, name, REJECTED_COLUMNS, rows)]

    def _write_own(self, table: str, name: str, columns: Schema, rows: pa.Table) -> Segment:
        return write_segment(self.layout, name, table, Rows(tuple(columns), rows), self._names(table))

    def _names(self, table: str) -> ColumnNames:
        return self.state.tables.setdefault(table, TableState()).names


@contextmanager
def open_writer(layout: Layout, *, by: str | None = None) -> Iterator[Writer]:
    """A writer with the lock held; what an interrupted writer left is swept first, and a new case gets its first entry.

    Raises:
        CaseBusyError: If another process writes.
        CaseDamagedError: If the ledger is not whole, or a segment is missing or cut.
    """
    with writer_lock(layout):
        writer = Writer(layout, by=by)
        refuse_damaged(layout, writer.state)
        sweep(layout, writer.state)
        if not writer.state.entries:
            writer.record("case created", {"case": read_case_file(layout.root)[1].case_id})
        yield writer


def sweep(layout: Layout, state: CaseState) -> None:
    """Remove what no ledger entry lists, and replaced files that no reader can still need."""
    long_ago = datetime.now(UTC) - RETIRED_FOR
    keep = {s.file for s in state.live_segments()} | {
        f for f, at in state.retired.items() if datetime.fromisoformat(at) > long_ago
    }
    for path in layout.segments.rglob("*.parquet") if layout.segments.is_dir() else ():
        if path.relative_to(layout.root).as_posix() not in keep:
            path.unlink(missing_ok=True)
    copies = {c.file for c in state.copies}
    for path in layout.cache.iterdir() if layout.cache.is_dir() else ():
        if path.relative_to(layout.root).as_posix() not in copies:
            path.unlink(missing_ok=True)
    for path in layout.kept.iterdir() if layout.kept.is_dir() else ():
        if path.relative_to(layout.root).as_posix() not in state.copied:
            path.unlink(missing_ok=True)
    for folder in (layout.root, layout.ledger):
        for path in folder.glob(f"{UNFINISHED_PREFIX}*") if folder.is_dir() else ():
            path.unlink(missing_ok=True)
    shutil.rmtree(layout.scratch, ignore_errors=True)


def _order_of_reading(rows: pa.Table) -> npt.NDArray[np.intp]:
    """Indexes of rows as they stand in the evidence. Decoding puts the records that need care behind the others, but of
    equal records the first one read is stored, however a load was cut into batches."""
    import numpy as np

    evidence, offset = (rows.column(name).to_numpy() for name in PROVENANCE_COLUMNS[:2])
    return np.lexsort((offset, evidence))


def _counted(item: EvidenceEntry, c: Counts) -> EvidenceEntry:
    return msgspec.structs.replace(item, read=c.read, stored=c.stored, duplicate=c.duplicate, rejected=c.rejected)


def load_keys(layout: Layout, state: CaseState) -> KeySet:
    """The identities of all stored rows, from the `_key` columns."""
    keys = KeySet(layout.scratch)
    keys.add_all(_stored_keys(layout, state))
    return keys


def _stored_keys(layout: Layout, state: CaseState) -> Iterator[pa.Array]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for table, stored in state.tables.items():
        if table in (REJECTED_TABLE, DUPLICATES_TABLE):
            continue
        for segment in stored.segments.values():
            column = pq.read_table(layout.root / segment.file, columns=["_key"], partitioning=None).column("_key")
            yield from (chunk.cast(pa.binary(KEY_BYTES)) for chunk in column.chunks)
