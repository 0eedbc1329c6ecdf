"""What makes answers less than sure, or is strange: parts that no export holds, and what cannot be meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from keywitness.access.inventory import distinct
from keywitness.access.operations import policy_mask
from keywitness.access.roles import unreadable
from keywitness.access.tenant import Tenant, permissions_of

#: Examples that a sentence names.
MOST_NAMED = 5

#: What is missing when a table has no row.
_MISSING = {
    "KeyVaults": "no vaults: there is nothing to ask about",
    "RoleAssignments": "no role assignments: what Azure roles allow is not known",
    "RoleDefinitions": "no role definitions: built-in ones are those of keywitness, custom ones are unknown",
    "GroupMembers": "no members of groups: access through groups is not known",
    "Users": "no users: who is gone cannot be told",
    "ServicePrincipals": "no service principals: who is gone, and what applications are called, cannot be told",
    "Owners": "no owners of applications and groups: paths through them are not known",
    "DirectoryRoleAssignments": "no directory roles: paths through administrators of the directory are not known",
    "AppRoleAssignments": "no application permissions: paths through Microsoft Graph are not known",
    "Resources": "no resources: paths through machines and their identities are not known",
    "DenyAssignments": "no deny assignments: what they take away is not taken away here",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to know.

    Args:
        kind: A word to filter by.
        text: A sentence.
        names: What it is about, all of it.
    """

    kind: str
    text: str
    names: tuple[str, ...] = ()

    def sentence(self) -> str:
        """The text with some of the names."""
        shown = ", ".join(self.names[:MOST_NAMED])
        more = f" and {len(self.names) - MOST_NAMED:,} more" if len(self.names) > MOST_NAMED else ""
        return f"{self.text}: {shown}{more}" if self.names else self.text


def problems(tenant: Tenant) -> tuple[Problem, ...]:
    """Everything that makes answers about a tenant less than sure."""
    found = (
        *_missing_tables(tenant),
        *_roles(tenant),
        *_vaults(tenant),
        *_policies(tenant),
        *_principals(tenant),
        *_scopes(tenant),
        *_tenants(tenant),
    )
    return tuple(p for p in found if p is not None)


def _missing_tables(tenant: Tenant) -> Iterator[Problem]:
    for table, text in _MISSING.items():
        if not tenant.inventory.rows(table):
            yield Problem("missing", f"the case holds {text}")


def _about(kind: str, text: str, names: Iterable[str]) -> Problem | None:
    listed = distinct(names)
    return Problem(kind, text, listed) if listed else None


def _roles(tenant: Tenant) -> Iterator[Problem | None]:
    grants = tenant.grants
    missing = (g.role.name for g in grants if g.role.blocks is None)
    yield _about("role", "roles whose definition is in no export; what they allow is not known", missing)
    written = (g.condition for g in grants if g.condition)
    unread = (f"{reason} in '{text[:80]}'" for text in written if (reason := unreadable(text)))
    yield _about("condition", "conditions that are not understood; their roles count as conditional", unread)
    wide = [
        str(record["RoleName"] or record["Name"])
        for record in tenant.inventory.records("RoleDefinitions")
        if "builtin" not in str(record["RoleType"]).lower() and _allows_everything(record["Permissions"] or ())
    ]
    yield _about("role", "custom roles that allow everything", wide)


def _allows_everything(permissions: Iterable[Mapping[str, Any]]) -> bool:
    return any("*" in (block.get(part) or ()) for block in permissions for part in ("actions", "dataActions"))


def _vaults(tenant: Tenant) -> Iterator[Problem | None]:
    unknown = (v.name for v in tenant.vaults if v.rbac is None)
    text = "vaults whose permission model no export says (Azure's documented default for null is access policies)"
    yield _about("model", text, unknown)
    closed = (v.name for v in tenant.vaults if v.rbac is False and not v.policies_known)
    yield _about("policies", "vaults whose access policies are in no export", closed)


def _policies(tenant: Tenant) -> Iterator[Problem | None]:
    words, foreign = [], []
    for vault in tenant.vaults:
        for entry in vault.facts["AccessPolicies"] or ():
            for kind, permissions in permissions_of(entry).items():
                words += [f"{vault.name}: {kind} {word}" for word in policy_mask(kind, permissions)[1]]
        start, end = (int(tenant.policies.starts[vault.number + i]) for i in (0, 1))
        foreign += [vault.name for place in range(start, end) if tenant.policies.foreign[place]]
    yield _about("policies", "words of access policies that nobody knows; they count for nothing", words)
    yield _about("tenant", "vaults with access policies for another tenant; they count as conditional", foreign)


def _principals(tenant: Tenant) -> Iterator[Problem | None]:
    import numpy as np

    principals = tenant.principals
    yield _about("group", "groups inside themselves", (principals.title(g) for g in tenant.membership.cyclic()))
    named = np.unique(np.concatenate([tenant.assignments.principals, tenant.policies.principals])).tolist()
    if all(tenant.inventory.rows(t) for t in ("Users", "Groups", "ServicePrincipals")):
        gone = (principals.title(n) for n in named if n not in principals.recorded)
        text = "principals with access that the directory does not have (deleted, or not exported)"
        yield _about("principal", text, gone)
    starts = tenant.membership.members_of.starts
    empty = (principals.title(n) for n in named if principals.kinds[n] == "Group" and starts[n] == starts[n + 1])
    yield _about("group", "groups with access whose members are in no export (empty, or not exported)", empty)


def _scopes(tenant: Tenant) -> Iterator[Problem | None]:
    scopes = tenant.scopes
    text = "subscriptions and management groups whose place no export says; what is assigned above them is not counted"
    yield _about("scope", text, sorted(scopes.unplaced))
    yield _about("scope", "scopes of assignments that are none; they hold for nothing", sorted(scopes.strange))
    limited = [
        record["DirectoryScopeId"]
        for record in tenant.inventory.records("DirectoryRoleAssignments")
        if "administrativeunits" in str(record["DirectoryScopeId"]).lower()
    ]
    yield _about("scope", "directory roles over administrative units, which are not followed", limited)


def _tenants(tenant: Tenant) -> Iterator[Problem | None]:
    inventory = tenant.inventory
    ids = {t.lower() for table in ("KeyVaults", "Subscriptions") for t in inventory.text(table, "TenantId") if t}
    if len(ids) > 1:
        text = "exports of several tenants are mixed; what is assigned at the root of one would count in the other"
        yield Problem("tenant", text, tuple(sorted(ids)))
