"""The identities of all rows of a case: which of these records are new?

Exact over 128-bit keys. Sorted runs of growing size (the newest of like size are merged); a full run goes to a file
and is mapped while it is searched, one at a time, so that memory does not grow with the case.
"""

from __future__ import annotations

import contextlib
import mmap
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Words = npt.NDArray[np.uint64]
    Flags = npt.NDArray[np.bool_]

#: Bytes of a key.
KEY_BYTES = 16
#: A run is merged into the one before it unless that is so many times as large ...
_MERGE_FACTOR = 4
#: ... or as large as this: merging needs its memory twice, and searching a run in a file needs all of it.
_FULL_RUN = 500_000


@dataclass(frozen=True, slots=True)
class _Run:
    """Keys in order of their first half; `low` is the second half."""

    high: Words
    low: Words


class _FiledRun:
    """A full run in a file without a name: all first halves, then all second halves. Mapped, not read."""

    def __init__(self, run: _Run, folder: Path) -> None:
        self.count = len(run.high)
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(run.high.data)
            file.write(run.low.data)
            file.flush()
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def contains(self, high: Words, low: Words) -> Flags:
        """Which of the keys are in the run. Its pages leave the memory of the process again."""
        found = _contains(_Run(*np.frombuffer(self._map, np.uint64).reshape(2, -1)), high, low)
        if hasattr(self._map, "madvise"):
            self._map.madvise(mmap.MADV_DONTNEED)
        return found


class KeySet:
    """A growing set of 16-byte keys.

    Args:
        folder: Where full runs are filed; all stay in memory when None, or when the folder has no room.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._filed: list[_FiledRun] = []
        self._runs: list[_Run] = []

    def __len__(self) -> int:
        return sum(run.count for run in self._filed) + sum(len(run.high) for run in self._runs)

    def known(self, keys: pa.Array) -> Flags:
        """For each key: is it in the set already, or earlier in `keys`?"""
        high, low = words(keys)
        order = np.argsort(high, kind="stable")  # the first of equals counts as new
        high_sorted, low_sorted = high[order], low[order]
        tied = high_sorted[1:] == high_sorted[:-1]
        if np.any(tied & (low_sorted[1:] != low_sorted[:-1])):  # different keys share their first half
            order = np.lexsort((low, high))
            high_sorted, low_sorted = high[order], low[order]
            tied = high_sorted[1:] == high_sorted[:-1]
        same = tied & (low_sorted[1:] == low_sorted[:-1])
        found_sorted = np.concatenate(([False], same)) if len(high) else np.zeros(0, dtype=np.bool_)
        for run in self._runs:
            found_sorted |= _contains(run, high_sorted, low_sorted)
        for filed in self._filed:
            found_sorted |= filed.contains(high_sorted, low_sorted)
        found = np.empty(len(high), dtype=np.bool_)
        found[order] = found_sorted
        return found

    def add(self, keys: pa.Array) -> None:
        """Take in keys that are not in the set."""
        high, low = words(keys)
        if not len(high):
            return
        order = np.argsort(high, kind="stable")
        self._runs.append(_Run(high[order], low[order]))
        while len(self._runs) > 1 and _worth_merging(len(self._runs[-2].high), len(self._runs[-1].high)):
            last, before = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(before, last))
        if self._folder is not None and len(self._runs[-1].high) >= _FULL_RUN:
            with contextlib.suppress(OSError):  # no room in the folder: memory serves as well
                self._filed.append(_FiledRun(self._runs[-1], self._folder))
                self._runs.pop()

    def add_all(self, batches: Iterable[pa.Array]) -> None:
        """Take in many batches, sorting a full run at a time."""
        held: list[pa.Array] = []
        for batch in batches:
            held.append(batch)
            if sum(map(len, held)) >= _FULL_RUN:
                self.add(pa.concat_arrays(held))
                held.clear()
        if held:
            self.add(pa.concat_arrays(held))


def _worth_merging(before: int, last: int) -> bool:
    return before < min(_MERGE_FACTOR * last, _FULL_RUN)


def words(keys: pa.Array) -> tuple[Words, Words]:
    """The two halves of each key."""
    data = np.frombuffer(keys.buffers()[1], dtype=np.uint64)
    data = data[2 * keys.offset : 2 * (keys.offset + len(keys))].reshape(-1, 2)
    return np.ascontiguousarray(data[:, 0]), np.ascontiguousarray(data[:, 1])


def _contains(run: _Run, high: Words, low: Words) -> Flags:
    """Which of the keys are in the run. Keys that share a first half stand beside each other: walk over them."""
    place = np.searchsorted(run.high, high)
    found = np.zeros(len(high), dtype=np.bool_)
    open_ = np.flatnonzero(place < len(run.high))
    while len(open_):
        at = place[open_]
        open_ = open_[run.high[at] == high[open_]]
        at = place[open_]
        equal = run.low[at] == low[open_]
        found[open_[equal]] = True
        open_ = open_[~equal]
        place[open_] += 1
        open_ = open_[place[open_] < len(run.high)]
    return found


def _merged(before: _Run, last: _Run) -> _Run:
    place = np.searchsorted(before.high, last.high) + np.arange(len(last.high))
    taken = np.zeros(len(before.high) + len(last.high), dtype=np.bool_)
    taken[place] = True
    high = np.empty(len(taken), dtype=np.uint64)
    low = np.empty(len(taken), dtype=np.uint64)
    high[place], low[place] = last.high, last.low
    high[~taken], low[~taken] = before.high, before.low
    return _Run(high, low)
