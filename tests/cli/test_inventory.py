"""`keywitness inventory`: snapshots, and what is missing by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

SUB = "/subscriptions/00000000-0000-4000-8000-000000000001"
VAULT = {"type": "Microsoft.KeyVault/vaults", "location": "x", "resourceGroup": "g"}
GRANT = {
    "id": f"{SUB}/providers/Microsoft.Authorization/roleAssignments/1",
    "name": "1",
    "type": "Microsoft.Authorization/roleAssignments",
    "scope": SUB,
    "principalId": "g1",
    "principalType": "Group",
    "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c",
}


def vault(name: str, tenant: str | None) -> dict[str, object]:
    properties = {"vaultUri": f"https://{name}.vault.azure.net/", "tenantId": tenant, "accessPolicies": []}
    more = {"properties": properties} if tenant else {}
    return VAULT | {"id": f"{SUB}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/{name}", "name": name} | more


def test_snapshots_and_what_is_missing(keywitness: Callable, tmp_path: Path) -> None:
    files = {
        "vaults.json": {"takenAt": "2026-03-01T00:00:00Z", "value": [vault("a", "t1"), vault("b", "t2")]},
        "list.json": {"takenAt": "2026-03-02T00:00:00Z", "value": [vault("c", None)]},
        "roles.json": {
            "takenAt": "2026-03-02T00:00:00Z",
            "value": [GRANT],
            "nextLink": "https://management.azure.com/x",
        },
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    keywitness("ingest", tmp_path / "case", *(tmp_path / name for name in files))
    done = keywitness("inventory", tmp_path / "case", "--format", "jsonl")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(r["Table"], r["TakenAt"][:10], r["Source"], r["Objects"]) for r in rows] == [
        ("KeyVaults", "2026-03-01", "az", 2),
        ("KeyVaults", "2026-03-02", "az", 1),
        ("RoleAssignments", "2026-03-02", "az", 1),
    ]
    for remark in (
        "1 vaults are only listed, without properties and access policies: `az keyvault show` is needed",
        "1 assigned roles have no definition here",
        "of 1 groups with roles no member is known",
        "no DiagnosticSettings: `az monitor diagnostic-settings list`",
        "exports of 2 tenants are mixed: t1 (1 objects), t2 (1 objects)",
        "roles.json: another page follows",
    ):
        assert remark in done.err, done.err


def test_a_case_of_logs_has_none(keywitness: Callable, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"value": []}')
    keywitness("ingest", tmp_path / "case", tmp_path / "x.json")
    done = keywitness("inventory", tmp_path / "case", "--format", "jsonl")
    assert (done.code, done.out) == (0, "")
    assert "no KeyVaults: `az keyvault list`" in done.err
