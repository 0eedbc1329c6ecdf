"""`format_datetime` and `format_timespan`: a constant pattern becomes a concatenation of its parts."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr

_DATE_PART = re.compile(r"yyyy|yy?|MM?|dd?|HH?|hh?|mm?|ss?|f{1,7}|F{1,7}|tt")
_SPAN_PART = re.compile(r"d{1,8}|HH?|hh?|mm?|ss?|f{1,7}|F{1,7}")
_RUN = re.compile(r"([A-Za-z])\1*")
#: Days and months longer than listed are read two signs at a time: `MMM` is `MM` and `M`.
_LONGER = re.compile(r"ddd|dddd|MMM|MMMM")
_DELIMITERS = frozenset(" /-:,._[]")


def _pieces(pattern: str, part: re.Pattern[str], emit: Callable[[str], Expr], function: str) -> list[Expr]:
    pieces: list[Expr] = []
    index = 0
    while index < len(pattern):
        run = _RUN.match(pattern, index)
        sign = run[0] if run else pattern[index]
        if part is _DATE_PART and _LONGER.fullmatch(sign):
            sign = sign[:2]
        if part.fullmatch(sign):
            pieces.append(emit(sign))
        elif sign in _DELIMITERS or sign in "TZ":
            pieces.append(sql.text(sign))
        else:
            raise cannot(
                f"{function}() with {sign!r} in its format",
                "Kusto knows yyyy yy y MM M dd d HH H hh h mm m ss s, f and F up to 7 times, tt, and / - : , . _ [ ]",
            )
        index += len(sign)
    return pieces


def _padded(value: Expr, width: int) -> Expr:
    return (
        sql.call("lpad", sql.cast(value, "VARCHAR"), sql.number(width), sql.text("0"))
        if width > 1
        else sql.cast(value, "VARCHAR")
    )


def _clock(ticks: Expr, size: int, wrap: int | None) -> Expr:
    whole = sql.binary(exp.IntDiv, ticks, sql.number(size))
    return exp.Paren(this=whole if wrap is None else sql.binary(exp.Mod, whole, sql.number(wrap)))


def _fraction(ticks: Expr, token: str) -> Expr:
    digits = sql.call("left", sql.call("kw_fraction", ticks), sql.number(len(token)))
    return sql.call("rtrim", digits, sql.text("0")) if token[0] == "F" else digits


def format_datetime(ticks: Expr, pattern: str) -> Expr:
    """The text of a datetime by a pattern; the empty string for null."""

    def emit(token: str) -> Expr:
        t = ticks.copy()
        date = sql.call("kw_date", t)
        match token:
            case "yyyy":
                return _padded(sql.call("year", date), 4)
            case "yy" | "y":
                short = exp.Paren(this=sql.binary(exp.Mod, sql.call("year", date), sql.number(100)))
                return _padded(short, len(token))
            case "MM" | "M":
                return _padded(sql.call("month", date), len(token))
            case "dd" | "d":
                return _padded(sql.call("day", date), len(token))
            case "HH" | "H":
                return _padded(_clock(t, 36_000_000_000, 24), len(token))
            case "hh" | "h":
                return _padded(sql.call("kw_twelve_hours", t), len(token))
            case "tt":
                return sql.case(
                    [(sql.binary(exp.LT, _clock(t, 36_000_000_000, 24), sql.number(12)), sql.text("AM"))],
                    sql.text("PM"),
                )
        return _minor(t, token)

    return sql.call("kw_text_or_empty", _joined(_pieces(pattern, _DATE_PART, emit, "format_datetime")))


def _minor(t: Expr, token: str) -> Expr:
    match token[0]:
        case "m":
            return _padded(_clock(t, 600_000_000, 60), len(token))
        case "s":
            return _padded(_clock(t, 10_000_000, 60), len(token))
    return _fraction(t, token)


def format_timespan(ticks: Expr, pattern: str) -> Expr:
    """The text of a timespan by a pattern; the sign is not shown, as in Kusto."""

    def emit(token: str) -> Expr:
        t = sql.call("abs", ticks.copy())
        match token[0]:
            case "d":
                return _padded(_clock(t, 864_000_000_000, None), len(token))
            case "H":
                return _padded(_clock(t, 36_000_000_000, 24), len(token))
            case "h":
                return _padded(_clock(t, 36_000_000_000, 24), len(token))
        return _minor(t, token)

    return sql.call("kw_text_or_empty", _joined(_pieces(pattern, _SPAN_PART, emit, "format_timespan")))


def _joined(pieces: list[Expr]) -> Expr:
    """Concatenation that is null as soon as one piece is."""
    result = pieces[0] if pieces else sql.text("")
    for piece in pieces[1:]:
        result = exp.DPipe(this=result, expression=piece)
    return result
