"""The string operators: terms (`has`), substrings, prefixes, suffixes.

A term is a longest run of letters and digits. `has` finds its operand where no letter or digit continues it. The
plain substring test in front of the regular expression takes most of the time off: DuckDB makes it once for each text
of a dictionary, the expression once for each row.
"""

from __future__ import annotations

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.letters import small
from keywitness.engine.lowering import conversions
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.lowering.macros import TERM
from keywitness.engine.sql import Expr
from keywitness.model.schema import KqlType

_START = f"(?:^|[^{TERM}])"
_END = f"(?:$|[^{TERM}])"
#: As many terms are sought one by one before the expression; it takes more of them in one go.
_SOUGHT_FIRST = 16


def quote(value: str) -> str:
    """Text as an RE2 pattern that matches itself."""
    return "".join(c if c.isalnum() or c in "_ " or not c.isascii() else rf"\x{{{ord(c):x}}}" for c in value)


def _bounded(term: str, *, start: bool, end: bool) -> str:
    """The pattern of a term; a side that ends in a sign needs no boundary there."""
    before = _START if start and term[:1].isalnum() else ""
    after = _END if end and term[-1:].isalnum() else ""
    return f"{before}{quote(term)}{after}"


def _matches(value: Expr, pattern: str, *, fold: bool) -> Expr:
    flags = "(?is)" if fold else "(?s)"
    return sql.call("regexp_matches", value, sql.text(flags + pattern))


def contains(value: Expr, needle: str, *, fold: bool) -> Expr:
    """A substring test for a constant."""
    if not needle:
        return sql.true()
    if fold:
        return sql.call("contains", sql.call("lower", value), sql.text(small(needle)))
    return sql.call("contains", value, sql.text(needle))


def has_term(value: Expr, term: str, *, fold: bool, start: bool = True, end: bool = True) -> Expr:
    """A term test for a constant."""
    if not term:
        return sql.true()
    pattern = _bounded(term, start=start, end=end)
    return sql.all_of([contains(value.copy(), term, fold=fold), _matches(value, pattern, fold=fold)])


def _has(*, fold: bool, start: bool = True, end: bool = True) -> Lowering:
    def lowered(use: Use) -> Expr:
        source = conversions.text(use, 0)
        term = use.constant_or_none(1)
        if isinstance(term, str) and use.type(1) is KqlType.STRING:
            return exp.Paren(this=has_term(source, term, fold=fold, start=start, end=end))
        flags = [sql.true() if flag else sql.false() for flag in (fold, start, end)]
        return sql.call("kx_texts_has_term", source, conversions.text(use, 1), *flags)

    return lowered


def constant_texts(use: Use, start: int) -> list[str] | None:
    """The constant strings from an argument on, given one by one or as one array; None when one is not constant."""
    values: list[str] = []
    for i in range(start, len(use)):
        value = use.constant_or_none(i)
        if value is None:
            return None
        if use.type(i) is KqlType.DYNAMIC:
            parsed = _json_texts(str(value))
            if parsed is None:
                return None
            values += parsed
        elif use.type(i) is KqlType.STRING:
            values.append(value)
        else:
            return None
    return values


def _json_texts(text: str) -> list[str] | None:
    import json  # start-up time is no matter here; kept with its only use

    value = json.loads(text)
    items = value if isinstance(value, list) else [value]
    if all(isinstance(i, str) for i in items):
        return items
    return None


def _has_many(every: bool) -> Lowering:
    def lowered(use: Use) -> Expr:
        source = conversions.text(use, 0)
        terms = constant_texts(use, 1)
        if terms is None:
            return _has_many_of_a_column(use, source, every=every)
        if every:
            return exp.Paren(this=sql.all_of([has_term(source.copy(), t, fold=True) for t in terms]))
        if not terms:
            return sql.false()
        if "" in terms:
            return sql.true()
        return exp.Paren(this=_has_one_of(source, list(dict.fromkeys(terms))))

    return lowered


def _has_one_of(source: Expr, terms: list[str]) -> Expr:
    pattern = "|".join(_bounded(term, start=True, end=True) for term in terms)
    matches = _matches(source.copy(), pattern, fold=True)
    if len(terms) > _SOUGHT_FIRST:
        return matches
    return sql.all_of([sql.any_of([contains(source.copy(), term, fold=True) for term in terms]), matches])


def _has_many_of_a_column(use: Use, source: Expr, *, every: bool) -> Expr:
    if len(use) == 2 and use.type(1) is KqlType.DYNAMIC:
        return sql.call("kx_texts_has_terms", source, use.args[1], sql.true() if every else sql.false())
    flags = (sql.true(), sql.true(), sql.true())
    tests = [
        sql.call("kx_texts_has_term", source.copy(), conversions.text(use, i), *(f.copy() for f in flags))
        for i in range(1, len(use))
    ]
    return exp.Paren(this=sql.all_of(tests) if every else sql.any_of(tests))


def _substring(name: str, *, fold: bool) -> Lowering:
    def lowered(use: Use) -> Expr:
        source, needle = conversions.text(use, 0), conversions.text(use, 1)
        if not fold:
            return sql.call(name, source, needle)
        constant = use.constant_or_none(1)
        if isinstance(constant, str) and use.type(1) is KqlType.STRING:
            needle = sql.text(small(constant))
        else:
            needle = sql.call("lower", needle)
        return sql.call(name, sql.call("lower", source), needle)

    return lowered


LOWERINGS: Table = {
    "has": _has(fold=True),
    "has_cs": _has(fold=False),
    "hasprefix": _has(fold=True, end=False),
    "hasprefix_cs": _has(fold=False, end=False),
    "hassuffix": _has(fold=True, start=False),
    "hassuffix_cs": _has(fold=False, start=False),
    "has_any": _has_many(every=False),
    "has_all": _has_many(every=True),
    "contains": _substring("contains", fold=True),
    "contains_cs": _substring("contains", fold=False),
    "startswith": _substring("starts_with", fold=True),
    "startswith_cs": _substring("starts_with", fold=False),
    "endswith": _substring("ends_with", fold=True),
    "endswith_cs": _substring("ends_with", fold=False),
}
