"""Sets: dynamic arrays without order and repetition. The first of equal elements stands for all."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from keywitness.engine.kernels.documents import arrays_of, key, read, write
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.model.schema import KqlType

_DYNAMIC, _LONG, _BOOL, _REAL = KqlType.DYNAMIC, KqlType.LONG, KqlType.BOOL, KqlType.REAL


def _unique(items: Iterable[Any]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(key(item), item)
    return found


@kernel(_DYNAMIC, result=_DYNAMIC, variadic=True)
def union(*texts: str | None) -> str | None:
    arrays = [v for v in map(read, texts) if isinstance(v, list)]
    return write(list(_unique(i for a in arrays for i in a).values())) if arrays else None


@kernel(_DYNAMIC, result=_DYNAMIC, variadic=True)
def intersection(*texts: str | None) -> str | None:
    arrays = arrays_of(texts)
    if arrays is None:
        return None
    first, *rest = (_unique(a) for a in arrays)
    return write([v for k, v in first.items() if all(k in other for other in rest)])


@kernel(_DYNAMIC, result=_DYNAMIC, variadic=True)
def difference(*texts: str | None) -> str | None:
    values = [read(t) for t in texts]
    if not isinstance(values[0], list):
        return None
    first, *rest = (_unique(v if isinstance(v, list) else []) for v in values)
    return write([v for k, v in first.items() if not any(k in other for other in rest)])


@kernel(_DYNAMIC, _DYNAMIC, result=_BOOL)
def equal(left: str | None, right: str | None) -> bool | None:
    arrays = arrays_of((left, right))
    return None if arrays is None else _unique(arrays[0]).keys() == _unique(arrays[1]).keys()


@kernel(_DYNAMIC, _DYNAMIC, result=_REAL)
def jaccard(left: str | None, right: str | None) -> float | None:
    arrays = arrays_of((left, right))
    if arrays is None:
        return None
    one, two = (_unique(a).keys() for a in arrays)
    return len(one & two) / len(one | two) if one | two else math.nan


@kernel(_DYNAMIC, _LONG, result=_DYNAMIC)
def gathered(text: str | None, limit: int) -> str | None:
    """The set of collected values: arrays give their elements.

    Kusto's page leaves nulls out, its emulator keeps those of dynamic values in lists: no one says what a set does.
    """
    values = read(text)
    if values is None:
        return None
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    if None in items:
        raise NoExactAnswerError(
            "make_set() of dynamic values with a null among them; make_set_if(x, isnotnull(x)) or tostring() says which"
        )
    return write(list(_unique(items).values())[:limit])
