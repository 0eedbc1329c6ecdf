"""Was it read? The four answers, on real evidence; never "no" without proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keywitness.case import Case, create_case
from keywitness.investigate.answer import Answer, Verdict, was_read
from keywitness.investigate.gaps import doubts
from keywitness.investigate.logged import logged
from keywitness.kql.literals import parse_datetime

BASE = "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/"
V1 = "0" * 31 + "1"


def record(at: str, operation: str = "SecretGet", name: str = "other", status: int = 200, vault: str = "kv-a") -> Any:
    uri = f"https://{vault}.vault.azure.net/secrets/{name}" if name else f"https://{vault}.vault.azure.net/secrets"
    properties = {"clientInfo": "curl/8", "requestUri": f"{uri}?api-version=7.4", "httpStatusCode": status}
    if name:
        properties["id"] = f"{uri}/{V1}"
    return {
        "time": f"2026-03-{at}.0000000Z",
        "category": "AuditEvent",
        "operationName": operation,
        "operationVersion": "7.4",
        "resultType": "Success",
        "resultSignature": "OK",
        "durationMs": "20",
        "callerIpAddress": "198.51.100.20",
        "correlationId": f"{operation}-{name}-{at}",
        "identity": {"claim": {"oid": "6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01", "upn": "alice@contoso.com"}},
        "properties": properties,
        "resourceId": BASE + vault.upper(),
    }


def setting(at: str, operation: str, **properties: Any) -> Any:
    return {
        "time": f"2026-03-{at}.0000000Z",
        "category": "Administrative",
        "operationName": f"MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/{operation}",
        "resultType": "Success",
        "resultSignature": "Succeeded.OK",
        "durationMs": "0",
        "callerIpAddress": "198.51.100.20",
        "correlationId": f"aaaaaaaa-0000-0000-0000-0000000000{at[3:5]}",
        "level": "Information",
        "identity": {"claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "mallory@contoso.com"}},
        "properties": properties,
        "resourceId": BASE + "KV-A/PROVIDERS/MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/AUDIT",
    }


def hours(*wanted: int, day: str = "02") -> list[Any]:
    return [record(f"{day}T{hour:02}:{minute}:00") for hour in wanted for minute in (10, 50)]


def tick(at: str) -> int:
    return parse_datetime(f"2026-03-{at}Z") or 0


def case_in(folder: Path, *records: Any) -> Case:
    (folder / "evidence.json").write_text("".join(f"{json.dumps(r)}\n" for r in records), encoding="utf-8")
    case = create_case(folder / "case")
    case.ingest([folder / "evidence.json"])
    return case


def answer(case: Case, *span: str, name: str = "db", vault: str = "kv-a") -> Answer:
    since, until = (tick(s) for s in span) if span else (None, None)
    (found,) = was_read(case, [(vault, name)], logged(case), since=since, until=until)
    return found


@pytest.fixture
def case_of(tmp_path: Path) -> Callable[..., Case]:
    return lambda *records: case_in(tmp_path, *records)


def test_yes_names_the_reads(case_of: Callable[..., Case]) -> None:
    found = answer(case_of(*hours(8, 9, 10), record("02T09:30:00", name="DB"), record("02T09:31:00", name="db")))
    assert (found.verdict, found.reads, len(found.rows)) == (Verdict.YES, 2, 2)
    assert found.readers == ("alice@contoso.com from 198.51.100.20 (SecretGet)",)
    assert found.sentence == (
        "Yes: kv-a/db was read 2 times (2026-03-02 09:30:00 UTC to 2026-03-02 09:31:00 UTC) by alice@contoso.com from"
        " 198.51.100.20 (SecretGet)."
    )


def test_no_only_with_every_hour(case_of: Callable[..., Case]) -> None:
    case = case_of(*hours(8, 9, 10), record("02T09:30:00", name="db", status=403))
    found = answer(case)
    assert found.verdict is Verdict.NO
    assert found.sentence == (
        "No: the log of kv-a was complete from 2026-03-02 08:10:00 UTC to 2026-03-02 10:50:00 UTC, and no read of db is"
        " in it."
    )
    assert answer(case, "02T08:30:00", "02T10:00:00").verdict is Verdict.NO
    assert answer(case, "02T07:00:00", "02T10:00:00").verdict is Verdict.GAP
    assert answer(case, "02T08:30:00", "02T12:00:00").verdict is Verdict.GAP


def test_an_hour_without_records_is_a_gap_and_yes_tells_it_too(case_of: Callable[..., Case]) -> None:
    case = case_of(*hours(8, 10), record("02T10:30:00", name="seen"))
    found = answer(case)
    assert found.verdict is Verdict.GAP
    assert found.sentence == (
        "Not seen, but it cannot be excluded that db was read: the log of kv-a has a gap from 2026-03-02 08:50:00 UTC"
        " to 2026-03-02 10:10:00 UTC (no record of the vault), in all 1.3 of 2.7 hours."
    )
    assert "There may be more: the log of kv-a has a gap" in answer(case, name="seen").sentence


def test_no_log(case_of: Callable[..., Case]) -> None:
    case = case_of(*hours(8))
    assert answer(case, vault="kv-unknown").verdict is Verdict.NO_LOG
    found = answer(case, "05T00:00:00", "06T00:00:00")
    assert found.verdict is Verdict.NO_LOG
    assert "has no record of kv-a from 2026-03-05 00:00:00 UTC" in found.sentence


def test_a_request_that_hands_out_an_object_without_name_forbids_no(case_of: Callable[..., Case]) -> None:
    found = answer(case_of(*hours(8, 9), record("02T08:30:00", name="")))
    assert (found.verdict, found.unnamed, len(found.rows)) == (Verdict.GAP, 1, 1)
    assert "1 request hands out an object of the vault and names none" in found.sentence


def test_a_backup_of_a_certificate_or_key_of_that_name_counts(case_of: Callable[..., Case]) -> None:
    assert answer(case_of(*hours(8), record("02T08:30:00", "KeyBackup", name="db"))).verdict is Verdict.YES


def test_a_deleted_setting_spoils_its_hour_although_records_stand_in_it(case_of: Callable[..., Case]) -> None:
    """Off at 09:20 and on again at 09:40: the hour has records, and twenty minutes without logging."""
    found = answer(case_of(*hours(8, 9, 10), setting("02T09:20:00", "DELETE")))
    assert found.verdict is Verdict.GAP
    assert found.gaps[0].reasons == ("a diagnostic setting of the vault was deleted or changed",)


def test_a_setting_that_keeps_the_audit_log_spoils_nothing(case_of: Callable[..., Case]) -> None:
    logs = {"properties": {"logs": [{"category": "AuditEvent", "enabled": True}]}}
    case = case_of(*hours(8, 9, 10), setting("02T09:20:00", "WRITE", requestbody=json.dumps(logs)))
    assert answer(case).verdict is Verdict.NO
    assert [s.act for s in logged(case)["kv-a"].settings] == ["written"]


def test_a_setting_that_takes_the_audit_log_away_is_a_change(case_of: Callable[..., Case]) -> None:
    logs = {"properties": {"logs": [{"category": "AuditEvent", "enabled": False}]}}
    case = case_of(*hours(8, 9, 10), setting("02T09:20:00", "WRITE", requestbody=json.dumps(logs)))
    assert answer(case).verdict is Verdict.GAP


def test_records_that_could_not_be_read_forbid_no(tmp_path: Path) -> None:
    lines = [*map(json.dumps, hours(8, 9, 10)), '{"time": "2026-03-02T09:30:00Z", "category": "AuditEvent"']
    (tmp_path / "evidence.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path / "evidence.json"])
    assert logged(case)["kv-a"].unreadable == 1
    found = answer(case)
    assert found.verdict is Verdict.GAP
    assert "records of that time could not be read" in found.sentence


def blob(folder: Path, hour: int, *records: Any) -> None:
    place = folder / f"insights-logs-auditevent/resourceId={BASE}KV-A/y=2026/m=03/d=02/h={hour:02}/m=00"
    place.mkdir(parents=True)
    (place / "PT1H.json").write_text("".join(f"{json.dumps(r)}\n" for r in records), encoding="utf-8")


def test_an_hour_whose_file_is_missing_is_not_proven_by_late_records(tmp_path: Path) -> None:
    """A record of 09:58 that arrived after ten stands in the file of ten: it does not prove the hour from nine."""
    blob(tmp_path / "logs", 8, *hours(8))
    blob(tmp_path / "logs", 10, record("02T09:58:00"), *hours(10))
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path / "logs"])
    found = answer(case)
    assert found.verdict is Verdict.GAP
    assert "the storage has no file of it" in found.sentence
    assert logged(case)["kv-a"].missing == (tick("02T09:00:00"),)


def test_both_tables_of_a_workspace_are_told(tmp_path: Path) -> None:
    """The destination type was changed: old rows stay in the one table, new ones come into the other."""
    old = {
        "TimeGenerated": "2026-03-02T08:10:00Z", "ResourceProvider": "MICROSOFT.KEYVAULT", "Category": "AuditEvent",
        "OperationName": "SecretGet", "Resource": "KV-A", "ResourceId": BASE + "KV-A", "httpStatusCode_d": 200,
        "requestUri_s": "https://kv-a.vault.azure.net/secrets/a", "CorrelationId": "c1", "Type": "AzureDiagnostics",
    }  # fmt: skip
    new = {
        "TimeGenerated": "2026-03-02T09:10:00Z", "OperationName": "SecretGet", "_ResourceId": (BASE + "kv-a").lower(),
        "HttpStatusCode": 200, "RequestUri": "https://kv-a.vault.azure.net/secrets/a", "CorrelationId": "c2",
        "CallerIpAddress": "192.0.2.1", "Type": "AZKVAuditLogs",
    }  # fmt: skip
    for name, row in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps([row]), encoding="utf-8")
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path / "old.json", tmp_path / "new.json"])
    known = logged(case)["kv-a"]
    assert [(t.table, t.hours) for t in known.tables] == [("AZKVAuditLogs", 1), ("AzureDiagnostics", 1)]
    (said,) = doubts({"kv-a": known})
    assert "kv-a has rows of two tables" in said
    assert answer(case).verdict is Verdict.NO


def test_an_export_of_the_workspace_covers_a_missing_file(tmp_path: Path) -> None:
    blob(tmp_path / "logs", 8, *hours(8))
    blob(tmp_path / "logs", 10, *hours(10))
    case = case_in(tmp_path, *hours(9))
    case.ingest([tmp_path / "logs"])
    assert answer(case).verdict is Verdict.NO


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    present=st.sets(st.integers(0, 23), min_size=1),
    since=st.integers(0, 23),
    length=st.integers(1, 24),
    read_at=st.none() | st.integers(0, 23),
)
def test_never_no_when_an_hour_lacks_proof(
    tmp_path_factory: pytest.TempPathFactory, present: set[int], since: int, length: int, read_at: int | None
) -> None:
    """Whole evidence through the real decoder; the truth is counted by hand."""
    records = hours(*sorted(present)) + ([record(f"02T{read_at:02}:30:00", name="db")] if read_at is not None else [])
    case = case_in(tmp_path_factory.mktemp("answer"), *records)
    end = since + length
    until = f"02T{end:02}:00:00" if end < 24 else f"03T{end - 24:02}:00:00"
    found = answer(case, f"02T{since:02}:00:00", until)
    with_records = present | ({read_at} if read_at is not None else set())
    wanted = set(range(since, end))
    if read_at in wanted:
        assert found.verdict is Verdict.YES
    elif not wanted & with_records and (max(wanted) < min(with_records) or min(wanted) > max(with_records)):
        assert found.verdict is Verdict.NO_LOG
    elif found.verdict is Verdict.NO:
        assert wanted <= with_records
    else:
        assert found.verdict is Verdict.GAP
