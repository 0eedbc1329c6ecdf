"""Sessions by themselves, without rules and findings: the list, and one of them with its steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from keywitness.engine.limits import NO_LIMITS
from keywitness.investigate.choosing import Asked, fitting
from keywitness.investigate.documents import names_of, shown_session
from keywitness.investigate.readings import named_sessions, session_condition
from keywitness.investigate.scope import Filter
from keywitness.investigate.visits import visits
from keywitness.model.content import with_functions
from keywitness.model.schema import TICKS_PER_SECOND
from keywitness.report.document import Scope, Session
from keywitness.sessions.session import Step, session

if TYPE_CHECKING:
    from keywitness.case import Case

#: Steps that are read of one session.
MOST_STEPS = 5_000
_AT_ONCE = 2_000


def list_sessions(case: Case, scope: Scope, asked: Asked, gap: timedelta) -> Iterator[Session]:
    """The sessions that were asked about, in order of their beginning, without steps.

    Args:
        gap: Longest silence inside a session.
    """
    filter_ = Filter(scope)
    named = rows_of_names(case, filter_)
    all_visits = visits(case, named, int(gap.total_seconds() * TICKS_PER_SECOND))
    holding = {all_visits.marks[row] for row in named if row in all_visits.marks}
    positions = fitting(all_visits, filter_, holding, asked)
    names = names_of(case)
    table = all_visits.table.drop_columns(["rows"])
    for start in range(0, len(positions), _AT_ONCE):
        for row in table.take(positions[start : start + _AT_ONCE]).to_pylist():
            yield shown_session(session(row), (), names)


def one_session(case: Case, id: str, gap: timedelta) -> Session:
    """One session with its first steps.

    Args:
        gap: As it was listed with.

    Raises:
        UsageError: If there is no such session.
    """
    all_visits = visits(case, [], int(gap.total_seconds() * TICKS_PER_SECOND))
    position = named_sessions(all_visits, [id])[id]
    (row,) = all_visits.table.drop_columns(["rows"]).slice(position, 1).to_pylist()
    return shown_session(
        session(row, list(_steps(case, session_condition(all_visits, [position])))), (), names_of(case)
    )


def _steps(case: Case, condition: str) -> Iterator[Step]:
    query = f"""KeyVaultEvents()
| where {condition}
| sort by TimeGenerated asc, Row asc
| take {MOST_STEPS}
| project At = TimeGenerated, Operation, Status, Vault, ObjectName, ObjectVersion, Row"""
    for event in case.query(with_functions(query), limits=NO_LIMITS):
        name = "/".join(filter(None, (event["ObjectName"], event["ObjectVersion"])))
        yield Step(event["At"], event["Operation"], name, event["Status"] or 0, event["Row"], event["Vault"])


def rows_of_names(case: Case, filter_: Filter) -> list[str]:
    """Rows that touch the names that were asked about; none when no name was."""
    if not filter_.scope.secrets:
        return []
    query = with_functions(f"KeyVaultEvents() | where {filter_.events} | project Row")
    rows: list[str] = case.query(query, limits=NO_LIMITS).table["Row"].to_pylist()
    return rows
