"""Sessions of a case: read in parts without cutting a caller's session."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness.investigate.visits import visits

GAP = 30 * 60 * 10_000_000

pytestmark = pytest.mark.slow


def test_parts_give_the_same_sessions_as_one(incident: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [r.row for f in incident.document.findings for r in f.rows]
    whole = visits(incident.case, rows, GAP)
    monkeypatch.setattr("keywitness.investigate.visits.EVENTS_AT_ONCE", 1_000)
    parts = visits(incident.case, rows, GAP)
    columns = ["caller", "family", "address", "first", "last", "count", "failures", "class", "mismatches"]

    def keyed(made: Any) -> list[tuple[Any, ...]]:
        return sorted(tuple(r[c] for c in columns) for r in made.table.select(columns).to_pylist())

    assert keyed(parts) == keyed(whole)
    assert parts.events == whole.events
    assert set(parts.marks) == set(whole.marks)
    for row, position in parts.marks.items():
        assert row in parts.rows(position), "a mark must lead to the session that holds its row"


def test_no_event_is_lost_between_parts(incident: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = incident.case.query("AzureDiagnostics | where isnotempty(identity_claim_oid_g) | count").to_pylist()
    monkeypatch.setattr("keywitness.investigate.visits.EVENTS_AT_ONCE", 500)
    made = visits(incident.case, [], GAP)
    assert made.events >= counted[0]["Count"]
    assert sum(made.table["count"].to_pylist()) == made.events
