"""AzureHound's records: `{"kind": "AZKeyVault", "data": {...}}`. One record may hold many grants, members or owners.

Role assignments on vaults carry the vault's id under the name `virtualMachineId`; newer versions write ids in capitals.
Facts: the Go models of AzureHound (models/*.go), read, not copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TABLES = {
    "AZUser": "Users",
    "AZGroup": "Groups",
    "AZApp": "Applications",
    "AZServicePrincipal": "ServicePrincipals",
    "AZKeyVault": "KeyVaults",
    "AZKeyVaultAccessPolicy": "VaultAccessPolicies",
    "AZAppRoleAssignment": "AppRoleAssignments",
    "AZRoleEligibilityScheduleInstance": "DirectoryRoleAssignments",
}
_OWNED = {
    "AZAppOwner": ("appId", "application"),
    "AZServicePrincipalOwner": ("servicePrincipalId", "servicePrincipal"),
    "AZGroupOwner": ("groupId", "group"),
}


def is_wrapped(record: Mapping[str, Any]) -> bool:
    """A record of AzureHound."""
    kind = record.get("kind")
    return isinstance(kind, str) and kind.startswith("AZ") and isinstance(record.get("data"), dict) and len(record) == 2


def objects(record: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The objects of a record, each with its table; "" where the object itself says what it is."""
    kind, data = record["kind"], record["data"]
    if kind == "AZGroupMember":
        members = _each(data, "members", "member")
        return [("GroupMembers", {**inner, "groupId": data.get("groupId")}) for inner, _ in members]
    if kind in _OWNED:
        name, type_ = _OWNED[kind]
        said = {"targetId": data.get(name), "targetType": type_}
        return [("Owners", {**inner, **said}) for inner, _ in _each(data, "owners", "owner")]
    if kind == "AZRoleAssignment":
        said = {"roleDefinitionId": data.get("roleDefinitionId")}
        listed = data.get("roleAssignments") or []
        return [("DirectoryRoleAssignments", {**said, **item}) for item in listed if isinstance(item, dict)]
    if granted := list(_grants(data)):
        return [("RoleAssignments", grant) for grant in granted]
    state = {"state": "Eligible"} if kind == "AZRoleEligibilityScheduleInstance" else {}
    return [(_TABLES.get(kind, ""), {**data, **state})]


def _each(data: Mapping[str, Any], many: str, one: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for item in data.get(many) or ():
        if isinstance(item, dict) and isinstance(item.get(one), dict):
            yield item[one], item


def _grants(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Role assignments in lists of any name (roleAssignments, owners, contributors, assignees ...)."""
    for listed in data.values():
        for item in listed if isinstance(listed, list) else ():
            for inner in item.values() if isinstance(item, dict) else ():
                if isinstance(inner, dict) and "roleDefinitionId" in (inner.get("properties") or {}):
                    yield _scoped(inner, item)


def _scoped(grant: dict[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """The grant with its scope: its own, else the resource that it was listed for."""
    if grant["properties"].get("scope"):
        return grant
    place = next((v for n, v in item.items() if n.endswith("Id") and isinstance(v, str) and v.startswith("/")), None)
    return {**grant, "properties": {**grant["properties"], "scope": place}}
