"""Evidence into a case: read, decode and commit, each in its own thread, in that order.

Reading and hashing the next batch and writing the last one overlap with decoding. What is in flight is three batches
at most, whatever the size of the evidence. A file that the case holds completely is recognised by its hash and not
read twice; anything else that is there already is recognised record by record.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from keywitness.errors import EvidenceUnreadableError, StoppedError, StorageFullError
from keywitness.model.schema import Schema
from keywitness.store.counts import Counts
from keywitness.store.known import KnownFiles
from keywitness.store.layout import Layout
from keywitness.store.ledger import EvidenceEntry, PassedOver
from keywitness.store.pipeline import staged
from keywitness.store.report import IngestReport, ItemReport
from keywitness.store.snapshot import Snapshot
from keywitness.store.writer import Writer, open_writer

if TYPE_CHECKING:
    from keywitness.evidence.batch import Decoded
    from keywitness.evidence.reading import Batch, Finished
    from keywitness.evidence.source import Found, OpenItem, Unreadable

#: Text of one commit, about. Fewer, larger commits make fewer segments; a kill loses at most one.
COMMIT_BYTES = 96 << 20
#: Text decoded at a time by each decoder: more is no faster, and what comes of it stands in memory beside it.
#: One thread each costs a quarter less work in all than DuckDB's own threads.
BATCH_BYTES = 16 << 20
DECODERS = 2
#: Rows from which a commit does not wait for more.
COMMIT_ROWS = 120_000

Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class _Item:
    """An item on its way: what is known of it so far."""

    entry: EvidenceEntry
    through: int = 0
    framing: str = ""
    shapes: Counter[str] = field(default_factory=Counter)

    @property
    def shape(self) -> str:
        """What it was recognised as: how records stand in it, and what they are."""
        kinds = ", ".join(kind for kind, _ in self.shapes.most_common(4))
        return f"{self.framing}: {kinds}" if self.framing and kinds else self.framing or kinds


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a load keeps of a batch when it is decoded: all but the text."""

    bytes: int
    through: Mapping[int, int]
    finished: Sequence[Finished]
    unreadable: Sequence[Unreadable]
    name: str

    @classmethod
    def of(cls, batch: Batch) -> _Facts:
        through: Counter[int] = Counter()
        for piece in batch.pieces:
            if len(piece.offsets):
                through[piece.number] = max(through[piece.number], int(piece.offsets[-1] + piece.lengths[-1]))
        for refused in batch.refused:
            through[refused.number] = max(through[refused.number], refused.offset + max(refused.length, 1))
        name = batch.pieces[-1].name if batch.pieces else ""
        return cls(batch.bytes, through, batch.finished, batch.unreadable, name)


