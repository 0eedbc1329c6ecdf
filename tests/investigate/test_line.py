"""The whole line against the truth of a simulated break-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from keywitness.case import Case
from keywitness.investigate import investigate, make_scope
from keywitness.report.document import Document
from keywitness.score.naming import score

pytestmark = pytest.mark.slow


def rotated(document: Document) -> set[tuple[str, str, str, bool]]:
    return {(e.vault, e.name.lower(), e.version, e.private_key_left) for e in document.exposure if e.rotate_now}


def test_every_step_of_the_truth_is_named(incident: Any) -> None:
    result = score(incident.truth, incident.document, incident.folder)
    assert result.missed == (), result.render()
    assert len(result.steps) >= 10


def test_what_must_be_rotated_is_exactly_what_was_taken(incident: Any) -> None:
    """Neither a missed secret nor one that only its ordinary readers read."""
    taken = {(e.vault, e.name.lower(), e.version, e.private_key) for e in incident.truth.exposed if e.logged}
    assert rotated(incident.document) == taken
    assert len(incident.document.exposure) > len(taken), "ordinary reads are listed too"


def test_no_severe_finding_is_false(incident: Any) -> None:
    result = score(incident.truth, incident.document, incident.folder)
    assert result.unexplained == (), result.render()
    strangers = [f.finding.title for f in result.findings if not f.steps and f.finding.severity in ("high", "medium")]
    assert strangers == []


def test_every_gap_of_the_truth_is_said(incident: Any) -> None:
    said = incident.document.coverage.cannot_conclude
    for gap in incident.truth.gaps:
        assert any(s.startswith((f"{gap.vault} ", f"Logging of {gap.vault} ")) for s in said), gap


def test_no_vault_without_a_gap_is_accused_of_one(incident: Any) -> None:
    gaps = {gap.vault for gap in incident.truth.gaps}
    silent = {v.vault for v in incident.document.coverage.vaults if v.silent_spans or not v.records}
    assert silent <= gaps


def test_the_answer_comes_first(incident: Any) -> None:
    summary = incident.document.summary
    assert "must be treated as taken and rotated now" in summary[0]
    assert any("cannot be excluded" in s for s in summary)
    assert summary[-1].startswith("This rests on ")


def test_every_reference_leads_to_its_bytes(incident: Any) -> None:
    finding = next(f for f in incident.document.findings if f.rule_id == "watched-secret-read")
    (ref,) = finding.rows
    assert b"BreakGlass" in incident.case.show(ref.row).data
    assert ref.source and ref.at.endswith("Z")


def test_the_query_of_a_finding_finds_it_again(incident: Any) -> None:
    finding = next(f for f in incident.document.findings if f.rule_id == "certificate-export-api")
    assert len(incident.case.query(finding.query)) == 1


def test_the_sums_are_those_of_the_case(incident: Any) -> None:
    covered = incident.document.coverage
    for e in covered.evidence:
        assert e.read == e.stored + e.duplicate + e.rejected
    (audit,) = [t for t in covered.tables if t.table == "AzureDiagnostics"]
    assert audit.rows == sum(v.records for v in covered.vaults)
    for v in covered.vaults:
        assert v.records == sum(v.hours)


def test_every_rule_ran(incident: Any) -> None:
    assert {r.status for r in incident.document.coverage.rules} == {"ran"}


def test_the_attackers_sessions_are_told_first(incident: Any) -> None:
    addresses = {a for actor in incident.truth.actors for a in actor.addresses}
    first = incident.document.sessions[0]
    assert first.address in addresses
    assert first.finding_ids
    classes = {s.session_class for s in incident.document.sessions if s.address in addresses}
    assert {"dump-tool", "portal-show-secret", "portal-certificate-download"} <= classes
    mismatches = {m.mismatch for s in incident.document.sessions if s.address in addresses for m in s.mismatches}
    assert "agent-does-not-fit-application" in mismatches, "curl with the CLI's token"


def test_sessions_of_readers_are_shown(incident: Any) -> None:
    """Those of suspicious readers all; of others no id that leads nowhere."""
    shown = {s.id for s in incident.document.sessions}
    for exposed in incident.document.exposure:
        for reader in exposed.readers:
            assert reader.sessions, "every read belongs to a session, whether shown or only counted"
            assert not reader.suspicious or reader.session_ids, reader
            assert set(reader.session_ids) <= shown, reader


def test_a_finding_names_the_sessions_of_its_rows(incident: Any) -> None:
    sessions = {s.id: s for s in incident.document.sessions}
    named = [f for f in incident.document.findings if f.session_ids]
    assert named
    for found in named:
        assert all(found.id in sessions[id].finding_ids for id in found.session_ids if id in sessions), found.title
    told = {id for s in sessions.values() for id in s.finding_ids}
    assert told <= {f.id for f in named}


def test_the_same_case_gives_the_same_document(incident: Any) -> None:
    """Ids and order hold; only then can two reports be compared."""
    from datetime import UTC, datetime

    again = investigate(incident.case, made_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert msgspec.json.encode(again) == msgspec.json.encode(incident.document)


def test_the_document_survives_its_file(incident: Any) -> None:
    saved = msgspec.json.encode(incident.document)
    assert msgspec.json.decode(saved, type=Document) == incident.document


def test_one_identity_is_answered_with_everything_it_read(incident: Any) -> None:
    """Known to be stolen: its ordinary reads count as taken as well."""
    victim = next(a for a in incident.truth.actors if a.role == "victim")
    document = investigate(incident.case, scope=make_scope(identities=[victim.upn]))
    assert {r.identity for e in document.exposure for r in e.readers} == {victim.upn}
    assert all(e.rotate_now for e in document.exposure)
    assert rotated(document) >= rotated(incident.document)
    assert {s.identity for s in document.sessions} == {victim.upn}
    assert any("lie outside of the question" in s for s in document.summary)


def test_one_vault_and_a_time(incident: Any) -> None:
    gap = next(s for s in incident.truth.steps if s.vault and s.object)
    document = investigate(incident.case, scope=make_scope(vaults=[gap.vault], since=gap.at[:19], until=gap.until))
    assert {e.vault for e in document.exposure} <= {gap.vault}
    assert all(gap.vault in s.vaults for s in document.sessions)
    assert document.findings
    assert all(f.last_at >= gap.at[:19] for f in document.findings)


def test_progress_names_its_steps(incident: Any) -> None:
    seen: list[tuple[int, int, str]] = []
    investigate(incident.case, on_progress=lambda *step: seen.append(step))
    assert [s[2] for s in seen] == ["coverage", "rules", "sessions", "exposure", "timeline", "document"]
    assert {s[1] for s in seen} == {6}


def test_a_case_without_evidence_is_answered(case_of: Callable[..., Case]) -> None:
    document = investigate(case_of())
    assert "no audit record of any vault: whether anything was taken cannot be said" in document.summary[0]
    assert any("nothing can be said about reads" in s for s in document.coverage.cannot_conclude)
    assert {r.status for r in document.coverage.rules} == {"not run"}


def test_hostile_names_stay_data(case_of: Callable[..., Case], read_record: Callable[..., Any]) -> None:
    name = "breakglass-%3Cscript%3E'\"=cmd|"
    upn = "<script>alert(1)</script>\x1b[31m{{Identities}}'; drop"
    claim = {"claim": {"oid": "6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01", "upn": upn}}
    document = investigate(case_of(read_record(name, identity=claim)))
    (finding,) = [f for f in document.findings if f.rule_id == "watched-secret-read"]
    assert finding.identities == (upn,)
    assert finding.title.startswith(upn)
    assert document.exposure[0].name == name


def test_a_watch_list_adds_to_the_built_in_names(case_of: Callable[..., Case], read_record: Callable[..., Any]) -> None:
    case = case_of(read_record("payroll"), read_record("BreakGlass1", at="2026-03-02T10:00:01.0000000Z"))
    found = investigate(case, scope=make_scope(watchlist=["PAY*"]))
    watched = {o for f in found.findings if f.rule_id == "watched-secret-read" for o in f.objects}
    assert watched == {"kv-a/payroll", "kv-a/BreakGlass1"}


def test_what_is_left_out_is_said(
    case_of: Callable[..., Case], read_record: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keywitness.investigate.line.SHOWN_OBJECTS", 1)
    case = case_of(*(read_record(f"s{n}", at=f"2026-03-02T10:00:0{n}.0000000Z") for n in range(3)))
    document = investigate(case)
    assert len(document.exposure) == 1
    assert "The report shows the first 1 of 3 object versions; all of them are counted and were searched." in (
        document.coverage.cannot_conclude
    )
