"""Events into sessions, in columns: one sort, no loop over events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.model.schema import UNIX_EPOCH_TICKS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: Products of codes stay below this.
_MOST_CODES = 2**62


@dataclass(frozen=True, slots=True)
class Groups:
    """Which events form which session.

    Args:
        order: Event positions, session after session, in time order inside each.
        starts: Where each session begins in `order`.
        session: The session of each position of `order`.
        at: Ticks of each position of `order`.
        key: What the sessions of one caller, application, address and client have in common, per session.
    """

    order: Ints
    starts: Ints
    session: Ints
    at: Ints
    key: Ints

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def counts(self) -> Ints:
        """Events per session."""
        return np.diff(np.append(self.starts, len(self.order)))

    @property
    def ends(self) -> Ints:
        """Last position of each session in `order`."""
        return self.starts + self.counts - 1

    def any(self, flags: Bools) -> Bools:
        """Sessions in which a flag stands, from flags in `order`."""
        found = np.zeros(len(self), dtype=np.bool_)
        found[self.session[np.flatnonzero(flags)]] = True
        return found

    def sum(self, flags: Bools) -> Ints:
        """How often a flag stands in each session, from flags in `order`."""
        return np.bincount(self.session[np.flatnonzero(flags)], minlength=len(self)).astype(np.int64)

    def first(self, flags: Bools) -> Ints:
        """The first position of `order` with a flag in each session; the number of events where there is none."""
        made = np.full(len(self), len(self.order), dtype=np.int64)
        positions = np.flatnonzero(flags)[::-1]
        made[self.session[positions]] = positions  # backwards, so that the first is what stays
        return made


def group(
    at: Ints, keys: Sequence[npt.NDArray[Any]], gap: int, token: npt.NDArray[Any] | None = None, token_gap: int = 0
) -> Groups:
    """Cut events into sessions: same keys, and no silence longer than `gap`.

    Args:
        at: Ticks, in any order; events of one instant keep their order.
        keys: One array of codes per key, from 0.
        gap: Ticks; a silence of exactly this length does not cut.
        token: Codes of tokens, negative where the event has none. A silence between two requests with one token cuts
            only beyond `token_gap`.
    """
    key = combined(keys, len(at))
    order = sorted_by(key, np.argsort(at, kind="stable").astype(np.int64))
    at, key = at[order], key[order]
    cut = np.zeros(len(order), dtype=np.bool_)
    if len(order):
        silence = np.diff(at)
        cut[0] = True
        cut[1:] = silence > gap
        if token is not None:
            cut[1:] &= ~(_continued(token[order]) & (silence <= token_gap))
        cut[1:] |= np.diff(key) != 0
    starts = np.flatnonzero(cut).astype(np.int64)
    return Groups(order, starts, np.cumsum(cut).astype(np.int64) - 1, at, key[starts])


def _continued(token: npt.NDArray[Any]) -> Bools:
    """Per event after the first: it shows the token that was shown last before it."""
    shown = np.maximum.accumulate(np.where(token >= 0, np.arange(len(token)), 0))
    last = token[shown[:-1]]
    same: Bools = (token[1:] >= 0) & (token[1:] == last)
    return same


def combined(keys: Sequence[npt.NDArray[Any]], count: int) -> Ints:
    """One code for each combination that occurs, numbered from 0 in order of appearance."""
    code, size = np.zeros(count, dtype=np.int64), 1
    for key in keys:
        width = int(key.max()) + 1 if count else 1
        if size * width > _MOST_CODES:
            code = _numbered(code)
            size = int(code.max()) + 1
        code = code * width + key
        size *= width
    return _numbered(code)


def _numbered(code: Ints) -> Ints:
    encoded = pa.array(code).dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def first_of_each(code: Ints) -> Ints:
    """The first position of each code; codes are numbered from 0 without holes."""
    first = np.empty(int(code.max()) + 1 if len(code) else 0, dtype=np.int64)
    first[code[::-1]] = np.arange(len(code) - 1, -1, -1)
    return first


def sorted_by(code: Ints, order: Ints) -> Ints:
    """An order made stable by code: sixteen bits at a time, which NumPy sorts in linear time."""
    for shift in range(0, int(code.max()).bit_length() if len(code) else 0, 16):
        digit = ((code >> shift) & 0xFFFF).astype(np.uint16)
        order = order[np.argsort(digit[order], kind="stable")]
    return order


def ticks(column: pa.ChunkedArray) -> Ints:
    """A time column as ticks of 100 ns since year 1."""
    if pa.types.is_timestamp(column.type):
        unit = {"s": 10_000_000, "ms": 10_000, "us": 10}.get(column.type.unit)
        whole = pc.cast(column, pa.int64()).to_numpy()
        since_epoch = whole // 100 if unit is None else whole * unit
        return np.asarray(since_epoch + UNIX_EPOCH_TICKS, dtype=np.int64)
    return np.asarray(column.to_numpy(), dtype=np.int64)


def iso(at: int) -> str:
    """Ticks as ISO 8601 UTC, seven digits.

    Example:
        >>> iso(621355968000000001)
        '1970-01-01T00:00:00.0000001Z'
    """
    seconds, rest = divmod(int(at) - UNIX_EPOCH_TICKS, 10_000_000)
    return f"{np.datetime64(seconds, 's')}.{rest:07}Z"
