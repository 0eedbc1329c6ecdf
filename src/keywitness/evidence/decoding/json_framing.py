"""Records inside JSON that is not one record per line: arrays, envelopes, pretty-printed objects, query answers.

The ends of records are found in columns (brackets outside strings, their running depth); only the skeleton around the
records is read token by token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from keywitness.evidence.decoding.framing import Form, Header, Positions, Refusal, Taken, spans_of

#: Names under which an object holds an array of records.
ENVELOPES = ("records", "Records", "value", "data", "events", "logs", "items", "results")
_ROWS = "rows"
_COLUMNS = "columns"
_TABLES = ("tables", "Tables")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_SPACE = re.compile(rb"[\s,]*")
_PUNCTUATION = (b"{", b"}", b"[", b"]", b":", b",")
_ROWS_FOLLOW = re.compile(rb'\s*,\s*"rows"\s*:\s*\[')
_NEAR = 64
#: How far an object is looked into for an envelope's array.
_LOOK = 1 << 16
#: The id of a resource: what has one is an object, not an envelope.
_OBJECT_ID = re.compile(r"/providers/", re.IGNORECASE)
#: What answers of ARM, Microsoft Graph and Resource Graph say when they are not the last page.
_NEXT = ("nextLink", "@odata.nextLink", "skip_token", "$skipToken")
#: Text that is looked at for the ends of records, at first and at most.
_WINDOW = 1 << 16
_MOST_WINDOW = 1 << 26
#: Elements, where they stop, whether an end was met, what stands between: see `_scan`.
_Scanned = tuple[list[tuple[int, int]], int, bool, list[tuple[int, int]]]
#: A record that cannot be ended is looked for again at the next line that begins as this one did.
_RESYNC = re.compile(rb"\n([ \t]*)(?=\{)")


@dataclass(slots=True)
class _Level:
    """An array of records that is open.

    Args:
        form: How its elements are read.
        header: For rows of a query answer; what an envelope says.
        closers: Brackets of the skeleton that still have to close behind the array's own.
    """

    form: Form
    header: Header | None
    closers: int


class JsonFramer:
    """Elements of arrays and top-level objects, wherever their ends are."""

    def __init__(self) -> None:
        self.name = "JSON"
        self._open: _Level | None = None
        self._closing = 0  # brackets of the skeleton that are still open
        self._key = ""
        self.notes: list[str] = []
        self._window = _WINDOW

    def take(self, text: bytes, *, final: bool) -> Taken:
        taken = Taken(0)
        position = 0
        while True:
            position = _skip(text, position)
            taken.consumed = position
            if position >= len(text):
                return taken
            if self._open is not None:
                done = self._elements(text, position, self._open, taken, final=final)
            elif self._closing:
                done = self._skeleton(text, position, taken, final=final)
            else:
                done = self._top(text, position, taken, final=final)
            if done is None:
                return taken
            position = done

    def _top(self, text: bytes, position: int, taken: Taken, *, final: bool) -> int | None:
        char = text[position : position + 1]
        if char == b"[":
            self.name = "JSON array"
            self._open = _Level(Form.JSON, None, 0)
            return position + 1
        if char == b"{":
            found = _envelope(text, position)
            if found is _MORE and not final and len(text) - position < _LOOK:
                return None
            if isinstance(found, _Found):
                self.name = found.name
                said = dict(found.header.context) if found.header else {}
                self._note(next((n for n in _NEXT if said.get(n)), ""))
                self._open = _Level(found.form, found.header, found.closers)
                return found.position
            if self.name == "JSON":
                self.name = "JSON objects"
            return self._elements(text, position, None, taken, final=final)
        end = text.find(b"\n", position)
        if end < 0:
            if not final:
                return None
            end = len(text)
        taken.refused.append(Refusal(position, end, "not JSON"))
        return end

    def _elements(self, text: bytes, position: int, level: _Level | None, taken: Taken, *, final: bool) -> int | None:
        """Take every complete element from here on; gives the place behind them, or None when more text is needed."""
        limit, (pairs, stop, closed, junk) = self._scanned(text, position)
        if level is None and pairs:
            pairs, stop = self._before_envelope(text, pairs, stop)
        form = level.form if level else Form.JSON
        if pairs:
            taken.spans.append(spans_of(pairs, form, level.header if level else None))
        taken.refused += [Refusal(start, end, "not a JSON object") for start, end in junk if end <= stop]
        if closed and level is not None:
            self._open = None
            self._closing = level.closers
            return stop + 1
        if closed:
            taken.refused.append(Refusal(stop, stop + 1, "a closing bracket without an opening one"))
            return stop + 1
        rest = _skip(text, stop)
        if limit < len(text):
            return rest
        if pairs and rest < len(text):
            return rest if level is None else self._again(text, rest, taken, final=final)
        return self._again(text, rest, taken, final=final)

    def _scanned(self, text: bytes, position: int) -> tuple[int, _Scanned]:
        """What stands in a part of the text, at least one element or an end if there is one, and where the part ends.

        Small arrays one after the other must not each cost a look at all that follows; large ones take few looks.
        """
        window = self._window
        while True:
            limit = min(len(text), position + window)
            found = _scan(text, position, limit)
            if found[0] or found[2] or limit == len(text):
                self._window = _WINDOW if found[2] else min(2 * window, _MOST_WINDOW)
                return (len(text) if found[2] else limit), found
            window *= 4

    def _again(self, text: bytes, rest: int, taken: Taken, *, final: bool) -> int | None:
        """What is left ends inside a record: wait for more, or reject it when there is none."""
        taken.consumed = rest
        if not final or rest >= len(text):
            return None
        indent = len(text[:rest]) - len(text[:rest].rstrip(b" \t"))
        for match in _RESYNC.finditer(text, rest + 1):
            if len(match.group(1)) == indent:
                taken.refused.append(Refusal(rest, match.end(), "not complete JSON: a record that does not end"))
                return match.end()
        taken.refused.append(Refusal(rest, len(text), "not complete JSON: the record is cut off"))
        taken.consumed = len(text)
        return len(text)

    def _before_envelope(
        self, text: bytes, pairs: list[tuple[int, int]], stop: int
    ) -> tuple[list[tuple[int, int]], int]:
        """At the top level a later object may be an envelope; give only the records before it."""
        for index, (start, _) in enumerate(pairs[1:], 1):
            head = text[start : start + 64]
            if any(f'"{name}"'.encode() in head for name in (*ENVELOPES, *_TABLES)) and isinstance(
                _envelope(text, start), _Found
            ):
                return pairs[:index], start
        return pairs, stop

    def _note(self, name: str) -> None:
        remark = f"another page follows ({name})"
        if name and remark not in self.notes:
            self.notes.append(remark)

    def _skeleton(self, text: bytes, position: int, taken: Taken, *, final: bool) -> int | None:
        """Behind an array: the rest of the envelope, where a query answer may have another table."""
        for match in _TOKEN.finditer(text, position):
            token = match.group()
            if match.end() == len(text) and not final and token not in _PUNCTUATION:
                return None
            if token == b"[" and self._key == _COLUMNS:
                columns = _value(text, match.start())
                rows = _ROWS_FOLLOW.match(text, columns[1]) if columns else None
                if columns is None or (rows is None and len(text) - columns[1] < _NEAR):
                    if not final:
                        return None
                elif rows:
                    self._open = _Level(Form.CELLS, _columns(columns[0]), self._closing)
                    return rows.end()
            if token in (b"{", b"["):
                self._closing += 1
            elif token in (b"}", b"]"):
                self._closing -= 1
            elif token[:1] == b'"':
                if self._key in _NEXT and token != b'""':
                    self._note(self._key)
                self._key = token[1:-1].decode("utf-8", "replace")
            elif token not in _PUNCTUATION:
                self._key = ""  # its value is null or a number: the next text is a key
            taken.consumed = match.end()
            if self._closing == 0:
                return match.end()
        return len(text)


@dataclass(frozen=True, slots=True)
class _Found:
    """An envelope: where its first record would be."""

    position: int
    form: Form
    header: Header | None
    closers: int
    name: str


class _More:
    """The text ends before it can be said."""


_MORE = _More()


def _envelope(text: bytes, position: int) -> _Found | _More | None:
    """Look into an object for an array of records (`closers`: brackets to close behind the array)."""
    stack: list[bytes] = []
    key = ""
    expect_key = False
    context: dict[str, str] = {}
    header: Header | None = None
    table_depth = 0
    skip_to = position
    for match in _TOKEN.finditer(text, position, min(len(text), position + _LOOK)):
        if match.start() < skip_to:
            continue
        token = match.group()
        if token == b"[":
            if len(stack) == 1 and key in ENVELOPES and _holds_objects(text, match.end()):
                if _OBJECT_ID.search(context.get("id", "")):
                    return None  # an object that has a list of that name (the `logs` of a diagnostic setting)
                if "resourceId" in context and text[match.end() : match.end() + _NEAR].lstrip()[:1] == b"]":
                    return None  # says of a resource that it has none
                said = Header((), context=(*context.items(), ("envelope", key)))
                return _Found(match.end(), Form.JSON, said, 1, f'JSON envelope "{key}"')
            if len(stack) == 1 and key in _TABLES:
                table_depth = 3
            if key == _COLUMNS and len(stack) == (table_depth or 1):
                value = _value(text, match.start())
                if value is None:
                    return _MORE
                header, skip_to = _columns(value[0]), value[1]
                continue
            if key == _ROWS and header is not None and len(stack) == (table_depth or 1):
                return _Found(match.end(), Form.CELLS, header, len(stack), "query answer (columns and rows)")
            stack.append(token)
        elif token == b"{":
            stack.append(token)
            expect_key = True
        elif token in (b"}", b"]"):
            stack.pop()
            if not stack:
                return None
        elif token == b",":
            expect_key = stack[-1] == b"{"
        elif token[:1] == b'"' and expect_key:
            key = token[1:-1].decode("utf-8", "replace")
            expect_key = False
        elif token[:1] == b'"' and len(stack) == 1:
            context[key] = _text(token)
    return _MORE


def _text(token: bytes) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return ""


def _holds_objects(text: bytes, position: int) -> bool:
    rest = text[position : position + 256].lstrip()
    return rest[:1] in (b"{", b"]", b"")


def _columns(value: Any) -> Header | None:
    if not isinstance(value, list):
        return None
    names: list[str] = []
    types: list[str] = []
    for column in value:
        if isinstance(column, dict):
            names.append(str(column.get("name", column.get("ColumnName", ""))))
            types.append(str(column.get("type", column.get("ColumnType", ""))))
        else:
            names.append(str(column))
            types.append("")
    return Header(tuple(unique(names)), tuple(types))


def unique(names: list[str]) -> Iterator[str]:
    """Column names made different, so that two columns of one name stay two."""
    seen: set[str] = set()
    for name in names:
        candidate, count = name or "Column", 1
        while candidate in seen:
            count += 1
            candidate = f"{name or 'Column'}_{count}"
        seen.add(candidate)
        yield candidate


def _value(text: bytes, position: int) -> tuple[Any, int] | None:
    """The JSON value that begins here and the place behind it, or None when it does not end."""
    pairs, *_ = _scan(text[position : position + (1 << 22)], 0)
    if not pairs:
        return None
    start, end = pairs[0]
    try:
        return json.loads(text[position + start : position + end]), position + end
    except ValueError:
        return None


def _skip(text: bytes, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _scan(text: bytes, position: int, limit: int | None = None) -> _Scanned:
    """Complete brackets from a place outside strings, up to a limit.

    Returns:
        Start and end of each; the place behind the last one or of the closing bracket that ends the array around them;
        whether that bracket was met; what stands between the elements beside commas.
    """
    octets = np.frombuffer(text, np.uint8)[position:limit]
    quotes = _quotes(octets)
    kind = octets | 0x20  # [ and { , ] and } differ in this bit alone
    brackets = np.flatnonzero((kind == 0x7B) | (kind == 0x7D)).astype(np.int64)
    if len(quotes) and len(brackets):
        brackets = brackets[(np.searchsorted(quotes, brackets) & 1) == 0]
    steps = np.where(kind[brackets] == 0x7B, 1, -1).astype(np.int64)
    depth = np.cumsum(steps)
    below = np.flatnonzero(depth < 0)
    closed = len(below) > 0
    last = int(below[0]) if closed else len(depth)
    starts = brackets[:last][(depth[:last] == 1) & (steps[:last] == 1)]
    ends = brackets[:last][(depth[:last] == 0) & (steps[:last] == -1)] + 1
    starts = starts[: len(ends)]
    stop = int(brackets[last]) if closed else (int(ends[-1]) if len(ends) else 0)
    pairs = list(zip((starts + position).tolist(), (ends + position).tolist(), strict=True))
    return pairs, stop + position, closed, _junk(text, pairs, position, stop + position)


def _junk(text: bytes, pairs: list[tuple[int, int]], begin: int, stop: int) -> list[tuple[int, int]]:
    """Text between elements that is neither white space nor a comma."""
    found = []
    table = np.array(pairs, np.int64).reshape(-1, 2)
    starts = np.append(table[:, 0], stop)
    ends = np.insert(table[:, 1], 0, begin)
    for index in np.flatnonzero(starts - ends > 0):
        between = text[ends[index] : starts[index]]
        stripped = between.strip(b" \t\r\n,")
        if stripped:
            offset = int(ends[index]) + between.find(stripped)
            found.append((offset, offset + len(stripped)))
    return found


#: Backslashes in a row that are counted one by one; more is no text that anyone writes.
_SHORT_RUN = 16


def _quotes(octets: npt.NDArray[np.uint8]) -> Positions:
    """Quotes that are not escaped, from a place outside strings."""
    quotes = np.flatnonzero(octets == 34).astype(np.int64)
    maybe = np.flatnonzero((octets[np.maximum(quotes - 1, 0)] == 92) & (quotes > 0))
    kept = np.ones(len(quotes), np.bool_)
    kept[maybe[_backslashes(octets, quotes[maybe]) % 2 == 1]] = False
    return quotes[kept]


def _backslashes(octets: npt.NDArray[np.uint8], places: Positions) -> Positions:
    """How many stand before each place."""
    run = np.zeros(len(places), np.int64)
    left = np.arange(len(places))
    for distance in range(1, _SHORT_RUN + 1):
        left = left[places[left] >= distance]
        left = left[octets[places[left] - distance] == 92]
        if not len(left):
            return run
        run[left] = distance
    others = np.insert(np.flatnonzero(octets != 92), 0, -1)
    run[left] = places[left] - others[np.searchsorted(others, places[left]) - 1] - 1
    return run
