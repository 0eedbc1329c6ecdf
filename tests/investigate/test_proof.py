"""Which hours are proven: those with records that nothing speaks against; edges are exact."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.investigate.proof import BLOB, EMPTY, HEARTBEAT, HOUR, OUTSIDE, SETTING, Gap, Proof

T0 = 17_750_000 * HOUR  # in 2025


def proof(records: list[int], doubts: list[int] | None = None) -> Proof:
    """Records of each hour at its minutes 10 and 50."""
    hours = T0 + np.arange(len(records), dtype=np.int64) * HOUR
    made = np.array(doubts or [0] * len(records), dtype=np.int64)
    return Proof(T0, np.array(records, dtype=np.int64), hours + HOUR // 6, hours + HOUR * 5 // 6, made)


def at(hour: float) -> int:
    return T0 + round(hour * HOUR)


def test_full_hours_have_no_gap() -> None:
    p = proof([1, 2, 3])
    assert p.gaps(p.span[0], p.span[1] + 1) == ()


def test_a_gap_reaches_from_the_last_record_to_the_next() -> None:
    p = proof([1, 0, 0, 1])
    (gap,) = p.gaps(at(0.2), at(3.5))
    assert gap == Gap(at(5 / 6), at(3 + 1 / 6), EMPTY)
    assert gap.reasons == ("no record of the vault",)


def test_only_the_part_in_question_is_told() -> None:
    p = proof([1, 0, 0, 1])
    assert p.gaps(at(1.5), at(1.75)) == (Gap(at(1.5), at(1.75), EMPTY),)
    assert p.gaps(at(0.2), at(0.5)) == ()
    assert p.gaps(at(3.2), at(3.5)) == ()


def test_before_the_first_and_after_the_last_record_nothing_is_proven() -> None:
    p = proof([1, 1])
    before, after = p.gaps(at(-1), at(3))
    assert before == Gap(at(-1), at(1 / 6), OUTSIDE)
    assert after == Gap(at(1 + 5 / 6), at(3), OUTSIDE)


@pytest.mark.parametrize("doubt", [HEARTBEAT, SETTING, BLOB])
def test_records_prove_nothing_where_something_speaks_against_them(doubt: int) -> None:
    p = proof([1, 5, 1], [0, doubt, 0])
    (gap,) = p.gaps(*p.span)
    assert (gap.start, gap.end, gap.doubts) == (at(5 / 6), at(2 + 1 / 6), doubt)


def test_no_record_at_all_is_one_gap() -> None:
    assert proof([0, 0]).gaps(at(0), at(2)) == (Gap(at(0), at(2), OUTSIDE),)


hours = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 0, 0, HEARTBEAT, BLOB])), min_size=1, max_size=40)


@settings(max_examples=300, deadline=None)
@given(hours, st.integers(-5 * 60, 45 * 60), st.integers(1, 50 * 60))
def test_every_unproven_minute_lies_in_a_gap(cells: list[tuple[int, int]], begin: int, length: int) -> None:
    """The one thing that must hold: an hour without proof inside the time is never passed over."""
    p = proof([r for r, _ in cells], [d for _, d in cells])
    since, until = at(begin / 60), at((begin + length) / 60)
    gaps = p.gaps(since, until)
    assert all(since <= g.start < g.end <= until for g in gaps)
    assert all(a.end <= b.start for a, b in pairwise(gaps))
    proven = p.proven
    minutes = np.arange(since, until, HOUR // 60)
    covered = np.zeros(len(minutes), dtype=np.bool_)
    for gap in gaps:
        covered |= (minutes >= gap.start) & (minutes < gap.end)
    places = (minutes - T0) // HOUR
    inside = (places >= 0) & (places < len(cells))
    unproven = ~inside
    unproven[inside] = ~proven[places[inside]]
    assert bool(np.all(covered[unproven]))
