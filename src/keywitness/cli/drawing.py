"""Charts in plain characters, for a terminal: bars by Rich, lines on a grid of cells.

Names come from logs: they pass `visible`, and Rich is given them without its markup.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import IO

from keywitness.engine.charts import BARS, Chart, Series
from keywitness.engine.formats import cell_text
from keywitness.engine.kernels.reals import real_text
from keywitness.model.schema import KqlType
from keywitness.model.text import visible

#: One mark for each series of a grid; more series are not drawn, which is said.
_MARKS = "●○■□▲△◆◇"
_MOST_BARS = 40
_HEIGHT = 14
_NARROWEST, _WIDEST = 30, 120
_LONGEST_NAME = 40


def draw(chart: Chart, stream: IO[str], width: int) -> None:
    """Draw a chart to a text stream that is so many characters wide."""
    width = max(_NARROWEST, min(width, _WIDEST))
    if chart.title:
        stream.write(f"{_short(chart.title, width)}\n")
    if chart.kind in BARS:
        _draw_bars(chart, stream, width)
    else:
        _draw_grid(chart, stream, width)


def _short(text: str, length: int = _LONGEST_NAME) -> str:
    text = visible(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def _remark(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


# ---------------------------------------------------------------- bars


def _draw_bars(chart: Chart, stream: IO[str], width: int) -> None:
    """A bar for each category and series, from 0 to its value; of a pie its share in per cent."""
    # rich costs start-up time that queries without a chart need not pay
    from rich.bar import Bar
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    bars = [(place, series.name, value) for series in chart.series for place, value in series.points]
    if len(chart.series) > 1:
        places = {place: i for i, place in enumerate(dict.fromkeys(place for place, _, _ in bars))}
        bars.sort(key=lambda bar: places[bar[0]])
    total = sum(abs(value) for _, _, value in bars) or 1.0
    low, high = min(0.0, *(v for _, _, v in bars)), max(0.0, *(v for _, _, v in bars))
    size = high - low or 1.0
    table = Table.grid(padding=(0, 1))
    for place, name, value in bars[:_MOST_BARS]:
        cells = [Text(_short(str(place)))]
        if len(chart.series) > 1:
            cells.append(Text(_short(name)))
        shown = f"{100 * value / total:.1f} %" if chart.kind == "piechart" else real_text(value)
        table.add_row(
            *cells,
            Text(shown, justify="right"),
            Bar(size, min(value, 0.0) - low, max(value, 0.0) - low, width=max(10, width // 2)),
        )
    Console(file=stream, width=width, highlight=False, color_system=None).print(table)
    if len(bars) > _MOST_BARS:
        _remark(f"{len(bars) - _MOST_BARS} more bars are not drawn")


# ---------------------------------------------------------------- lines


def _draw_grid(chart: Chart, stream: IO[str], width: int) -> None:
    """Marks on a grid, for lines with the way between them; under it the ends of the axis and the names."""
    shown = chart.series[: len(_MARKS)]
    points = [(float(x), y) for series in shown for x, y in series.points]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(0.0, *(y for _, y in points)), max(0.0, *(y for _, y in points))
    labels = [real_text(float(f"{v:.6g}")) for v in (high, (high + low) / 2, low)]
    margin = max(len(label) for label in labels)
    columns = width - margin - 2
    grid = [[" "] * columns for _ in range(_HEIGHT)]
    for series, mark in zip(shown, _MARKS, strict=False):
        cells = [
            (_cell(float(x), left, right, columns), _HEIGHT - 1 - _cell(y, low, high, _HEIGHT))
            for x, y in _sorted(series)
        ]
        if chart.kind != "scatterchart":
            _connect(grid, cells)
        for column, row in cells:
            grid[row][column] = mark
    named = {0: labels[0], _HEIGHT // 2: labels[1], _HEIGHT - 1: labels[2]}
    for row, line in enumerate(grid):
        stream.write(f"{named.get(row, ''):>{margin}} ┤{''.join(line).rstrip()}\n")
    first, last = (_place(x, chart.axis) for x in (left, right))
    stream.write(f"{'':>{margin}} └{'─' * columns}\n")
    stream.write(f"{'':>{margin}}  {first}{last:>{max(1, columns - len(first))}}\n")
    for series, mark in zip(shown, _MARKS, strict=False):
        stream.write(f"{'':>{margin}}  {mark} {_short(series.name, columns)}\n")
    if len(chart.series) > len(shown):
        _remark(f"{len(chart.series) - len(shown)} more series are not drawn")


def _sorted(series: Series) -> list[tuple[float, float]]:
    return sorted((float(x), y) for x, y in series.points)


def _cell(value: float, low: float, high: float, count: int) -> int:
    """Which of `count` cells between two ends a value is in."""
    return round((value - low) / (high - low) * (count - 1)) if high > low else 0


def _connect(grid: list[list[str]], cells: Sequence[tuple[int, int]]) -> None:
    """Dots on the straight way from each cell to the next, where nothing stands yet."""
    for (x0, y0), (x1, y1) in pairwise(cells):
        for step in range(1, length := max(abs(x1 - x0), abs(y1 - y0))):
            column, row = round(x0 + (x1 - x0) * step / length), round(y0 + (y1 - y0) * step / length)
            if grid[row][column] == " ":
                grid[row][column] = "·"


def _place(value: float, axis: KqlType) -> str:
    if axis in (KqlType.DATETIME, KqlType.TIMESPAN):
        text = cell_text(int(value), axis)
        return text[:16].replace("T", " ") if axis is KqlType.DATETIME else text
    return real_text(value)
