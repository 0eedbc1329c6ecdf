"""Lines, polynomials and filters over number series.

Kusto's figures: the variance of a series divides by n - 1, and so does the variance of what a fit leaves over.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from keywitness.engine.kernels.documents import read, write
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]

_DYNAMIC, _BOOL, _LONG, _TEXT = KqlType.DYNAMIC, KqlType.BOOL, KqlType.LONG, KqlType.STRING

#: The columns of `series_fit_line`.
_LINE = ("rsquare", "slope", "variance", "rvariance", "interception", "line_fit")
#: Above it the coefficients of a polynomial depend on how the equations are solved, not on the numbers alone.
_WORST_CONDITION = 1e6
#: A part of a series with fewer points lies on its line by itself; whether Kusto tries such parts is not known.
_LEAST_PART = 3
#: Breaks that leave this share more than the best one do as well.
_AS_GOOD = 1e-9


def numbers(text: str | None, function: str, least: int = 1) -> Reals | None:
    """The numbers of a series; None where it is null or no array.

    Raises:
        NoExactAnswerError: If one element is no finite number, or there are fewer than `least`.
    """
    import numpy as np  # start-up time: queries without series never need it

    values = read(text)
    if not isinstance(values, list):
        return None
    if not {int, float}.issuperset(map(type, values)):
        raise NoExactAnswerError(
            f"{function}() of a series with an element that is no number; series_fill_const(s, 0) fills nulls"
        )
    if len(values) < least:
        raise NoExactAnswerError(f"{function}() of a series of {len(values)} points; it needs {least}")
    return np.asarray(values, dtype=np.float64)


def line(values: Reals) -> tuple[float, float]:
    """Slope of the line of least squares through the values at 0, 1, 2 ..., and where it starts."""
    import numpy as np  # start-up time, as above

    places = np.arange(len(values)) - (len(values) - 1) / 2
    mean = float(values.mean())
    slope = float((places * (values - mean)).sum() / (places * places).sum()) if len(values) > 1 else 0.0
    return slope, mean - slope * (len(values) - 1) / 2


def _quality(values: Reals, fitted: Reals, function: str) -> tuple[float, float, float]:
    """R-square, variance of the values, variance of what the fit leaves."""
    degrees = len(values) - 1
    variance = float(((values - values.mean()) ** 2).sum() / degrees)
    left = float(((values - fitted) ** 2).sum() / degrees)
    if not variance:
        raise NoExactAnswerError(f"{function}() of a series that does not change: r-square is 0 / 0")
    return 1 - left / variance, variance, left


def _fit_line(text: str | None, function: str) -> dict[str, Any] | None:
    import numpy as np  # start-up time, as above

    values = numbers(text, function, least=2)
    if values is None:
        return None
    slope, interception = line(values)
    fitted = interception + slope * np.arange(len(values), dtype=np.float64)
    quality, variance, left = _quality(values, fitted, function)
    return {
        "slope": slope,
        "interception": interception - slope,  # Kusto counts the points from 1
        "rsquare": quality,
        "variance": variance,
        "rvariance": left,
        "line_fit": fitted.tolist(),
    }


@kernel(_DYNAMIC, result=_DYNAMIC)
def fit_line_dynamic(text: str | None) -> str | None:
    return write(_fit_line(text, "series_fit_line_dynamic"))


@kernel(_DYNAMIC, result=_DYNAMIC)
def fit_line(text: str | None) -> str | None:
    found = _fit_line(text, "series_fit_line")
    return None if found is None else write([found[name] for name in _LINE])


# ---------------------------------------------------------------- two lines


def _left_over(values: Reals) -> float:
    """What a line through the values leaves: the sum of squares."""
    import numpy as np  # start-up time, as above

    slope, start = line(values)
    return float(((values - start - slope * np.arange(len(values), dtype=np.float64)) ** 2).sum())


def _break(values: Reals, function: str) -> int:
    """Where the second line begins so that both together leave the least.

    Raises:
        NoExactAnswerError: If two breaks do equally well, or one of the parts is very short.
    """
    left = [_left_over(values[:i]) + _left_over(values[i:]) for i in range(1, len(values))]
    least, total = min(left), float(((values - values.mean()) ** 2).sum())
    best = [i for i, rest in enumerate(left, 1) if rest <= least + _AS_GOOD * total]
    if len(best) > 1 or not _LEAST_PART <= best[0] <= len(values) - _LEAST_PART:
        raise NoExactAnswerError(
            f"{function}() of a series that breaks equally well at several points, or next to its end: "
            "it is not known which break Kusto takes; series_fit_line() fits one line"
        )
    return best[0]


@kernel(_DYNAMIC, _TEXT, result=_DYNAMIC)
def two_lines(text: str | None, value: str) -> str | None:
    """One value of `series_fit_2lines`: of both lines together, or with `left_` and `right_` that of one of them."""
    import numpy as np  # start-up time, as above

    function = "series_fit_2lines"
    values = numbers(text, function, least=2 * _LEAST_PART)
    if values is None:
        return None
    place = _break(values, function)
    side, _, name = value.rpartition("_") if value.startswith(("left_", "right_")) else ("", "", value)
    if side:
        found = _fit_line(write((values[:place] if side == "left" else values[place:]).tolist()), function)
        return None if found is None else write(found[name])
    lines = [line(part) for part in (values[:place], values[place:])]
    places = (np.arange(place, dtype=np.float64), np.arange(len(values) - place, dtype=np.float64))
    fitted = np.concatenate([start + slope * x for (slope, start), x in zip(lines, places, strict=True)])
    if value == "line_fit":
        return write(fitted.tolist())
    return write(
        dict(zip(("rsquare", "variance", "rvariance"), _quality(values, fitted, function), strict=True))[value]
    )


# ---------------------------------------------------------------- polynomials


@kernel(_DYNAMIC, _DYNAMIC, _LONG, result=_DYNAMIC)
def fit_poly(text: str | None, places: str | None = None, degree: int | None = 1) -> str | None:
    """A polynomial of least squares; coefficients from the highest power to the lowest, places 1, 2 ... by default."""
    import numpy as np  # start-up time, as above

    function = "series_fit_poly"
    values = numbers(text, function)
    x = None if values is None else numbers(places, function)
    if values is None:
        return None
    if x is None:
        x = np.arange(1, len(values) + 1, dtype=np.float64)
    degree = 1 if degree is None else degree
    if degree < 1 or len(x) != len(values) or len(np.unique(x)) <= degree:
        raise NoExactAnswerError("series_fit_poly() needs series of one length, with more places than the degree")
    powers = np.vander(x, degree + 1)
    scale = np.sqrt((powers * powers).sum(axis=0))
    if not np.isfinite(scale).all() or np.linalg.cond(powers / scale) > _WORST_CONDITION:
        raise NoExactAnswerError(
            "series_fit_poly() of this degree over these places is not stable; bring x to the range 0 to 1"
        )
    coefficients = np.linalg.lstsq(powers / scale, values, rcond=None)[0] / scale
    fitted: Reals = np.asarray(powers @ coefficients, dtype=np.float64)
    quality, variance, left = _quality(values, fitted, function)
    return write([quality, coefficients.tolist(), variance, left, fitted.tolist()])


# ---------------------------------------------------------------- filters


def _whole(text: str | None) -> bool:
    values = read(text)
    return isinstance(values, list) and all(isinstance(v, int) for v in values)


@kernel(_DYNAMIC, _DYNAMIC, _BOOL, _BOOL, result=_DYNAMIC)
def fir(text: str | None, weights: str | None, normalize: bool | None = None, center: bool | None = None) -> str | None:
    """`y[i]` is the sum of `weights[j] * x[i - j]`; what lies outside of the series counts as 0.

    Without `normalize` the weights are divided by their sum when none of them is negative.
    """
    import numpy as np  # start-up time, as above

    values, filter = numbers(text, "series_fir"), numbers(weights, "series_fir")
    if values is None or filter is None:
        return None
    negative = bool((filter < 0).any())
    if normalize is None:
        normalize = not negative
    if normalize and negative:
        return None
    if normalize:
        total = float(filter.sum())
        if not total:
            raise NoExactAnswerError("series_fir() with weights that sum up to 0 cannot be normalized")
        filter = filter / total
    if center and len(filter) % 2 == 0:
        raise NoExactAnswerError("series_fir() centered with an even number of weights: its middle is not documented")
    start = len(filter) // 2 if center else 0
    result = np.convolve(values, filter)[start : start + len(values)]
    exact = not normalize and _whole(text) and _whole(weights)
    return write([int(v) for v in result] if exact else result.tolist())


@kernel(_DYNAMIC, _DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def iir(text: str | None, numerators: str | None, denominators: str | None) -> str | None:
    """The recursive filter of the page: b weighs the input, a what came out before; a[0] must not be 0."""
    values, b, a = (numbers(t, "series_iir") for t in (text, numerators, denominators))
    if values is None or b is None or a is None:
        return None
    if not a[0]:
        raise NoExactAnswerError("series_iir() with 0 as its first denominator")
    out: list[float] = []
    x = values.tolist()
    for i in range(len(x)):  # each point needs the one before it
        fed = sum(w * x[i - j] for j, w in enumerate(b.tolist()) if j <= i)
        back = sum(w * out[i - j] for j, w in enumerate(a.tolist()) if 0 < j <= i)
        out.append(float((fed - back) / a[0]))
    if not all(math.isfinite(v) for v in out):
        raise NoExactAnswerError("series_iir() grows out of what a real can hold")
    return write(out)
