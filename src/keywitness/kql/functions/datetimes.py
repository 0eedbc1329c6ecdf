"""Dates, times and spans."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, Naming, scalar

_FIRST = Naming.FIRST

FUNCTIONS: tuple[Function, ...] = (
    scalar("now", "(offset: timespan?) -> datetime"),
    scalar("ago", "(span: timespan) -> datetime"),
    scalar("ingestion_time", "() -> datetime"),
    scalar("datetime_add", "(part: const string, value: integer, datetime: datetime) -> datetime"),
    scalar("datetime_diff", "(part: const string, datetime1: datetime, datetime2: datetime) -> long"),
    scalar("datetime_part", "(part: const string, date: datetime) -> int", aliases="datepart"),
    scalar("datetime_utc_to_local", "(from: datetime, timezone: string) -> datetime"),
    scalar("datetime_local_to_utc", "(from: datetime, timezone: string) -> datetime"),
    scalar("datetime_list_timezones", "() -> dynamic"),
    scalar("dayofweek", "(date: datetime) -> timespan"),
    scalar("dayofmonth", "(date: datetime) -> int"),
    scalar("dayofyear", "(date: datetime) -> int"),
    scalar("hourofday", "(date: datetime) -> int"),
    scalar("week_of_year", "(date: datetime) -> int"),
    scalar("monthofyear", "(date: datetime) -> int", aliases="getmonth"),
    scalar("getyear", "(date: datetime) -> int"),
    scalar("startofday", "(date: datetime, offset: long?) -> datetime", naming=_FIRST),
    scalar("startofweek", "(date: datetime, offset: long?) -> datetime"),
    scalar("startofmonth", "(date: datetime, offset: long?) -> datetime"),
    scalar("startofyear", "(date: datetime, offset: long?) -> datetime"),
    scalar("endofday", "(date: datetime, offset: long?) -> datetime"),
    scalar("endofweek", "(date: datetime, offset: long?) -> datetime"),
    scalar("endofmonth", "(date: datetime, offset: long?) -> datetime"),
    scalar("endofyear", "(date: datetime, offset: long?) -> datetime"),
    scalar("format_datetime", "(date: datetime, format: const string) -> string", naming=_FIRST),
    scalar("format_timespan", "(timespan: timespan, format: const string) -> string", naming=_FIRST),
    scalar(
        "make_datetime",
        "(year: number, month: number, day: number, hour: number?, minute: number?, second: number?) -> datetime",
        "(value: any) -> datetime",
    ),
    scalar(
        "make_timespan",
        "(days: integer, hours: integer, minutes: integer, seconds: number) -> timespan",
        "(hours: integer, minutes: integer, seconds: number?) -> timespan",
        "(value: any) -> timespan",
    ),
    scalar("unixtime_seconds_todatetime", "(number: number) -> datetime"),
    scalar("unixtime_milliseconds_todatetime", "(number: number) -> datetime"),
    scalar("unixtime_microseconds_todatetime", "(number: number) -> datetime"),
    scalar("unixtime_nanoseconds_todatetime", "(number: number) -> datetime"),
)
