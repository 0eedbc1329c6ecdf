"""The beta distribution and Welch's test against published values and closed forms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness import QueryError, query
from keywitness.engine.kernels.distributions import incomplete_beta


def value(expression: str) -> float | None:
    (row,) = query(f"print v = {expression}").to_pylist()
    found: float | None = row["v"]
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("beta_cdf(0.9, 10, 20)", 0.999999999999959),
        ("beta_pdf(0.5, 10, 20)", 0.746176019310951),
        ("beta_inv(0.1, 10, 20)", 0.226415022388749),
        ("beta_cdf(0.3, 1, 1)", 0.3),
        ("beta_cdf(0.5, 2, 1)", 0.25),
        ("beta_inv(0.25, 2, 1)", 0.5),
        ("welch_test(0, 1, 10, 0, 1, 10)", 1.0),
        ("welch_test(1, 1, 2, 0, 1, 2)", 1 - math.sqrt(1 / 3)),
    ],
)
def test_known_values(expression: str, expected: float) -> None:
    assert value(expression) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "expression", ["beta_cdf(1.5, 1, 1)", "beta_cdf(0.5, 0, 1)", "beta_pdf(0, 1, 1)", "beta_inv(0.1, -1, 2)"]
)
def test_outside_is_not_a_number(expression: str) -> None:
    assert math.isnan(value(expression) or 0)


def test_null_and_a_probability_above_one_are_null() -> None:
    assert value("beta_inv(1.5, 10, 20)") is None
    assert value("beta_cdf(real(null), 1, 1)") is None


@pytest.mark.parametrize(
    "expression", ["beta_inv(0, 1, 1)", "welch_test(1, 0, 3, 2, 0, 3)", "welch_test(1, 1, 1, 2, 1, 3)"]
)
def test_what_no_page_decides_is_refused(expression: str) -> None:
    with pytest.raises(QueryError):
        query(f"print {expression}")


@given(st.floats(0.001, 0.999), st.floats(0.1, 500), st.floats(0.1, 500))
def test_both_tails_make_one(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) + incomplete_beta(1 - x, b, a) == pytest.approx(1, abs=1e-10)
