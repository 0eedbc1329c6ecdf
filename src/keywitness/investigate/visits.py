"""Sessions of a case: read window by window so that texts never stand in memory at once, then grouped together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from keywitness.engine.limits import NO_LIMITS
from keywitness.investigate.rows import Event
from keywitness.model.content import with_functions
from keywitness.model.schema import MAX_DATETIME_TICKS
from keywitness.sessions.events import EVENTS_QUERY, encoded
from keywitness.sessions.grouping import ticks
from keywitness.sessions.session import Session, Step, session
from keywitness.sessions.table import sessions_of

if TYPE_CHECKING:
    from keywitness.case import Case

#: Events that are read at once.
EVENTS_AT_ONCE = 400_000
_HOURS_QUERY = """KeyVaultEvents()
| where isnotempty(CallerId)
| summarize Events = count() by Hour = bin(TimeGenerated, 1h)
| sort by Hour asc"""


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


def visits(case: Case, wanted: Sequence[str], gap: int) -> Visits:
    """Group the case's events into sessions: always all of them, because habits are learned from all.

    Args:
        wanted: Row references to find the sessions of.
        gap: Longest silence inside a session, in ticks.
    """
    query = with_functions(EVENTS_QUERY)

    def read(window: tuple[int, int] | None) -> pa.Table:
        return encoded(case.query(query, limits=NO_LIMITS, window=window).table)

    with ThreadPoolExecutor(2) as pool:  # one part is made codes while the next is read
        parts = list(pool.map(read, _windows(case)))
    made = sessions_of(parts, gap, pa.array(wanted, pa.string()))
    return Visits(made.table.combine_chunks(), made.marks, made.events)


def _windows(case: Case) -> Iterator[tuple[int, int] | None]:
    """Spans of whole hours that hold about so many events as are read at once; one without bounds for a small case."""
    hours = case.query(with_functions(_HOURS_QUERY), limits=NO_LIMITS).table
    counts = hours["Events"].to_pylist()
    if sum(counts) <= EVENTS_AT_ONCE:
        yield None
        return
    begins = ticks(hours["Hour"]).tolist()
    since, size = begins[0], 0
    for begin, count in zip(begins, counts, strict=True):
        if size and size + count > EVENTS_AT_ONCE:
            yield since - 1, begin - 1
            since, size = begin, 0
        size += count
    yield since - 1, MAX_DATETIME_TICKS


def told(all_visits: Visits, position: int, events: Sequence[Event] = ()) -> Session:
    """A session in full.

    Args:
        events: Its steps in time order, where they are wanted.
    """
    (row,) = all_visits.table.slice(position, 1).drop_columns(["rows"]).to_pylist()
    steps = [Step(e.at, e.operation, e.object, e.status, e.row, e.vault) for e in events]
    return session(row, steps)
