"""Which types go together, and the conversions that Kusto makes silently."""

from __future__ import annotations

import json
from collections.abc import Sequence

from keywitness.kql.functions.function import INTEGER, NUMBER
from keywitness.kql.plan import Call, Literal, Scalar
from keywitness.model.schema import KqlType

BOOL, INT, LONG, REAL = KqlType.BOOL, KqlType.INT, KqlType.LONG, KqlType.REAL
DECIMAL, STRING, DYNAMIC, GUID = KqlType.DECIMAL, KqlType.STRING, KqlType.DYNAMIC, KqlType.GUID
DATETIME, TIMESPAN = KqlType.DATETIME, KqlType.TIMESPAN

_WIDTH = {INT: 0, LONG: 1, REAL: 2, DECIMAL: 3}
CONVERTER = {
    BOOL: "tobool",
    INT: "toint",
    LONG: "tolong",
    REAL: "todouble",
    DECIMAL: "todecimal",
    STRING: "tostring",
    DATETIME: "todatetime",
    TIMESPAN: "totimespan",
    GUID: "toguid",
    DYNAMIC: "dynamic",
}


def convert(value: Scalar, to: KqlType) -> Scalar:
    """The value as `to`: itself, a literal of that type, or a conversion call."""
    if value.type is to:
        return value
    folded = _converted_literal(value, to) if isinstance(value, Literal) else None
    return folded or Call(CONVERTER[to], (value,), to)


def _converted_literal(literal: Literal, to: KqlType) -> Literal | None:
    """The constant in another type, where that takes no engine to say."""
    if literal.value is None:
        return Literal("" if to is STRING else None, to)
    if literal.type in INTEGER and (to is LONG or (to is INT and -(2**31) <= literal.value < 2**31)):
        return Literal(literal.value, to)
    if literal.type in {*INTEGER, DECIMAL} and to is REAL:
        return Literal(float(literal.value), REAL)
    if to is DYNAMIC and literal.type in {STRING, BOOL, INT, LONG}:
        return Literal(json.dumps(literal.value, ensure_ascii=False), DYNAMIC)
    return None


def widest(types: Sequence[KqlType]) -> KqlType:
    """The widest of number types: int < long < real < decimal."""
    return max(types, key=_WIDTH.__getitem__)


def common(types: Sequence[KqlType]) -> KqlType | None:
    """The type that all values of a choice (iff, case, coalesce) become, None where there is none.

    Dynamic gives way to the one plain type; numbers widen; a mix becomes dynamic only where `iff` and `case` allow it.
    """
    plain = {t for t in types if t is not DYNAMIC}
    if not plain:
        return DYNAMIC
    if len(plain) == 1:
        return plain.pop()
    if plain <= NUMBER:
        return widest(sorted(plain))
    return None


def arithmetic(op: str, left: KqlType, right: KqlType) -> tuple[KqlType, KqlType, KqlType] | None:
    """Result type of `left op right` and the types that both sides become; None where Kusto has no such operation.

    Example:
        >>> arithmetic("-", KqlType.DATETIME, KqlType.DATETIME)[0].value
        'timespan'
        >>> arithmetic("/", KqlType.TIMESPAN, KqlType.TIMESPAN)[0].value
        'real'
    """
    if left in NUMBER and right in NUMBER:
        wide = widest((left, right, LONG))
        return wide, wide, wide
    if DYNAMIC in (left, right):
        return _dynamic_arithmetic(op, left, right)
    return _TIME.get((op, left, right)) or _scaled(op, left, right)


_TIME: dict[tuple[str, KqlType, KqlType], tuple[KqlType, KqlType, KqlType]] = {
    ("+", TIMESPAN, TIMESPAN): (TIMESPAN, TIMESPAN, TIMESPAN),
    ("+", DATETIME, TIMESPAN): (DATETIME, DATETIME, TIMESPAN),
    ("+", TIMESPAN, DATETIME): (DATETIME, TIMESPAN, DATETIME),
    ("-", TIMESPAN, TIMESPAN): (TIMESPAN, TIMESPAN, TIMESPAN),
    ("-", DATETIME, DATETIME): (TIMESPAN, DATETIME, DATETIME),
    ("-", DATETIME, TIMESPAN): (DATETIME, DATETIME, TIMESPAN),
    ("/", TIMESPAN, TIMESPAN): (REAL, TIMESPAN, TIMESPAN),
    ("/", DATETIME, TIMESPAN): (REAL, DATETIME, TIMESPAN),
    ("/", DATETIME, DATETIME): (REAL, DATETIME, DATETIME),
    ("%", TIMESPAN, TIMESPAN): (TIMESPAN, TIMESPAN, TIMESPAN),
    ("%", DATETIME, TIMESPAN): (TIMESPAN, DATETIME, TIMESPAN),
    ("%", DATETIME, DATETIME): (TIMESPAN, DATETIME, DATETIME),
}


def _scaled(op: str, left: KqlType, right: KqlType) -> tuple[KqlType, KqlType, KqlType] | None:
    """A timespan times or divided by a number."""
    if op in "*/" and left is TIMESPAN and right in NUMBER:
        number = LONG if right in INTEGER else right
        return TIMESPAN, TIMESPAN, number
    if op == "*" and left in NUMBER and right is TIMESPAN:
        return TIMESPAN, LONG if left in INTEGER else left, TIMESPAN
    return None


def _dynamic_arithmetic(op: str, left: KqlType, right: KqlType) -> tuple[KqlType, KqlType, KqlType] | None:
    """A dynamic operand takes the type of the other side."""
    if left is right:
        return DYNAMIC, DYNAMIC, DYNAMIC
    other = right if left is DYNAMIC else left
    if other in NUMBER:
        wide = widest((other, LONG))
        return wide, wide, wide
    if other is TIMESPAN and op in "+-":
        return TIMESPAN, TIMESPAN, TIMESPAN
    if other is DATETIME and op == "-":
        return TIMESPAN, DATETIME, DATETIME
    if other is DATETIME and op == "+":
        return (DATETIME, TIMESPAN, DATETIME) if left is DYNAMIC else (DATETIME, DATETIME, TIMESPAN)
    return None


def comparable(left: KqlType, right: KqlType) -> KqlType | None:
    """The type in which two values are compared for equality, None where Kusto refuses.

    A dynamic value is read in the other side's type; numbers in the widest, real before decimal.
    """
    if left is right:
        return STRING if left is DYNAMIC else left
    types = {left, right}
    if types <= NUMBER:
        return REAL if types == {REAL, DECIMAL} else widest(sorted(types))
    if types <= NUMBER | {BOOL}:
        return widest([t if t in NUMBER else LONG for t in sorted(types)])
    if DYNAMIC in types:
        other = (types - {DYNAMIC}).pop()
        return REAL if other in NUMBER else other
    return None
