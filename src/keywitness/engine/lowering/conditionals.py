"""`iff`, `case`, `coalesce`, and questions about nulls and emptiness."""

from __future__ import annotations

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering.lowering import Table, Use
from keywitness.engine.sql import Expr
from keywitness.model.schema import KqlType


def _case(use: Use) -> Expr:
    *pairs, otherwise = use.args
    return sql.case(list(zip(pairs[::2], pairs[1::2], strict=True)), otherwise)


def _coalesce(use: Use) -> Expr:
    """The first that is not null; of strings the first that is not empty (Kusto's page says: or empty, for strings)."""
    if use.call.type is KqlType.STRING:
        *most, last = use.args
        return sql.call("coalesce", *(sql.call("nullif", a, sql.text("")) for a in most), last)
    return sql.call("coalesce", *use.args)


def _extreme(use: Use) -> Expr:
    """`max_of`, `min_of`: nulls are passed over, as DuckDB's greatest and least do.

    Not a number in the first place is the answer of both (measured on Microsoft's emulator); in a later one it is
    refused, as nothing is recorded of it.
    """
    extreme = sql.call("greatest" if use.call.function == "max_of" else "least", *use.args)
    if use.call.type is not KqlType.REAL:
        return extreme
    first, *others = (a.copy() for a in use.args)
    refused = sql.call("error", sql.text(f"{use.call.function}() with not-a-number behind the first argument"))
    return sql.case(
        [(sql.call("isnan", first), first.copy()), *((sql.call("isnan", a), refused.copy()) for a in others)], extreme
    )


def _is_empty(use: Use) -> Expr:
    value = use.args[0]
    match use.type(0):
        case KqlType.STRING:
            return sql.binary(exp.EQ, value, sql.text(""))
        case KqlType.DYNAMIC:
            return sql.call("kw_dynamic_is_empty", value)
    return exp.Paren(this=sql.is_null(value))


def _is_null(use: Use) -> Expr:
    value = use.args[0]
    return sql.false() if use.type(0) is KqlType.STRING else exp.Paren(this=sql.is_null(value))


LOWERINGS: Table = {
    "iff": lambda use: sql.case([(use.args[0], use.args[1])], use.args[2]),
    "case": _case,
    "coalesce": _coalesce,
    "max_of": _extreme,
    "min_of": _extreme,
    "isempty": _is_empty,
    "isnotempty": lambda use: sql.negate(_is_empty(use)),
    "isnull": _is_null,
    "isnotnull": lambda use: sql.negate(_is_null(use)),
    "assert": lambda use: sql.call("kw_assert", use.args[0], use.args[1]),
}
