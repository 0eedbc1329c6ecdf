"""Events into sessions, in columns: one sort, no loop over events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.model.schema import UNIX_EPOCH_TICKS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Groups:
    """Which events form which session.

    Args:
        order: Event positions, session after session, in time order inside each.
        starts: Where each session begins in `order`.
        session: The session of each position of `order`.
        at: Ticks of each position of `order`.
    """

    order: Ints
    starts: Ints
    session: Ints
    at: Ints

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


def group(at: Ints, keys: list[Ints], gap: int) -> Groups:
    """Cut events into sessions: same keys, and no silence longer than `gap`.

    Args:
        at: Ticks, in any order; events of one instant keep their order.
        keys: One code array per key.
        gap: Ticks; a silence of exactly this length does not cut.
    """
    order = np.lexsort([at, *keys]).astype(np.int64)
    ordered = at[order]
    cut = np.zeros(len(order), dtype=np.bool_)
    if len(order):
        cut[0] = True
        cut[1:] = np.diff(ordered) > gap
        for key in keys:
            cut[1:] |= np.diff(key[order]) != 0
    return Groups(order, np.flatnonzero(cut).astype(np.int64), np.cumsum(cut).astype(np.int64) - 1, ordered)


def codes(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """A text column as codes and the texts they stand for."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):  # a column too long for one chunk of text
        encoded = encoded.combine_chunks()
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), encoded.dictionary.to_pylist()


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
