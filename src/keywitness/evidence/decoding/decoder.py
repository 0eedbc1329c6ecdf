"""Batches of records -> columns with their provenance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keywitness.evidence.batch import REJECTED_SCHEMA, Decoded, DecodedTable
from keywitness.evidence.decoding.audit_columns import AuditColumns
from keywitness.evidence.decoding.audit_shapes import shapes
from keywitness.evidence.decoding.flatten import Flattener
from keywitness.evidence.decoding.framing import Form
from keywitness.evidence.decoding.name_counts import Counts, Mask
from keywitness.evidence.decoding.object_columns import LEAST, ObjectColumns
from keywitness.evidence.decoding.order import Order, Turn
from keywitness.evidence.decoding.records import RecordDecoder
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.table_builder import TableBuilder
from keywitness.evidence.reading import KEPT_TEXT, Batch, Piece
from keywitness.model.schema import Schema
from keywitness.model.tables import AUDIT_TABLE

#: Records of a batch that are looked at one by one to learn which properties there are.
_SAMPLE = 32
#: Lines that the columns could not prove, from which on it pays to learn from them and try again.
_RETRY = 100
#: Text of small pieces that is put together: DuckDB pays for each buffer that it reads.
_GROUP = 1 << 24
_SMALL = 1 << 20
#: How JSON writes the character that separates the parts of an identity (and its neighbours).
_SEPARATOR_ESCAPE = b"\\u001"
_PADDING = bytes(len(_SEPARATOR_ESCAPE))


@dataclass(slots=True)
class _Outcome:
    """What a batch has given so far."""

    builders: dict[str, TableBuilder] = field(default_factory=dict)
    ready: list[tuple[str, pa.Table]] = field(default_factory=list)
    rejected: list[tuple[int, int, int, int, str, str]] = field(default_factory=list)
    read: Counter[int] = field(default_factory=Counter)
    shapes: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


class Decoder:
    """Decodes batches, one after the other, with what it has learned from those before.

    Args:
        threads: For DuckDB.
        columns: Most columns of `AzureDiagnostics`; later properties go to AdditionalFields.
        known: Columns that the case's tables have already, so that their types stay.
    """

    def __init__(self, *, threads: int = 2, columns: int = 500, known: Mapping[str, Schema] | None = None) -> None:
        self._flattener = Flattener(columns)
        self._records = RecordDecoder(self._flattener, Schemas(known or {}))
        self._shapes = shapes(self._flattener, self._records.schemas)
        self._order = Order()
        self._connect(threads)

    def _connect(self, threads: int) -> None:
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET enable_progress_bar = false")  # it would be drawn into the output
        self._connection.execute(f"SET threads = {int(threads)}")
        self._audit = [AuditColumns(self._connection, shape) for shape in self._shapes]
        self._objects = ObjectColumns(self._connection, self._records.schemas)

    def twin(self) -> Decoder:
        """A decoder for another thread, with the same columns and types, now and later."""
        twin = object.__new__(Decoder)
        twin._flattener, twin._records, twin._order = self._flattener, self._records, self._order
        twin._shapes = self._shapes
        twin._connect(threads=1)
        return twin

    def place(self) -> int:
        """The place of the next batch among those that this decoder and its twins decode."""
        return self._order.place()

    def close(self) -> None:
        """Give the engine's memory back."""
        self._connection.close()

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def decode(self, batch: Batch, place: int | None = None) -> Decoded:
        """Decode a batch. Every record ends as a row or as a rejected record.

        Args:
            batch: Records.
            place: Its place, when twins decode other batches at the same time; every place must be decoded.
        """
        outcome = _Outcome()
        with self._order.at(self.place() if place is None else place) as turn:
            lanes = self._lanes(batch)
            with turn(Turn.LEARN):
                for lane, pieces in lanes.items():
                    for piece in pieces[:: max(1, len(pieces) // _SAMPLE)]:
                        self._learn(lane, piece)
            leftover = [left for lane, pieces in lanes.items() for left in self._decode_audit(lane, pieces, outcome)]
            chosen = {id(piece) for pieces in lanes.values() for piece in pieces}
            with turn(Turn.FINISH):
                return self._finish(batch, chosen, leftover, outcome)

    def _lanes(self, batch: Batch) -> dict[int, list[Piece]]:
        """The pieces with audit records, by the number of their form."""
        lanes: dict[int, list[Piece]] = {}
        for piece in batch.pieces:
            if piece.form is Form.JSON and (lane := self._lane(piece)) is not None:
                lanes.setdefault(lane, []).append(piece)
        return lanes

    def _lane(self, piece: Piece) -> int | None:
        """The form of the first audit record among those at the start, in the middle and at the end."""
        last = len(piece.starts) - 1
        for index in dict.fromkeys((0, last // 2, last)):
            record = self._records.parse(piece.text[piece.starts[index] : piece.ends[index]])
            if isinstance(record, dict):
                for lane, shape in enumerate(self._shapes):
                    if shape.holds(record):
                        return lane
        return None

    def _finish(self, batch: Batch, chosen: set[int], leftover: list[tuple[Piece, Mask]], outcome: _Outcome) -> Decoded:
        """Decode what columns cannot, and bring all of it together."""
        for piece in batch.pieces:
            if id(piece) not in chosen:
                self._decode_exactly(piece, self._decode_objects(piece, outcome), outcome)
        for piece, done in leftover:
            self._decode_exactly(piece, done, outcome)
        for refused in batch.refused:
            text = _shown(refused.text)
            outcome.rejected.append(
                (refused.number, refused.offset, refused.length, refused.line, refused.reason, text)
            )
            outcome.read[refused.number] += 1
        return self._decoded(outcome)

    def _decode_audit(self, lane: int, pieces: list[Piece], outcome: _Outcome) -> list[tuple[Piece, Mask]]:
        """Decode in columns what can be; gives the pieces that have lines left, with the lines that are done."""
        columns = self._audit[lane]
        tiles = list(_tiles(pieces))
        lines = pa.chunked_array([_strings(text, bounds) for text, bounds in tiles], pa.large_string())
        counts = np.concatenate([_counts(text, bounds, columns) for text, bounds in tiles])
        provenance = _provenance(pieces)
        done = self._columns_of(columns, lines, counts, provenance, outcome)
        left = np.flatnonzero(~done)
        if len(left):
            some = left[:: max(1, len(left) // _SAMPLE)].tolist()
            with self._order.alone():
                fresh = [self._learn_line(lane, lines[i].as_buffer().to_pybytes()) for i in some]
            if any(fresh) and len(left) >= _RETRY:
                again = self._columns_of(
                    columns, lines.take(pa.array(left)), counts[left], [c[left] for c in provenance], outcome
                )
                done[left[again]] = True
        for number, count in zip(*np.unique(provenance[0][done], return_counts=True), strict=True):
            outcome.read[int(number)] += int(count)
            outcome.shapes[int(number)][self._shapes[lane].label] += int(count)
        leftover = []
        begin = 0
        for piece in pieces:
            part = done[begin : begin + len(piece.starts)]
            begin += len(piece.starts)
            if not part.all():
                leftover.append((piece, part))
        return leftover

    def _columns_of(
        self,
        columns: AuditColumns,
        lines: pa.ChunkedArray,
        counts: Counts,
        provenance: list[npt.NDArray[Any]],
        outcome: _Outcome,
    ) -> Mask:
        table, done = columns.decode(lines, counts)
        self._place(table, AUDIT_TABLE, provenance, done, outcome)
        return done

    def _place(
        self, table: pa.Table, name: str, provenance: list[npt.NDArray[Any]], done: Mask, outcome: _Outcome
    ) -> None:
        """Add rows with the places of the records that they are."""
        if table.num_rows:
            number, offset, length = (c[done] for c in provenance)
            table = table.add_column(0, "_length", pa.array(length, pa.int64()))
            table = table.add_column(0, "_offset", pa.array(offset, pa.int64()))
            table = table.add_column(0, "_evidence", pa.array(number, pa.int32()))
            outcome.ready.append((name, table))

    def _learn(self, lane: int, piece: Piece) -> None:
        for index in range(0, len(piece.starts), max(1, len(piece.starts) // 4)):
            self._learn_line(lane, piece.text[piece.starts[index] : piece.ends[index]])

    def _learn_line(self, lane: int, text: bytes | str) -> bool:
        record, columns = self._records.parse(text), self._audit[lane]
        if not isinstance(record, dict) or not self._shapes[lane].holds(record) or not columns.has_news(record):
            return False
        try:
            self._records.rows(record)  # makes new properties own their columns
        except Unfit:
            return False
        return columns.learn(record)

    def _decode_objects(self, piece: Piece, outcome: _Outcome) -> Mask | None:
        """Decode in columns the objects of inventory that come alike; gives those that are done."""
        if piece.form is not Form.JSON or len(piece.starts) < LEAST or (plan := self._records.plan(piece)) is None:
            return None
        text, starts = _tile(replace(piece, touching=False))  # without line ends: bytes are identity here
        if not _is_utf8(text):
            return None
        lines = _strings(text, np.append(starts, len(text)))
        table, done = self._objects.decode(lines, plan, piece.export)
        self._place(table, plan.table, _provenance([piece]), done, outcome)
        outcome.read[piece.number] += int(done.sum())
        outcome.shapes[piece.number][f"{plan.table} ({plan.source})"] += int(done.sum())
        return done

    def _decode_exactly(self, piece: Piece, done: Mask | None, outcome: _Outcome) -> None:
        """Decode the records of a piece one by one, those that are done left out."""
        indexes = range(len(piece.starts)) if done is None else np.flatnonzero(~done).tolist()
        for first, last, rows in self._records.decode(piece, indexes):
            offset = int(piece.offsets[first])
            place = (piece.number, offset, int(piece.offsets[last] + piece.lengths[last]) - offset)
            if isinstance(rows, str):
                start, end = int(piece.starts[first]), int(piece.ends[last])
                text = _shown(piece.text[start : min(end, start + KEPT_TEXT)])
                outcome.rejected.append((*place, piece.line_of(start), rows, text))
                outcome.read[piece.number] += 1
                continue
            for row in rows:
                _add(outcome, place, row)

    def _decoded(self, outcome: _Outcome) -> Decoded:
        tables: dict[str, DecodedTable] = {}
        parts = defaultdict(list)
        for name, table in outcome.ready:
            parts[name].append(table)
        for name, builder in outcome.builders.items():
            parts[name].append(builder.table(self._records.schemas))
        for name, several in parts.items():
            tables[name] = self._records.schemas.unite(name, several, self._flattener.paths)
        columns = list(zip(*outcome.rejected, strict=True)) or [()] * 6
        rejected = pa.table(
            [pa.array(c, f.type) for c, f in zip(columns, REJECTED_SCHEMA, strict=True)], schema=REJECTED_SCHEMA
        )
        shapes = {number: dict(counts) for number, counts in outcome.shapes.items()}
        return Decoded(tables, rejected, dict(outcome.read), shapes)


def _add(outcome: _Outcome, place: tuple[int, int, int], row: DecodedRow) -> None:
    builder = outcome.builders.get(row.table)
    if builder is None:
        builder = outcome.builders[row.table] = TableBuilder(row.table)
    builder.add(place, row)
    outcome.read[place[0]] += 1
    outcome.shapes[place[0]][row.shape] += 1


def _strings(text: bytes, bounds: Counts) -> pa.Array:
    return pa.LargeStringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(text))


def _tiles(pieces: list[Piece]) -> Iterator[tuple[bytes, Counts]]:
    """The records of pieces, end to end in few buffers: each with the first byte of every record, and its own end."""
    texts: list[bytes] = []
    bounds: list[Counts] = []
    size = 0
    for piece in pieces:
        text, starts = _tile(piece)
        if size and (size + len(text) > _GROUP or len(text) > _SMALL):
            yield b"".join(texts), np.append(np.concatenate(bounds), size)
            texts, bounds, size = [], [], 0
        texts.append(text)
        bounds.append(starts + size)
        size += len(text)
    if texts:
        yield (texts[0] if len(texts) == 1 else b"".join(texts)), np.append(np.concatenate(bounds), size)


def _tile(piece: Piece) -> tuple[bytes, Counts]:
    if piece.touching:
        return piece.text, piece.starts
    view = memoryview(piece.text)
    text = b"".join([view[s:e] for s, e in zip(piece.starts.tolist(), piece.ends.tolist(), strict=True)])
    lengths = piece.ends - piece.starts
    return text, np.cumsum(lengths) - lengths


def _counts(text: bytes, bounds: Counts, columns: AuditColumns) -> Counts:
    """Names in each record; -1 for records that only the exact way may read."""
    counts = columns.counts(np.frombuffer(text, np.uint8), bounds)
    if b"\\" in text:
        octets = np.frombuffer(text + _PADDING, np.uint8)
        places = np.flatnonzero(octets == _SEPARATOR_ESCAPE[0])
        for distance, octet in enumerate(_SEPARATOR_ESCAPE[1:], 1):
            places = places[octets[places + distance] == octet]
        counts[np.searchsorted(bounds, places, "right") - 1] = -1
    if not _is_utf8(text):
        for index in range(len(counts)):
            if not _is_utf8(text[bounds[index] : bounds[index + 1]]):
                counts[index] = -1
    return counts


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _provenance(pieces: list[Piece]) -> list[npt.NDArray[Any]]:
    return [
        np.concatenate([np.full(len(p.starts), p.number, np.int32) for p in pieces]),
        np.concatenate([p.offsets for p in pieces]),
        np.concatenate([p.lengths for p in pieces]),
    ]


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")
