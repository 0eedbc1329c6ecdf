"""A time axis: positions and the labels of its ticks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

#: Steps between ticks that people count in.
_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(1, 2, 5, 10, 15, 30),
        *(60, 120, 300, 600, 900, 1_800),
        *(3_600, 7_200, 10_800, 21_600, 43_200),
        *(
            86_400,
            2 * 86_400,
            3 * 86_400,
            7 * 86_400,
            14 * 86_400,
            28 * 86_400,
            91 * 86_400,
            364 * 86_400,
            3_640 * 86_400,
        ),
    )
)
_DAY = timedelta(days=1)
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday: steps of weeks begin with the week


@dataclass(frozen=True, slots=True)
class Axis:
    """Instants from `first` to `last` laid on `left` to `right` (units of the picture)."""

    first: datetime
    last: datetime
    left: float
    right: float

    def at(self, instant: datetime) -> float:
        """Where an instant stands; instants outside stand on the border."""
        span = (self.last - self.first).total_seconds()
        share = (instant - self.first).total_seconds() / span if span > 0 else 0.5
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)

    def ticks(self, most: int = 8) -> list[tuple[float, str]]:
        """At most about `most` ticks at round times: position and label.

        A day's first tick carries its date, the others the time of day.
        """
        span = self.last - self.first
        if span <= timedelta(0):
            return [(self.at(self.first), f"{self.first.day} {self.first:%b %Y %H:%M}")]
        step = next((step for step in _STEPS if span / step <= most), _STEPS[-1])
        tick = _EPOCH + -(-(self.first - _EPOCH) // step) * step
        found: list[tuple[float, str]] = []
        day = ""
        while tick <= self.last:
            date = f"{tick.day} {tick:%b}"
            if step >= _DAY:
                text = date if span < 300 * _DAY else f"{date} {tick.year}"
            elif date != day:
                text = f"{date} {tick:%H:%M}"
            else:
                text = f"{tick:%H:%M:%S}" if step < timedelta(minutes=1) else f"{tick:%H:%M}"
            day = date
            found.append((self.at(tick), text))
            tick += step
        return found
