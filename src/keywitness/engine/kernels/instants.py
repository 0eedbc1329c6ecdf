"""Texts to times, and time zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from keywitness.engine.kernels.kernel import kernel
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
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _moved(ticks: int | None, name: str, *, to_local: bool) -> int | None:
    """Ticks moved by the zone's offset at that moment; whole microseconds decide the offset, the rest is kept."""
    zone = _zone(name)
    if ticks is None or zone is None:
        return None
    naive = datetime(1, 1, 1) + timedelta(microseconds=ticks // 10)  # noqa: DTZ001 - the zone is put on below
    try:
        if to_local:
            offset = naive.replace(tzinfo=UTC).astimezone(zone).utcoffset()
        else:
            offset = naive.replace(tzinfo=zone).utcoffset()
    except OverflowError:
        return None
    moved = int((offset or timedelta()).total_seconds()) * 10_000_000
    return ticks + moved if to_local else ticks - moved


@kernel(_DATETIME, _TEXT, result=_DATETIME)
def utc_to_local(ticks: int | None, zone: str) -> int | None:
    return _moved(ticks, zone, to_local=True)


@kernel(_DATETIME, _TEXT, result=_DATETIME)
def local_to_utc(ticks: int | None, zone: str) -> int | None:
    return _moved(ticks, zone, to_local=False)
