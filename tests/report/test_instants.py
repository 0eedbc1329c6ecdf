import pytest

from keywitness.report import instants


def test_seven_digits_are_read_and_shown():
    assert instants.parse("2026-03-14T09:26:53.5897932Z").microsecond == 589793
    assert instants.exact("2026-03-14T09:26:53.5897932Z") == "2026-03-14 09:26:53.5897932"
    assert instants.second("2026-03-14T09:26:53.5897932Z") == "2026-03-14 09:26:53"


def test_other_zones_are_shown_in_utc():
    assert instants.minute("2026-03-14T01:00:00+02:00") == "2026-03-13 23:00"


@pytest.mark.parametrize("text", ["", "yesterday", "<script>", "2026-13-41"])
def test_what_is_no_time_is_shown_as_it_is(text):
    assert instants.parse(text) is None
    assert instants.minute(text) == instants.second(text) == instants.exact(text) == text


def test_a_period_of_one_day_names_the_day_once():
    first = "2026-03-14T08:52:11Z"
    assert instants.period(first, "2026-03-14T09:00:00Z") == "2026-03-14 08:52:11 to 09:00:00"
    assert instants.period(first, "2026-03-15T09:00:00Z") == "2026-03-14 08:52:11 to 2026-03-15 09:00:00"
    assert instants.period(first, first) == instants.period(first, "") == "2026-03-14 08:52:11"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599.6, "1 h"),
        (8_040, "2 h 14 min"),
        (86_400, "1 d"),
        (378_000, "4 d 9 h"),
        (86_460, "1 d"),
    ],
)
def test_durations_have_two_units(seconds, text):
    assert instants.duration(seconds) == text
