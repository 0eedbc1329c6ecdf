"""`search` and `find`: a predicate over many tables.

Facts: search-operator, find-operator (Microsoft's KQL reference). Tables that have none of the columns that the
predicate names are left out, unless it asks for a term in any column. A column that only some of the tables have is
null in the others, as in `union`. What `find` does not show goes into `pack_`: the rest of a row's own columns, as the
outputs on the page show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from keywitness.kql import plan, syntax
from keywitness.kql.binder import comparisons, diagnostics, everywhere, sources
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Rows, ScalarValue, Scope, null, unknown_column
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.joins import united
from keywitness.kql.binder.types import BOOL, DYNAMIC, STRING, convert
from keywitness.model.schema import KqlType

_Listed = Sequence[tuple[str, Rows]]
_PACK = "pack_"


def bind_search(context: Context, scope: Scope, rows: Rows | None, node: syntax.Search) -> Rows:
    """`search`: the rows of each table in which the predicate holds, with the table's name in front."""
    if rows is not None and node.sources:
        raise diagnostics.bad_value(node.span, "search takes rows from a pipe or from `in (...)`, not from both")
    if rows is not None:
        listed: _Listed = [(rows.origin or "search_arg0", rows)]
    else:
        listed = _tables(context, scope, node, node.sources, "search")
    tables = _filtered(context, scope, listed, node.predicate, _Terms(node.kind == "case_sensitive"))
    return Rows(united(tables, "$table"))


def bind_find(context: Context, scope: Scope, node: syntax.Find) -> Rows:
    """`find`: the rows of each table in which the predicate holds, in one schema of chosen columns."""
    if node.away:
        raise diagnostics.not_supported(node.away[0].span, "project-away inside find", "put it behind a pipe")
    listed = _tables(context, scope, node, node.sources, "find")
    tables = _filtered(context, scope, listed, node.predicate, _Terms(wildcards=False))
    if node.project == "project":
        projected = [(name, _projected(context, rows, tables, node.columns)) for name, rows in tables]
    else:
        shown = _smart_columns(tables, list(dict.fromkeys(n.name for n in _names(node.predicate))))
        rest = any(c.name not in shown for _, rows in tables for c in rows.schema.visible())
        projected = [(name, _smart(rows, shown, tables, rest=rest)) for name, rows in tables]
    return Rows(_pack_last(united(projected, _source_column(node))))


def _tables(
    context: Context, scope: Scope, node: syntax.Node, items: Sequence[syntax.Expression], stem: str
) -> _Listed:
    if items:
        return list(sources.listed(context, scope, items, stem))
    found = list(sources.matching(context, scope, "*", node.span))
    if not found:
        raise diagnostics.bad_value(node.span, f"there is no table to {stem} in")
    return found


# ---------------------------------------------------------------- the predicate


def _filtered(
    context: Context, scope: Scope, listed: _Listed, predicate: syntax.Expression, terms: _Terms
) -> list[tuple[str, Rows]]:
    """The tables that the predicate can ask, each with the rows in which it holds."""
    names = list(_names(predicate))
    columns = [n for n in names if any(rows.schema.find(n.name) for _, rows in listed)]
    for name in names:
        if name not in columns and scope.find(name.name) is None:
            raise _unknown(context, listed, name)
    everywhere = _asks_all(predicate) or not columns
    asked = [(n, rows) for n, rows in listed if everywhere or any(rows.schema.find(c.name) for c in columns)]
    found = []
    for table, rows in asked:
        inner = scope.inner()
        for column in columns:
            if rows.schema.find(column.name) is None:
                inner.define(column.name, ScalarValue(null(_type_elsewhere(column, asked))))
        holds = terms.bind(Expressions(context, inner, rows), predicate)
        found.append((table, rows.over(plan.Filter(rows.plan, holds))))
    return found


def _unknown(context: Context, listed: _Listed, name: syntax.NameRef) -> Exception:
    if len(listed) == 1:
        return unknown_column(context, listed[0][1], name)
    columns = dict.fromkeys(c.name for _, rows in listed for c in rows.schema.visible())
    return diagnostics.unknown_column(name.span, name.name, "", list(columns))


def _type_elsewhere(name: syntax.NameRef, listed: _Listed) -> KqlType:
    """The type of a column that some of the tables have."""
    types = {c.type: None for _, rows in listed for c in [rows.schema.find(name.name)] if c is not None}
    if len(types) > 1:
        raise diagnostics.several_types(name.span, name.name, list(types), "list tables of one type: in (T1, T2)")
    return next(iter(types))


