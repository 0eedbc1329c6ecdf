"""`search`: a term in any column of some tables."""

from __future__ import annotations

from collections.abc import Sequence

from keywitness.kql import plan, syntax
from keywitness.kql.binder import comparisons, diagnostics, sources
from keywitness.kql.binder.context import Context, Rows, Scope, unknown_column
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.joins import united
from keywitness.kql.binder.types import BOOL, STRING


def bind_search(context: Context, scope: Scope, rows: Rows | None, node: syntax.Search) -> Rows:
    """`search`: the rows of each table in which the predicate holds, with the table's name in front."""
    listed: list[tuple[str, Rows]] = []
    if rows is not None:
        listed.append((rows.origin or "search_arg0", rows))
    elif node.sources:
        for item in node.sources:
            if isinstance(item, syntax.WildcardName):
                listed.extend(sources.matching(context, scope, item.pattern))
            else:
                found = context.bind_table(context, scope, item)
                listed.append((found.origin or getattr(item, "name", ""), found))
    else:
        listed.extend(sources.matching(context, Scope(), "*"))
    if not listed:
        raise diagnostics.bad_value(node.span, "there is no table to search in")
    _refuse_unknown(context, [table for _, table in listed], node.predicate)
    kept = []
    for name, table in listed:
        predicate = _predicate(Expressions(context, scope, table), node.predicate, node.kind)
        kept.append((name, table.over(plan.Filter(table.plan, predicate))))
    return Rows(united(kept, "$table"))


def _refuse_unknown(context: Context, tables: Sequence[Rows], node: syntax.Node) -> None:
    """A column that none of the tables has is a mistake; that one of them does not have it is not."""
    match node:
        case syntax.Logical(operands=operands) | syntax.Call(args=operands):
            for operand in operands:
                _refuse_unknown(context, tables, operand)
        case syntax.Binary(op=":", left=syntax.NameRef(name=name) as left):
            if not any(table.schema.find(name) for table in tables):
                raise unknown_column(context, tables[0], left)


def _predicate(e: Expressions, node: syntax.Node, kind: str) -> plan.Scalar:
    """The predicate of one table: a bare string is a term for all columns."""
    match node:
        case syntax.Literal(type=type) if type is STRING:
            return _term(e, node, kind)
        case syntax.Star():
            return plan.Literal(True, BOOL)
        case syntax.Logical(op=op, operands=operands):
            return plan.Call(op, tuple(_predicate(e, o, kind) for o in operands), BOOL)
        case syntax.Call(function=function, args=(inner,)) if function.name == "not":
            return plan.Call("not", (_predicate(e, inner, kind),), BOOL)
        case syntax.Binary(op=":", left=syntax.NameRef() as left) if e.column(left.name) is None:
            return plan.Literal(False, BOOL)
    return e.bind_bool(node)


def _term(e: Expressions, node: syntax.Literal, kind: str) -> plan.Scalar:
    """`"abc"` has the term, `"abc*"` a term that begins so, `"*abc*"` contains it."""
    text = str(node.value)
    star = syntax.Star(node.span)
    if text.strip("*") == "":
        return plan.Literal(True, BOOL)
    opened, closed = text.endswith("*"), text.startswith("*")
    op = "contains" if opened and closed else "hasprefix" if opened else "hassuffix" if closed else "has"
    op += "_cs" if kind == "case_sensitive" else ""
    if "*" in text.strip("*"):
        raise diagnostics.not_supported(node.span, "a `*` inside a search term", "use matches regex on a column")
    wanted = syntax.Literal(node.span, STRING, text.strip("*"))
    try:
        return comparisons.bind_binary(e, syntax.Binary(node.span, op, star, wanted))
    except diagnostics.RefusedError:
        return plan.Literal(False, BOOL)
