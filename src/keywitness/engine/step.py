"""One SELECT in the making: what an emitted plan node is until it has to become a subquery."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.documents import is_document
from keywitness.engine.sql import Expr
from keywitness.model.schema import Schema

Node = TypeVar("Node", bound=exp.Expr)


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of the row order, over the step's FROM.

    Args:
        value: The expression.
        descending: Largest first.
        nulls_first: Nulls before all values.
        unique: No two rows have the same value, so that it is the whole order.
    """

    value: Expr
    descending: bool = False
    nulls_first: bool = True
    unique: bool = False

    def ordered(self) -> exp.Ordered:
        """The ORDER BY item. DuckDB refuses a bare constant there, which a column may well be."""
        value = self.value.copy()
        if isinstance(value, exp.Literal | exp.Boolean):
            value = sql.call("coalesce", value)
        return exp.Ordered(this=value, desc=self.descending, nulls_first=self.nulls_first)


@dataclass(frozen=True, slots=True)
class Step:
    """FROM, WHERE, the output expressions over it, and the row order.

    Output `i` belongs to column `i` of the schema and is called `c<i>` outside, so that Kusto's names (which compare
    with case and may hold anything) never reach SQL.

    Args:
        source: The FROM item; None for one row without columns.
        schema: The KQL columns.
        outputs: One expression per column of the schema.
        where: Conjuncts over the source.
        order: The row order; empty when the rows have none.
        defined: True when the query itself asked for the order; otherwise it only makes answers repeatable.
    """

    source: Expr | None
    schema: Schema
    outputs: tuple[Expr, ...]
    where: tuple[Expr, ...] = ()
    order: tuple[OrderKey, ...] = ()
    defined: bool = False
    joins: tuple[exp.Join, ...] = field(default=())

    def output(self, name: str) -> Expr:
        """The expression of a column, as a copy that the caller may place."""
        for column, value in zip(self.schema, self.outputs, strict=True):
            if column.name == name:
                return value.copy()
        raise KeyError(name)

    def select(self, *, with_order: bool = False, ordered: bool = False, limit: Expr | None = None) -> exp.Select:
        """The SELECT: columns c0.., the order keys as o0.. when asked, ORDER BY and LIMIT when asked."""
        expressions = [sql.alias(_placed(value), f"c{i}") for i, value in enumerate(self.outputs)]
        if with_order:
            expressions += [sql.alias(key.value.copy(), f"o{i}") for i, key in enumerate(self.order)]
        if not expressions:
            expressions = [sql.alias(sql.null(), "c_none")]
        query = exp.Select(expressions=expressions)
        if self.source is not None:
            query.set("from_", exp.From(this=_placed(self.source)))
        if self.joins:
            query.set("joins", [_placed(join) for join in self.joins])
        if self.where:
            query.set("where", exp.Where(this=sql.all_of([_placed(part) for part in self.where])))
        if ordered and self.order:
            query.set("order", exp.Order(expressions=[key.ordered() for key in self.order]))
        if limit is not None:
            query.set("limit", exp.Limit(expression=limit))
        return query

    def nested(self, name: str, *, ordered: bool = False, limit: Expr | None = None) -> Step:
        """The same rows behind a subquery, so that every output is a plain column."""
        inner = sql.subquery(self.select(with_order=True, ordered=ordered, limit=limit), name)
        return Step(
            inner,
            self.schema,
            tuple(sql.column(f"c{i}", name) for i in range(len(self.outputs))),
            order=tuple(replace(key, value=sql.column(f"o{i}", name)) for i, key in enumerate(self.order)),
            defined=self.defined,
        )

    def is_numbered(self) -> bool:
        """True when the order is one number, different for every row."""
        return len(self.order) == 1 and self.order[0].unique

    def is_plain(self) -> bool:
        """True when every output may be repeated freely."""
        return all(sql.is_plain(value) or is_document(value) for value in self.outputs)


def _placed(node: Node) -> Node:
    """The node itself where it stands in no tree yet: copying a source at every level would take quadratic time."""
    return node if node.parent is None else node.copy()
