"""How many names with a value a line of JSON holds, counted in its bytes: the one half of the proof in `audit_columns`.

The quote that ends a name is followed by a colon. Inside a string that quote is escaped, and what is counted there has
no value behind it that could be taken for absent, so a string can only make the count too high.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_BLOCK = 1 << 18
_SPACE, _QUOTE, _COLON, _BACKSLASH, _N, _OPEN, _CLOSE = b' ":\\n{}'


def name_counts(
    octets: npt.NDArray[np.uint8], bounds: Counts, blanks: tuple[str, ...] = (), *, embedded: bool = False
) -> Counts:
    """Names with a value in each line of a buffer; -1 where the count would prove nothing.

    Null and `{}` are no value. One space may stand before a value, none before the colon.

    Args:
        octets: The buffer.
        bounds: First byte of each line, and the end of the last.
        blanks: Texts that are no value either, in ASCII.
        embedded: Leave out what stands in strings: a JSON text in there is counted for itself.
    """
    colons, unsafe = _colons(octets)
    last = len(octets) - 1
    if embedded:
        escaped = octets[np.maximum(colons - 2, 0)] == _BACKSLASH
        doubly = escaped & (octets[np.maximum(colons - 3, 0)] == _BACKSLASH)  # the end of a string, or inside one?
        unsafe.append(colons[doubly])
        colons = colons[~escaped]
    values = colons + 1
    first = octets[np.minimum(values, last)]
    if (spaced := first == _SPACE).any():
        values = values + spaced
        first = octets[np.minimum(values, last)]
    second = octets[np.minimum(values + 1, last)]
    unsafe.append(colons[(first <= _SPACE) | ((first == _OPEN) & (second <= _SPACE))])
    absent = (first == _N) | ((first == _OPEN) & (second == _CLOSE))
    for text in blanks:
        absent |= _reads(octets, values, first, f'"{text}"'.encode())
    counts = _per_line(colons, bounds) - _per_line(colons[absent], bounds)
    counts[_per_line(np.sort(np.concatenate(unsafe)), bounds) > 0] = -1
    return counts


def _colons(octets: npt.NDArray[np.uint8]) -> tuple[Counts, list[Counts]]:
    """Where a colon follows a quote; and where one follows white space."""
    names: list[Counts] = [np.empty(0, np.int64)]
    unsafe: list[Counts] = [np.empty(0, np.int64)]
    for begin in range(0, len(octets), _BLOCK):
        block = octets[begin : begin + _BLOCK + 1]
        colons = np.flatnonzero(block[1:] == _COLON)
        before = block[colons]
        names.append(colons[before == _QUOTE] + (begin + 1))
        unsafe.append(colons[before <= _SPACE] + begin)
    return np.concatenate(names), unsafe


def _reads(octets: npt.NDArray[np.uint8], places: Counts, first: npt.NDArray[np.uint8], text: bytes) -> Mask:
    """Where these bytes stand."""
    found = np.flatnonzero(first == text[0])
    for distance, octet in enumerate(text[1:], 1):
        at = np.minimum(places[found] + distance, len(octets) - 1)
        found = found[octets[at] == octet]
    result = np.zeros(len(places), np.bool_)
    result[found] = True
    return result


def _per_line(positions: Counts, bounds: Counts) -> Counts:
    return np.diff(np.searchsorted(positions, bounds)).astype(np.int64)
