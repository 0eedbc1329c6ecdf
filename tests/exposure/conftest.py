"""Small cases of raw audit records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywitness.case import Case, create_case

VAULT = "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/"
CLAIM = {
    "oid": "6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01",
    "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "scp": "user_impersonation",
    "upn": "alice@contoso.com",
}


def raw(operation: str, path: str, *, status: int = 200, at: str = "10:00:00", vault: str = "kv-a", **more: Any) -> Any:
    """A raw audit record of alice at the CLI; `more` replaces fields, `id` and `type` set properties."""
    properties = {
        "clientInfo": "AZURECLI/2.60.0",
        "requestUri": f"https://{vault}.vault.azure.net/{path}?api-version=7.4",
        "httpStatusCode": status,
    }
    if more.get("id"):
        properties["id"] = f"https://{vault}.vault.azure.net/{more.pop('id')}"
    if more.get("type"):
        properties["secretProperties"] = {"type": more.pop("type")}
    return {
        "time": f"2026-03-02T{at}.0000000Z",
        "category": "AuditEvent",
        "operationName": operation,
        "operationVersion": "7.4",
        "resultType": "Success",
        "resultSignature": "OK",
        "durationMs": "20",
        "callerIpAddress": "198.51.100.20",
        "correlationId": f"{operation}-{path}-{at}",
        "identity": {"claim": CLAIM},
        "properties": properties,
        "resourceId": VAULT + vault.upper(),
        **more,
    }


@pytest.fixture
def record() -> Callable[..., Any]:
    """Makes a raw audit record."""
    return raw


@pytest.fixture
def case_of(tmp_path: Path) -> Callable[..., Case]:
    """Makes a case of raw records."""

    def make(*records: Any) -> Case:
        (tmp_path / "evidence.json").write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
        case = create_case(tmp_path / "case")
        report = case.ingest([tmp_path / "evidence.json"])
        assert report.counts.rejected == 0, report.reasons
        return case

    return make
