"""Charts in plain characters."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from keywitness.cli.drawing import draw
from keywitness.engine.charts import Chart, Series
from keywitness.model.schema import KqlType


def drawn(chart: Chart, width: int = 60) -> list[str]:
    stream = io.StringIO()
    draw(chart, stream, width)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def bars(kind: str, *points: tuple[str, float]) -> list[str]:
    return drawn(Chart(kind, "", KqlType.STRING, (Series("n", points),)))


def test_a_bar_is_as_long_as_its_value() -> None:
    half, full = bars("barchart", ("a", 5), ("b", 10))
    assert (half.count("█"), full.count("█")) == (15, 30)
    assert half.startswith("a  5 ")


def test_a_negative_bar_ends_where_the_others_begin() -> None:
    below, above = bars("columnchart", ("a", -5), ("b", 10))
    assert above.index("█") - below.index("█") == 10
    assert below.count("█") == 10


def test_shares_of_a_pie_add_up() -> None:
    lines = bars("piechart", ("a", 1), ("b", 3))
    assert "25.0 %" in lines[0]
    assert "75.0 %" in lines[1]


def test_names_of_a_log_steer_nothing() -> None:
    """Rich reads [red] as a colour, a terminal the escape."""
    (line,) = bars("barchart", ("[red]x\x1b[31m\u202e", 1))
    assert line.startswith("[red]x\\x1b[31m\\u202e")
    grid = drawn(Chart("linechart", "t\x1b", KqlType.LONG, (Series("a\nb", ((1, 1.0), (2, 2.0))),)))
    assert grid[0] == "t\\x1b"
    assert grid[-1].endswith("● a\\x0ab")


def test_points_stand_at_their_place() -> None:
    lines = drawn(Chart("scatterchart", "", KqlType.LONG, (Series("s", ((10, 0.0), (20, 8.0))),)))
    assert lines[0].startswith("8 ┤")
    assert lines[0].index("●") == 59
    assert lines[13].index("●") == 3
    assert sum(line.count("●") for line in lines[:14]) == 2
    assert lines[15].split() == ["10", "20"]


def test_a_line_goes_from_point_to_point() -> None:
    lines = drawn(Chart("linechart", "", KqlType.LONG, (Series("s", ((1, 0.0), (2, 8.0))),)))
    assert all("·" in line for line in lines[1:13])
    lines = drawn(Chart("linechart", "", KqlType.LONG, (Series("s", ((3, 4.0),)),)))
    assert sum(line.count("●") for line in lines[:14]) == 1


def test_what_is_not_drawn_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    bars("barchart", *((str(i), 1.0) for i in range(50)))
    assert "10 more bars" in capsys.readouterr().err
    many = tuple(Series(str(i), ((1, 1.0),)) for i in range(11))
    drawn(Chart("timechart", "", KqlType.DATETIME, many))
    assert "3 more series" in capsys.readouterr().err


def test_a_chart_is_drawn_when_asked_for(keywitness: Callable) -> None:
    query = "datatable(a: string, n: long)['x', 5] | render barchart"
    assert "█" in keywitness("kql", query, "--chart").out
    assert "█" not in keywitness("kql", query).out, "a file or a pipe gets the rows alone"
    ran = keywitness("kql", "print 1", "--chart")
    assert (ran.code, "nothing to draw" in ran.err) == (0, True)
