"""`partition`: a sub-query over the rows of each key."""

from __future__ import annotations

from msgspec.structs import replace

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Rows, ScalarValue, Scope
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.types import BOOL, DYNAMIC, LONG, STRING
from keywitness.kql.rewrite.tree import movable, rebuilt
from keywitness.model.schema import Column, Schema

_OWN_SOURCE = "only the legacy strategy takes one: leave the hint out, or begin with an operator"
_NULL_KEY = "a key of partition is null: Kusto's pages do not say what becomes of those rows; filter them out first"
_STRATEGIES = ("native", "shuffle", "legacy")


def bind_partition(context: Context, scope: Scope, rows: Rows, node: syntax.Partition) -> Rows:
    """`partition by key (...)`; all strategies give the same rows, in no order.

    Raises:
        RefusedError: For a key that is no column, or a source in the body where the strategy takes none.
    """
    strategies = [strategy for option in node.options if (strategy := _strategy(option))]
    if node.body.source is not None and strategies not in ([], ["legacy"]):
        raise diagnostics.bad_value(node.body.span, "a source inside this partition", _OWN_SOURCE)
    for operator in node.body.operators:
        if isinstance(operator, (syntax.Fork, syntax.Facet, syntax.Render)):
            raise diagnostics.not_supported(operator.span, "this operator inside partition", "put it behind partition")
    key = _key(context, scope, rows, node.key)
    source = rows.plan
    if key.type is not STRING:
        there = plan.Call("isnotnull", (key,), BOOL)
        source = plan.Filter(source, plan.Call("assert", (there, plan.Literal(_NULL_KEY, STRING)), BOOL))
    leaf = Rows(plan.Outer(source.schema), rows.origin, ordered=rows.ordered, sorted=rows.sorted)
    inner = scope.inner()
    if node.body.source is None:
        body = context.bind_operators(context, inner, leaf, node.body.operators)
    else:
        inner.define(key.name, ScalarValue(_of_partition(leaf.plan, key)))
        body = context.bind_table(context, inner, node.body)
    return rows.unordered(_partitioned(source, key, body.plan, context.fresh("partition")), rows.origin)


def _of_partition(leaf: plan.Plan, key: plan.ColumnRef) -> plan.Scalar:
    """The key of the partition at hand, for a query over other rows."""
    one = plan.Take(leaf, plan.Literal(1, LONG))
    return plan.ToScalar(plan.Project(one, (plan.Named(key.name, key),)), key.type)


def _strategy(option: syntax.Option) -> str:
    """How Kusto is to work, empty for another hint; the rows are the same."""
    value = getattr(option.value, "name", getattr(option.value, "value", ""))
    if option.name != "hint.strategy":
        return ""
    if value not in _STRATEGIES:
        raise diagnostics.bad_value(option.span, f"'{value}' is no strategy of partition", ", ".join(_STRATEGIES))
    return str(value)


def _key(context: Context, scope: Scope, rows: Rows, node: syntax.Node) -> plan.ColumnRef:
    key = Expressions(context, scope, rows).bind(node)
    if not isinstance(key, plan.ColumnRef):
        raise diagnostics.column_expected(node.span)
    if key.type is DYNAMIC:
        raise diagnostics.dynamic_not_allowed(node.span, "as the key of partition")
    return key


# ---------------------------------------------------------------- the plan


def _partitioned(source: plan.Plan, key: plan.ColumnRef, body: plan.Plan, carried: str) -> plan.Plan:
    """The body once per key, except around `scan`: that one keeps the keys apart by itself.

    A scan repeats itself row by row, which no engine does inside of another loop.
    """
    chain = _chain(body)
    last = max((i for i, node in enumerate(chain) if isinstance(node, plan.ScanSteps)), default=-1)
    if last < 0 or not all(_carries(node) for node in chain[: last + 1]):
        return plan.Partition(source, key.name, body)
    scanned: plan.Plan = plan.Project(source, (*map(kept, source.schema), plan.Named(carried, key, hidden=True)))
    for node in chain[: last + 1]:
        scanned = _over(node, scanned, plan.ColumnRef(carried, key.type))
    rest: plan.Plan = plan.Outer(scanned.schema)
    for node in chain[last + 1 :]:
        rest = _onto(node, rest)
    apart = scanned if isinstance(rest, plan.Outer) else plan.Partition(scanned, carried, rest)
    return plan.Project(apart, tuple(map(kept, body.schema)))


def _chain(body: plan.Plan) -> list[plan.Plan]:
    """The operators over the leaf, the first one first; none where it is no chain."""
    chain: list[plan.Plan] = []
    while not isinstance(body, plan.Outer):
        chain.append(body)
        source = getattr(body, "source", None)
        if source is None:
            return []
        body = source
    return chain[::-1]


def _carries(node: plan.Plan) -> bool:
    """True for what treats each row by itself, or the rows of a key apart."""
    if isinstance(node, plan.Project):
        return all(movable(c.value) for c in node.columns)
    if isinstance(node, plan.Filter):
        return movable(node.predicate)
    return isinstance(node, (plan.Sort, plan.Serialize, plan.ScanSteps, plan.MvExpand))


def _over(node: plan.Plan, source: plan.Plan, carried: plan.ColumnRef) -> plan.Plan:
    """The operator over rows that carry the key as a hidden column."""
    if isinstance(node, plan.Project):
        return plan.Project(source, (*node.columns, plan.Named(carried.name, carried, hidden=True)))
    if isinstance(node, plan.ScanSteps):
        return replace(node, source=source, keys=(carried.name,))
    if isinstance(node, plan.MvExpand):
        index = [c for c in node.schema if c.name == node.index]
        others = [c for c in node.schema if c.name != node.index]
        schema = Schema([*others, Column(carried.name, carried.type, hidden=True), *index])
        return replace(node, source=source, schema=schema)
    return _onto(node, source)


def _onto(node: plan.Plan, source: plan.Plan) -> plan.Plan:
    if isinstance(node, (plan.MvApply, plan.Partition)):
        return replace(node, source=source)
    return rebuilt(node, lambda _: source)
