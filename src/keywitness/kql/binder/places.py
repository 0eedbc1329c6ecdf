"""Databases, clusters and workspaces by name: a case is one place, so each of them is the case itself.

What would read the rows of one table twice, because a query names it under two places, is refused: a case does not
know which row came from where.

Facts: database-function, cluster-function, alias-statement, restrict-statement (Microsoft's KQL reference);
workspace(), app(), adx(), resource(): Azure Monitor, cross-workspace and cross-resource queries.
"""

from __future__ import annotations

from keywitness.kql import syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Place, Scope, fits
from keywitness.kql.binder.types import STRING

#: Functions that name another place, which here is the case itself.
PLACES = frozenset({"adx", "app", "cluster", "database", "resource", "workspace"})


def find(context: Context, scope: Scope, node: syntax.Node) -> Place | None:
    """The place that an expression names, None for any other expression."""
    match node:
        case syntax.NameRef(name=name):
            entity = scope.find(name)
            return entity if isinstance(entity, Place) else None
        case syntax.Call(function=function) if function.name in PLACES:
            name = _argument(node)
            if function.name == "database":
                return Place(context.aliases.get(name, f'database("{name}")') if name else "")
            return Place(f'{function.name}("{name}")')
        case syntax.MethodCall(object=object, call=call) if call.function.name == "database":
            outer = find(context, scope, object)
            return Place(f'{outer.label}.database("{_argument(call)}")'.lstrip(".")) if outer is not None else None
    return None


def _argument(node: syntax.Call) -> str:
    """The name of a place: a constant string, or nothing for the place in scope."""
    match node.args:
        case ():
            return ""
        case (syntax.Literal(type=type, value=str(name)),) if type is STRING:
            return name
    raise diagnostics.constant_expected(node.span, f"the argument of {node.function.name}()")


def note(context: Context, label: str) -> None:
    """Say that a place is the case."""
    if label:
        context.note(f"{label} is answered from this case: it is one place, whatever its evidence came from")


def use(context: Context, span: syntax.Span, table: str, label: str) -> None:
    """Remember under which place a table of the case is named.

    Raises:
        RefusedError: If the query named it under another one.
    """
    note(context, label)
    known = context.places.setdefault(table, label)
    if known != label:
        raise diagnostics.two_places(span, table, [known, label])


# ---------------------------------------------------------------- statements


def bind_alias(context: Context, scope: Scope, node: syntax.Alias) -> None:
    """`alias database d = cluster("c").database("e")`."""
    place = find(context, scope, node.value)
    if place is None:
        help = 'alias database Name = cluster("c").database("d")'
        raise diagnostics.bad_value(node.value.span, "this is no database", help)
    context.aliases[node.name.name] = place.label


def bind_restrict(context: Context, scope: Scope, node: syntax.Restrict) -> None:
    """`restrict access to (...)`: what is not listed cannot be named from here on.

    A name alone is a `let` or a table; a pattern alone means the `let`s that fit; behind `database().` both mean
    tables and functions of the case.
    """
    kept: list[str] = []
    tables: list[str] = []
    for item in node.names:
        match item:
            case syntax.NameRef(name=name):
                if scope.find(name) is not None:
                    kept.append(name)
                else:
                    tables.append(name)
            case syntax.Star():
                kept.extend(scope)
            case syntax.WildcardName(pattern=pattern):
                kept.extend(name for name in scope if fits(name, pattern))
            case syntax.Member(object=object, name=name) if find(context, scope, object) is not None:
                tables.append(name.pattern if isinstance(name, syntax.WildcardName) else name.name)
            case _:
                raise diagnostics.bad_value(item.span, "this is no table", "list names, patterns or database().Name")
    scope.restrict(kept, tuple(tables))
