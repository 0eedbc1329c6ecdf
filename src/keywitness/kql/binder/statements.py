"""A whole query: `let`, functions, pipelines, and the statement that gives the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from msgspec import structs

from keywitness.kql import functions, plan, syntax
from keywitness.kql.binder import (
    branches,
    calls,
    diagnostics,
    entities,
    graphs,
    operators,
    places,
    recovery,
    requests,
    sources,
)
from keywitness.kql.binder.context import (
    Context,
    Entity,
    EntityGroup,
    Graph,
    Pattern,
    Place,
    Rows,
    ScalarValue,
    Scope,
    Table,
    Unknown,
    UserFunction,
)
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.folding import reads_columns
from keywitness.kql.binder.types import DYNAMIC, comparable, convert
from keywitness.kql.catalog import Catalog, StoredFunction

_DEEPEST_CALL = 64
#: Operators one behind the other, tables of `let` included.
MOST_STEPS = 400
Probe: TypeAlias = Callable[[plan.Plan], Sequence[tuple[object, ...]]]


def bind(
    query: syntax.Query, catalog: Catalog, now_ticks: int, probe: Probe | None = None, *, allow_files: bool = False
) -> plan.Program:
    """Bind a query to a typed plan.

    Args:
        query: The syntax tree.
        catalog: The tables it may name.
        now_ticks: What `now()` returns.
        probe: Runs a plan and gives its rows, for plugins whose columns depend on the data.
        allow_files: `externaldata` may read files that are not evidence.

    Raises:
        RefusedError: With the names, types and constructs that have no exact meaning here, as far as each can be told
            from what follows of another.
    """
    context = Context(
        catalog, now_ticks, bind_entity, bind_table, bind_operators, call_user, probe, allow_files=allow_files
    )
    context.notes.extend(query.notes)
    scope = Scope()
    programs: list[plan.Program] = []
    refusals = diagnostics.Refusals()
    for statement in query.statements:
        context.render = None
        with refusals:
            for rows in _results(context, scope, statement, is_last=statement is query.statements[-1]):
                shown = requests.taken(context, _shown(rows.plan), statement.span)
                context.sketches.check(shown, statement.span)
                if not shown.schema:
                    raise diagnostics.no_columns(statement.span)
                clock, options = context.uses_now, dict(context.options)
                programs.append(
                    plan.Program(shown, (), context.render, rows.sorted, clock, name=rows.label, options=options)
                )
                context.render = None
    refusals.settle()
    if not programs:
        raise diagnostics.no_result(query.span)
    *others, last = programs
    if others:
        context.note(f"the query has {len(programs)} results: this is the last one, the others come before it")
    return structs.replace(last, notes=tuple(context.notes), others=tuple(others))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known where a text ends, however wrong it is.

    Args:
        rows: The rows of its last statement; None where there are none.
        unsure: Columns there whose type nobody knows.
        scope: What `let` defined.
    """

    rows: Rows | None
    unsure: frozenset[str]
    scope: Scope


def surroundings(query: syntax.Query, catalog: Catalog) -> Surroundings:
    """Bind a text for an editor: the names that may stand behind it."""
    context = Context(catalog, 0, bind_entity, bind_table, bind_operators, call_user)
    scope, rows, refusals = Scope(), None, diagnostics.Refusals()
    for statement in query.statements:
        with refusals:
            if isinstance(statement, syntax.ExpressionStatement):
                value = bind_value(context, scope, structs.replace(statement.value, operators=()))
                value, _ = _going_on(context, scope, value, statement.value.operators)
                rows = value if isinstance(value, Rows) else None
            else:
                _statement(context, scope, statement)
    return Surroundings(rows, context.unsure, scope)


def _results(context: Context, scope: Scope, statement: syntax.Statement, *, is_last: bool) -> Iterator[Rows]:
    """The tables of one statement: none of a `let`, several of `fork` and `facet`.

    `graph-to-table nodes as N, edges as E; N; E` gives two, as its page shows: both by name, or by itself as the last.
    """
    if isinstance(statement, syntax.ExpressionStatement) and statement.value.operators:
        *most, last = statement.value.operators
        source = structs.replace(statement.value, operators=tuple(most))
        if isinstance(last, syntax.GraphToTable):
            graph = graphs.expected(bind_value(context, scope, source), last.span, "graph-to-table")
            exports = list(graphs.exports(scope, graph, last))
            yield from exports if is_last or len(exports) == 1 else ()
            return
        binder = branches.binder(last)
        if binder is not None:
            yield from binder(context, scope, bind_table(context, scope, source), last)
            return
    rows = _statement(context, scope, statement)
    if rows is not None:
        yield rows


