"""The digits of a real in text, as Kusto's writer finds them.

They read back as the same number and are the fewest, but of several texts of that length it often takes the largest,
not the nearest: 0.1 + 0.2 is 0.30000000000000007. Source of the rule: Florian Loitsch, "Printing Floating-Point Numbers
Quickly and Accurately with Integers" (2010), algorithm Grisu2, as version 1.1.0 of the MIT-licensed RapidJSON has it,
with a table of powers of ten too short for the last step of most numbers. It meets every text of a real recorded from
Kusto (docs/decisions/0024-the-digits-of-a-real.md).
"""

from __future__ import annotations

import math
import struct
from functools import cache

_WORD = 64
_MASK = (1 << _WORD) - 1
_HIDDEN = 1 << 52
#: With this many digits of a fraction RapidJSON's table of powers ends, and so does the step towards the nearest text.
_NEAREST = 9
#: Whole numbers up to here are written out, larger ones with an exponent; likewise zeros behind the point.
_PLACES, _ZEROS = 21, 6


def shortest_text(value: float) -> str:
    """A finite real in decimal, always with a point or an exponent.

    Example:
        >>> shortest_text(0.1 + 0.2), shortest_text(1500), shortest_text(1e-7), shortest_text(-1.5e300)
        ('0.30000000000000007', '1500.0', '1e-7', '-1.5e300')
    """
    sign = "-" if math.copysign(1, value) < 0 else ""
    if value == 0:
        return f"{sign}0.0"
    digits, exponent = _digits(abs(value))
    point = len(digits) + exponent
    if exponent >= 0 and point <= _PLACES:
        return f"{sign}{digits}{'0' * exponent}.0"
    if 0 < point <= _PLACES:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -_ZEROS < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1}"


def _digits(value: float) -> tuple[str, int]:
    """Digits and the power of ten that the last one counts."""
    fraction, exponent = _parts(value)
    above, below = (fraction << 1) + 1, (fraction << 1) - 1
    shift = _WORD - above.bit_length()
    top, floor, place = above << shift, below << shift, exponent - 1 - shift
    if fraction == _HIDDEN:  # the next smaller real is half as far away
        floor = ((fraction << 2) - 1) << (shift - 1)
    shift = _WORD - fraction.bit_length()
    nearest = fraction << shift
    power, scale, scaled = _power(place)
    upper, lower = _product(top, power) - 1, _product(floor, power) + 1
    return _generated(_product(nearest, power), upper, upper - lower, -(place + scale + _WORD), scaled)


def _parts(value: float) -> tuple[int, int]:
    """Whole mantissa and binary exponent."""
    bits = struct.unpack("<Q", struct.pack("<d", value))[0]
    biased, mantissa = bits >> 52, bits & (_HIDDEN - 1)
    return (mantissa | _HIDDEN, biased - 1075) if biased else (mantissa, -1074)


def _power(place: int) -> tuple[int, int, int]:
    """A power of ten that brings a number into 32 to 60 bits behind the point: mantissa, its place, minus the power."""
    wanted = math.ceil((-61 - place) * 0.30102999566398114 + 347)
    index = (wanted >> 3) + 1
    return *_rounded_power(index * 8 - 348), 348 - index * 8


@cache
def _rounded_power(ten: int) -> tuple[int, int]:
    """10 ** ten in 64 bits, rounded, and the binary place of the last bit."""
    size = abs(10 ** abs(ten)).bit_length()
    if ten >= 0:
        place = size - _WORD
        doubled = (10**ten << 1 >> place) if place >= 0 else 10**ten << (1 - place)
    else:
        place = 1 - size - _WORD
        doubled = (1 << (1 - place)) // 10**-ten
        if doubled.bit_length() > _WORD + 1:
            place, doubled = place + 1, doubled >> 1
    return (doubled + 1) >> 1, place


def _product(first: int, second: int) -> int:
    """The upper half of a product of two words, rounded."""
    product = first * second
    return (product >> _WORD) + (product >> (_WORD - 1) & 1)


def _generated(nearest: int, upper: int, width: int, point: int, exponent: int) -> tuple[str, int]:
    """Digits of the upper bound, until what is left lies within the bounds."""
    one = 1 << point
    whole, part, away = upper >> point, upper & (one - 1), upper - nearest
    size = len(str(whole))
    for kept in range(1, size + 1):
        unit = 10 ** (size - kept)
        left = (whole % unit << point) + part
        if left <= width:
            return str(whole // unit - _steps_down(width, left, unit << point, away)), exponent + size - kept
    digits, places = whole, 0
    while True:
        part, width, places = part * 10, width * 10 & _MASK, places + 1
        digits, part = digits * 10 + (part >> point), part & (one - 1)
        if part < width:
            far = away * 10**places & _MASK if places < _NEAREST else 0
            return str(digits - _steps_down(width, part, one, far)), exponent - places


def _steps_down(width: int, left: int, unit: int, away: int) -> int:
    """How often the last digit is lowered towards the number."""
    steps = 0
    while left < away and width - left >= unit and (left + unit < away or away - left > left + unit - away):
        left, steps = left + unit, steps + 1
    return steps
