"""Functions and operators that search by a regular expression."""

from __future__ import annotations

import json
from typing import Any

from keywitness.engine import regex, sql
from keywitness.engine.lowering import conversions
from keywitness.engine.lowering.conversions import text
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.refusal import cannot
from keywitness.engine.regex import Regex
from keywitness.engine.sql import Expr
from keywitness.model.schema import KqlType

_MOST_GROUPS = 16
_REACHED = 9  # the last group that DuckDB's functions take


def expression(use: Use, index: int) -> Regex:
    """The constant expression of an argument, in RE2.

    Raises:
        QueryError: For what Kusto does not have, or RE2 cannot say.
    """
    try:
        return regex.read(str(use.constant(index, "the regular expression")))
    except regex.RegexError as error:
        raise cannot(
            str(error), "Kusto's expressions have neither look-around nor back-references; use `extract` in two steps"
        ) from None


def searched(use: Use, index: int, found: Regex) -> Expr:
    """The text of an argument; one for which RE2's word boundaries are wrong ends the query."""
    value = text(use, index)
    if not found.bounded:
        return value
    name = "matches regex" if use.call.function == "matches_regex" else f"{use.call.function}()"
    return sql.call("kw_with_ascii_words", value, sql.text(f"[{regex.WORD}]"), sql.text(name))


def count_of(use: Use) -> Expr:
    """`countof(text, expression, "regex")`: matches that do not overlap."""
    found = expression(use, 1)
    return sql.cast(
        sql.call("len", sql.call("regexp_extract_all", searched(use, 0, found), sql.text(found.text))), "BIGINT"
    )


def _indexof(use: Use) -> Expr:
    found = expression(use, 1)
    gaps = sql.text(f"((?s:.)*?)(?:{found.text})")
    start, length, occurrence = (
        sql.cast(use.args[i], "BIGINT") if len(use) > i else sql.number(default)
        for i, default in ((2, 0), (3, -1), (4, 1))
    )
    return sql.call("kw_indexof_regex", searched(use, 0, found), gaps, start, length, occurrence)


def _extract(use: Use) -> Expr:
    found, group = expression(use, 0), int(use.constant(1, "the capture group"))
    if not 0 <= group <= len(found.groups):
        return sql.literal(None, use.call.type)
    extracted = sql.call("regexp_extract", searched(use, 2, found), *_group(use, found, group))
    return conversions.convert(extracted, KqlType.STRING, use.call.type)


def _extract_all(use: Use) -> Expr:
    found, source = expression(use, 0), len(use) - 1
    if not 1 <= len(found.groups) <= _MOST_GROUPS:
        raise cannot(
            "extract_all() takes an expression with 1 to 16 capture groups", "put the wanted part in parentheses"
        )
    groups = list(range(1, len(found.groups) + 1))
    if len(use) == 3:
        groups = _groups(found, json.loads(use.constant(1, "the capture groups")))
    value = searched(use, source, found)
    lists = [sql.call("regexp_extract_all", value.copy(), *_group(use, found, g)) for g in groups]
    if len(lists) == 1:
        return sql.call("kw_json_or_null", sql.call("kw_matched_texts", lists[0]))
    return sql.call("kw_json_or_null", sql.call("kw_rows_of_lists", sql.array(lists)))


def _group(use: Use, found: Regex, group: int) -> tuple[Expr, Expr]:
    """An expression and the number of its group: one that DuckDB does not reach becomes the only one."""
    if group <= _REACHED:
        return sql.text(found.text), sql.number(group)
    return sql.text(regex.read(str(use.constant(0, "the regular expression")), group).text), sql.number(1)


def _groups(found: Regex, asked: Any) -> list[int]:
    """The numbers of the capture groups that an array asks for, by number or name."""
    named = [found.group(g) if isinstance(g, str) else g for g in asked] if isinstance(asked, list) else []
    numbers = [n for n in named if type(n) is int and 1 <= n <= len(found.groups)]
    if not numbers or len(numbers) < len(named):
        raise cannot(
            f"extract_all() of the capture groups {json.dumps(asked)}",
            f"an array names groups of the expression, from 1 to {len(found.groups)} or by their names",
        )
    return numbers


def _replace(use: Use) -> Expr:
    found = expression(use, 1)
    return sql.call("regexp_replace", searched(use, 0, found), sql.text(found.text), text(use, 2), sql.text("g"))


def _trim(*, start: bool, end: bool) -> Lowering:
    """One match at each end: `trim("x", "xxa")` leaves an x (measured on Microsoft's emulator)."""

    def lowered(use: Use) -> Expr:
        found = expression(use, 0)
        value = searched(use, 1, found)
        if start:
            value = sql.call("regexp_replace", value, sql.text(f"^(?:{found.text})"), sql.text(""))
        if end:
            value = sql.call("regexp_replace", value, sql.text(f"(?:{found.text})$"), sql.text(""))
        return value

    return lowered


def _matches(use: Use) -> Expr:
    if use.constant_or_none(1) is None:
        return sql.call("regexp_matches", text(use, 0), sql.call("kx_texts_regex", text(use, 1)))
    found = expression(use, 1)
    return sql.call("regexp_matches", searched(use, 0, found), sql.text(found.text))


LOWERINGS: Table = {
    "extract": _extract,
    "extract_all": _extract_all,
    "indexof_regex": _indexof,
    "matches_regex": _matches,
    "replace_regex": _replace,
    "trim": _trim(start=True, end=True),
    "trim_start": _trim(start=True, end=False),
    "trim_end": _trim(start=False, end=True),
}