def _shown(result: plan.Plan) -> plan.Plan:
    """The result without hidden columns."""
    if all(not c.hidden for c in result.schema):
        return result
    return plan.Project(
        result, tuple(plan.Named(c.name, plan.ColumnRef(c.name, c.type)) for c in result.schema.visible())
    )


def _statement(context: Context, scope: Scope, statement: syntax.Statement) -> Rows | None:
    match statement:
        case syntax.Let(name=name, value=value):
            if scope.declared(name.name):
                raise diagnostics.already_declared(name.span, name.name)
            _define(scope, name.name, lambda: bind_entity(context, scope, value))
        case syntax.ExpressionStatement(value=value):
            return bind_table(context, scope, value)
        case syntax.QueryParameters(parameters=parameters):
            diagnostics.each(lambda parameter: _query_parameter(context, scope, parameter), parameters)
        case syntax.SetOption():
            requests.bind_set(context, scope, statement)
        case syntax.DeclarePattern(name=name):
            scope.define(name.name, Pattern(statement, scope.inner()))
        case syntax.Alias():
            places.bind_alias(context, scope, statement)
        case syntax.Restrict():
            places.bind_restrict(context, scope, statement)
    return None


def _query_parameter(context: Context, scope: Scope, parameter: syntax.Parameter) -> None:
    default = parameter.default
    if default is None:
        scope.define(parameter.name.name, Unknown())
        raise diagnostics.no_value(parameter.span, parameter.name.name)

    def value() -> ScalarValue:
        bound = Expressions(context, scope, None).bind(default)
        return ScalarValue(convert(bound, parameter.type or bound.type))

    _define(scope, parameter.name.name, value)


def _define(scope: Scope, name: str, bound: Callable[[], Entity]) -> None:
    """Set a name to its value, which sees what the name meant outside; later uses of one that is refused are silent."""
    try:
        entity = bound()
    except diagnostics.RefusedError:
        scope.define(name, Unknown())
        raise
    scope.define(name, entity)


# ---------------------------------------------------------------- what an expression stands for


def bind_entity(context: Context, scope: Scope, node: syntax.Node) -> Entity:
    """A scalar, a table or a function, whichever the expression turns out to be."""
    match node:
        case syntax.Broken():
            raise diagnostics.RefusedError
        case syntax.Lambda():
            return UserFunction(node, scope.inner())
        case syntax.Pipeline(source=source, operators=()) if source is not None:
            return bind_entity(context, scope, source)
        case syntax.Pipeline():
            piped = bind_value(context, scope, node)
            return piped if isinstance(piped, Graph) else Table(piped)
        case syntax.NameRef(name=name):
            return _named(context, scope, node, name)
        case syntax.Call(function=function) if function.name == "entity_group":
            return EntityGroup(node.args)
        case syntax.Call(function=function):
            entity = context.find(scope, function.name)
            if isinstance(entity, UserFunction):
                return call_user(context, scope, entity, node, None, None)
            if function.name in calls.TABULAR:
                return Table(sources.tabular_function(context, scope, node))
        case syntax.MethodCall() | syntax.Member():
            behind = entities.member(context, scope, node)
            if behind is not None:
                return behind
    if (found := places.find(context, scope, node)) is not None:
        return found
    if (named := entities.pattern_call(context, scope, node)) is not None:
        return named
    if type(node) in sources.BINDERS or isinstance(node, operators.SOURCE_OPERATORS):
        return Table(bind_table(context, scope, node))
    value = Expressions(context, scope, None).bind(node)
    return ScalarValue(value, reads_columns(value))


def _named(context: Context, scope: Scope, node: syntax.NameRef, name: str) -> Entity:
    entity = context.find(scope, name)
    if isinstance(entity, UserFunction) and all(p.default is not None for p in entity.definition.parameters):
        return call_user(context, scope, entity, syntax.Call(node.span, node, ()), None, None)
    if name == "_GetWatchlistAlias" and entity is None:
        return Table(sources.tabular_function(context, scope, syntax.Call(node.span, node, ())))
    if entity is not None:
        return entity
    return Table(sources.case_table(context, node.span, name, scope))


