"""The exports of a made-up tenant as files, in the shapes that tools write: `az`, ARM, Resource Graph, Microsoft Graph.

Half of the subscriptions come as `az role assignment list` prints them, the other half as pages of ARM.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.measure import DATA
from keywitness.access.inventory import Inventory
from keywitness.access.roles import builtin_roles
from keywitness.lab.estate import Size, estate

#: Objects of a page: Microsoft Graph gives up to 999.
PAGE = 999
_AUTHORIZATION = "Microsoft.Authorization"
_TAKEN = "2026-05-01T08:00:00Z"
#: Secrets of each vault, beside one key and one certificate.
_SECRETS = 5
#: Every so many applications accept a certificate that lies in a vault.
_CERTIFICATE_EVERY = 40


def exported(size: Size) -> Path:
    """The folder of the exports; made once."""
    folder = DATA / f"exports-{size.vaults}-{size.principals}-{size.assignments}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "exports").mkdir(parents=True)
        records = _write(folder / "exports", estate(size, seed=7))
        (folder / "done").write_text(str(records))
    return folder


def _write(folder: Path, inventory: Inventory) -> int:
    """Write every table; the number of objects."""
    count = _assignments(folder, inventory)
    for make in (_vaults, _objects, _settings, _subscriptions, _roles, _directory, _relations, _resources):
        count += make(folder, inventory)
    return count


# ------------------------------------------------------------ role assignments


def _assignments(folder: Path, inventory: Inventory) -> int:
    columns = ("Scope", "RoleDefinitionId", "PrincipalId", "PrincipalType", "Condition", "State")
    rows = zip(*(inventory.text("RoleAssignments", c) for c in columns), strict=True)
    names = {id: role.name for id, role in builtin_roles().items()}
    by_place: dict[tuple[str, bool], list[str]] = {}
    for number, (scope, role, principal, kind, condition, state) in enumerate(rows):
        place = scope.lower().split("/")[2] if scope.lower().startswith("/subscriptions/") else "above"
        eligible = state == "Eligible"
        az = not eligible and (place == "above" or int(place.split("-")[0], 16) % 2 == 0)
        make = _az_assignment if az else _arm_assignment
        text = make(number, scope, role, principal, kind, condition, names.get(role.rsplit("/", 1)[-1], ""), eligible)
        by_place.setdefault((f"{'az' if az else 'arm'}-{'eligible' if eligible else 'active'}-{place}", az), []).append(
            text
        )
    for (name, az), texts in by_place.items():
        if az:
            (folder / f"role-assignments-{name}.json").write_text("[\n  " + ",\n  ".join(texts) + "\n]\n")
            continue
        for page, part in enumerate(_batched(texts)):
            link = f',"nextLink":"https://management.azure.com/?page={page + 1}"' if len(part) == PAGE else ""
            (folder / f"role-assignments-{name}-{page}.json").write_text('{"value":[' + ",".join(part) + f"]{link}}}")
    return sum(map(len, by_place.values()))


def _guid(number: int) -> str:
    return f"{number:08x}-3333-4333-8333-333333333333"


def _az_assignment(
    number: int, scope: str, role: str, principal: str, kind: str, condition: str, name: str, eligible: bool
) -> str:
    """As `az role assignment list` prints it: flat, by the alphabet."""
    said = {
        "condition": condition or None,
        "conditionVersion": "2.0" if condition else None,
        "createdBy": _guid(1),
        "createdOn": "2026-01-02T03:04:05.123456+00:00",
        "delegatedManagedIdentityResourceId": None,
        "description": None,
        "id": f"{scope.rstrip('/')}/providers/{_AUTHORIZATION}/roleAssignments/{_guid(number)}",
        "name": _guid(number),
        "principalId": principal,
        "principalName": "",
        "principalType": kind,
        "roleDefinitionId": role,
        "roleDefinitionName": name,
        "scope": scope,
        "type": f"{_AUTHORIZATION}/roleAssignments",
        "updatedBy": _guid(1),
        "updatedOn": "2026-01-02T03:04:05.123456+00:00",
    }
    lines = (f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in said.items())
    return "{\n" + ",\n".join(lines) + "\n  }"


def _arm_assignment(
    number: int, scope: str, role: str, principal: str, kind: str, condition: str, name: str, eligible: bool
) -> str:
    type_ = f"{_AUTHORIZATION}/{'roleEligibilityScheduleInstances' if eligible else 'roleAssignments'}"
    said: dict[str, Any] = {
        "roleDefinitionId": role,
        "principalId": principal,
        "principalType": kind,
        "scope": scope,
        "condition": condition or None,
        "conditionVersion": "2.0" if condition else None,
        "createdOn": "2026-01-02T03:04:05.1234567Z",
    }
    said |= {"status": "Provisioned"} if eligible else {"updatedOn": "2026-01-02T03:04:05.1234567Z"}
    id_ = f"{scope.rstrip('/')}/providers/{type_}/{_guid(number)}"
    return json.dumps({"properties": said, "id": id_, "type": type_, "name": _guid(number)}, separators=(",", ":"))


# ------------------------------------------------------------ vaults


def _vaults(folder: Path, inventory: Inventory) -> int:
    objects = [_vault(r) for r in inventory.records("KeyVaults")]
    return _pages(folder / "vaults", objects, lambda part: {"value": part})


def _vault(record: dict[str, Any]) -> dict[str, Any]:
    """As ARM answers."""
    name = record["Name"]
    properties = {
        "sku": {"family": "A", "name": "standard"},
        "tenantId": record["TenantId"],
        "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": []},
        "enabledForDeployment": record["EnabledForDeployment"],
        "enabledForTemplateDeployment": record["EnabledForTemplateDeployment"],
        "enableSoftDelete": True,
        "vaultUri": f"https://{name}.vault.azure.net/",
        "provisioningState": "Succeeded",
        "publicNetworkAccess": "Enabled",
    }
    if record["EnableRbacAuthorization"] is not None:
        properties["enableRbacAuthorization"] = record["EnableRbacAuthorization"]
    if record["AccessPolicies"] is not None:
        properties["accessPolicies"] = record["AccessPolicies"]
    id_ = record["VaultId"]
    return {
        "id": id_,
        "name": name,
        "type": "Microsoft.KeyVault/vaults",
        "location": "westeurope",
        "tags": {},
        "properties": properties,
    }


def _objects(folder: Path, inventory: Inventory) -> int:
    """What `az keyvault secret list`, `key list` and `certificate list` print, vault after vault in one file."""
    count = 0
    with (folder / "objects.json").open("w") as file:
        for number, name in enumerate(inventory.text("KeyVaults", "Name")):
            for listed in _listed(number, f"https://{name}.vault.azure.net"):
                count += len(listed)
                file.write(json.dumps(listed, indent=2) + "\n")
    return count


def _listed(number: int, uri: str) -> Iterator[list[dict[str, Any]]]:
    attributes = {
        "created": "2026-01-02T03:04:05+00:00",
        "enabled": True,
        "expires": None,
        "recoveryLevel": "Recoverable",
    }
    names = [f"sql-{i}" if i else "break-glass-admin" if number % 500 == 0 else "storage-key" for i in range(_SECRETS)]
    yield [
        {
            "attributes": attributes,
            "contentType": None,
            "id": f"{uri}/secrets/{n}",
            "managed": None,
            "name": n,
            "tags": {},
        }
        for n in names
    ]
    yield [{"attributes": attributes, "kid": f"{uri}/keys/cmk", "managed": None, "name": "cmk", "tags": {}}]
    print_ = _thumbprint(number)
    yield [
        {
            "attributes": attributes,
            "id": f"{uri}/certificates/sign-in",
            "name": "sign-in",
            "subject": "",
            "tags": {},
            "x509Thumbprint": base64.urlsafe_b64encode(print_).decode().rstrip("="),
            "x509ThumbprintHex": print_.hex().upper(),
        }
    ]


def _thumbprint(number: int) -> bytes:
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).digest()


def _settings(folder: Path, inventory: Inventory) -> int:
    """Every third vault has no diagnostic setting, and its export says so."""
    workspace = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-log/providers"
    destination = f"{workspace}/Microsoft.OperationalInsights/workspaces/la"
    with (folder / "settings.json").open("w") as file:
        ids = inventory.text("KeyVaults", "VaultId")
        for number, id_ in enumerate(ids):
            setting = {
                "eventHubName": None,
                "id": f"{id_}/providers/microsoft.insights/diagnosticSettings/audit",
                "logs": [{"category": "AuditEvent", "categoryGroup": None, "enabled": number % 3 == 1}],
                "metrics": [],
                "name": "audit",
                "type": "Microsoft.Insights/diagnosticSettings",
                "workspaceId": destination,
            }
            file.write(json.dumps({"resourceId": id_, "value": [setting] if number % 3 else []}) + "\n")
    return len(ids)


def _subscriptions(folder: Path, inventory: Inventory) -> int:
    """As Resource Graph answers."""
    tenant = inventory.text("KeyVaults", "TenantId")[0]
    groups = [
        {
            "id": r["Id"],
            "type": "microsoft.management/managementgroups",
            "name": r["Id"].rsplit("/", 1)[-1],
            "tenantId": tenant,
            "properties": {"displayName": r["Id"].rsplit("/", 1)[-1], "details": {"parent": {"id": r["ParentId"]}}},
        }
        for r in inventory.records("ManagementGroups")
    ]
    subscriptions = [
        {
            "id": f"/subscriptions/{r['SubscriptionId']}",
            "type": "microsoft.resources/subscriptions",
            "name": f"sub {number}",
            "subscriptionId": r["SubscriptionId"],
            "tenantId": tenant,
            "properties": {
                "managementGroupAncestorsChain": [{"name": n, "displayName": n} for n in r["ManagementGroupAncestors"]],
                "state": "Enabled",
            },
        }
        for number, r in enumerate(inventory.records("Subscriptions"))
    ]
    listed = [*groups, *subscriptions]
    answer = {"count": len(listed), "data": listed, "skip_token": None, "total_records": len(listed)}
    (folder / "resource-graph.json").write_text(json.dumps(answer, indent=2))
    return len(listed)


def _roles(folder: Path, inventory: Inventory) -> int:
    """Roles of the customer's own, as `az role definition list --custom-role-only` prints them."""
    listed = [
        {
            "assignableScopes": ["/"],
            "description": "",
            "id": f"/providers/{_AUTHORIZATION}/roleDefinitions/{r['Name']}",
            "name": r["Name"],
            "permissions": r["Permissions"],
            "roleName": r["RoleName"],
            "roleType": r["RoleType"],
            "type": f"{_AUTHORIZATION}/roleDefinitions",
        }
        for r in inventory.records("RoleDefinitions")
    ]
    (folder / "roles.json").write_text(json.dumps(listed, indent=2))
    denials = [
        {
            "id": r["Id"],
            "name": r["Id"].rsplit("/", 1)[-1],
            "type": f"{_AUTHORIZATION}/denyAssignments",
            "properties": {
                "denyAssignmentName": r["Name"],
                "permissions": r["Permissions"],
                "scope": r["Scope"],
                "doNotApplyToChildScopes": r["DoNotApplyToChildScopes"],
                "principals": r["Principals"],
                "excludePrincipals": r["ExcludePrincipals"],
            },
        }
        for r in inventory.records("DenyAssignments")
    ]
    (folder / "denials.json").write_text(json.dumps({"value": denials}))
    return len(listed) + len(denials)


