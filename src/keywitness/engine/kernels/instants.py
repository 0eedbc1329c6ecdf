"""Texts to times, and time zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.kql import literals
from keywitness.model.schema import KqlType

_DATETIME, _TEXT = KqlType.DATETIME, KqlType.STRING


@kernel(_TEXT, result=_DATETIME)
def parse_datetime(text: str | None) -> int | None:
    return literals.parse_datetime(text) if text else None


@kernel(_TEXT, result=KqlType.TIMESPAN)
def parse_timespan(text: str | None) -> int | None:
    return literals.parse_timespan(text) if text else None


@cache
def _zone(name: str, function: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        cause = f"{function}() with {name!r}, which is no time zone"
        raise NoExactAnswerError(f"{cause}; datetime_list_timezones() lists them") from None


def _naive(ticks: int) -> datetime:
    """Whole microseconds decide the offset of a zone; the tick below is kept by the callers."""
    return datetime(1, 1, 1) + timedelta(microseconds=ticks // 10)  # noqa: DTZ001 - the callers put a zone on it


def _ticks(offset: timedelta | None) -> int:
    return int((offset or timedelta()).total_seconds()) * 10_000_000


@kernel(_DATETIME, _TEXT, result=_DATETIME)
def utc_to_local(ticks: int | None, zone: str) -> int | None:
    if ticks is None:
        return None
    try:
        there = _naive(ticks).replace(tzinfo=UTC).astimezone(_zone(zone, "datetime_utc_to_local"))
        return ticks + _ticks(there.utcoffset())
    except OverflowError:
        return None


@kernel(_DATETIME, _TEXT, result=_DATETIME)
def local_to_utc(ticks: int | None, zone: str) -> int | None:
    """An hour that a zone leaps over is read with the offset behind it, as the page's example shows.

    For an hour that comes twice no page says which one is meant.
    """
    if ticks is None:
        return None
    local = _naive(ticks).replace(tzinfo=_zone(zone, "datetime_local_to_utc"))
    try:
        first, second = (_ticks(local.replace(fold=fold).utcoffset()) for fold in (0, 1))
    except OverflowError:
        return None
    if first > second:
        raise NoExactAnswerError(f"datetime_local_to_utc() of {local:%Y-%m-%d %H:%M}, which comes twice in {zone}")
    return ticks - second
