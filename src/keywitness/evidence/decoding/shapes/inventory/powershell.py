"""Objects that PowerShell printed with `ConvertTo-Json`, in the names of the services.

Names begin with a capital; times are `/Date(ms)/` in Windows PowerShell 5.1; vault permissions stand in four lists.

References:
    https://learn.microsoft.com/powershell/module/az.keyvault/get-azkeyvault
    https://learn.microsoft.com/powershell/module/az.resources/get-azroledefinition
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_DATE = re.compile(r"/Date\((-?\d+)\)/\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def adapted(table: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """The object as the service itself would give it."""
    spelled = {_lower_first(name): _spelled(value) for name, value in record.items()}
    if table == "KeyVaults" and isinstance(spelled.get("accessPolicies"), list):
        spelled["accessPolicies"] = [_policy(p) for p in spelled["accessPolicies"] if isinstance(p, dict)]
    if table == "KeyVaults" and isinstance(spelled.get("networkAcls"), dict):
        spelled["networkAcls"] = _network_rules(spelled["networkAcls"])
    if table == "RoleDefinitions" and "permissions" not in spelled:
        return _role(spelled)
    if table == "RoleAssignments" and not spelled.get("signInName"):
        spelled["signInName"] = spelled.pop("displayName", None)
    return spelled


def _policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    rest = dict(policy)
    permissions = {
        kind: rest.pop(f"permissionsTo{kind.capitalize()}", None) or []
        for kind in ("keys", "secrets", "certificates", "storage")
    }
    for name in [n for n in rest if n.startswith("permissionsTo")]:
        del rest[name]  # the same lists, as text
    return {**rest, "permissions": rest.get("permissions") or permissions}


def _network_rules(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Enumerations are printed as numbers (Allow, Deny; None, AzureServices), and lists have other names."""
    rest = dict(rules)
    for name, words in (("defaultAction", ("Allow", "Deny")), ("bypass", ("None", "AzureServices"))):
        value = rest.get(name)
        if isinstance(value, int) and 0 <= value < len(words):
            rest[name] = words[value]
    for name, wanted, inner in (
        ("ipAddressRanges", "ipRules", "value"),
        ("virtualNetworkResourceIds", "virtualNetworkRules", "id"),
    ):
        if name in rest:
            rest[wanted] = [{inner: item} for item in rest.pop(name) or ()]
    return rest


def _role(spelled: dict[str, Any]) -> dict[str, Any]:
    """`Get-AzRoleDefinition` has one set of permissions, and calls the role's name Name and its GUID Id."""
    rest = dict(spelled)
    names = ("actions", "notActions", "dataActions", "notDataActions", "condition", "conditionVersion")
    permissions = {name: rest.pop(name) for name in names if name in rest}
    custom = rest.pop("isCustom", None)
    return {
        **{n: v for n, v in rest.items() if n not in ("name", "id")},
        "roleName": rest.get("name"),
        "name": rest.get("id"),
        "roleType": None if custom is None else "CustomRole" if custom else "BuiltInRole",
        "permissions": [permissions],
    }


def _spelled(value: Any) -> Any:
    if isinstance(value, dict):
        if "DateTime" in value and isinstance(value.get("value"), str):
            return _spelled(value["value"])
        return {_lower_first(name): _spelled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_spelled(inner) for inner in value]
    if isinstance(value, str) and (match := _DATE.match(value)):
        try:
            return (_EPOCH + timedelta(milliseconds=int(match[1]))).isoformat()
        except OverflowError:
            return value
    return value


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
