"""Callers that always call: habit, silence beyond chance, and what all of them say together."""

from __future__ import annotations

import numpy as np

from keywitness.investigate.heartbeat import heartbeats, silent_hours


def hours(days: int, *silent: tuple[int, int], begin: int = 0) -> np.ndarray:
    present = np.ones(24 * days, dtype=np.bool_)
    present[:begin] = False
    for first, last in silent:
        present[first : last + 1] = False
    return present


def test_a_silence_of_three_hours_after_days_of_calls_is_no_chance() -> None:
    (beat,) = heartbeats({"svc": hours(7, (100, 102))})
    assert (beat.called, beat.hours, beat.since) == (165, 168, 0)
    assert [(a, b) for a, b, _ in beat.silences] == [(100, 102)]
    assert beat.silences[0][2] < 0.001


def test_one_missed_hour_is_chance() -> None:
    (beat,) = heartbeats({"svc": hours(7, (100, 100))})
    assert beat.silences == ()


def test_a_lost_week_does_not_hide_the_habit() -> None:
    """Measured over the whole time, the caller called in 77 % of the hours: no habit, no gap. The days tell better."""
    (beat,) = heartbeats({"svc": hours(30, (240, 240 + 167))})
    assert [(a, b) for a, b, _ in beat.silences] == [(240, 407)]


def test_the_silence_at_the_end_counts() -> None:
    (beat,) = heartbeats({"svc": hours(6, (100, 143))})
    assert [(a, b) for a, b, _ in beat.silences] == [(100, 143)]


def test_office_hours_and_short_histories_are_no_heartbeat() -> None:
    office = np.zeros(24 * 14, dtype=np.bool_)
    office.reshape(14, 24)[:, 8:18] = True
    assert heartbeats({"office": office, "new": hours(2), "nobody": np.zeros(48, dtype=np.bool_)}) == ()


def test_one_silent_caller_among_several_is_its_own_affair() -> None:
    beats = heartbeats({"a": hours(7, (100, 110)), "b": hours(7)})
    assert not silent_hours(beats, 168).any()
    both = heartbeats({"a": hours(7, (100, 110)), "b": hours(7, (105, 120))})
    assert np.flatnonzero(silent_hours(both, 168)).tolist() == list(range(105, 111))


def test_a_caller_that_had_not_begun_is_not_expected() -> None:
    beats = heartbeats({"late": hours(10, begin=100)})
    assert not silent_hours(beats, 240).any()
