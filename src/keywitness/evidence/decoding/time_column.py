"""Times as Azure writes them, a whole column at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from keywitness.model.schema import TICKS_PER_SECOND, UNIX_EPOCH_TICKS

#: The one form that is read here; all others go the exact way.
_FORM = np.frombuffer(b"0000-00-00T00:00:00.0000000Z", np.uint8)
_DIGITS = np.flatnonzero(ord("0") == _FORM)
_OTHERS = np.flatnonzero(ord("0") != _FORM)
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
    digits = matrix[:, _DIGITS] - 48
    valid = (digits <= 9).all(axis=1) & (matrix[:, _OTHERS] == _FORM[_OTHERS]).all(axis=1)
    number = digits.astype(np.int32)
    year = number[:, 0] * 1000 + number[:, 1] * 100 + number[:, 2] * 10 + number[:, 3]
    month, day, hour, minute, second = (number[:, at] * 10 + number[:, at + 1] for at in range(4, 14, 2))
    fraction = (number[:, 14:21] @ np.array([10**p for p in range(6, -1, -1)], np.int32)).astype(np.int64)
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
