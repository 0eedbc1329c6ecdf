"""Sketches that hold everything: the distinct values behind `hll()`, the values and weights behind `tdigest()`.

A sketch is JSON text: `{"of": type, "values": [text, ...]}`, a digest with `"weights": [integer, ...]` beside. Values
are in physical form, so that those of one type are compared exactly.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from keywitness.engine.kernels.documents import read, write
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.kql.literals import format_datetime, format_timespan
from keywitness.model.schema import KqlType

_DYNAMIC, _LONG, _REAL, _STRING = KqlType.DYNAMIC, KqlType.LONG, KqlType.REAL, KqlType.STRING


def _of(sketches: Iterable[dict[str, Any]], what: str) -> str:
    """The type of the values of all."""
    types = {s["of"] for s in sketches}
    if len(types) > 1:
        raise NoExactAnswerError(f"{what} of values of types {' and '.join(sorted(types))}")
    return str(types.pop())


@kernel(_DYNAMIC, result=_LONG)
def distinct(hll: str | None) -> int | None:
    return None if hll is None else len(json.loads(hll)["values"])


@kernel(_DYNAMIC, result=_LONG, variadic=True)
def intersection(*hlls: str | None) -> int | None:
    """How many values are in every set."""
    if None in hlls:
        return None
    sets = [json.loads(h) for h in hlls if h is not None]
    _of(sets, "dcount_intersect()")
    return len(set.intersection(*(set(s["values"]) for s in sets)))


@kernel(_DYNAMIC, result=_DYNAMIC)
def merged_hlls(hlls: str) -> str | None:
    """One set of an array of sets; none of none."""
    sets = [s for s in read(hlls) if s is not None]
    if not sets:
        return None
    values = sorted(set().union(*(s["values"] for s in sets)))
    return write({"of": _of(sets, "hll_merge()"), "values": values})


@kernel(_DYNAMIC, result=_DYNAMIC)
def merged_digests(digests: str) -> str | None:
    """One digest of an array of digests; none of none."""
    listed = [d for d in read(digests) if d is not None]
    if not listed:
        return None
    values, weights = ([v for d in listed for v in d[part]] for part in ("values", "weights"))
    return write({"of": _of(listed, "tdigest_merge()"), "values": values, "weights": weights})


# ---------------------------------------------------------------- digests


def _weighed(digest: str) -> tuple[str, list[tuple[Any, int]]]:
    """The type of the values, and the values in order with their weights; what is not a number comes last."""
    held = json.loads(digest)
    number = float if held["of"] == _REAL else int
    pairs = zip(map(number, held["values"]), held["weights"], strict=True)
    return held["of"], sorted(pairs, key=lambda p: (math.isnan(p[0]), p[0]))


def _cell(value: Any, type: str) -> Any:
    """A value as it stands in dynamic."""
    match type:
        case KqlType.DATETIME:
            return format_datetime(value)
        case KqlType.TIMESPAN:
            return format_timespan(value)
        case KqlType.REAL if math.isnan(value):
            return "NaN"
        case KqlType.REAL if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
    return value


def _nearest(pairs: list[tuple[Any, int]], shares: Iterable[float]) -> Iterator[Any]:
    """The smallest values that at least each share of the weight does not exceed, as `quantile_disc` counts them."""
    values, weights = [v for v, _ in pairs], list(accumulate(w for _, w in pairs))
    for share in shares:
        place = max(1, weights[-1] - math.floor(weights[-1] - weights[-1] * share)) if weights else 0
        yield values[bisect_left(weights, place)] if weights else None


def _percentiles(digest: str, ranks: list[Any]) -> list[Any]:
    """Percentiles as they stand in dynamic."""
    if not all(isinstance(r, (int, float)) and not isinstance(r, bool) and 0 <= r <= 100 for r in ranks):
        raise NoExactAnswerError("percentile_tdigest() with a percentile outside of 0 .. 100")
    type, pairs = _weighed(digest)
    return [None if v is None else _cell(v, type) for v in _nearest(pairs, (r / 100 for r in ranks))]


@kernel(_DYNAMIC, _REAL, result=_LONG)
def nearest_long(digest: str, share: float) -> int | None:
    (value,) = _nearest(_weighed(digest)[1], [share])
    return None if value is None else int(value)


@kernel(_DYNAMIC, _REAL, result=_REAL)
def nearest_real(digest: str, share: float) -> float | None:
    (value,) = _nearest(_weighed(digest)[1], [share])
    return None if value is None else float(value)


@kernel(_DYNAMIC, _REAL, result=_DYNAMIC)
def percentile(digest: str | None, rank: float | None) -> str | None:
    if digest is None or rank is None:
        return None
    (value,) = _percentiles(digest, [rank])
    return None if value is None else write(value)


@kernel(_DYNAMIC, _DYNAMIC, _STRING, result=_DYNAMIC)
def percentiles(digest: str | None, ranks: str | None, type: str = "") -> str | None:
    """Percentiles in the type that they have.

    Raises:
        NoExactAnswerError: If another type is asked for.
    """
    listed = read(ranks)
    if digest is None or listed is None:
        return None
    if type and (of := _weighed(digest)[0]) != type:
        raise NoExactAnswerError(f"percentiles_array_tdigest() of values of type {of} as {type}")
    return write(_percentiles(digest, listed if isinstance(listed, list) else [listed]))


def _below(digest: str, value: str, type: str) -> tuple[int, int]:
    """How much of the weight is not above the value, and all of it."""
    of, pairs = _weighed(digest)
    if of != type:
        raise NoExactAnswerError(f"rank_tdigest() of a {type} among values of type {of}")
    limit = float(value) if of == _REAL else int(value)
    return sum(weight for v, weight in pairs if v <= limit), sum(weight for _, weight in pairs)


@kernel(_DYNAMIC, _STRING, _STRING, result=_REAL)
def rank(digest: str | None, value: str | None, type: str) -> float | None:
    return None if digest is None or value is None else float(_below(digest, value, type)[0])


@kernel(_DYNAMIC, _STRING, _STRING, result=_REAL)
def percent_rank(digest: str | None, value: str | None, type: str) -> float | None:
    if digest is None or value is None:
        return None
    below, total = _below(digest, value, type)
    if not total:
        raise NoExactAnswerError("percentrank_tdigest() of no values")
    return below / total * 100
