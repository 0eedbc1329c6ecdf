"""Functions of several columns: names and types as Microsoft's analyser has them."""

from __future__ import annotations

import pytest

from keywitness.engine.query import query
from keywitness.errors import QueryError

SERIES = "print y = dynamic([1, 2, 4]) | "


def columns(text: str) -> list[tuple[str, str]]:
    return [(c.name, c.type.value) for c in query(text).schema]


def test_names_of_their_own() -> None:
    assert columns(SERIES + "project series_fit_line(y)") == [
        ("series_fit_line_y_rsquare", "real"),
        ("series_fit_line_y_slope", "real"),
        ("series_fit_line_y_variance", "real"),
        ("series_fit_line_y_rvariance", "real"),
        ("series_fit_line_y_interception", "real"),
        ("series_fit_line_y_line_fit", "dynamic"),
    ]


def test_argument_without_a_name() -> None:
    assert columns("print series_stats(dynamic([1]))")[1] == ("series_stats__min_idx", "long")


def test_extend_keeps_what_is_named() -> None:
    assert columns(SERIES + "extend (rs, slope) = series_fit_line(y)") == [
        ("y", "dynamic"),
        ("rs", "real"),
        ("slope", "real"),
    ]
    assert columns(SERIES + "extend rs = series_fit_line(y)")[1:] == [("rs", "real")]


def test_taken_names_are_numbered() -> None:
    found = columns(SERIES + "extend series_stats(y) | extend series_stats(y)")
    assert len(found) == 15
    assert found[8] == ("series_stats_y_min1", "real")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("project (a, b) = series_fit_line(y)", "has 6 values"),
        ("extend (a, b, c, d, e, f, g) = series_fit_line(y)", "here are 7 names"),
        ("extend a = tostring(series_fit_line(y))", "gives several columns"),
        ("where series_fit_line(y) > 1", "gives several columns"),
        ("extend (a, b) = array_length(y)", "does not have several named values"),
    ],
)
def test_what_cannot_be_named(text: str, cause: str) -> None:
    with pytest.raises(QueryError, match=cause):
        query(SERIES + text)


def test_a_function_of_the_query_hides_the_language() -> None:
    assert columns("let series_stats = (x: dynamic) { 1 }; print a = series_stats(dynamic([1]))") == [("a", "long")]
