"""Cases as records: what a series stands for."""

from __future__ import annotations

import msgspec

from keywitness.detect.finding import finding
from keywitness.detect.proof import Verdict, records, watchlists
from keywitness.detect.rule import Case
from keywitness.detect.rule_files import load_rules
from keywitness.detect.run import Outcome


def test_a_series_is_numbered_and_timed() -> None:
    case = Case(
        name="x",
        findings=0,
        records=(
            {"time": "2026-03-01T00:00:00Z", "a": 1},
            {"series": 3, "every": "1h", "record": {"time": "2026-03-01T22:30:00Z", "p": {"id": "s{n}", "l": ["{n}"]}}},
        ),
    )
    made = list(records(case))
    assert [r["time"] for r in made[1:]] == [
        "2026-03-01T22:30:00.0000000Z",
        "2026-03-01T23:30:00.0000000Z",
        "2026-03-02T00:30:00.0000000Z",
    ]
    assert made[3]["p"] == {"id": "s2", "l": ["2"]}
    assert made[0]["a"] == 1


def test_watchlists_of_a_case_are_csv_files() -> None:
    case = Case(name="x", findings=0, records=(), watchlists={"vips": ({"Name": 'a, "b"', "Why": ""},)})
    assert watchlists(case) == {"vips": b'Name,Why\n"a, ""b""",\n'}


def test_a_case_may_say_how_severe_its_findings_must_be() -> None:
    rule = load_rules()[0]
    found = finding(rule, "", {"Severity": "low"})
    outcome = Outcome(rule=rule, status="ran", reason="", findings=(found,))
    case = Case(name="x", findings=1, records=())
    severity = found.severity
    assert Verdict(case, outcome).passed
    assert Verdict(msgspec.structs.replace(case, severity=severity.title()), outcome).passed
    assert not Verdict(msgspec.structs.replace(case, severity="High" if severity != "high" else "Low"), outcome).passed
