"""Whole simulations: determinism, layout, sums, shapes."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from keywitness.errors import UsageError
from keywitness.lab.columns import TICKS_PER_HOUR, sign_in_id
from keywitness.lab.simulate import DEFAULT_START, SECOND_ACCOUNT, simulate

from .conftest import SHARED, Simulated

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$")


def digest(out: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        whole.update(str(path.relative_to(out)).encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        simulate(tmp_path / name, days=2, vaults=8, seed=seed, events=1_500)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


def test_slices_do_not_change_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run cut into slices of a few hours writes what a run of whole days writes."""
    simulate(tmp_path / "days", days=2, vaults=8, events=3_000)
    monkeypatch.setattr("keywitness.lab.simulate._ROWS_PER_SLICE", 400)
    monkeypatch.setattr("keywitness.lab.simulate._ROWS_PER_CHUNK", 50)
    simulate(tmp_path / "hours", days=2, vaults=8, events=3_000)
    assert digest(tmp_path / "days") == digest(tmp_path / "hours")


def test_counts_are_the_lines_written(article: Simulated) -> None:
    counts = article.truth.counts
    lines = {category: len(records) for category, records in article.records.items()}
    assert lines == counts.by_category
    assert sum(lines.values()) == counts.lines == counts.unique + counts.copies
    raw = Counter(line for path in (article.out / "logs").rglob("PT1H.json") for line in path.read_bytes().splitlines())
    assert len(raw) == counts.unique
    assert counts.files == len(list((article.out / "logs").rglob("PT1H.json")))
    assert counts.copies > 0


def test_events_sets_the_number_of_audit_records(article: Simulated, ordinary: Simulated) -> None:
    assert 0.9 * 7_000 < article.truth.counts.by_category["AuditEvent"] < 1.12 * 7_000
    assert 0.9 * 2_500 < ordinary.truth.counts.by_category["AuditEvent"] < 1.12 * 2_500


def test_blobs_lie_where_azure_puts_them(article: Simulated) -> None:
    hour = r"/y=\d{4}/m=\d\d/d=\d\d/h=\d\d/m=00/PT1H\.json"
    tenant = f"tenantId={article.truth.tenant}"
    shapes = {
        "AuditEvent": rf"({SECOND_ACCOUNT}/)?insights-logs-auditevent/resourceId=/SUBSCRIPTIONS/[0-9A-F-]+/"
        rf"RESOURCEGROUPS/[A-Z0-9-]+/PROVIDERS/MICROSOFT\.KEYVAULT/VAULTS/[A-Z0-9-]+{hour}",
        "Administrative": rf"insights-activity-logs/resourceId=/SUBSCRIPTIONS/[0-9A-F-]+{hour}",
        "AuditLogs": rf"insights-logs-auditlogs/{tenant}{hour}",
        "SignInLogs": rf"insights-logs-signinlogs/{tenant}{hour}",
        "NonInteractiveUserSignInLogs": rf"insights-logs-noninteractiveusersigninlogs/{tenant}{hour}",
        "ServicePrincipalSignInLogs": rf"insights-logs-serviceprincipalsigninlogs/{tenant}{hour}",
        "ManagedIdentitySignInLogs": rf"insights-logs-managedidentitysigninlogs/{tenant}{hour}",
        "MicrosoftGraphActivityLogs": rf"insights-logs-microsoftgraphactivitylogs/{tenant}{hour}",
    }
    assert set(shapes) == set(article.records)
    for category, records in article.records.items():
        for path in {path for path, _ in records}:
            relative = path.relative_to(article.out / "logs").as_posix()
            assert re.fullmatch(shapes[category], relative), relative


def test_late_records_lie_in_the_blob_of_another_hour(article: Simulated) -> None:
    late = 0
    for path, record in article.records["AuditEvent"]:
        parts = dict(part.split("=") for part in path.parts if re.fullmatch(r"[ydh]=\d+", part))
        late += record["time"][8:13] != f"{parts['d']}T{parts['h']}"
    assert late == article.truth.counts.late > 0


def test_every_time_has_seven_digits_and_lies_inside(article: Simulated) -> None:
    for records in article.records.values():
        for _, record in records:
            assert TIME.fullmatch(record["time"])
            assert article.truth.since <= record["time"]
    for record in article.of("AuditEvent"):
        assert record["time"] < article.truth.until


