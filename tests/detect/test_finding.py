"""A finding of a row: stable id, words, hostile values as data."""

from __future__ import annotations

from datetime import UTC, datetime

from keywitness.detect.finding import filled, finding, moment, texts, worded
from keywitness.detect.rule import Additions, Rule

RULE = Rule(
    id="r1",
    name="Probe",
    query="",
    severity="High",
    keywitness=Additions(slug="probe", title="{{ Identities }} at {{Addresses}}", what="{{Objects}} {{Nothing}}"),
)
ROW = {
    "Identities": "a@contoso.com",
    "CallerId": "id-1",
    "Addresses": ["203.0.113.1", "203.0.113.2"],
    "Objects": ["kv/x", "kv/y"],
    "FirstAt": "2026-03-01T00:00:00.1234567Z",
    "Rows": ["E1:0", "E1:9", "E1:0"],
}


def test_the_id_depends_on_rule_entities_and_time_only() -> None:
    first = finding(RULE, "q", ROW)
    assert first.id == finding(RULE, "another text", {**ROW, "Rows": [], "Note": 1}).id
    assert first.id == finding(RULE, "q", {**ROW, "Addresses": ["203.0.113.2", "203.0.113.1"]}).id
    assert first.id != finding(RULE, "q", {**ROW, "Objects": ["kv/x"]}).id
    assert first.id != finding(RULE, "q", {**ROW, "FirstAt": "2026-03-02T00:00:00Z"}).id


def test_the_seventh_digit_stays() -> None:
    assert finding(RULE, "q", ROW).first_at == "2026-03-01T00:00:00.1234567Z"
    assert finding(RULE, "q", ROW).last_at == "2026-03-01T00:00:00.1234567Z"


def test_rows_are_named_once() -> None:
    assert finding(RULE, "q", ROW).rows == ("E1:0", "E1:9")


def test_hostile_values_are_data_of_the_sentence() -> None:
    row = {**ROW, "Identities": "{{Objects}}<script>\x1b[31m"}
    assert finding(RULE, "q", row).title == "{{Objects}}<script>\x1b[31m at 203.0.113.1, 203.0.113.2"


def test_a_column_that_is_missing_stays_visible() -> None:
    assert finding(RULE, "q", ROW).what == "kv/x, kv/y {{Nothing}}"


def test_many_values_are_cut_with_their_number() -> None:
    assert worded([f"v{n}" for n in range(9)]) == "v0, v1, v2, v3, v4 and 4 more"
    assert worded([]) == "-"
    assert worded(None) == "-"
    assert worded(3.0) == "3"


def test_texts_and_moments() -> None:
    assert texts(None) == ()
    assert texts(["a", "", None, "a", 1]) == ("a", "1")
    assert moment(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00.000000Z"
    assert filled("{{A}}", {"A": datetime(2026, 3, 1, tzinfo=UTC)}) == "2026-03-01T00:00:00.000000Z"


def test_numbers_come_with_their_noun() -> None:
    row = {"Reads": 1, "Names": 3, "Many": ["a", "b"]}
    assert filled("{{Reads:read}}, {{ Names : name }}", row) == "1 read, 3 names"
    assert filled("{{Nothing:noun}}", row) == "{{Nothing:noun}}"


def test_a_row_may_decide_severity_and_confidence_within_bounds() -> None:
    assert finding(RULE, "q", {**ROW, "Severity": "Low", "Confidence": "Medium"}).severity == "low"
    assert finding(RULE, "q", {**ROW, "Confidence": "medium"}).confidence == "medium"
    odd = finding(RULE, "q", {**ROW, "Severity": "9", "Confidence": "certain"})
    assert (odd.severity, odd.confidence) == ("high", "medium")
