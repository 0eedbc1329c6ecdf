"""What many rows have in common (`evaluate basket`): all closed frequent patterns, counted exactly.

A pattern fixes the values of some columns. It is closed when no further column has one value in all of its rows: the
example of Microsoft's page `basket-plugin` lists such patterns only (a value that another one implies stands beside it
in one row), and its MaxDimensions counts "uncorrelated dimensions", the fewest values from which the others follow.

Rows that agree in all frequent values are one row with their weight from the start. Then Apriori: each set of n values
that do not follow from each other gives those of n + 1, all supports in one pass over its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.engine.kernels.kernel import NoExactAnswerError

Ints: TypeAlias = npt.NDArray[np.int64]

#: More sets of values than that make no summary of a table.
MOST_SETS = 20_000
#: Cells that may be looked at, about half a minute, and bytes that bit sets of values may take.
MOST_CELLS = 2_000_000_000
MOST_BYTES = 512 * 2**20
#: A double counts exactly up to here.
_MOST_WEIGHT = 2**53
_TOO_MANY = "basket() finds too many patterns here; raise the threshold, lower MaxDimensions, or project fewer columns"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One column in codes: 0 for a value that is not frequent, else the place in `values`, from 1."""

    codes: Ints
    values: pa.Array


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the rows share: a code for each column, 0 where they differ."""

    count: int
    codes: tuple[int, ...]

    def rank(self) -> tuple[int, int, tuple[int, ...]]:
        """Most rows first, then the plainest; the page says nothing of an order."""
        return -self.count, sum(code > 0 for code in self.codes), self.codes


def basket(
    rows: pa.Table, *, threshold: float, weight: str | None, dimensions: int, wildcards: Sequence[Any]
) -> pa.Table:
    """The patterns that at least a share of the rows has.

    Args:
        rows: The table.
        threshold: The least share.
        weight: The column that says for how many rows a row stands; it is no dimension.
        dimensions: The most values that make a pattern, those that follow from them not counted.
        wildcards: For each column, what stands for "any value".

    Raises:
        NoExactAnswerError: A value that cannot be told from a wildcard, weights that cannot be counted, or too many
            patterns.
    """
    weights = _weights(rows, weight)
    if weight is not None:
        rows, weights = rows.filter(pa.array(weights > 0)), weights[weights > 0]
    least = -int(-Fraction(repr(threshold)) * int(weights.sum()) // 1)
    names = [name for name in rows.column_names if name != weight]
    coded = [_coded(rows[name], weights, least) for name in names]
    for name, dimension in zip(names, coded, strict=True):
        _refuse_wildcards(name, dimension, wildcards[rows.column_names.index(name)])
    found = sorted(_closed(coded, weights, least, dimensions), key=Pattern.rank) if len(weights) and names else []
    counts = np.array([p.count for p in found], np.int64)
    columns: list[pa.Array] = [
        pa.array(range(len(found)), pa.int64()),
        pa.array(counts),
        pa.array(100.0 * counts / max(int(weights.sum()), 1)),
    ]
    for place, name in enumerate(rows.column_names):
        any_value = pa.array([wildcards[place]], rows[name].type)
        if name == weight:
            columns.append(any_value.take(pa.array([0] * len(found), pa.int64())))
            continue
        number = names.index(name)
        shown = pa.concat_arrays([any_value, coded[number].values])
        columns.append(shown.take(pa.array([p.codes[number] for p in found], pa.int64())))
    return pa.Table.from_arrays(columns, names=["SegmentId", "Count", "Percent", *rows.column_names])


# ---------------------------------------------------------------- rows in codes


def _weights(rows: pa.Table, name: str | None) -> Ints:
    if name is None:
        return np.ones(rows.num_rows, np.int64)
    column = rows[name]
    if column.null_count or (rows.num_rows and pc.min(column).as_py() < 0):
        raise NoExactAnswerError(f"basket(): the weight {name} is null or negative in a row; leave such rows out")
    try:
        weights = pc.cast(column, pa.int64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise NoExactAnswerError(
            f"basket(): the weight {name} is not a whole number in a row; convert it with tolong()"
        ) from error
    if weights.sum(dtype=np.float64) >= _MOST_WEIGHT:
        raise NoExactAnswerError(
            f"basket(): the weights {name} add up to more than can be counted exactly; divide them"
        )
    return np.asarray(weights, np.int64)


def _coded(column: pa.ChunkedArray, weights: Ints, least: int) -> Dimension:
    """The column with its frequent values numbered, the most frequent first."""
    if pa.types.is_floating(column.type):
        column = pc.add(column, 0.0)  # -0.0 and 0.0 are one value
    encoded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    counts = np.bincount(indices, weights=weights, minlength=len(encoded.dictionary)).astype(np.int64)
    frequent: list[int] = np.flatnonzero((counts >= least) & (counts > 0)).tolist()
    frequent.sort(key=lambda i: (-counts[i], str(encoded.dictionary[i])))
    numbers = np.zeros(len(encoded.dictionary), np.int64)
    numbers[frequent] = np.arange(1, len(frequent) + 1)
    return Dimension(numbers[indices], encoded.dictionary.take(pa.array(frequent, pa.int64())))


def _refuse_wildcards(name: str, dimension: Dimension, wildcard: Any) -> None:
    if wildcard in dimension.values.to_pylist():
        shown = "empty" if wildcard in ("", None) else repr(wildcard)
        raise NoExactAnswerError(
            f"basket(): {shown} is a frequent value of {name} and would look like 'any value'; give the type another "
            "wildcard, such as basket(0.05, '~', '~', '*', long(-1)), or project the column away"
        )


# ---------------------------------------------------------------- patterns


class _Rows:
    """The distinct rows: items (values of columns, numbered over all columns) and weights."""

    def __init__(self, coded: Sequence[Dimension], weights: Ints) -> None:
        self.sizes = [len(d.values) + 1 for d in coded]
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int64)
        kept, self.weights = _distinct([d.codes for d in coded], self.sizes, weights)
        self.number = len(kept)
        if self.number * sum(self.sizes) > 8 * MOST_BYTES:
            raise NoExactAnswerError(_TOO_MANY)
        self.items = np.stack([d.codes[kept] + start for d, start in zip(coded, self.starts, strict=True)], axis=1)
        self.items = self.items.astype(np.int32)
        self.bits = np.zeros((sum(self.sizes), -(-self.number // 8)), np.uint8)
        for column, (start, size) in enumerate(zip(self.starts, self.sizes, strict=True)):
            for item in range(start + 1, start + size):
                self.bits[item] = np.packbits(self.items[:, column] == item)

    def having(self, items: Sequence[int]) -> Ints:
        """The rows that have all of the items."""
        if not items:
            return np.arange(self.number)
        shared = np.bitwise_and.reduce(self.bits[list(items)], axis=0)
        return np.flatnonzero(np.unpackbits(shared, count=self.number))

    def supports(self, places: Ints) -> tuple[int, Ints]:
        """Of some rows: their weight, and the weight of each item among them."""
        weights = self.weights[places]
        listed = np.repeat(weights, len(self.sizes))
        counted = np.bincount(self.items[places].ravel(), weights=listed, minlength=len(self.bits)).astype(np.int64)
        counted[self.starts] = 0  # "not frequent" is no value
        return int(weights.sum()), counted


def _distinct(columns: Sequence[Ints], sizes: Sequence[int], weights: Ints) -> tuple[Ints, Ints]:
    """The first of each kind of row, and the weight of the kind."""
    key, kinds = np.zeros(len(weights), np.int64), 1
    for codes, size in zip(columns, sizes, strict=True):
        if kinds * size >= 2**62:
            key, kinds = _numbered(key)
        key, kinds = key * size + codes, kinds * size
    _, kept, inverse = np.unique(key, return_index=True, return_inverse=True)
    return kept, np.bincount(inverse, weights=weights).astype(np.int64)


def _numbered(key: Ints) -> tuple[Ints, int]:
    values, inverse = np.unique(key, return_inverse=True)
    return inverse.astype(np.int64), len(values)


def _closed(coded: Sequence[Dimension], weights: Ints, least: int, dimensions: int) -> Iterable[Pattern]:
    """The closed patterns that at most `dimensions` values make, each once."""
    rows = _Rows(coded, weights)
    found: dict[tuple[int, ...], Pattern] = {}
    # Sets of items and their weight. A set that one of its items follows from is left out: it makes no new pattern, and
    # neither does any larger set.
    sets: dict[tuple[int, ...], int] = {(): int(rows.weights.sum())}
    cells = seen = 0
    for size in range(dimensions + 1):
        larger: dict[tuple[int, ...], int] = {}
        for items in sets:
            places = rows.having(items)
            count, supports = rows.supports(places)
            cells, seen = cells + places.size * len(coded), seen + 1
            shared = np.flatnonzero(supports == count)
            if shared.size:
                pattern = _pattern(count, shared, rows)
                found[pattern.codes] = pattern
            more = np.flatnonzero((supports >= least) & (supports > 0) & (supports < count))
            for item in more[more > items[-1]].tolist() if items else more.tolist():
                support = int(supports[item])
                if size < dimensions and all(
                    sets.get((*items[:i], *items[i + 1 :], item), 0) > support for i in range(size)
                ):
                    larger[*items, item] = support
            if cells > MOST_CELLS or seen + len(larger) > MOST_SETS:
                raise NoExactAnswerError(_TOO_MANY)
        sets = larger
    return found.values()


def _pattern(count: int, items: Ints, rows: _Rows) -> Pattern:
    codes = [0] * len(rows.sizes)
    for item in items.tolist():
        place = int(np.searchsorted(rows.starts, item, side="right")) - 1
        codes[place] = item - int(rows.starts[place])
    return Pattern(count, tuple(codes))
