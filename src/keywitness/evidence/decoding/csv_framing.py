"""Rows of CSV exports. A line end inside a quoted cell does not end a row."""

from __future__ import annotations

import csv

import numpy as np

from keywitness.evidence.decoding.framing import Form, Header, Spans, Taken
from keywitness.evidence.decoding.json_framing import unique

_DELIMITERS = ",;\t|"


class CsvFramer:
    """A header row, then one record per row.

    Args:
        delimiter: Between cells.
    """

    name = "CSV"

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._header: Header | None = None

    def take(self, text: bytes, *, final: bool) -> Taken:
        octets = np.frombuffer(text, np.uint8)
        breaks = np.flatnonzero(octets == 10).astype(np.int64)
        quotes = np.flatnonzero(octets == 34)
        outside = breaks[(np.searchsorted(quotes, breaks) & 1) == 0] if len(quotes) else breaks
        end = len(text) if final else (int(outside[-1]) + 1 if len(outside) else 0)
        if not end:
            return Taken(0)
        outside = outside[outside < end]
        starts = np.concatenate([np.zeros(1, np.int64), outside + 1])
        ends = np.append(outside, end)
        filled = np.array([bool(text[s:e].strip()) for s, e in zip(starts, ends, strict=True)], np.bool_)
        starts, ends = starts[filled], ends[filled]
        if self._header is None and len(starts):
            first = text[starts[0] : ends[0]].decode("utf-8", "backslashreplace").encode()
            names = cells(first, self._delimiter)
            self._header = Header(tuple(unique([n.strip() for n in names])), delimiter=self._delimiter)
            starts, ends = starts[1:], ends[1:]
        return Taken(end, [Spans(starts, ends, Form.CSV, self._header)])


def cells(row: bytes, delimiter: str) -> list[str]:
    """The cells of one CSV row, which may hold line ends inside quotes.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
        csv.Error: It cannot be read as CSV.
    """
    text = row.decode().rstrip("\r\n")
    if len(text) > csv.field_size_limit():
        csv.field_size_limit(len(text))
    return next(csv.reader([text], delimiter=delimiter), [])


def csv_delimiter(head: str) -> str | None:
    """The delimiter, when the first line looks like a header of a table with at least two columns."""
    line = head.split("\n", 1)[0].rstrip("\r")
    if line[:1] in ("{", "[", "<") or not line:
        return None
    for delimiter in sorted(_DELIMITERS, key=line.count, reverse=True):
        if delimiter not in line:
            continue
        try:
            names = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue
        if len(names) > 1 and all(_is_name(n) for n in names if n):
            return delimiter
    return None


def _is_name(text: str) -> bool:
    return bool(text.strip()) and len(text) < 256 and text.isprintable() and "{" not in text and "}" not in text
