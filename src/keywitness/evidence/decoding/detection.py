"""Which framer fits an item, decided from its first bytes."""

from __future__ import annotations

import re

from keywitness.evidence.decoding.csv_framing import CsvFramer, csv_delimiter
from keywitness.evidence.decoding.framing import Framer, LineFramer, RefusingFramer
from keywitness.evidence.decoding.json_framing import ENVELOPES, JsonFramer
from keywitness.evidence.decoding.json_record import parse_json
from keywitness.evidence.decoding.row import Unfit

#: Lines looked at before a text is called unrecognised.
_LINES = 50
_LOOK = 1 << 20
_ENVELOPE = re.compile(rb'\{\s*"(?:%s|tables|Tables)"\s*:\s*\[' % "|".join(ENVELOPES).encode())


def choose_framer(text: bytes) -> Framer:
    """Choose by content.

    Args:
        text: The start of the item, not only white space.
    """
    start = text.lstrip()
    if start.startswith(b"<"):
        return RefusingFramer("an HTML or XML page, not a log (an error page saved under a log's name?)")
    if start.startswith(
        (b"SQLite format 3\0", b"PAR1", b"%PDF-", b"\x89PNG", b"MZ", b"\x7fELF", b"BZh", b"\xfd7zXZ\0")
    ):
        return RefusingFramer("a binary file of a kind that holds no log records here")
    if start.startswith(b"["):
        return JsonFramer()
    if start.startswith(b"{"):
        return _for_objects(start)
    if b'{"' in _first_line(start) or _lines_are_objects(start):
        return LineFramer()
    delimiter = csv_delimiter(start[:65_536].decode("utf-8", "replace"))
    if delimiter is not None and b"\0" not in start[:4096]:
        return CsvFramer(delimiter)
    return RefusingFramer("not recognised: neither JSON nor CSV")


def _for_objects(start: bytes) -> Framer:
    line = _first_line(start)
    if _ENVELOPE.match(start):
        return JsonFramer()
    try:
        value = parse_json(line)
    except Unfit:
        return LineFramer() if _damaged(line) else JsonFramer()
    if isinstance(value, dict) and any(
        isinstance(value.get(n), list) and value[n] and isinstance(value[n][0], dict) for n in (*ENVELOPES, "tables")
    ):
        return JsonFramer()
    if isinstance(value, dict) and value.get("value") == []:
        return JsonFramer()  # an empty page
    return LineFramer()


def _lines_are_objects(text: bytes) -> bool:
    """Some line after the first is a JSON object of its own."""
    for line in text[:_LOOK].split(b"\n", _LINES)[1:_LINES]:
        stripped = line.strip()
        if stripped.startswith(b"{") and stripped.endswith(b"}") and len(stripped) > 2 and b":" in stripped:
            try:
                parse_json(stripped)
            except Unfit:
                continue
            return True
    return False


def _first_line(text: bytes) -> bytes:
    end = text.find(b"\n")
    return text if end < 0 else text[:end]


def _damaged(line: bytes) -> bool:
    """A long first line that is no complete object: a cut or spoilt line, not pretty printing."""
    line = line.rstrip()
    return len(line) > 2 and line.count(b'":') > 1 and not line.endswith((b"{", b"[", b","))
