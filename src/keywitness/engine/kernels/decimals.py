"""Decimals: 20 digits before the point and 18 behind it, and not a digit more in silence."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.kql import literals
from keywitness.model.schema import KqlType

_DECIMAL, _TEXT = KqlType.DECIMAL, KqlType.STRING
_PLACES = 18
_BOUND = 10**20


def _held(value: Fraction, what: str) -> Decimal:
    scaled = value * 10**_PLACES
    if scaled.denominator != 1 or abs(value) >= _BOUND:
        raise NoExactAnswerError(f"{what} needs more than 20 digits before or 18 behind the point; use todouble()")
    return Decimal(f"{scaled.numerator}e-{_PLACES}")


@kernel(_TEXT, result=_DECIMAL)
def parsed(text: str | None) -> Decimal | None:
    """The number that a text is, null for any other text, and for a real that is null."""
    if text is None:
        return None
    value = literals.parse_decimal(text)
    real = literals.parse_real(text) if value is None else None
    if real is not None and math.isfinite(real):
        raise NoExactAnswerError(
            f"todecimal() of {text.strip()[:60]} needs more than 20 digits before or 18 behind the point; "
            "use todouble()"
        )
    return value


@kernel(_DECIMAL, _DECIMAL, result=_DECIMAL)
def product(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None or right is None:
        return None
    return _held(Fraction(left) * Fraction(right), "* of decimals")


@kernel(_DECIMAL, _DECIMAL, result=_DECIMAL)
def quotient(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None or right is None:
        return None
    if not right:
        raise NoExactAnswerError("/ of a decimal by 0; leave such rows out, or use todouble()")
    return _held(Fraction(left) / Fraction(right), "/ of decimals")
