"""Comparisons, logic and membership, with Kusto's nulls.

Kusto: null == null is null, null == 5 is false, null != 5 is true. SQL says null to all three. As the condition of
`where`, null and false are one, so there plain SQL does, which the engine can push into the scan.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.sql import Expr
from keywitness.kql import plan
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter
    from keywitness.engine.lowering.lowering import Use
    from keywitness.engine.step import Step

_ORDERS: dict[str, type[exp.Binary]] = {
    "less": exp.LT,
    "less_equal": exp.LTE,
    "greater": exp.GT,
    "greater_equal": exp.GTE,
}


_ANYWHERE = frozenset({"has", "has_cs", "contains", "contains_cs"})
_BETWEEN = "\x01"
_MANY = 4


def lower_predicate(emitter: Emitter, scalar: plan.Scalar, step: Step) -> Expr:
    """A condition of `where`: null may come out as false."""
    from keywitness.engine.lowering import scalars  # it imports this module

    if isinstance(scalar, plan.InTable):
        return in_table(emitter, scalar, step)
    if isinstance(scalar, plan.Call):
        match scalar.function:
            case "and":
                return sql.all_of([lower_predicate(emitter, a, step) for a in scalar.args])
            case "or":
                return sql.any_of([lower_predicate(emitter, a, step) for a in _gathered(scalar.args)])
            case "equal" if not _both_nan(scalar.args):
                left, right = (scalars.lower(emitter, a, step) for a in scalar.args)
                compared = emitter.documents.compared
                return sql.binary(exp.EQ, compared(left, right), compared(right, left))
            case "not_equal" if not _both_nan(scalar.args):
                return _differ(emitter, scalar, step)
            case "in":
                return _in_list(emitter, scalar, step) or scalars.lower(emitter, scalar, step)
    return scalars.lower(emitter, scalar, step)


def _gathered(alternatives: tuple[plan.Scalar, ...]) -> list[plan.Scalar]:
    """The alternatives of an `or`; one constant sought in many columns is sought once in all of them.

    `search` asks every column for the same term, and DuckDB compiles a pattern for each. The control character between
    the texts ends a term, and a term that holds it is left alone.
    """
    groups: dict[tuple[str, str], list[plan.Call]] = {}
    rest: list[plan.Scalar] = []
    for alternative in alternatives:
        key = _sought(alternative)
        if key is None or not isinstance(alternative, plan.Call):
            rest.append(alternative)
        else:
            groups.setdefault(key, []).append(alternative)
    for calls in groups.values():
        if len(calls) < _MANY:
            rest += calls
            continue
        texts = tuple(call.args[0] for call in calls)
        joined = plan.Call("strcat_delim", (plan.Literal(_BETWEEN, KqlType.STRING), *texts), KqlType.STRING)
        rest.append(plan.Call(calls[0].function, (joined, calls[0].args[1]), KqlType.BOOL))
    return rest


def _sought(scalar: plan.Scalar) -> tuple[str, str] | None:
    """Operator and constant of `column has "term"` and `column contains "text"`."""
    if not isinstance(scalar, plan.Call) or scalar.function not in _ANYWHERE:
        return None
    value = scalar.args[1]
    if not isinstance(value, plan.Literal) or value.type is not KqlType.STRING or _BETWEEN in value.value:
        return None
    return scalar.function, value.value


def _differ(emitter: Emitter, call: plan.Call, step: Step) -> Expr:
    from keywitness.engine.lowering import scalars  # it imports this module

    left, right = (scalars.lower(emitter, a, step) for a in call.args)
    if not any(nullable(a) for a in call.args):
        return sql.binary(exp.NEQ, left, right)
    return sql.binary(exp.NullSafeNEQ, left, right)


def nullable(scalar: plan.Scalar) -> bool:
    """False when the scalar can never be null."""
    if scalar.type is KqlType.STRING:
        return False
    return not (isinstance(scalar, plan.Literal) and scalar.value is not None)


def _can_be_nan(scalar: plan.Scalar) -> bool:
    return scalar.type is KqlType.REAL and not (isinstance(scalar, plan.Literal) and scalar.value == scalar.value)


def _both_nan(scalars: tuple[plan.Scalar, ...]) -> bool:
    return all(_can_be_nan(s) for s in scalars)


def _is_number(value: Expr) -> Expr:
    """What is not a number is larger than infinity in DuckDB; a comparison reaches the scan, `isnan` does not."""
    return sql.binary(exp.LTE, value.copy(), sql.literal(math.inf, KqlType.REAL))


def equal(use: Use) -> Expr:
    """`a == b` as a value."""
    left, right = use.args
    if _both_nan(use.call.args):
        return sql.call("kw_equal_real", left, right)
    plain = sql.binary(exp.EQ, left, right)
    match [nullable(a) for a in use.call.args]:
        case [False, False]:
            return plain
        case [True, True]:
            return sql.call("kw_equal", left, right)
    return sql.call("coalesce", plain, sql.false())


def not_equal(use: Use) -> Expr:
    """`a != b` as a value."""
    left, right = use.args
    if _both_nan(use.call.args):
        return sql.negate(sql.call("kw_equal_real", left, right))
    match [nullable(a) for a in use.call.args]:
        case [False, False]:
            return sql.binary(exp.NEQ, left, right)
        case [True, True]:
            return sql.call("kw_not_equal", left, right)
    return sql.binary(exp.NullSafeNEQ, left, right)


def ordered(use: Use) -> Expr:
    """`<`, `<=`, `>`, `>=`: null with anything is null, as in SQL; what is not a number is DuckDB's largest one."""
    plain = sql.binary(_ORDERS[use.call.function], *use.args)
    greater = 0 if use.call.function.startswith("greater") else 1
    if not _can_be_nan(use.call.args[greater]):
        return plain
    return exp.Paren(this=sql.all_of([plain, _is_number(use.args[greater])]))


