"""Records one at a time, exactly: parse, recognise, decode."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from keywitness.evidence.decoding.csv_framing import cells
from keywitness.evidence.decoding.export import Export
from keywitness.evidence.decoding.flatten import Flattener
from keywitness.evidence.decoding.framing import Form, Header
from keywitness.evidence.decoding.json_record import parse_json
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.activity import (
    is_rest_activity,
    is_streamed_activity,
    rest_activity_row,
    streamed_activity_row,
)
from keywitness.evidence.decoding.shapes.audit import audit_row, is_audit, is_resource_log, resource_log_row
from keywitness.evidence.decoding.shapes.entra import entra_row, is_entra
from keywitness.evidence.decoding.shapes.inventory.objects import InventoryObjects, present
from keywitness.evidence.decoding.shapes.inventory.plan import Plan
from keywitness.evidence.decoding.shapes.table import TableRows
from keywitness.evidence.decoding.shapes.wrapped import wrapped
from keywitness.evidence.reading import NO_EXPORT, Piece

#: Lines that one record may be broken over by line ends inside its strings.
_MOST_BREAKS = 16
#: Collectors that may have wrapped a record one after the other.
_MOST_WRAPS = 3


class RecordDecoder:
    """Decodes records of every form.

    Args:
        flattener: Columns of raw audit records.
        schemas: Column types of every table.
    """

    def __init__(self, flattener: Flattener, schemas: Schemas) -> None:
        self.schemas = schemas
        self._flattener = flattener
        self._tables = TableRows(schemas, flattener)
        self._inventory = InventoryObjects(schemas)

    def parse(self, text: bytes | str) -> Any:
        """The JSON value of a text, or None."""
        try:
            return parse_json(text)
        except Unfit:
            return None

    def plan(self, piece: Piece) -> Plan | None:
        """How all objects of a piece are read, when the first, the middle and the last come alike."""
        last = len(piece.starts) - 1
        found: list[Plan | None] = []
        for index in dict.fromkeys((0, last // 2, last)):
            record = self.parse(piece.text[piece.starts[index] : piece.ends[index]])
            found.append(self._inventory.plan(record, piece.export) if isinstance(record, dict) else None)
        return found[0] if all(plan is found[0] for plan in found) else None

    def decode(self, piece: Piece, indexes: Iterable[int]) -> Iterator[tuple[int, int, list[DecodedRow] | str]]:
        """Decode records of a piece.

        Yields:
            First and last index that the record takes, and its rows or why it is rejected.
        """
        waiting = list(indexes)
        position = 0
        while position < len(waiting):
            first = last = waiting[position]
            position += 1
            rows: list[DecodedRow] | str
            try:
                if piece.form is Form.JSON:
                    try:
                        value = parse_json(piece.text[piece.starts[first] : piece.ends[first]])
                    except Unfit:
                        joined = self._joined(piece, waiting, position)
                        if joined is None:
                            raise
                        value, position = joined
                        last = waiting[position - 1]
                    text = piece.text[piece.starts[first] : piece.ends[last]]
                    rows = self.rows(value, name=piece.name, text=text, export=piece.export)
                else:
                    rows = self._cells_rows(piece, piece.text[piece.starts[first] : piece.ends[first]])
            except Unfit as reason:
                rows = str(reason)
            yield first, last, rows

    def rows(self, value: Any, *, name: str = "", text: bytes = b"", export: Export = NO_EXPORT) -> list[DecodedRow]:
        """The rows of a JSON value: one, unless a collector wrapped several records into it.

        Args:
            value: The decoded JSON.
            name: What to call a table that names itself nowhere.
            text: Its bytes.
            export: The export that it stands in, for inventory.
        Raises:
            Unfit: It is rejected.
        """
        if not isinstance(value, dict):
            raise Unfit("not a JSON object")
        row = self._raw_row(value)
        if row is not None:
            return [row]
        objects = self._inventory.rows(value, text, export)
        if objects is not None:
            return objects
        inner = self._wrapped_rows(value, name, _MOST_WRAPS)
        if inner:
            return inner
        if not value:
            raise Unfit("an empty object")
        if set(value) == {"error"} and isinstance(value["error"], dict) and {"code", "message"} <= set(value["error"]):
            raise Unfit("an error answer of a service, not a log (the export failed?)")
        return [self._tables.row(value, name=name)]

    def _wrapped_rows(self, value: dict[str, Any], name: str, levels: int) -> list[DecodedRow]:
        """The rows of what a collector wrapped; none when no record of Azure is among it."""
        rows: list[DecodedRow] = []
        others: list[Any] = []
        for inner in wrapped(value):
            row = self._raw_row(inner) if isinstance(inner, dict) else None
            if row is not None:
                rows.append(row)
            elif isinstance(inner, dict) and levels and (deeper := self._wrapped_rows(inner, name, levels - 1)):
                rows += deeper
            else:
                others.append(inner)
        if rows:
            rows += [self._tables.row(o if isinstance(o, dict) else {"Value": o}, name=name) for o in others]
        return rows

    def _cells_rows(self, piece: Piece, text: bytes) -> list[DecodedRow]:
        """The rows of a record whose column names stand in a header: one, but for objects of inventory."""
        header = piece.header or Header(())
        values: list[Any]
        if piece.form is Form.CSV:
            if text.count(b'"') % 2:
                raise Unfit("not a complete CSV row: a quoted cell does not end")
            try:
                values = list(cells(text, header.delimiter))
            except UnicodeDecodeError as error:
                raise Unfit(f"not valid UTF-8 at byte {error.start} of the record") from None
            except csv.Error as error:
                raise Unfit(f"not CSV: {error}") from None
        else:
            decoded = parse_json(text)
            if not isinstance(decoded, list):
                raise Unfit("not a row of cells")
            values = decoded
        record = dict(zip(header.names, values, strict=False))
        for number, value in enumerate(values[len(header.names) :], len(header.names) + 1):
            if value not in ("", None):
                record[f"Column_{number}"] = value
        if piece.export.csv and (objects := self._inventory.rows(present(record), text, piece.export)) is not None:
            return objects
        return [self._tables.row(record, name=piece.name, table=header.table, types=header.types)]

    def _raw_row(self, value: dict[str, Any]) -> DecodedRow | None:
        """The row of a record as Azure's services write it, or None."""
        if is_entra(value):
            return entra_row(value, self.schemas)
        if is_audit(value):
            return audit_row(value, self._flattener)
        if is_streamed_activity(value):
            return streamed_activity_row(value, self.schemas)
        if is_rest_activity(value):
            return rest_activity_row(value, self.schemas)
        if is_resource_log(value):
            return resource_log_row(value, self._flattener)
        return None

    def _joined(self, piece: Piece, waiting: list[int], position: int) -> tuple[Any, int] | None:
        """The record that a line begins and the next lines end, when line ends stand inside its strings."""
        start = int(piece.starts[waiting[position - 1]])
        if piece.text[start : start + 1] != b"{":
            return None
        for upto in range(position, min(len(waiting), position + _MOST_BREAKS)):
            index = waiting[upto]
            if index != waiting[upto - 1] + 1 or piece.text[piece.starts[index] : piece.starts[index] + 1] == b"{":
                return None
            try:
                return parse_json(piece.text[start : piece.ends[index]]), upto + 1
            except Unfit:
                continue
        return None
