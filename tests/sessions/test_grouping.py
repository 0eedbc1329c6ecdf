"""Cutting events into sessions: the columns agree with a loop that anybody can read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.model.schema import UNIX_EPOCH_TICKS
from keywitness.sessions.grouping import codes, group, iso, ticks


def by_loop(events: list[tuple[int, int, int]], gap: int) -> list[list[int]]:
    """Sessions as lists of event positions, one event at a time."""
    sessions: list[list[int]] = []
    for position in sorted(range(len(events)), key=lambda n: (events[n][1], events[n][2], events[n][0], n)):
        at, caller, address = events[position]
        if sessions:
            last_at, last_caller, last_address = events[sessions[-1][-1]]
            if (caller, address) == (last_caller, last_address) and at - last_at <= gap:
                sessions[-1].append(position)
                continue
        sessions.append([position])
    return sessions


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 2), st.integers(0, 2)), max_size=60), st.integers(0, 40))
def test_columns_agree_with_the_loop(events: list[tuple[int, int, int]], gap: int) -> None:
    at, caller, address = (np.array([e[n] for e in events], dtype=np.int64) for n in range(3))
    groups = group(at, [address, caller], gap)
    made = [groups.order[s : s + c].tolist() for s, c in zip(groups.starts, groups.counts, strict=True)]
    assert made == by_loop(events, gap)
    assert len(groups) == len(made)
    assert sum(len(g) for g in made) == len(events), "every event is in one session"


def test_a_silence_of_exactly_the_gap_does_not_cut() -> None:
    at = np.array([0, 30, 61], dtype=np.int64)
    same = np.zeros(3, dtype=np.int64)
    assert group(at, [same], 30).counts.tolist() == [2, 1]


def test_ends() -> None:
    groups = group(np.array([5, 0, 100], dtype=np.int64), [np.zeros(3, dtype=np.int64)], 10)
    assert groups.at[groups.starts].tolist() == [0, 100]
    assert groups.at[groups.ends].tolist() == [5, 100]


def test_codes_stand_for_texts() -> None:
    code, names = codes(pa.chunked_array([["b", "a"], ["b"]]))
    assert [names[c] for c in code] == ["b", "a", "b"]


def test_times_of_every_unit_are_ticks() -> None:
    for unit, value in (("s", 2), ("ms", 2_000), ("us", 2_000_000), ("ns", 2_000_000_000)):
        column = pa.chunked_array([pa.array([value], pa.timestamp(unit, "UTC"))])
        assert ticks(column).tolist() == [UNIX_EPOCH_TICKS + 20_000_000]
    assert ticks(pa.chunked_array([pa.array([7], pa.int64())])).tolist() == [7]


def test_iso_keeps_the_seventh_digit() -> None:
    assert iso(UNIX_EPOCH_TICKS + 1) == "1970-01-01T00:00:00.0000001Z"
    assert iso(UNIX_EPOCH_TICKS - 1) == "1969-12-31T23:59:59.9999999Z"