@dataclass(slots=True)
class _Load:
    """One run of `ingest`."""

    writer: Writer
    known: KnownFiles
    layout: Layout
    commit_bytes: int
    items: dict[int, _Item] = field(default_factory=dict)
    reports: dict[int, ItemReport] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    passed_over: list[PassedOver] = field(default_factory=list)
    pending: list[tuple[_Facts, Decoded]] = field(default_factory=list)
    next_number: int = 1
    done: int = 0

    def number(self, item: OpenItem) -> int | None:
        """Give an opened item its number: the old one of an interrupted load, none when the case holds it.

        Runs in the reading thread.
        """
        if item.member and self.known.has_member(item):
            return None
        number = self.known.begun(item)
        if number is None:
            number = self.next_number
            self.next_number += 1
        self.items[number] = _Item(
            EvidenceEntry(
                number=number,
                path=item.path,
                member=item.member,
                size=item.size,
                sha256="",
                stream_size=0,
                stream_sha256="",
                modified_at=item.modified_at,
            )
        )
        return number

    def take(self, batch: _Facts, decoded: Decoded) -> None:
        """Hold a decoded batch until enough of them make a commit."""
        self.pending.append((batch, decoded))
        size = sum(b.bytes for b, _ in self.pending)
        rows = sum(table.rows.num_rows for _, d in self.pending for table in d.tables.values())
        if size >= self.commit_bytes or rows >= COMMIT_ROWS:
            self.commit()

    def commit(self) -> None:
        """Commit what is held."""
        if not self.pending:
            return
        touched: dict[int, None] = {}
        for batch, decoded in self.pending:
            self._note(batch)
            for number, kinds in decoded.shapes.items():
                self.items[number].shapes.update(kinds)
            touched.update(dict.fromkeys((*decoded.read, *(f.number for f in batch.finished))))
            self.reasons.update(reason for reason in decoded.rejected.column("reason").to_pylist())
        entries = [self._entry(number) for number in touched]
        counts = self.writer.commit(
            [decoded for _, decoded in self.pending],
            entries,
            "evidence added",
            details={"folder": str(Path.cwd())},
            passed_over=self.passed_over,
        )
        for entry in entries:
            before = self.reports.get(entry.number)
            added = counts.get(entry.number, Counts()) + (before.counts if before else Counts())
            self.reports[entry.number] = ItemReport.of(entry, added)
            if entry.complete:
                del self.items[entry.number]
        self.pending.clear()

    def _note(self, batch: _Facts) -> None:
        """Take over what a batch says about its items."""
        for number, through in batch.through.items():
            self.items[number].through = max(self.items[number].through, through)
        for finished in batch.finished:
            item, facts = self.items[finished.number], finished.facts
            item.framing = finished.framing
            item.entry = msgspec.structs.replace(
                item.entry,
                sha256=facts.sha256,
                stream_size=facts.stream_size,
                stream_sha256=facts.stream_sha256,
                notes=finished.notes,
                complete=True,
            )
            item.through = max(item.through, facts.stream_size)
        self.passed_over += (PassedOver(u.path, u.member, u.reason) for u in batch.unreadable)

    def _entry(self, number: int) -> EvidenceEntry:
        item = self.items[number]
        return msgspec.structs.replace(item.entry, through=item.through, shape=item.shape)


def ingest(
    layout: Layout,
    paths: Sequence[str | Path],
    *,
    by: str | None = None,
    on_progress: Progress | None = None,
    batch_bytes: int | None = None,
    commit_bytes: int = COMMIT_BYTES,
) -> IngestReport:
    """Load files and folders into a case.

    Args:
        layout: The case.
        paths: Files and folders; folders are walked.
        by: Who is named in the ledger; user@host when None.
        on_progress: Called with bytes done, bytes in all, and what is at work.
        batch_bytes: Text decoded at a time.
        commit_bytes: Text per commit.

    Raises:
        EvidenceUnreadableError: If one of the paths does not exist; nothing is loaded then.
        CaseBusyError: If another process writes.
        StorageFullError: If the disk is full; what was committed stands.
        StoppedError: On Ctrl-C; what was committed stands.
    """
    began = time.monotonic()
    _refuse_missing(paths)
    with open_writer(layout, by=by) as writer:
        known = KnownFiles(writer.state)
        load = _Load(writer, known, layout, commit_bytes, next_number=known.next_number())
        try:
            _run(load, _outside(layout, paths), batch_bytes, on_progress or _silent)
            _record_rest(load)
            remarks = _tidied(writer, on_progress)
        except KeyboardInterrupt:
            raise _stopped(load) from None
        return _report(load, remarks, time.monotonic() - began)


def _run(load: _Load, found: Sequence[Found | Unreadable], batch_bytes: int | None, on_progress: Progress) -> None:
    from keywitness.evidence.decoding.side_by_side import Decoders  # DuckDB: only a load needs the decoder
    from keywitness.evidence.reading import read

    total = sum(getattr(f, "size", 0) for f in found)
    snapshot = Snapshot(load.layout, load.writer.state)
    known = {t: snapshot.schema(t) or Schema() for t in load.writer.state.tables if snapshot.has_evidence(t)}
    batches = read(_new_files(load, found), load.number, batch_bytes=batch_bytes or BATCH_BYTES)
    with (
        Decoders(DECODERS, known=known) as decoders,
        staged(batches, lambda source: decoders.decode(source, _Facts.of)) as decoded,
    ):
        for batch, rows in decoded:
            load.take(batch, rows)
            load.done += batch.bytes
            on_progress(min(load.done, total), total, batch.name)
        load.commit()


