"""Functions over the serialized order: `prev`, `next`, `row_number`, `row_cumsum` and kin.

SQL allows no window inside a window, KQL does (`row_cumsum(x, id != prev(id))`): innermost calls are computed first,
each level in a subquery of its own, and stand as hidden columns for the level above.

The first level also freezes the order into a number: DuckDB sorts once for all windows of one SELECT that ask for the
same order, so that rows of equal keys stand alike in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs
from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey, Step
from keywitness.kql import plan
from keywitness.model.schema import Column, KqlType, Schema

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter

#: Where a function takes its restart condition.
_RESTART_AT = {"row_number": 1, "row_cumsum": 1, "row_rank_dense": 1, "row_rank_min": 1}


def contains_window(scalar: plan.Scalar) -> bool:
    """True when a WindowCall is anywhere in the scalar."""
    if isinstance(scalar, plan.WindowCall):
        return True
    return isinstance(scalar, plan.Call) and any(contains_window(a) for a in scalar.args)


def hoist(emitter: Emitter, scalars: Sequence[plan.Scalar], step: Step) -> tuple[tuple[plan.Scalar, ...], Step]:
    """The scalars without window calls, and a step with a hidden column for each that stood in them."""
    result = tuple(scalars)
    if not step.order:
        step = emitter.serialized(step)
    elif not step.is_plain():
        step = emitter.nested(step)
    while any(contains_window(s) for s in result):
        calls = list(dict.fromkeys(call for s in result for call in _innermost(s)))
        at_once = [call for call in calls if _is_one_window(call)]
        values = [(_window(emitter, call, step), call.type) for call in at_once]
        step, refs = extended(emitter, step, *values)
        stand_ins = dict(zip(at_once, refs, strict=True))
        for call in calls:
            if call not in stand_ins:
                step, stand_ins[call] = _compute(emitter, call, step)
        result = tuple(_replaced(s, stand_ins) for s in result)
    return result, step


def _is_one_window(call: plan.WindowCall) -> bool:
    """True for a call that needs no helping columns."""
    if call.function in ("prev", "next"):
        return True
    return call.function in ("row_number", "row_cumsum") and len(call.args) <= _RESTART_AT[call.function]


def _innermost(scalar: plan.Scalar) -> list[plan.WindowCall]:
    if not isinstance(scalar, (plan.WindowCall, plan.Call)):
        return []
    inner = [call for arg in scalar.args for call in _innermost(arg)]
    if isinstance(scalar, plan.WindowCall) and not inner:
        return [scalar]
    return inner


def _replaced(scalar: plan.Scalar, stand_ins: dict[plan.WindowCall, plan.ColumnRef]) -> plan.Scalar:
    if isinstance(scalar, plan.WindowCall) and scalar in stand_ins:
        return stand_ins[scalar]
    if isinstance(scalar, (plan.WindowCall, plan.Call)):
        return structs.replace(scalar, args=tuple(_replaced(a, stand_ins) for a in scalar.args))
    return scalar


def _compute(emitter: Emitter, call: plan.WindowCall, step: Step) -> tuple[Step, plan.ColumnRef]:
    run: Expr | None = None
    place = _RESTART_AT.get(call.function)
    if place is not None and len(call.args) > place:
        held = sql.case([(emitter.lower(call.args[place], step), sql.number(1))], sql.number(0))
        step, (ref,) = extended(emitter, step, (_over(step, sql.call("sum", held), running=True), KqlType.LONG))
        run = step.output(ref.name)
    match call.function:
        case "row_rank_dense" | "row_rank_min":
            step, value = _rank(emitter, call, step, run)
        case "row_window_session":
            return _session(emitter, call, step)
        case _:
            value = _window(emitter, call, step, run)
    step, (ref,) = extended(emitter, step, (value, call.type))
    return step, ref


def _window(emitter: Emitter, call: plan.WindowCall, step: Step, run: Expr | None = None) -> Expr:
    """A call as one window; `run` is the number of the run that it starts anew with."""
    match call.function:
        case "prev" | "next":
            return _neighbour(emitter, call, step)
        case "row_number":
            start = _constant_number(call.args[0], "the first number of row_number()") if call.args else 1
            passed = exp.Paren(this=_over(step, sql.call("row_number"), run=run))
            return sql.cast(sql.binary(exp.Add, passed, sql.number(start - 1)), call.type)
        case "row_cumsum":
            total = _over(step, sql.call("sum", emitter.lower(call.args[0], step)), run=run, running=True)
            return sql.cast(sql.call("coalesce", total, sql.number(0)), call.type)
    raise cannot(f"{call.function}() is not built yet")


def extended(emitter: Emitter, step: Step, *values: tuple[Expr, KqlType]) -> tuple[Step, tuple[plan.ColumnRef, ...]]:
    """The step behind a subquery with more, hidden columns, and its order one number."""
    if not values and step.is_numbered():
        return step, ()
    first = len(step.schema)
    added = [Column(f"\0{first + i}", type_, hidden=True) for i, (_, type_) in enumerate(values)]  # no name of KQL
    if not step.is_numbered():
        number = _over(step, sql.call("row_number"))
        step = replace(step, order=(OrderKey(number, unique=True),), defined=True)
    outputs = (*step.outputs, *(value for value, _ in values))
    wide = replace(step, schema=Schema((*step.schema, *added)), outputs=outputs)
    return emitter.nested(wide), tuple(plan.ColumnRef(column.name, column.type) for column in added)


def _over(step: Step, function: Expr, *, run: Expr | None = None, running: bool = False) -> Expr:
    frame = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW")
    return exp.Window(
        this=function,
        partition_by=[run.copy()] if run is not None else None,
        order=exp.Order(expressions=[key.ordered() for key in step.order]),
        spec=frame if running else None,
    )


def _constant_number(scalar: plan.Scalar, what: str) -> int:
    if isinstance(scalar, plan.Literal) and scalar.value is not None:
        return int(scalar.value)
    raise cannot(f"{what} must be a constant number")


def _neighbour(emitter: Emitter, call: plan.WindowCall, step: Step) -> Expr:
    value = emitter.lower(call.args[0], step)
    offset = _constant_number(call.args[1], f"the offset of {call.function}()") if len(call.args) > 1 else 1
    name = "lag" if (call.function == "prev") == (offset >= 0) else "lead"
    default = emitter.lower(call.args[2], step) if len(call.args) > 2 else sql.literal(None, call.type)
    return _over(step, sql.call(name, value, sql.number(abs(offset)), sql.cast(default, call.type)))


def _session(emitter: Emitter, call: plan.WindowCall, step: Step) -> tuple[Step, plan.ColumnRef]:
    """Where the session of each row began. A session depends on where the last one began: rows are taken one by one.

    Kusto's page: a value begins a session when there is none, when it is as far from the session's first value or from
    the value before as the bounds or farther, or on restart; behind a null there is none.
    """
    from keywitness.engine import scanning  # a cycle otherwise: it emits plans, and plans hold windows

    if emitter.outer:
        raise cannot("row_window_session() inside of partition or mv-apply")
    time, from_first, between, restart = call.args
    began, last = f"\0{len(step.schema)}", f"\0{len(step.schema) + 1}"
    first = plan.ColumnRef(plan.state_column("session", began), call.type)
    before = plan.ColumnRef(plan.state_column("session", last), call.type)
    begins = [restart, plan.Call("isnull", (first,), KqlType.BOOL), plan.Call("isnull", (before,), KqlType.BOOL)]
    for origin, distance in ((first, from_first), (before, between)):
        bound = plan.Call("add", (origin, distance), call.type)
        begins.append(plan.Call("greater_equal", (time, bound), KqlType.BOOL))
    nothing = plan.Literal(None, call.type)
    present = plan.Call("isnotnull", (time,), KqlType.BOOL)
    held = plan.Call("iff", (plan.Call("or", tuple(begins), KqlType.BOOL), time, first), call.type)
    value = plan.Call("iff", (present, held, nothing), call.type)
    every = plan.ScanStep(
        "session", plan.Literal(True, KqlType.BOOL), (plan.Named(began, value), plan.Named(last, time)), True
    )
    declared = (plan.Named(began, nothing), plan.Named(last, nothing))
    node = plan.ScanSteps(plan.Outer(step.schema), declared, (every,))
    return scanning.scanned(emitter, node, step), plan.ColumnRef(began, call.type)


def _rank(emitter: Emitter, call: plan.WindowCall, step: Step, run: Expr | None) -> tuple[Step, Expr]:
    """Rank by the changes of the term from row to row, not by its value: Kusto expects sorted rows."""
    term = emitter.lower(call.args[0], step)
    number = _over(step, sql.call("row_number"), run=run)
    before = _over(step, sql.call("lag", term.copy()), run=run)
    changed = sql.any_of(
        [exp.EQ(this=number, expression=sql.number(1)), exp.NullSafeNEQ(this=sql.wrap(term), expression=before)]
    )
    place = sql.number(1) if call.function == "row_rank_dense" else number.copy()
    width = len(step.outputs)
    step, (ref,) = extended(emitter, step, (sql.case([(changed, place)]), KqlType.LONG))
    if run is not None:  # it was the last column before the nesting
        run = step.outputs[width - 1].copy()
    combine = "sum" if call.function == "row_rank_dense" else "max"
    return step, sql.cast(_over(step, sql.call(combine, step.output(ref.name)), run=run, running=True), call.type)
