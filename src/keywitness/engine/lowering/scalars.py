"""Scalar of the plan -> SQL expression, by the table of functions."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering import predicates
from keywitness.engine.lowering.lowering import Lowering, Use
from keywitness.engine.refusal import about, cannot
from keywitness.engine.sql import Expr
from keywitness.kql import plan
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter
    from keywitness.engine.step import Step


@lru_cache(maxsize=1)
def table() -> dict[str, Lowering]:
    """Every scalar function that the engine can say, by its canonical name."""
    from keywitness.engine.lowering import (  # a cycle otherwise: families lower sub-scalars through this module
        addresses,
        arrays,
        conditionals,
        conversions,
        datetimes,
        dynamics,
        encodings,
        numbers,
        operators,
        regexes,
        series,
        sets,
        sketches,
        strings,
        terms,
    )

    rows: dict[str, Lowering] = {}
    families = (
        operators, conditionals, conversions, strings, regexes, terms, numbers, datetimes, dynamics, arrays, sets,
        addresses, encodings, series, sketches,
    )  # fmt: skip
    for family in families:
        rows.update(family.LOWERINGS)
    return rows


def lower(emitter: Emitter, scalar: plan.Scalar, step: Step) -> Expr:
    """The SQL of a scalar over the columns of a step.

    Raises:
        QueryError: If the engine has no exact way to say a part of it.
    """
    match scalar:
        case plan.Literal():
            return sql.literal(scalar.value, scalar.type)
        case plan.ColumnRef():
            return step.output(scalar.name)
        case plan.Call():
            return _call(emitter, scalar, step)
        case plan.InTable():
            return predicates.in_table_value(emitter, scalar, step)
        case plan.ToScalar():
            return _to_scalar(emitter, scalar)
    raise cannot(f"{getattr(scalar, 'function', type(scalar).__name__)}() is not possible at this place")


def _call(emitter: Emitter, call: plan.Call, step: Step) -> Expr:
    lowering = table().get(call.function)
    if lowering is None:
        raise cannot(f"{call.function}() is not answered by this engine yet")
    if call.function in ("member", "index") and (apart := _value_apart(emitter, call, step)) is not None:
        return apart
    args = tuple(lower(emitter, arg, step) for arg in call.args)
    if isinstance(lowering, str):
        return sql.call(lowering, *args)
    with about(call.function):
        return lowering(Use(call, args, emitter, step))


def _value_apart(emitter: Emitter, access: plan.Call, step: Step) -> Expr | None:
    """One value of a function whose values are computed apart; None for any other access."""
    from keywitness.engine.lowering import series  # a cycle otherwise, as above

    return series.two_lines(emitter, access, step)


def _to_scalar(emitter: Emitter, scalar: plan.ToScalar) -> Expr:
    inner = emitter.emit(scalar.plan)
    select = inner.select(ordered=True, limit=exp.Literal.number(1))
    del select.expressions[1:]
    value: Expr = exp.Subquery(this=select)
    return sql.call("coalesce", value, sql.text("")) if scalar.type is KqlType.STRING else value