def _names(node: syntax.Node) -> Iterator[syntax.NameRef]:
    """The names that stand for values: not those of functions and members, nor those of tables inside."""
    match node:
        case syntax.NameRef():
            yield node
        case syntax.Pipeline():
            return
        case syntax.Call(args=args):
            for argument in args:
                yield from _names(argument)
        case syntax.Member(object=object):
            yield from _names(object)
        case syntax.In(value=value, items=items):
            yield from _names(value)
            if len(items) > 1:
                for item in items:
                    yield from _names(item)
        case _:
            for field in node.__struct_fields__:
                value = getattr(node, field)
                for part in value if isinstance(value, tuple) and field != "span" else (value,):
                    if isinstance(part, syntax.Node):
                        yield from _names(part)


def _asks_all(node: syntax.Node) -> bool:
    """True when some part of the predicate looks at every column, or at none."""
    match node:
        case syntax.Literal(type=type):
            return type is STRING
        case syntax.Star():
            return True
        case syntax.Logical(operands=operands):
            return any(_asks_all(o) for o in operands)
        case syntax.Call(function=function, args=(inner,)) if function.name == "not":
            return _asks_all(inner)
        case syntax.Binary(left=syntax.Star()):
            return True
    return False


_TEXT_OPERATORS = ("has", "hasprefix", "hassuffix", "contains", "startswith", "endswith")
_SENSITIVE = {f"{n}{op}": f"{n}{op}_cs" for op in _TEXT_OPERATORS for n in ("", "!")} | {":": "has_cs"}
_INSENSITIVE = frozenset({"=~", "!~", "in~", "!in~", "has_any", "!has_any", "has_all", "!has_all"})


class _Terms:
    """How a predicate reads: a bare string is a term for all columns.

    Args:
        sensitive: `kind=case_sensitive`: every text operator looks at case.
        wildcards: A `*` in a term says where it may begin and end, as in search.
    """

    def __init__(self, sensitive: bool = False, *, wildcards: bool = True) -> None:
        self.sensitive = sensitive
        self.wildcards = wildcards

    def bind(self, e: Expressions, node: syntax.Node) -> plan.Scalar:
        """The predicate over one table.

        Raises:
            RefusedError: If a part of it does not fit the table.
        """
        match node:
            case syntax.Literal(type=type) if type is STRING:
                return self._term(e, node, syntax.Star(node.span))
            case syntax.Star():
                return plan.Literal(True, BOOL)
            case syntax.Logical(op=op, operands=operands):
                return plan.Call(op, tuple(self.bind(e, o) for o in operands), BOOL)
            case syntax.Call(function=function, args=(inner,)) if function.name == "not":
                return plan.Call("not", (self.bind(e, inner),), BOOL)
            case syntax.Binary(op=":", left=left, right=syntax.Literal(type=type) as right) if type is STRING:
                return self._term(e, right, left)
            case syntax.Binary(op=op) if self.sensitive and op in _SENSITIVE:
                return e.bind_bool(replace(node, op=_SENSITIVE[op]))
            case syntax.Binary(op=op) | syntax.In(op=op) if self.sensitive and op in _INSENSITIVE:
                help = "leave out kind=case_sensitive, or write an operator that looks at case"
                raise diagnostics.not_supported(node.span, f"'{op}' in a search that looks at case", help)
        return e.bind_bool(node)

    def _term(self, e: Expressions, node: syntax.Literal, column: syntax.Expression) -> plan.Scalar:
        """`"abc"` has the term, `"abc*"` a term that begins so, `"*abc*"` contains it."""
        text = str(node.value)
        if "*" in text and not self.wildcards:
            help = 'write * hasprefix "...", * contains "..." or * matches regex "..."'
            raise diagnostics.not_supported(node.span, "a `*` in a term of find", help)
        inner = text.strip("*")
        if not inner:
            return plan.Literal(True, BOOL)
        if "*" in inner:
            return self._asked(e, column, "matches regex", replace(node, value=self._regex(node, text)))
        opened, closed = text.endswith("*"), text.startswith("*")
        op = "contains" if opened and closed else "hasprefix" if opened else "hassuffix" if closed else "has"
        return self._asked(e, column, f"{op}_cs" if self.sensitive else op, replace(node, value=inner))

    def _regex(self, node: syntax.Literal, text: str) -> str:
        """`"bi*lg"` as the page words it; the page does not say how case is ignored in it."""
        if not self.sensitive:
            help = 'write search kind=case_sensitive, or * matches regex @"(?i)..."'
            raise diagnostics.not_supported(node.span, "a `*` inside a term that ignores case", help)
        return r"\b" + ".*".join(re.escape(part) for part in text.strip("*").split("*")) + r"\b"

    def _asked(self, e: Expressions, column: syntax.Expression, op: str, wanted: syntax.Literal) -> plan.Scalar:
        binary = syntax.Binary(wanted.span, op, column, wanted)
        if isinstance(column, syntax.Star):
            text = plan.Literal(str(wanted.value), STRING)
            if all(everywhere.counted(c, op, text, wanted.span) is None for c in e.visible()):
                return plan.Literal(False, BOOL)
        return comparisons.bind_binary(e, binary)


