"""Times as Azure writes them, a whole column at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keywitness.model.schema import TICKS_PER_SECOND, UNIX_EPOCH_TICKS

#: The one form that is read here; all others go the exact way.
_FORM = np.frombuffer(b"0000-00-00T00:00:00.0000000Z", np.uint8)
_DIGITS = np.flatnonzero(ord("0") == _FORM)
_OTHERS = np.flatnonzero(ord("0") != _FORM)
_PLACES = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def ticks_column(texts: pa.Array) -> pa.Array:
    """Ticks of `YYYY-MM-DDTHH:MM:SS.fffffffZ`; null for anything else."""
    count = len(texts)
    bounds = np.frombuffer(texts.buffers()[1], np.int32, count=count + 1 + texts.offset)[texts.offset :]
    right = np.flatnonzero(np.diff(bounds) == len(_FORM))
    if not len(right):
        return pa.nulls(count, pa.int64())
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    if len(right) == count:
        matrix = data[bounds[0] : bounds[-1]].reshape(count, len(_FORM))
    else:
        matrix = data[bounds[:-1][right].astype(np.int64)[:, None] + np.arange(len(_FORM))]
    octets = np.array(matrix.T, order="C")  # a copy, one row per place: operations run over neighbouring bytes
    valid = np.ones(len(right), np.bool_)
    for place in _OTHERS:
        valid &= octets[place] == _FORM[place]
    for place in _DIGITS:
        octets[place] -= 48
        valid &= octets[place] <= 9

    def number(first: int, last: int) -> npt.NDArray[np.int32]:
        value: npt.NDArray[np.int32] = octets[first].astype(np.int32)
        for place in range(first + 1, last):
            value *= 10
            value += octets[place]
        return value

    year, month, day, hour, minute, second = (number(*places) for places in _PLACES)
    fraction = number(20, 27)
    leap = (month == 2) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    valid &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    valid &= day <= _MONTH_DAYS[np.where(valid, month, 0)] + leap
    valid &= (hour <= 23) & (minute <= 59) & (second <= 59)
    safe = np.where(valid, year, 1970)
    months = (safe.astype(np.int64) - 1970) * 12 + np.where(valid, month, 1) - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day - 1
    seconds = days * 86_400 + hour.astype(np.int64) * 3600 + minute * 60 + second
    result = np.zeros(count, np.int64)
    known = np.zeros(count, np.bool_)
    result[right] = seconds * TICKS_PER_SECOND + fraction + UNIX_EPOCH_TICKS
    known[right] = valid
    return pa.array(result, mask=~known)
