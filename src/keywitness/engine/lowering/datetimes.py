"""Dates, times and spans: exact arithmetic on ticks."""

from __future__ import annotations

import json
from zoneinfo import available_timezones

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.lowering.patterns import format_datetime, format_timespan
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.model.schema import TICKS_PER_SECOND, UNIX_EPOCH_TICKS, KqlType

_DAY = 864_000_000_000
_UNITS = {
    "week": 7 * _DAY,
    "day": _DAY,
    "hour": 36_000_000_000,
    "minute": 600_000_000,
    "second": TICKS_PER_SECOND,
    "millisecond": 10_000,
    "microsecond": 10,
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_PARTS = {
    "year": "year",
    "quarter": "quarter",
    "month": "month",
    "day": "day",
    "dayofyear": "dayofyear",
    "week_of_year": "weekofyear",
    "weekofyear": "weekofyear",
}
_CLOCK = {
    "hour": (36_000_000_000, 24),
    "minute": (600_000_000, 60),
    "second": (TICKS_PER_SECOND, 60),
    "millisecond": (10_000, 1000),
    "microsecond": (10, 1_000_000),
}


def _part(use: Use) -> str:
    return str(use.constant(0, "the part")).lower()


def _of_date(name: str) -> Lowering:
    return lambda use: sql.cast(sql.call(name, sql.call("kw_date", use.args[0])), use.call.type)


def _edge(unit: str, *, end: bool) -> Lowering:
    """`startof..` with its offset; `endof..` is the tick before the next start."""

    def lowered(use: Use) -> Expr:
        offset: Expr = sql.cast(use.args[1], "BIGINT") if len(use) > 1 else sql.number(0)
        if not end:
            return sql.call("kw_datetime", sql.call(f"kw_startof{unit}", use.args[0], offset))
        following = exp.Paren(this=sql.binary(exp.Add, offset, sql.number(1)))
        last = sql.binary(exp.Sub, sql.call(f"kw_startof{unit}", use.args[0], following), sql.number(1))
        return sql.call("kw_datetime", last)

    return lowered


def _datetime_add(use: Use) -> Expr:
    part, (_, amount, moment) = _part(use), use.args
    amount = sql.cast(amount, "BIGINT")
    if part in _MONTHS:
        months = sql.binary(exp.Mul, amount, sql.number(_MONTHS[part]))
        return sql.call("kw_datetime_add_months", moment, months)
    if part == "nanosecond":
        ticks: Expr = sql.binary(exp.IntDiv, amount, sql.number(100))
    elif part in _UNITS:
        ticks = sql.binary(exp.Mul, amount, sql.number(_UNITS[part]))
    else:
        raise cannot(f"datetime_add() knows no part {part!r}")
    return sql.call("kw_datetime", sql.binary(exp.Add, moment, ticks))


def _datetime_diff(use: Use) -> Expr:
    """How many boundaries of the part lie between: Kusto counts calendar borders, not whole spans."""
    part, (_, late, early) = _part(use), use.args
    if part in _MONTHS:
        size = sql.number(_MONTHS[part])
        return sql.binary(exp.Sub, *(sql.call("kw_months_since", m, size.copy()) for m in (late, early)))
    if part == "week":
        weeks = sql.binary(exp.Sub, *(sql.call("kw_weeks_since", m) for m in (late, early)))
        return sql.cast(exp.Paren(this=weeks), use.call.type)
    if part == "nanosecond":
        return sql.binary(exp.Mul, sql.binary(exp.Sub, late, early), sql.number(100))
    if part not in _UNITS:
        raise cannot(f"datetime_diff() knows no part {part!r}")
    unit = _UNITS[part]
    return sql.binary(exp.Sub, *(sql.binary(exp.IntDiv, m, sql.number(unit)) for m in (late, early)))


def _datetime_part(use: Use) -> Expr:
    part, moment = _part(use), use.args[1]
    if part in _PARTS:
        return sql.cast(sql.call(_PARTS[part], sql.call("kw_date", moment)), use.call.type)
    if part == "nanosecond":
        rest = sql.binary(exp.Mod, moment, sql.number(TICKS_PER_SECOND))
        return sql.cast(sql.binary(exp.Mul, rest, sql.number(100)), use.call.type)
    if part not in _CLOCK:
        raise cannot(f"datetime_part() knows no part {part!r}")
    size, wrap = _CLOCK[part]
    return sql.cast(
        sql.binary(exp.Mod, sql.binary(exp.IntDiv, moment, sql.number(size)), sql.number(wrap)), use.call.type
    )


def _day_of_week(use: Use) -> Expr:
    """Null on the last day that there is, as the emulator answers: the day does not end within the years."""
    return sql.call("kw_dayofweek", use.args[0])


def _hour_of_day(use: Use) -> Expr:
    hours = sql.binary(exp.IntDiv, use.args[0], sql.number(36_000_000_000))
    return sql.cast(sql.binary(exp.Mod, hours, sql.number(24)), use.call.type)


def _make_datetime(use: Use) -> Expr:
    if len(use) == 1:
        from keywitness.engine.lowering import conversions  # it is a sibling that imports more

        return conversions.convert(use.args[0], use.type(0), KqlType.DATETIME)
    numbers = [*use.args, *(sql.number(0) for _ in range(6 - len(use)))]
    return sql.call("kw_make_datetime", *numbers)


def _make_timespan(use: Use) -> Expr:
    if len(use) == 1:
        from keywitness.engine.lowering import conversions  # as above

        return conversions.convert(use.args[0], use.type(0), KqlType.TIMESPAN)
    numbers = list(use.args)
    if len(numbers) < 4:
        numbers = [sql.number(0), *numbers, *(sql.number(0) for _ in range(3 - len(numbers)))]
    return sql.call("kw_make_timespan", *numbers)


def _from_unix(scale: int) -> Lowering:
    """Ticks from a count of units since 1970; `scale` ticks make one unit, -100 means 100 units make one tick."""

    def lowered(use: Use) -> Expr:
        value = use.args[0]
        if use.type(0) in (KqlType.INT, KqlType.LONG):
            value = sql.cast(value, "HUGEINT")
            factor = sql.number(abs(scale))
            ticks = sql.binary(exp.Mul, value, factor) if scale > 0 else sql.binary(exp.IntDiv, value, factor)
        else:
            factor = sql.cast(sql.number(abs(scale)), "DOUBLE")
            real = sql.binary(exp.Mul if scale > 0 else exp.Div, sql.cast(value, "DOUBLE"), factor)
            ticks = sql.try_cast(sql.call("round", real), "HUGEINT")
        moment = sql.binary(exp.Add, ticks, sql.number(UNIX_EPOCH_TICKS))
        return sql.try_cast(sql.call("kw_datetime", moment), "BIGINT")

    return lowered


def _timezone(name: str) -> Lowering:
    return lambda use: sql.call(f"kx_instants_{name}", *use.args)


def _list_timezones(use: Use) -> Expr:
    return sql.text(json.dumps(sorted(available_timezones())))


LOWERINGS: Table = {
    "datetime_add": _datetime_add,
    "datetime_diff": _datetime_diff,
    "datetime_part": _datetime_part,
    "datetime_utc_to_local": _timezone("utc_to_local"),
    "datetime_local_to_utc": _timezone("local_to_utc"),
    "datetime_list_timezones": _list_timezones,
    "dayofweek": _day_of_week,
    "dayofmonth": _of_date("day"),
    "dayofyear": _of_date("dayofyear"),
    "hourofday": _hour_of_day,
    "week_of_year": _of_date("weekofyear"),
    "monthofyear": _of_date("month"),
    "getyear": _of_date("year"),
    **{f"startof{unit}": _edge(unit, end=False) for unit in ("day", "week", "month", "year")},
    **{f"endof{unit}": _edge(unit, end=True) for unit in ("day", "week", "month", "year")},
    "format_datetime": lambda use: format_datetime(use.args[0], str(use.constant(1, "the format"))),
    "format_timespan": lambda use: format_timespan(use.args[0], str(use.constant(1, "the format"))),
    "make_datetime": _make_datetime,
    "make_timespan": _make_timespan,
    "unixtime_seconds_todatetime": _from_unix(TICKS_PER_SECOND),
    "unixtime_milliseconds_todatetime": _from_unix(10_000),
    "unixtime_microseconds_todatetime": _from_unix(10),
    "unixtime_nanoseconds_todatetime": _from_unix(-100),
}
