"""Which period a series has: the documented examples, and where it is not known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from keywitness.engine.kernels import periods
from keywitness.engine.kernels.kernel import NoExactAnswerError


def period(values: list[float], threshold: float = 0.6) -> int:
    return periods.period(np.asarray(values, dtype=np.float64), threshold, "series_decompose")


def test_the_shorter_of_a_period_and_its_multiples() -> None:
    assert period([1, 2, 3, 4, 3, 2] * 6) == 6
    assert period([8, 12, 14, 12, 10] + [10, 12, 14, 12, 10] * 3, 0.7) == 5


def test_no_period_in_what_does_not_come_back() -> None:
    """A trend and a spike agree with themselves a little later; that is no season."""
    assert period([float(i) for i in range(40)]) == 0
    assert period([0.0] * 20 + [50.0] + [0.0] * 19) == 0


def test_short_and_flat_series_have_none() -> None:
    assert period([1, 5, 1, 5, 1, 5, 1]) == 0
    assert period([5.0] * 40) == 0


def test_two_cycles_are_none_where_documented_and_refused_elsewhere() -> None:
    assert period([1, 3, 5, 2, 4, 6] * 2) == 0
    with pytest.raises(NoExactAnswerError, match="give it in points"):
        period([1, 3, 9, 2, 4, 6, 5, 3, 8, 1, 2, 2] * 2)
    with pytest.raises(NoExactAnswerError):
        period([1, 3, 9, 2] * 4)


def test_two_periods_of_one_strength_are_refused() -> None:
    five, seven = [8.0, 0, 0, 0, 0], [8.0, 0, 0, 0, 0, 0, 0]
    mixed = [a + b for a, b in zip(five * 14, seven * 10, strict=True)]
    with pytest.raises(NoExactAnswerError):
        period(mixed, 0.1)


def test_scores_reach_from_0_to_1() -> None:
    found = periods.scores(np.asarray([1.0, 2, 3, 4, 3, 2] * 6))
    assert found[0] == pytest.approx(1)
    assert found[6] == pytest.approx(1)
    assert found[3] == pytest.approx(0)


def test_second_period_is_refused_where_another_line_is_strong() -> None:
    wave = [10 + 6 * np.sin(2 * np.pi * i / 8) + 3 * np.sin(2 * np.pi * i / 20) for i in range(80)]
    series = str([float(v) for v in wave])
    with pytest.raises(NoExactAnswerError):
        periods.detect.function(series, 4.0, 40.0, 2)
    alone = str([float(10 + 6 * np.sin(2 * np.pi * i / 8)) for i in range(80)])
    assert json.loads(periods.detect.function(alone, 4.0, 40.0, 2)) == [[8.0, 0.0], [pytest.approx(1), 0.0]]


def test_lag_that_may_be_a_period_is_not_scored() -> None:
    alone = str([float(10 + 6 * np.sin(2 * np.pi * i / 8)) for i in range(80)])
    assert json.loads(periods.validate.function(alone, "[8, 12]"))[1] == [pytest.approx(1), 0.0]
    with pytest.raises(NoExactAnswerError):
        periods.validate.function(alone, "[9]")
    assert periods.validate.function("{}", "[9]") is None
