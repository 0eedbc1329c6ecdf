"""Exported objects become rows of their tables, whoever exported them, and nothing is guessed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.conftest import Loaded, load_paths

from keywitness.evidence.decoding.values import ticks

Load = Callable[..., Loaded]
SUB = "/subscriptions/00000000-0000-4000-8000-000000000001"
VAULT = f"{SUB}/resourceGroups/rg-pay/providers/Microsoft.KeyVault/vaults/kv-contoso-pay"
PRINCIPAL = "00000000-0000-4000-8000-0000000000aa"
POLICY = {"tenantId": "t", "objectId": PRINCIPAL, "permissions": {"keys": [], "secrets": ["Get"], "certificates": []}}
ROLE = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(*contents: Any, indent: int | None = 2) -> Loaded:
        for number, content in enumerate(contents):
            text = content if isinstance(content, str) else json.dumps(content, indent=indent)
            (tmp_path / f"any-name-{number}.txt").write_text(text)
        loaded = load_paths(tmp_path)
        loaded.check_sums()
        return loaded

    return load


def shown_vault(**properties: Any) -> dict[str, Any]:
    """As `az keyvault show` prints it."""
    return {
        "id": VAULT,
        "location": "westeurope",
        "name": "kv-contoso-pay",
        "properties": {
            "accessPolicies": [POLICY],
            "enableRbacAuthorization": None,
            "enableSoftDelete": True,
            "provisioningState": "Succeeded",
            "sku": {"family": "A", "name": "standard"},
            "tenantId": "t",
            "vaultUri": "https://kv-contoso-pay.vault.azure.net/",
            **properties,
        },
        "resourceGroup": "rg-pay",
        "systemData": {"createdAt": "2026-01-02T03:04:05.000000+00:00", "createdBy": "ada@contoso.com"},
        "tags": {},
        "type": "Microsoft.KeyVault/vaults",
    }


@pytest.mark.parametrize("indent", [2, None])
def test_one_shown_vault_is_one_row_with_its_policies(load: Load, indent: int | None) -> None:
    """`accessPolicies` inside an object must not be taken for an envelope of records."""
    row = load(shown_vault(), indent=indent).only("KeyVaults")
    assert (row["VaultId"], row["Name"], row["ResourceGroup"], row["Sku"]) == (
        VAULT,
        "kv-contoso-pay",
        "rg-pay",
        "standard",
    )
    assert row["SnapshotSource"] == "az"
    assert json.loads(row["AccessPolicies"]) == [POLICY]
    assert (row["EnableSoftDelete"], row.get("EnableRbacAuthorization")) == (True, None)
    assert row["CreatedBy"] == "ada@contoso.com"
    assert json.loads(row["Properties"])["provisioningState"] == "Succeeded"


def test_a_listed_vault_says_no_policies_and_an_empty_list_says_none(load: Load) -> None:
    """The trap: `az keyvault list` has no properties. No policies said is not the same as no policies."""
    listed = {
        "id": VAULT,
        "location": "x",
        "name": "kv",
        "resourceGroup": "rg",
        "tags": {},
        "type": "Microsoft.KeyVault/vaults",
    }
    rows = load([listed], [shown_vault(accessPolicies=[])]).rows["KeyVaults"]
    assert [r.get("AccessPolicies") for r in rows] == [None, "[]"]


def test_role_assignments_of_az_and_arm_are_the_same_columns(load: Load) -> None:
    flat = {
        "condition": None,
        "createdOn": "2026-01-01T00:00:00.1234567+00:00",
        "id": f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/1",
        "name": "1",
        "principalId": PRINCIPAL,
        "principalName": "ada@contoso.com",
        "principalType": "User",
        "roleDefinitionId": ROLE,
        "roleDefinitionName": "Key Vault Secrets User",
        "scope": VAULT,
        "type": "Microsoft.Authorization/roleAssignments",
    }
    inner = {n: flat[n] for n in ("principalId", "principalType", "roleDefinitionId", "scope", "createdOn")}
    nested = {"properties": inner, "id": flat["id"], "type": flat["type"], "name": "1"}
    az, arm = load([flat], {"value": [nested], "nextLink": "https://management.azure.com/?page=2"}).rows[
        "RoleAssignments"
    ]
    for column in ("Id", "Scope", "RoleDefinitionId", "PrincipalId", "PrincipalType", "CreatedOn", "State"):
        assert az[column] == arm[column] != ""
    assert (az["SnapshotSource"], arm["SnapshotSource"]) == ("az", "arm")
    assert (az["PrincipalName"], arm["PrincipalName"]) == ("ada@contoso.com", "")


def test_eligible_assignments_are_not_active(load: Load) -> None:
    properties = {"principalId": PRINCIPAL, "roleDefinitionId": ROLE, "scope": SUB, "status": "Provisioned"}
    type_ = "Microsoft.Authorization/roleEligibilityScheduleInstances"
    row = load([{"id": f"{SUB}/providers/{type_}/1", "name": "1", "type": type_, "properties": properties}])
    assert row.only("RoleAssignments")["State"] == "Eligible"


def test_a_single_diagnostic_setting_is_not_an_envelope_of_its_logs(load: Load) -> None:
    """The trap: `az monitor diagnostic-settings show` has a list called `logs` at its top."""
    setting = {
        "eventHubName": None,
        "id": f"{VAULT}/providers/microsoft.insights/diagnosticSettings/audit",
        "logs": [{"category": "AuditEvent", "enabled": True}],
        "metrics": [],
        "name": "audit",
        "storageAccountId": "",
        "type": "Microsoft.Insights/diagnosticSettings",
        "workspaceId": "/subscriptions/x/workspaces/y",
    }
    row = load(setting).only("DiagnosticSettings")
    assert (row["ResourceId"], row.get("StorageAccountId", "")) == (VAULT, "")
    assert json.loads(row["Logs"]) == setting["logs"]


def test_the_same_bytes_are_one_identity_and_a_later_snapshot_is_another(load: Load, tmp_path: Path) -> None:
    first, again = [shown_vault()], [shown_vault()]
    later = [shown_vault(), shown_vault(enablePurgeProtection=True)]
    keys = [r["_key"] for r in load(first, again, later).rows["KeyVaults"]]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_the_time_of_a_snapshot_is_said_or_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([shown_vault()]))
    (tmp_path / "b.json").write_text(json.dumps({"takenAt": "2026-03-01T00:00:00Z", "value": [shown_vault()]}))
    os.utime(tmp_path / "a.json", (1_700_000_000, 1_700_000_000))
    of_file, said = load_paths(tmp_path).rows["KeyVaults"]
    assert of_file["TimeGenerated"] == 621_355_968_000_000_000 + 1_700_000_000 * 10_000_000
    assert said["TimeGenerated"] == ticks("2026-03-01T00:00:00Z")


def test_half_an_export_keeps_what_is_whole_and_rejects_the_rest(load: Load) -> None:
    text = json.dumps([shown_vault(), shown_vault()])
    loaded = load(text[:-200])
    assert len(loaded.rows["KeyVaults"]) == 1
    assert [r["reason"] for r in loaded.rejected] == ["not complete JSON: the record is cut off"]


@pytest.mark.parametrize("page", ['{"value": []}', "[]", '{"value":[],"nextLink":null}', '{"groupId":"g","value":[]}'])
def test_an_empty_page_holds_nothing(load: Load, page: str) -> None:
    loaded = load(page)
    assert (loaded.rows, loaded.rejected) == ({}, [])


def test_members_need_their_group(load: Load) -> None:
    member = {
        "@odata.type": "#microsoft.graph.user",
        "id": PRINCIPAL,
        "displayName": "Ada",
        "userPrincipalName": "ada@contoso.com",
    }
    loaded = load([member], {"groupId": "g-1", "value": [member]})
    assert "names no group" in loaded.rejected[0]["reason"]
    row = loaded.rows["GroupMembers"][0]
    assert (row["GroupId"], row["MemberId"], row["MemberType"], row["MemberName"]) == (
        "g-1",
        PRINCIPAL,
        "user",
        "ada@contoso.com",
    )


def test_owners_name_what_they_own(load: Load) -> None:
    owner = {"@odata.type": "#microsoft.graph.servicePrincipal", "id": PRINCIPAL, "displayName": "deploy"}
    row = load({"ownersOf": "app-1", "targetType": "application", "value": [owner]}).only("Owners")
    assert (row["TargetId"], row["TargetType"], row["OwnerId"], row["OwnerType"]) == (
        "app-1",
        "application",
        PRINCIPAL,
        "servicePrincipal",
    )


def test_an_application_and_its_service_principal_are_told_apart_or_refused(load: Load) -> None:
    both = {"id": PRINCIPAL, "appId": "a", "displayName": "pay", "keyCredentials": []}
    loaded = load(
        [both | {"requiredResourceAccess": []}],
        [both | {"servicePrincipalType": "Application"}],
        {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications(id,appId)", "value": [both]},
        [both],
    )
    assert [len(loaded.rows[t]) for t in ("Applications", "ServicePrincipals")] == [2, 1]
    assert "an application or a service principal" in loaded.rejected[0]["reason"]


def test_an_expanded_group_brings_its_members(load: Load) -> None:
    members = [
        {"@odata.type": "#microsoft.graph.user", "id": "u1"},
        {"@odata.type": "#microsoft.graph.group", "id": "g2"},
    ]
    group = {
        "id": "g1",
        "displayName": "admins",
        "securityEnabled": True,
        "isAssignableToRole": True,
        "members": members,
    }
    loaded = load({"value": [group]})
    assert loaded.rows["Groups"][0]["IsAssignableToRole"] is True
    assert [(r["GroupId"], r["MemberId"], r["MemberType"]) for r in loaded.rows["GroupMembers"]] == [
        ("g1", "u1", "user"),
        ("g1", "g2", "group"),
    ]


@pytest.mark.parametrize(
    ("object_", "kind"),
    [
        (
            {
                "attributes": {"enabled": True, "expires": "2027-01-01T00:00:00+00:00"},
                "contentType": None,
                "id": "https://kv.vault.azure.net/secrets/db/v1",
                "name": "db",
                "value": "s3cret-value",
            },
            "secret",
        ),
        (
            {
                "attributes": {"enabled": True, "exp": 1798761600},
                "kid": "https://kv.vault.azure.net/keys/db/v1",
                "managed": True,
            },
            "key",
        ),
        (
            {
                "attributes": {"enabled": True, "expires": "2027-01-01T00:00:00+00:00"},
                "id": "https://kv.vault.azure.net/certificates/db/v1",
                "x509Thumbprint": "AQIDBAUGBwgJCgsMDQ4PEBESExQ=",
            },
            "certificate",
        ),
        (
            {
                "Id": "https://kv.vault.azure.net:443/secrets/db/v1",
                "Name": "db",
                "Version": "v1",
                "Enabled": True,
                "Expires": "/Date(1798761600000)/",
                "VaultName": "kv",
                "SecretValue": {},
            },
            "secret",
        ),
    ],
)
def test_vault_objects_have_their_parts_and_never_a_value(load: Load, object_: dict[str, Any], kind: str) -> None:
    row = load([object_]).only("VaultObjects")
    assert (row["ObjectKind"], row["Name"], row["Version"], row["VaultUri"]) == (
        kind,
        "db",
        "v1",
        "https://kv.vault.azure.net/",
    )
    assert (row["Enabled"], row["Expires"]) == (True, 639_343_584_000_000_000)
    assert "s3cret-value" not in repr(row)
    if kind == "certificate":
        assert row["Thumbprint"] == "0102030405060708090A0B0C0D0E0F1011121314"


def test_powershell_says_the_same_in_other_words(load: Load) -> None:
    vault = {
        "VaultName": "kv-contoso-pay",
        "ResourceId": VAULT,
        "EnableRbacAuthorization": False,
        "EnablePurgeProtection": None,
        "Sku": "Standard",
        "AccessPolicies": [
            {
                "TenantId": "t",
                "ObjectId": PRINCIPAL,
                "ApplicationId": None,
                "PermissionsToSecrets": ["Get"],
                "PermissionsToKeys": [],
                "PermissionsToCertificates": [],
                "PermissionsToStorage": [],
                "PermissionsToKeysStr": "",
            }
        ],
        "VaultUri": "https://kv-contoso-pay.vault.azure.net/",
    }
    role = {
        "Name": "Readers of all",
        "Id": "4633458b-17de-408a-b874-0445c86b69e6",
        "IsCustom": True,
        "Actions": ["*"],
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": ["/"],
    }
    grant = {
        "RoleAssignmentId": f"{SUB}/providers/x/1",
        "Scope": SUB,
        "DisplayName": "Ada",
        "SignInName": "ada@contoso.com",
        "RoleDefinitionName": "Reader",
        "RoleDefinitionId": "4633458b-17de-408a-b874-0445c86b69e6",
        "ObjectId": PRINCIPAL,
        "ObjectType": "User",
    }
    loaded = load([vault], [role], [grant])
    row = loaded.rows["KeyVaults"][0]
    assert (row["Name"], row["EnableRbacAuthorization"], row["SnapshotSource"]) == (
        "kv-contoso-pay",
        False,
        "powershell",
    )
    policy = json.loads(row["AccessPolicies"])[0]
    assert (policy["objectId"], policy["permissions"]["secrets"]) == (PRINCIPAL, ["Get"])
    row = loaded.rows["RoleDefinitions"][0]
    assert (row["RoleName"], row["Name"], row["RoleType"]) == ("Readers of all", role["Id"], "CustomRole")
    assert json.loads(row["Permissions"])[0]["actions"] == ["*"]
    row = loaded.rows["RoleAssignments"][0]
    assert (row["PrincipalId"], row["PrincipalName"], row["State"]) == (PRINCIPAL, "ada@contoso.com", "Active")


def test_a_portal_csv_of_resource_graph_is_inventory(load: Load) -> None:
    properties = json.dumps(
        {"vaultUri": "https://kv.vault.azure.net/", "enableRbacAuthorization": True, "accessPolicies": []}
    )
    cell = '"' + properties.replace('"', '""') + '"'
    text = (
        f"id,name,type,tenantId,location,resourceGroup,properties\n{VAULT},kv,microsoft.keyvault/vaults,t,x,rg,{cell}\n"
    )
    row = load(text).only("KeyVaults")
    assert (row["EnableRbacAuthorization"], row["AccessPolicies"], row["SnapshotSource"]) == (
        True,
        "[]",
        "resource-graph",
    )


def test_logs_stay_logs(load: Load) -> None:
    record = {
        "time": "2026-01-01T00:00:00Z",
        "resourceId": VAULT,
        "operationName": "VaultGet",
        "category": "AuditEvent",
        "id": VAULT,
        "properties": {},
    }
    assert set(load([record]).rows) == {"AzureDiagnostics"}


def test_envelopes_on_lines_of_their_own_keep_what_they_say(load: Load) -> None:
    """One envelope per group, one per line, as a loop prints them; an empty one in between is no error."""
    member = {"@odata.type": "#microsoft.graph.user", "id": PRINCIPAL}
    lines = [{"groupId": "g1", "value": [member]}, {"groupId": "g2", "value": []}, {"groupId": "g3", "value": [member]}]
    for content in (
        "\n".join(json.dumps(line) for line in lines),
        json.dumps(shown_vault()) + "\n" + json.dumps(lines[2]),
    ):
        rows = load(content).rows["GroupMembers"]
        assert [r["GroupId"] for r in rows][-1] == "g3"


@pytest.mark.parametrize("indent", [2, None])
@pytest.mark.parametrize(
    ("table", "one", "other"),
    [
        ("GroupMembers", {"groupId": "g1"}, {"groupId": "g2"}),
        ("Owners", {"ownersOf": "a", "targetType": "group"}, {"ownersOf": "b", "targetType": "group"}),
        ("Users", {"takenAt": "2026-03-01T08:00:00Z"}, {"takenAt": "2026-03-02T08:00:00Z"}),
    ],
)
def test_the_same_bytes_under_two_envelopes_of_one_file_are_two_rows(
    load: Load, table: str, one: dict[str, str], other: dict[str, str], indent: int | None
) -> None:
    """The trap: a person in two groups is printed alike in both, and is no duplicate."""
    person = {"id": PRINCIPAL, "displayName": "Ada", "userPrincipalName": "ada@contoso.com"}
    person |= {} if table == "Users" else {"@odata.type": "#microsoft.graph.user"}
    envelopes = [json.dumps({**said, "value": [person]}, indent=indent) for said in (one, other)]
    rows = load("\n".join([*envelopes, envelopes[0]])).rows[table]
    keys = [r["_key"] for r in rows]
    assert keys[0] != keys[1], "equal identities would be set apart as duplicates"
    assert keys[2] == keys[0], "the first envelope again is one"


def test_that_a_resource_has_no_setting_is_said(load: Load) -> None:
    row = load({"resourceId": VAULT, "value": []}, indent=None).only("DiagnosticSettings")
    assert (row["ResourceId"], row.get("Name", "")) == (VAULT, "")


def test_when_a_resource_had_no_setting_is_what_its_envelope_says(load: Load) -> None:
    """Not the time of the file: a setting that was deleted later would count as never deleted."""
    lines = [{"takenAt": f"2026-03-0{day}T00:00:00Z", "resourceId": VAULT, "value": []} for day in (1, 2)]
    rows = load("\n".join(map(json.dumps, lines))).rows["DiagnosticSettings"]
    assert [r["TimeGenerated"] for r in rows] == [ticks(line["takenAt"]) for line in lines]


def test_a_user_assigned_identity_says_its_principal_as_a_property(load: Load) -> None:
    id_ = f"{VAULT.split('/providers/')[0]}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
    said = {"principalId": PRINCIPAL, "clientId": "c"}
    flat = {"id": id_, "type": "Microsoft.ManagedIdentity/userAssignedIdentities", **said}
    for shown in (flat, {**{n: flat[n] for n in ("id", "type")}, "properties": said}):
        assert json.loads(load([shown]).only("Resources")["Identity"]) == {"principalId": PRINCIPAL}


def test_powershell_prints_enumerations_as_numbers_and_lists_under_other_names(load: Load) -> None:
    rules = {"DefaultAction": 1, "Bypass": 0, "IpAddressRanges": ["203.0.113.7/32"], "VirtualNetworkResourceIds": None}
    vault = {"VaultName": "kv", "ResourceId": VAULT, "VaultUri": "https://kv/", "NetworkAcls": rules}
    setting = {
        "Id": f"{VAULT}/providers/microsoft.insights/diagnosticSettings/a",
        "Name": "a",
        "Type": "Microsoft.Insights/diagnosticSettings",
        "Log": [{"Category": None, "CategoryGroup": "audit", "Enabled": True}],
        "WorkspaceId": "/w",
    }
    loaded = load([vault], [setting])
    assert json.loads(loaded.rows["KeyVaults"][0]["NetworkAcls"]) == {
        "defaultAction": "Deny",
        "bypass": "None",
        "ipRules": [{"value": "203.0.113.7/32"}],
        "virtualNetworkRules": [],
    }
    row = loaded.rows["DiagnosticSettings"][0]
    assert (row["ResourceId"], row["WorkspaceId"], row["SnapshotSource"]) == (VAULT, "/w", "powershell")
    assert json.loads(row["Logs"])[0]["categoryGroup"] == "audit"


def test_a_table_answer_of_resource_graph_says_how_to_ask(load: Load) -> None:
    answer = {"totalRecords": 1, "count": 1, "data": {"columns": [{"name": "id", "type": "string"}], "rows": [[VAULT]]}}
    (rejected,) = load(answer).rejected
    assert "objectArray" in rejected["reason"]


def test_a_page_that_is_not_the_last_says_so(load: Load) -> None:
    pages = {
        "after": {"value": [shown_vault()], "nextLink": "https://management.azure.com/x"},
        "before": {
            "@odata.nextLink": "https://graph.microsoft.com/x",
            "value": [{"id": "u", "userPrincipalName": "u@x"}],
        },
        "last": {"value": [shown_vault()], "nextLink": None},
        "empty": {"value": [shown_vault()], "nextLink": ""},
        "resource graph": {"count": 1, "data": [shown_vault()], "skip_token": None, "total_records": 1},
        "its page": {"count": 1, "data": [shown_vault()], "skip_token": "x", "total_records": 2},
    }
    notes = [f.notes for f in load(*pages.values()).finished]
    assert notes == [
        ("another page follows (nextLink)",),
        ("another page follows (@odata.nextLink)",),
        (),
        (),
        (),
        ("another page follows (skip_token)",),
    ]
