"""Times are exact: ticks of 100 ns from the year 1 to 9999."""

from __future__ import annotations

import pytest

from keywitness.errors import QueryError


def test_the_seventh_digit_survives(ask):
    """DuckDB's TIMESTAMP stops at microseconds."""
    assert ask(
        "datatable(t:datetime)[datetime(2026-01-02T03:04:05.1234567Z)] | project t, t + 1tick, t - datetime(2026-01-02)"
    ) == ("2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05.1234568Z", "03:04:05.1234567")


def test_the_whole_range_of_years(ask):
    assert ask("print datetime(0001-01-01), startofyear(datetime(0001-05-05)), endofyear(datetime(9999-03-01))") == (
        "0001-01-01T00:00:00.0000000Z",
        "0001-01-01T00:00:00.0000000Z",
        "9999-12-31T23:59:59.9999999Z",
    )


def test_out_of_range_is_null(ask):
    assert ask(
        "print datetime(9999-12-31) + 10d, datetime(0001-01-01) - 1s, datetime_add('year', 9000, datetime(2020-01-01))"
    ) == (
        None,
        None,
        None,
    )


def test_weeks_begin_on_sunday_and_week_numbers_are_iso(ask):
    """DuckDB truncates weeks to Monday."""
    assert ask(
        "print startofweek(datetime(2024-01-06)), startofweek(datetime(2024-01-07)), dayofweek(datetime(2024-01-07))"
    ) == (
        "2023-12-31T00:00:00.0000000Z",
        "2024-01-07T00:00:00.0000000Z",
        "00:00:00",
    )
    assert ask("print week_of_year(datetime(2020-12-31)), week_of_year(datetime(2021-01-03))") == (53, 53)


def test_ends_are_the_tick_before_the_next_start(ask):
    assert ask("print endofmonth(datetime(2020-02-05)), endofday(datetime(2020-02-05 10:00), -1)") == (
        "2020-02-29T23:59:59.9999999Z",
        "2020-02-04T23:59:59.9999999Z",
    )


def test_differences_count_boundaries(ask):
    """A span of two minutes crosses one hour boundary (datetime-diff page)."""
    assert ask(
        "print datetime_diff('hour', datetime(2017-10-31 01:00), datetime(2017-10-30 23:59)), "
        "datetime_diff('year', datetime(2001-01-01), datetime(2000-12-31)), "
        "datetime_diff('week', datetime(2023-01-08), datetime(2023-01-07)), "
        "datetime_diff('day', datetime(2020-01-01), datetime(2020-01-02))"
    ) == (2, 1, 1, -1)


def test_weeks_between_times_are_a_real(ask):
    """The page says integer; recorded by kql-to-sql (MIT) as a real, with Sundays as borders: halves stay."""
    text = "datetime_diff('week', datetime(2024-03-17), datetime(2024-03-02))"
    assert ask(f"print {text}, {text} / 2, gettype(datetime_diff('Week', now(), now()))") == (3.0, 1.5, "real")
    assert ask("print gettype(datetime_diff('day', now(), now()))") == ("long",)


def test_months_end_where_the_month_ends(ask):
    assert ask("print datetime_add('month', 1, datetime(2020-01-31 05:06:07.1234567))") == (
        "2020-02-29T05:06:07.1234567Z",
    )


def test_timespans_in_text(ask):
    """DuckDB prints intervals its own way."""
    assert ask("print tostring(1d), tostring(-1.5d), tostring(1ms), strcat(90m), tostring(time(1.02:03:04.5))") == (
        "1.00:00:00",
        "-1.12:00:00",
        "00:00:00.0010000",
        "01:30:00",
        "1.02:03:04.5000000",
    )


def test_timespan_arithmetic(ask):
    assert ask("print 90m / 1h, 1h / 2, 0.5 * 1h, 1d - 25h, 7m % 2m") == (
        1.5,
        "00:30:00",
        "00:30:00",
        "-01:00:00",
        "00:01:00",
    )