# ------------------------------------------------------------ the directory


def _directory(folder: Path, inventory: Inventory) -> int:
    ids = {kind: inventory.text(kind, "ObjectId") for kind in ("Users", "Groups", "ServicePrincipals")}
    users = (
        {"id": i, "displayName": n.split("@")[0], "userPrincipalName": n, "accountEnabled": True}
        for i, n in zip(ids["Users"], inventory.text("Users", "UserPrincipalName"), strict=True)
    )
    groups = (
        {"id": i, "displayName": f"group {n}", "securityEnabled": True, "isAssignableToRole": None, "groupTypes": []}
        for n, i in enumerate(ids["Groups"])
    )
    count = 0
    for kind, objects in (
        ("users", users),
        ("groups", groups),
        ("servicePrincipals", map(_service_principal, enumerate(ids["ServicePrincipals"]))),
        ("applications", map(_application, range(len(ids["ServicePrincipals"])))),
    ):
        count += _pages(folder / kind, objects, _graph(kind))
    return count


def _app_id(number: int) -> str:
    return f"{number:08x}-7777-4777-8777-777777777777"


def _service_principal(numbered: tuple[int, str]) -> dict[str, Any]:
    number, id_ = numbered
    return {
        "id": id_,
        "appId": _app_id(number),
        "displayName": f"app {number}",
        "servicePrincipalType": "Application",
        "accountEnabled": True,
        "appRoles": [],
    }


