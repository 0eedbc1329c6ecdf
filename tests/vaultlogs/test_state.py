"""Which vault logs where; nothing is off because nobody exported it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from keywitness.case import Case, create_case
from keywitness.vaultlogs.plan import POLICY
from keywitness.vaultlogs.state import since, vault_logs
from keywitness.vaultlogs.volume import volume

SUB = "/subscriptions/00000000-0000-4000-8000-000000000001"


def id_of(name: str) -> str:
    return f"{SUB}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/{name}"


def listed(name: str) -> dict[str, Any]:
    return {
        "id": id_of(name),
        "name": name,
        "type": "Microsoft.KeyVault/vaults",
        "location": "x",
        "resourceGroup": "rg",
    }


def setting(name: str, **more: Any) -> dict[str, Any]:
    id_ = f"{id_of(name).lower()}/providers/microsoft.insights/diagnosticSettings/audit"
    return {"id": id_, "name": "audit", "type": "Microsoft.Insights/diagnosticSettings", **more}


def read(name: str, time: str) -> dict[str, Any]:
    return {
        "time": time,
        "category": "AuditEvent",
        "operationName": "SecretGet",
        "resultType": "Success",
        "callerIpAddress": "203.0.113.7",
        "correlationId": time,
        "resourceId": id_of(name).upper(),
        "identity": {"claim": {"oid": "00000000-0000-4000-8000-0000000000aa"}},
        "properties": {"httpStatusCode": 200, "id": f"https://{name}.vault.azure.net/secrets/s"},
    }


def act(name: str, operation: str, time: str) -> dict[str, Any]:
    return {
        "time": time,
        "category": "Administrative",
        "operationName": f"MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/{operation}",
        "resultType": "Success",
        "callerIpAddress": "203.0.113.66",
        "correlationId": time,
        "resourceId": f"{id_of(name)}/providers/microsoft.insights/diagnosticSettings/audit".upper(),
        "identity": {"claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "mallory@contoso.com"}},
        "properties": {},
    }


ON = [{"categoryGroup": "audit", "enabled": True}]
RECORDS: list[dict[str, Any]] = [
    *map(listed, ("kv-on", "kv-off", "kv-gone", "kv-silent", "kv-unsaid")),
    setting("kv-on", workspaceId="/w", logAnalyticsDestinationType="Dedicated", storageAccountId="/sa", logs=ON),
    setting("kv-off", workspaceId="/w", logs=[{"category": "AuditEvent", "enabled": False}]),
    {"resourceId": id_of("kv-gone"), "value": []},
    setting("kv-silent", eventHubAuthorizationRuleId="/hub", eventHubName="siem", logs=ON),
    act("kv-on", "WRITE", "2026-01-01T00:00:00Z"),
    act("kv-gone", "DELETE", "2026-01-05T00:00:00Z"),
    *(read("kv-on", f"2026-01-{day:02}T00:00:00Z") for day in range(1, 12)),
    read("kv-gone", "2026-01-04T00:00:00Z"),
    read("kv-log-only", "2026-01-04T00:00:00Z"),
    {
        "id": f"{SUB}/providers/Microsoft.Authorization/policyAssignments/kv-logs",
        "name": "kv-logs",
        "type": "Microsoft.Authorization/policyAssignments",
        "scope": SUB,
        "notScopes": [id_of("kv-off")],
        "enforcementMode": "Default",
        "policyDefinitionId": f"{SUB}/providers/Microsoft.Authorization/policyDefinitions/{POLICY}",
    },
]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder: Path = tmp_path_factory.mktemp("logging")
    (folder / "all.json").write_text("\n".join(map(json.dumps, RECORDS)))
    made = create_case(folder / "case")
    report = made.ingest([folder / "all.json"])
    assert report.counts.rejected == 0, report.reasons
    return made


def test_what_no_export_says_is_unknown(case: Case) -> None:
    assert {v.name: v.state for v in vault_logs(case)} == {
        "kv-on": "on",
        "kv-off": "off",
        "kv-gone": "off",
        "kv-silent": "on",
        "kv-unsaid": "unknown",
        "kv-log-only": "unknown",
    }


def test_destinations_changes_gaps_and_policies(case: Case) -> None:
    vaults = {v.name: v for v in vault_logs(case)}
    on = vaults["kv-on"]
    assert on.settings[0].destinations == (("dedicated", "/w"), ("storage", "/sa"))
    made = since(on, on.settings[0])
    assert made is not None
    assert (made.at[:19], made.identity, made.address) == ("2026-01-01T00:00:00", "mallory@contoso.com", "203.0.113.66")
    assert vaults["kv-silent"].settings[0].destinations == (("event hub", "/hub/siem"),)
    assert "the case has none of them" in vaults["kv-silent"].gaps[0]
    assert any("was deleted at 2026-01-05" in gap and "mallory@contoso.com" in gap for gap in vaults["kv-gone"].gaps)
    assert any("no setting collects audit events now" in gap for gap in vaults["kv-gone"].gaps)
    assert [(p.name, p.excluded) for p in on.policies] == [("kv-logs", False)]
    assert [p.excluded for p in vaults["kv-off"].policies] == [True]


def test_the_volume_is_observed_or_assumed_or_unknown(case: Case) -> None:
    vaults = {v.name: v for v in vault_logs(case)}
    seen = volume(vaults["kv-on"], 1000)
    assert (seen.basis, seen.per_day) == ("observed", pytest.approx(1.1))
    assert seen.cost(2.0) == pytest.approx(1.1 * 1000 * (365.25 / 12) / 1e9 * 2)
    assert volume(vaults["kv-off"], 1000).gb_per_month is None
    assert volume(vaults["kv-off"], 1000, 50).basis == "assumed"
    assert volume(vaults["kv-gone"], 1000).basis == "unknown", "one record tells no rate"
