"""Where records begin and end in an item's text. One framer per way of writing many records into one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
NONE: Positions = np.empty(0, np.int64)


class Form(StrEnum):
    """How the text of one record is to be read."""

    JSON = "json"  # one JSON object
    CELLS = "cells"  # a JSON array with one value per column of the header
    CSV = "csv"  # one CSV row, the columns in the header
    REFUSED = "refused"  # nothing to read


@dataclass(frozen=True, slots=True)
class Header:
    """What stands once for many records.

    Args:
        names: Column names, in order.
        types: Their declared types ("string", "datetime" ...), "" where the evidence does not say.
        table: The table's own name when the evidence says so ("PrimaryResult" is none).
        delimiter: Between CSV cells.
        context: Names and texts of an envelope, as far as they stand before its array.
    """

    names: tuple[str, ...]
    types: tuple[str, ...] = ()
    table: str = ""
    delimiter: str = ","
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Spans:
    """Records found in a text.

    Args:
        starts: First byte of each record.
        ends: First byte after each record.
        form: How to read them.
        header: For CELLS and CSV, and for what an envelope says.
        touching: The records and the bytes between them (line ends) tile the text.
    """

    starts: Positions
    ends: Positions
    form: Form
    header: Header | None = None
    touching: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Bytes of the text that are no record."""

    start: int
    end: int
    reason: str


@dataclass(slots=True)
class Taken:
    """What a framer made of a text.

    Args:
        consumed: Bytes that need not be seen again.
        spans: Records in them.
        refused: Bytes that are no record but are not allowed to vanish.
        lines: Line ends in the consumed bytes, when the framer counted them anyway.
    """

    consumed: int
    spans: list[Spans] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    lines: int | None = None


class Framer(Protocol):
    """Finds records in a text that grows."""

    name: str

    def take(self, text: bytes, *, final: bool) -> Taken:
        """Find complete records from the start of `text`; what is not consumed comes again with more behind it."""
        ...


class LineFramer:
    """One record per line."""

    name = "JSON Lines"

    def take(self, text: bytes, *, final: bool) -> Taken:
        end = len(text) if final else text.rfind(b"\n") + 1
        if not end:
            return Taken(0)
        octets = np.frombuffer(text, np.uint8, count=end)
        breaks = np.flatnonzero(octets == 10).astype(np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), breaks + 1])
        ends = np.append(breaks, end)
        if starts[-1] == end:
            starts, ends = starts[:-1], ends[:-1]
        blank = _blank(octets, starts, ends)
        touching = not blank.any()
        if not touching:
            starts, ends = starts[~blank], ends[~blank]
        return Taken(end, [Spans(starts, ends, Form.JSON, touching=touching)], lines=len(breaks))


class RefusingFramer:
    """An item that is not evidence of any known form: one refusal for the whole of it."""

    name = "not recognised"

    def __init__(self, reason: str) -> None:
        self._reason = reason
        self._said = False

    def take(self, text: bytes, *, final: bool) -> Taken:
        if self._said or not text:
            return Taken(len(text))
        self._said = True
        return Taken(len(text), refused=[Refusal(0, len(text), self._reason)])


def _blank(octets: npt.NDArray[np.uint8], starts: Positions, ends: Positions) -> npt.NDArray[np.bool_]:
    """Lines that hold only white space."""
    blank = starts >= ends
    for index in np.flatnonzero(~blank & (octets[np.minimum(starts, len(octets) - 1)] <= 32)):
        blank[index] = not octets[starts[index] : ends[index]].tobytes().strip()
    return blank


def spans_of(pairs: Sequence[tuple[int, int]], form: Form, header: Header | None = None) -> Spans:
    """Spans from pairs of positions."""
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Spans(table[:, 0].copy(), table[:, 1].copy(), form, header)
