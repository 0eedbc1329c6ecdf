"""`rows_near` and `sequence_detect`: rows by what stands before and behind them."""

from __future__ import annotations

from keywitness.kql import functions, plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Rows, Scope
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.subqueries import answer, only_if
from keywitness.kql.binder.types import BOOL, DATETIME, DYNAMIC, LONG, TIMESPAN, convert
from keywitness.kql.functions.function import INTEGER
from keywitness.model.schema import KqlType

_NEAR = """
    T
    | extend ['$row'] = row_number(), ['$hits'] = row_cumsum(tolong(coalesce(['$hit'], false)))
    | extend ['$after'] = ['$hits'] > prev(['$hits'], After + 1, 0)
    | sort by ['$row'] desc
    | extend ['$hits'] = row_cumsum(tolong(coalesce(['$hit'], false)))
    | extend ['$before'] = ['$hits'] > prev(['$hits'], Before + 1, 0)
    | sort by ['$row'] asc
    | where ['$after'] or ['$before']"""


def bind_rows_near(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Rows:
    """`rows_near(condition, n, after)`: rows at most `n` before or `after` behind one that meets the condition."""
    args = node.call.args
    if len(args) not in (2, 3):
        raise _count(node)
    if not rows.ordered:
        raise diagnostics.order_needed(node.call.function.span, "rows_near")
    e = Expressions(context, scope, rows)
    hit = plan.Named("$hit", e.bind_bool(args[0]))
    before = _rows(e, args[1])
    after = _rows(e, args[2]) if len(args) == 3 else before
    marked = rows.over(plan.Project(rows.plan, (*map(kept, rows.schema), hit)))
    found = answer(context, _NEAR, {"T": marked}, {"Before": before, "After": after})
    return rows.over(plan.Project(found.plan, tuple(map(kept, rows.schema))))


def _count(node: syntax.Evaluate) -> diagnostics.RefusedError:
    name, args = node.call.function.name, node.call.args
    row = functions.find_plugin(name)
    return diagnostics.argument_count(node.call.span, name, row.texts if row else (), len(args))


def _rows(e: Expressions, node: syntax.Node) -> plan.Literal:
    value = convert(e.bind_constant(node, "the number of rows"), LONG)
    if e.bind(node).type not in INTEGER or not isinstance(value, plan.Literal) or (value.value or 0) < 0:
        raise diagnostics.bad_value(node.span, "the number of rows must be a whole number, 0 or more")
    return value


# ---------------------------------------------------------------- sequence_detect

_TIE = "sequence_detect(): two steps at the same moment, and no page says whether they are a sequence"
_TWICE = "sequence_detect(): the same moments twice, and no page says whether that is one sequence: use distinct first"


def bind_sequence_detect(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Rows:
    """`sequence_detect(time, step, span, e1 = (...), e2 = (...), dimension ...)`: every way through the steps in time.

    The page's example pairs one first step with two second ones, and two first steps with one second.
    """
    args = node.call.args
    predicates = [a for a in args if isinstance(a, syntax.Named)]
    placed = [a for a in args if not isinstance(a, syntax.Named)]
    if len(placed) < 3 or len(predicates) < 2:
        raise _count(node)
    e = Expressions(context, scope, rows)
    for argument in placed[3:]:
        if not isinstance(argument, syntax.NameRef):
            raise diagnostics.bad_value(argument.span, "a step needs a name", "write `name = (condition)`")
    time = _column(e, placed[0], [DATETIME])
    dimensions = [_column(e, a) for a in placed[3:]]
    steps = [e.bind_bool(p.value) for p in predicates]
    limits = {"Step": _span(e, placed[1]), "Whole": _span(e, placed[2])}
    names = [f"{p.names[0].name}_{time.name}" for p in predicates]
    columns = {"t": time, **{f"d{i}": d for i, d in enumerate(dimensions)}, **{f"p{i}": s for i, s in enumerate(steps)}}
    table = Rows(plan.Project(rows.plan, tuple(plan.Named(n, v) for n, v in columns.items())))
    found = answer(context, _paths(len(steps), len(dimensions)), {"T": table}, limits)
    titles = {**{f"d{i}": d.name for i, d in enumerate(dimensions)}, **{f"t{i}": n for i, n in enumerate(names)}}
    titles["Duration"] = "Duration"
    _unique(node, list(titles.values()))
    types = {c.name: c.type for c in found.schema}
    return Rows(plan.Project(found.plan, tuple(plan.Named(t, plan.ColumnRef(n, types[n])) for n, t in titles.items())))


def _unique(node: syntax.Evaluate, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise diagnostics.already_named(node.call.span, name)


def _column(e: Expressions, node: syntax.Node, types: list[KqlType] | None = None) -> plan.ColumnRef:
    column = e.bind(node)
    if not isinstance(column, plan.ColumnRef):
        raise diagnostics.column_expected(node.span)
    if types and column.type not in types:
        raise diagnostics.wrong_type(node.span, column.type, types)
    if column.type is DYNAMIC:
        raise diagnostics.dynamic_not_allowed(node.span, "as a dimension")
    if column.type is BOOL:
        help = "name a step; turn a dimension into text with tostring()"
        raise diagnostics.bad_value(node.span, "this may be a step or a dimension", help)
    return column


def _span(e: Expressions, node: syntax.Node) -> plan.Scalar:
    value = e.bind_constant(node, "the longest step")
    if value.type is not TIMESPAN:
        raise diagnostics.wrong_type(node.span, value.type, [TIMESPAN])
    return value


def _paths(steps: int, dimensions: int) -> str:
    """Step after step, joined within equal dimensions (as text, so that nulls are equal too)."""
    values = "".join(f"d{i}, " for i in range(dimensions))
    keys = ", ".join(f"k{i}" for i in range(dimensions)) or "k"
    made = ", ".join(f"k{i} = tostring(d{i})" for i in range(dimensions)) or "k = 0"
    text = f"""
        let R = T | where isnotnull(t) | extend {made};
        let P0 = R | where p0 | project {values}{keys}, t0 = t;"""
    for i in range(1, steps):
        times = ", ".join(f"t{j}" for j in range(i + 1))
        text += f"""
            let P{i} = P{i - 1} | join kind=inner (R | where p{i} | project {keys}, t{i} = t) on {keys}
                | where t{i} >= t{i - 1} and t{i} - t{i - 1} <= Step and t{i} - t0 <= Whole
                | project {values}{keys}, {times};
            let Ties{i} = toscalar(P{i} | summarize countif(t{i} == t{i - 1}));"""
    times = ", ".join(f"t{j}" for j in range(steps))
    ties = " + ".join(f"Ties{i}" for i in range(1, steps))
    return f"""{text}
        let Found = P{steps - 1} | summarize n = count() by {values}{times};
        let Twice = toscalar(Found | summarize countif(n > 1));
        Found
        | extend Duration = t{steps - 1} - t0
        {only_if(f"{ties} == 0", _TIE)}
        {only_if("Twice == 0", _TWICE)}"""