def test_gaps_hold_no_records(article: Simulated) -> None:
    by_vault: dict[str, list[str]] = {}
    for record in article.of("AuditEvent"):
        by_vault.setdefault(record["resourceId"].rsplit("/", 1)[1].lower(), []).append(record["time"])
    assert len(article.truth.gaps) == 4
    for gap in article.truth.gaps:
        assert not [at for at in by_vault.get(gap.vault, []) if gap.since <= at < gap.until], gap


def test_the_silent_vault_is_known_from_the_activity_log(article: Simulated) -> None:
    quiet = next(gap.vault for gap in article.truth.gaps if "Activity Log alone" in gap.why)
    assert quiet.upper() not in {r["resourceId"].rsplit("/", 1)[1] for r in article.of("AuditEvent")}
    written = [r for r in article.of("Administrative") if r["resourceId"].endswith("/" + quiet.upper())]
    assert any(r["operationName"] == "MICROSOFT.KEYVAULT/VAULTS/WRITE" for r in written)


FIELD_ORDER = [
    "time", "category", "operationName", "resultType", "resultDescription", "correlationId", "callerIpAddress",
    "identity", "properties", "resourceId", "operationVersion", "resultSignature", "durationMs",
]  # fmt: skip


def test_audit_records_have_azures_field_order_and_types(article: Simulated) -> None:
    optional = {"resultDescription", "identity"}
    for record in article.of("AuditEvent"):
        assert list(record) == [name for name in FIELD_ORDER if name in record]
        assert set(FIELD_ORDER) - set(record) <= optional
        assert record["resultType"] == "Success"
        assert isinstance(record["durationMs"], str) and record["durationMs"].isdigit()
        assert isinstance(record["properties"]["httpStatusCode"], int)
        assert record["resourceId"] == record["resourceId"].upper()
        both = {"isAccessPolicyMatch", "isRbacAuthorized"} & set(record["properties"])
        assert len(both) <= 1


def test_the_first_operations_of_the_documented_record_shape_are_ours_too(article: Simulated) -> None:
    """Every member of Microsoft's documented record occurs in ours, spelled the same."""
    sample = SHARED / "samples/kv_audit/msdocs/vaultget_records_envelope_2016.json"
    if not sample.exists():
        pytest.skip("the documented sample is not beside this checkout")
    documented = json.loads(sample.read_text(encoding="utf-8"))["records"][0]
    ours = next(
        r for r in article.of("AuditEvent") if r["operationName"] == "VaultGet" and "resultDescription" not in r
    )
    assert set(documented) - {"resultDescription"} == set(ours)
    assert set(documented["properties"]) <= set(ours["properties"])
    assert {type(documented[name]) for name in ("durationMs", "time")} == {str}


def test_activity_records_have_the_shape_of_a_real_one(article: Simulated) -> None:
    sample = SHARED / "samples/activity/otel/administrative-log.json"
    if not sample.exists():
        pytest.skip("the real sample is not beside this checkout")
    real = json.loads(sample.read_text(encoding="utf-8"))["records"][0]
    for record in article.of("Administrative"):
        assert list(record) == list(real)
        assert list(record["identity"]["authorization"]) == list(real["identity"]["authorization"])
        assert list(record["identity"]["authorization"]["evidence"]) == list(
            real["identity"]["authorization"]["evidence"]
        )
        claims, known = record["identity"]["claims"], [*real["identity"]["claims"]]
        shared = [name for name in claims if name in known]
        assert shared == [name for name in known if name in claims], "claims in Azure's order"
        assert record["operationName"] == record["operationName"].upper()
        assert record["resourceId"] == record["resourceId"].upper()


def test_one_act_is_several_activity_records_with_one_correlation(article: Simulated) -> None:
    stages: dict[str, list[str]] = {}
    for record in article.of("Administrative"):
        stages.setdefault(record["correlationId"], []).append(record["resultType"])
    seen = {tuple(found) for found in stages.values()}
    assert seen <= {("Start", "Success"), ("Start", "Accept", "Success"), ("Start", "Failure")}
    assert ("Start", "Accept", "Success") in seen


