"""Series: https://learn.microsoft.com/kusto/query/series-decompose-anomalies-function and the pages beside it."""

from __future__ import annotations

import pytest

from keywitness.errors import QueryError

HOURS = "print s = dynamic([5, 26, 47, 6, 26, 48, 5, 27, 47, 4, 26, 47, 5, 46, 46]) | extend "


def test_statistics_count_places_in_the_series_as_given(ask):
    """Counted after leaving the null out, the maximum would be at 1."""
    assert ask("print x = dynamic([1, null, 3]) | project series_stats(x, true)") == (
        1.0, 0, 3.0, 2, 2.0, pytest.approx(2**0.5), 2.0,
    )  # fmt: skip
    assert ask("print x = dynamic([1, null, 3]) | project series_stats(x)") == (None,) * 7
    assert ask("print series_stats_dynamic(dynamic([1, null, 3]), true)")[0]["max_idx"] == 2


def test_anomalies_over_a_season(ask):
    """Without the season every low and high point of it would hide the spike."""
    flags, score, baseline = ask(HOURS + "(f, sc, b) = series_decompose_anomalies(s, 1.5, 3) | project f, sc, b")
    assert flags == [0] * 13 + [1, 0]
    assert score[13] > 1.5
    assert baseline[:3] == pytest.approx([5 + 21 / 15, 26 + 21 / 15, 47 + 21 / 15])
    assert set(ask(HOURS + "(f, sc, b) = series_decompose_anomalies(s, 1.5, 0) | project f")[0]) == {0}


@pytest.mark.parametrize(
    ("call", "cause"),
    [
        ("series_decompose(s, -1, 'avg', 3)", "to detect"),
        ("series_decompose_anomalies(s, 1.5, 0, 'avg', 3)", "test points"),
        ("series_decompose_anomalies(s, 1.5, 0, 'median')", "'median'"),
        ("series_decompose(s, -7)", "the season -7"),
        ("series_decompose_forecast(s, 2, 3)", "without its trend"),
        ("series_outliers(s, 'ctukey', 0, 20, 80)", "percentiles of its own"),
        ("series_periods_detect(s, 4.0, 8.0, 1)", "not supported"),
        ("series_fit_line(series_add(s, dynamic([1, null])))", "no number"),
    ],
)
def test_what_is_not_known_of_kusto_is_refused(ask, call, cause):
    with pytest.raises(QueryError, match=cause):
        ask(HOURS + call)


def test_refusal_of_a_value_speaks_kql(ask):
    with pytest.raises(QueryError) as caught:
        ask("print s = dynamic([1, null]) | extend series_fit_line(s)")
    assert "UDF" not in caught.value.message
    assert caught.value.message.startswith("series_fit_line()")


def test_forecast_reads_nothing_of_what_it_foretells(ask):
    (found,) = ask(
        "print s = dynamic([1, 4, 3, 6, 0, 0]) | project (b, s, t, r) = series_decompose_forecast(s, 2, 2, 'linefit')"
        " | project b"
    )
    assert found == pytest.approx([2 - 1.2, 5 - 0.4, 2 + 0.4, 5 + 1.2, 2 + 2.0, 5 + 2.8])


def test_average_that_moves(ask):
    assert ask("print series_fir(dynamic([0, 3, 0, 0]), dynamic([1, 1, 1]))") == ([0.0, 1.0, 1.0, 1.0],)


def test_constant_in_make_series_marks_the_bins_with_rows(ask):
    """Written into every bin it would say nothing; without `default` an empty bin holds 0."""
    rows = "datatable(t: long, v: long)[0, 5, 1, 6, 3, 7] | make-series v = sum(v), {} on t from 0 to 4 step 1"
    assert ask(rows.format("seen = 1 default = -2"))[:2] == ([5, 6, 0, 7], [1, 1, -2, 1])
    assert ask(rows.format("seen = 1"))[1] == [1, 1, 0, 1]
    for wrong in ("seen = v", "1", "seen = 'x'"):
        with pytest.raises(QueryError, match="aggregate"):
            ask(rows.format(wrong))
