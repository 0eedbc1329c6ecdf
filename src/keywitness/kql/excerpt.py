"""Where a diagnostic points: line, column and an excerpt that no control character can disturb."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from keywitness.model.text import visible as escaped

#: Columns of query text that an excerpt shows before it cuts.
EXCERPT_WIDTH = 110
_TAB = "    "


class Place(NamedTuple):
    """Line and column, both from 1; columns count characters."""

    line: int
    column: int


def locate(text: str, offset: int) -> Place:
    """Line and column of an offset. Lines end at LF, CRLF or a lone CR."""
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return Place(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def visible(text: str) -> str:
    """The text with tabs as spaces and every character that could disturb a terminal spelled out."""
    return escaped(text.replace("\t", _TAB))


def excerpt(text: str, start: int, end: int, *, first_line: int = 1, label: str = "") -> str:
    """The line of `start` with carets under `start..end` and a label behind them: two lines, no last newline."""
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    stops = [p for p in (text.find("\n", line_start), text.find("\r", line_start)) if p >= 0]
    line_end = max(min(stops, default=len(text)), start)
    end = max(start, min(end, line_end))
    left, head = _cut_left(text[line_start:start])
    room = max(EXCERPT_WIDTH - _width(left + head), 20)
    marked, tail = text[start:end], text[end:line_end]
    shown_mark = visible(marked[:room])
    shown_tail = visible(tail[: max(room - len(marked), 0)])
    dots = "…" if len(marked) + len(tail) > room else ""
    number = str(locate(text, start).line + first_line - 1)
    carets = "^" * max(_width(shown_mark), 1)
    gutter = f"{number} | "
    pad = " " * len(number) + " | " + " " * _width(left + head)
    return f"{gutter}{left}{head}{shown_mark}{shown_tail}{dots}\n{pad}{carets}{' ' + label if label else ''}"


def _cut_left(before: str) -> tuple[str, str]:
    """What stands before the mark: an ellipsis or nothing, then the part that fits."""
    room = EXCERPT_WIDTH - 30
    if len(before) <= room:
        return "", visible(before)
    return "…", visible(before[-room:])


def _width(text: str) -> int:
    """Columns a terminal gives to the text."""
    return sum(_columns(c) for c in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
