"""Which period a series has, as far as Kusto's choice is known.

A lag scores by the circular autocorrelation of the series, laid out so that its least value is 0 and that of lag 0 is
1: this meets the recorded score of `series_periods_detect` to the last digit. Which peaks count is not documented. In
all recorded answers the highest was taken, the shorter one before its multiples. So a choice is made where one peak
stands out, and no period is found where none reaches the threshold; between them it is refused.

Weaker peaks of the same recorded series were not reported as further periods, though they score up to 0.75: their
lines in the spectrum are weak. A weaker peak is passed over where its line is no stronger than the strongest of those;
else how many periods there are is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keywitness.engine.kernels.documents import read, write
from keywitness.engine.kernels.fits import numbers
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]

#: The shortest period that Kusto looks for, in points.
SHORTEST = 4
#: Two peaks this near to each other are not told apart.
_NEAR = 0.02
#: Fewer cycles or points than these were never recorded as found.
_CYCLES = 3
_POINTS = 20
#: In so few points a period of half of them is documented as not found, though its score is 1.
_TOO_FEW = 12
#: The strongest line of the spectrum, as a share of the line of the period and of all lines, that was recorded beside
#: a period without being one.
_NO_SECOND = (0.1381, 0.0394)
#: The same of a lag that was recorded with the score 0, and the score of its autocorrelation.
_NO_PERIOD = (0.0188, 0.0054, 0.39)


def power(values: Reals) -> Reals:
    """The spectrum: line k is the power of the period of `len(values) / k` points."""
    import numpy as np  # start-up time: queries without series never need it

    lines: Reals = np.abs(np.fft.rfft(values - values.mean())) ** 2
    return lines


def scores(values: Reals) -> Reals:
    """The score of each lag from 0 up to one more than half of the series."""
    import numpy as np  # start-up time, as above

    correlation = np.fft.irfft(power(values), len(values))
    correlation /= correlation[0]
    least = correlation.min()
    scaled: Reals = ((correlation - least) / (1 - least))[: len(values) // 2 + 2]
    return scaled


def period(values: Reals, threshold: float, function: str) -> int:
    """The period of the series in points, 0 for none.

    Raises:
        NoExactAnswerError: If it is not known which period Kusto would take.
    """
    if len(values) < 2 * SHORTEST or not values.std():
        return 0
    found = scores(values)
    peaks = [
        lag
        for lag in range(SHORTEST, len(values) // 2 + 1)
        if found[lag] >= max(found[lag - 1], found[lag + 1], threshold - _NEAR)
    ]
    highest = max((float(found[lag]) for lag in peaks), default=0.0)
    if highest < threshold:
        return 0
    size = len(values)
    if size <= _TOO_FEW and [2 * lag for lag in peaks] == [size]:
        return 0
    near = [lag for lag in peaks if found[lag] >= highest - _NEAR]
    base = near[0]
    if (
        size < max(_POINTS, base * _CYCLES)
        or found[base] < threshold
        or any(min(lag % base, -lag % base) > lag // base // 2 for lag in near)
    ):
        raise NoExactAnswerError(
            f"{function}(): it is not known which season Kusto would find in one of the series; give it in points, "
            "24 for a day of hours, 7 for a week of days, or 0 for none"
        )
    return base


# ---------------------------------------------------------------- periods and their scores


def _line(lines: Reals, size: int, period: float) -> int:
    """The stronger of the lines on both sides of a period."""
    sides = {int(size // period), int(-(-size // period))}
    return max(sides, key=lambda k: float(lines[k]))


def _alone(values: Reals, period: int) -> bool:
    """True where no other period is as strong as one that was recorded and not reported."""
    lines, size = power(values), len(values)
    own = _line(lines, size, period)
    other = max((float(lines[k]) for k in range(2, size // SHORTEST + 1) if k != own), default=0.0)
    to_line, to_all = _NO_SECOND
    return other <= to_line * float(lines[own]) and other <= to_all * float(lines[1:].sum())


def _unknown(function: str) -> NoExactAnswerError:
    return NoExactAnswerError(
        f"{function}(): it is not known which periods Kusto would find in one of the series; series_fit_line() and "
        "series_seasonal(s, period) ask about one that you name"
    )


@kernel(KqlType.DYNAMIC, KqlType.REAL, KqlType.REAL, KqlType.LONG, result=KqlType.DYNAMIC)
def detect(text: str | None, shortest: float | None, longest: float | None, count: int | None) -> str | None:
    """The periods between two bounds and their scores, from the highest score on, filled up with zeros."""
    name = "series_periods_detect"
    values = numbers(text, name)
    if values is None or shortest is None or longest is None or count is None:
        return None
    none = [0.0] * max(count, 0)
    if not none or max(shortest, SHORTEST) > min(longest, len(values) / 2):
        return write([none, none])
    found = period(values, 0.0, name)
    if not found or not shortest <= found <= longest or (count > 1 and not _alone(values, found)):
        raise _unknown(name)
    score = float(scores(values)[found])
    return write([[float(found), *none[1:]], [score, *none[1:]]])


@kernel(KqlType.DYNAMIC, KqlType.DYNAMIC, result=KqlType.DYNAMIC)
def validate(text: str | None, asked: str | None) -> str | None:
    """The asked periods as they are, each with its score: 0 for what is no period of the series."""
    name = "series_periods_validate"
    values, periods = numbers(text, name), read(asked)
    if values is None or not isinstance(periods, list):
        return None
    if not all(isinstance(p, int | float) for p in periods):
        raise NoExactAnswerError(f"{name}() of a period that is null")
    return write([[float(p) for p in periods], [_score(values, float(p), name) for p in periods]])


def _score(values: Reals, asked: float, function: str) -> float:
    size = len(values)
    if not SHORTEST <= asked <= size / 2:
        return 0.0
    found = period(values, 0.0, function)
    if not found or asked != int(asked):
        raise _unknown(function)
    if asked == found:
        return float(scores(values)[found])
    lines, score = power(values), float(scores(values)[int(asked)])
    own = float(lines[_line(lines, size, asked)])
    to_line, to_all, least = _NO_PERIOD
    line, all = float(lines[_line(lines, size, found)]), float(lines[1:].sum())
    if own > to_line * line or own > to_all * all or score > least:
        raise _unknown(function)
    return 0.0