def test_formats(ask):
    assert ask("print format_datetime(datetime(2015-12-14 02:03:04.12345), 'yy-M-d h:m:s.fffffff tt')") == (
        "15-12-14 2:3:4.1234500 AM",
    )
    assert ask("print format_datetime(datetime(2015-12-14 12:03:04), 'yyyy-MM-dd hh:mm FFF')") == ("2015-12-14 12:03 ",)


@pytest.mark.parametrize(
    "call",
    [
        "format_datetime(now(), 'ddddd')",
        "format_datetime(now(), 'yyy')",
        "format_datetime(now(), 'HHH')",
        "format_timespan(1h, 'hhh')",
        "format_timespan(1h, 'ddddddddd')",
    ],
)
def test_a_format_beyond_the_listed_ones_is_refused(ask, call):
    with pytest.raises(QueryError, match="in its format"):
        ask(f"print {call}")


@pytest.mark.parametrize("call", ["format_datetime(now(), 'ddTHH')", "format_datetime(now(), 'HHZ')"])
def test_a_letter_in_a_format_does_not_stand_for_itself(ask, call):
    """The page lists its delimiters, no letter among them; Microsoft's emulator rejects the `T` of ISO 8601.

    Recorded by the MIT-licensed kql-to-sql.
    """
    with pytest.raises(QueryError, match="in its format"):
        ask(f"print {call}")
    t = "datetime(2021-05-06 07:08:09)"
    assert ask(f"print strcat(format_datetime({t}, 'dd'), 'T', format_datetime({t}, 'HH'))") == ("06T07",)


def test_names_of_days_and_months_are_numbers_twice(ask):
    """No `Fri` and no `Aug`: read two signs at a time, as kql-to-sql (MIT) recorded."""
    text = "format_datetime(datetime(2024-08-02), '{0}')"
    asked = ", ".join(text.format(f) for f in ("ddd", "dddd", "MMM yyyy", "MMMM"))
    assert ask(f"print {asked}") == ("022", "0202", "088 2024", "0808")


def test_a_span_is_padded_to_the_days_asked_for(ask):
    """`hh` goes to 23, also where the page does not list it: its own example prints hours so."""
    assert ask(
        "print format_timespan(time(40.21:05:06.0070000), 'dddd.h:m:s FFFFFFF'), format_timespan(-1h, 'HH')"
    ) == (
        "0040.21:5:6 007",
        "-01",
    )


def test_a_span_below_zero_has_its_sign_in_front(ask):
    """As kql-to-sql (MIT) recorded, where the first part shown is above zero; the page does not say."""
    asked = [("-30h - 5m", "d.hh:mm"), ("-3h - 7s", "h:m:s"), ("-75m", "m"), ("90s", "hh:mm")]
    calls = ", ".join(f"format_timespan({span}, '{shown}')" for span, shown in asked)
    assert ask(f"print {calls}, format_timespan(timespan(null), 'hh:mm')") == ("-1.06:05", "-3:0:7", "-15", "00:01", "")


@pytest.mark.parametrize(("span", "shown"), [("-5m", "hh:mm"), ("-1d", "hh:mm"), ("-2h", "[hh]"), ("-2h", "fff")])
def test_a_span_below_zero_beginning_with_nothing_is_refused(ask, span, shown):
    with pytest.raises(QueryError, match="where Kusto puts the sign") as caught:
        ask(f"print x = {span} | project format_timespan(x, '{shown}')")
    assert caught.value.help.startswith("use strcat('-', format_timespan(-x")


def test_a_span_is_made_of_parts_within_their_bounds(ask):
    """Added up, 24 hours would make a day; the page names 0-23 and null for what cannot be made."""
    assert ask(
        "print make_timespan(24, 0), make_timespan(1, 60), make_timespan(1, 2, 60), make_timespan(3, 4, 5, 6.7)"
    ) == (
        None,
        None,
        None,
        "3.04:05:06.7000000",
    )