def test_tokens_in_vault_records_lead_to_sign_ins(article: Simulated) -> None:
    """uti = uniqueTokenIdentifier, iat = sign-in - 300 s; and the sign-in's id is the token id decoded."""
    sign_ins: dict[str, dict[str, Any]] = {}
    for category in article.records:
        if category.endswith("SignInLogs"):
            sign_ins |= {r["properties"]["uniqueTokenIdentifier"]: r for r in article.of(category)}
    joined = 0
    for record in article.of("AuditEvent"):
        claim = record.get("identity", {}).get("claim", {})
        sign_in = sign_ins.get(claim.get("uti", ""))
        if sign_in is None:
            continue
        joined += 1
        created = datetime.fromisoformat(sign_in["properties"]["createdDateTime"][:26] + "+00:00")
        assert int(claim["iat"]) == int(created.timestamp()) - 300
        assert claim["oid"] in (
            sign_in["properties"].get("userId"), sign_in["properties"].get("servicePrincipalId"),
        )  # fmt: skip
        assert record["time"] >= sign_in["properties"]["createdDateTime"][:19]
    assert joined > 0.7 * sum("uti" in r.get("identity", {}).get("claim", {}) for r in article.of("AuditEvent"))
    assert sign_in_id(1).count("-") == 4


ENTRA_ORDER = [
    "time", "resourceId", "operationName", "operationVersion", "category", "tenantId", "resultType",
    "resultSignature", "resultDescription", "durationMs", "callerIpAddress", "correlationId", "identity", "Level",
    "location", "properties",
]  # fmt: skip


@pytest.mark.parametrize(
    "category",
    [
        "AuditLogs",
        "SignInLogs",
        "NonInteractiveUserSignInLogs",
        "ServicePrincipalSignInLogs",
        "ManagedIdentitySignInLogs",
    ],
)
def test_entra_records_have_their_members_in_order(article: Simulated, category: str) -> None:
    for record in article.of(category):
        assert list(record) == [name for name in ENTRA_ORDER if name in record]
        assert record["resourceId"] == f"/tenants/{article.truth.tenant}/providers/Microsoft.aadiam"
        assert record["durationMs"] == 0
        assert record["Level"] == 4


def test_managed_identities_sign_in_without_an_address(article: Simulated) -> None:
    for record in article.of("ManagedIdentitySignInLogs"):
        assert "callerIpAddress" not in record
        assert record["location"] == record["properties"]["ipAddress"] == ""


def test_ordinary_life_has_its_noise(ordinary: Simulated) -> None:
    seen = Counter((r["operationName"], r["properties"]["httpStatusCode"]) for r in ordinary.of("AuditEvent"))
    for expected in (
        ("Authentication", 401), ("VaultGet", 200), ("SecretGet", 200), ("SecretGet", 403), ("SecretGet", 404),
        ("SecretList", 200), ("SecretList", 403), ("KeyUnwrap", 200), ("KeyWrap", 200), ("KeySign", 200),
        ("SecretSet", 200),
    ):  # fmt: skip
        assert seen[expected], expected
    assert {r["callerIpAddress"] for r in ordinary.of("AuditEvent")}.isdisjoint({"203.0.113.66", "203.0.113.147"})
    assert ordinary.truth.steps == ordinary.truth.exposed == ()


def test_all_addresses_are_for_documentation_or_private(article: Simulated) -> None:
    allowed = re.compile(r"^$|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2001:db8:|10\.")
    for records in article.records.values():
        for _, record in records:
            assert allowed.match(record.get("callerIpAddress", ""))


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    simulate(tmp_path, days=2, vaults=8, events=500, on_progress=lambda *it: told.append(it))
    assert told[-1][:2] == (48, 48)
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"vaults": 7}, "8 vaults"),
        ({"days": 0}, "1 day"),
        ({"scenario": "other"}, "no scenario 'other'"),
        ({"events": 0}, "at least 1"),
        ({"start": datetime(2025, 7, 7, 5, tzinfo=UTC)}, "midnight"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        simulate(tmp_path / "x", **changes)
    assert not (tmp_path / "x").exists()


def test_logs_that_are_there_are_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(UsageError, match="holds logs already"):
        simulate(tmp_path, days=1, vaults=8)


def test_a_hundred_thousand_records_take_seconds(tmp_path: Path) -> None:
    """The aim is a million in well under a minute; ten times that margin keeps this test calm on a busy machine."""
    began = time.monotonic()
    truth = simulate(tmp_path, days=1, vaults=8, events=100_000)
    assert truth.counts.by_category["AuditEvent"] > 90_000
    assert time.monotonic() - began < 30


def test_the_default_start_is_a_monday() -> None:
    assert DEFAULT_START.weekday() == 0
    assert TICKS_PER_HOUR == 36_000_000_000