def between(use: Use) -> Expr:
    """`x between (a .. b)`, both ends included."""
    value, low, high = (sql.wrap(a) for a in use.args)
    return exp.Paren(this=exp.Between(this=value, low=low, high=high))


def logic(use: Use) -> Expr:
    """`and`, `or` over any number of operands."""
    return sql.all_of(use.args) if use.call.function == "and" else sql.any_of(use.args)


def equal_ci(use: Use) -> Expr:
    """`=~`: both sides in lower case."""
    return sql.binary(exp.EQ, folded(use, 0), folded(use, 1))


def not_equal_ci(use: Use) -> Expr:
    """`!~`."""
    return sql.binary(exp.NEQ, folded(use, 0), folded(use, 1))


def folded(use: Use, index: int) -> Expr:
    """An argument in lower case; a constant is folded here and now."""
    value = use.constant_or_none(index)
    if isinstance(value, str) and value.isascii():
        return sql.text(value.lower())
    return sql.call("lower", use.args[index])


def in_list(use: Use) -> Expr:
    """`x in (...)` as a value: an `or` of `==`, so that a null is in no list of values, and null in one with a null."""
    if len(use) == 2 and use.type(1) is KqlType.DYNAMIC:
        return _in_array(use, fold=False)
    needle, *values = use.args
    plain = _in_values(needle, values)
    if not any(nullable(a) for a in use.call.args):
        return plain
    found = sql.call("coalesce", plain, sql.false())
    nulls = [sql.is_null(v.copy()) for v, a in zip(values, use.call.args[1:], strict=True) if nullable(a)]
    if not nulls or not nullable(use.call.args[0]):
        return found
    return _or_null(found, sql.is_null(needle.copy()), sql.any_of(nulls))


def _or_null(found: Expr, *conditions: Expr) -> Expr:
    """The answer, null where all conditions hold."""
    null = exp.If(this=sql.all_of(list(conditions)), true=sql.null())
    return exp.Case(ifs=[null], default=found)


def in_table_value(emitter: Emitter, scalar: plan.InTable, step: Step) -> Expr:
    """`x in (T)` as a value: a null is in no table, and null in one that holds a null."""
    from keywitness.engine.lowering import scalars  # it imports this module

    found = sql.call("coalesce", in_table(emitter, scalar, step), sql.false())
    if not nullable(scalar.needle):
        return found
    inner = emitter.nested(emitter.emit(scalar.plan))
    some = sql.call("coalesce", sql.call("bool_or", sql.is_null(inner.outputs[0].copy())), sql.false())
    select = exp.Select(expressions=[some], from_=exp.From(this=inner.source))
    needle = scalars.lower(emitter, scalar.needle, step)
    return _or_null(found, sql.is_null(needle), exp.Subquery(this=select))


def in_list_ci(use: Use) -> Expr:
    """`x in~ (...)`."""
    if len(use) == 2 and use.type(1) is KqlType.DYNAMIC:
        return _in_array(use, fold=True)
    return _in_values(folded(use, 0), [folded(use, i) for i in range(1, len(use))])


def _in_values(needle: Expr, values: list[Expr]) -> Expr:
    if not values:
        return sql.false()
    return exp.Paren(this=exp.In(this=sql.wrap(needle), expressions=values))


def _in_array(use: Use, *, fold: bool) -> Expr:
    """The needle among the elements of a dynamic array and of the arrays in it; one of another type is no match."""
    needle, array = use.args
    constant = use.constant_or_none(1)
    if constant is None or not constant.startswith("[") or "[" in constant[1:]:
        array = sql.call("kw_members", array, sql.call("kx_documents_flat", array.copy()))
    if use.type(0) in (KqlType.STRING, KqlType.GUID):
        elements = sql.call("kw_strings", array)
        if fold:
            return sql.call("kw_contains_ci", elements, needle)
        return sql.call("coalesce", sql.call("list_contains", elements, needle), sql.false())
    return sql.call("kw_has_element", array, as_json(needle, use.type(0)))


def as_json(value: Expr, type_: KqlType) -> Expr:
    """A scalar as JSON text."""
    from keywitness.engine.lowering import dynamics  # it imports this module's neighbours

    return dynamics.as_json(value, type_)


def _in_list(emitter: Emitter, call: plan.Call, step: Step) -> Expr | None:
    """`where x in (constants)` as plain SQL."""
    from keywitness.engine.lowering import scalars  # it imports this module

    if len(call.args) == 2 and call.args[1].type is KqlType.DYNAMIC:
        return None
    return _in_values(
        scalars.lower(emitter, call.args[0], step), [scalars.lower(emitter, a, step) for a in call.args[1:]]
    )


def in_table(emitter: Emitter, scalar: plan.InTable, step: Step) -> Expr:
    """`x in (T)`: null where either side has nulls, which the caller reads as false."""
    from keywitness.engine.lowering import scalars  # it imports this module

    needle = scalars.lower(emitter, scalar.needle, step)
    inner = emitter.nested(emitter.emit(scalar.plan))
    value = inner.outputs[0].copy()
    folding = scalar.ignore_case
    head = sql.call("lower", value) if folding else value
    select = exp.Select(expressions=[head], from_=exp.From(this=inner.source))
    select.set("where", exp.Where(this=sql.negate(sql.is_null(value.copy()))))
    needle = sql.call("lower", needle) if folding else needle
    return exp.Paren(this=exp.In(this=sql.wrap(needle), query=exp.Subquery(this=select)))
