"""Cutting events into sessions: the columns agree with a loop that anybody can read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.model.schema import UNIX_EPOCH_TICKS
from keywitness.sessions.grouping import combined, first_of_each, group, iso, sorted_by, ticks


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
    assert sorted(made) == sorted(by_loop(events, gap))
    assert len(groups) == len(made)
    assert sum(len(g) for g in made) == len(events), "every event is in one session"


def test_a_silence_of_exactly_the_gap_does_not_cut() -> None:
    at = np.array([0, 30, 61], dtype=np.int64)
    same = np.zeros(3, dtype=np.int64)
    assert group(at, [same], 30).counts.tolist() == [2, 1]


def test_a_token_bridges_a_silence() -> None:
    """The same token within its life is the same visit; what another token or none does, is not."""
    at = np.array([0, 10, 70, 130, 300], dtype=np.int64)
    same = np.zeros(5, dtype=np.int64)
    token = np.array([4, -1, 4, 5, 5], dtype=np.int32)
    assert group(at, [same], 30, token, 90).counts.tolist() == [3, 1, 1]
    assert group(at, [same], 30).counts.tolist() == [2, 1, 1, 1]


def test_codes_of_many_keys_do_not_run_over() -> None:
    keys = [np.array([0, 2**31, 0], dtype=np.int64) for _ in range(4)]
    assert combined(keys, 3).tolist() == [0, 1, 0]


def test_positions_of_first() -> None:
    assert first_of_each(np.array([1, 0, 1, 2, 0], dtype=np.int64)).tolist() == [1, 0, 3]


@given(st.lists(st.integers(0, 200_000), max_size=40))
def test_sorted_by_is_stable(code: list[int]) -> None:
    made = sorted_by(np.array(code, dtype=np.int64), np.arange(len(code), dtype=np.int64))
    assert made.tolist() == sorted(range(len(code)), key=lambda n: code[n])


def test_facts_of_sessions() -> None:
    groups = group(np.array([0, 1, 100, 101], dtype=np.int64), [np.zeros(4, dtype=np.int64)], 10)
    flags = np.array([False, True, False, False])
    assert groups.any(flags).tolist() == [True, False]
    assert groups.sum(~flags).tolist() == [1, 2]
    assert groups.first(flags).tolist() == [1, 4]


def test_ends() -> None:
    groups = group(np.array([5, 0, 100], dtype=np.int64), [np.zeros(3, dtype=np.int64)], 10)
    assert groups.at[groups.starts].tolist() == [0, 100]
    assert groups.at[groups.ends].tolist() == [5, 100]


def test_times_of_every_unit_are_ticks() -> None:
    for unit, value in (("s", 2), ("ms", 2_000), ("us", 2_000_000), ("ns", 2_000_000_000)):
        column = pa.chunked_array([pa.array([value], pa.timestamp(unit, "UTC"))])
        assert ticks(column).tolist() == [UNIX_EPOCH_TICKS + 20_000_000]
    assert ticks(pa.chunked_array([pa.array([7], pa.int64())])).tolist() == [7]


def test_iso_keeps_the_seventh_digit() -> None:
    assert iso(UNIX_EPOCH_TICKS + 1) == "1970-01-01T00:00:00.0000001Z"
    assert iso(UNIX_EPOCH_TICKS - 1) == "1969-12-31T23:59:59.9999999Z"
