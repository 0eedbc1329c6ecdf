"""Cells of grids over the earth as text: geohashes and cells of H3.

Rules: https://en.wikipedia.org/wiki/Geohash and https://h3geo.org/docs/core-library/h3Indexing/.
"""

from __future__ import annotations

import re
from itertools import product

from keywitness.engine.kernels.documents import write
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.model.schema import KqlType

_TEXT, _LONG, _REAL, _DYNAMIC = KqlType.STRING, KqlType.LONG, KqlType.REAL, KqlType.DYNAMIC
Corners = tuple[float, float, float, float]

# ---------------------------------------------------------------- geohashes

_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
_LONGEST = 18


@kernel(_REAL, _REAL, _LONG, result=_TEXT)
def point_to_geohash(longitude: float | None, latitude: float | None, accuracy: int | None) -> str:
    """The cell of a place, or the empty string where there is no such place or accuracy.

    Raises:
        NoExactAnswerError: For a place on the border of two cells: whose it is, the page does not say.
    """
    if longitude is None or latitude is None or accuracy is None or not 1 <= accuracy <= _LONGEST:
        return ""
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        return ""
    ranges = [[-180.0, 180.0, longitude], [-90.0, 90.0, latitude]]
    bits = 0
    for step in range(5 * accuracy):
        half = ranges[step % 2]
        middle = (half[0] + half[1]) / 2
        if half[2] == middle:
            raise NoExactAnswerError("geo_point_to_geohash() of a place on the border of two cells")
        above = half[2] > middle
        half[0 if above else 1] = middle
        bits = bits * 2 + above
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(accuracy)))


def _corners(name: str, geohash: str) -> Corners | None:
    """West, south, east and north of a geohash."""
    if not 1 <= len(geohash) <= _LONGEST or any(sign not in _ALPHABET for sign in geohash.lower()):
        return None
    if geohash != geohash.lower():
        raise NoExactAnswerError(f"{name}() of a geohash in capitals: tolower(...)")
    ranges = [[-180.0, 180.0], [-90.0, 90.0]]
    bits = "".join(f"{_ALPHABET.index(sign):05b}" for sign in geohash)
    for step, bit in enumerate(bits):
        half = ranges[step % 2]
        half[0 if bit == "1" else 1] = (half[0] + half[1]) / 2
    (west, east), (south, north) = ranges
    return west, south, east, north


@kernel(_TEXT, result=_DYNAMIC)
def geohash_to_central_point(geohash: str) -> str | None:
    corners = _corners("geo_geohash_to_central_point", geohash)
    if corners is None:
        return None
    west, south, east, north = corners
    return write({"type": "Point", "coordinates": [(west + east) / 2, (south + north) / 2]})


@kernel(_TEXT, result=_DYNAMIC)
def geohash_to_polygon(geohash: str) -> str | None:
    corners = _corners("geo_geohash_to_polygon", geohash)
    if corners is None:
        return None
    west, south, east, north = corners
    around = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return write({"type": "Polygon", "coordinates": [around]})


# ---------------------------------------------------------------- H3

_PENTAGONS = frozenset({4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117})
_FINEST = 15
_MOST_LEVELS = 5
_NEXT = -(2**63)  # where no level is asked for
_NO_DIGIT, _CENTRE, _MISSING = 7, 0, 1  # a pentagon has no child of digit 1


def _digits(cell: int) -> list[int]:
    return [cell >> 3 * (_FINEST - level) & 7 for level in range(1, _FINEST + 1)]


def _level(cell: int) -> int | None:
    """The resolution of a cell, None where the number is none."""
    mode, reserved, base = cell >> 59, cell >> 56 & 7, cell >> 45 & 127
    level, digits = cell >> 52 & 15, _digits(cell)
    if mode != 1 or reserved or base > 121:
        return None
    if any(d == _NO_DIGIT for d in digits[:level]) or any(d != _NO_DIGIT for d in digits[level:]):
        return None
    first = next((d for d in digits[:level] if d != _CENTRE), _CENTRE)
    return None if base in _PENTAGONS and first == _MISSING else level


def _cell(name: str, text: str) -> tuple[int, int] | None:
    """The number and the resolution of a cell's text.

    Raises:
        NoExactAnswerError: For a cell in capitals, with zeros in front or other text around it.
    """
    found = re.match(r"\s*(?:0[xX])?([0-9a-fA-F]+)", text)
    if found is None or len(found[1].lstrip("0")) > 16:
        return None
    cell = int(found[1], 16)
    level = _level(cell)
    if level is None:
        return None
    if text != f"{cell:x}":
        raise NoExactAnswerError(f"{name}() of an H3 cell that is not written as {cell:x}")
    return cell, level


def _at(cell: int, level: int, digits: list[int]) -> str:
    """The cell with another resolution and other digits."""
    number = cell >> 45 & ~(15 << 7) | level << 7
    for digit in (*digits, *[_NO_DIGIT] * (_FINEST - len(digits))):
        number = number << 3 | digit
    return f"{number:x}"


@kernel(_TEXT, result=KqlType.INT)
def h3cell_level(text: str) -> int | None:
    found = _cell("geo_h3cell_level", text)
    return found and found[1]


def _wanted(name: str, level: int, asked: int | None) -> int:
    if asked is None or asked == level:
        raise NoExactAnswerError(f"{name}() of the cell's own level, or of none")
    return asked


@kernel(_TEXT, _LONG, result=_TEXT)
def h3cell_parent(text: str, resolution: int | None = _NEXT) -> str:
    """The cell around a cell, at once or at a level.

    Raises:
        NoExactAnswerError: For the cell's own resolution, of which the page says nothing.
    """
    found = _cell("geo_h3cell_parent", text)
    if found is None:
        return ""
    cell, level = found
    asked = _wanted("geo_h3cell_parent", level, level - 1 if resolution == _NEXT else resolution)
    return _at(cell, asked, _digits(cell)[:asked]) if 0 <= asked < level else ""


@kernel(_TEXT, _LONG, result=_DYNAMIC)
def h3cell_children(text: str, resolution: int | None = _NEXT) -> str | None:
    """The cells inside of a cell, at once or at a level.

    Raises:
        NoExactAnswerError: For the cell's own resolution, of which the page says nothing.
    """
    found = _cell("geo_h3cell_children", text)
    if found is None:
        return None
    cell, level = found
    asked = _wanted("geo_h3cell_children", level, level + 1 if resolution == _NEXT else resolution)
    if not level < asked <= min(_FINEST, level + _MOST_LEVELS):
        return None
    own = _digits(cell)[:level]
    pentagon = (cell >> 45 & 127) in _PENTAGONS and not any(own)
    below = product(range(_NO_DIGIT), repeat=asked - level)
    children = (d for d in below if not (pentagon and next(filter(None, d), _CENTRE) == _MISSING))
    return write([_at(cell, asked, [*own, *digits]) for digits in children])
