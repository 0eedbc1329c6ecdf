from datetime import UTC, datetime, timedelta

import pytest

from keywitness.report.pictures.axis import Axis

START = datetime(2026, 3, 14, 8, 52, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "span",
    [timedelta(seconds=9), timedelta(minutes=70), timedelta(hours=30), timedelta(days=12), timedelta(days=400),
     timedelta(days=9_000)],
)  # fmt: skip
def test_ticks_are_few_and_inside(span):
    ticks = Axis(START, START + span, 100, 900).ticks(8)
    assert 2 <= len(ticks) <= 9
    places = [x for x, _ in ticks]
    assert places == sorted(places)
    assert places[0] >= 100
    assert places[-1] <= 900


def test_ticks_stand_at_round_times():
    labels = [label for _, label in Axis(START, START + timedelta(minutes=70), 0, 1).ticks()]
    assert labels == ["14 Mar 09:00", "09:10", "09:20", "09:30", "09:40", "09:50", "10:00"]


def test_a_new_day_carries_its_date():
    begin = datetime(2026, 3, 14, 20, tzinfo=UTC)
    labels = [label for _, label in Axis(begin, begin + timedelta(hours=12), 0, 1).ticks(6)]
    assert labels == ["14 Mar 20:00", "22:00", "15 Mar 00:00", "02:00", "04:00", "06:00", "08:00"][: len(labels)]


def test_a_single_instant_is_in_the_middle():
    axis = Axis(START, START, 0, 10)
    assert axis.at(START) == 5
    assert len(axis.ticks()) == 1


def test_instants_outside_stand_on_the_border():
    axis = Axis(START, START + timedelta(hours=1), 0, 10)
    assert (axis.at(START - timedelta(days=1)), axis.at(START + timedelta(days=1))) == (0, 10)
