"""`mv-expand` and `mv-apply`: one row per element of dynamic arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering import conversions
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey, Step
from keywitness.kql import plan
from keywitness.model.schema import KqlType, Schema

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter

_Expanding: TypeAlias = plan.MvExpand | plan.MvApply


def mv_expand(emitter: Emitter, node: plan.MvExpand) -> Step:
    """Each row once per element, in step over several columns: null is one element, an empty array none."""
    step = emitter.emit(node.source)
    full = len(node.columns) == 1 and _is_split(step.output(node.columns[0]))
    step = _with_lists(emitter, step, node)
    width = len(node.source.schema)
    lists = list(step.outputs[width:])
    if node.limit is not None:
        most = sql.cast(emitter.constant(node.limit), "BIGINT")
        lists = [sql.call("list_slice", value, sql.number(1), most.copy()) for value in lists]
    unnested = [sql.call("unnest", value) for value in lists]
    if node.index is not None or step.order:
        unnested.append(sql.call("unnest", _places(lists)))
    flat = emitter.nested(replace(step, outputs=(*step.outputs[:width], *unnested)))
    elements, place = flat.outputs[width : width + len(lists)], flat.outputs[-1]
    outputs = _expanded_outputs(node, node.schema, flat.outputs, elements, place, full=full)
    order = (*flat.order, OrderKey(place)) if flat.order else ()
    return replace(flat, schema=node.schema, outputs=outputs, order=order)


def _with_lists(emitter: Emitter, step: Step, node: _Expanding) -> Step:
    """The step with the elements of each expanded column as a DuckDB list behind its outputs."""
    replaced = isinstance(node, plan.MvExpand)
    if not replaced and not step.is_plain():
        step = emitter.nested(step)
    own, lists = list(step.outputs), []
    names = list(step.schema.names())
    for name, type_ in zip(node.columns, node.item_types, strict=True):
        place = names.index(name)
        lists.append(_list(own[place].copy(), node, type_))
        if replaced:  # the elements take the array's place
            own[place] = sql.null()
    return emitter.nested(replace(step, outputs=(*own, *lists)))


def _list(array: Expr, node: _Expanding, type_: KqlType) -> Expr:
    """The elements of an array or bag, as JSON or as texts."""
    if not _as_texts(node, type_):
        if isinstance(array, exp.Anonymous) and array.this == "kw_list_json":  # pack_array(): as it was before
            elements: Expr = array.expressions[0]
            return elements.copy()
        return sql.call("kw_expanded_pairs" if _as_pairs(node) else "kw_expanded", array)
    if _is_split(array):  # without the array in between
        return sql.call("string_split", *(argument.copy() for argument in array.expressions))
    return sql.call("kw_expanded_texts", array)


def _item(element: Expr, node: _Expanding, type_: KqlType, *, full: bool) -> Expr:
    """One element of such a list as a value; in a `full` list none is missing."""
    if _as_texts(node, type_):
        return element if full else sql.call("coalesce", element, sql.text(""))
    return conversions.item(sql.call("kw_value", element), type_)


def _is_split(array: Expr) -> bool:
    return isinstance(array, exp.Anonymous) and array.this == "kw_split"


def _as_pairs(node: _Expanding) -> bool:
    return isinstance(node, plan.MvExpand) and node.bag_kind == "array"


def _as_texts(node: _Expanding, type_: KqlType) -> bool:
    return type_ is KqlType.STRING and not _as_pairs(node)


def _places(lists: Sequence[Expr], limit: Expr | None = None) -> Expr:
    """The places 1.. of the longest list."""
    longest = sql.call("greatest", *(sql.call("len", value.copy()) for value in lists))
    if limit is not None:
        longest = sql.call("least", longest, limit)
    return sql.call("range", sql.number(1), sql.binary(exp.Add, sql.cast(longest, "BIGINT"), sql.number(1)))


def _expanded_outputs(
    node: _Expanding,
    schema: Schema,
    values: Sequence[Expr],
    elements: Sequence[Expr],
    place: Expr,
    *,
    full: bool = False,
) -> tuple[Expr, ...]:
    """The columns of a schema: elements, the place among them, and those of the source (`values`)."""
    own = {column.name: value for column, value in zip(node.source.schema, values, strict=False)}
    items = {
        name: (element, type_) for name, element, type_ in zip(node.columns, elements, node.item_types, strict=True)
    }
    outputs: list[Expr] = []
    for column in schema:
        if node.index is not None and column.name == node.index:
            outputs.append(sql.binary(exp.Sub, place.copy(), sql.number(1)))
        elif column.name in items:
            element, type_ = items[column.name]
            outputs.append(_item(element.copy(), node, type_, full=full))
        else:
            outputs.append(own[column.name].copy())
    return tuple(outputs)


def mv_apply(emitter: Emitter, node: plan.MvApply) -> Step:
    """Per row: expand, run the body over the elements, keep the other columns beside each of its rows."""
    step = _with_lists(emitter, emitter.emit(node.source), node)
    lists = step.outputs[len(node.source.schema) :]
    limit = None if node.limit is None else sql.cast(emitter.constant(node.limit), "BIGINT")
    within = emitter.name("p")
    places = exp.Select(expressions=[sql.alias(sql.call("unnest", _places(lists, limit)), "i")])
    place = sql.column("i", within)
    elements = [sql.call("list_extract", value.copy(), place.copy()) for value in lists]
    inside = _expanded_outputs(node, node.body_source, step.outputs, elements, place)
    inner = Step(sql.subquery(places, within), node.body_source, inside, order=(OrderKey(place, unique=True),))
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
    inner_order = tuple(replace(key, value=sql.column(f"o{i}", name), unique=False) for i, key in enumerate(body.order))
    order = (*step.order, *inner_order) if step.order else ()
    join = exp.Join(this=lateral, kind="CROSS")
    return emitter.nested(replace(step, schema=node.schema, outputs=outputs, order=order, joins=(join,)))
