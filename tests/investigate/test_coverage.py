"""What cannot be concluded is said: odd dates, unlogged vaults, rejected records, missing tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keywitness.case import Case
from keywitness.detect.rule_files import load_rules
from keywitness.detect.run import Outcome
from keywitness.investigate import investigate
from keywitness.investigate.coverage import MOST_HOURS, WANTED, table_coverage, unjudged, vault_hours

ACTIVITY = {
    "time": "2026-03-02T09:00:00.0000000Z",
    "category": "Administrative",
    "operationName": "MICROSOFT.KEYVAULT/VAULTS/WRITE",
    "resultType": "Success",
    "resultSignature": "Succeeded.OK",
    "durationMs": "0",
    "callerIpAddress": "198.51.100.20",
    "correlationId": "aaaaaaaa-0000-0000-0000-000000000001",
    "level": "Information",
    "identity": {"claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "alice@contoso.com"}},
    "properties": {},
}
BASE = "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/"

Make = Callable[..., Any]


def test_a_wrongly_dated_record_does_not_make_the_report_endless(
    case_of: Callable[..., Case], read_record: Make
) -> None:
    document = investigate(case_of(read_record(), read_record(at="2016-01-01T00:00:00.0000000Z")))
    (vault,) = document.coverage.vaults
    assert len(vault.hours) == MOST_HOURS
    assert (vault.records, sum(vault.hours)) == (2, 1)
    assert any(s.startswith("1 audit records are dated before ") for s in document.coverage.cannot_conclude)
    assert document.exposure[0].reads == 2, "it is shown nowhere as an hour, and still counts as a read"


def test_hours_begin_with_the_first_record(case_of: Callable[..., Case], read_record: Make) -> None:
    hours = vault_hours(
        case_of(
            read_record(at="2026-03-02T10:59:59.9999999Z"),
            read_record(at="2026-03-02T11:00:00.0000000Z"),
            read_record(at="2026-03-02T13:30:00.0000000Z"),
        )
    )
    assert np.array_equal(hours.vaults[0].hours, [1, 1, 0, 1])


def test_a_vault_that_only_the_activity_log_names(case_of: Callable[..., Case], read_record: Make) -> None:
    """The vault's own acts do not make it logged; one with audit records is not accused."""
    document = investigate(
        case_of(
            read_record(),
            {**ACTIVITY, "resourceId": BASE + "KV-SILENT"},
            {**ACTIVITY, "resourceId": BASE + "KV-A", "correlationId": "aaaaaaaa-0000-0000-0000-000000000002"},
        )
    )
    assert {v.vault: v.records for v in document.coverage.vaults} == {"kv-a": 1, "kv-silent": 0}
    (said,) = [s for s in document.coverage.cannot_conclude if "no audit records at all" in s]
    assert said.startswith("kv-silent ")


def test_rejected_records_are_shown_and_counted(case_of: Callable[..., Case], read_record: Make) -> None:
    document = investigate(case_of(read_record(), '{"time": "2026' + "x" * 900))
    (rejected,) = document.coverage.rejected
    assert rejected.line == 2
    assert rejected.text.endswith("more characters)")
    assert "1 records could not be read" in " ".join(document.coverage.cannot_conclude)


def test_missing_tables_say_what_cannot_be_seen(case_of: Callable[..., Case], read_record: Make) -> None:
    tables = {t.table: t for t in table_coverage(case_of(read_record()))}
    assert tables["AzureDiagnostics"].rows == 1
    assert tables["AzureDiagnostics"].note == ""
    assert {name for name, t in tables.items() if t.note} == set(WANTED) - {"AzureDiagnostics"}


def test_rules_that_did_not_run_say_why(case_of: Callable[..., Case], read_record: Make) -> None:
    document = investigate(case_of(read_record()))
    runs = {r.rule_id: r for r in document.coverage.rules}
    assert runs["global-administrator-granted"].status == "not run"
    assert runs["global-administrator-granted"].reason == "no rows in AuditLogs"
    assert runs["watched-secret-read"].status == "ran"
    assert "The rule 'Global Administrator granted' could not run: no rows in AuditLogs." in (
        document.coverage.cannot_conclude
    )


def test_what_several_rules_say_of_the_same_callers_is_said_once() -> None:
    rules = load_rules()[:3]
    fact = "2 callers worked on at most 5 days (such as a, b)"
    notes = (f"{fact}: what is new for them cannot be said.", f"{fact}: whether their order is new cannot be said.")
    outcomes = [Outcome(r, "ran", "", (), (n,)) for r, n in zip(rules, (*notes, "Something else."), strict=True)]
    once, other = unjudged(outcomes)
    assert once == (
        f"{fact}: what is unusual for them cannot be said; this holds for the rules "
        f"'{rules[0].name}' and '{rules[1].name}'."
    )
    assert other == "Something else."
    assert unjudged(outcomes[:1]) == [notes[0]]


def test_what_rules_say_alike_keeps_their_words() -> None:
    rules = load_rules()[:2]
    note = "2 principals (such as a, b) are known for less than 3 d 0 h: what is new for them cannot be said."
    outcomes = [Outcome(r, "ran", "", (), (note,)) for r in rules]
    assert unjudged(outcomes) == [
        f"{note.removesuffix('.')}; this holds for the rules '{rules[0].name}' and '{rules[1].name}'."
    ]
