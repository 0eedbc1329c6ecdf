"""Records one at a time, exactly: parse, recognise, decode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from keywitness.evidence.decoding.flatten import Flattener
from keywitness.evidence.decoding.framing import Form
from keywitness.evidence.decoding.json_record import parse_json
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.audit import audit_row, is_audit
from keywitness.evidence.reading import Piece

#: Lines that one record may be broken over by line ends inside its strings.
_MOST_BREAKS = 16


class RecordDecoder:
    """Decodes records of every form.

    Args:
        flattener: Columns of raw audit records.
        schemas: Column types of every table.
    """

    def __init__(self, flattener: Flattener, schemas: Schemas) -> None:
        self.schemas = schemas
        self._flattener = flattener

    def parse(self, text: bytes | str) -> Any:
        """The JSON value of a text, or None."""
        try:
            return parse_json(text)
        except Unfit:
            return None

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
                try:
                    value = parse_json(piece.text[piece.starts[first] : piece.ends[first]])
                except Unfit as broken:
                    joined = self._joined(piece, waiting, position) if piece.form is Form.JSON else None
                    if joined is None:
                        raise
                    value, position, last = *joined, waiting[joined[1] - 1]
                    del broken
                rows = self.rows(value)
            except Unfit as reason:
                rows = str(reason)
            yield first, last, rows

    def rows(self, value: Any) -> list[DecodedRow]:
        """The rows of a JSON value.

        Raises:
            Unfit: It is rejected.
        """
        if not isinstance(value, dict):
            raise Unfit("not a JSON object")
        if is_audit(value):
            return [audit_row(value, self._flattener)]
        raise Unfit("no known record shape")

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
