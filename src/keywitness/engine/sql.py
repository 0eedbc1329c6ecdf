"""Small builders of sqlglot trees in the one form that every lowering uses.

Function calls are `Anonymous` nodes on purpose: sqlglot then prints the name as it stands and rewrites nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from keywitness.model.schema import KqlType

Expr = exp.Expr

#: How DuckDB holds each KQL type (see `model.schema` for the physical forms).
SQL_TYPES: dict[KqlType, str] = {
    KqlType.BOOL: "BOOLEAN",
    KqlType.INT: "INT",
    KqlType.LONG: "BIGINT",
    KqlType.REAL: "DOUBLE",
    KqlType.DECIMAL: "DECIMAL(38, 18)",
    KqlType.STRING: "TEXT",
    KqlType.DATETIME: "BIGINT",
    KqlType.TIMESPAN: "BIGINT",
    KqlType.GUID: "TEXT",
    KqlType.DYNAMIC: "TEXT",
}

_PLAIN = (
    exp.Column,
    exp.Literal,
    exp.Anonymous,
    exp.Cast,
    exp.TryCast,
    exp.Paren,
    exp.Boolean,
    exp.Null,
    exp.Var,
    exp.Subquery,
)
_types: dict[str, exp.DataType] = {}


def call(name: str, *args: Expr) -> Expr:
    """`name(args)`, printed as it stands."""
    return exp.Anonymous(this=name, expressions=list(args))


def column(name: str, table: str | None = None) -> exp.Column:
    """A column by a name of our own making (never a name of the user)."""
    return exp.Column(
        this=exp.Identifier(this=name, quoted=False),
        table=exp.Identifier(this=table, quoted=False) if table else None,
    )


def raw(text: str) -> Expr:
    """SQL that the store vouches for: printed as it stands."""
    return exp.Var(this=text)


def text(value: str) -> Expr:
    """A string literal; NUL, which no SQL text can hold, is composed."""
    if "\0" not in value:
        return exp.Literal.string(value)
    pieces: list[Expr] = []
    for i, part in enumerate(value.split("\0")):
        if i:
            pieces.append(call("chr", number(0)))
        pieces.append(exp.Literal.string(part))
    return call("concat", *pieces)


def number(value: int) -> Expr:
    """An integer literal of whatever width DuckDB gives it."""
    literal = exp.Literal.number(abs(value))
    return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal


def true() -> Expr:
    return exp.Boolean(this=True)


def false() -> Expr:
    return exp.Boolean(this=False)


def null() -> Expr:
    return exp.Null()


def cast(value: Expr, type_: KqlType | str) -> Expr:
    """`CAST(value AS ...)` to a KQL type's physical form, or to a DuckDB type by name."""
    return exp.Cast(this=value, to=_data_type(type_))


def try_cast(value: Expr, type_: KqlType | str) -> Expr:
    """As `cast`, null where the value does not convert."""
    return exp.TryCast(this=value, to=_data_type(type_))


def _data_type(type_: KqlType | str) -> exp.DataType:
    name = SQL_TYPES[type_] if isinstance(type_, KqlType) else type_
    if name not in _types:
        _types[name] = exp.DataType.build(name, dialect="duckdb")
    return _types[name].copy()


def literal(value: Any, type_: KqlType) -> Expr:
    """A constant in physical form, with exactly its SQL type."""
    if value is None:
        return text("") if type_ is KqlType.STRING else cast(null(), type_)
    match type_:
        case KqlType.BOOL:
            return true() if value else false()
        case KqlType.STRING | KqlType.GUID | KqlType.DYNAMIC:
            return text(str(value))
        case KqlType.INT | KqlType.LONG | KqlType.DATETIME | KqlType.TIMESPAN:
            return _integer(int(value), type_)
        case KqlType.REAL:
            return cast(text(repr(float(value))), type_)
        case KqlType.DECIMAL:
            return cast(text(str(value)), type_)


def _integer(value: int, type_: KqlType) -> Expr:
    if value == -(2**63):  # its absolute value is no BIGINT
        return cast(text(str(value)), type_)
    return cast(number(value), type_)


def wrap(value: Expr) -> Expr:
    """Parentheses where operator precedence could bind otherwise."""
    return value if isinstance(value, _PLAIN) else exp.Paren(this=value)


def binary(kind: type[exp.Binary], left: Expr, right: Expr) -> Expr:
    """`left <op> right`, safely parenthesised."""
    return kind(this=wrap(left), expression=wrap(right))


def all_of(parts: Sequence[Expr]) -> Expr:
    """Conjunction of parts; true when there is none."""
    return _chain(exp.And, parts) if parts else true()


def any_of(parts: Sequence[Expr]) -> Expr:
    """Disjunction of parts; false when there is none."""
    return _chain(exp.Or, parts) if parts else false()


def _chain(kind: type[exp.Binary], parts: Sequence[Expr]) -> Expr:
    """Without parentheses between the links: a chain of a hundred is no deep tree to DuckDB."""
    result = wrap(parts[0])
    for part in parts[1:]:
        result = kind(this=result, expression=wrap(part))
    return result if len(parts) > 1 else parts[0]


def negate(value: Expr) -> Expr:
    """`NOT value`."""
    return exp.Not(this=wrap(value))


def is_null(value: Expr) -> Expr:
    """`value IS NULL`."""
    return exp.Is(this=wrap(value), expression=null())


def case(branches: Sequence[tuple[Expr, Expr]], otherwise: Expr | None = None) -> Expr:
    """`CASE WHEN .. THEN .. ELSE .. END`."""
    return exp.Paren(
        this=exp.Case(ifs=[exp.If(this=test, true=result) for test, result in branches], default=otherwise or null())
    )


def alias(value: Expr, name: str) -> Expr:
    """`value AS name`, with a name of our own making."""
    return exp.Alias(this=value, alias=exp.Identifier(this=name, quoted=False))


def array(values: Sequence[Expr]) -> Expr:
    """`list_value(...)`: a DuckDB list."""
    return call("list_value", *values)


def filtered(aggregate: Expr, predicate: Expr) -> Expr:
    """`aggregate FILTER (WHERE predicate)`."""
    return exp.Filter(this=aggregate, expression=exp.Where(this=predicate))


def subquery(select: exp.Query, name: str) -> exp.Subquery:
    """`(select) AS name`."""
    return exp.Subquery(this=select, alias=exp.TableAlias(this=exp.Identifier(this=name, quoted=False)))


def is_plain(value: Expr) -> bool:
    """True when repeating the expression costs nothing: a column or a constant."""
    if isinstance(value, exp.Cast):
        return isinstance(value.this, (exp.Literal, exp.Null, exp.Paren))
    return isinstance(value, (exp.Column, exp.Literal, exp.Boolean, exp.Null)) or (
        isinstance(value, exp.Var) and str(value.this).replace("_", "").replace('"', "").isalnum()
    )