# ---------------------------------------------------------------- what find shows


def _source_column(node: syntax.Find) -> str:
    for option in node.options:
        if option.name in {"withsource", "with_source"}:
            value = option.value
            return value.name if isinstance(value, syntax.NameRef) else str(getattr(value, "value", ""))
    return "source_"


def _smart_columns(tables: _Listed, named: Sequence[str]) -> dict[str, None]:
    """Columns that all tables have, in the order of the first, then those that the predicate names."""
    schemas = [rows.schema for _, rows in tables]
    common = [c.name for c in schemas[0].visible() if all(s.find(c.name) for s in schemas)]
    return dict.fromkeys([*common, *(n for n in named if any(s.find(n) for s in schemas))])


def _smart(rows: Rows, shown: dict[str, None], tables: _Listed, *, rest: bool) -> Rows:
    """One table with the shown columns, null where it has none; its others in `pack_`."""
    named = []
    for name in shown:
        column = rows.schema.find(name)
        types = {c.type for _, other in tables for c in [other.schema.find(name)] if c is not None}
        if column is not None:
            named.append(plan.Named(name, plan.ColumnRef(name, column.type)))
        elif len(types) == 1:
            named.append(plan.Named(name, null(types.pop())))
    if rest:
        named.append(_pack(rows, shown))
    return rows.over(plan.Project(rows.plan, (*named, *_hidden(rows, {n.name for n in named}))))


def _pack_last(result: plan.Plan) -> plan.Plan:
    """The result with `pack_` behind columns that only later tables brought."""
    columns = sorted(result.schema, key=lambda c: c.name == _PACK)
    return plan.Project(result, tuple(kept(c) for c in columns))


def _projected(
    context: Context, rows: Rows, tables: _Listed, columns: Sequence[syntax.ColumnDecl | syntax.NameRef | syntax.Star]
) -> Rows:
    """One table with the columns that the text lists; those it lacks are null."""
    named: dict[str, plan.Named] = {}
    for written in columns:
        if isinstance(written, syntax.Star):
            others = {c.name.name if isinstance(c, syntax.ColumnDecl) else getattr(c, "name", "") for c in columns}
            column = _pack(rows, others)
        else:
            column = _listed_column(context, rows, tables, written)
        if column.name in named:
            raise diagnostics.already_named(written.span, column.name)
        named[column.name] = column
    return rows.over(plan.Project(rows.plan, (*named.values(), *_hidden(rows, named))))


def _listed_column(
    context: Context, rows: Rows, tables: _Listed, written: syntax.ColumnDecl | syntax.NameRef
) -> plan.Named:
    name = written.name if isinstance(written, syntax.ColumnDecl) else written
    if not any(other.schema.find(name.name) for _, other in tables):
        raise _unknown(context, tables, name)
    if isinstance(written, syntax.ColumnDecl) and written.type is not None:
        type = written.type
    else:
        type = _declared_type(name, tables)
    column = rows.schema.find(name.name)
    value = null(type) if column is None else convert(plan.ColumnRef(column.name, column.type), type)
    return plan.Named(name.name, value)


def _declared_type(name: syntax.NameRef, tables: _Listed) -> KqlType:
    types = {c.type: None for _, rows in tables for c in [rows.schema.find(name.name)] if c is not None}
    if len(types) > 1:
        raise diagnostics.several_types(name.span, name.name, list(types), f"say one: {name.name}:string")
    return next(iter(types))


def _pack(rows: Rows, shown: dict[str, None] | set[str]) -> plan.Named:
    pairs: list[plan.Scalar] = []
    for column in rows.schema.visible():
        if column.name not in shown:
            pairs += [plan.Literal(column.name, STRING), plan.ColumnRef(column.name, column.type)]
    return plan.Named(_PACK, plan.Call("bag_pack", tuple(pairs), DYNAMIC) if pairs else plan.Literal("{}", DYNAMIC))


def _hidden(rows: Rows, taken: Sequence[str] | set[str] | dict[str, plan.Named]) -> Iterator[plan.Named]:
    """The columns that can be named only, such as the row's place in the evidence."""
    return (kept(c) for c in rows.schema if c.hidden and c.name not in taken)
