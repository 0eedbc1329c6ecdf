"""Number series in dynamic arrays, element by element; what is no number is null in the result."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable
from typing import Any

from keywitness.engine.kernels.documents import read, write
from keywitness.engine.kernels.fits import numbers
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.model.schema import KqlType

_DYNAMIC, _REAL, _TEXT = KqlType.DYNAMIC, KqlType.REAL, KqlType.STRING


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    return float(value) if isinstance(value, (int, float)) else None


def _numbers(text: str | None) -> list[float | None] | None:
    value = read(text)
    return [_number(v) for v in value] if isinstance(value, list) else None


def _finite(values: list[Any]) -> list[Any]:
    """What JSON can hold: not-a-number and infinity as Kusto's words for them."""
    words = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return [("NaN" if math.isnan(v) else words.get(v, v)) if isinstance(v, float) else v for v in values]


def _divided(a: float, b: float) -> float:
    if b:
        return a / b
    return math.nan if not a or math.isnan(a) else math.copysign(math.inf, a)


def _power(a: float, b: float) -> float:
    try:
        result = a**b
    except ZeroDivisionError:
        return math.inf
    except OverflowError:
        return -math.inf if a < 0 and b % 2 else math.inf
    return result if isinstance(result, float) else math.nan


_PAIRS: dict[str, Callable[[float, float], float | bool]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": _divided,
    "pow": _power,
    "greater": operator.gt,
    "greater_equals": operator.ge,
    "less": operator.lt,
    "less_equals": operator.le,
    "equals": operator.eq,
    "not_equals": operator.ne,
}
_WHOLE = frozenset({"add", "subtract", "multiply"})
_SINGLES: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "sign": lambda x: float((x > 0) - (x < 0)),
    "abs": abs,
    "sin": math.sin,
    "asin": math.asin,
    "cos": math.cos,
    "acos": math.acos,
    "tan": math.tan,
    "atan": math.atan,
    "log": lambda x: math.log(x) if x else -math.inf,
    "floor": lambda x: float(math.floor(x)),
    "ceiling": lambda x: float(math.ceil(x)),
}


@kernel(_TEXT, _DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def paired(name: str, left: str | None, right: str | None) -> str | None:
    """Two series, or a series and one number for all its places.

    Sums, differences and products of whole numbers are whole: 5, not 5.0.

    Raises:
        NoExactAnswerError: For a whole result outside of long.
    """
    one, two = read(left), read(right)
    if not isinstance(one, list) and not isinstance(two, list):
        return None
    size = max(len(v) for v in (one, two) if isinstance(v, list))
    sides: list[list[Any]] = [
        side + [None] * (size - len(side)) if isinstance(side, list) else [side] * size for side in (one, two)
    ]
    if name not in _WHOLE or not all(v is None or type(v) is int for side in sides for v in side):
        sides = [[_number(v) for v in side] for side in sides]
    combine = _PAIRS[name]
    values: list[Any] = [None if a is None or b is None else combine(a, b) for a, b in zip(*sides, strict=True)]
    if any(type(v) is int and not -(2**63) <= v < 2**63 for v in values):
        raise NoExactAnswerError(f"series_{name}() of whole numbers with a result outside of long")
    return write(_finite(values))


@kernel(_TEXT, _DYNAMIC, result=_DYNAMIC)
def mapped(name: str, text: str | None) -> str | None:
    """A function of every number; signs and absolutes of whole numbers are whole, as their pages show."""
    numbers, apply = read(text), _SINGLES[name]
    if not isinstance(numbers, list):
        return None

    def value(element: Any) -> float | None:
        if name in ("sign", "abs") and type(element) is int and abs(element) < 2**63:
            return int(apply(element))
        x = _number(element)
        if x is None:
            return None
        try:
            return apply(x)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return write(_finite([value(x) for x in numbers]))


def _whole(text: str | None) -> list[float] | None:
    """The numbers of a series that has nothing else in it."""
    numbers = _numbers(text)
    if numbers is None:
        return None
    found = [n for n in numbers if n is not None]
    return found if len(found) == len(numbers) else None


@kernel(_DYNAMIC, result=_REAL)
def product(text: str | None) -> float | None:
    numbers = _whole(text)
    return None if numbers is None else math.prod(numbers)


@kernel(_DYNAMIC, result=_REAL)
def magnitude(text: str | None) -> float | None:
    numbers = _whole(text)
    return None if numbers is None else math.sqrt(math.fsum(n * n for n in numbers))


def _dot(one: list[float], two: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, two, strict=True))


