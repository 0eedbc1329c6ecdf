"""What is wrong with a query, without running it."""

from __future__ import annotations

from collections.abc import Sequence

from keywitness.errors import QueryError
from keywitness.kql import binder
from keywitness.kql.binder.diagnostics import RefusedError
from keywitness.kql.diagnostics import Diagnostic, refuse
from keywitness.kql.parser import read
from keywitness.kql.plan import Plan
from keywitness.kql.service.catalogs import Tables, catalog_of
from keywitness.kql.service.results import Problem


def diagnose(text: str, schema: Tables = None) -> tuple[Problem, ...]:
    """Every cause for which the query would be refused, in the order of their places; nothing where it would run.

    Behind `bag_unpack` and `pivot` without their columns nothing is looked at: those depend on the rows.

    Args:
        text: The query.
        schema: The tables that it may name.

    Example:
        >>> [(p.code, p.help) for p in diagnose("T | where Nam == 1", {"T": {"Name": "string"}})]
        [('KS142', "did you mean 'Name'?")]
    """
    reading = read(text)
    found = list(reading.diagnostics)
    try:
        binder.bind(reading.query, catalog_of(schema), 0, _unseen)
    except RefusedError as refused:
        found += [d for d in refused.diagnostics if d.span.start < reading.certain]
    return tuple(_problem(d, len(text)) for d in _ordered(text, found)) if found else ()


def _unseen(plan: Plan) -> Sequence[tuple[object, ...]]:
    """There are no rows to look at, so what depends on them is passed over in silence."""
    raise RefusedError


def _ordered(text: str, found: list[Diagnostic]) -> list[Diagnostic]:
    error: QueryError = refuse(text, found)
    return [d for d in error.diagnostics if isinstance(d, Diagnostic)]


def _problem(found: Diagnostic, length: int) -> Problem:
    start, end = min(found.span.start, length), min(found.span.end, length)
    return Problem(found.code, found.severity, found.message, found.help, start, max(start, end))
