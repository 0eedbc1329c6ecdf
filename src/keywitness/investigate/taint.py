"""Which rows findings make suspicious: their own rows, or everything in the sessions that they touch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.detect.finding import Finding
from keywitness.investigate.visits import Visits
from keywitness.kql.literals import parse_datetime
from keywitness.model.schema import TICKS_PER_SECOND

#: Findings below these make nothing suspicious: they are worth reading, not worth a rotation.
SEVERE = ("high", "medium")
#: How far from an act in another log the same caller's session at the same address may lie.
NEAR = 30 * 60 * TICKS_PER_SECOND


def taint(findings: Sequence[Finding], all_visits: Visits) -> dict[str, tuple[str, ...]]:
    """Reasons by row reference: which rows are suspicious, and why.

    Args:
        findings: All findings of the case.
        all_visits: Sessions, in which every row of a finding is marked.
    """
    reasons: dict[str, dict[str, None]] = {}
    for found in findings:
        if found.severity not in SEVERE or found.rule.keywitness.taints == "none":
            continue
        for row in found.rows:
            reasons.setdefault(row, {})[found.rule.name] = None
        if found.rule.keywitness.taints != "session":
            continue
        for position in _touched(found, all_visits):
            for row in all_visits.rows(position):
                reasons.setdefault(row, {})[f"in a session that shows '{found.rule.name}'"] = None
    return {row: tuple(why) for row, why in reasons.items()}


def _touched(found: Finding, all_visits: Visits) -> Iterator[int]:
    own = {all_visits.marks[row] for row in found.rows if row in all_visits.marks}
    yield from own or _near(found, all_visits)


def _near(found: Finding, all_visits: Visits) -> list[int]:
    """Sessions of the finding's caller at its address around its time, for findings that stand in other logs alone."""
    table = all_visits.table
    first, last = parse_datetime(found.first_at), parse_datetime(found.last_at)
    if not found.identity_ids or not found.addresses or first is None or last is None or not table.num_rows:
        return []
    callers = pc.is_in(table["caller"], value_set=pa.array(found.identity_ids, pa.string())).to_numpy()
    addresses = pc.is_in(table["address"], value_set=pa.array(found.addresses, pa.string())).to_numpy()
    near = (table["first"].to_numpy() <= last + NEAR) & (table["last"].to_numpy() >= first - NEAR)
    return [int(n) for n in np.flatnonzero(callers & addresses & near)]
