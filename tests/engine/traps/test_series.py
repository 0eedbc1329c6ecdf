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
        ("series_periods_detect(s, 4.0, 7.0, 1)", "not known which"),
        ("series_periods_validate(s, 5)", "not known which"),
        ("series_periods_validate(s, int(null))", "period that is null"),
        ("series_periods_validate(s" + ", 4" * 17 + ")", "more than 16"),
        ("x = series_fit_2lines_dynamic(s)", "with all of its values"),
        ("x = series_fit_2lines_dynamic(s).split_idx", "split_idx"),
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


@pytest.mark.parametrize("step", ["0", "-1"])
def test_a_step_that_leads_nowhere_is_refused(ask, step):
    with pytest.raises(QueryError, match="more than 0"):
        ask(f"datatable(t: long)[1] | make-series count() on t from 0 to 3 step {step}")


@pytest.mark.parametrize("aggregate", ["make_list(v)", "take_any(v)", "max(at)", "sum(span)", "sum(todecimal(t))"])
def test_series_of_what_is_no_number_are_refused(ask, aggregate):
    """An empty bin of texts held "0", one of lists 0: the page allows numeric results only."""
    rows = "datatable(t: long, v: string, at: datetime, span: timespan)[0, 'a', datetime(2020-01-01), 1h]"
    with pytest.raises(QueryError, match="in make-series"):
        ask(f"{rows} | make-series {aggregate} on t from 0 to 2 step 1")


DAYS = "print s = dynamic([9,10,9,10,9,2,1,9,10,10,9,9,2,1,10,9,9,10,9,1,2,9,9,10,9,10,2,1]) | "


def test_periods_are_filled_up_with_zeros(ask):
    """A list as long as what was found would move the scores of the next series."""
    found = ask(DAYS + "project (p, sc) = series_periods_detect(s, 4.0, 10.0, 1)")
    assert found == ([7.0], [pytest.approx(57 / 58)])
    assert ask(DAYS + "project (p, sc) = series_periods_detect(s, 15.0, 30.0, 2)") == ([0.0, 0.0], [0.0, 0.0])


def test_periods_out_of_bounds_score_0(ask):
    """Under four points, or over half of the series, there is no period, whatever the correlation says."""
    periods, scores = ask(DAYS + "project (p, sc) = series_periods_validate(s, 7, 2.0, 21)")
    assert periods == [7.0, 2.0, 21.0]
    assert scores == [pytest.approx(57 / 58), 0.0, 0.0]


STEP = "print s = dynamic([1, 1, 2, 2, 3, 3, 20, 19, 18, 17, 16]) | "


def test_two_lines_meet_nowhere(ask):
    """One line through all points, or two that share the break, would bend towards the jump."""
    quality, slopes, fit = ask(
        STEP + "extend (q, i, v, rv, f, rq, right, ri, rvar, rrv, lq, left) = series_fit_2lines(s)"
        " | project q, pack_array(left, right), f"
    )
    assert fit[:6] == pytest.approx([0.857142857, 1.314285714, 1.771428571, 2.228571429, 2.685714286, 3.142857143])
    assert fit[6:] == pytest.approx([20, 19, 18, 17, 16])
    assert slopes == pytest.approx([16 / 35, -1])
    assert quality == pytest.approx(1 - (12 / 35) / (7834 / 11))
    assert ask(STEP + "project series_fit_2lines_dynamic(s).line_fit") == (pytest.approx(fit),)


def test_transform_is_scaled_on_the_way_back(ask):
    """Scaled forward, the first number would be the mean, not the sum."""
    ask_fft = "print s = dynamic([1, 2, 3, 4]) | extend (re, im) = series_fft(s) | "
    assert ask(ask_fft + "project re, im") == (
        pytest.approx([10, -2, -2, -2]),
        pytest.approx([0, 2, 0, -2]),
    )
    assert ask(ask_fft + "project (a, b) = series_ifft(re, im)")[0] == pytest.approx([1, 2, 3, 4])
    assert ask("print series_ifft(series_add(dynamic([4, 0]), 0))")[0] == pytest.approx([2, 2])


RANGE = "datatable(t: long, v: long)[0, 1, 3, 5, 5, 7] | make-series s = sum(v) on t in range({}, {}, 2)"


def test_in_range_is_refused_where_the_page_leaves_rows_open(ask):
    """A start between two bins; a row behind the stop in its bin: nobody says which side they are on."""
    with pytest.raises(QueryError, match="between two bins"):
        ask(RANGE.format(1, 5))
    with pytest.raises(QueryError, match="behind its stop"):
        ask(RANGE.format(0, 4))
    assert ask(RANGE.format(2, 5)) == ([5, 7], [2, 4])


def test_ends_of_the_numbers(ask):
    """Python raises at log(0), which would read as not a number, and at a power that is too large."""
    assert ask("print series_log(dynamic([0, -1, 1]))") == (["-Infinity", "NaN", 0.0],)
    assert ask("print series_pow(dynamic([-10, -10, 0]), dynamic([401, 402, -1]))") == (
        ["-Infinity", "Infinity", "Infinity"],
    )


def test_whole_series_give_whole_results(ask):
    """Reals all through: `[9.0]` in text. Measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql."""
    s, t = "dynamic([5, 9, null])", "dynamic([2, 3, 4])"
    asked = f"print tostring(series_subtract({s}, {t})), tostring(series_multiply({s}, {t})), series_divide({s}, {t})"
    assert ask(asked) == ("[3,6,null]", "[10,27,null]", [2.5, 3.0, None])
    with pytest.raises(QueryError, match="outside of long"):
        ask("print series_add(dynamic([9223372036854775807]), dynamic([1]))")


def test_signs_and_absolutes_of_whole_numbers_are_whole(ask):
    """`[-1.0,0.0,1.0]` in text; the pages of both functions print 0, those of the logarithm 0.0."""
    series = "dynamic([-6.5, 0, 8, null, 'x'])"
    asked = f"print tostring(series_abs({series})), tostring(series_sign({series})), tostring(series_floor({series}))"
    assert ask(asked) == ("[6.5,0,8,null,null]", "[-1.0,0,1,null,null]", "[-7.0,0.0,8.0,null,null]")


def test_a_correlation_is_divided_by_both_roots(ask):
    """Divided by the root of the product both are 1. The rule meets the answers that kql-to-sql (MIT) recorded."""
    asked = "series_pearson_correlation(dynamic({0}), dynamic({1}))"
    same, twice = asked.format("[0, 0, 10]", "[0, 0, 10]"), asked.format("[2, 4, 6, 8]", "[1, 2, 3, 4]")
    assert ask(f"print {same}, {twice}") == (1.0000000000000002, 0.9999999999999998)


def test_a_dot_product_takes_a_number_and_series_of_two_lengths(ask):
    """Null, as for other pairs: https://learn.microsoft.com/kusto/query/series-dot-product-function."""
    assert ask(
        "print s = dynamic([1, 3, 5]), n = 2 | project series_dot_product(s, n), series_dot_product(0.5, s)"
    ) == (
        18.0,
        4.5,
    )
    assert ask(
        "print series_dot_product(dynamic([2, 4, 6]), dynamic([1, 1])), series_dot_product(dynamic([]), 3), "
        "series_dot_product(dynamic([2, 'x', 6]), dynamic([1, 1, 1])), series_dot_product(dynamic({}), 3)"
    ) == (6.0, None, 8.0, None)
