"""A tenant that was made up, of any size: vaults, principals, nested groups, roles, assignments, conditions.

It holds on purpose what exports hold in bad times: groups inside themselves, roles without definition, ids in every
casing, vaults whose permission model is not said, assignments to principals that are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keywitness.access.inventory import COLUMNS, Inventory, inventory_of
from keywitness.access.roles import builtin_roles
from keywitness.model.arrow import ARROW_TYPES

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

#: Conditions of assignments: one excludes an action, two depend on what is not known, one is no condition.
CONDITIONS = (
    "!(ActionMatches{'Microsoft.KeyVault/vaults/secrets/getSecret/action'})",
    "(!(ActionMatches{'Microsoft.KeyVault/vaults/keys/*'})) OR "
    "(@Resource[Microsoft.KeyVault/vaults:name] StringEquals 'a')",
    "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/"
    "roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {4633458b-17de-408a-b874-0445c86b69e6}))",
    "not a condition at all",
)

CUSTOM_ROLES: tuple[dict[str, Any], ...] = (
    {"RoleName": "Everything", "Permissions": [{"actions": ["*"], "dataActions": ["*"]}]},
    {
        "RoleName": "Secrets without reading",
        "Permissions": [
            {"dataActions": ["Microsoft.KeyVault/vaults/SECRETS/*"], "notDataActions": ["*/getSecret/action"]},
        ],
    },
    {
        "RoleName": "Two blocks",
        "Permissions": [
            {"actions": ["*/read"], "notActions": ["*"], "dataActions": ["Microsoft.KeyVault/vaults/keys/read"]},
            {"actions": ["Microsoft.KeyVault/vaults/write"], "dataActions": ["microsoft.keyvault/*/SIGN/action"]},
        ],
    },
)

_ROLES_WITH_CONTENTS = (
    "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "4633458b-17de-408a-b874-0445c86b69e6",
    "12338af0-0e69-4776-bea7-57ae8d297424",
    "21090545-7ca7-4776-b22c-e363652d74d2",
)
_ROLES_OVER_VAULTS = (
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "f25e0fa2-a7c8-4377-a976-54943a77a395",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "8b54135c-b56d-4d72-a534-26097cfdc8d8",
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
)
_GONE_ROLE = "deadbeef-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a tenant is.

    Args:
        principals: Users, groups and service principals together; every tenth is a group, every fifth an application.
        policy_entries: Access policy entries of each vault that has any.
    """

    vaults: int
    principals: int
    assignments: int
    subscriptions: int = 4
    policy_entries: int = 8
    members_each: int = 12
    denials: int = 3


LARGEST = Size(10_000, 100_000, 1_000_000, subscriptions=200)


