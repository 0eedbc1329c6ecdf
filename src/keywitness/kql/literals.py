"""Texts of KQL literals to physical values, and back for dynamic values.

Also what `todatetime` and `totimespan` of a constant mean: both read the formats of literals
(https://learn.microsoft.com/kusto/query/scalar-data-types/datetime, .../timespan).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from keywitness.model.schema import MAX_DATETIME_TICKS, TICKS_PER_SECOND

TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND
MIN_LONG, MAX_LONG = -(2**63), 2**63 - 1
MIN_INT, MAX_INT = -(2**31), 2**31 - 1

_UNIT_NAMES = {
    TICKS_PER_DAY: ("d", "day", "days"),
    3_600 * TICKS_PER_SECOND: ("h", "hr", "hrs", "hour", "hours"),
    60 * TICKS_PER_SECOND: ("m", "min", "minute", "minutes"),
    TICKS_PER_SECOND: ("s", "sec", "second", "seconds"),
    10_000: ("ms", "milli", "millis", "millisec", "millisecond", "milliseconds"),
    10: ("micro", "micros", "microsec", "microsecond", "microseconds"),
    1: ("tick", "ticks"),
}
#: Ticks of 100 ns in one unit of a timespan literal. Nanoseconds are a hundredth of a tick and stand apart.
UNIT_TICKS: dict[str, Decimal] = {name: Decimal(ticks) for ticks, names in _UNIT_NAMES.items() for name in names}
UNIT_TICKS |= dict.fromkeys(("nano", "nanos", "nanosec", "nanosecond", "nanoseconds"), Decimal("0.01"))

_UNIT_TIMESPAN = re.compile(r"([+-]?)\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)", re.ASCII)
_CLOCK_TIMESPAN = re.compile(
    r"([+-]?)(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7})\d*)?)?",
    re.ASCII,
)
_DAYS_TIMESPAN = re.compile(r"[+-]?\d+", re.ASCII)

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?"
_ZONE = r"\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2})?"
_DATETIME_FORMS = tuple(
    re.compile(form + rf"(?:(?:[Tt]|\s+){_CLOCK}{_ZONE})?", re.ASCII)
    for form in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
        r"(?P<year>\d{4})\.(?P<month>\d{1,2})\.(?P<day>\d{1,2})",
        r"(?P<year>\d{4}),\s*(?P<month>\d{1,2}),\s*(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<year>\d{4})-(?P<month>\d{1,2})(?P<day>)",
        r"(?P<year>\d{4})(?P<month>)(?P<day>)",
        r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[-/.](?P<year>\d{4})",
        r"(?P<month_name>[A-Za-z]{3,9})\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})",
        r"(?:[A-Za-z]{3,9},\s*)?(?P<day>\d{1,2})[-\s](?P<month_name>[A-Za-z]{3,9})[-\s](?P<year>\d{4}|\d{2})",
    )
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_GUID = re.compile(r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|\d+)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_REAL_WORDS = {
    "nan": "nan",
    "+inf": "inf",
    "inf": "inf",
    "-inf": "-inf",
    "+infinity": "inf",
    "infinity": "inf",
    "-infinity": "-inf",
}


def parse_datetime(text: str) -> int | None:
    """Ticks since 0001-01-01 UTC of a datetime text, None when it is none.

    Digits behind the seventh of a second are cut; a zone is applied; without one the time is UTC.
    """
    text = text.strip()
    if len(text) > 100:
        return None
    for form in _DATETIME_FORMS:
        if found := form.fullmatch(text):
            return _datetime_ticks({k: v for k, v in found.groupdict().items() if v})
    return None


def _datetime_ticks(parts: dict[str, str]) -> int | None:
    month = int(parts.get("month", "1"))
    if "month_name" in parts:
        name = parts["month_name"][:3].lower()
        if name not in _MONTHS:
            return None
        month = _MONTHS.index(name) + 1
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year < 50 else 1900
    hour, minute, second = (int(parts.get(k, "0")) for k in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return None
    try:
        days = date(year, month, int(parts.get("day", "1"))).toordinal() - 1
    except ValueError:
        return None
    ticks = days * TICKS_PER_DAY + (hour * 3_600 + minute * 60 + second) * TICKS_PER_SECOND
    ticks += int((parts.get("fraction", "") + "0000000")[:7])
    ticks -= _zone_ticks(parts.get("zone", ""))
    return ticks if 0 <= ticks <= MAX_DATETIME_TICKS else None


def _zone_ticks(zone: str) -> int:
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    ticks = (int(digits[:2]) * 60 + int(digits[2:])) * 60 * TICKS_PER_SECOND
    return -ticks if zone[0] == "-" else ticks


def parse_timespan(text: str) -> int | None:
    """Ticks of a timespan (`1d`, `15 seconds`, `1.02:03:04.5`, `2` for days), None when it is none or too large."""
    text = text.strip()
    if len(text) > 100:
        return None
    if found := _UNIT_TIMESPAN.fullmatch(text):
        sign, number, unit = found.groups()
        ticks_per_unit = UNIT_TICKS.get(unit)
        ticks = None if ticks_per_unit is None else int(Decimal(number) * ticks_per_unit)
        return _signed(sign, ticks)
    if found := _CLOCK_TIMESPAN.fullmatch(text):
        sign, days, hours, minutes, seconds, fraction = found.groups()
        if int(hours) > 23 or int(minutes) > 59 or int(seconds or 0) > 59:
            return None
        clock = (int(hours) * 60 + int(minutes)) * 60 + int(seconds or 0)
        ticks = int(days or 0) * TICKS_PER_DAY + clock * TICKS_PER_SECOND + int(((fraction or "") + "0000000")[:7])
        return _signed(sign, ticks)
    if _DAYS_TIMESPAN.fullmatch(text):
        return _signed("", int(text) * TICKS_PER_DAY)
    return None


def _signed(sign: str, ticks: int | None) -> int | None:
    if ticks is None:
        return None
    ticks = -ticks if sign == "-" else ticks
    return ticks if MIN_LONG <= ticks <= MAX_LONG else None


def parse_guid(text: str) -> str | None:
    """Lower-case dashed text of a guid with or without dashes and braces, None when it is none."""
    found = _GUID.fullmatch(text.strip())
    return "-".join(found.groups()).lower() if found else None


def parse_integer(text: str, low: int = MIN_LONG, high: int = MAX_LONG) -> int | None:
    """A decimal or hexadecimal integer within bounds, None when it is none. Hexadecimals may fill the sign bit."""
    text = text.strip()
    if len(text) > 40 or not _INTEGER.fullmatch(text):
        return None
    digits = text.lstrip("+-").lower()
    value = int(digits, 16) if digits.startswith("0x") else int(digits)
    if digits.startswith("0x") and high < value <= 2 * high + 1:
        value -= 2 * high + 2
    value = -value if text.startswith("-") else value
    return value if low <= value <= high else None


def parse_real(text: str) -> float | None:
    """A real number, `nan`, `+inf` or `-inf`; None when it is none."""
    text = text.strip()
    if len(text) > 400:
        return None
    word = _REAL_WORDS.get(text.lower())
    if word is not None:
        return float(word)
    return float(text) if _NUMBER.fullmatch(text) else None


def parse_decimal(text: str) -> Decimal | None:
    """A decimal number that fits decimal(38, 18): 20 digits before and 18 behind the point; else None."""
    text = text.strip()
    if len(text) > 80 or not _NUMBER.fullmatch(text):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= 10**20:
        return None
    exponent = value.as_tuple().exponent
    return value if isinstance(exponent, int) and exponent >= -18 else None


def parse_bool(text: str) -> bool | None:
    """`true`, `false` in any case, or an integer (0 is false); None when it is none."""
    word = text.strip().lower()
    if word in {"true", "false"}:
        return word == "true"
    number = parse_integer(word)
    return None if number is None else number != 0


def format_datetime(ticks: int) -> str:
    """`2024-05-01T10:20:30.1234567Z`: how a datetime stands inside a dynamic value."""
    days, rest = divmod(ticks, TICKS_PER_DAY)
    day = date.fromordinal(days + 1)
    seconds, fraction = divmod(rest, TICKS_PER_SECOND)
    hours, minutes, seconds = seconds // 3_600, seconds // 60 % 60, seconds % 60
    return f"{day.year:04d}-{day:%m-%d}T{hours:02d}:{minutes:02d}:{seconds:02d}.{fraction:07d}Z"


def format_timespan(ticks: int) -> str:
    """`[-][d.]hh:mm:ss[.fffffff]`: Kusto's text of a timespan."""
    sign = "-" if ticks < 0 else ""
    days, rest = divmod(abs(ticks), TICKS_PER_DAY)
    seconds, fraction = divmod(rest, TICKS_PER_SECOND)
    clock = f"{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{sign}{f'{days}.' if days else ''}{clock}{f'.{fraction:07d}' if fraction else ''}"
