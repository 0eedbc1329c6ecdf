"""Arithmetic and comparison operators."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering import predicates
from keywitness.engine.lowering.lowering import Table, Use
from keywitness.engine.sql import Expr
from keywitness.model.schema import KqlType

_WHOLE = (KqlType.INT, KqlType.LONG)


def _arithmetic(kind: type[exp.Binary]) -> Callable[[Use], Expr]:
    def lowered(use: Use) -> Expr:
        if use.call.type is KqlType.DYNAMIC:
            return _of_dynamics(use)
        plain = sql.binary(kind, *use.args)
        if use.call.type is KqlType.DATETIME:
            return sql.call("kw_datetime", plain)
        return sql.cast(plain, use.call.type) if use.call.type in (KqlType.INT, KqlType.DECIMAL) else plain

    return lowered


def _of_dynamics(use: Use) -> Expr:
    """Arithmetic of two dynamic values: numbers as numbers, anything else is null."""
    return sql.call("kx_documents_calculated", sql.text(use.call.function), *use.args)


def _multiply(use: Use) -> Expr:
    if use.call.type is KqlType.DYNAMIC:
        return _of_dynamics(use)
    if use.call.type is KqlType.TIMESPAN and KqlType.REAL in (use.type(0), use.type(1)):
        return sql.call("kw_scale_span", *(sql.cast(a, KqlType.REAL) for a in use.args))
    if use.call.type is KqlType.DECIMAL:
        return _of_decimals("product", use)
    plain = sql.binary(exp.Mul, *use.args)
    return sql.cast(plain, use.call.type) if use.call.type is KqlType.INT else plain


def _of_decimals(name: str, use: Use) -> Expr:
    """DuckDB's product has 36 digits behind the point and no room before it, its quotient is a real."""
    return sql.call(f"kx_decimals_{name}", *(sql.cast(a, KqlType.DECIMAL) for a in use.args))


def _divide(use: Use) -> Expr:
    match use.type(0), use.type(1):
        case (KqlType.DYNAMIC, _):
            return _of_dynamics(use)
        case (KqlType.TIMESPAN | KqlType.DATETIME, KqlType.TIMESPAN | KqlType.DATETIME):
            return sql.binary(exp.Div, *(sql.cast(a, KqlType.REAL) for a in use.args))
        case (KqlType.TIMESPAN, KqlType.REAL):
            left, right = use.args
            return sql.call("kw_divide_span", sql.cast(left, KqlType.REAL), right)
        case (KqlType.DECIMAL, _) | (_, KqlType.DECIMAL):
            return _of_decimals("quotient", use)
        case (left_type, right_type) if KqlType.REAL in (left_type, right_type):
            return sql.binary(exp.Div, *(sql.cast(a, KqlType.REAL) for a in use.args))
    divided = sql.binary(exp.IntDiv, *use.args)
    return sql.cast(divided, use.call.type) if use.call.type is KqlType.INT else divided


def _modulo(use: Use) -> Expr:
    if use.call.type is KqlType.DYNAMIC:
        return _of_dynamics(use)
    result = sql.call("kw_modulo", *use.args)
    return sql.cast(result, use.call.type) if use.call.type in _WHOLE else result


def _negate(use: Use) -> Expr:
    if use.call.type is KqlType.DYNAMIC:
        return sql.call("kx_documents_calculated", sql.text("subtract"), sql.text("0"), use.args[0])
    # DuckDB takes the negative of the smallest long for a wider number
    return sql.cast(exp.Paren(this=exp.Neg(this=sql.wrap(use.args[0]))), use.call.type)


LOWERINGS: Table = {
    "add": _arithmetic(exp.Add),
    "subtract": _arithmetic(exp.Sub),
    "multiply": _multiply,
    "divide": _divide,
    "modulo": _modulo,
    "negate": _negate,
    "equal": predicates.equal,
    "not_equal": predicates.not_equal,
    "less": predicates.ordered,
    "less_equal": predicates.ordered,
    "greater": predicates.ordered,
    "greater_equal": predicates.ordered,
    "and": predicates.logic,
    "or": predicates.logic,
    "not": lambda use: sql.negate(use.args[0]),
    "equal_ci": predicates.equal_ci,
    "not_equal_ci": predicates.not_equal_ci,
    "in": predicates.in_list,
    "in_ci": predicates.in_list_ci,
    "between": predicates.between,
}
