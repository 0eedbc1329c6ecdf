"""Exports beside logs: the report says who could, what it opens, what is not as it should be."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from keywitness.case import Case, create_case
from keywitness.detect.rule_files import load_rules
from keywitness.investigate import investigate
from keywitness.report.renderers.html import render

PRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
APP = "a2000000-0000-4000-8000-000000000002"
SP = "b2000000-0000-4000-8000-000000000002"
MALLORY = "6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01"
GROUP = "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-it"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
MADE_AT = datetime(2026, 4, 1, tzinfo=UTC)
RULES = [r for r in load_rules() if r.slug.startswith("certificate-export")]


def vault(name: str = "kv-it") -> dict[str, Any]:
    return {
        "id": VAULT.replace("kv-it", name),
        "name": name,
        "type": "Microsoft.KeyVault/vaults",
        "location": "westeurope",
        "resourceGroup": "rg",
        "properties": {
            "tenantId": APP,
            "vaultUri": f"https://{name}.vault.azure.net/",
            "enableRbacAuthorization": False,
            "enablePurgeProtection": None,
            "accessPolicies": [{"tenantId": APP, "objectId": SP, "permissions": {"secrets": ["get"]}}],
            "sku": {"family": "A", "name": "standard"},
        },
    }


def assignment() -> dict[str, Any]:
    return {
        "id": f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/c1000000-0000-4000-8000-000000000001",
        "name": "c1000000-0000-4000-8000-000000000001",
        "scope": GROUP,
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}",
        "roleDefinitionName": "Contributor",
        "principalId": MALLORY,
        "principalType": "User",
        "principalName": "mallory@contoso.com",
        "type": "Microsoft.Authorization/roleAssignments",
    }


def event(at: str, operation: str, path: str) -> dict[str, Any]:
    uri = f"https://kv-it.vault.azure.net/{path}"
    claims = {"oid": MALLORY, "upn": "mallory@contoso.com", "scp": "user_impersonation", "appid": APP}
    return {
        "time": at,
        "category": "AuditEvent",
        "operationName": operation,
        "operationVersion": "7.4",
        "resultType": "Success",
        "correlationId": at,
        "callerIpAddress": "203.0.113.66",
        "identity": {"claim": claims},
        "resourceId": VAULT.upper(),
        "properties": {"id": uri, "requestUri": uri, "httpStatusCode": 200, "clientInfo": "python-requests/2.31"},
    }


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    events = [
        event("2026-03-09T02:10:00Z", "CertificateList", "certificates"),
        event("2026-03-09T02:10:30Z", "SecretGet", "secrets/graph-app/0123456789abcdef0123456789abcdef"),
    ]
    (tmp_path / "logs.json").write_text("\n".join(map(json.dumps, events)))
    return tmp_path


def case_of(folder: Path) -> Case:
    made = create_case(folder / "case")
    assert made.ingest(sorted(folder.glob("*.json"))).counts.rejected == 0
    return made


def test_without_exports_the_report_has_no_such_part(logs: Path) -> None:
    document = investigate(case_of(logs), made_at=MADE_AT, rules=RULES)
    assert document.estate is None
    assert b'id="estate"' not in render(document)


def test_exports_beside_logs(logs: Path) -> None:
    key = {"customKeyIdentifier": base64.b64encode(bytes.fromhex(PRINT)).decode(), "keyId": SP, "usage": "Verify"}
    application = {"id": MALLORY, "appId": APP, "displayName": "<script>graph-app", "keyCredentials": [key]}
    context = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications"}
    certificate = {"id": "https://kv-it.vault.azure.net/certificates/graph-app", "x509ThumbprintHex": PRINT}
    (logs / "apps.json").write_text(json.dumps({**context, "value": [{**application, "passwordCredentials": []}]}))
    (logs / "certificates.json").write_text(json.dumps([{**certificate, "attributes": {"enabled": True}}]))
    (logs / "vault.json").write_text(json.dumps(vault()))
    (logs / "roles.json").write_text(json.dumps([assignment()]))
    document = investigate(case_of(logs), made_at=MADE_AT, rules=RULES)
    estate = document.estate
    assert estate is not None
    assert estate.at == min(f.first_at for f in document.findings if f.severity in ("high", "medium"))
    (access,) = estate.access
    assert (access.vault, access.model, access.readers) == ("kv-it", "access policies", 1)
    assert [(p.vault, p.principal) for p in estate.paths] == [("kv-it", "mallory@contoso.com")]
    assert "vaults/write" in estate.paths[0].sentence or "accessPolicies/write" in estate.paths[0].sentence
    assert [(b.kind, b.certainty) for b in estate.blast][:3] == [(k, "proven") for k in ("opens", "before", "taken")]
    assert "purge-protection" in {f.check for f in estate.posture}
    assert any("DiagnosticSettings" in reason for reason in estate.not_judged), "no export is no pass"
    assert [(v.vault, v.state) for v in estate.logging] == [("kv-it", "unknown")]
    page = render(document).decode()
    assert 'id="estate"' in page
    assert "<script>graph-app" not in page
    assert 'class="access"' in page


def test_of_many_vaults_those_of_the_incident_are_told_and_the_rest_is_counted(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others come first by name and by figures; the page must not list them all."""
    monkeypatch.setattr("keywitness.investigate.estate.SHOWN_VAULTS", 2)
    monkeypatch.setattr("keywitness.investigate.estate.VAULTS_WITH_WAYS", 1)
    (logs / "vaults.json").write_text(json.dumps([vault(f"kv-a{number}") for number in range(5)] + [vault()]))
    (logs / "roles.json").write_text(json.dumps([assignment()]))
    document = investigate(case_of(logs), made_at=MADE_AT, rules=RULES)
    estate = document.estate
    assert estate is not None
    assert [v.vault for v in estate.access] == ["kv-it", "kv-a0"]
    assert {p.vault for p in estate.paths} == {"kv-it"}
    assert (estate.vaults, estate.logging_states, len(estate.logging)) == (6, {"unknown": 6}, 2)
    page = render(document).decode()
    section = page[page.index('<section id="estate"') : page.index('<section id="custody"')]
    assert "4 vaults more" in section
    assert "4 vaults are not listed here" in section
    assert "kv-a3" not in section[: section.index('id="posture"')]
