"""Which columns `*` asks: those of text, and whole numbers for a term of digits.

The page says any column, and `search "7"` was seen to find the number 7, so a number counts as its text there. What it
says of the text of other types, or of other operators over numbers, is not known: where the text that is looked for
could stand in such a column, the question is refused; where it could not, the column says no.
"""

from __future__ import annotations

import re

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.types import (
    BOOL,
    DATETIME,
    DECIMAL,
    DYNAMIC,
    GUID,
    INT,
    LONG,
    REAL,
    STRING,
    TIMESPAN,
)
from keywitness.model.schema import Column, KqlType

#: Columns whose values are text for the operators of text.
TEXTS = frozenset({STRING, DYNAMIC, GUID})
_TERM = frozenset({"has", "has_cs", ":"})
_DIGITS = re.compile(r"\d+\Z", re.ASCII)
_WHOLE = re.compile(r"-?\d*\Z", re.ASCII)
#: What can be a part of a value's text, whatever the form in which Kusto would write it.
_PARTS = {
    INT: _WHOLE,
    LONG: _WHOLE,
    REAL: re.compile(r"(-?\d*\.?\d*(e[+-]?\d*)?|[+-]?\d*|-?(na?n?|an?|in?f?i?n?i?t?y?))\Z", re.ASCII | re.IGNORECASE),
    DECIMAL: re.compile(r"-?\d*\.?\d*\Z", re.ASCII),
    BOOL: re.compile(r"(t?r?u?e?|f?a?l?s?e?|[01])\Z", re.ASCII | re.IGNORECASE),
    DATETIME: re.compile(r"\d*([-/]\d*){0,2}(T| )?\d*(:\d*){0,2}\.?\d* ?([ap]?m?|Z?)\Z", re.ASCII | re.IGNORECASE),
    TIMESPAN: re.compile(r"-?\d*\.?\d*(:\d*){0,2}\.?\d*\Z", re.ASCII),
}
#: The words in such texts.
_WORDS = {BOOL: {"true", "false"}, REAL: {"nan", "inf", "infinity"}, DATETIME: {"am", "pm"}}
#: A term of digits in a time is a year, a part of two digits or of one, or a fraction of a second.
_IN_TIMES = frozenset({1, 2, 4, 7})
#: A letter in no such text that a match must contain, as nothing makes it optional.
_DEMANDED = re.compile(r"[bcdghjkoqvwx](?![?*{])", re.IGNORECASE)
#: What an expression may hold so that its letters are read one by one: no choice, no group, no class, no code.
_STRAIGHT = re.compile(r"(?:[^|(\[\\]|\\[dDsSwWbBAz]|\\\W)*\Z")


def counted(column: Column, op: str, text: plan.Scalar, span: syntax.Span) -> plan.Scalar | None:
    """What the operator asks of a column that may be no text; None where the column can only say no.

    Raises:
        RefusedError: If the text could stand in a column of which it is not known whether it counts.
    """
    value = plan.ColumnRef(column.name, column.type)
    if column.type in TEXTS or text.type is not STRING:
        return value
    wanted = text.value if isinstance(text, plan.Literal) else None
    if wanted is not None and not _may_hold(column.type, op, str(wanted)):
        return None
    if op.removeprefix("!") in _TERM and column.type in {INT, LONG} and wanted is not None and _DIGITS.match(wanted):
        return plan.Call("tostring", (value,), STRING)
    what = f"`*` over the column {column.name} of type {column.type.value}, in which this text could stand,"
    raise diagnostics.not_supported(span, what, f'name the columns: A {op} "..." or tostring({column.name}) {op} "..."')


def _may_hold(type: KqlType, op: str, wanted: str) -> bool:
    name = op.removeprefix("!")
    if not wanted:
        return False
    if name == "matches regex":
        return not (_STRAIGHT.match(wanted) and _DEMANDED.search(re.sub(r"\\.", " ", wanted)))
    if name in _TERM and wanted.isalpha():
        return wanted.lower() in _WORDS.get(type, ())
    if type is DATETIME and name in _TERM and _DIGITS.match(wanted):
        return len(wanted) in _IN_TIMES
    return _PARTS[type].match(wanted) is not None