@dataclass(slots=True)
class _Maker:
    size: Size
    rng: np.random.Generator
    noise: bool
    vault_ids: list[str] = field(default_factory=list)
    principals: list[str] = field(default_factory=list)

    @property
    def groups(self) -> int:
        return max(self.size.principals // 10, 1)

    @property
    def applications(self) -> int:
        return self.size.principals // 5

    def spelled(self, id: str) -> str:
        """An id in one of the casings that exports have."""
        return (id, id.upper(), id)[int(self.rng.integers(3))] if self.noise else id


def estate(size: Size, *, seed: int = 1, noise: bool = True) -> Inventory:
    """Make a tenant.

    Args:
        seed: Equal seeds, equal tenants.
        noise: With what exports hold in bad times.
    """
    import numpy as np

    maker = _Maker(size, np.random.default_rng(seed), noise)
    maker.principals = [f"{i:08x}-aaaa-4aaa-8aaa-{seed % 2**48:012x}" for i in range(size.principals)]
    small = inventory_of(
        {
            "Subscriptions": _subscriptions(maker),
            "ManagementGroups": [
                {"Id": f"{_GROUP}all", "ParentId": ""},
                {"Id": f"{_GROUP}prod", "ParentId": f"{_GROUP}all"},
            ],
            "KeyVaults": _vaults(maker),
            "RoleDefinitions": [
                {"Name": _custom(i), "RoleType": "CustomRole", **role} for i, role in enumerate(CUSTOM_ROLES)
            ],
            "DenyAssignments": _denials(maker),
        }
    )
    tables = dict(small.tables)
    tables["RoleAssignments"] = _assignments(maker)
    tables["GroupMembers"] = _members(maker)
    tables |= _directory(maker)
    tables |= inventory_of(
        {
            "Owners": _owners(maker),
            "DirectoryRoleAssignments": _directory_roles(maker),
            "AppRoleAssignments": _app_roles(maker),
            "Resources": _resources(maker),
        }
    ).filled()
    return Inventory(tables)


_GROUP = "/providers/Microsoft.Management/managementGroups/"


def _custom(number: int) -> str:
    return f"c0570300-0000-4000-8000-{number:012d}"


def _subscription(number: int) -> str:
    return f"{number:08x}-5555-4555-8555-555555555555"


def _subscriptions(maker: _Maker) -> list[dict[str, Any]]:
    chains = (["prod", "all"], ["all"])
    return [
        {"SubscriptionId": _subscription(i), "ManagementGroupAncestors": chains[i % 2]}
        for i in range(maker.size.subscriptions)
    ]


def _vaults(maker: _Maker) -> list[dict[str, Any]]:
    rng, size = maker.rng, maker.size
    groups_each = max(size.vaults // size.subscriptions // 3, 1)
    records = []
    for i in range(size.vaults):
        subscription, group = i % size.subscriptions, i // size.subscriptions % groups_each
        above = f"/subscriptions/{_subscription(subscription)}/resourceGroups/rg-{group}"
        vault = f"{above}/providers/Microsoft.KeyVault/vaults/vault-{i}"
        maker.vault_ids.append(vault)
        rbac = (True, True, False, None if maker.noise and i % 16 == 3 else False)[i % 4]
        policies = None if rbac is True and i % 8 == 1 else [] if rbac else _policies(maker)
        records.append(
            {
                "VaultId": maker.spelled(vault),
                "Name": f"vault-{i}",
                "TenantId": "99999999-9999-4999-8999-999999999999",
                "EnableRbacAuthorization": rbac,
                "EnabledForTemplateDeployment": bool(rng.integers(5) == 0),
                "EnabledForDeployment": bool(rng.integers(5) == 0),
                "AccessPolicies": policies,
            }
        )
    return records


_PERMISSIONS: tuple[dict[str, Sequence[str]], ...] = (
    {"secrets": ["get", "list"]},
    {"secrets": ["Get"], "certificates": ["get", "List"], "keys": []},
    {"keys": ["unwrapKey", "WrapKey", "get"]},
    {"secrets": ["all"], "keys": ["all"], "certificates": ["all"]},
    {"secrets": ["list", "backup"], "keys": ["sign"]},
)


def _policies(maker: _Maker) -> list[dict[str, Any]]:
    entries = []
    for who in maker.rng.integers(0, maker.size.principals, maker.size.policy_entries).tolist():
        entry: dict[str, Any] = {
            "tenantId": "99999999-9999-4999-8999-999999999999",
            "objectId": maker.spelled(maker.principals[who]),
            "permissions": _PERMISSIONS[int(maker.rng.integers(len(_PERMISSIONS)))],
        }
        if maker.noise and maker.rng.integers(8) == 0:
            entry["applicationId"] = "77777777-7777-4777-8777-777777777777"
        entries.append(entry)
    return entries


def _denials(maker: _Maker) -> list[dict[str, Any]]:
    rng, records = maker.rng, []
    for i in range(maker.size.denials):
        vault = maker.vault_ids[int(rng.integers(len(maker.vault_ids)))]
        someone = [maker.principals[p] for p in rng.integers(0, maker.size.principals, 4).tolist()]
        everyone = [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}]
        records.append(
            {
                "Id": f"{vault}/providers/Microsoft.Authorization/denyAssignments/{i}",
                "Name": f"denial {i}",
                "Scope": vault if i % 2 else vault.split("/providers/")[0],
                "DoNotApplyToChildScopes": i % 3 == 2,
                "Permissions": [{"actions": ["*/write"], "dataActions": ["Microsoft.KeyVault/vaults/secrets/*"]}],
                "Principals": everyone if i % 2 else [{"id": p.upper()} for p in someone[:2]],
                "ExcludePrincipals": [{"id": p} for p in someone[2:]],
            }
        )
    return records


def _scopes(maker: _Maker) -> list[str]:
    groups = sorted({v.split("/providers/")[0] for v in maker.vault_ids})
    subscriptions = sorted({g.split("/resourceGroups/")[0] for g in groups})
    return ["/", f"{_GROUP}all", f"{_GROUP}Prod", *subscriptions, *groups, *maker.vault_ids]


def _assignments(maker: _Maker) -> pa.Table:
    """Most of them narrow, few of them wide, as in real tenants."""
    import numpy as np

    rng, count = maker.rng, maker.size.assignments
    scopes = _scopes(maker)
    wide = len(scopes) - len(maker.vault_ids)
    narrow = rng.random(count) < 0.8
    at = np.where(narrow, rng.integers(wide, len(scopes), count), rng.integers(3, wide, count))
    topmost = rng.random(count) < 20 / max(count, 20)
    at = np.where(topmost, rng.integers(0, 3, count), at)
    roles = [*_ROLES_WITH_CONTENTS, *_ROLES_OVER_VAULTS, *(_custom(i) for i in range(len(CUSTOM_ROLES)))]
    rare = [_GONE_ROLE] if maker.noise else []
    ordinary = [r for r in builtin_roles() if r not in roles]
    every = [*roles, *rare, *ordinary]
    role = np.where(rng.random(count) < 0.5, rng.integers(0, len(roles), count), rng.integers(0, len(every), count))
    condition = np.where(rng.random(count) < 0.1, rng.integers(1, len(CONDITIONS) + 1, count), 0)
    kinds = ["Group", "ServicePrincipal", "User"]
    who = rng.integers(0, maker.size.principals, count)
    kind = np.select([who < maker.groups, who < maker.groups + maker.applications], [0, 1], 2)
    spelled = [maker.spelled(s) for s in scopes]
    return _table(
        "RoleAssignments",
        count,
        {
            "Id": ([f"/providers/Microsoft.Authorization/roleAssignments/{i}" for i in range(count)], None),
            "Scope": (spelled, at),
            "RoleDefinitionId": ([f"/providers/Microsoft.Authorization/roleDefinitions/{r}" for r in every], role),
            "PrincipalId": (maker.principals, who),
            "PrincipalType": (kinds, kind),
            "Condition": (["", *CONDITIONS], condition),
            "State": (["Active", "Eligible"], (rng.random(count) < 0.1).astype(np.int64)),
        },
    )


def _members(maker: _Maker) -> pa.Table:
    """Mostly people and applications; a fifth of the members are groups, some of which close a cycle."""
    import numpy as np

    rng, count = maker.rng, maker.groups * maker.size.members_each
    groups = rng.integers(0, maker.groups, count)
    nested = rng.random(count) < 0.05
    above = np.minimum(groups + 1 + rng.integers(0, 5, count), maker.groups - 1)
    if maker.noise:
        above = np.where(rng.random(count) < 0.02, rng.integers(0, maker.groups, count), above)
    leaves = rng.integers(maker.groups, maker.size.principals, count)
    return _table(
        "GroupMembers",
        count,
        {"GroupId": (maker.principals, groups), "MemberId": (maker.principals, np.where(nested, above, leaves))},
    )


def _directory(maker: _Maker) -> dict[str, pa.Table]:
    """Users, groups and service principals; with noise, one in fifty is not in the directory any more."""
    import numpy as np

    kept = np.arange(maker.size.principals)
    if maker.noise:
        kept = kept[maker.rng.random(len(kept)) > 0.02]
    ends = (maker.groups, maker.groups + maker.applications)
    groups, applications, users = (
        kept[kept < ends[0]],
        kept[(kept >= ends[0]) & (kept < ends[1])],
        kept[kept >= ends[1]],
    )
    ids = maker.principals
    names = [f"user{i}@contoso.com" for i in range(maker.size.principals)]
    return {
        "Groups": _table("Groups", len(groups), {"ObjectId": (ids, groups)}),
        "ServicePrincipals": _table("ServicePrincipals", len(applications), {"ObjectId": (ids, applications)}),
        "Users": _table("Users", len(users), {"ObjectId": (ids, users), "UserPrincipalName": (names, users)}),
    }


def _owners(maker: _Maker) -> list[dict[str, Any]]:
    """Every twentieth application and group has an owner."""
    rng, targets = maker.rng, range(0, maker.groups + maker.applications, 20)
    owners = rng.integers(maker.groups, maker.size.principals, len(targets)).tolist()
    return [
        {
            "TargetId": maker.principals[target],
            "TargetType": "group" if target < maker.groups else "servicePrincipal",
            "OwnerId": maker.spelled(maker.principals[owner]),
        }
        for target, owner in zip(targets, owners, strict=True)
    ]


#: Groups Administrator, Application Administrator, Privileged Role Administrator, Global Administrator.
_DIRECTORY_ROLES = (
    "fdd7a751-b60b-444a-984c-02652fe8fa1c",
    "9b895d92-2cd3-44c9-9d02-a6ac2d5ea5c3",
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "62e90394-69f5-4237-9190-012177145e10",
)


def _directory_roles(maker: _Maker) -> list[dict[str, Any]]:
    first, count = maker.groups + maker.applications, len(_DIRECTORY_ROLES)
    people = maker.rng.integers(first, maker.size.principals, count).tolist()
    return [
        {
            "PrincipalId": maker.principals[who],
            "RoleTemplateId": role,
            "DirectoryScopeId": "/",
            "State": "Eligible" if i % 2 else "Active",
        }
        for i, (who, role) in enumerate(zip(people, _DIRECTORY_ROLES, strict=True))
    ]


def _app_roles(maker: _Maker) -> list[dict[str, Any]]:
    """One application may change the members of groups, another may read mail."""
    first = maker.groups + int(maker.rng.integers(max(maker.applications - 1, 1)))
    roles = ("dbaae8cf-10b5-4b86-a4a1-f871c94c6695", "810c84a8-4a9e-49e6-bf7d-12d183f40d01")
    return [{"PrincipalId": maker.principals[first + i], "AppRoleId": r} for i, r in enumerate(roles)]


_MACHINES = "Microsoft.Compute/virtualMachines"


def _resources(maker: _Maker) -> list[dict[str, Any]]:
    """Machines beside every fourth vault; their identities are applications of the directory."""
    records = []
    for i, vault in enumerate(maker.vault_ids[::4]):
        place = maker.groups + int(maker.rng.integers(maker.applications or 1))
        who = maker.principals[min(place, maker.size.principals - 1)]
        machine = f"{vault.split('/providers/')[0]}/providers/{_MACHINES}/vm-{i}"
        records.append({"Id": machine, "Name": f"vm-{i}", "Type": _MACHINES, "Identity": {"principalId": who}})
    return records


def _table(name: str, count: int, said: dict[str, tuple[Sequence[str], NDArray[np.int64] | None]]) -> pa.Table:
    """A table of text columns, each given as values and places in them."""
    import pyarrow as pa

    arrays = []
    for column in COLUMNS[name]:
        if column.name == "Row":
            arrays.append(pa.array([f"{name}:{i}" for i in range(count)], pa.string()))
        elif column.name in said:
            values, places = said[column.name]
            texts = pa.array(values, pa.string())
            arrays.append(texts if places is None else texts.take(pa.array(places)))
        else:
            arrays.append(pa.nulls(count, ARROW_TYPES[column.type]))
    return pa.table(arrays, names=[c.name for c in COLUMNS[name]])
