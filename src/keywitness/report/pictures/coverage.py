"""Which hours of a vault have records: a strip of cells, darker with more records, silence marked."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from markupsafe import Markup

from keywitness.report import instants
from keywitness.report.document import Coverage, VaultCoverage
from keywitness.report.pictures.axis import Axis
from keywitness.report.pictures.svg import Drawing, number

#: More cells than this are no longer seen one by one; hours are then put together.
_MOST_CELLS = 720
_LEVELS = 4
_HEIGHT = 20.0
#: Places in percent: the axis is as wide as the page lets it, its letters keep their size.
_SCALE = Markup('<svg class="strip-scale" role="img" aria-label="time axis of the strips, UTC">{}</svg>')
_TICK = Markup(
    '<line class="tick" x1="{x}" x2="{x}" y1="15" y2="20"></line>'
    '<text class="axis-label" x="{x}" y="11" text-anchor="{anchor}">{text}</text>'
)


def has_gap(vault: VaultCoverage) -> bool:
    """Whether there is time in which reads of the vault would not have been seen, as far as its log tells."""
    return bool(vault.silent_spans) or not vault.records


def first_hour(coverage: Coverage) -> datetime | None:
    """The hour that `hours[0]` counts."""
    since = instants.parse(coverage.since)
    return since.replace(minute=0, second=0, microsecond=0) if since else None


def hours_per_cell(hours: int) -> int:
    """How many hours one cell of the strip stands for."""
    return max(1, math.ceil(hours / _MOST_CELLS))


def strip(vault: VaultCoverage, coverage: Coverage) -> Markup:
    """The strip of one vault over the time of the coverage.

    Levels are logarithmic in the records per cell and the same for all vaults. A cell is empty only when all its hours
    are.
    """
    count = max(1, len(vault.hours))
    per_cell = hours_per_cell(count)
    silent = len(vault.silent_spans)
    seen = sum(1 for hour in vault.hours if hour)
    label = f"{vault.vault}: {seen} of {len(vault.hours)} hours have records; {silent} silent spans"
    drawing = Drawing(count, _HEIGHT, label=label, css="strip", stretch=True)
    drawing.rect(0, 0, count, _HEIGHT, "strip-empty")
    most = max((max(_cells(other.hours, per_cell), default=0) for other in coverage.vaults), default=0)
    paths: dict[int, list[str]] = {}
    for index, records in enumerate(_cells(vault.hours, per_cell)):
        if records:
            width = min(per_cell, count - index * per_cell)
            paths.setdefault(level(records, most), []).append(
                f"M{number(index * per_cell)} 0h{number(width)}v{number(_HEIGHT)}h-{number(width)}z"
            )
    for shade in sorted(paths):
        drawing.path("".join(paths[shade]), f"strip-{shade}")
    begin = first_hour(coverage)
    if not vault.records:
        drawing.rect(0, 0, count, _HEIGHT, "strip-silent", title="no records at all")
    elif begin is not None:
        axis = Axis(begin, begin + timedelta(hours=count), 0, count)
        _mark_silence(drawing, vault, axis)
    return drawing.markup()


def scale(coverage: Coverage) -> Markup:
    """The time axis above the strips."""
    begin = first_hour(coverage)
    hours = max((len(vault.hours) for vault in coverage.vaults), default=0)
    if begin is None or not hours:
        return Markup("")
    axis = Axis(begin, begin + timedelta(hours=hours), 0, 100)
    labels = Markup("")
    for x, text in axis.ticks(7):
        anchor = "start" if x < 6 else "end" if x > 94 else "middle"
        labels += _TICK.format(x=f"{number(x)}%", anchor=anchor, text=text)
    return Markup('<svg class="strip-scale" role="img" aria-label="time axis of the strips, UTC">{}</svg>').format(
        labels
    )


def _cells(hours: tuple[int, ...], per_cell: int) -> list[int]:
    return [sum(hours[start : start + per_cell]) for start in range(0, len(hours), per_cell)]


def level(records: int, most: int) -> int:
    """Shade 1 to 4 of a number of records, logarithmic; `most` is the darkest."""
    return min(_LEVELS, max(1, math.ceil(_LEVELS * math.log1p(records) / math.log1p(max(1, most)))))


def _mark_silence(drawing: Drawing, vault: VaultCoverage, axis: Axis) -> None:
    least = (axis.right - axis.left) / 300  # a short silence in a long time must still be seen
    for first, last in vault.silent_spans:
        begin, end = instants.parse(first), instants.parse(last)
        if begin is None or end is None:
            continue
        x = axis.at(begin)
        title = f"no records from {instants.minute(first)} to {instants.minute(last)} ({instants.length(first, last)})"
        drawing.rect(x, 0, max(axis.at(end) - x, least), _HEIGHT, "strip-silent", title=title)
