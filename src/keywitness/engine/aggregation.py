"""`summarize` and `distinct`: groups and their aggregates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.kernels.kernel import PREFIX
from keywitness.engine.lowering import aggregates
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey, Step
from keywitness.kql import plan
from keywitness.kql.rewrite.tree import volatile

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter

#: Aggregates that parts of a group can have, and the whole group from them.
_OF_PARTS = frozenset({"count", "countif", "min", "minif", "max", "maxif"})
#: Aggregates that hold no more of many rows than of one.
_SMALL = frozenset({"count", "countif", "sum", "sumif", "avg", "avgif", "min", "minif", "max", "maxif"})


def summarize(emitter: Emitter, node: plan.Summarize) -> Step:
    """One row per group, in the order of the keys so that an answer repeats."""
    step = emitter.emit(node.source)
    if not step.is_plain():
        step = emitter.nested(step)
    keys = [emitter.lower(key.value, step) for key in node.keys]
    values = [aggregates.lower_aggregate(emitter, a.value, step) for a in node.aggregates]
    if not node.keys and not node.aggregates:
        return Step(None, node.schema, ())
    name = emitter.name("g")
    outputs = tuple(sql.column(f"c{i}", name) for i in range(len(keys) + len(values)))
    step, late = _parted(step, node, dict(zip(keys, outputs, strict=False)))
    grouped = _grouped_twice(step, node, keys, values) or _grouped(step, keys, values)
    order = tuple(OrderKey(column) for column in outputs[: len(keys)])
    return Step(sql.subquery(grouped, name), node.schema, outputs, where=late, order=order)


def _parted(step: Step, node: plan.Summarize, keys: Mapping[Expr, Expr]) -> tuple[Step, tuple[Expr, ...]]:
    """The rows to group, and the conditions to ask of the groups instead: kernels over keys alone.

    A kernel leaves DuckDB for Python. Behind the grouping it is asked once per key; but only where a group that it
    drops has cost no more than a row each.
    """
    if not all(a.value.function in _SMALL for a in node.aggregates) or volatile(node.source):
        return step, ()
    plain: dict[Expr, Expr] = {k: column for k, column in keys.items() if isinstance(k, (exp.Var, exp.Column))}
    early: list[Expr] = []
    late: list[Expr] = []
    for part in (conjunct for condition in step.where for conjunct in _conjuncts(condition)):
        moved = (
            _over(part, plain) if any(str(n.this).startswith(PREFIX) for n in part.find_all(exp.Anonymous)) else None
        )
        (early if moved is None else late).append(moved or part)
    return (replace(step, where=tuple(early)), tuple(late)) if late else (step, ())


def _conjuncts(condition: Expr) -> Iterator[Expr]:
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        yield from _conjuncts(inner.this)
        yield from _conjuncts(inner.expression)
    else:
        yield condition


def _over(condition: Expr, columns: Mapping[Expr, Expr]) -> Expr | None:
    """The condition over the columns of the groups; None where it looks at anything else."""
    found = condition.copy().transform(lambda n: columns[n].copy() if n in columns else n)
    strange = (n for n in found.find_all(exp.Var, exp.Column, exp.Query) if n not in columns.values())
    return None if next(strange, None) else found


def _grouped(step: Step, keys: Sequence[Expr], values: Sequence[Expr]) -> exp.Select:
    query = replace(step, outputs=(*keys, *values), order=()).select()
    if keys:
        places = [exp.Literal.number(i + 1) for i in range(len(keys))]
        query.set("group", exp.Group(expressions=places))
    return query


def _grouped_twice(step: Step, node: plan.Summarize, keys: list[Expr], values: list[Expr]) -> exp.Select | None:
    """The groups from one part for each different value, where the different values of one expression are counted.

    DuckDB counts them beside the other aggregates by going over the rows twice and joining the two. None where that is
    all there is to do, or an aggregate cannot be had from parts.
    """
    counted = [value.this.expressions[0] for value in values if _counts_different(value)]
    aggregates = zip(node.aggregates, values, strict=True)
    others = {a.value.function for a, value in aggregates if not _counts_different(value)}
    if not (keys and counted and others and others <= _OF_PARTS) or any(v != counted[0] for v in counted):
        return None
    name = "p"  # seen nowhere but here
    parts: list[Expr] = []

    def of_parts(leaf: Expr) -> Expr:
        if _counts_different(leaf):
            return exp.Count(this=sql.column(f"c{len(keys)}", name))
        aggregate = leaf.this if isinstance(leaf, exp.Filter) else leaf
        extreme = str(aggregate.this) if isinstance(aggregate, exp.Anonymous) else ""
        if not isinstance(aggregate, exp.Count) and extreme not in ("min", "max"):
            return leaf  # what is around an aggregate stays around its whole
        parts.append(leaf)
        part = sql.column(f"c{len(keys) + len(parts)}", name)
        return sql.call(extreme, part) if extreme else sql.cast(sql.call("sum", part), "BIGINT")

    wholes = [value.copy().transform(of_parts) for value in values]
    inner = _grouped(step, [*keys, counted[0]], parts)
    outer = Step(sql.subquery(inner, name), node.schema, ())
    return _grouped(outer, [sql.column(f"c{i}", name) for i in range(len(keys))], wholes)


def _counts_different(value: Expr) -> bool:
    return isinstance(value, exp.Count) and isinstance(value.this, exp.Distinct)