def bind_table(context: Context, scope: Scope, node: syntax.Node) -> Rows:
    """An expression that must be a table.

    Raises:
        RefusedError: If it is a scalar or a graph, or anything in it is refused.
    """
    return _rows(bind_value(context, scope, node), node)


def bind_value(context: Context, scope: Scope, node: syntax.Node) -> Rows | Graph:
    """An expression that must be a table or a graph."""
    if isinstance(node, syntax.Pipeline) and node.source is not None:
        return _piped(context, scope, bind_value(context, scope, node.source), node.operators)
    binder = sources.BINDERS.get(type(node))
    if binder is not None:
        return binder(context, scope, node)
    if isinstance(node, operators.SOURCE_OPERATORS):
        return operators.bind_source(context, scope, node)
    _refuse_unknown_call(context, scope, node)
    entity = bind_entity(context, scope, node)
    if isinstance(entity, Graph):
        return entity
    if not isinstance(entity, Table):
        what = f"'{node.name}'" if isinstance(node, syntax.NameRef) else "this"
        if isinstance(entity, Place):
            what = "a place without a table behind it"
        raise diagnostics.table_expected(node.span, what)
    if isinstance(node, syntax.NameRef) and _is_source(context.find(scope, node.name)):
        return replace(entity.rows, label=node.name)
    return entity.rows


def _is_source(entity: Entity | None) -> bool:
    """Does `union withsource` call it by its name? A table, a view or a function that is kept; no other `let`."""
    return entity is None or (
        isinstance(entity, UserFunction) and (entity.definition.view or entity.stored is not None)
    )


def _rows(value: Rows | Graph, node: syntax.Node) -> Rows:
    if isinstance(value, Graph):
        raise diagnostics.table_of_graph_expected(
            node.span, f"'{node.name}'" if isinstance(node, syntax.NameRef) else "this"
        )
    return value


def _refuse_unknown_call(context: Context, scope: Scope, node: syntax.Node) -> None:
    """A call of nothing known, where rows are needed: `isfuzzy` passes over it, unlike over a wrong scalar."""
    if not isinstance(node, syntax.Call) or context.find(scope, node.function.name) is not None:
        return
    name = node.function.name
    if name not in calls.TABULAR and functions.find(name) is None:
        raise diagnostics.unknown_tabular_function(
            node.function.span, name, [*context.catalog.function_names(), *calls.TABULAR, *scope]
        )


def bind_operators(context: Context, scope: Scope, rows: Rows, listed: tuple[syntax.Operator, ...]) -> Rows:
    """Operators one after the other, which give rows in the end."""
    return _rows(_piped(context, scope, rows, listed), listed[-1] if listed else syntax.Node(syntax.Span(0, 0)))


def _piped(context: Context, scope: Scope, value: Rows | Graph, listed: tuple[syntax.Operator, ...]) -> Rows | Graph:
    """Operators one after the other; `as` defines its name for those that follow.

    Raises:
        RefusedError: With what was refused in any of them, as far as the columns behind a refused one are known.
    """
    unsure = context.unsure
    value, refusals = _going_on(context, scope, value, listed)
    context.unsure = unsure
    refusals.settle()
    return value


def _going_on(
    context: Context, scope: Scope, value: Rows | Graph, listed: tuple[syntax.Operator, ...]
) -> tuple[Rows | Graph, diagnostics.Refusals]:
    """What is behind the last operator of which something is known, and what was refused on the way."""
    refusals = diagnostics.Refusals()
    for number, operator in enumerate(listed, start=2):
        steps = value.steps
        if steps >= MOST_STEPS:
            refusals.add(diagnostics.too_many_steps(operator.span, MOST_STEPS).at(_place(number, listed)))
            break
        try:
            bound = operators.bind_operator(context, scope, value, operator)
        except diagnostics.RefusedError as refused:
            refusals.add(refused.at(_place(number, listed)))
            left = recovery.rows_behind(value, operator) if isinstance(value, Rows) else None
            if left is None:
                break
            bound, names = left
            context.unsure |= names
        if context.unsure and not recovery.is_local(operator):
            break
        value = replace(bound, steps=max(steps + 1, bound.steps))
    return value, refusals


def _place(number: int, listed: Sequence[syntax.Operator]) -> str:
    return f"stage {number} of {len(listed) + 1} ({operators.spelled(listed[number - 2])})"


# ---------------------------------------------------------------- functions of the query


