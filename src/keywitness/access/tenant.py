"""A tenant ready to be asked: inventory resolved to numbers, roles to masks, scopes to a tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from keywitness.access.inventory import Inventory
from keywitness.access.membership import Adjacency, Membership, adjacency
from keywitness.access.operations import OBJECT_KINDS, Capability, policy_mask
from keywitness.access.principals import Principals, encoded
from keywitness.access.roles import Attributes, Grant, Role, builtin_roles, grant, role_of
from keywitness.access.scopes import ScopeTree, kind_of, makes, management_groups_above

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EVERYONE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Vault:
    """One vault.

    Args:
        number: Its place in `Tenant.vaults`.
        scope: Its number in the scope tree; `subscription` likewise.
        rbac: True: roles decide over its contents. False: access policies. None: the export does not say.
        policies_known: The export holds its access policies.
        facts: The row.
    """

    number: int
    id: str
    name: str
    scope: int
    subscription: int
    rbac: bool | None
    policies_known: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PolicyEntries:
    """Access policy entries of all vaults, in columns, those of one vault together.

    Args:
        starts: Where the entries of each vault begin, and the end of all.
        principals: Whom the entry is for.
        masks: Operations that it allows.
        rows: References of the rows that hold them.
        applications: The application through which alone it counts (a compound identity), or "".
        foreign: The tenant that the entry names, where it is not the vault's.
    """

    starts: NDArray[np.int64]
    principals: NDArray[np.int32]
    masks: NDArray[np.uint64]
    rows: list[str]
    applications: list[str]
    foreign: list[str]


@dataclass(frozen=True, slots=True)
class Assignments:
    """Role assignments in columns.

    Args:
        grants: Numbers of `Tenant.grants`.
        eligible: Must be activated first (PIM).
        rows: Places in the table RoleAssignments.
    """

    principals: NDArray[np.int32]
    scopes: NDArray[np.int32]
    grants: NDArray[np.int32]
    eligible: NDArray[np.bool_]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Denial:
    """One deny assignment.

    Args:
        grant: What it denies, as masks.
        principals: Whom it is for; `everyone` when it is for all.
        excluded: Whom it is not for.
        below: It holds for child scopes too.
    """

    scope: int
    grant: Grant
    principals: frozenset[int]
    everyone: bool
    excluded: frozenset[int]
    below: bool
    name: str
    row: str


class Tenant:
    """Everything that decides about access, ready to be asked.

    Args:
        inventory: One state: what several snapshots say is brought together before (`history`).
        known: Attributes of conditions whose values are known, such as the time.
    """

    def __init__(self, inventory: Inventory, *, known: Attributes | None = None) -> None:
        self.inventory = inventory
        self.known: Attributes = known or {}
        self.principals = Principals()
        self.scopes = ScopeTree(
            management_groups_above(
                zip(
                    inventory.text("ManagementGroups", "Id"),
                    inventory.text("ManagementGroups", "ParentId"),
                    strict=True,
                ),
                zip(
                    inventory.text("Subscriptions", "SubscriptionId"),
                    inventory.values("Subscriptions", "ManagementGroupAncestors"),
                    strict=True,
                ),
            )
        )
        self._read_directory()
        self.grants: list[Grant] = []
        #: What each grant says about an act that was asked for; `question` fills it.
        self.effects: dict[tuple[bool, int], NDArray[np.int8]] = {}
        self._creates: dict[int, NDArray[np.bool_]] = {}
        self.assignments = self._assignments()
        self.vaults, self.policies = self._vaults()
        self.denials = self._denials()
        self._read_others()
        members = inventory.tables["GroupMembers"]
        groups, inside = (self.principals.column(members.column(c)) for c in ("GroupId", "MemberId"))
        self._name_those_of("GroupMembers", inside, "MemberType", "MemberName")
        for group in set(groups.tolist()) - {-1}:
            self.principals.describe(group, "Group", "")
        size = len(self.principals)
        self.membership = Membership(adjacency(inside, groups, size), adjacency(groups, inside, size))

    # ------------------------------------------------------------ finding

    @cached_property
    def by_principal(self) -> Adjacency:
        """The assignments of each principal: places in `assignments`."""
        import numpy as np

        places = np.arange(len(self.assignments.principals), dtype=np.int32)
        return adjacency(self.assignments.principals, places, len(self.principals))

    @cached_property
    def by_scope(self) -> Adjacency:
        """The assignments of each scope: places in `assignments`."""
        import numpy as np

        places = np.arange(len(self.assignments.scopes), dtype=np.int32)
        return adjacency(self.assignments.scopes, places, len(self.scopes.names))

    @cached_property
    def vault_numbers(self) -> Mapping[str, tuple[int, ...]]:
        """Vaults by id and by name, in lower case. Names are unique in the world, exports of two moments are not."""
        found: dict[str, tuple[int, ...]] = {}
        for number, vault in enumerate(self.vaults):
            for key in {vault.id.lower(), vault.name.lower()}:
                found[key] = (*found.get(key, ()), number)
        return found

    def creates(self, act: Capability) -> NDArray[np.bool_]:
        """Of each scope whether a capability held there creates a thing of its kind, or changes one that is there.

        Things are created in resource groups. Of vaults only those with access policies are of use to who may write
        them: the others keep their contents from him.
        """
        import numpy as np

        if act.bit not in self._creates:
            policies = {v.scope for v in self.vaults if v.rbac is False} if act.at == "vault" else set()
            kind = act.at.lower()
            found = [makes(name) or kind_of(name) == kind or n in policies for n, name in enumerate(self.scopes.names)]
            self._creates[act.bit] = np.array(found, np.bool_)
        return self._creates[act.bit]

    def principal(self, id: str) -> int | None:
        found = self.principals.find(id)
        return found[0] if len(found) == 1 else None

    def row(self, table: str, place: int) -> str:
        """The reference of a row of the case."""
        return str(self.inventory.tables[table].column("Row")[place].as_py())

    def text(self, table: str, column: str, place: int) -> str:
        """A cell of text, as the export has it."""
        return str(self.inventory.tables[table].column(column)[place].as_py() or "")

    # ------------------------------------------------------------ reading

    def _read_directory(self) -> None:
        tables = (
            ("Users", "ObjectId", "User", ("UserPrincipalName", "DisplayName")),
            ("Groups", "ObjectId", "Group", ("DisplayName",)),
            ("ServicePrincipals", "ObjectId", "ServicePrincipal", ("DisplayName", "AppId")),
        )
        for table, key, kind, names in tables:
            numbers = self.principals.column(self.inventory.tables[table].column(key)).tolist()
            columns = [self.inventory.text(table, n) for n in names]
            self.principals.recorded.update(n for n in numbers if n >= 0)
            for number, *said in zip(numbers, *columns, strict=True):
                if number >= 0:
                    self.principals.describe(number, kind, next(filter(None, said), ""))
                    for name in said:
                        self.principals.also(number, name)

    def _read_others(self) -> None:
        """Number those whom only other tables name: no principal comes after them."""
        for table, column in (
            ("Owners", "OwnerId"),
            ("Owners", "TargetId"),
            ("DirectoryRoleAssignments", "PrincipalId"),
            ("AppRoleAssignments", "PrincipalId"),
        ):
            self.principals.column(self.inventory.tables[table].column(column))
        for identity in self.inventory.values("Resources", "Identity"):
            for id in identity_principals(identity):
                self.principals.add(id)

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """Role definitions by GUID and by name: those of the export, then the built-in ones."""
        inventory = self.inventory
        found: dict[str, Role] = {}
        for record in inventory.records("RoleDefinitions"):
            id = (record["Name"] or record["Id"].rsplit("/", 1)[-1]).lower()
            custom = "builtin" not in str(record["RoleType"]).lower()
            found[id] = role_of(id, record["RoleName"], record["Permissions"] or (), record["Row"], custom=custom)
        for id, role in builtin_roles().items():
            found.setdefault(id, role)
        for role in list(found.values()):
            found.setdefault(role.name.lower(), role)
        return found

    def role(self, definition_id: str, name: str) -> Role:
        """The role of an assignment; one without blocks when nobody knows its definition."""
        id = definition_id.rsplit("/", 1)[-1].lower()
        found = self.roles.get(id) or (self.roles.get(name.lower()) if not id else None)
        return found or Role(id, name or id, None)

    def _assignments(self) -> Assignments:
        import numpy as np

        table = self.inventory.tables["RoleAssignments"]
        principals = self.principals.column(table.column("PrincipalId"))
        scope_index, scope_texts = encoded(table.column("Scope"))
        scopes = np.array([self.scopes.add(t) for t in scope_texts] or [0], np.int32)[scope_index]
        state_index, states = encoded(table.column("State"))
        eligible = np.array([s.startswith("eligible") for s in states] or [False])[state_index]
        usable = principals >= 0
        self._name_those_of("RoleAssignments", principals, "PrincipalType", "PrincipalName")
        grants = self._grants(table)
        rows = np.nonzero(usable)[0]
        return Assignments(principals[rows], scopes[rows], grants[rows], eligible[rows], rows)

    def _name_those_of(self, table: str, numbers: NDArray[np.int32], kind: str, name: str) -> None:
        """Names and kinds that only tables about something else tell.

        Args:
            numbers: The principals of the table's rows.
            kind: The column of their kinds; `name` likewise.
        """
        import numpy as np

        columns = [self.inventory.tables[table].column(c) for c in (kind, name)]
        for number, first in zip(*np.unique(numbers, return_index=True), strict=True):
            if number >= 0 and not (self.principals.kinds[number] and self.principals.names[number]):
                cells = [column[int(first)].as_py() or "" for column in columns]
                self.principals.describe(int(number), *cells)

    def _grants(self, table: Any) -> NDArray[np.int32]:
        """The number of the grant of each assignment; role and condition are worked out once per pair."""
        import numpy as np

        columns = ("RoleDefinitionId", "RoleDefinitionName")
        ids, names = (encoded(table.column(c)) for c in columns)
        conditions = table.column("Condition").combine_chunks().dictionary_encode()
        texts = [t or "" for t in conditions.dictionary.to_pylist()] or [""]
        written = np.asarray(conditions.indices.fill_null(0)).astype(np.int64)
        key = (ids[0] * max(len(names[1]), 1) + names[0]) * len(texts) + written
        distinct, inverse = np.unique(key, return_inverse=True)
        numbers: dict[tuple[str, str], int] = {}
        found = np.empty(len(distinct), np.int32)
        for i, code in enumerate(distinct.tolist()):
            rest, condition = divmod(code, len(texts))
            role_id, role_name = divmod(rest, max(len(names[1]), 1))
            role = self.role(ids[1][role_id], names[1][role_name])
            pair = (role.id or role.name, texts[condition].strip())
            if pair not in numbers:
                numbers[pair] = len(self.grants)
                self.grants.append(grant(role, pair[1], self.known))
            found[i] = numbers[pair]
        return found[inverse] if len(distinct) else np.empty(0, np.int32)

    def _vaults(self) -> tuple[tuple[Vault, ...], PolicyEntries]:
        import numpy as np

        vaults: list[Vault] = []
        starts = [0]
        principals: list[int] = []
        masks: list[int] = []
        rows: list[str] = []
        alone = self._policies_alone()
        applications: list[str] = []
        foreign: list[str] = []
        for record in self.inventory.records("KeyVaults"):
            if record["AccessPolicies"] is None and record["VaultId"].lower() in alone:
                record["AccessPolicies"] = alone[record["VaultId"].lower()]
            vaults.append(self._vault(len(vaults), record))
            for entry in record["AccessPolicies"] or ():
                rows.append(str(entry.get("Row") or record["Row"]))
                principals.append(self.principals.add(str(field_of(entry, "objectId") or "")))
                masks.append(entry_mask(entry))
                applications.append(str(field_of(entry, "applicationId") or "").lower())
                tenant = str(field_of(entry, "tenantId") or "").lower()
                foreign.append(tenant if tenant and record["TenantId"] and tenant != record["TenantId"].lower() else "")
            starts.append(len(principals))
        entries = PolicyEntries(
            np.array(starts), np.array(principals, np.int32), np.array(masks, np.uint64), rows, applications, foreign
        )
        return tuple(vaults), entries

    def _policies_alone(self) -> Mapping[str, list[dict[str, Any]]]:
        """Entries that an export lists apart from their vaults, by vault."""
        found: dict[str, list[dict[str, Any]]] = {}
        for record in self.inventory.records("VaultAccessPolicies"):
            found.setdefault(record["VaultId"].lower(), []).append(record)
        return found

    def _vault(self, number: int, record: Mapping[str, Any]) -> Vault:
        scope = self.scopes.add(record["VaultId"])
        subscription = next((s for s in self.scopes.upwards(scope) if self.scopes.names[s].count("/") == 2), scope)
        rbac, policies = record["EnableRbacAuthorization"], record["AccessPolicies"]
        return Vault(number, record["VaultId"], record["Name"], scope, subscription, rbac, policies is not None, record)

    def _denials(self) -> tuple[Denial, ...]:
        return tuple(self._denial(record) for record in self.inventory.records("DenyAssignments"))

    def _denial(self, record: Mapping[str, Any]) -> Denial:
        role = role_of(record["Id"], record["Name"], record["Permissions"] or (), record["Row"])
        ids = [
            str(field_of(p, "id") or "").lower() if isinstance(p, dict) else str(p).lower()
            for p in record["Principals"] or ()
        ]
        left_out = [
            str(field_of(p, "id") or "") if isinstance(p, dict) else str(p) for p in record["ExcludePrincipals"] or ()
        ]
        return Denial(
            scope=self.scopes.add(record["Scope"]),
            grant=grant(role, record["Condition"], self.known),
            principals=frozenset(self.principals.add(i) for i in ids if i and i != EVERYONE),
            everyone=EVERYONE in ids,
            excluded=frozenset(self.principals.add(i) for i in left_out if i),
            below=not record["DoNotApplyToChildScopes"],
            name=record["Name"],
            row=record["Row"],
        )


def identity_principals(identity: Mapping[str, Any] | None) -> list[str]:
    """Object ids of a resource's managed identities: its own, and those assigned to it."""
    said = identity or {}
    assigned = [(v or {}).get("principalId") for v in (said.get("userAssignedIdentities") or {}).values()]
    return [str(i) for i in (said.get("principalId"), *assigned) if i]


def field_of(record: Mapping[str, Any], name: str) -> Any:
    """A field whatever its case: PowerShell writes `ObjectId`, ARM `objectId`."""
    if name in record:
        return record[name]
    return next((v for k, v in record.items() if k.lower() == name.lower()), None)


def permissions_of(entry: Mapping[str, Any]) -> dict[str, list[str]]:
    """The words of an access policy entry, by object kind."""
    found = {}
    for kind in OBJECT_KINDS:
        listed = field_of(field_of(entry, "permissions") or {}, "storage" if kind == "storage" else f"{kind}s")
        found[kind] = [str(word) for word in listed or ()]
    return found


def entry_mask(entry: Mapping[str, Any]) -> int:
    """The operations that an access policy entry allows."""
    mask = 0
    for kind, words in permissions_of(entry).items():
        mask |= policy_mask(kind, words)[0]
    return mask
