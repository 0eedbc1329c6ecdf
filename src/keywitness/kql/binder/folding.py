"""Constant arithmetic, so that limits, offsets and time bounds reach an engine as literals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keywitness.kql.plan import Aggregate, Call, ColumnRef, InTable, Literal, Scalar, WindowCall
from keywitness.model.schema import MAX_DATETIME_TICKS, KqlType

_LONG = range(-(2**63), 2**63)
_TICKS = range(MAX_DATETIME_TICKS + 1)
_FOLDED: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
}


def fold(value: Scalar) -> Scalar:
    """The literal that a call over literals gives, else the value itself.

    Example:
        >>> ten = Literal(10, KqlType.LONG)
        >>> fold(Call("add", (ten, ten), KqlType.LONG)).value
        20
    """
    if not isinstance(value, Call) or not all(isinstance(a, Literal) and a.value is not None for a in value.args):
        return value
    values = [a.value for a in value.args if isinstance(a, Literal)]
    if value.function == "negate" and value.type is not KqlType.DYNAMIC:
        return _checked(-values[0], value)
    if value.function == "strcat" and all(isinstance(v, str) for v in values):
        return Literal("".join(values), KqlType.STRING)
    if value.function in _FOLDED and value.type not in {KqlType.DYNAMIC, KqlType.DECIMAL}:
        return _checked(_FOLDED[value.function](*values), value)
    return value


def _checked(result: Any, value: Call) -> Scalar:
    """The result as a literal where it stays in the range of its type."""
    if value.type is KqlType.REAL:
        return Literal(float(result), KqlType.REAL)
    if not isinstance(result, int):
        return value
    allowed = _TICKS if value.type is KqlType.DATETIME else _LONG
    return Literal(result, value.type) if result in allowed else value


def reads_columns(value: Scalar | Aggregate) -> bool:
    """True when the value can differ from row to row."""
    if isinstance(value, (ColumnRef, WindowCall)):
        return True
    if isinstance(value, (Call, Aggregate)):
        return any(reads_columns(a) for a in value.args)
    return isinstance(value, InTable) and reads_columns(value.needle)
