"""Batches of records -> columns with their provenance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keywitness.evidence.batch import REJECTED_SCHEMA, Decoded, DecodedTable
from keywitness.evidence.decoding.audit_columns import AuditColumns, Counts, Mask, name_counts
from keywitness.evidence.decoding.flatten import Flattener
from keywitness.evidence.decoding.framing import Form
from keywitness.evidence.decoding.records import RecordDecoder
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.audit import is_audit
from keywitness.evidence.decoding.table_builder import TableBuilder
from keywitness.evidence.reading import KEPT_TEXT, Batch, Piece
from keywitness.model.schema import Schema
from keywitness.model.tables import AUDIT_TABLE

#: Records of a batch that are looked at one by one to learn which properties there are.
_SAMPLE = 48
#: Lines that the columns could not prove, from which on it pays to learn from them and try again.
_RETRY = 500
#: How JSON writes the character that separates the parts of an identity (and its neighbours).
_SEPARATOR_ESCAPE = b"\\u001"


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
        self._connection = duckdb.connect(":memory:")
        self._connection.execute(f"SET threads = {int(threads)}")
        self._flattener = Flattener(columns)
        self._records = RecordDecoder(self._flattener, Schemas(known or {}))
        self._audit = AuditColumns(self._connection, self._flattener.owns)

    def close(self) -> None:
        """Give the engine's memory back."""
        self._connection.close()

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def decode(self, batch: Batch) -> Decoded:
        """Decode a batch. Every record ends as a row or as a rejected record."""
        outcome = _Outcome()
        fast = [p for p in batch.pieces if p.form is Form.JSON and self._begins_with_audit(p)]
        chosen = {id(p) for p in fast}
        leftover = self._decode_audit(fast, outcome) if fast else []
        for piece in batch.pieces:
            if id(piece) not in chosen:
                self._decode_exactly(piece, None, outcome)
        for piece, done in leftover:
            self._decode_exactly(piece, done, outcome)
        for refused in batch.refused:
            text = _shown(refused.text)
            outcome.rejected.append(
                (refused.number, refused.offset, refused.length, refused.line, refused.reason, text)
            )
            outcome.read[refused.number] += 1
        return self._decoded(outcome)

    def _begins_with_audit(self, piece: Piece) -> bool:
        record = self._records.parse(piece.text[piece.starts[0] : piece.ends[0]])
        return isinstance(record, dict) and is_audit(record)

    def _decode_audit(self, pieces: list[Piece], outcome: _Outcome) -> list[tuple[Piece, Mask]]:
        """Decode in columns what can be; gives the pieces that have lines left, with the lines that are done."""
        for piece in pieces[:: max(1, len(pieces) // _SAMPLE)]:
            self._learn(piece, range(0, len(piece.starts), max(1, len(piece.starts) // 8)))
        lines = pa.chunked_array([_lines(p) for p in pieces], pa.large_string())
        counts = np.concatenate([_counts(p) for p in pieces]) if pieces else np.empty(0, np.int64)
        if not len(counts):
            return []
        provenance = _provenance(pieces)
        done = self._columns_of(lines, counts, provenance, outcome)
        if (~done).sum() >= _RETRY:
            left = np.flatnonzero(~done)
            fresh = [
                self._learn_line(lines[int(i)].as_buffer().to_pybytes()) for i in left[:: max(1, len(left) // 200)]
            ]
            if any(fresh):
                again = self._columns_of(
                    lines.take(pa.array(left)), counts[left], [c[left] for c in provenance], outcome
                )
                done[left[again]] = True
        for number, count in zip(*np.unique(provenance[0][done], return_counts=True), strict=True):
            outcome.read[int(number)] += int(count)
            outcome.shapes[int(number)]["Key Vault audit record"] += int(count)
        leftover = []
        begin = 0
        for piece in pieces:
            part = done[begin : begin + len(piece.starts)]
            begin += len(piece.starts)
            if not part.all():
                leftover.append((piece, part))
        return leftover

    def _columns_of(
        self, lines: pa.ChunkedArray, counts: Counts, provenance: list[npt.NDArray[Any]], outcome: _Outcome
    ) -> Mask:
        table, done = self._audit.decode(lines, counts)
        if table.num_rows:
            number, offset, length = (c[done] for c in provenance)
            table = table.add_column(0, "_length", pa.array(length, pa.int64()))
            table = table.add_column(0, "_offset", pa.array(offset, pa.int64()))
            table = table.add_column(0, "_evidence", pa.array(number, pa.int32()))
            outcome.ready.append((AUDIT_TABLE, table))
        return done

    def _learn(self, piece: Piece, indexes: range) -> None:
        for index in indexes:
            self._learn_line(piece.text[piece.starts[index] : piece.ends[index]])

    def _learn_line(self, text: bytes | str) -> bool:
        record = self._records.parse(text)
        if not isinstance(record, dict) or not is_audit(record):
            return False
        try:
            self._records.rows(record)  # makes new properties own their columns
        except Unfit:
            return False
        return self._audit.learn(record)

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


def _lines(piece: Piece) -> pa.Array:
    """The records as Arrow strings: without a copy when they tile the text."""
    if piece.touching:
        bounds = np.append(piece.starts, len(piece.text))
        text = pa.py_buffer(piece.text)
    else:
        lengths = piece.ends - piece.starts
        bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        view = memoryview(piece.text)
        text = pa.py_buffer(b"".join([view[s:e] for s, e in zip(piece.starts, piece.ends, strict=True)]))
    return pa.LargeStringArray.from_buffers(len(piece.starts), pa.py_buffer(bounds), text)


def _counts(piece: Piece) -> Counts:
    octets = np.frombuffer(piece.text, np.uint8)
    if piece.touching:
        counts = name_counts(octets, np.append(piece.starts, len(octets)))
    else:
        counts = name_counts(octets, np.stack([piece.starts, piece.ends], 1).reshape(-1))[0::2]
    position = piece.text.find(_SEPARATOR_ESCAPE) if b"\\" in piece.text else -1
    while position >= 0:
        counts[np.searchsorted(piece.starts, position, "right") - 1] = -1
        position = piece.text.find(_SEPARATOR_ESCAPE, position + 1)
    if not _is_utf8(piece.text):
        for index in range(len(counts)):
            if not _is_utf8(piece.text[piece.starts[index] : piece.ends[index]]):
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
