"""Which period a series has, as far as Kusto's choice is known.

A lag scores by the circular autocorrelation of the series, laid out so that its least value is 0 and that of lag 0 is
1: this meets the recorded score of `series_periods_detect` to the last digit. Which peaks count is not documented. In
all recorded answers the highest was taken, the shorter one before its multiples. So a choice is made where one peak
stands out, and no period is found where none reaches the threshold; between them it is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keywitness.engine.kernels.kernel import NoExactAnswerError

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


def scores(values: Reals) -> Reals:
    """The score of each lag from 0 up to one more than half of the series."""
    import numpy as np  # start-up time: queries without series never need it

    spectrum = np.abs(np.fft.rfft(values - values.mean())) ** 2
    correlation = np.fft.irfft(spectrum, len(values))
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
