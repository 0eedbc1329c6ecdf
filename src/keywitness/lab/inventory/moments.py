"""Times in exports: from when to when something stood, and how tools write a time."""

from __future__ import annotations

from dataclasses import dataclass

from keywitness.lab.columns import time_one


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when something stood, in ticks; 0: before the first record; None: it still does."""

    since: int = 0
    until: int | None = None

    def at(self, moment: int) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


#: From before the first record to this day.
ALWAYS = Span()


def written(ticks: int) -> str:
    """A time in whole seconds, as `az` and Graph write it."""
    return time_one(ticks)[:19] + "Z"
