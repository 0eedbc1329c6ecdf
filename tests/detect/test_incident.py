"""Findings as stories: what belongs together, and what must not."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from keywitness.detect.finding import Finding, finding
from keywitness.detect.incident import Incident, incidents
from keywitness.detect.rule import Rule


def found(day: int, *, rule: str = "r", severity: str = "Medium", tactic: str = "Discovery", **row: Any) -> Finding:
    made = Rule(id=rule, name=rule, query="", severity=severity, tactics=(tactic,))
    return finding(made, "", {"FirstAt": f"2026-03-{day:02}T00:00:00.0000000Z", **row})


def stories(*findings: Finding) -> list[list[str]]:
    return [[f.rule.id for f in incident.findings] for incident in incidents(findings)]


def test_one_caller_is_one_story_in_time_order() -> None:
    late = found(3, rule="late", Identities="a@contoso.com", CallerId="1")
    assert stories(late, found(1, rule="early", Identities="A", CallerId="1")) == [["early", "late"]]


def test_material_joins_two_callers() -> None:
    """Whoever uses what another one read is the same story: a join on the caller alone would tear it apart."""
    read = found(1, rule="read", CallerId="1", Objects="kv/certificate")
    used = found(2, rule="used", CallerId="2", Objects=["kv/certificate", "kv/other"])
    (incident,) = incidents([used, read])
    assert [f.rule.id for f in incident.findings] == ["read", "used"]
    assert incident.links == ("the object kv/certificate",)


def test_an_address_of_one_actor_joins_and_that_of_an_office_does_not() -> None:
    assert stories(*(found(1, rule=str(n), CallerId=str(n), Addresses="203.0.113.1") for n in range(3))) == [
        ["0", "1", "2"]
    ]
    assert len(stories(*(found(1, rule=str(n), CallerId=str(n), Addresses="203.0.113.1") for n in range(4)))) == 4


def test_a_long_silence_ends_a_story() -> None:
    assert len(stories(found(1, CallerId="1"), found(20, CallerId="1"))) == 2
    assert len(stories(found(1, CallerId="1"), found(7, CallerId="1"), found(13, CallerId="1"))) == 1


def test_a_story_has_the_worst_severity_and_its_tactics_in_order() -> None:
    (incident,) = incidents(
        [
            found(2, severity="High", tactic="CredentialAccess", CallerId="1", Vaults="kv-a"),
            found(1, severity="Low", tactic="Discovery", CallerId="1", Vaults=["kv-b", "kv-a"]),
        ]
    )
    assert (incident.severity, incident.tactics) == ("high", ("Discovery", "CredentialAccess"))
    assert incident.all("vaults") == ("kv-a", "kv-b")


def test_the_id_is_that_of_the_same_evidence() -> None:
    first = incidents([found(1, CallerId="1"), found(2, CallerId="1")])[0].id
    assert first == incidents([found(2, CallerId="1"), found(1, CallerId="1")])[0].id


@given(st.lists(st.tuples(st.integers(1, 28), st.sampled_from("abc"), st.sampled_from("xyz")), max_size=12))
def test_every_finding_stands_in_exactly_one_story(rows: list[tuple[int, str, str]]) -> None:
    findings = [found(day, rule=str(n), CallerId=who, Objects=what) for n, (day, who, what) in enumerate(rows)]
    told: tuple[Incident, ...] = incidents(findings)
    assert sorted(f.rule.id for i in told for f in i.findings) == sorted(f.rule.id for f in findings)
    assert all(i.findings == tuple(sorted(i.findings, key=lambda f: (f.first_at, f.id))) for i in told)
