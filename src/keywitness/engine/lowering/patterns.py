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
        elif sign in _DELIMITERS:
            pieces.append(sql.text(sign))
        else:
            raise cannot(
                f"{function}() with {sign!r} in its format",
                "Kusto knows yyyy yy y MM M dd d HH H hh h mm m ss s, f and F up to 7 times, tt, and / - : , . _ [ ]; "
                "strcat() puts any other text between two formats",
            )
        index += len(sign)
    return pieces


def _padded(value: Expr, width: int) -> Expr:
    """With zeros up to a width; what is longer stays whole, where lpad alone would cut it."""
    text = sql.cast(value, "VARCHAR")
    if width == 1:
        return text
    longest = sql.call("greatest", sql.call("length", text.copy()), sql.number(width))
    return sql.call("lpad", text, sql.cast(longest, "INTEGER"), sql.text("0"))


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
    """The text of a timespan by a pattern, a minus in front of one below zero (measured on Microsoft's emulator)."""

    def part(token: str) -> Expr:
        t = sql.call("abs", ticks.copy())
        match token[0]:
            case "d":
                return _clock(t, 864_000_000_000, None)
            case "H" | "h":
                return _clock(t, 36_000_000_000, 24)
            case "m":
                return _clock(t, 600_000_000, 60)
        return _clock(t, 10_000_000, 60)

    def emit(token: str) -> Expr:
        if token[0] in "fF":
            return _fraction(sql.call("abs", ticks.copy()), token)
        return _padded(part(token), len(token))

    pieces = _pieces(pattern, _SPAN_PART, emit, "format_timespan")
    first = pattern[:1]
    sign = _sign(ticks, part(first) if first and first in "dHhms" else None)
    return sql.call("kw_text_or_empty", _joined([sign, *pieces]))


def _sign(ticks: Expr, first: Expr | None) -> Expr:
    """The minus of a span below zero; nothing is recorded of one whose format does not begin with a part above zero."""
    below = sql.binary(exp.LT, ticks.copy(), sql.number(0))
    unknown = below if first is None else sql.all_of([below, sql.binary(exp.EQ, first, sql.number(0))])
    refused = sql.call(
        "error",
        sql.text(
            "format_timespan() of a span below zero whose first part is 0: "
            "where Kusto puts the sign is not documented; use strcat('-', format_timespan(-x, ...))"
        ),
    )
    return sql.case([(unknown, refused), (below.copy(), sql.text("-"))], sql.text(""))


def _joined(pieces: list[Expr]) -> Expr:
    """Concatenation that is null as soon as one piece is."""
    result = pieces[0] if pieces else sql.text("")
    for piece in pieces[1:]:
        result = exp.DPipe(this=result, expression=piece)
    return result
