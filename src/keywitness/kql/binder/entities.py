"""What stands behind a place, `macro-expand`, and `declare pattern`: tables by other names.

Facts: macro-expand-operator, pattern-statement, table-function (Microsoft's KQL reference).
"""

from __future__ import annotations

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics, joins, places, sources
from keywitness.kql.binder.context import (
    Context,
    Entity,
    EntityGroup,
    Pattern,
    Place,
    Rows,
    ScalarValue,
    Scope,
    Table,
    UserFunction,
)
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.types import STRING

_DATABASE = "$current_database"


def member(context: Context, scope: Scope, node: syntax.Member | syntax.MethodCall) -> Entity | None:
    """What stands behind the dot of a place; None where no place stands before it.

    Raises:
        RefusedError: If the case has nothing of that name, or the query named it under another place.
    """
    place = places.find(context, scope, node.object)
    if place is None:
        return None
    if (inner := places.find(context, scope, node)) is not None:
        return inner
    if isinstance(node, syntax.MethodCall):
        return _called(context, scope, place, node)
    name = node.name
    if isinstance(name, syntax.WildcardName):
        raise diagnostics.bad_value(name.span, "a pattern means several tables", "write it in union, find or search")
    if name.name == _DATABASE:
        return ScalarValue(plan.Literal(_database_name(node, place), STRING))
    return _table(context, scope, place, node, name)


def _called(context: Context, scope: Scope, place: Place, node: syntax.MethodCall) -> Entity:
    call = node.call
    if call.function.name == "table":
        return Table(sources.tabular_function(context, Scope(), call, place.label))
    function = context.find(_case_scope(scope), call.function.name)
    if not isinstance(function, UserFunction):
        raise diagnostics.unknown_tabular_function(
            call.function.span, call.function.name, context.catalog.function_names()
        )
    places.note(context, place.label)
    return context.call_user(context, scope, function, call, None, None)


def _table(context: Context, scope: Scope, place: Place, node: syntax.Node, name: syntax.NameRef) -> Entity:
    if isinstance(context.find(_case_scope(scope), name.name), UserFunction):
        return context.bind_entity(context, _case_scope(scope), syntax.NameRef(node.span, name.name))
    return Table(sources.case_table(context, name.span, name.name, scope, place.label))


def _case_scope(scope: Scope) -> Scope:
    """What a place shows: the tables and functions of the case, no `let`."""
    outside = Scope()
    outside.tables = scope.tables
    return outside


def _database_name(node: syntax.Member, place: Place) -> str:
    _, found, name = place.label.rpartition('database("')
    if not found:
        raise diagnostics.not_supported(node.span, _DATABASE, "the text does not name a database there")
    return name.removesuffix('")')


# ---------------------------------------------------------------- macro-expand


def bind_macro_expand(context: Context, scope: Scope, node: syntax.MacroExpand) -> Rows:
    """`macro-expand group as X (query)`: the query for each member of the group, all results together.

    Raises:
        RefusedError: If several members are places: each would be the whole case.
    """
    group = _group(scope, node)
    runs: list[tuple[str, Rows]] = []
    seen = 0
    for number, expression in enumerate(group.members):
        entity: Entity | None = places.find(context, scope, expression)
        seen += entity is not None
        if seen > 1:
            help = "a case holds the rows of all of them together: leave one member"
            raise diagnostics.not_supported(node.span, "an entity group of several places", help)
        entity = entity or Table(context.bind_table(context, scope, expression))
        runs.append((f"macro_expand_arg{number}", _run(context, scope, node, entity)))
    inner = any(o.name == "kind" and getattr(o.value, "name", "") == "inner" for o in node.options)
    if len(runs) == 1:
        return runs[0][1]
    return Rows(joins.united(runs, "", inner=inner))


def _group(scope: Scope, node: syntax.MacroExpand) -> EntityGroup:
    match node.group:
        case syntax.Call(function=function, args=args) if function.name == "entity_group":
            return EntityGroup(args)
        case syntax.NameRef(name=name) if isinstance(entity := scope.find(name), EntityGroup):
            return entity
    span = node.group.span if node.group is not None else node.span
    raise diagnostics.bad_value(span, "this is no entity group", "let Group = entity_group [database('d')];")


def _run(context: Context, scope: Scope, node: syntax.MacroExpand, entity: Entity) -> Rows:
    *before, last = node.statements or (None,)
    if not isinstance(last, syntax.ExpressionStatement):
        raise diagnostics.no_result(node.span)
    inner = scope.inner()
    if node.scope is not None:
        inner.define(node.scope.name, entity)
    body = syntax.Lambda(node.span, (), tuple(s for s in before if s is not None), last.value)
    call = syntax.Call(node.span, syntax.NameRef(node.span, "macro-expand"), ())
    result = context.call_user(context, scope, UserFunction(body, inner), call, None, None)
    if not isinstance(result, Table):
        raise diagnostics.table_expected(node.span, "the subquery")
    return result.rows


# ---------------------------------------------------------------- patterns


def pattern_call(context: Context, scope: Scope, node: syntax.Node) -> Entity | None:
    """`P("a").b`, `P("a").["b"]` or `P("a")` for a pattern P; None for any other expression.

    Raises:
        RefusedError: If the pattern has no case for the values.
    """
    call, path = _parts(node)
    pattern = scope.find(call.function.name) if call is not None else None
    if call is None or not isinstance(pattern, Pattern):
        return None
    e = Expressions(context, scope, None)
    values = [_constant(e, argument) for argument in call.args]
    for case in pattern.definition.cases:
        if [v.value for v in case.values] == values and (case.path.value if case.path else None) == path:
            return context.call_user(context, scope, UserFunction(case.body, pattern.scope), _bare(call), None, None)
    cases = [_shown(pattern.definition.name.name, case) for case in pattern.definition.cases]
    raise diagnostics.no_pattern_case(node.span, pattern.definition.name.name, cases)


def _parts(node: syntax.Node) -> tuple[syntax.Call | None, str | None]:
    match node:
        case syntax.Call():
            return node, None
        case syntax.Member(object=syntax.Call() as call, name=syntax.NameRef(name=name)):
            return call, name
        case syntax.Index(object=syntax.Call() as call, index=syntax.Literal(type=type, value=str(name))):
            return (call, name) if type is STRING else (None, None)
    return None, None


def _constant(e: Expressions, node: syntax.Node) -> object:
    value = e.bind(node)
    if not isinstance(value, plan.Literal) or value.type is not STRING:
        raise diagnostics.constant_expected(node.span, "a value of a pattern")
    return value.value


def _bare(call: syntax.Call) -> syntax.Call:
    return syntax.Call(call.span, call.function, ())


def _shown(name: str, case: syntax.PatternCase) -> str:
    values = ", ".join(f'"{v.value}"' for v in case.values)
    return f"{name}({values})" + (f'.["{case.path.value}"]' if case.path else "")
