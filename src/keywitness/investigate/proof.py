"""For which hours the log of a vault is proven: the only hours of which "it was not read" may be said.

An hour is proven when records of the vault stand in it and nothing speaks against its being whole. An hour without a
record is never proven: an idle vault and a lost log look alike. Works on arrays, one cell per hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from keywitness.model.schema import TICKS_PER_SECOND

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

HOUR = 3_600 * TICKS_PER_SECOND

#: What speaks against an hour, and the words for it; the first that holds for a gap is its reason.
SETTING, BLOB, UNREADABLE, HEARTBEAT, EMPTY, OUTSIDE = 32, 16, 8, 4, 2, 1
WORDS = {
    SETTING: "a diagnostic setting of the vault was deleted or changed",
    BLOB: "the storage has no file of it, though it has one before and after",
    UNREADABLE: "records of that time could not be read",
    HEARTBEAT: "callers that always call are silent",
    EMPTY: "no record of the vault",
    OUTSIDE: "outside of the vault's first and last record",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """A time for which the log is not proven, in ticks; `end` is not in it.

    Args:
        doubts: Bits of what speaks against its hours.
    """

    start: int
    end: int
    doubts: int

    @property
    def reasons(self) -> tuple[str, ...]:
        """What speaks against it, in words."""
        return tuple(words for bit, words in WORDS.items() if self.doubts & bit)


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven of the log of one vault.

    Args:
        start: Tick at which the first hour begins.
        records: Records per hour.
        first: Tick of the first record of each hour; anything where there is none.
        last: Tick of the last record of each hour.
        doubts: Bits of what speaks against each hour, besides that it is empty.
    """

    start: int
    records: Ints
    first: Ints
    last: Ints
    doubts: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def proven(self) -> Bools:
        """Hours that are proven."""
        return np.asarray((self.records > 0) & (self.against == 0))

    @property
    def against(self) -> Ints:
        """What speaks against each hour."""
        given = self.doubts if len(self.doubts) else np.zeros(len(self.records), dtype=np.int64)
        return given | np.where(self.records > 0, 0, EMPTY)

    @property
    def span(self) -> tuple[int, int]:
        """First and last record of the vault; (0, 0) when it has none."""
        logged = np.flatnonzero(self.records)
        return (int(self.first[logged[0]]), int(self.last[logged[-1]])) if len(logged) else (0, 0)

    def gaps(self, since: int, until: int) -> tuple[Gap, ...]:
        """The parts of a time that are not proven, in order; none when all of it is.

        A gap reaches from the last record before it to the first one after it: that an hour has records proves it from
        its first to its last one, where its neighbours are not proven.

        Args:
            since: First tick of the time.
            until: Tick behind it.
        """
        if since >= until:
            return ()
        begin, end = self.span
        if not end:
            return (Gap(since, until, OUTSIDE),)
        found = [Gap(since, min(begin, until), OUTSIDE)] if since < begin else []
        for low, high in _runs(~self.proven):
            start = int(self.last[low - 1]) if low else begin
            stop = int(self.first[high + 1]) if high + 1 < len(self.records) else end
            doubts = int(np.bitwise_or.reduce(self.against[low : high + 1]))
            gap = Gap(max(start, since, begin), min(stop, until, end), doubts)
            if gap.start < gap.end:
                found.append(gap)
        if until > end + 1:
            found.append(Gap(max(end, since), until, OUTSIDE))
        return tuple(found)


def _runs(wanted: Bools) -> list[tuple[int, int]]:
    """First and last index of each run of true cells."""
    edges = np.diff(np.concatenate(([0], wanted.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))
