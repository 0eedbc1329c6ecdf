"""Numbers that SQL prints or computes otherwise than Kusto."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from keywitness.engine.digits import shortest_text
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.engine.kernels.units import UNITS
from keywitness.model.schema import KqlType

_REAL, _LONG, _TEXT = KqlType.REAL, KqlType.LONG, KqlType.STRING


def real_text(value: float) -> str:
    """A real as a result shows it: the shortest digits that read back as the same number."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    mantissa = mantissa.removesuffix(".0")
    return f"{mantissa}E{exponent[0]}{exponent[1:].zfill(2)}" if mark else mantissa


def decimal_text(value: Decimal) -> str:
    """A decimal without the zeros that its 18 stored places add."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@kernel(_REAL, result=_TEXT)
def to_text(value: float | None) -> str:
    """A real as `tostring` prints it: always with a point or an exponent, `inf` for infinity.

    Measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    if value is None:
        return ""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return shortest_text(value)


def _hex(value: int | None, length: int | None, bits: int) -> str:
    if value is None:
        return ""
    return f"{value & (1 << bits) - 1:x}".rjust(min(length or 0, 16), "0")


@kernel(_LONG, _LONG, result=_TEXT)
def to_hex(value: int | None, length: int | None) -> str:
    return _hex(value, length, 64)


@kernel(KqlType.INT, _LONG, result=_TEXT)
def to_hex32(value: int | None, length: int | None) -> str:
    return _hex(value, length, 32)


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


@kernel(_LONG, _LONG, result=_LONG)
def shift_left(value: int | None, shift: int | None) -> int | None:
    if value is None or shift is None or shift < 0:
        return None
    return _signed(value << (shift % 64))


@kernel(_LONG, _LONG, result=_LONG)
def shift_right(value: int | None, shift: int | None) -> int | None:
    if value is None or shift is None or shift < 0:
        return None
    return value >> (shift % 64)


@kernel(_REAL, result=_REAL)
def gamma(value: float | None) -> float | None:
    if value is None:
        return None
    try:
        return math.gamma(value)
    except (ValueError, OverflowError):
        return math.nan if value <= 0 else math.inf


@kernel(_REAL, result=_REAL)
def loggamma(value: float | None) -> float | None:
    if value is None:
        return None
    try:
        return math.lgamma(value)
    except (ValueError, OverflowError):
        return math.inf


@kernel(_REAL, result=_REAL)
def erf(value: float | None) -> float | None:
    return None if value is None else math.erf(value)


@kernel(_REAL, result=_REAL)
def erfc(value: float | None) -> float | None:
    return None if value is None else math.erfc(value)


_MOST_PLACES = 15
_BYTE_UNITS = ("Bytes", "KB", "MB", "GB", "TB", "PB", "EB")


@kernel(_REAL, _LONG, _TEXT, result=_TEXT)
def format_bytes(size: float | None, precision: int | None, unit: str) -> str:
    """A size in the largest unit that leaves at least one, or in the unit asked for."""
    if size is None:
        return ""
    if not math.isfinite(size) or not 0 <= (precision or 0) <= _MOST_PLACES:
        raise NoExactAnswerError("format_bytes() of what is no size, or to a number of digits that there is not")
    index = 0
    if unit:
        names = [u.lower() for u in _BYTE_UNITS]
        if unit.lower() not in names:
            raise NoExactAnswerError(f"format_bytes() in the unit {unit!r}; one of {', '.join(_BYTE_UNITS)}")
        index = names.index(unit.lower())
    else:
        while index < len(_BYTE_UNITS) - 1 and abs(size) >= 1024 ** (index + 1):
            index += 1
    places = Decimal(1).scaleb(-(precision or 0))
    rounded = Decimal(size / 1024**index).quantize(places, ROUND_HALF_UP)
    return f"{real_text(float(rounded))} {_BYTE_UNITS[index]}"


@kernel(_TEXT, _REAL, _TEXT, _TEXT, result=_REAL)
def converted(quantity: str, value: float | None, from_unit: str, to_unit: str) -> float | None:
    """A measure in another unit."""
    units = UNITS[quantity]
    if value is None or not math.isfinite(value):
        return value
    (scale, offset), (to_scale, to_offset) = units[from_unit], units[to_unit]
    return float((Fraction(value) * scale + offset - to_offset) / to_scale)
