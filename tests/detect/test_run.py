"""Running rules: what did not run is said, never silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from keywitness.detect.rule import Additions, Override, Rule
from keywitness.detect.run import run_rules, weight
from keywitness.engine.query import Needs, needs, query


class Printed:
    """Answers queries that need no table with the real engine."""

    def query(self, text: str, *, now: Any = None, limits: Any = None, window: Any = None) -> Any:
        return query(text, now=now, window=window)

    def needs(self, text: str) -> Needs:
        return needs(text)

    def table_facts(self) -> list[Any]:
        return []


def rule(text: str, ours: Mapping[str, Any] | None = None, **fields: Any) -> Rule:
    additions = Additions(slug="probe", **{"tables": ("AzureDiagnostics",), **(ours or {})})
    return Rule(id="r1", name="Probe", query=text, severity="Medium", keywitness=additions, **fields)


ROWS = """datatable(Identities: string, FirstAt: datetime, Severity: string) [
    "a", datetime(2026-03-02), "",
    "b", datetime(2026-03-01), "High"]"""
PRESENT = frozenset({"AzureDiagnostics"})


def test_every_row_is_a_finding_worst_first() -> None:
    (outcome,) = run_rules(Printed(), [rule(ROWS)], present=PRESENT)
    assert outcome.status == "ran"
    assert [(f.severity, f.identities) for f in outcome.findings] == [("high", ("b",)), ("medium", ("a",))]


def test_a_rule_without_its_table_does_not_run_and_says_so() -> None:
    (outcome,) = run_rules(Printed(), [rule(ROWS)], present=frozenset())
    assert (outcome.status, outcome.findings) == ("not run", ())
    assert outcome.reason == "no rows in AzureDiagnostics"


def test_a_rule_that_needs_any_table_runs_with_one_and_says_which_is_missing() -> None:
    either = rule(ROWS, {"tables": ("AzureDiagnostics", "AzureActivity"), "needs": "any"})
    (outcome,) = run_rules(Printed(), [either], present=PRESENT)
    assert outcome.status == "ran"
    assert outcome.reason == "without AzureActivity, which has no rows"


def test_the_view_of_vault_events_has_the_rows_of_its_table() -> None:
    """Rules for AZKVAuditLogs would not run on a case full of its events, because nothing is stored under that name."""
    view = rule("AZKVAuditLogs", {"tables": ("AZKVAuditLogs",)})
    (outcome,) = run_rules(Printed(), [view], present=frozenset())
    assert (outcome.status, outcome.reason) == ("not run", "no rows in AzureDiagnostics")
    (outcome,) = run_rules(Printed(), [rule(ROWS, {"tables": ("AZKVAuditLogs",)})], present=PRESENT)
    assert outcome.status == "ran"


def test_a_refused_query_is_a_failed_rule_with_its_reason() -> None:
    (outcome, other) = run_rules(Printed(), [rule("print 1 | whree x"), rule(ROWS)], present=PRESENT)
    assert outcome.status == "failed"
    assert "whree" in outcome.reason
    assert other.status == "ran", "one broken rule must not stop the others"


def test_the_trigger_of_sentinel_counts() -> None:
    (three,) = run_rules(Printed(), [rule(ROWS, trigger_threshold=2)], present=PRESENT)
    assert three.findings == ()
    (less,) = run_rules(Printed(), [rule(ROWS, trigger_operator="lt", trigger_threshold=3)], present=PRESENT)
    assert len(less.findings) == 2


def test_equal_rows_are_one_finding() -> None:
    (outcome,) = run_rules(Printed(), [rule(f"let T = {ROWS}; union T, T")], present=PRESENT)
    assert len(outcome.findings) == 2


def test_those_who_cannot_be_judged_are_named() -> None:
    shy = rule(ROWS, {"unjudged": 'print Note = "too little history for c"'})
    (outcome,) = run_rules(Printed(), [shy], present=PRESENT)
    assert outcome.notes == ("too little history for c",)


def test_entity_mappings_of_a_sentinel_rule_are_read() -> None:
    mapping = [
        {"entityType": "Account", "fieldMappings": [{"identifier": "FullName", "columnName": "Who"}]},
        {"entityType": "IP", "fieldMappings": [{"identifier": "Address", "columnName": "Where"}]},
    ]
    made = msgspec.convert(
        {
            "id": "s1",
            "name": "Published",
            "severity": "Low",
            "query": 'print Who = "u@contoso.com", Where = "203.0.113.1", timestamp = datetime(2026-03-01)',
            "entityMappings": mapping,
        },
        Rule,
    )
    (outcome,) = run_rules(Printed(), [made], present=PRESENT)
    (found,) = outcome.findings
    assert (found.identities, found.addresses, found.severity) == (("u@contoso.com",), ("203.0.113.1",), "low")
    assert found.first_at == "2026-03-01T00:00:00.0000000Z"
    assert found.title == "Published"


def test_a_format_of_sentinel_fills_the_title() -> None:
    override = Override(alert_display_name_format="Seen: {{Identities}}")
    bare = Rule(id="r2", name="x", query=ROWS, severity="Low", alert_details_override=override)
    (outcome,) = run_rules(Printed(), [bare], present=PRESENT)
    assert {f.title for f in outcome.findings} == {"Seen: a", "Seen: b"}


def test_severities_have_an_order() -> None:
    assert weight("high") < weight("medium") < weight("low") < weight("informational") < weight("odd")


def test_a_rule_that_finds_everything_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keywitness.detect.run.MOST_FINDINGS", 1)
    (outcome,) = run_rules(Printed(), [rule(ROWS)], present=PRESENT)
    assert [f.severity for f in outcome.findings] == ["high"], "the worst is kept"
    assert outcome.reason == "and found 2 times; only the worst 1 findings are kept"
