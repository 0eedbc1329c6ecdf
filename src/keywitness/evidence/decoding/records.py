"""Records one at a time, exactly: parse, recognise, decode."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from keywitness.evidence.decoding.flatten import Flattener
from keywitness.evidence.decoding.framing import Form
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.audit import audit_row, is_audit
from keywitness.evidence.reading import Piece

#: Deepest nesting of a record.
MOST_LEVELS = 100
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


def parse_json(text: bytes | str) -> Any:
    """Parse one JSON text. Control characters inside strings are let pass: pasted logs have them.

    A name that an object repeats is kept under `name#2` and so on; DuckDB and most readers take the first.

    Raises:
        Unfit: It is not JSON, not UTF-8, or nested too deeply.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise Unfit(f"not valid UTF-8 at byte {error.start} of the record") from None
    levels = text.count("{") + text.count("[")
    if levels > MOST_LEVELS and _levels(text) > MOST_LEVELS:
        raise Unfit(f"nested deeper than {MOST_LEVELS} levels")
    try:
        return _PARSER.decode(text.strip(" \t\r\n"))
    except json.JSONDecodeError as error:
        raise Unfit(_why(text, error)) from None
    except (ValueError, RecursionError):
        raise Unfit("a number in it is too long, or it is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    result = {}
    for name, value in pairs:
        unused, count = name, 1
        while unused in result:
            count += 1
            unused = f"{name}#{count}"
        result[unused] = value
    return result


def _float(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


_PARSER = json.JSONDecoder(strict=False, object_pairs_hook=_object, parse_float=_float, parse_constant=str)


def _levels(text: str) -> int:
    """Deepest nesting of brackets outside strings."""
    deepest = level = 0
    inside = escaped = False
    for char in text:
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                inside = False
        elif char == '"':
            inside = True
        elif char in "{[":
            level += 1
            deepest = max(deepest, level)
            if deepest > MOST_LEVELS:
                break
        elif char in "}]":
            level -= 1
    return deepest


def _why(text: str, error: json.JSONDecodeError) -> str:
    if "\0" in text:
        return "not JSON: it holds NUL bytes"
    if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string"):
        return "not complete JSON: the record is cut off"
    return f"not JSON: {error.msg} at character {error.pos}"