def call_user(
    context: Context,
    scope: Scope,
    function: UserFunction,
    node: syntax.Call,
    columns: Rows | None,
    piped: Rows | None,
) -> Entity:
    """The function's body with its parameters replaced by the arguments."""
    context.depth += 1
    if context.depth > _DEEPEST_CALL:
        raise diagnostics.bad_value(node.span, "functions call each other too deeply")
    try:
        return _called(context, scope, function, node, columns, piped)
    finally:
        context.depth -= 1


def _called(
    context: Context,
    scope: Scope,
    function: UserFunction,
    node: syntax.Call,
    columns: Rows | None,
    piped: Rows | None,
) -> Entity:
    arguments = _arguments(function, node, piped is not None)
    inner = function.scope.inner()
    refusals = diagnostics.Refusals()
    for parameter in function.definition.parameters:
        with refusals:
            value = _argument(context, scope, node, function, parameter, arguments, columns, piped)
            inner.define(parameter.name.name, value)
        piped = None
    refusals.settle()
    if function.stored is None:
        return _body(context, inner, function.definition)
    return _stored_body(context, inner, function, function.stored, node)


def _body(context: Context, scope: Scope, definition: syntax.Lambda) -> Entity:
    refusals = diagnostics.Refusals()
    for statement in definition.statements:
        with refusals:
            _statement(context, scope, statement)
    if definition.result is None:
        raise diagnostics.no_result(definition.span)
    with refusals:
        result = bind_entity(context, scope, definition.result)
    refusals.settle()
    return result


def _stored_body(
    context: Context, scope: Scope, function: UserFunction, stored: StoredFunction, node: syntax.Call
) -> Entity:
    """The body of a function that the case keeps; what is wrong in it is said at the call, with its place."""
    if stored.name in context.calling:
        raise diagnostics.calls_itself(node.span, [*context.calling, stored.name])
    context.calling.append(stored.name)
    try:
        return _body(context, scope, function.definition)
    except diagnostics.RefusedError as refused:
        raise diagnostics.inside_function(node.span, stored.name, stored.text, stored.first_line, refused) from None
    finally:
        context.calling.pop()


def _arguments(function: UserFunction, node: syntax.Call, piped: bool) -> dict[str, syntax.Node]:
    """Arguments by parameter name, positional ones first."""
    names = [p.name.name for p in function.definition.parameters][1 if piped else 0 :]
    found: dict[str, syntax.Node] = {}
    for place, argument in enumerate(node.args):
        if isinstance(argument, syntax.Named):
            name = argument.names[0].name
            if name not in names:
                raise diagnostics.unknown_argument(argument.names[0].span, name, names)
            found[name] = argument.value
        elif place < len(names):
            found[names[place]] = argument
        else:
            raise diagnostics.argument_count(node.span, node.function.name, [_form(function)], len(node.args))
    return found


def _form(function: UserFunction) -> str:
    """The parameters as a signature, for messages."""
    parts = (
        f"{p.name.name}: {'table' if p.tabular else p.type}{'?' if p.default else ''}"
        for p in function.definition.parameters
    )
    return f"({', '.join(parts)})"


def _argument(
    context: Context,
    scope: Scope,
    node: syntax.Call,
    function: UserFunction,
    parameter: syntax.Parameter,
    arguments: dict[str, syntax.Node],
    columns: Rows | None,
    piped: Rows | None,
) -> Entity:
    written = arguments.get(parameter.name.name, parameter.default)
    if parameter.tabular:
        if piped is not None:
            rows = piped
        elif written is not None:
            rows = bind_table(context, scope, written)
        else:
            raise diagnostics.argument_count(node.span, node.function.name, [_form(function)], 0)
        return Table(_checked_table(node, parameter, rows))
    if written is None:
        raise diagnostics.argument_count(node.span, node.function.name, [_form(function)], len(node.args))
    value = Expressions(context, scope, columns).bind(written)
    wanted = parameter.type or value.type
    if wanted is not value.type and wanted is not DYNAMIC and comparable(value.type, wanted) is None:
        raise diagnostics.wrong_type(written.span, value.type, [wanted])
    value = convert(value, wanted)
    return ScalarValue(value, reads_columns(value))


def _checked_table(node: syntax.Call, parameter: syntax.Parameter, rows: Rows) -> Rows:
    for declared in parameter.columns:
        column = rows.schema.find(declared.name.name)
        if column is None or (declared.type is not None and declared.type is not column.type):
            raise diagnostics.schema_mismatch(node.span, parameter.name.name, declared.name.name)
    return rows
