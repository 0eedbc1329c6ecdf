"""`join` and `lookup`: two tables by equal keys, with Kusto's kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs
from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering.predicates import nullable
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.engine.step import Step
from keywitness.kql import plan
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter

_SIDES = {"inner": "", "innerunique": "", "leftouter": "LEFT", "rightouter": "RIGHT", "fullouter": "FULL"}
_HALVES = {
    "leftanti": ("left", True),
    "leftsemi": ("left", False),
    "rightanti": ("right", True),
    "rightsemi": ("right", False),
}


def join(emitter: Emitter, node: plan.Join) -> Step:
    """The rows of a join. Null keys match each other, where those of SQL match nothing."""
    left, left_keys = _side(emitter, node.left, node.left_keys)
    right, right_keys = _side(emitter, node.right, node.right_keys)
    if node.kind in _HALVES:
        return _half(node, left, left_keys, right, right_keys)
    if node.kind not in _SIDES:
        raise cannot(f"join kind={node.kind}")
    if node.kind == "innerunique":
        left, left_keys = _unique(emitter, left, left_keys)
    on = _on(node, left_keys, right_keys)
    outer = _SIDES[node.kind]
    outputs = tuple(_output(node, c, left, right) for c in node.columns)
    joined = exp.Join(this=right.source, on=on, side=outer or None, kind=None if outer else "INNER")
    return emitter.nested(replace(left, schema=node.schema, outputs=outputs, order=(), joins=(joined,)))


def pushed(node: plan.Filter) -> plan.Filter | plan.Join:
    """A filter over an innerunique join, with what only asks of the left side moved below it.

    Kusto does so before it picks one row per key, and says that the answer depends on it
    (https://learn.microsoft.com/kusto/query/join-innerunique).
    """
    join = node.source
    if not isinstance(join, plan.Join) or join.kind != "innerunique":
        return node
    left = {c.name: plan.ColumnRef(c.source_name, c.type) for c in join.columns if c.side == "left"}
    below, above = [], []
    for condition in _conjuncts(node.predicate):
        names = _columns_of(condition)
        if names is not None and names and names <= left.keys():
            below.append(_renamed(condition, left))
        else:
            above.append(condition)
    if not below:
        return node
    moved = structs.replace(join, left=plan.Filter(join.left, _all(below)))
    return plan.Filter(moved, _all(above)) if above else moved


def _conjuncts(predicate: plan.Scalar) -> list[plan.Scalar]:
    if isinstance(predicate, plan.Call) and predicate.function == "and":
        return [part for arg in predicate.args for part in _conjuncts(arg)]
    return [predicate]


def _all(parts: list[plan.Scalar]) -> plan.Scalar:
    return parts[0] if len(parts) == 1 else plan.Call("and", tuple(parts), KqlType.BOOL)


def _columns_of(scalar: plan.Scalar) -> set[str] | None:
    """The columns that a scalar looks at; None when it is no plain expression over them."""
    match scalar:
        case plan.Literal():
            return set()
        case plan.ColumnRef():
            return {scalar.name}
        case plan.Call():
            found = [_columns_of(arg) for arg in scalar.args]
            return None if None in found else {name for names in found for name in names or ()}
    return None


def _renamed(scalar: plan.Scalar, names: dict[str, plan.ColumnRef]) -> plan.Scalar:
    match scalar:
        case plan.ColumnRef():
            return names[scalar.name]
        case plan.Call():
            return structs.replace(scalar, args=tuple(_renamed(arg, names) for arg in scalar.args))
    return scalar


def _side(emitter: Emitter, source: plan.Plan, keys: tuple[plan.Scalar, ...]) -> tuple[Step, list[Expr]]:
    """A side behind a subquery of its own, its keys computed inside."""
    step = replace(emitter.emit(source), order=())
    if not step.is_plain():
        step = emitter.nested(step)
    lowered = [emitter.lower(key, step) for key in keys]
    step = replace(step, outputs=(*step.outputs, *lowered))
    nested = emitter.nested(step)
    width = len(step.schema)
    return replace(nested, outputs=nested.outputs[:width]), list(nested.outputs[width:])


def _on(node: plan.Join, left: list[Expr], right: list[Expr]) -> Expr:
    """Keys of one row are those of the other; null is a key like others, and so is what is no number."""
    both_nullable = [nullable(a) and nullable(b) for a, b in zip(node.left_keys, node.right_keys, strict=True)]
    equalities = [exp.NullSafeEQ if null_matches else exp.EQ for null_matches in both_nullable]
    pairs = zip(equalities, left, right, strict=True)
    return sql.all_of([sql.binary(equal, a.copy(), b.copy()) for equal, a, b in pairs])


def _unique(emitter: Emitter, left: Step, keys: list[Expr]) -> tuple[Step, list[Expr]]:
    """One row per key of the left side: the first that the source gives."""
    first = exp.Window(this=sql.call("row_number"), partition_by=[k.copy() for k in keys])
    wide = emitter.nested(replace(left, outputs=(*left.outputs, *keys, first)))
    width = len(left.outputs)
    chosen = sql.binary(exp.EQ, wide.outputs[-1].copy(), sql.number(1))
    unique = emitter.nested(replace(wide, outputs=wide.outputs[:-1], where=(chosen,)))
    return replace(unique, outputs=unique.outputs[:width]), list(unique.outputs[width:])


def _output(node: plan.Join, column: plan.JoinColumn, left: Step, right: Step) -> Expr:
    """A column of the result; the side without a row gives empty strings, which are never null."""
    side = left if column.side == "left" else right
    value = side.output(column.source_name)
    may_miss = node.kind == "fullouter" or node.kind == ("rightouter" if column.side == "left" else "leftouter")
    return sql.call("coalesce", value, sql.text("")) if may_miss and column.type is KqlType.STRING else value


def _half(node: plan.Join, left: Step, left_keys: list[Expr], right: Step, right_keys: list[Expr]) -> Step:
    """Semi and anti joins: the rows of one side that have, or have not, a partner.

    Not `EXISTS`: DuckDB compares each row with each where nulls may match in one.
    """
    name, negative = _HALVES[node.kind]
    kept, other = (left, right) if name == "left" else (right, left)
    half = exp.Join(this=other.source, on=_on(node, left_keys, right_keys), kind="ANTI" if negative else "SEMI")
    outputs = tuple(kept.output(c.source_name) for c in node.columns)
    return replace(kept, schema=node.schema, outputs=outputs, joins=(*kept.joins, half))
