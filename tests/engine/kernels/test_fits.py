"""Lines, polynomials and filters, against figures worked out by hand."""

from __future__ import annotations

import json

import pytest

from keywitness.engine.kernels import fits
from keywitness.engine.kernels.kernel import NoExactAnswerError


def of(*values: object) -> str:
    return json.dumps(values)


def test_line_through_points_on_a_line() -> None:
    found = json.loads(fits.fit_line_dynamic.function(of(3, 5, 7, 9)))
    assert found["slope"] == pytest.approx(2)
    assert found["rsquare"] == pytest.approx(1)
    assert found["line_fit"] == pytest.approx([3, 5, 7, 9])


def test_interception_lies_one_before_the_first_point() -> None:
    """Counted from 0 it would be 3, the first point itself."""
    assert json.loads(fits.fit_line_dynamic.function(of(3, 5, 7, 9)))["interception"] == pytest.approx(1)


def test_variances_divide_by_n_minus_1() -> None:
    """numpy's own default divides by n: 1.6667 and 0.0667."""
    found = json.loads(fits.fit_line_dynamic.function(of(1, 2, 4)))
    assert found["variance"] == pytest.approx(7 / 3)
    assert found["rvariance"] == pytest.approx((1 / 36 + 4 / 36 + 1 / 36) / 2)


def test_columns_stand_in_the_order_of_the_page() -> None:
    columns = json.loads(fits.fit_line.function(of(1, 2, 4)))
    found = json.loads(fits.fit_line_dynamic.function(of(1, 2, 4)))
    order = ("rsquare", "slope", "variance", "rvariance", "interception", "line_fit")
    assert columns == [found[name] for name in order]


def test_polynomial_lists_the_highest_power_first_and_counts_from_1() -> None:
    squares = json.loads(fits.fit_poly.function(of(4, 9, 16, 25, 36), None, 2))  # (x + 1) ** 2
    assert squares[1] == pytest.approx([1, 2, 1])
    assert squares[4] == pytest.approx([4, 9, 16, 25, 36])
    assert json.loads(fits.fit_poly.function(of(4, 9, 16), of(1, 2, 3)))[1] == pytest.approx([6, -7 / 3])


@pytest.mark.parametrize(
    ("values", "places", "degree"),
    [(of(1, 2), of(1, 2), 2), (of(1, 2, 3), of(1, 1, 1), 1), (of(1, 2, 3), of(1, 2), 1), (of(1, 2, 3), None, 0)],
)
def test_polynomial_that_the_points_do_not_determine(values: str, places: str | None, degree: int) -> None:
    with pytest.raises(NoExactAnswerError):
        fits.fit_poly.function(values, places, degree)


def test_polynomial_of_times_is_refused() -> None:
    """Ticks to the fifth power: the answer would be rounding."""
    ticks = of(*(638_000_000_000_000_000 + 36_000_000_000 * i for i in range(20)))
    with pytest.raises(NoExactAnswerError, match="range 0 to 1"):
        fits.fit_poly.function(of(*range(20)), ticks, 5)


@pytest.mark.parametrize("bad", [of(1, None, 3), of(1, "2"), of(True, 1)])
def test_what_is_no_number_is_refused(bad: str) -> None:
    """Leaving it out would move all points behind it."""
    with pytest.raises(NoExactAnswerError, match="no number"):
        fits.fit_line.function(bad)


def test_flat_and_short_series_have_no_fit() -> None:
    for flat in (of(5, 5, 5), of(5), of()):
        with pytest.raises(NoExactAnswerError):
            fits.fit_line.function(flat)


def test_null_and_bags_are_null() -> None:
    for none in (None, "{}", "1"):
        assert fits.fit_line.function(none) is None
        assert fits.fir.function(none, of(1)) is None
        assert fits.iir.function(of(1), none, of(1)) is None


def test_fir_normalizes_unless_a_weight_is_negative() -> None:
    assert json.loads(fits.fir.function(of(0, 0, 6, 0, 0), of(1, 1, 1))) == [0, 0, 2, 2, 2]
    assert json.loads(fits.fir.function(of(0, 0, 6, 0, 0), of(1, 1, 1), True, True)) == pytest.approx([0, 2, 2, 2, 0])
    assert fits.fir.function(of(1, 4, 9), of(1, -1)) == "[1,3,5]"
    assert fits.fir.function(of(1, 4, 9), of(1, -1), True) is None


def test_fir_weights_run_backwards_in_time() -> None:
    """The other way round it would show what comes next."""
    assert fits.fir.function(of(1, 0, 0), of(1, 2, 3), False) == "[1,2,3]"


def test_fir_without_a_middle_or_a_sum_is_refused() -> None:
    for weights, center in ((of(1, 1), True), (of(0, 0), False)):
        with pytest.raises(NoExactAnswerError):
            fits.fir.function(of(1, 2, 3), weights, None, center)


def test_iir_feeds_its_output_back() -> None:
    assert json.loads(fits.iir.function(of(1, 2, 3), of(1), of(1, -1))) == [1.0, 3.0, 6.0]
    assert json.loads(fits.iir.function(of(4, 0, 0), of(1, 1), of(2, 0, 2))) == [2.0, 2.0, -2.0]
    with pytest.raises(NoExactAnswerError):
        fits.iir.function(of(1), of(1), of(0, 1))


def test_break_that_is_not_the_only_best_is_refused() -> None:
    """Two steps of one height: either could be the break."""
    with pytest.raises(NoExactAnswerError, match="equally well"):
        fits.two_lines.function(of(1, 1, 1, 1, 5, 5, 5, 5, 1, 1, 1, 1), "line_fit")
    with pytest.raises(NoExactAnswerError, match="equally well"):
        fits.two_lines.function(of(1, 2, 3, 4, 5, 6, 7), "line_fit")


def test_value_of_one_line_asks_that_line_alone() -> None:
    """The left part is flat: its r-square is 0 / 0, the right part's slope is not."""
    values = of(2, 2, 2, 2, 9, 11, 12, 15)
    assert json.loads(fits.two_lines.function(values, "right_slope")) == pytest.approx(1.9)
    with pytest.raises(NoExactAnswerError, match="does not change"):
        fits.two_lines.function(values, "left_rsquare")
