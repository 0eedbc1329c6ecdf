"""What an exported object is. Exact: an object that may be two things is refused, with what would tell."""

from __future__ import annotations

import re
from typing import Any

from keywitness.evidence.decoding.row import Unfit

#: ARM resource types with a table of their own; every other type goes to `Resources`.
_ARM_TABLES = {
    "microsoft.keyvault/vaults": "KeyVaults",
    "microsoft.keyvault/vaults/secrets": "VaultObjects",
    "microsoft.keyvault/vaults/keys": "VaultObjects",
    "microsoft.authorization/roleassignments": "RoleAssignments",
    "microsoft.authorization/roleassignmentschedules": "RoleAssignments",
    "microsoft.authorization/roleassignmentscheduleinstances": "RoleAssignments",
    "microsoft.authorization/roleeligibilityschedules": "RoleAssignments",
    "microsoft.authorization/roleeligibilityscheduleinstances": "RoleAssignments",
    "microsoft.authorization/roledefinitions": "RoleDefinitions",
    "microsoft.authorization/denyassignments": "DenyAssignments",
    "microsoft.authorization/policyassignments": "PolicyAssignments",
    "microsoft.insights/diagnosticsettings": "DiagnosticSettings",
    "microsoft.management/managementgroups": "ManagementGroups",
    "microsoft.resources/subscriptions": "Subscriptions",
}
_RESOURCE_ID = re.compile(r"/(?:subscriptions/[^/]+|providers)/.*[^/]\Z", re.IGNORECASE | re.DOTALL)
_VAULT_OBJECT_ID = re.compile(r"https://[^/]+/(?:secrets|keys|certificates)/[^/]+(?:/[^/]*)?/?\Z", re.IGNORECASE)
_SUBSCRIPTION_ID = re.compile(r"/subscriptions/[^/]+/?\Z", re.IGNORECASE)
#: Marks of a log record or of a row of a log table: never inventory.
_LOGGED = frozenset(("TimeGenerated", "time", "eventTimestamp", "operationName", "OperationName"))

#: `@odata.type` of directory objects, and the last word of `@odata.context`.
_GRAPH_TYPES = {
    "#microsoft.graph.user": "Users",
    "#microsoft.graph.group": "Groups",
    "#microsoft.graph.application": "Applications",
    "#microsoft.graph.serviceprincipal": "ServicePrincipals",
}
_GRAPH_SETS = {
    "users": "Users",
    "groups": "Groups",
    "applications": "Applications",
    "serviceprincipals": "ServicePrincipals",
    "approleassignments": "AppRoleAssignments",
    "approleassignedto": "AppRoleAssignments",
    "rolemanagement/directory/roleassignments": "DirectoryRoleAssignments",
    "rolemanagement/directory/roleeligibilityschedules": "DirectoryRoleAssignments",
    "rolemanagement/directory/roleeligibilityscheduleinstances": "DirectoryRoleAssignments",
    "rolemanagement/directory/roleassignmentschedules": "DirectoryRoleAssignments",
    "rolemanagement/directory/roleassignmentscheduleinstances": "DirectoryRoleAssignments",
}
#: What an envelope may say beside its array.
_ENVELOPE = frozenset(("value", "nextLink", "count", "takenAt", "groupId", "ownersOf", "targetType", "resourceId"))
_CONTEXT = re.compile(r"\$metadata#([A-Za-z/]+)")
#: Properties that only one kind of directory object has (Graph's reference of each resource).
_GRAPH_MARKS = (
    ("ServicePrincipals", ("serviceprincipaltype", "serviceprincipalnames", "appownerorganizationid")),
    ("Applications", ("requiredresourceaccess", "signinaudience", "publisherdomain")),
    ("Groups", ("securityenabled", "mailenabled", "grouptypes", "isassignabletorole")),
    ("Users", ("userprincipalname",)),
)
_AMBIGUOUS_APPLICATION = (
    "an application or a service principal: what it has fits both. Export it with all properties (`az ad app list`, "
    '`az ad sp list`), or name the set before the array: {"@odata.context": "$metadata#applications", "value": [...]}'
)
_UNPLACED = (
    "a directory object out of a list that names no group, owned object or set. Put it before the array: "
    '{"groupId": "...", "value": [...]} for members, {"ownersOf": "...", "value": [...]} for owners, '
    '{"@odata.context": "$metadata#users", "value": [...]} for the objects themselves'
)


