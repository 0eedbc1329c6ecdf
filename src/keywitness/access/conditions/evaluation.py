"""Whether a condition holds, in three values: yes, no, and None where an attribute is not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from keywitness.access.actions import matches
from keywitness.access.conditions.syntax import (
    All,
    Any,
    Attribute,
    Comparison,
    Condition,
    Exists,
    Matches,
    Not,
    Side,
    Values,
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a request.

    Args:
        action: The action that is tried.
        attributes: Values by source and name of the attribute, both in lower case. An empty tuple is an attribute that
            is known to be absent; one that is not there is not known.
        suboperation: Of the action, or None when it is not known.
    """

    action: str
    attributes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    suboperation: str | None = None


def holds(condition: Condition, circumstances: Circumstances) -> bool | None:
    """Whether a condition allows a request: True, False, or None when it depends on what is not known.

    Example:
        >>> from keywitness.access.conditions.parser import parse_condition
        >>> written = parse_condition("!(ActionMatches{'a/write'}) OR @Request[x] StringEquals 'y'")
        >>> holds(written, Circumstances("a/read")), holds(written, Circumstances("a/write"))
        (True, None)
    """
    match condition:
        case Not(inner):
            value = holds(inner, circumstances)
            return None if value is None else not value
        case All(parts):
            return _all(holds(p, circumstances) for p in parts)
        case Any(parts):
            return _any(holds(p, circumstances) for p in parts)
        case Matches("action", patterns):
            return any(matches(p, circumstances.action) for p in patterns)
        case Matches(_, patterns):
            if circumstances.suboperation is None:
                return None
            return any(matches(p, circumstances.suboperation) for p in patterns)
        case Exists(attribute):
            values = _known(attribute, circumstances)
            return None if values is None else bool(values)
        case Comparison():
            return _compared(condition, circumstances)


def _all(values: Iterable[bool | None]) -> bool | None:
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown |= value is None
    return None if unknown else True


def _any(values: Iterable[bool | None]) -> bool | None:
    unknown = False
    for value in values:
        if value:
            return True
        unknown |= value is None
    return None if unknown else False


def _known(attribute: Attribute, circumstances: Circumstances) -> tuple[str, ...] | None:
    return circumstances.attributes.get((attribute.source, attribute.name.lower()))


def _side(side: Side, circumstances: Circumstances) -> tuple[str, ...] | None:
    return side.items if isinstance(side, Values) else _known(side, circumstances)


def _compared(comparison: Comparison, circumstances: Circumstances) -> bool | None:
    left, right = _side(comparison.left, circumstances), _side(comparison.right, circumstances)
    if left is None or right is None:
        return None
    if not left or not right:
        return False  # an absent attribute satisfies no comparison
    test = _test(comparison.operator)
    match comparison.quantifier:
        case "all of any":
            return _all(_any(test(a, b) for b in right) for a in left)
        case "any of all":
            return _any(_all(test(a, b) for b in right) for a in left)
        case "all of all":
            return _all(test(a, b) for a in left for b in right)
        case _:  # "any of any"; single values are the same with one of each
            return _any(test(a, b) for a in left for b in right)


@cache
def _test(operator: str) -> Callable[[str, str], bool | None]:
    """The comparison of two values; None where they are no values of that kind."""
    if operator.startswith("string"):
        return _string_test(operator.removeprefix("string"))
    if operator.startswith("guid"):
        return _equality(operator.removeprefix("guid"), lambda v: v.replace("-", "").lower())
    if operator.startswith("bool"):
        return _equality(operator.removeprefix("bool"), str.lower)
    if operator.startswith("numeric"):
        return _order(operator.removeprefix("numeric"), _number)
    return _order(operator.removeprefix("datetime"), _moment)


def _string_test(rest: str) -> Callable[[str, str], bool]:
    fold = str.lower if rest.endswith("ignorecase") else str
    rest = rest.removesuffix("ignorecase")
    wanted = not rest.startswith("not")
    how = rest.removeprefix("not")

    def test(left: str, right: str) -> bool:
        a, b = fold(left), fold(right)
        found = a == b if how == "equals" else a.startswith(b) if how == "startswith" else _like(b).fullmatch(a)
        return bool(found) == wanted

    return test


@cache
def _like(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\\[*?]|.", pattern, re.DOTALL)
    return re.compile("".join({"*": ".*", "?": "."}.get(p, re.escape(p[-1])) for p in parts), re.DOTALL)


def _equality(rest: str, key: Callable[[str], str]) -> Callable[[str, str], bool]:
    wanted = rest == "equals"
    return lambda left, right: (key(left) == key(right)) == wanted


_ORDERS: Mapping[str, Callable[[int], bool]] = {
    "equals": lambda sign: sign == 0,
    "notequals": lambda sign: sign != 0,
    "greaterthan": lambda sign: sign > 0,
    "greaterthanequals": lambda sign: sign >= 0,
    "lessthan": lambda sign: sign < 0,
    "lessthanequals": lambda sign: sign <= 0,
}


def _order(rest: str, key: Callable[[str], int | None]) -> Callable[[str, str], bool | None]:
    def test(left: str, right: str) -> bool | None:
        a, b = key(left), key(right)
        return None if a is None or b is None else _ORDERS[rest]((a > b) - (a < b))

    return test


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else None


def _moment(text: str) -> int | None:
    from keywitness.kql.literals import parse_datetime  # few conditions name a time

    return parse_datetime(text)
