"""`rows_near` and `sequence_detect` against their definitions."""

from __future__ import annotations

import random
from typing import Any

import pytest

from keywitness import QueryError, query


def answered(text: str) -> list[tuple[Any, ...]]:
    return [tuple(r.values()) for r in query(text).to_pylist()]


@pytest.mark.parametrize("seed", range(6))
def test_rows_near_keeps_every_row_within_reach(seed: int) -> None:
    drawn = random.Random(seed)
    hits = [drawn.random() < 0.15 for _ in range(40)]
    before, after = drawn.randint(0, 3), drawn.randint(0, 3)
    listed = ", ".join(f"{i}, {'true' if h else 'false'}" for i, h in enumerate(hits))
    expected = [(i,) for i in range(40) if any(hits[max(0, i - after) : i + before + 1])]
    source = f"datatable(i:long, h:bool)[{listed}] | sort by i asc | evaluate"
    assert answered(f"{source} rows_near(h, {before}, {after}) | project i") == expected
    same = [(i,) for i in range(40) if any(hits[max(0, i - before) : i + before + 1])]
    assert answered(f"{source} rows_near(h, {before}) | project i") == same


def test_rows_near_needs_an_order_and_whole_numbers() -> None:
    with pytest.raises(QueryError, match="fixed order"):
        query("datatable(i:long)[1] | summarize by i | evaluate rows_near(i == 1, 1)")
    with pytest.raises(QueryError, match="whole number"):
        query("datatable(i:long)[1] | sort by i asc | evaluate rows_near(i == 1, -1)")


def test_rows_near_takes_a_null_condition_for_false_and_keeps_all_columns() -> None:
    rows = query("datatable(i:long, n:long)[1, 5, 2, long(null), 3, 7] | sort by i asc | evaluate rows_near(n > 6, 0)")
    assert rows.to_pylist() == [{"i": 3, "n": 7}]


EVENTS = """let T = datatable(t:long, s:string, u:string)[
    0, 'in', 'x', 1, 'in', 'x', 3, 'get', 'x', 4, 'get', 'x', 3, 'get', 'y', 5, 'out', 'x', 20, 'get', 'x']
    | extend at = datetime(2026-01-01) + t * 1h;
"""


def hours(rows: list[tuple[Any, ...]], *places: int) -> list[tuple[Any, ...]]:
    return sorted(
        tuple(int(r[p][11:13]) if isinstance(r[p], str) and "T" in r[p] else r[p] for p in places) for r in rows
    )


def test_sequence_detect_gives_every_pair_within_the_limits() -> None:
    """One first step goes with several second ones, and the other way round; the next pair alone would be too few."""
    rows = query(EVENTS + "T | evaluate sequence_detect(at, 3h, 5h, a=(s == 'in'), b=(s == 'get'), u)")
    assert [c.name for c in rows.columns] == ["u", "a_at", "b_at", "Duration"]
    found = [tuple(r.values()) for r in rows.to_pylist()]
    assert hours(found, 0, 1, 2) == [("x", 0, 3), ("x", 1, 3), ("x", 1, 4)]
    assert {r[3] for r in found} == {"02:00:00", "03:00:00"}


def test_sequence_detect_limits_each_step_and_the_whole() -> None:
    text = "T | where u == 'x' | evaluate sequence_detect(at, 3h, {whole}, a=s == 'in', b=s == 'get', c=s == 'out')"
    assert hours(answered(EVENTS + text.format(whole="9h")), 0, 1, 2) == [(0, 3, 5), (1, 3, 5), (1, 4, 5)]
    assert hours(answered(EVENTS + text.format(whole="4h")), 0, 1, 2) == [(1, 3, 5), (1, 4, 5)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("at, 3h, 9h, a=s == 'in', b=u == 'x'", "at the same moment"),
        ("at, 9h, 9h, a=s == 'in', b=s == 'get'", "the same moments twice"),
        ("at, 9h, 9h, s == 'in', s == 'get'", "does not take"),
        ("at, 9h, 9h, a=s == 'in', s == 'get', b=s == 'out'", "a step needs a name"),
        ("t, 9h, 9h, a=s == 'in', b=s == 'get'", "datetime is expected"),
        ("at, 9, 9h, a=s == 'in', b=s == 'get'", "timespan is expected"),
    ],
)
def test_sequence_detect_refuses_what_its_page_leaves_open(arguments: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        query(f"{EVENTS} T | evaluate sequence_detect({arguments})")


def test_a_sequence_stays_within_its_dimension_and_nulls_are_one() -> None:
    data = """datatable(t:datetime, s:string, n:long)[datetime(2026-01-01 00:00), 'a', long(null),
        datetime(2026-01-01 01:00), 'b', long(null), datetime(2026-01-01 02:00), 'b', 7]"""
    rows = answered(f"{data} | evaluate sequence_detect(t, 1d, 1d, a=s == 'a', b=s == 'b', n)")
    assert hours(rows, 0, 1, 2) == [(None, 0, 1)]
