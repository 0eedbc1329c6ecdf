"""`mv-expand` and `mv-apply`: one row per element of dynamic arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering import conversions
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey, Step
from keywitness.kql import plan
from keywitness.model.schema import KqlType, Schema

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter


def mv_expand(emitter: Emitter, node: plan.MvExpand) -> Step:
    """Each row once per element, in step over several columns: null is one element, an empty array none."""
    step = _with_lists(emitter, emitter.emit(node.source), node.columns, node.bag_kind)
    step, place = _unnested(emitter, step, len(node.columns), node.limit)
    outputs = _expanded_outputs(step, node.source.schema, node.schema, node.columns, node.item_types, node.index, place)
    order = (*step.order, OrderKey(place)) if step.order else ()
    return replace(step, schema=node.schema, outputs=outputs, order=order)


def _with_lists(emitter: Emitter, step: Step, columns: Sequence[str], bag_kind: str) -> Step:
    """The step with the elements of each expanded column as a DuckDB list behind its outputs."""
    if not step.is_plain():
        step = emitter.nested(step)
    function = "kw_expanded_pairs" if bag_kind == "array" else "kw_expanded"
    lists = tuple(sql.call(function, step.output(name)) for name in columns)
    wide = replace(step, outputs=(*step.outputs, *lists))
    return emitter.nested(wide)


def _unnested(emitter: Emitter, step: Step, count: int, limit: plan.Scalar | None) -> tuple[Step, Expr]:
    """The step joined with the places 1.. of its longest list."""
    lengths = [sql.call("len", value.copy()) for value in step.outputs[-count:]]
    longest = sql.call("greatest", *lengths)
    if limit is not None:
        longest = sql.call("least", longest, sql.cast(emitter.constant(limit), "BIGINT"))
    name = emitter.name("p")
    places = exp.Select(
        expressions=[sql.alias(sql.call("unnest", sql.call("range", sql.number(1), _next(longest))), "i")]
    )
    lateral = exp.Lateral(
        this=exp.Subquery(this=places), alias=exp.TableAlias(this=exp.Identifier(this=name, quoted=False))
    )
    return replace(step, joins=(exp.Join(this=lateral, kind="CROSS"),)), sql.column("i", name)


def _next(value: Expr) -> Expr:
    return sql.binary(exp.Add, sql.cast(value, "BIGINT"), sql.number(1))


def _expanded_outputs(
    step: Step,
    before: Schema,
    after: Schema,
    columns: Sequence[str],
    item_types: Sequence[KqlType],
    index: str | None,
    place: Expr,
) -> tuple[Expr, ...]:
    lists = dict(zip(columns, step.outputs[len(before) :], strict=True))
    types = dict(zip(columns, item_types, strict=True))
    own = {column.name: value for column, value in zip(before, step.outputs, strict=False)}
    outputs: list[Expr] = []
    for column in after:
        if index is not None and column.name == index:
            outputs.append(sql.binary(exp.Sub, place.copy(), sql.number(1)))
        elif column.name in lists:
            element = sql.call("kw_value", sql.call("list_extract", lists[column.name].copy(), place.copy()))
            outputs.append(conversions.item(element, types[column.name]))
        else:
            outputs.append(own[column.name].copy())
    return tuple(outputs)


def mv_apply(emitter: Emitter, node: plan.MvApply) -> Step:
    """Per row: expand, run the body over the elements, keep the other columns beside each of its rows."""
    step = _with_lists(emitter, emitter.emit(node.source), node.columns, "bag")
    places, place = _unnested(emitter, step, len(node.columns), node.limit)
    inside = _expanded_outputs(
        step, node.source.schema, node.body_source, node.columns, node.item_types, node.index, place
    )
    lateral_source = places.joins[0].this
    inner = Step(_as_source(lateral_source), node.body_source, inside, order=(OrderKey(place),))
    emitter.outer.append(emitter.nested(inner))
    body = emitter.emit(node.body)
    emitter.outer.pop()
    name = emitter.name("a")
    lateral = exp.Lateral(
        this=exp.Subquery(this=body.select(with_order=True)),
        alias=exp.TableAlias(this=exp.Identifier(this=name, quoted=False)),
    )
    own = {column.name: value for column, value in zip(node.source.schema, step.outputs, strict=False)}
    produced = {column.name: sql.column(f"c{i}", name) for i, column in enumerate(body.schema)}
    outputs = tuple((produced.get(c.name) or own[c.name]).copy() for c in node.schema)
    return emitter.nested(
        replace(step, schema=node.schema, outputs=outputs, joins=(exp.Join(this=lateral, kind="CROSS"),))
    )


def _as_source(lateral: exp.Lateral) -> Expr:
    """The subquery of places as an ordinary FROM item inside the outer lateral."""
    return exp.Subquery(this=lateral.this.this, alias=lateral.args["alias"])