def test_bin_auto_bins_by_what_set_said(ask_rows):
    """The bins begin at the point that was set, not at midnight."""
    options = "set query_bin_auto_size = 1h; set query_bin_auto_at = datetime(2026-01-01 00:20);"
    data = "datatable(t: datetime) [datetime(2026-01-01 03:10), datetime(2026-01-01 03:25)]"
    assert ask_rows(f"{options} {data} | summarize count() by bin_auto(t) | project t") == [
        ("2026-01-01T02:20:00.0000000Z",),
        ("2026-01-01T03:20:00.0000000Z",),
    ]
    assert ask_rows("set query_bin_auto_size = 5; print bin_auto(-7), bin_auto(7.5)") == [(-10, 5.0)]
    with pytest.raises(QueryError, match="without a size"):
        ask_rows(f"{data} | summarize count() by bin_auto(t)")


def test_local_times_around_a_change_of_clocks(ask):
    """An hour that the clocks leap over is read with the offset behind the leap; Python's default is the one before."""
    asked = "print datetime_local_to_utc(datetime({}), 'America/New_York')"
    assert ask(asked.format("2024-03-10 01:59")) == ("2024-03-10T06:59:00.0000000Z",)
    assert ask(asked.format("2024-03-10 02:30")) == ("2024-03-10T06:30:00.0000000Z",)
    assert ask(asked.format("2024-03-10 03:00")) == ("2024-03-10T07:00:00.0000000Z",)
    assert ask("print datetime_utc_to_local(datetime(2024-11-03 06:30:00.0000001), 'America/New_York')") == (
        "2024-11-03T01:30:00.0000001Z",
    )
    with pytest.raises(QueryError, match="comes twice"):
        ask(asked.format("2024-11-03 01:30"))
    with pytest.raises(QueryError, match="no time zone"):
        ask("print datetime_utc_to_local(now(), 'Mars/Olympus')")


@pytest.mark.parametrize("point", ["2000-01-01 00:30", "2030-06-01 23:59:59.9999999", "0001-01-01", "2024-02-29 12:00"])
@pytest.mark.parametrize("size", ["1h", "7h", "1d", "1tick", "400d"])
def test_bin_at_of_constants_gives_what_columns_give(ask_rows, point, size):
    """Plausible and wrong: the remainder of a negative distance, where the value is before the point."""
    values = "datetime(0001-01-01 00:10), datetime(1999-12-31 23:59:59.9999999), datetime(2024-02-29 12:00), "
    values += "datetime(9999-12-31 23:59:59.9999999), datetime(null)"
    table = f"datatable(t:datetime)[{values}] | extend s = {size}, p = datetime({point})"
    rows = ask_rows(f"{table} | project bin_at(t, {size}, datetime({point})), bin_at(t, s, p)")
    assert [a for a, _ in rows] == [b for _, b in rows]
    assert rows[-1] == (None, None)


def test_the_last_day_has_no_day_of_the_week(ask):
    """It is a Friday, for calendars.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    days = "dayofweek(datetime(9999-12-31 12:00)), dayofweek(datetime(0001-01-01))"
    assert ask(f"print {days}") == (None, "1.00:00:00")


def test_days_of_a_span_are_never_cut(ask):
    """SQL's lpad makes 10 of 100 days. The page: padded with zeros if needed."""
    assert ask("print format_timespan(100d, 'dd'), format_timespan(1234567d, 'ddd'), format_timespan(7d, 'ddd')") == (
        "100",
        "1234567",
        "007",
    )


def test_seconds_end_before_the_next_minute(ask):
    """Rounded up to the next minute; the page has seconds from 0 to 59.9999999, all else is null."""
    assert ask(
        "print make_datetime(2026, 1, 1, 0, 0, 59.99999999), make_timespan(0, 0, 59.99999999), "
        "make_timespan(0, 0, 59.9999999)"
    ) == (None, None, "00:00:59.9999999")


def test_a_time_alone_is_one_of_today(ask_rows):
    """The page of time_window_rolling_avg_fl() shows the day of its answer; a date of 0001 would be plausible."""
    now = "set query_now = datetime(2021-11-29 13:00);"
    text = f"{now} datatable(t:datetime)[datetime(8:05), datetime(23:59:01.5)] | project tostring(t)"
    assert ask_rows(text) == [("2021-11-29T08:05:00.0000000Z",), ("2021-11-29T23:59:01.5000000Z",)]
    with pytest.raises(QueryError, match="'24:00' is not a datetime"):
        ask_rows("print datetime(24:00)")
