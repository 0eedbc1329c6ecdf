"""Seasonal, trend and residual parts of a number series, and how far off each point is.

The steps are those of the documentation. What it leaves open is as Kusto's emulator answers: percentiles are
interpolated, and a score over the 10th to 90th percentile is divided by a constant so that 1.5 means the same as over
the quartiles of a normal distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keywitness.engine.kernels.documents import read, write
from keywitness.engine.kernels.fits import line, numbers
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.engine.kernels.periods import period as detected
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]

_DYNAMIC, _LONG, _REAL, _TEXT = KqlType.DYNAMIC, KqlType.LONG, KqlType.REAL, KqlType.STRING

#: What the distance from the fence is measured in: this share of the range between the percentiles. The constant of
#: `ctukey` is measured, the same in two recorded answers of the emulator and in a published one of the service.
_UNITS = {"ctukey": (10, 90, 0.3606715639662), "tukey": (25, 75, 1.0)}
#: A range below this share of the largest value is rounding, not spread.
_ROUNDING = 1e-10


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a series."""

    values: Reals
    seasonal: Reals
    trend: Reals

    @property
    def baseline(self) -> Reals:
        return self.seasonal + self.trend

    @property
    def residual(self) -> Reals:
        return self.values - self.baseline


def seasons(values: Reals, period: int, size: int, function: str) -> Reals:
    """The median of all points in the same phase, laid out over `size` points; 0 without a period."""
    import numpy as np  # start-up time: queries without series never need it

    if not period:
        return np.zeros(size)
    phases = [float(np.median(values[phase::period])) for phase in range(min(period, len(values)))]
    if size > len(phases) and len(phases) < period:
        raise NoExactAnswerError(
            f"{function}() with a season longer than the points to learn it from; give a shorter one"
        )
    return np.asarray(phases)[np.arange(size) % period]


def decompose(values: Reals, period: int, trend: str, test_points: int, function: str) -> Parts:
    """First the season, then the trend of what is left; the last `test_points` teach nothing."""
    import numpy as np  # start-up time, as above

    size = len(values)
    if not 0 <= test_points < size:
        raise NoExactAnswerError(
            f"{function}() of a series of {size} points, of which the last {test_points} teach nothing; take fewer"
        )
    known = values[: size - test_points]
    seasonal = seasons(known, period, size, function)
    rest = known - seasonal[: len(known)]
    if trend == "linefit":
        slope, start = line(rest)
        return Parts(values, seasonal, start + slope * np.arange(size, dtype=np.float64))
    return Parts(values, seasonal, np.full(size, float(rest.mean()) if trend == "avg" else 0.0))


def _percentile(ordered: Reals, share: float) -> float:
    """What `numpy.percentile` gives of sorted values, to the last digit, in a fifth of its time for short series."""
    place = (len(ordered) - 1) * share
    before = int(place)
    low, high = float(ordered[before]), float(ordered[min(before + 1, len(ordered) - 1)])
    step = place - before
    return high - (high - low) * (1 - step) if step >= 0.5 else low + (high - low) * step


def scores(values: Reals, kind: str, function: str, known: npt.NDArray[np.bool_] | None = None) -> Reals:
    """How far each point lies outside of the percentiles, 0 inside of them; `known` are the points that count."""
    import numpy as np  # start-up time, as above

    if known is None:
        known = np.ones(len(values), dtype=bool)
    low, high, share = _UNITS[kind]
    if not known.any():
        return np.zeros(len(values))
    ordered = np.sort(values[known])
    below, above = _percentile(ordered, low / 100), _percentile(ordered, high / 100)
    outside = np.where(values > above, values - above, np.where(values < below, values - below, 0.0))
    outside[~known] = 0.0
    largest = float(np.abs(values[known]).max())
    outside[np.abs(outside) <= _ROUNDING * largest] = 0.0
    if not outside.any():
        return outside
    if above - below <= _ROUNDING * largest:
        raise NoExactAnswerError(f"{function}() of a series that is flat but for a few points: the score divides by 0")
    scored: Reals = outside / (share * (above - below))
    return scored


def _decomposed(
    text: str | None, function: str, period: int, threshold: float, trend: str, test_points: int
) -> Parts | None:
    values = numbers(text, function)
    if values is None:
        return None
    found = detected(values, threshold, function) if period < 0 else period
    return decompose(values, found, trend, test_points, function)


@kernel(_DYNAMIC, _LONG, _REAL, result=_DYNAMIC)
def seasonal(text: str | None, period: int, threshold: float) -> str | None:
    """The season of the period, of the one detected where it is -1."""
    values = numbers(text, "series_seasonal")
    if values is None:
        return None
    found = detected(values, threshold, "series_seasonal") if period < 0 else period
    return write(seasons(values, found, len(values), "series_seasonal").tolist())


@kernel(_DYNAMIC, _LONG, _REAL, _TEXT, _LONG, result=_DYNAMIC)
def decomposed(text: str | None, period: int, threshold: float, trend: str, test_points: int) -> str | None:
    """Baseline, seasonal, trend, residual."""
    parts = _decomposed(text, "series_decompose", period, threshold, trend, test_points)
    if parts is None:
        return None
    return write([p.tolist() for p in (parts.baseline, parts.seasonal, parts.trend, parts.residual)])


@kernel(_DYNAMIC, _REAL, _LONG, _REAL, _TEXT, _TEXT, result=_DYNAMIC)
def anomalies(
    text: str | None, threshold: float, period: int, period_threshold: float, trend: str, kind: str
) -> str | None:
    """Flag, score and baseline. Residuals that are rounding next to the series count as 0."""
    import numpy as np  # start-up time, as above

    parts = _decomposed(text, "series_decompose_anomalies", period, period_threshold, trend, 0)
    if parts is None:
        return None
    residual = parts.residual.copy()
    residual[np.abs(residual) <= _ROUNDING * np.abs(parts.values).max()] = 0.0
    scored = scores(residual, kind, "series_decompose_anomalies")
    flags = np.where(scored > threshold, 1, np.where(scored < -threshold, -1, 0))
    return write([flags.tolist(), scored.tolist(), parts.baseline.tolist()])


@kernel(_DYNAMIC, _TEXT, _DYNAMIC, result=_DYNAMIC)
def outliers(text: str | None, kind: str, ignored: str | None) -> str | None:
    """The scores of a series; nulls and the ignored value score 0 and count for nothing."""
    import numpy as np  # start-up time, as above

    values = read(text)
    if not isinstance(values, list):
        return None
    left_out = read(ignored)
    known = np.asarray([v is not None and v != left_out for v in values], dtype=bool)
    filled = numbers(write([v if k else 0 for v, k in zip(values, known.tolist(), strict=True)]), "series_outliers", 0)
    return None if filled is None else write(scores(filled, kind, "series_outliers", known).tolist())
