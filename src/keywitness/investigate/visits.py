"""Sessions of a case: grouped part by part so that memory stays bounded, the most telling ones in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.engine.limits import NO_LIMITS
from keywitness.investigate.rows import Event
from keywitness.kql.quoting import literal
from keywitness.model.content import with_functions
from keywitness.sessions.session import Session, Step, session
from keywitness.sessions.table import EVENTS_QUERY, KEPT_STEPS, Sessions, sessions_of

if TYPE_CHECKING:
    from keywitness.case import Case

#: Events that are grouped at once; more are taken in several parts, split by caller.
EVENTS_AT_ONCE = 1_500_000
#: Sessions that the document holds.
SHOWN_SESSIONS = 200
#: Steps shown of a session that runs unattended and that no finding touches.
UNATTENDED_STEPS = 20

_INTERACTIVE = ("portal", "powershell", "cli", "unknown")


@dataclass(frozen=True, slots=True)
class Visits:
    """All sessions of the case.

    Args:
        table: One row per session.
        marks: Positions in `table` by row reference, for the rows of findings.
        events: Events that belong to sessions.
    """

    table: pa.Table
    marks: dict[str, int]
    events: int

    def rows(self, position: int) -> list[str]:
        """Row references of a session: all of them when a finding touches it, else the first."""
        found: list[str] = self.table["rows"][position].as_py()
        return found


def visits(case: Case, condition: str, wanted: Sequence[str], gap: int) -> Visits:
    """Group the case's events into sessions.

    Args:
        condition: KQL over `KeyVaultEvents()` on caller and address, or "".
        wanted: Row references to find the sessions of.
        gap: Longest silence inside a session, in ticks.
    """
    rows = pa.array(wanted, pa.string())
    parts = [sessions_of(_events(case, f), gap, rows) for f in _filters(case, condition)]
    marks: dict[str, int] = {}
    offset = 0
    for part in parts:
        marks |= {row: position + offset for row, position in part.marks.items()}
        offset += part.table.num_rows
    return Visits(_joined(parts), marks, sum(p.events for p in parts))


def _joined(parts: Sequence[Sessions]) -> pa.Table:
    filled = [p.table for p in parts if p.table.num_rows] or [parts[0].table]
    return pa.concat_tables(filled).combine_chunks()


def _events(case: Case, condition: str) -> pa.Table:
    query = EVENTS_QUERY.replace("| project", f"| where {condition}\n| project", 1) if condition else EVENTS_QUERY
    return case.query(with_functions(query), limits=NO_LIMITS).table


def _filters(case: Case, condition: str) -> list[str]:
    """Conditions that split the events by caller into parts of bounded size."""
    counted = case.query(
        with_functions(
            "KeyVaultEvents() | where isnotempty(CallerId)"
            + (f" and {condition}" if condition else "")
            + " | summarize Events = count() by Head = substring(CallerId, 0, 2)"
        ),
        limits=NO_LIMITS,
    ).to_pylist()
    if sum(r["Events"] for r in counted) <= EVENTS_AT_ONCE:
        return [condition]
    parts: list[list[str]] = [[]]
    size = 0
    for r in sorted(counted, key=lambda r: str(r["Head"])):
        if size and size + r["Events"] > EVENTS_AT_ONCE:
            parts.append([])
            size = 0
        parts[-1].append(r["Head"])
        size += r["Events"]
    heads = [f"substring(CallerId, 0, 2) in ({literal(part)})" for part in parts]
    return [f"{head} and {condition}" if condition else head for head in heads]


def chosen(
    all_visits: Visits, marked: set[int], fits: Callable[[int, dict[str, Any]], bool] | None = None
) -> tuple[list[int], int]:
    """Positions of the sessions to show, most telling first, and how many fit in all.

    Sessions that findings touch come first, then interactive ones, then those with failures, then the longest.

    Args:
        marked: Positions that findings touch.
        fits: A test on a session's position and row (without `rows`), for the scope.
    """
    table = all_visits.table
    if not table.num_rows:
        return [], 0
    positions = np.arange(table.num_rows)
    if fits is not None:
        plain = table.drop_columns(["rows"])
        kept = [n for n, row in enumerate(plain.to_pylist()) if fits(n, row)]
        positions = np.array(kept, dtype=np.int64)
    touched = np.zeros(table.num_rows, dtype=np.bool_)
    touched[list(marked)] = True
    interactive = pc.is_in(table["kind"], value_set=pa.array(_INTERACTIVE)).to_numpy()
    failures = table["failures"].to_numpy() > 0
    count = table["count"].to_numpy()
    order = np.lexsort([-count[positions], ~failures[positions], ~interactive[positions], ~touched[positions]])
    return positions[order][:SHOWN_SESSIONS].tolist(), len(positions)


def shown_rows(all_visits: Visits, positions: Sequence[int], marked: set[int]) -> dict[int, list[str]]:
    """The rows whose steps are shown, by session."""
    kinds = all_visits.table["kind"]
    most = {p: KEPT_STEPS if p in marked or kinds[p].as_py() != "automation" else UNATTENDED_STEPS for p in positions}
    return {p: all_visits.rows(p)[: most[p]] for p in positions}


def told(all_visits: Visits, position: int, events: Sequence[Event]) -> Session:
    """A session in full, from its steps in time order."""
    (row,) = all_visits.table.slice(position, 1).to_pylist()
    steps = [Step(e.at, e.operation, e.object, e.status, e.row, e.vault) for e in events]
    return session(row, steps)
