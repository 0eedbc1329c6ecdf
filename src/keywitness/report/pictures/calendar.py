"""The hours of a vault as a calendar: a line per day, a cell per hour, so that nights, weekends and holes are seen."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from markupsafe import Markup

from keywitness.report import instants
from keywitness.report.document import Coverage, VaultCoverage
from keywitness.report.pictures.coverage import first_hour, level
from keywitness.report.pictures.svg import Drawing, number

_CELL = 8.0
_LEFT = 40.0
_TOP = 14.0
_LINE = 8.0
#: More lines than this are no longer seen one by one; days are then put together.
_MOST_LINES = 100
_HOURS = 24


def days_per_line(coverage: Coverage) -> int:
    """How many days one line of the calendar stands for."""
    return max(1, math.ceil((_longest(coverage) / _HOURS + 1) / _MOST_LINES))


def calendar(vault: VaultCoverage, coverage: Coverage) -> Markup:
    """The calendar of one vault over the time of the coverage; levels are those of the strips.

    Empty without a first hour.
    """
    begin = first_hour(coverage)
    hours = vault.hours or (0,) * _longest(coverage)  # a vault without a log has silent hours, not none
    if begin is None or not hours:
        return Markup("")
    midnight = begin.replace(hour=0)
    offset = begin.hour
    days = days_per_line(coverage)
    lines = math.ceil((offset + len(hours)) / (_HOURS * days))
    silent = _silent_hours(vault, hours, begin)
    seen = sum(1 for hour in hours if hour)
    label = f"{vault.vault}: {seen} of {len(hours)} hours have records, {len(silent)} lie in silent spans"
    drawing = Drawing(_LEFT + _HOURS * _CELL + 2, _TOP + lines * _LINE + 2, label=label, css="calendar")
    for hour in range(0, _HOURS, 6):
        drawing.text(_LEFT + hour * _CELL, _TOP - 4, f"{hour:02d}", "axis-label")
    for line in range(lines):
        day = midnight + timedelta(days=line * days)
        if line == 0 or (day.weekday() < days and lines - line > 1):
            drawing.text(0, _TOP + line * _LINE + 7, f"{day.day} {day:%b}", "axis-label")
    _draw(drawing, _cells(hours, offset, days), silent, offset, days, _most(coverage, days))
    return drawing.markup()


def _longest(coverage: Coverage) -> int:
    return max((len(vault.hours) for vault in coverage.vaults), default=0)


def _most(coverage: Coverage, days: int) -> int:
    return max((max(vault.hours, default=0) for vault in coverage.vaults), default=0) * days


def _cells(hours: tuple[int, ...], offset: int, days: int) -> dict[tuple[int, int], int]:
    """Records by line and hour of day, for every hour that the coverage holds."""
    found: dict[tuple[int, int], int] = {}
    for place, records in enumerate(hours, offset):
        cell = (place // (_HOURS * days), place % _HOURS)
        found[cell] = found.get(cell, 0) + records
    return found


def _silent_hours(vault: VaultCoverage, hours: tuple[int, ...], begin: datetime) -> set[int]:
    """Places of the hours that lie wholly or for the most part in a silent span and hold no record."""
    if not vault.records:
        return set(range(len(hours)))
    found: set[int] = set()
    for first, last in vault.silent_spans:
        start, end = instants.parse(first), instants.parse(last)
        if start is None or end is None:
            continue
        places = range(
            max(0, math.floor((start - begin) / timedelta(hours=1))),
            min(len(hours), math.ceil((end - begin) / timedelta(hours=1))),
        )
        found |= {place for place in places if not hours[place]}
    return found


def _draw(
    drawing: Drawing, cells: dict[tuple[int, int], int], silent: set[int], offset: int, days: int, most: int
) -> None:
    """One path per shade: a page of many vaults stays small."""
    marked = {((place + offset) // (_HOURS * days), (place + offset) % _HOURS) for place in silent}
    paths: dict[str, list[str]] = {}
    for (line, hour), records in sorted(cells.items()):
        shade = f"strip-{level(records, most)}" if records else "strip-empty"
        if not records and (line, hour) in marked:
            shade = "strip-silent-cell"
        x, y, side = _LEFT + hour * _CELL, _TOP + line * _LINE, _CELL - 1
        paths.setdefault(shade, []).append(f"M{number(x)} {number(y)}h{number(side)}v{number(side)}h-{number(side)}z")
    for shade in sorted(paths):
        drawing.path("".join(paths[shade]), shade)
