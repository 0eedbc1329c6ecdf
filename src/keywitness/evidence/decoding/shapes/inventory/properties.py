"""Which property of an object fills which column.

A column takes the property of its own name, whatever the casing; here stand the others.
"""

from __future__ import annotations

from functools import lru_cache

from keywitness.model.tables import known_table

_RENAMED: dict[str, dict[str, str]] = {
    "KeyVaults": {
        "id": "VaultId",
        "resourceid": "VaultId",
        "vaultname": "Name",
        "resourcegroupname": "ResourceGroup",
    },
    "VaultAccessPolicies": {"keyvaultid": "VaultId"},
    "VaultObjects": {
        "kid": "Id",
        "exp": "Expires",
        "nbf": "NotBefore",
        "x509thumbprinthex": "Thumbprint",
    },
    "RoleAssignments": {
        "roleassignmentid": "Id",
        "roleassignmentname": "Name",
        "objectid": "PrincipalId",
        "objecttype": "PrincipalType",
        "signinname": "PrincipalName",
        "createddatetime": "CreatedOn",
    },
    "RoleDefinitions": {},
    "DenyAssignments": {"denyassignmentname": "Name"},
    "DiagnosticSettings": {
        "log": "Logs",
        "metric": "Metrics",
    },
    "PolicyAssignments": {"resourceid": "Id"},
    "Subscriptions": {
        "displayname": "Name",
        "managementgroupancestorschain": "ManagementGroupAncestors",
    },
    "Resources": {"resourceid": "Id", "resourcetype": "Type", "resourcegroupname": "ResourceGroup"},
    **{table: {"id": "ObjectId"} for table in ("Applications", "ServicePrincipals", "Groups", "Users")},
}
#: Columns that no property may fill.
_OWN = frozenset(("TimeGenerated", "SnapshotSource", "AdditionalFields"))


@lru_cache(maxsize=64)
def columns_by_property(table: str) -> dict[str, str]:
    """Column by property, its name in lower case."""
    own = {c.name.lower(): c.name for c in known_table(table) or () if c.name not in _OWN}
    return own | _RENAMED.get(table, {})
