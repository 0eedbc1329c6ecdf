"""A time in a sentence."""

from __future__ import annotations

from keywitness.kql.literals import format_datetime


def clock(ticks: int) -> str:
    """A time to the second, UTC.

    Example:
        >>> clock(639_000_000_000_000_000)
        '2025-11-29 08:00:00 UTC'
    """
    return format_datetime(ticks)[:19].replace("T", " ") + " UTC"