def _silent(done: int, total: int, remark: str) -> None:
    """No progress wanted."""


def _refuse_missing(paths: Sequence[str | Path]) -> None:
    for path in paths:
        if not os.path.lexists(path):
            raise EvidenceUnreadableError(
                f"there is no file or folder {path}", help="check the path", effect="nothing was loaded"
            )


def _outside(layout: Layout, paths: Sequence[str | Path]) -> list[Found | Unreadable]:
    """What the walk finds, the case itself left out: a case inside the evidence folder is not evidence."""
    from keywitness.evidence.source import Found, discover

    found = list(discover(paths))
    if not any(layout.root.is_relative_to(Path(path).resolve()) for path in paths):
        return found
    return [f for f in found if not (isinstance(f, Found) and Path(f.path).resolve().is_relative_to(layout.root))]


def _new_files(load: _Load, found: Iterable[Found | Unreadable]) -> Iterator[Found | Unreadable]:
    """The files that the case does not hold completely. Runs in the reading thread."""
    from keywitness.evidence.source import Unreadable

    for file in found:
        if isinstance(file, Unreadable) or not load.known.holds(file):
            yield file
        else:
            load.done += file.size


def _record_rest(load: _Load) -> None:
    """Copies of known files, and files passed over after the last batch."""
    copies = []
    for copy, of in load.known.copies:
        number = load.next_number
        load.next_number += 1
        entry = msgspec.structs.replace(
            of,
            number=number,
            path=copy.path,
            modified_at=copy.modified_at,
            stored=0,
            rejected=0,
            duplicate=of.read,
            same_as=of.number,
            notes=(f"the same bytes as E{of.number}",),
        )
        copies.append(entry)
        load.reports[number] = ItemReport.of(entry, Counts(of.read, 0, of.read, 0))
    new = tuple(p for p in dict.fromkeys(load.passed_over) if p not in load.writer.state.passed_over)
    if copies or new:
        details = {"folder": str(Path.cwd())}
        load.writer.record("evidence added", details, evidence=tuple(copies), passed_over=new)


def _tidied(writer: Writer, on_progress: Progress | None) -> tuple[str, ...]:
    """Merge small segments and make a read copy when there is much to copy. The rows are safe whatever happens here."""
    from keywitness.store.compact import compact
    from keywitness.store.readcopy import AUTOMATIC_ROWS, make_read_copy

    writer.forget_keys()
    try:
        compact(writer)
        make_read_copy(writer, at_least=AUTOMATIC_ROWS, on_progress=on_progress)
    except StorageFullError:
        return ("the disk has no room for a read copy: queries for few rows take longer; all rows are in the case",)
    return ()


def _report(load: _Load, remarks: tuple[str, ...], seconds: float) -> IngestReport:
    return IngestReport(
        items=tuple(load.reports[number] for number in sorted(load.reports)),
        already=tuple(load.known.already),
        passed_over=tuple(dict.fromkeys(load.passed_over)),
        reasons=dict(load.reasons.most_common()),
        seconds=seconds,
        tables={t: s.rows for t, s in sorted(load.writer.state.tables.items()) if not t.startswith("_")},
        remarks=remarks,
    )


def _stopped(load: _Load) -> StoppedError:
    total = sum((r.counts for r in load.reports.values()), Counts())
    return StoppedError(
        "stopped on request",
        help="run the same command again: it goes on where this one stopped",
        effect=f"{total.read:,} records of {len(load.reports):,} items are committed and stand; the rest is not loaded",
    )
