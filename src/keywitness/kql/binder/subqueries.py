"""Queries of our own inside the plan of a user's: what KQL itself can say is said in KQL.

A text here is static but for names that we made up ourselves (`d0`, `d1` ...); columns and constants of the user
arrive as tables and scalars of its scope. So every engine that answers KQL answers these plugins too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from keywitness.kql import plan, syntax
from keywitness.kql.binder.context import Context, Rows, ScalarValue, Scope, Table
from keywitness.kql.parser import parse


def answer(context: Context, text: str, tables: Mapping[str, Rows], constants: Mapping[str, plan.Scalar]) -> Rows:
    """The rows of a text over the given tables and constants.

    Args:
        context: The query around it.
        text: `let` statements and one tabular expression.
        tables: What its table names stand for; each is computed once.
        constants: What its scalar names stand for.
    """
    scope = Scope()
    for name, rows in tables.items():
        scope.define(name, _once(context, rows))
    for name, value in constants.items():
        scope.define(name, ScalarValue(value))
    *lets, result = parse(text).statements
    for statement in lets:
        if not isinstance(statement, syntax.Let):
            raise TypeError(f"not a let: {statement}")
        entity = context.bind_entity(context, scope, statement.value)
        scope.define(statement.name.name, _once(context, entity.rows) if isinstance(entity, Table) else entity)
    if not isinstance(result, syntax.ExpressionStatement):
        raise TypeError(f"not a tabular expression: {result}")
    return context.bind_table(context, scope, result.value)


def _once(context: Context, rows: Rows) -> Table:
    """Rows that are computed once, however often they are read."""
    return Table(replace(rows, plan=plan.Shared(context.fresh("shared"), rows.plan)))


def only_if(condition: str, message: str) -> str:
    """An operator that lets all rows pass, or refuses the query.

    It is a `take`, not a `where`: no filter of the user gets below it and hides the rows that would have refused.
    """
    return f"| take iff(assert({condition}, '{message}'), 1000000000000, 0)"
