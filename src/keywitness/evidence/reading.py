"""From files to batches: items are opened, framed into records and packed so that decoding works in columns.

Many small items share a batch; a large item is split at record boundaries over several. Memory is bounded by the batch
and the longest record, whatever the size of the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePosixPath

import numpy as np

from keywitness.evidence.batch import EvidenceItem
from keywitness.evidence.decoding.detection import choose_framer
from keywitness.evidence.decoding.export import Export, export_digest
from keywitness.evidence.decoding.framing import NONE, Form, Framer, Header, LineFramer, Positions, Spans, Taken
from keywitness.evidence.decoding.text import Text
from keywitness.evidence.source import MIB, Found, Limits, OpenItem, Unreadable, open_items

#: Text of one batch, about. Larger batches do not decode faster and take more memory.
BATCH_BYTES = 48 * MIB
#: Text of a rejected record that is kept.
KEPT_TEXT = 64 * 1024
NO_EXPORT = Export()


@dataclass(frozen=True, slots=True)
class Piece:
    """Complete records of one item.

    Args:
        number: Evidence number.
        name: The item's file name without folders and endings, for tables that name themselves nowhere else.
        form: How to read the records.
        header: For forms that have one.
        text: UTF-8, maybe invalid.
        starts: First byte of each record in `text`.
        ends: First byte after each record in `text`.
        offsets: First byte of each record in the item's decompressed bytes.
        lengths: Bytes of each record there.
        line: 1-based line at which `text` begins.
        touching: The records and line ends tile the text.
        export: The export that the records are part of.
    """

    number: int
    name: str
    form: Form
    header: Header | None
    text: bytes
    starts: Positions
    ends: Positions
    offsets: Positions
    lengths: Positions
    line: int
    touching: bool
    export: Export = NO_EXPORT

    def line_of(self, start: int) -> int:
        """1-based line of a position in `text`."""
        return self.line + self.text.count(b"\n", 0, start)


@dataclass(frozen=True, slots=True)
class Refused:
    """Bytes that framing could not read as records; they count as one record, rejected."""

    number: int
    offset: int
    length: int
    line: int
    reason: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """An item whose last record is in this batch.

    Args:
        number: Evidence number.
        facts: Sizes and hashes.
        framing: How records stood in it ("JSON Lines", "CSV" ...).
        notes: What a reader of the custody log should know (encoding, damage).
    """

    number: int
    facts: EvidenceItem
    framing: str
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Batch:
    """Records of one or many items, to be decoded together.

    Args:
        pieces: Records.
        refused: Bytes that are no records.
        finished: Items that end in this batch.
        unreadable: Files and members passed over since the last batch.
        bytes: Text in the pieces, for progress.
    """

    pieces: list[Piece] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.pieces or self.refused or self.finished or self.unreadable)


def read(
    found: Iterable[Found | Unreadable],
    number: Callable[[OpenItem], int | None],
    *,
    limits: Limits | None = None,
    batch_bytes: int = BATCH_BYTES,
) -> Iterator[Batch]:
    """Read evidence in batches. May run in a thread of its own; nothing is shared with the decoder.

    Args:
        found: What `discover` gives.
        number: Gives an item its evidence number when it is opened, or None to pass it over.
        limits: What is refused.
        batch_bytes: About how much text a batch holds.
    """
    limits = limits or Limits()
    batch = Batch()
    for file in found:
        if isinstance(file, Unreadable):
            batch.unreadable.append(file)
            continue
        for item in open_items(file, limits):
            if isinstance(item, Unreadable):
                batch.unreadable.append(item)
                continue
            evidence = number(item)
            if evidence is None:
                continue
            for part in _frame(item, evidence, limits):
                if isinstance(part, Piece):
                    batch.pieces.append(part)
                    batch.bytes += len(part.text)
                elif isinstance(part, Refused):
                    batch.refused.append(part)
                else:
                    batch.finished.append(part)
                if batch.bytes >= batch_bytes:
                    yield batch
                    batch = Batch()
    if batch:
        yield batch


def _frame(item: OpenItem, number: int, limits: Limits) -> Iterator[Piece | Refused | Finished]:
    text = Text(item.chunks())
    reader = _ItemReader(number, _stem(item), text, limits, item.modified_at)
    yield from reader.parts()
    notes = [text.note] if text.note else []
    notes += getattr(reader.framer, "notes", ())
    if item.damage:
        notes.append(item.damage)
        yield Refused(number, reader.offset, 0, reader.line, item.damage, b"")
    framing = reader.framer.name if reader.framer else "empty"
    yield Finished(number, item.facts(), framing, tuple(notes))


class _ItemReader:
    """Drives a framer over one item's text."""

    def __init__(self, number: int, name: str, text: Text, limits: Limits, modified_at: str = "") -> None:
        self._number = number
        self._name = name
        self._text = text
        self._limits = limits
        self._modified_at = modified_at
        self._digest = b""
        self.framer: Framer | None = None
        self.offset = text.mark
        self.line = 1
        self._begun = (0, 1, b"")
        self._skipped: tuple[int, int, bytes] | None = None  # a record that is too long, while its rest passes

    def parts(self) -> Iterator[Piece | Refused]:
        pending = b""
        for chunk, final in _with_last(iter(self._text)):
            pending = pending + chunk if pending else chunk
            if self._skipped is not None:
                pending = self._skip(pending)
                if self._skipped is None or final:
                    yield self._refuse_skipped()
            if self.framer is None:
                if not final and len(pending) < MIB:
                    continue
                if not pending[:512].strip() and not pending.strip():
                    continue  # nothing but white space so far: an empty file has no record and is no error
                self.framer = choose_framer(pending)
                self._digest = export_digest(pending, self._modified_at, whole=final)
            taken = self.framer.take(pending, final=final)
            if not taken.consumed and len(pending) > self._limits.record_bytes:
                self._begun = (self.offset, self.line, pending[:KEPT_TEXT])
                pending = self._skip(pending)
                if final:
                    yield self._refuse_skipped()
                continue
            yield from self._parts_of(pending, taken)
            pending = pending[taken.consumed :]

    def _parts_of(self, text: bytes, taken: Taken) -> Iterator[Piece | Refused]:
        spans = _merged([s for s in taken.spans if len(s.starts)])
        if len(spans) == 1:
            whole = text if taken.consumed == len(text) else text[: taken.consumed]
            begin = self._text.original(text, spans[0].starts)
            end = self._text.original(text, spans[0].ends)
            yield self._piece(whole, spans[0], begin, end, 0, self.line)
        elif spans:
            yield from self._several(text, spans)
        for refusal in taken.refused:
            place = np.array([refusal.start, refusal.end], np.int64)
            begin, end = self._text.original(text, place).tolist()
            yield Refused(
                self._number,
                self.offset + begin,
                end - begin,
                self.line + text.count(b"\n", 0, refusal.start),
                refusal.reason,
                text[refusal.start : min(refusal.end, refusal.start + KEPT_TEXT)],
            )
        self._advance(text, taken.consumed, taken.lines)

    def _several(self, text: bytes, several: list[Spans]) -> Iterator[Piece]:
        """One piece for each, with its own part of the text."""
        begins = self._text.original(text, np.concatenate([s.starts for s in several]))
        ends = self._text.original(text, np.concatenate([s.ends for s in several]))
        line, counted, done = self.line, 0, 0
        for spans in several:
            first, last = int(spans.starts[0]), int(spans.ends[-1])
            line, counted = line + text.count(b"\n", counted, first), first
            here = slice(done, done + len(spans.starts))
            yield self._piece(text[first:last], spans, begins[here], ends[here], first, line)
            done = here.stop

    def _piece(self, text: bytes, spans: Spans, begins: Positions, ends: Positions, first: int, line: int) -> Piece:
        """Records of `text`, which begins at `first` of the text that the spans count in."""
        return Piece(
            self._number,
            self._name,
            spans.form,
            spans.header,
            text,
            spans.starts - first,
            spans.ends - first,
            begins + self.offset,
            ends - begins,
            line,
            spans.touching and first == 0,
            self._export(spans),
        )

    def _export(self, spans: Spans) -> Export:
        context = dict(spans.header.context) if spans.header else {}
        return Export(self._digest, self._modified_at, context, csv=spans.form is Form.CSV)

    def _advance(self, text: bytes, consumed: int, lines: int | None = None) -> None:
        if consumed:
            self.offset += int(self._text.original(text, np.array([consumed], np.int64))[0])
            self.line += text.count(b"\n", 0, consumed) if lines is None else lines

    def _skip(self, pending: bytes) -> bytes:
        """Leave out the rest of a record that is too long; gives what stands behind it."""
        cut = pending.find(b"\n") if isinstance(self.framer, LineFramer) else -1
        self._advance(pending, len(pending) if cut < 0 else cut + 1)
        self._skipped = self._begun if cut < 0 else None
        return b"" if cut < 0 else pending[cut + 1 :]

    def _refuse_skipped(self) -> Refused:
        begin, line, kept = self._begun
        self._skipped = None
        reason = f"record longer than {self._limits.record_bytes} bytes, the limit"
        return Refused(self._number, begin, self.offset - begin, line, reason, kept)


def _merged(several: list[Spans]) -> list[Spans]:
    """Neighbours that are read alike, as one."""
    merged: list[Spans] = []
    for (form, header), group in groupby(several, key=lambda s: (s.form, s.header)):
        alike = list(group)
        if len(alike) == 1:
            merged += alike
        else:
            starts, ends = np.concatenate([s.starts for s in alike]), np.concatenate([s.ends for s in alike])
            merged.append(Spans(starts, ends, form, header))
    return merged


def _with_last(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Chunks with a flag on the last one. An empty stream gives one empty last chunk."""
    held = next(chunks, b"")
    for chunk in chunks:
        yield held, False
        held = chunk
    yield held, True


def _stem(item: OpenItem) -> str:
    name = PurePosixPath((item.member or item.path).replace("\\", "/")).name
    return name.split(".", 1)[0] or name


__all__ = ["BATCH_BYTES", "KEPT_TEXT", "NONE", "Batch", "Finished", "Piece", "Refused", "read"]
