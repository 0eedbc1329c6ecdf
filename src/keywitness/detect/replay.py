"""A scheduled rule over past evidence: the runs that Sentinel would have made.

A run at time t sees the rows of (t - queryPeriod, t], and `now()` is t. Runs are made on a grid of queryFrequency from
the first event of the tables that the rule reads until the first grid point behind the last one. A query that judges
each row by itself gives the same rows whatever the window: it runs once.

Does not show: what Sentinel would have missed because a record arrived after its window had been looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from keywitness.detect.finding import Finding, finding
from keywitness.detect.rule import Rule, span
from keywitness.kql.literals import format_datetime, parse_datetime
from keywitness.model.schema import TICKS_PER_SECOND

#: Runs of one rule that are made at most: 30 days of every five minutes are 8,640.
MOST_RUNS = 10_000

Ask = Callable[[int, tuple[int, int]], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule runs, and how far it looks back, in ticks."""

    every: int
    period: int

    @classmethod
    def of(cls, rule: Rule) -> Schedule | None:
        """The schedule of a rule; None for one that is written to see everything at once."""
        if rule.keywitness.history == "whole" or not (rule.query_frequency and rule.query_period):
            return None
        every, period = (
            int(span(s).total_seconds()) * TICKS_PER_SECOND for s in (rule.query_frequency, rule.query_period)
        )
        return cls(every, period) if every and period else None

    def moments(self, first: int, last: int) -> range:
        """The times of the runs whose windows reach from the first event to the last one."""
        begin = -(-first // self.every) * self.every
        return range(begin, -(-last // self.every) * self.every + 1, self.every)


def replayed(
    rule: Rule, query: str, schedule: Schedule, moments: Iterable[int], ask: Ask, fires: Callable[[int], bool]
) -> Iterator[Finding]:
    """The findings of all runs; the same one in windows that overlap is one, with its first and last time.

    Args:
        ask: Gives the rows of the query at a time, over a window.
        fires: Whether so many rows trigger the rule, judged run by run.
    """
    open_: dict[tuple[object, ...], tuple[int, Finding]] = {}
    for moment in moments:
        rows = ask(moment, (moment - schedule.period, moment))
        if not fires(len(rows)):
            continue
        for row in rows:
            found = finding(rule, query, row, seen_at=format_datetime(moment))
            key = _same(found)
            before = open_.get(key)
            if before is not None and moment - schedule.period <= before[0]:
                found = _joined(before[1], found)
            elif before is not None:
                yield before[1]
            open_[key] = (moment, found)
    yield from (found for _, found in open_.values())


def _same(found: Finding) -> tuple[object, ...]:
    """What makes two findings of a rule the same one: whom and what they name, or without that, all texts but times."""
    named = (found.identity_ids or found.identities, found.addresses, found.vaults, found.objects)
    if any(named):
        return tuple(tuple(sorted(part)) for part in named)
    return tuple(sorted((k, v) for k, v in found.values.items() if isinstance(v, str) and parse_datetime(v) is None))


def _joined(before: Finding, found: Finding) -> Finding:
    """One finding of two, as the later run tells it, under the id of the first."""
    return replace(
        found,
        id=before.id,
        first_at=min(before.first_at, found.first_at),
        last_at=max(before.last_at, found.last_at),
        rows=tuple(dict.fromkeys((*before.rows, *found.rows))),
        runs=before.runs + 1,
    )