def _equal_lengths(left: str | None, right: str | None) -> tuple[list[float], list[float]] | None:
    one, two = _whole(left), _whole(right)
    return None if one is None or two is None or len(one) != len(two) else (one, two)


@kernel(_DYNAMIC, _DYNAMIC, result=_REAL)
def dot_product(left: str | None, right: str | None) -> float | None:
    """Over the shorter length; what is no number is passed over, and a number is as long as the other series.

    https://learn.microsoft.com/kusto/query/series-dot-product-function
    """
    one, two = (read(side) for side in (left, right))
    if isinstance(one, list) is not isinstance(two, list):
        one, two = ([side] * len(other) if _is_number(side) else side for side, other in ((one, two), (two, one)))
    if not isinstance(one, list) or not isinstance(two, list) or not one or not two:
        return None
    return math.fsum(a * b for a, b in zip(one, two, strict=False) if _is_number(a) and _is_number(b))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@kernel(_DYNAMIC, _DYNAMIC, _REAL, _REAL, result=_REAL)
def cosine_similarity(
    left: str | None, right: str | None, left_size: float | None = None, right_size: float | None = None
) -> float | None:
    pair = _equal_lengths(left, right)
    if pair is None:
        return None
    sizes = [
        math.sqrt(_dot(side, side)) if given is None else given
        for side, given in zip(pair, (left_size, right_size), strict=True)
    ]
    return _divided(_dot(*pair), sizes[0] * sizes[1])


@kernel(_DYNAMIC, _DYNAMIC, result=_REAL)
def pearson_correlation(left: str | None, right: str | None) -> float | None:
    pair = _equal_lengths(left, right)
    if pair is None or not pair[0]:
        return None
    one, two = ([v - math.fsum(side) / len(side) for v in side] for side in pair)
    # The two roots apart, as the recorded answers show in their last digit.
    return _divided(_dot(one, two), math.sqrt(_dot(one, one)) * math.sqrt(_dot(two, two)))


# ---------------------------------------------------------------- filling


def _gaps(values: list[Any], placeholder: str | None) -> list[bool]:
    """Which places are missing: null ones, or those that hold the placeholder."""
    sought = read(placeholder)
    return [v is None or v == "NaN" if sought is None else v == sought for v in values]