def table_of(names: dict[str, Any], context: dict[str, str]) -> str | None:
    """The table of an object, or None when it is no inventory.

    Args:
        names: Its properties, names in lower case.
        context: What its envelope says.
    Raises:
        Unfit: It is inventory, of more than one possible kind.
    """
    if names.get("value") == [] and "resourceid" in names:
        return "DiagnosticSettings"  # none: that is said, where a page without context says nothing
    type_ = names.get("type")
    id_ = _text(names, "id") or _text(names, "resourceid")
    if isinstance(type_, str) and type_.count("/") and (table := _ARM_TABLES.get(type_.lower())):
        return table
    if _VAULT_OBJECT_ID.match(id_ or _text(names, "kid")):
        return "VaultObjects"
    if isinstance(names.get("key"), dict) and _VAULT_OBJECT_ID.match(str(names["key"].get("kid", ""))):
        return "VaultObjects"  # `az keyvault key show`
    if "/" in id_ and _RESOURCE_ID.match(id_):
        return _by_id(id_, names)
    return _powershell(names) or _graph(names, context) or _account(names)


def inside(record: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The objects of an envelope that came as one record (a line of its own); None for anything else."""
    listed = record.get("value")
    if not isinstance(listed, list) or not listed or not all(isinstance(item, dict) for item in listed):
        return None
    return listed if all(name in _ENVELOPE or name.startswith("@odata.") for name in record) else None


def is_logged(record: dict[str, Any]) -> bool:
    """The record is of a log, or a row of a table."""
    return not _LOGGED.isdisjoint(record) or any(name.startswith("TimeGenerated") for name in record)


def _by_id(id_: str, names: dict[str, Any]) -> str | None:
    parts = id_.lower().strip("/").split("/")
    if _SUBSCRIPTION_ID.match(id_):
        return "Subscriptions"
    if "providers" not in parts:
        return "Resources" if names.get("type") or "location" in names else None
    provider = len(parts) - 1 - parts[::-1].index("providers")
    kind = "/".join([*parts[provider + 1 : provider + 2], *parts[provider + 2 :: 2]])
    if kind in _ARM_TABLES:
        return _ARM_TABLES[kind]
    return "Resources" if isinstance(names.get("type"), str) or "location" in names or "properties" in names else None


def _powershell(names: dict[str, Any]) -> str | None:
    if "roleassignmentid" in names and "roledefinitionid" in names:
        return "RoleAssignments"
    if {"iscustom", "actions", "notactions", "assignablescopes"} <= names.keys():
        return "RoleDefinitions"
    if "rolename" in names and "permissions" in names and "assignablescopes" in names:
        return "RoleDefinitions"
    return None


def _graph(names: dict[str, Any], context: dict[str, str]) -> str | None:
    """Directory objects. The envelope speaks first: an answer with few selected properties says what it is there."""
    if {"approleid", "principalid", "resourceid"} <= names.keys():
        return "AppRoleAssignments"
    if {"roledefinitionid", "principalid", "directoryscopeid"} <= names.keys():
        return "DirectoryRoleAssignments"
    odata_type = (_text(names, "@odata.type") or _text(names, "odatatype")).lower()
    if odata_type or "groupId" in context or "ownersOf" in context:
        if "groupId" in context:
            return "GroupMembers"
        if "ownersOf" in context:
            return "Owners"
        if not _set_of(names, context):
            if odata_type in _GRAPH_TYPES or odata_type.startswith("#microsoft.graph."):
                raise Unfit(_UNPLACED)
            return None
    table = _set_of(names, context)
    if table:
        return table
    if "id" not in names and "objectid" not in names:
        return None
    found = [kind for kind, marks in _GRAPH_MARKS if any(mark in names for mark in marks)]
    if len(found) == 1:
        return found[0] if found[0] != "Users" or "displayname" in names or "accountenabled" in names else None
    if "appid" in names and ("keycredentials" in names or "passwordcredentials" in names or len(found) > 1):
        raise Unfit(_AMBIGUOUS_APPLICATION)
    return None


def _set_of(names: dict[str, Any], context: dict[str, str]) -> str | None:
    match = _CONTEXT.search(_text(names, "@odata.context") or context.get("@odata.context", ""))
    return _GRAPH_SETS.get(match[1].strip("/").lower()) if match else None


def _account(names: dict[str, Any]) -> str | None:
    """`az account list`, `Get-AzSubscription`."""
    if {"id", "name", "tenantid", "state"} <= names.keys() and (
        "isdefault" in names or "homeaccounttenantid" in names or "hometenantid" in names
    ):
        return "Subscriptions"
    return None


def _text(names: dict[str, Any], name: str) -> str:
    value = names.get(name)
    return value if isinstance(value, str) else ""
