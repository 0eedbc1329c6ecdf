"""`scan`: rows in their order against steps that remember what they matched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from msgspec import structs

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Rows, ScalarValue, Scope, null
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.types import INT, LONG, REAL, STRING, comparable, convert
from keywitness.kql.rewrite.tree import parts
from keywitness.model.schema import Column, KqlType, Schema

_LAST = (
    "no page shows its rows, or says whether a row that does not match, a new sequence or the last row ends a series: "
    "use output=all and arg_max() by the match id"
)
_OPTIONAL = "no page names it: scan twice, with the step and without it"
_BEHIND = "no page says whether it is the old value or the new: write step.column for the state"


def bind_scan(context: Context, scope: Scope, rows: Rows, node: syntax.Scan) -> Rows:
    """`scan`: the rows that match a step, once per match, with the declared columns and the match id behind.

    Raises:
        RefusedError: For rows without an order, and for forms that the documentation does not define.
    """
    _refuse_forms(node)
    if not rows.ordered:
        raise diagnostics.order_needed(_word(node), "scan")
    declared = _declared(context, scope, rows, node)
    match_id = node.match_id.name if node.match_id else None
    taken = {*rows.schema.names(), *(c.name for c in declared)}
    if node.match_id and node.match_id.name in taken:
        raise diagnostics.already_named(node.match_id.span, node.match_id.name)
    assigned = [c for c in rows.schema if not c.hidden and _assigns(node, c.name)]
    changed = {c.name: context.fresh("scanned") for c in assigned}
    wide = (*declared, *(plan.Named(changed[c.name], null(c.type)) for c in assigned))
    steps: list[plan.ScanStep] = []
    for number, step in enumerate(node.steps):
        if step.name.name in (s.name.name for s in node.steps[:number]):
            raise diagnostics.already_named(step.name.span, step.name.name)
        so_far = node.steps[: number + 1]
        steps.append(_step(context, scope, rows, wide, changed, so_far, alone=len(node.steps) == 1))
    found = plan.ScanSteps(rows.plan, wide, tuple(steps), match_id)
    return rows.over(_changed(found, changed) if changed else found)


def _assigns(node: syntax.Scan, name: str) -> bool:
    """True where a step assigns the column."""
    return any(a.names[0].name == name for step in node.steps for a in step.assignments)


def _changed(found: plan.Plan, changed: dict[str, str]) -> plan.Plan:
    """The rows with the columns of the input that steps assign as they left them."""
    columns: list[plan.Named] = []
    for column in found.schema:
        if column.name not in changed.values():
            value = plan.ColumnRef(changed.get(column.name, column.name), column.type)
            columns.append(plan.Named(column.name, value, hidden=column.hidden))
    return plan.Project(found, tuple(columns))


def _word(node: syntax.Node) -> syntax.Span:
    return syntax.Span(node.span.start, node.span.start + len("scan"))


def _refuse_forms(node: syntax.Scan) -> None:
    if node.order or node.partition:
        raise diagnostics.not_supported(_word(node), "order by or partition by inside scan", "sort and partition first")
    if node.options:
        raise diagnostics.not_supported(node.options[0].span, f"scan with {node.options[0].name}", "leave it out")
    if not node.steps:
        raise diagnostics.bad_value(_word(node), "scan has no step", "scan with (step s1: condition;)")
    for step in node.steps:
        if step.optional:
            raise diagnostics.not_supported(step.name.span, "an optional step", _OPTIONAL)
        if step.output == "last":
            raise diagnostics.not_supported(step.name.span, "output=last", _LAST)


def _declared(context: Context, scope: Scope, rows: Rows, node: syntax.Scan) -> tuple[plan.Named, ...]:
    """The new columns with their defaults: null unless said."""
    declared: list[plan.Named] = []
    for declaration in node.declarations:
        name, type = declaration.column.name.name, declaration.column.type or STRING
        if rows.schema.find(name) is not None or name in (c.name for c in declared):
            raise diagnostics.already_named(declaration.column.name.span, name)
        value: plan.Scalar = null(type)
        if declaration.default is not None:
            value = Expressions(context, scope, None).bind(declaration.default)
            if value.type is not type and comparable(value.type, type) is None:
                raise diagnostics.wrong_type(declaration.default.span, value.type, [type])
            value = convert(value, type)
        declared.append(plan.Named(name, value))
    return tuple(declared)


def _step(
    context: Context,
    scope: Scope,
    rows: Rows,
    declared: tuple[plan.Named, ...],
    changed: dict[str, str],
    steps: tuple[syntax.ScanStep, ...],
    *,
    alone: bool,
) -> plan.ScanStep:
    """The last of the steps; its expressions see the row, and the state of all of them.

    In a scan of one step a declared column that stands by itself is its default, as the row has it. Columns of the
    input that a step assigns have a column beside them (`changed`), which the states keep; by itself such a name is
    the row's.
    """
    columns = [*rows.schema, *(Column(c.name, c.value.type) for c in declared)]
    state = [
        Column(plan.state_column(s.name.name, c.name), c.type, hidden=True)
        for s in steps
        for c in columns
        if not c.hidden
    ]
    wide = replace(rows, plan=plan.Outer(Schema([*rows.schema, *state])))
    e = Expressions(context, scope, wide)
    inner = scope.inner()
    if alone:
        for column in declared:
            inner.define(column.name, ScalarValue(column.value))
    assigned = Expressions(context, inner, wide)
    names = frozenset(s.name.name for s in steps)
    step = steps[-1]
    condition = _alone(step.condition, e.bind_bool(_with_state(step.condition, names, changed)))
    assignments: list[plan.Named] = []
    types = {c.name: c.value.type for c in declared}
    seen: list[str] = []
    for assignment in step.assignments:
        written = assignment.names[0].name
        name = changed.get(written, written)
        if name not in types:
            known = [c.name for c in declared if c.name not in changed.values()]
            raise diagnostics.unknown_column(assignment.names[0].span, name, "", known)
        if name in (a.name for a in assignments):
            raise diagnostics.already_named(assignment.names[0].span, written)
        for before in seen:
            if _mentions(assignment.value, before):
                raise diagnostics.not_supported(assignment.value.span, f"{before} behind its assignment", _BEHIND)
        seen.append(written)
        value = _alone(assignment.value, assigned.bind(_with_state(assignment.value, names, changed)))
        if not _fits(value, types[name]):
            raise diagnostics.wrong_type(assignment.value.span, value.type, [types[name]])
        assignments.append(plan.Named(name, convert(value, types[name])))
    left = [old for old in changed if old not in seen]
    same = (plan.Named(changed[old], plan.ColumnRef(old, types[changed[old]])) for old in left)
    return plan.ScanStep(step.name.name, condition, (*assignments, *same), step.output == "all")


def _mentions(node: Any, name: str) -> bool:
    """True where the column stands by itself in the expression, not as `step.column`."""
    match node:
        case syntax.Member(object=inside):
            return _mentions(inside, name)
        case syntax.NameRef():
            return node.name == name
        case tuple():
            return any(_mentions(item, name) for item in node)
        case syntax.Node():
            return any(_mentions(getattr(node, f), name) for f in node.__struct_fields__ if f != "span")
    return False


def _fits(value: plan.Scalar, type: KqlType) -> bool:
    """True where the value is of the type, or a number that loses nothing in it."""
    if value.type is type:
        return True
    if isinstance(value, plan.Literal):
        return comparable(value.type, type) is not None
    return (value.type, type) in {(INT, LONG), (INT, REAL), (LONG, REAL)}


def _alone(node: syntax.Node, value: plan.Scalar) -> plan.Scalar:
    """The value, if the row and the state are all that it looks at."""
    if any(isinstance(p, plan.WindowCall) for p in parts(value)):
        raise diagnostics.not_supported(node.span, "a window function inside scan", "use extend before scan")
    return value


def _with_state(node: Any, steps: frozenset[str], changed: dict[str, str]) -> Any:
    """The expression with `step.column` as one name."""
    match node:
        case syntax.Member(object=syntax.NameRef(name=step), name=syntax.NameRef(name=column)) if step in steps:
            return syntax.NameRef(node.span, plan.state_column(step, changed.get(column, column)), quoted=True)
        case tuple():
            return tuple(_with_state(item, steps, changed) for item in node)
        case syntax.Node():
            inside = {f: getattr(node, f) for f in node.__struct_fields__ if f != "span"}
            return structs.replace(node, **{n: _with_state(value, steps, changed) for n, value in inside.items()})
    return node
