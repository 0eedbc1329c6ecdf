"""Rules see the same in every shape of the audit log: both tables as exported, both spellings of claims.

Rules read a vault's log through `KeyVaultEvents()` alone, so the shapes are compared there, over the records of all
proofs at once.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from keywitness.case import create_case
from keywitness.detect.proof import records
from keywitness.detect.rule_files import load_rules
from keywitness.model.content import content

LONG = {
    "oid": "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "upn": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
}
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Columns of the resource-specific table, by the property of a record that fills them.
PROPERTIES = {
    "id": "Id",
    "clientInfo": "ClientInfo",
    "requestUri": "RequestUri",
    "httpStatusCode": "HttpStatusCode",
    "secretProperties": "SecretProperties",
    "keyProperties": "KeyProperties",
    "certificateProperties": "CertificateProperties",
}
#: What a record says of a change of the vault; the table holds it in one column.
CHANGES = ("addedAccessPolicy", "removedAccessPolicy", "addedIpRule", "removedIpRule")
#: What rules see. `Row` is where a record stands.
SEEN = "KeyVaultEvents() | project-away Row"


def _raw(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return record


def _long_claims(record: Mapping[str, Any]) -> dict[str, Any]:
    """The claims under their long names, as records before 2020 and of the control plane have them."""
    claims = {LONG.get(name, name): value for name, value in (record.get("identity") or {}).get("claim", {}).items()}
    return {**record, "identity": {"claim": claims}}


def _resource_specific(record: Mapping[str, Any]) -> dict[str, Any]:
    """A row of AZKVAuditLogs."""
    properties = record.get("properties") or {}
    known = {PROPERTIES[name]: value for name, value in properties.items() if name in PROPERTIES}
    settings = properties.get("properties") or {}
    for name in ("enableRbacAuthorization", "networkAcls"):
        if name in settings:
            known[name[:1].upper() + name[1:]] = settings[name]
    if changes := {name: properties[name] for name in CHANGES if name in properties}:
        known["VaultProperties"] = changes
    return {
        "TenantId": "22222222-2222-2222-2222-222222222222",
        "TimeGenerated": record["time"],
        "OperationName": record["operationName"],
        "OperationVersion": record.get("operationVersion", ""),
        "ResultType": record.get("resultType", ""),
        "ResultSignature": record.get("resultSignature", ""),
        "DurationMs": int(record.get("durationMs", 0)),
        "CallerIpAddress": record.get("callerIpAddress", ""),
        "CorrelationId": record.get("correlationId", ""),
        "Identity": record.get("identity") or {},
        **known,
        "Type": "AZKVAuditLogs",
        "_ResourceId": record["resourceId"].lower(),
    }


def _diagnostics(record: Mapping[str, Any]) -> dict[str, Any]:
    """A row of AzureDiagnostics, in the columns that Azure makes of the record."""
    row: dict[str, Any] = {}
    for column in json.loads(content("tables", "AzureDiagnostics.json").read_text("utf-8"))["columns"]:
        value: Any = record if column.get("path") else None
        for step in column.get("path") or ():
            value = value.get(step) if isinstance(value, dict) else None
        if value is not None and _fits(column["name"], value):
            row[column["name"]] = json.dumps(value, separators=(",", ":")) if isinstance(value, (dict, list)) else value
    resource = record["resourceId"]
    return row | {
        "TimeGenerated": record["time"],
        "ResourceId": resource.upper(),
        "_ResourceId": resource.lower(),
        "Resource": resource.rsplit("/", 1)[1].upper(),
        "ResourceProvider": "MICROSOFT.KEYVAULT",
        "ResourceType": "VAULTS",
        "Type": "AzureDiagnostics",
    }


def _fits(column: str, value: Any) -> bool:
    """Azure writes a GUID to the column ending in _g, other text to the one in _s."""
    is_guid = isinstance(value, str) and GUID.fullmatch(value.lower()) is not None
    return not (column.endswith("_g") and not is_guid) and not (column.endswith("_s") and is_guid)


Shape = Callable[[Mapping[str, Any]], Mapping[str, Any]]
SHAPES: dict[str, Shape] = {
    "long claims": _long_claims,
    "AZKVAuditLogs": _resource_specific,
    "AZKVAuditLogs, long claims": lambda record: _resource_specific(_long_claims(record)),
    "AzureDiagnostics": _diagnostics,
}


def _proofs() -> list[Mapping[str, Any]]:
    """The audit records of all proofs, each content once."""
    every = (record for rule in load_rules() for case in rule.keywitness.cases for record in records(case))
    vaults = (r for r in every if r.get("category") == "AuditEvent" and "/VAULTS/" in r["resourceId"].upper())
    return list({json.dumps(r, sort_keys=True): r for r in vaults}.values())


def _seen(shape: Shape, folder: Path) -> Counter[str]:
    """How often each row is seen."""
    folder.mkdir()
    file = folder / "audit.json"
    file.write_text("".join(json.dumps(shape(record)) + "\n" for record in _proofs()), encoding="utf-8")
    case = create_case(folder / "case")
    report = case.ingest([file])
    assert report.counts.rejected == 0, report.reasons
    return Counter(json.dumps(row, sort_keys=True, default=str) for row in case.query(SEEN).to_pylist())


def test_rules_read_a_vaults_log_in_one_way() -> None:
    for rule in load_rules():
        assert not re.search(r"\b(AzureDiagnostics|AZKVAuditLogs)\b", rule.query + rule.keywitness.unjudged), rule.slug


def test_no_rule_asks_for_a_name_of_a_person() -> None:
    """Published rules need a user principal name and so never see a service principal or a managed identity."""
    for rule in load_rules():
        assert not re.search(r"isnotempty\((User|Upn)\)", rule.query), rule.slug


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    return _seen(_raw, tmp_path_factory.mktemp("raw") / "raw")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shape_of_the_log_changes_nothing(shape: str, raw: Counter[str], tmp_path: Path) -> None:
    seen = _seen(SHAPES[shape], tmp_path / "shape")
    assert raw.total() > 400
    assert (seen - raw, raw - seen) == (Counter(), Counter())
