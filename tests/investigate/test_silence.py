"""When silence says something: not at night, not over a weekend that is always quiet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from keywitness.investigate.silence import silences

WEEK = 168


def spans(hours: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    return [(s.first, s.last) for s in silences(hours)]


def steady(hours: int, records: int = 5) -> npt.NDArray[np.int64]:
    return np.full(hours, records, dtype=np.int64)


def test_a_steady_vault_that_falls_silent() -> None:
    hours = steady(2 * WEEK)
    hours[100:119] = 0
    assert spans(hours) == [(100, 118)]


def test_short_silence_is_no_news() -> None:
    hours = steady(2 * WEEK)
    hours[100:105] = 0
    assert spans(hours) == []


def test_nights_and_weekends_are_habit() -> None:
    hours = steady(4 * WEEK)
    for hour in range(len(hours)):
        day, clock = divmod(hour, 24)
        if day % 7 >= 5 or not 8 <= clock < 18:
            hours[hour] = 0
    assert spans(hours) == []
    hours[2 * WEEK + 8 : 2 * WEEK + 42] = 0  # Monday and Tuesday of the third week
    assert [(first <= 2 * WEEK + 8, last >= 2 * WEEK + 41) for first, last in spans(hours)] == [(True, True)]


def test_late_begin_and_early_end() -> None:
    hours = steady(2 * WEEK)
    hours[:60] = 0
    hours[-140:] = 0
    assert spans(hours) == [(0, 59), (196, 335)]


def test_a_vault_that_is_hardly_used_is_not_silent() -> None:
    hours = steady(4 * WEEK, 0)
    hours[[10, 200, 450]] = 1
    assert spans(hours) == []


def test_without_another_week_the_ordinary_pause_decides() -> None:
    hours = steady(72)
    hours[30:45] = 0
    assert spans(hours) == [(30, 44)]
    few = steady(72, 0)
    few[::12] = 3
    assert spans(few) == []


def test_no_records_at_all_is_for_others_to_say() -> None:
    assert spans(steady(100, 0)) == []
    assert spans(np.zeros(0, dtype=np.int64)) == []
