"""What a finding makes suspicious: its rows, its sessions, or nothing."""

from __future__ import annotations

import pyarrow as pa
import pytest

from keywitness.detect.finding import finding
from keywitness.detect.rule import Additions, Rule
from keywitness.investigate.taint import taint
from keywitness.investigate.visits import Visits
from keywitness.kql.literals import parse_datetime

AT = parse_datetime("2026-03-02T10:00:00Z") or 0
HOUR = 36_000_000_000
VISITS = Visits(
    pa.table(
        {
            "caller": ["id-1", "id-1", "id-2"],
            "address": ["203.0.113.66", "203.0.113.66", "203.0.113.66"],
            "first": [AT, AT + 5 * HOUR, AT],
            "last": [AT + HOUR, AT + 6 * HOUR, AT + HOUR],
            "rows": [["E1:1", "E1:2"], ["E1:3"], ["E1:4"]],
        }
    ),
    {"E1:1": 0},
    4,
)


def found(taints: str, severity: str, *rows: str) -> object:
    rule = Rule(id="r", name="Probe", query="", severity="High", keywitness=Additions(slug="p", taints=taints))
    row = {
        "CallerId": "id-1",
        "Addresses": "203.0.113.66",
        "FirstAt": "2026-03-02T10:20:00.0000000Z",
        "Severity": severity,
        "Rows": list(rows),
    }
    return finding(rule, "", row)


@pytest.mark.parametrize(
    ("taints", "severity", "rows", "suspicious"),
    [
        ("rows", "high", ["E1:1"], {"E1:1"}),
        ("session", "medium", ["E1:1"], {"E1:1", "E1:2"}),
        ("none", "high", ["E1:1"], set()),
        ("session", "low", ["E1:1"], set()),
        ("session", "high", ["E9:9"], {"E9:9", "E1:1", "E1:2"}),
    ],
)
def test_taint(taints: str, severity: str, rows: list[str], suspicious: set[str]) -> None:
    """The last: an act in another log alone reaches the same caller's session at that time, and nobody else's."""
    assert set(taint([found(taints, severity, *rows)], VISITS)) == suspicious  # type: ignore[list-item]


def test_reasons_name_the_rule() -> None:
    reasons = taint([found("session", "high", "E1:1")], VISITS)  # type: ignore[list-item]
    assert reasons["E1:1"] == ("Probe", "in a session that shows 'Probe'")
    assert reasons["E1:2"] == ("in a session that shows 'Probe'",)
