"""What a `render` shows: which columns of the rows are the axis and which the series.

The rules are those of https://learn.microsoft.com/kusto/query/render-operator and the page of each kind: the first
column is the axis (of a time chart the first datetime), the numbers are the series, text beside them tells several
series of one column apart. Arrays, as make-series gives them, are read point by point.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from keywitness.engine.formats import cell_text
from keywitness.engine.rows import Rows
from keywitness.kql.literals import parse_datetime
from keywitness.model.schema import Column, KqlType

#: Kinds with points along an axis, and kinds with a bar for each row.
LINES = frozenset({"timechart", "linechart", "areachart", "stackedareachart", "scatterchart", "anomalychart"})
BARS = frozenset({"barchart", "columnchart", "piechart"})

_NUMBERS = frozenset({KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL})
_AXES = _NUMBERS | {KqlType.DATETIME, KqlType.TIMESPAN}


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart, or one set of its bars.

    Args:
        name: What tells it from the others.
        points: Place on the axis and value, in the order of the rows; a place is a number or a text.
    """

    name: str
    points: tuple[tuple[float | str, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, ready to be drawn.

    Args:
        kind: The kind as written.
        title: Its title, or empty.
        axis: The type of the places: datetime and timespan are ticks, text stands for bars.
        series: What it shows.
    """

    kind: str
    title: str
    axis: KqlType
    series: tuple[Series, ...]


def chart_of(rows: Rows) -> Chart | None:
    """The chart that the query asks for; None where it asks for none, or the rows have nothing to draw."""
    if rows.render is None or rows.render[0] not in LINES | BARS:
        return None
    kind, given = rows.render
    options = {name: str(value) for name, value in given}
    columns = list(rows.schema.visible())
    axis = _axis(kind, columns, options.get("xcolumn", ""))
    if axis is None:
        return None
    values = _values(columns, axis, options.get("ycolumns", ""))
    named = [n.strip() for n in options["series"].split(",")] if "series" in options else []
    texts = [c for c in columns if c.name in named or (not named and c.type is KqlType.STRING and c is not axis)]
    if not values:
        return None
    found: dict[str, list[tuple[float | str, float]]] = {}
    names = [c.name for c in rows.schema]
    for row in rows.physical():
        cells = dict(zip(names, row, strict=True))
        label = ", ".join(cell_text(cells[c.name], c.type) for c in texts)
        for value in values:
            parts = [label] if label and len(values) == 1 else [label, value.name] if label else [value.name]
            points = _points(cells[axis.name], axis, cells[value.name], value, text=kind in BARS)
            found.setdefault(": ".join(parts), []).extend(points)
    series = tuple(Series(name, tuple(points)) for name, points in found.items() if points)
    return Chart(kind, options.get("title", ""), _axis_type(rows, axis, kind), series) if series else None


def _axis(kind: str, columns: list[Column], name: str) -> Column | None:
    if name:
        return next((c for c in columns if c.name == name), None)
    if kind in BARS:
        return columns[0] if columns else None
    dates = [c for c in columns if c.type is KqlType.DATETIME]
    numbers = [c for c in columns if c.type in _AXES]
    arrays = [c for c in columns if c.type is KqlType.DYNAMIC]
    # make-series puts its axis behind the series
    return next(iter([*dates, *(numbers if kind != "timechart" else []), *arrays[::-1]]), None)


def _axis_type(rows: Rows, axis: Column, kind: str) -> KqlType:
    if kind in BARS or axis.type is not KqlType.DYNAMIC:
        return KqlType.STRING if kind in BARS else axis.type
    place = list(rows.schema.names()).index(axis.name)
    arrays = (json.loads(row[place]) for row in rows.physical() if row[place])
    dates = any(isinstance(p, str) for places in arrays if isinstance(places, list) for p in places[:1])
    return KqlType.DATETIME if dates else KqlType.REAL


def _values(columns: list[Column], axis: Column, names: str) -> list[Column]:
    if names:
        wanted = [n.strip() for n in names.split(",")]
        return [c for c in columns if c.name in wanted]
    shape = {KqlType.DYNAMIC} if axis.type is KqlType.DYNAMIC else _NUMBERS
    return [c for c in columns if c.type in shape and c is not axis]


def _points(place: Any, axis: Column, value: Any, column: Column, *, text: bool) -> list[tuple[float | str, float]]:
    """The points of one row: one, or as many as its arrays have."""
    if column.type is KqlType.DYNAMIC:
        places, values = (json.loads(v) if v else None for v in (place, value))
        if not isinstance(places, list) or not isinstance(values, list):
            return []
        pairs: list[tuple[Any, Any]] = [(_dynamic_place(p), v) for p, v in zip(places, values, strict=False)]
    else:
        pairs = [(cell_text(place, axis.type) if text else place, value)]
    return [(p, float(v)) for p, v in pairs if p is not None and _is_number(v)]


def _dynamic_place(value: Any) -> float | None:
    """A place in an array: a number, or a datetime as ticks."""
    if isinstance(value, str):
        return parse_datetime(value)
    return float(value) if _is_number(value) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and math.isfinite(value)
