"""Operators that choose, compute, name and order columns."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Sequence
from itertools import chain

from msgspec.structs import replace

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Rows, Scope, unknown_column
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.names import SORTS, Names, implied, sorted_name
from keywitness.kql.binder.parts import Part, columns_of, named_parts
from keywitness.kql.binder.types import DYNAMIC
from keywitness.kql.diagnostics import quoted
from keywitness.model.schema import Column, KqlType, Schema


def kept(column: Column) -> plan.Named:
    """The column as it is."""
    return plan.Named(column.name, plan.ColumnRef(column.name, column.type), column.hidden)


def bind_extend(context: Context, scope: Scope, rows: Rows, node: syntax.Extend | syntax.Serialize) -> Rows:
    """`extend`: new columns at the end, known names replaced in their place; all see the input only."""
    e = Expressions(context, scope, rows)
    e.beside = frozenset(n.name for item in node.columns if isinstance(item, syntax.Named) for n in item.names)
    columns = {c.name: kept(c) for c in rows.schema}
    numbered = Names(columns)
    new = Names()
    refusals = diagnostics.Refusals()
    for item in node.columns:
        with refusals:
            for part in several(e, item):
                name, value = _named_value(e, part, new, numbered)
                if not (isinstance(part, syntax.NameRef) and name in columns):
                    columns[name] = plan.Named(name, value)
    refusals.settle()
    return rows.over(plan.Project(rows.plan, tuple(columns.values())))


def _named_value(e: Expressions, item: syntax.Node, new: Names, numbered: Names) -> tuple[str, plan.Scalar]:
    """Name and value of one item of extend."""
    if isinstance(item, syntax.Named):
        _refuse_compound(e, item)
        name = item.names[0].name
        if name in new:
            raise diagnostics.already_named(item.names[0].span, name)
        return new.take(name), e.bind(item.value)
    value = e.bind(item)
    if isinstance(item, syntax.NameRef):
        if item.name in new:
            raise diagnostics.already_named(item.span, item.name)
        return new.take(item.name), value
    if isinstance(item, Part):
        return new.take(numbered.take(item.suggested)), value
    suggested = implied(item, columns=e.rows.schema if e.rows else None)
    if suggested is not None and isinstance(item, syntax.Call) and item.function.name in SORTS:
        return new.take(numbered.take(suggested)), value
    if suggested is None:
        return new.take(numbered.numbered()), value
    return suggested, value


def several(e: Expressions, item: syntax.Node, *, all_or_none: bool = False) -> Sequence[syntax.Node]:
    """The item itself, or one item per column where a function gives several.

    Args:
        e: The expressions of the operator.
        item: What stands in its list.
        all_or_none: Some values may not stay without a name while others have one.
    """
    call = item.value if isinstance(item, syntax.Named) else item
    if not isinstance(call, syntax.Call):
        return [item]
    if (values := columns_of(call)) and e.scope.find(call.function.name) is None:
        return list(named_parts(item, values, all_or_none=all_or_none))
    if call.function.name not in SORTS:
        return [item]
    arrays = [a for a in call.args if e.bind(a).type is DYNAMIC]
    if len(arrays) < 2:
        return [item]
    given = list(item.names) if isinstance(item, syntax.Named) else []
    parts: list[syntax.Node] = []
    for place, array in enumerate(arrays):
        part = Part(call.span, call.function, call.args, place, sorted_name(implied(array), place))
        parts.append(syntax.Named(call.span, (given[place],), part) if place < len(given) else part)
    return parts


def _refuse_compound(e: Expressions, item: syntax.Named) -> None:
    """Refuse `(a, b) = f(x)`, with what is wrong with f(x) itself first."""
    if item.compound:
        e.bind(item.value)
        help = "name each value: a = f(x)[0], b = f(x)[1]"
        raise diagnostics.bad_value(item.span, "the expression does not have several named values", help)


def bind_project(context: Context, scope: Scope, rows: Rows, node: syntax.Project) -> Rows:
    """`project`: exactly these columns. A hidden column named here becomes visible."""
    e = Expressions(context, scope, rows)
    return rows.over(plan.Project(rows.plan, named_list(e, node.columns)))


def named_list(e: Expressions, items: Sequence[syntax.Node]) -> tuple[plan.Named, ...]:
    """The items of project or of the keys of summarize, each with its name."""
    names = Names()

    def named(item: syntax.Node) -> list[plan.Named]:
        return [named_item(e, part, names) for part in several(e, item, all_or_none=True)]

    return tuple(chain.from_iterable(diagnostics.each(named, items)))


def named_item(e: Expressions, item: syntax.Node, names: Names) -> plan.Named:
    """One item and its name, given or implied."""
    if isinstance(item, syntax.Named):
        _refuse_compound(e, item)
        name = item.names[0].name
        if name in names:
            raise diagnostics.already_named(item.names[0].span, name)
        return plan.Named(names.give(name), e.bind(item.value))
    value = e.bind(item)
    suggested = item.suggested if isinstance(item, Part) else implied(item, columns=e.rows.schema if e.rows else None)
    if isinstance(item, syntax.NameRef):
        if names.is_given(item.name):
            raise diagnostics.already_named(item.span, item.name)
        if item.name not in names:
            return plan.Named(names.give(item.name), value)
    return plan.Named(names.numbered() if suggested is None else names.take(suggested), value)


# ---------------------------------------------------------------- by name and wildcard


def matches(pattern: str, name: str) -> bool:
    """True when the name fits a pattern in which only `*` is special."""
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))


def _chosen(context: Context, rows: Rows, items: Iterable[syntax.Node]) -> set[str]:
    """The columns that names and wildcards mean. A wildcard means visible columns only."""

    def meant(item: syntax.Node) -> set[str]:
        match item:
            case syntax.NameRef():
                return {_existing(context, rows, item).name}
            case syntax.WildcardName(pattern=pattern):
                return {c.name for c in rows.schema.visible() if matches(pattern, c.name)}
            case syntax.Star():
                return set(rows.schema.visible().names())
        raise diagnostics.column_expected(item.span)

    return set().union(*diagnostics.each(meant, items))


def _existing(context: Context, rows: Rows, node: syntax.NameRef) -> Column:
    column = rows.schema.find(node.name)
    if column is None:
        raise unknown_column(context, rows, node)
    return column


def bind_project_away(context: Context, scope: Scope, rows: Rows, node: syntax.ProjectAway) -> Rows:
    """`project-away`: all columns but these."""
    away = _chosen(context, rows, node.columns)
    return rows.over(plan.Project(rows.plan, tuple(kept(c) for c in rows.schema if c.name not in away)))


def bind_project_keep(context: Context, scope: Scope, rows: Rows, node: syntax.ProjectKeep) -> Rows:
    """`project-keep`: only these columns, in the order of the input; hidden ones stay."""
    keep = _chosen(context, rows, node.columns)
    return rows.over(plan.Project(rows.plan, tuple(kept(c) for c in rows.schema if c.hidden or c.name in keep)))


def bind_project_rename(context: Context, scope: Scope, rows: Rows, node: syntax.ProjectRename) -> Rows:
    """`project-rename new = old`: in place, all at once."""
    renamed: dict[str, str] = {}
    refusals = diagnostics.Refusals()
    for item in node.columns:
        with refusals:
            if not isinstance(item, syntax.Named) or not isinstance(item.value, syntax.NameRef):
                raise diagnostics.column_expected(item.span)
            name = item.names[0].name
            if rows.schema.find(name) is not None:
                raise diagnostics.already_named(item.names[0].span, name)
            renamed[_existing(context, rows, item.value).name] = name
    refusals.settle()
    names = Names()
    columns: list[plan.Named] = []
    for column in rows.schema:
        name = renamed.get(column.name, column.name)
        if name in names:
            raise diagnostics.already_named(node.span, name)
        hidden = column.hidden and column.name not in renamed
        columns.append(plan.Named(names.take(name), plan.ColumnRef(column.name, column.type), hidden))
    return rows.over(plan.Project(rows.plan, tuple(columns)))


def bind_project_reorder(context: Context, scope: Scope, rows: Rows, node: syntax.ProjectReorder) -> Rows:
    """`project-reorder`: these first, the others behind them as they were."""
    placed: list[Column] = []
    exact = {c.column.name for c in node.columns if isinstance(c.column, syntax.NameRef)}
    for item in node.columns:
        found = _reordered(context, rows, item, exact)
        if isinstance(item.column, syntax.NameRef) and found[0] in placed:
            raise diagnostics.already_named(item.column.span, item.column.name)
        placed += [c for c in found if c not in placed]
    rest = [c for c in rows.schema if c not in placed]
    return rows.over(plan.Project(rows.plan, tuple(kept(c) for c in (*placed, *rest))))


def _reordered(context: Context, rows: Rows, item: syntax.ReorderColumn, exact: set[str]) -> list[Column]:
    match item.column:
        case syntax.NameRef():
            return [_existing(context, rows, item.column)]
        case syntax.WildcardName(pattern=pattern):
            found = [c for c in rows.schema.visible() if matches(pattern, c.name) and c.name not in exact]
        case syntax.Star():
            found = [c for c in rows.schema.visible() if c.name not in exact]
        case _:
            raise diagnostics.column_expected(item.column.span)
    if not item.order:
        return found
    natural = item.order.startswith("granny")
    return sorted(
        found, key=lambda c: _natural(c.name) if natural else [c.name.upper()], reverse=item.order.endswith("desc")
    )


def _natural(name: str) -> list[str | int]:
    """A key in which `a20` comes before `a100`: text and numbers in turn."""
    return [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", name.upper())]


def bind_project_by_names(context: Context, scope: Scope, rows: Rows, node: syntax.ProjectByNames) -> Rows:
    """`project-by-names`: columns by constant names and patterns, in the order of the text.

    A name that no column has is left out, as its page says, with a note.
    """
    e = Expressions(context, scope, None)
    found: list[Column] = []
    for item in node.columns:
        for name in _texts(e, item):
            matching = [c for c in rows.schema if (c.name == name or (not c.hidden and matches(name, c.name)))]
            if not matching and "*" not in name:
                context.note(f"project-by-names: no column is called {quoted(name)}, it was left out")
            found += [c for c in matching if c not in found]
    return rows.over(plan.Project(rows.plan, tuple(replace(kept(c), hidden=False) for c in found)))


def _texts(e: Expressions, node: syntax.Node) -> list[str]:
    value = e.bind(node)
    if isinstance(value, plan.Literal) and value.type is KqlType.STRING:
        return [str(value.value)]
    if isinstance(value, plan.Literal) and value.type is DYNAMIC:
        listed = json.loads(value.value or "[]")
        if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
            return listed
    raise diagnostics.constant_expected(node.span, "a column name")


def bind_getschema(context: Context, scope: Scope, rows: Rows, node: syntax.GetSchema) -> Rows:
    """`getschema`: one row per visible column."""
    if node.kind:
        raise diagnostics.not_supported(node.span, f"getschema kind={node.kind}", "leave it out: one row per column")
    cells = tuple((c.name, i, _DOTNET[c.type], c.type.value) for i, c in enumerate(rows.schema.visible()))
    return Rows(plan.Constant(_SCHEMA_OF_SCHEMA, cells), ordered=True)


_DOTNET = {
    "bool": "System.SByte",
    "int": "System.Int32",
    "long": "System.Int64",
    "real": "System.Double",
    "decimal": "System.Data.SqlTypes.SqlDecimal",
    "string": "System.String",
    "datetime": "System.DateTime",
    "timespan": "System.TimeSpan",
    "guid": "System.Guid",
    "dynamic": "System.Object",
}
_SCHEMA_OF_SCHEMA = Schema(
    Column(name, type)
    for name, type in (
        ("ColumnName", KqlType.STRING),
        ("ColumnOrdinal", KqlType.LONG),
        ("DataType", KqlType.STRING),
        ("ColumnType", KqlType.STRING),
    )
)
