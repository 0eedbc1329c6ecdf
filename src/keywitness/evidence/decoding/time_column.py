"""Times as Azure writes them, a whole column at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keywitness.model.schema import TICKS_PER_SECOND, UNIX_EPOCH_TICKS

#: The form that is read here, with seven digits of a second or fewer; all others go the exact way.
_FORM = np.frombuffer(b"0000-00-00T00:00:00.0000000", np.uint8)
_SHORTEST = len("0000-00-00T00:00:00.0Z")
_LONGEST = len(_FORM) + 1
_FRACTION = _SHORTEST - 2
_PLACES = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def ticks_column(texts: pa.Array) -> pa.Array:
    """Ticks of `YYYY-MM-DDTHH:MM:SS.fffffffZ`, with one digit behind the point at least; null for anything else."""
    count = len(texts)
    bounds = np.frombuffer(texts.buffers()[1], np.int32, count=count + 1 + texts.offset)[texts.offset :]
    lengths = np.diff(bounds)
    result = np.zeros(count, np.int64)
    known = np.zeros(count, np.bool_)
    if texts.buffers()[2] is None:
        return pa.nulls(count, pa.int64())
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    for length in np.flatnonzero(np.bincount(lengths, minlength=_LONGEST + 1)[: _LONGEST + 1]).tolist():
        if length < _SHORTEST:
            continue
        right = np.flatnonzero(lengths == length)
        if len(right) == count:
            matrix = data[bounds[0] : bounds[-1]].reshape(count, length)
        else:
            matrix = data[bounds[:-1][right].astype(np.int64)[:, None] + np.arange(length)]
        result[right], known[right] = _read(np.array(matrix.T, order="C"))
    return pa.array(result, mask=~known)


def _read(octets: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Ticks, and which of them are a time.

    Args:
        octets: One row per place, so that operations run over neighbouring bytes; they are changed.
    """
    last = len(octets) - 1
    valid = octets[last] == ord("Z")
    for place, octet in enumerate(_FORM[:last]):
        if octet == ord("0"):
            octets[place] -= 48
            valid &= octets[place] <= 9
        else:
            valid &= octets[place] == octet

    def number(first: int, last: int) -> npt.NDArray[np.int32]:
        value: npt.NDArray[np.int32] = octets[first].astype(np.int32)
        for place in range(first + 1, last):
            value *= 10
            value += octets[place]
        return value

    year, month, day, hour, minute, second = (number(*places) for places in _PLACES)
    fraction = number(_FRACTION, last) * np.int32(10 ** (len(_FORM) - last))
    leap = (month == 2) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    valid &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    valid &= day <= _MONTH_DAYS[np.where(valid, month, 0)] + leap
    valid &= (hour <= 23) & (minute <= 59) & (second <= 59)
    safe = np.where(valid, year, 1970)
    months = (safe.astype(np.int64) - 1970) * 12 + np.where(valid, month, 1) - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day - 1
    seconds = days * 86_400 + hour.astype(np.int64) * 3600 + minute * 60 + second
    return seconds * TICKS_PER_SECOND + fraction + UNIX_EPOCH_TICKS, valid
