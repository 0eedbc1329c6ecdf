"""`partition`: a sub-query over the rows of each key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey, Step
from keywitness.kql import plan
from keywitness.model.schema import Column, KqlType, Schema

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter


def partition(emitter: Emitter, node: plan.Partition) -> Step:
    """The keys, each beside the rows of the body over what belongs to it."""
    if emitter.outer:
        raise cannot("partition inside of mv-apply or of another partition")
    place = next(i for i, c in enumerate(node.source.schema) if c.name == node.key)
    inner = emitter.serialized(emitter.emit(node.source))
    rows = table(emitter, inner)
    keys = emitter.name("k")
    distinct = exp.Select(
        expressions=[sql.alias(sql.column(f"c{place}", rows), "k")], from_=exp.From(this=_named(rows))
    )
    distinct.set("distinct", exp.Distinct())
    own, key = emitter.name("w"), sql.column("k", keys)
    outputs = tuple(sql.column(f"c{i}", own) for i in range(len(inner.outputs)))
    belongs = exp.NullSafeEQ(this=outputs[place].copy(), expression=key.copy())
    leaf = Step(
        _named(rows, own),
        node.source.schema,
        outputs,
        where=(belongs,),
        order=(OrderKey(sql.column("o0", own)),),
        defined=True,
    )
    emitter.outer.append(emitter.nested(leaf))
    body = emitter.emit(node.body)
    emitter.outer.pop()
    name = emitter.name("b")
    lateral = exp.Lateral(
        this=exp.Subquery(this=body.select(with_order=True)),
        alias=exp.TableAlias(this=exp.Identifier(this=name, quoted=False)),
    )
    order = tuple(replace(k, value=sql.column(f"o{i}", name)) for i, k in enumerate(body.order))
    return emitter.nested(
        Step(
            sql.subquery(distinct, keys),
            node.schema,
            tuple(sql.column(f"c{i}", name) for i in range(len(body.outputs))),
            order=(hashed(emitter, node.source.schema[place].type, key), *order),
            joins=(exp.Join(this=lateral, kind="CROSS"),),
        )
    )


def hashed(emitter: Emitter, type_: KqlType, key: Expr) -> OrderKey:
    """Where the rows of a key stand in the result: by Kusto's hash() of the key's text.

    Kusto promises no order of partitions. This one is the same each time, and looks like none.
    """
    step = Step(None, Schema([Column("k", type_)]), (key.copy(),))
    text = plan.Call("tostring", (plan.ColumnRef("k", type_),), KqlType.STRING)
    return OrderKey(emitter.lower(plan.Call("hash", (text,), KqlType.LONG), step))


def table(emitter: Emitter, step: Step) -> str:
    """The rows of a step as a table computed once, with its columns c0.. and its order keys o0..: the table's name."""
    name = emitter.name("s_")
    alias = exp.TableAlias(this=exp.Identifier(this=name, quoted=False))
    emitter.ctes.append(exp.CTE(this=step.select(with_order=True), alias=alias, materialized=True))
    return name


def _named(table: str, alias: str | None = None) -> Expr:
    shown = exp.TableAlias(this=exp.Identifier(this=alias, quoted=False)) if alias else None
    return exp.Table(this=exp.Identifier(this=table, quoted=False), alias=shown)