@kernel(_DYNAMIC, _DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def filled_const(text: str | None, constant: str | None, placeholder: str | None = None) -> str | None:
    values = read(text)
    if not isinstance(values, list):
        return None
    return write([read(constant) if gap else v for v, gap in zip(values, _gaps(values, placeholder), strict=True)])


def _carried(values: list[Any], gaps: list[bool]) -> list[Any]:
    last: Any = None
    known = False
    out: list[Any] = []
    for value, gap in zip(values, gaps, strict=True):
        if not gap:
            last, known = value, True
        out.append(last if gap and known else value)
    return out


@kernel(_DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def filled_forward(text: str | None, placeholder: str | None = None) -> str | None:
    values = read(text)
    return write(_carried(values, _gaps(values, placeholder))) if isinstance(values, list) else None


@kernel(_DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def filled_backward(text: str | None, placeholder: str | None = None) -> str | None:
    values = read(text)
    if not isinstance(values, list):
        return None
    return write(_carried(values[::-1], _gaps(values, placeholder)[::-1])[::-1])


@kernel(_DYNAMIC, _DYNAMIC, KqlType.BOOL, _DYNAMIC, result=_DYNAMIC)
def filled_linear(
    text: str | None, placeholder: str | None = None, edges: bool | None = True, constant: str | None = None
) -> str | None:
    """Straight lines between neighbours; edges by the nearest value when asked, all by the constant when none is.

    An array of whole numbers stays one: what lies between is cut, as Kusto does.
    """
    values = read(text)
    if not isinstance(values, list):
        return None
    gaps = _gaps(values, placeholder)
    whole = all(isinstance(v, int) for v, gap in zip(values, gaps, strict=True) if not gap)
    known = [i for i, gap in enumerate(gaps) if not gap and _number(values[i]) is not None]
    if not known:
        return write([json.loads(constant) if constant else 0.0] * len(values))
    out = list(values)
    for i, gap in enumerate(gaps):
        if not gap:
            continue
        before = max((k for k in known if k < i), default=None)
        after = min((k for k in known if k > i), default=None)
        if before is not None and after is not None:
            share = (i - before) / (after - before)
            between = values[before] + (values[after] - values[before]) * share
            out[i] = int(between) if whole else between
        elif edges:
            out[i] = values[before if before is not None else known[0]]
        else:
            out[i] = None
    return write(out)


_STATISTICS = ("min", "min_idx", "max", "max_idx", "avg", "stdev", "variance", "sum", "len")


def _statistics(text: str | None, ignore_nonfinite: bool | None) -> list[float | int] | None:
    """The figures in the order of `_STATISTICS`; places count in the series as given, also where some are left out."""
    values = _numbers(text)
    if values is None:
        return None
    finite = [(i, v) for i, v in enumerate(values) if v is not None and math.isfinite(v)]
    if not finite or (len(finite) < len(values) and not ignore_nonfinite):
        return None
    numbers = [v for _, v in finite]
    mean = math.fsum(numbers) / len(numbers)
    variance = math.fsum((n - mean) ** 2 for n in numbers) / (len(numbers) - 1) if len(numbers) > 1 else 0.0
    least, most = min(finite, key=lambda p: p[1]), max(finite, key=lambda p: p[1])
    size = len(values)
    total = math.fsum(numbers)
    return [least[1], least[0], most[1], most[0], mean, math.sqrt(variance), variance, total, size]


@kernel(_DYNAMIC, KqlType.BOOL, result=_DYNAMIC)
def stats_dynamic(text: str | None, ignore_nonfinite: bool | None = False) -> str | None:
    figures = _statistics(text, ignore_nonfinite)
    return None if figures is None else write(dict(zip(_STATISTICS, figures, strict=True)))


@kernel(_DYNAMIC, KqlType.BOOL, result=_DYNAMIC)
def stats(text: str | None, ignore_nonfinite: bool | None = False) -> str | None:
    """The first seven figures as an array: the columns of `series_stats`."""
    figures = _statistics(text, ignore_nonfinite)
    return None if figures is None else write(figures[:7])


# ---------------------------------------------------------------- Fourier transforms


def _transformed(real: str | None, imaginary: str | None, transform: str) -> str | None:
    """Real and imaginary parts of the transform of a series of complex numbers; the second argument may be missing.

    The definition that Kusto's page refers to: the sum is not scaled forward, and divided by its length backward.
    """
    import numpy as np  # start-up time: queries without series never need it

    parts = [None if text is None else numbers(text, f"series_{transform}") for text in (real, imaginary)]
    if parts[0] is None or (imaginary is not None and parts[1] is None):
        return None
    values = parts[0] if parts[1] is None else parts[0] + 1j * parts[1]
    found = np.fft.fft(values) if transform == "fft" else np.fft.ifft(values)
    return write([found.real.tolist(), found.imag.tolist()])


@kernel(_DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def fft(real: str | None, imaginary: str | None = None) -> str | None:
    return _transformed(real, imaginary, "fft")


@kernel(_DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def ifft(real: str | None, imaginary: str | None = None) -> str | None:
    return _transformed(real, imaginary, "ifft")