def _application(number: int) -> dict[str, Any]:
    key = {
        "customKeyIdentifier": base64.b64encode(_thumbprint(number)).decode(),
        "displayName": "CN=sign-in",
        "endDateTime": "2027-01-01T00:00:00Z",
        "key": None,
        "keyId": _guid(number),
        "startDateTime": "2026-01-01T00:00:00Z",
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }
    return {
        "id": f"{number:08x}-8888-4888-8888-888888888888",
        "appId": _app_id(number),
        "displayName": f"app {number}",
        "signInAudience": "AzureADMyOrg",
        "keyCredentials": [key] if number % _CERTIFICATE_EVERY == 0 else [],
        "passwordCredentials": [],
    }


def _relations(folder: Path, inventory: Inventory) -> int:
    members: dict[str, list[str]] = {}
    pairs = zip(inventory.text("GroupMembers", "GroupId"), inventory.text("GroupMembers", "MemberId"), strict=True)
    for group, member in pairs:
        members.setdefault(group, []).append(member)
    count = 0
    with (folder / "members.json").open("w") as file:
        for group, inside in members.items():
            value = [{"@odata.type": "#microsoft.graph.user", "id": m, "displayName": ""} for m in inside]
            file.write(json.dumps({"groupId": group, "value": value}) + "\n")
            count += len(inside)
    owners = inventory.records("Owners")
    with (folder / "owners.json").open("w") as file:
        for r in owners:
            value = [{"@odata.type": "#microsoft.graph.user", "id": r["OwnerId"]}]
            said = {"ownersOf": r["TargetId"], "targetType": r["TargetType"], "value": value}
            file.write(json.dumps(said) + "\n")
    given = [
        {"id": f"a{n}", "appRoleId": r["AppRoleId"], "principalId": r["PrincipalId"], "resourceId": _guid(0)}
        for n, r in enumerate(inventory.records("AppRoleAssignments"))
    ]
    roles = inventory.records("DirectoryRoleAssignments")
    count += len(owners) + _pages(folder / "app-roles", given, _graph("servicePrincipals('x')/appRoleAssignments"))
    for state, set_ in (("Active", "roleAssignments"), ("Eligible", "roleEligibilityScheduleInstances")):
        listed = [
            {
                "id": f"d{n}",
                "principalId": r["PrincipalId"],
                "roleDefinitionId": r["RoleTemplateId"],
                "directoryScopeId": r["DirectoryScopeId"],
            }
            for n, r in enumerate(roles)
            if r["State"] == state
        ]
        count += _pages(folder / f"directory-{state}", listed, _graph(f"roleManagement/directory/{set_}"))
    return count


def _resources(folder: Path, inventory: Inventory) -> int:
    listed = [
        {
            "id": r["Id"],
            "name": r["Name"],
            "type": r["Type"],
            "location": "westeurope",
            "identity": {"type": "SystemAssigned", **r["Identity"]},
        }
        for r in inventory.records("Resources")
    ]
    return _pages(folder / "resources", listed, lambda part: {"value": part})


# ------------------------------------------------------------ pages


def _graph(name: str) -> Callable[[Sequence[Any]], dict[str, Any]]:
    context = f"https://graph.microsoft.com/v1.0/$metadata#{name}"
    return lambda part: {"@odata.context": context, "value": part}


def _batched(objects: Iterable[Any]) -> Iterator[list[Any]]:
    """Lists of as many as a page holds."""
    each = iter(objects)
    while part := list(islice(each, PAGE)):
        yield part


def _pages(path: Path, objects: Iterable[Any], envelope: Callable[[Sequence[Any]], dict[str, Any]]) -> int:
    count = 0
    for page, part in enumerate(_batched(objects)):
        path.with_name(f"{path.name}-{page}.json").write_text(json.dumps(envelope(part), separators=(",", ":")))
        count += len(part)
    return count
