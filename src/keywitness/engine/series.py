"""`make-series`: groups as arrays over a regular axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering import dynamics
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey, Step
from keywitness.kql import plan
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter

_BIN = "\0bin"  # no name of KQL begins so


def make_series(emitter: Emitter, node: plan.MakeSeries) -> Step:
    """One row per group: first the groups by bin, then each group's bins laid out along the axis."""
    bins = emitter.emit(_binned(node))
    lists = _collected(emitter, node, emitter.nested(bins))
    keys = lists.outputs[: len(node.keys)]
    start, count, step = lists.outputs[-3:]
    places = sql.call("kw_places", count.copy())
    series = [
        sql.call(
            "kw_laid_out",
            places.copy(),
            start.copy(),
            step.copy(),
            lists.outputs[len(node.keys) + i].copy(),
            dynamics.element(emitter.constant(default), default.type),
        )
        for i, default in enumerate(node.defaults)
    ]
    axis = _axis(node.axis.value.type, places, start, step)
    outputs = (*keys, *series, axis)
    return Step(lists.source, node.schema, outputs, order=tuple(OrderKey(k) for k in keys))


def _binned(node: plan.MakeSeries) -> plan.Plan:
    """The groups by keys and bin, of the rows inside the bounds: the first belongs to it, the last does not."""
    axis = node.axis.value
    source, conditions = node.source, []
    if node.start is not None:
        conditions.append(plan.Call("greater_equal", (axis, node.start), KqlType.BOOL))
    if node.stop is not None:
        conditions.append(plan.Call("less", (axis, node.stop), KqlType.BOOL))
    if not conditions:
        conditions.append(plan.Call("isnotnull", (axis,), KqlType.BOOL))  # a bound leaves nulls out, too
    source = plan.Filter(source, plan.Call("and", tuple(conditions), KqlType.BOOL))
    args = (axis, node.step) if node.start is None else (axis, node.step, node.start)
    place = plan.Named(_BIN, plan.Call("bin" if node.start is None else "bin_at", args, axis.type))
    return plan.Summarize(source, (*node.keys, place), node.aggregates)


def _collected(emitter: Emitter, node: plan.MakeSeries, bins: Step) -> Step:
    """Per group: for each aggregate a map from place to JSON text; then start, number of places and step."""
    width = len(node.keys)
    at, values = bins.outputs[width], bins.outputs[width + 1 :]
    step = emitter.constant(node.step)
    start = sql.call("min", at.copy()) if node.start is None else emitter.constant(node.start)
    last = sql.call("max", at.copy())
    outputs: list[Expr] = [k.copy() for k in bins.outputs[:width]]
    for value, aggregate in zip(values, node.aggregates, strict=True):
        text = dynamics.element(value.copy(), aggregate.value.type)
        outputs.append(sql.call("map", sql.call("list", at.copy()), sql.call("list", text)))
    outputs.append(start.copy())
    if node.stop is None:
        outputs.append(sql.call("kw_places_to", start, last, step.copy()))
    else:
        outputs.append(sql.call("kw_places_before", start, emitter.constant(node.stop), step.copy()))
    outputs.append(step)
    grouped = exp.Select(
        expressions=[sql.alias(value, f"c{i}") for i, value in enumerate(outputs)], from_=exp.From(this=bins.source)
    )
    if width:
        grouped.set("group", exp.Group(expressions=[exp.Literal.number(i + 1) for i in range(width)]))
    elif not node.nonempty or node.start is None:
        grouped.set("having", exp.Having(this=sql.binary(exp.GT, exp.Count(this=exp.Star()), sql.number(0))))
    name = emitter.name("m")
    columns = tuple(sql.column(f"c{i}", name) for i in range(len(outputs)))
    return Step(sql.subquery(grouped, name), node.schema, columns)


def _axis(type_: KqlType, places: Expr, start: Expr, step: Expr) -> Expr:
    names = {KqlType.DATETIME: "kw_datetime_axis", KqlType.TIMESPAN: "kw_timespan_axis", KqlType.REAL: "kw_real_axis"}
    return sql.call(names.get(type_, "kw_long_axis"), places, start.copy(), step.copy())
