"""Which columns a `render` draws."""

from __future__ import annotations

import pytest

from keywitness.engine.charts import Chart, Series, chart_of
from keywitness.engine.query import query
from keywitness.model.schema import KqlType

HOUR = 36_000_000_000
T = "datatable(t: datetime, who: string, n: long, m: real)[datetime(0001-01-01 01:00), 'a', 3, 0.5,"
T += " datetime(0001-01-01 02:00), 'b', 4, 1.5, datetime(0001-01-01 03:00), 'a', 5, real(null)] | "


def chart(text: str) -> Chart | None:
    return chart_of(query(text))


def test_text_tells_the_series_of_one_number_apart() -> None:
    found = chart(T + "project t, who, n | render timechart with (title = 'x')")
    assert found == Chart(
        "timechart",
        "x",
        KqlType.DATETIME,
        (Series("a", ((HOUR, 3.0), (3 * HOUR, 5.0))), Series("b", ((2 * HOUR, 4.0),))),
    )


def test_every_number_is_a_series_and_null_no_point() -> None:
    found = chart(T + "project-away who | render linechart")
    assert found is not None
    assert [s.name for s in found.series] == ["n", "m"]
    assert [len(s.points) for s in found.series] == [3, 2]
    both = chart(T + "render timechart")
    assert both is not None
    assert [s.name for s in both.series] == ["a: n", "a: m", "b: n", "b: m"]


def test_columns_are_those_that_the_properties_name() -> None:
    found = chart(T + "extend u = t + 1d | render timechart with (xcolumn = u, ycolumns = m, series = who)")
    assert found is not None
    assert found.series[0] == Series("a", ((25 * HOUR, 0.5),))
    assert chart(T + "render timechart with (xcolumn = none)") is None


def test_the_first_column_names_the_bars() -> None:
    found = chart("datatable(n: long, m: long)[7, 1, 8, 2] | render barchart")
    assert found == Chart("barchart", "", KqlType.STRING, (Series("m", (("7", 1.0), ("8", 2.0))),))


def test_arrays_are_read_point_by_point() -> None:
    found = chart("print t = dynamic(['0001-01-01T01:00:00Z', '0001-01-01T02:00:00Z']), n = dynamic([1, null]) | "
                  "project n, t | render timechart")  # fmt: skip
    assert found == Chart("timechart", "", KqlType.DATETIME, (Series("n", ((HOUR, 1.0),)),))
    found = chart("print y = dynamic([4, 5]), x = dynamic([1, 2]) | render linechart")
    assert found == Chart("linechart", "", KqlType.REAL, (Series("y", ((1.0, 4.0), (2.0, 5.0))),))


@pytest.mark.parametrize(
    "render", ["", "| render table", "| project t, who | render timechart", "| take 0 | render barchart"]
)
def test_without_a_chart_or_a_number_there_is_nothing_to_draw(render: str) -> None:
    assert chart(T.rstrip("| ") + render) is None
