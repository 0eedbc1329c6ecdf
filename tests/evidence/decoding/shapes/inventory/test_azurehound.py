"""AzureHound: grants, members and owners out of its lists, ids in capitals, and the vault id under a machine's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.evidence.conftest import Loaded, load_paths

VAULT = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV"
GRANT = {
    "id": f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/1",
    "name": "1",
    "type": "Microsoft.Authorization/roleAssignments",
    "properties": {"roleDefinitionId": "/providers/x/roleDefinitions/r", "principalId": "P1", "scope": VAULT},
}


def load(tmp_path: Path, *records: dict[str, Any]) -> Loaded:
    meta = {"type": "azure", "version": 5, "count": len(records)}
    (tmp_path / "hound.json").write_text(json.dumps({"data": list(records), "meta": meta}))
    loaded = load_paths(tmp_path)
    loaded.check_sums()
    assert loaded.rejected == []
    return loaded


def test_a_vault_and_its_policies(tmp_path: Path) -> None:
    vault = {"id": VAULT, "name": "kv", "type": "Microsoft.KeyVault/vaults", "properties": {"vaultUri": "https://kv/"}}
    policy = {"objectId": "P1", "tenantId": "t", "permissions": {"secrets": ["Get"]}, "keyVaultId": VAULT}
    loaded = load(tmp_path, {"kind": "AZKeyVault", "data": vault}, {"kind": "AZKeyVaultAccessPolicy", "data": policy})
    assert loaded.rows["KeyVaults"][0]["VaultId"] == VAULT
    row = loaded.rows["VaultAccessPolicies"][0]
    assert (row["VaultId"], row["ObjectId"], row["SnapshotSource"]) == (VAULT, "P1", "azurehound")
    assert json.loads(row["Permissions"]) == {"secrets": ["Get"]}


def test_one_record_of_many_grants_is_many_rows_at_the_vault(tmp_path: Path) -> None:
    """The trap: the vault's id stands under `virtualMachineId`; a grant without a scope of its own is at that vault."""
    bare = {**GRANT, "id": "/x", "properties": {n: v for n, v in GRANT["properties"].items() if n != "scope"}}
    items = [{"roleAssignment": g, "virtualMachineId": VAULT} for g in (GRANT, bare)]
    data = {"roleAssignments": items, "virtualMachineId": VAULT}
    rows = load(tmp_path, {"kind": "AZKeyVaultRoleAssignment", "data": data}).rows["RoleAssignments"]
    assert [(r["PrincipalId"], r["Scope"]) for r in rows] == [("P1", VAULT), ("P1", VAULT)]
    assert len({r["_key"] for r in rows}) == 2


def test_owners_of_vaults_are_grants_and_owners_of_applications_are_owners(tmp_path: Path) -> None:
    vault = {"owners": [{"owner": GRANT, "keyVaultId": VAULT}], "keyVaultId": VAULT}
    person = {"id": "U1", "displayName": "Ada", "@odata.type": "#microsoft.graph.user"}
    app = {"owners": [{"owner": person, "appId": "A1"}], "appId": "A1"}
    loaded = load(tmp_path, {"kind": "AZKeyVaultOwner", "data": vault}, {"kind": "AZAppOwner", "data": app})
    assert loaded.rows["RoleAssignments"][0]["Scope"] == VAULT
    row = loaded.rows["Owners"][0]
    assert (row["TargetId"], row["TargetType"], row["OwnerId"], row["OwnerType"]) == ("A1", "application", "U1", "user")


def test_members_and_directory_roles(tmp_path: Path) -> None:
    members = {
        "groupId": "G1",
        "members": [{"groupId": "G1", "member": {"id": "U1", "@odata.type": "#microsoft.graph.group"}}],
    }
    role = {"id": "r1", "principalId": "U1", "directoryScopeId": "/"}
    roles = {"roleDefinitionId": "62E90394", "tenantId": "t", "roleAssignments": [role]}
    loaded = load(tmp_path, {"kind": "AZGroupMember", "data": members}, {"kind": "AZRoleAssignment", "data": roles})
    row = loaded.rows["GroupMembers"][0]
    assert (row["GroupId"], row["MemberId"], row["MemberType"]) == ("G1", "U1", "group")
    row = loaded.rows["DirectoryRoleAssignments"][0]
    assert (row["RoleDefinitionId"], row["PrincipalId"], row["State"]) == ("62E90394", "U1", "Active")


def test_an_empty_list_of_grants_is_kept_as_it_came(tmp_path: Path) -> None:
    data = {"roleAssignments": None, "virtualMachineId": VAULT}
    loaded = load(tmp_path, {"kind": "AZKeyVaultRoleAssignment", "data": data})
    assert sum(len(rows) for rows in loaded.rows.values()) == 1
    assert "RoleAssignments" not in loaded.rows
