"""`summarize` and `distinct`: groups and their aggregates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering import aggregates
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey, Step
from keywitness.kql import plan

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter


def summarize(emitter: Emitter, node: plan.Summarize) -> Step:
    """One row per group, in the order of the keys so that an answer repeats."""
    step = emitter.emit(node.source)
    if not step.is_plain():
        step = emitter.nested(step)
    keys = [emitter.lower(key.value, step) for key in node.keys]
    values = [aggregates.lower_aggregate(emitter, a.value, step) for a in node.aggregates]
    if not node.keys and not node.aggregates:
        return Step(None, node.schema, ())
    grouped = _grouped(step, keys, values)
    name = emitter.name("g")
    outputs = tuple(sql.column(f"c{i}", name) for i in range(len(keys) + len(values)))
    order = tuple(OrderKey(column) for column in outputs[: len(keys)])
    return Step(sql.subquery(grouped, name), node.schema, outputs, order=order)


def _grouped(step: Step, keys: list[Expr], values: list[Expr]) -> exp.Select:
    query = replace(step, outputs=(*keys, *values), order=()).select()
    if keys:
        places = [exp.Literal.number(i + 1) for i in range(len(keys))]
        query.set("group", exp.Group(expressions=places))
    return query
