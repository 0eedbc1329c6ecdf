"""Closed frequent patterns, against an enumeration of all sets of values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from keywitness.engine.kernels.kernel import NoExactAnswerError
from keywitness.engine.tabular import patterns

ANY = "*"


def mined(rows: pa.Table, threshold: float = 0.05, weight: str | None = None, dimensions: int = 5) -> list[Any]:
    """The patterns without their numbers: count and values."""
    wildcards = [ANY if pa.types.is_string(t) else -1 for t in rows.schema.types]
    found = patterns.basket(rows, threshold=threshold, weight=weight, dimensions=dimensions, wildcards=wildcards)
    assert found["SegmentId"].to_pylist() == list(range(found.num_rows))
    return [(row["Count"], *list(row.values())[3:]) for row in found.to_pylist()]


def enumerated(rows: list[tuple[Any, ...]], least: float, dimensions: int) -> Iterator[tuple[Any, ...]]:
    """Every set of at most so many values, closed: what its rows agree in."""
    width = len(rows[0])
    for size in range(dimensions + 1):
        for places in combinations(range(width), size):
            for values in {tuple(row[p] for p in places) for row in rows}:
                having = [r for r in rows if tuple(r[p] for p in places) == values]
                if len(having) >= least * len(rows):
                    closed = [having[0][p] if all(r[p] == having[0][p] for r in having) else ANY for p in range(width)]
                    if any(value != ANY for value in closed):
                        yield (len(having), *closed)


@pytest.mark.parametrize("seed", range(25))
def test_all_patterns_and_no_others(seed: int) -> None:
    random = Random(seed)
    width, depth = random.randint(1, 5), random.randint(1, 5)
    choices = [random.choice(["ab", "abc", "aaaab", "x"]) for _ in range(width)]
    rows = [tuple(random.choice(c) for c in choices) for _ in range(random.randint(1, 30))]
    if width > 2:  # one column that another decides
        rows = [(*row[:-1], row[0].upper()) for row in rows]
    table = pa.table({f"c{i}": [row[i] for row in rows] for i in range(width)})
    threshold = random.choice([0.015, 0.1, 0.3, 1])
    assert sorted(mined(table, threshold, dimensions=depth)) == sorted(set(enumerated(rows, threshold, depth)))


def test_a_value_that_another_implies_makes_no_pattern_of_its_own() -> None:
    """As in the page's example: no damage means no damage to crops, so there is no row for no damage alone."""
    table = pa.table({"damage": ["no", "no", "yes", "yes"], "crops": ["0", "0", "0", "5"]})
    assert mined(table, 0.5) == [(3, ANY, "0"), (2, "yes", ANY), (2, "no", "0")]


def test_what_is_implied_does_not_count_as_a_dimension() -> None:
    table = pa.table({"a": ["x", "x", "y", "y"], "b": ["1", "1", "2", "2"], "c": ["p", "q", "p", "q"]})
    assert mined(table, 0.5, dimensions=1) == [
        (2, ANY, ANY, "p"),
        (2, ANY, ANY, "q"),
        (2, "x", "1", ANY),
        (2, "y", "2", ANY),
    ]
    assert mined(table, 0.25, dimensions=2)[4:] == [(1, *values) for values in
        [("x", "1", "p"), ("x", "1", "q"), ("y", "2", "p"), ("y", "2", "q")]]  # fmt: skip


def test_a_share_that_is_met_exactly_is_frequent() -> None:
    """0.1 + 0.2 of doubles is more than 0.3: three rows of ten are 0.3 of them."""
    table = pa.table({"a": ["x"] * 3 + list("abcdefg")})
    assert mined(table, 0.3) == [(3, "x")]
    assert mined(table, 0.31) == []


def test_weights_stand_for_rows_and_are_no_dimension() -> None:
    table = pa.table({"a": ["x", "y", "z"], "w": pa.array([7, 3, 0], pa.int64())})
    assert mined(table, 0.3, weight="w") == [(7, "x", -1), (3, "y", -1)]


def test_a_row_of_no_weight_is_no_row() -> None:
    """Else the pattern of both columns would stand there twice, with and without the row of no weight."""
    table = pa.table({"a": ["x", "x"], "b": ["1", "2"], "w": pa.array([1, 0], pa.int64())})
    assert mined(table, 0.5, weight="w") == [(1, "x", "1", -1)]


@pytest.mark.parametrize("weights", [[1.5, 2.0], [-1.0, 2.0], [None, 1.0]])
def test_weights_that_are_no_counts_are_refused(weights: list[float]) -> None:
    with pytest.raises(NoExactAnswerError, match="weight w"):
        mined(pa.table({"a": ["x", "y"], "w": weights}), weight="w")


def test_a_frequent_value_that_looks_like_any_value_is_refused() -> None:
    with pytest.raises(NoExactAnswerError, match="of a and would look like 'any value'"):
        mined(pa.table({"a": ["*", "*", "b"]}))
    assert mined(pa.table({"a": ["*", *"b" * 30]}), 0.1) == [(30, "b")]


def test_nulls_are_values() -> None:
    assert mined(pa.table({"a": pa.array([None, None, 5], pa.int64())}), 0.5) == [(2, None)]


def test_nothing_of_nothing() -> None:
    assert mined(pa.table({"a": pa.array([], pa.string())})) == []
    assert mined(pa.table({"w": pa.array([1], pa.int64())}), weight="w") == []


def test_too_many_patterns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(1)
    table = pa.table({f"c{i}": [random.choice("ab") for _ in range(200)] for i in range(12)})
    monkeypatch.setattr(patterns, "MOST_SETS", 500)
    with pytest.raises(NoExactAnswerError, match="too many patterns"):
        mined(table, 0.015)


def test_more_kinds_of_rows_than_a_number_holds() -> None:
    """Forty columns of four values: their combinations are numbered again before they leave 64 bits."""
    random = Random(2)
    columns = {f"c{i:02}": [random.choice("abcd") for _ in range(100)] for i in range(40)}
    found = mined(pa.table(columns), 0.2, dimensions=1)
    singles = {(n, name, v) for name, vs in columns.items() for v in "abcd" if (n := vs.count(v)) >= 20}
    assert len(found) == len(singles)
    assert sorted(row[0] for row in found) == sorted(n for n, _, _ in singles)
