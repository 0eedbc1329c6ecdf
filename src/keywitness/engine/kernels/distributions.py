"""The beta distribution and Welch's test: statistics that no SQL has.

The regularised incomplete beta function is computed by its continued fraction (Lentz), to about twelve digits.
"""

from __future__ import annotations

import math

from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.model.schema import KqlType

_REAL = KqlType.REAL
_NOT_A_NUMBER = math.nan
#: The largest parameter that Kusto's beta_cdf takes.
_LARGEST = 10_000
_TINY = 1e-300
_ROUNDS = 20_000


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, for x below (a + 1) / (a + b + 2)."""
    c, d = 1.0, 1 / _kept(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _ROUNDS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _kept(1 + even * d), _kept(1 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _kept(1 + odd * d), _kept(1 + odd / c)
        value *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return value


def _kept(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, 0 <= x <= 1."""
    if x in (0, 1):
        return float(x)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - _log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


@kernel(_REAL, _REAL, _REAL, result=_REAL)
def beta_cdf(x: float | None, a: float | None, b: float | None) -> float | None:
    if x is None or a is None or b is None:
        return None
    if not (0 <= x <= 1 and 0 < a <= _LARGEST and 0 < b <= _LARGEST):
        return _NOT_A_NUMBER
    return incomplete_beta(x, a, b)


@kernel(_REAL, _REAL, _REAL, result=_REAL)
def beta_pdf(x: float | None, a: float | None, b: float | None) -> float | None:
    if x is None or a is None or b is None:
        return None
    if not (0 < x < 1 and 0 < a < math.inf and 0 < b < math.inf):
        return _NOT_A_NUMBER
    return math.exp((a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - _log_beta(a, b))


@kernel(_REAL, _REAL, _REAL, result=_REAL)
def beta_inv(p: float | None, a: float | None, b: float | None) -> float | None:
    """Kusto's page and its example differ on what is outside: the example is what the engine gave."""
    if p is None or a is None or b is None:
        return None
    if 0 < p <= 1 and b > 0 and a <= 0:
        return _NOT_A_NUMBER
    if p > 1 and a > 0 and b > 0:
        return None
    if not (0 < p <= 1 and 0 < a <= _LARGEST and 0 < b <= _LARGEST):
        raise NoExactAnswerError("beta_inv() of such values: Kusto's page contradicts itself about them")
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if incomplete_beta(middle, a, b) < p else (low, middle)
    return high


@kernel(_REAL, _REAL, _REAL, _REAL, _REAL, _REAL, result=_REAL)
def welch_test(
    mean1: float | None, variance1: float | None, count1: float | None,
    mean2: float | None, variance2: float | None, count2: float | None,
) -> float | None:  # fmt: skip
    if mean1 is None or variance1 is None or count1 is None or mean2 is None or variance2 is None or count2 is None:
        return None
    if not (count1 > 1 and count2 > 1 and variance1 >= 0 and variance2 >= 0 and variance1 + variance2 > 0):
        raise NoExactAnswerError("welch_test() of fewer than two values, or of values that are all the same")
    first, second = variance1 / count1, variance2 / count2
    freedom = (first + second) ** 2 / (first**2 / (count1 - 1) + second**2 / (count2 - 1))
    squared = (mean1 - mean2) ** 2 / (first + second)
    return incomplete_beta(freedom / (freedom + squared), freedom / 2, 0.5)
