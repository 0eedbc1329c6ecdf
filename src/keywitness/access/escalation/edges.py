"""Who can act as whom: owners, directory roles, permissions of Graph, code on resources with a managed identity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from keywitness.access.escalation.ways import Way, becoming, listed
from keywitness.access.operations import Capability, capabilities, capability
from keywitness.access.question import Answer, ask_capability, effect
from keywitness.access.tenant import Tenant, identity_principals

#: Targets that are no principal: all applications, groups, role-assignable groups, and power over all.
EVERY_APPLICATION, EVERY_GROUP, EVERY_ROLE_GROUP, GLOBAL_ADMINISTRATOR, OVER_EVERYTHING = -2, -3, -4, -5, -6
VIRTUAL = {
    EVERY_APPLICATION: "every application",
    EVERY_GROUP: "every group without roles",
    EVERY_ROLE_GROUP: "every role-assignable group",
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    OVER_EVERYTHING: "User Access Administrator over everything",
}
_TARGETS = {
    "application-administrator": EVERY_APPLICATION,
    "group-administrator": EVERY_GROUP,
    "role-group-administrator": EVERY_ROLE_GROUP,
    "directory-role": GLOBAL_ADMINISTRATOR,
    "elevate-access": OVER_EVERYTHING,
}
_GLOBAL_ADMINISTRATOR_ROLE = "62e90394-69f5-4237-9190-012177145e10"
_WORST = (Answer.YES, Answer.CONDITIONAL, Answer.UNKNOWN, Answer.NO)
_IDENTITY = "microsoft.managedidentity/userassignedidentities"


@dataclass(frozen=True, slots=True)
class Edge:
    """Somebody can act as somebody else.

    Args:
        source: A principal; where it is a group, everybody in it.
        target: A principal, or one of `VIRTUAL`.
        permission: What exactly lets him.
        answer: YES, or what it hangs on.
        rows: References of the rows that prove it.
    """

    source: int
    target: int
    way: Way
    permission: str
    answer: Answer
    rows: tuple[str, ...]


class Edges:
    """All of a tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._assigned: dict[tuple[int, tuple[Capability, ...]], list[tuple[int, Capability, Answer, str]]] = {}
        made = (*self._owned(), *self._directory_roles(), *self._app_roles(), *self._run_code(), *self._use_identity())
        #: Each edge once.
        self.all: tuple[Edge, ...] = tuple(dict.fromkeys((*made, *_of_a_global_administrator())))

    @cached_property
    def by_source(self) -> Mapping[int, tuple[Edge, ...]]:
        found: dict[int, list[Edge]] = {}
        for edge in self.all:
            found.setdefault(edge.source, []).append(edge)
        return {source: tuple(edges) for source, edges in found.items()}

    @cached_property
    def role_groups(self) -> frozenset[int]:
        """Groups that can be assigned to directory roles: only few may change their members."""
        inventory = self.tenant.inventory
        pairs = zip(inventory.text("Groups", "ObjectId"), inventory.values("Groups", "IsAssignableToRole"), strict=True)
        return frozenset(self.tenant.principals.add(id) for id, flag in pairs if flag and id)

    def virtual_of(self, principal: int) -> int | None:
        """The virtual target that a principal is part of."""
        kind = self.tenant.principals.kinds[principal]
        if kind == "ServicePrincipal":
            return EVERY_APPLICATION
        if kind == "Group":
            return EVERY_ROLE_GROUP if principal in self.role_groups else EVERY_GROUP
        return None

    # ------------------------------------------------------------ the directory

    @cached_property
    def _service_principals(self) -> Mapping[str, int]:
        """Service principals by object id of their application."""
        inventory, principals = self.tenant.inventory, self.tenant.principals
        ids = (inventory.text("ServicePrincipals", c) for c in ("AppId", "ObjectId"))
        by_app = {app.lower(): principals.add(id) for app, id in zip(*ids, strict=True) if app and id}
        pairs = zip(inventory.text("Applications", "ObjectId"), inventory.text("Applications", "AppId"), strict=True)
        return {id.lower(): by_app[app.lower()] for id, app in pairs if app.lower() in by_app}

    def _owned(self) -> Iterator[Edge]:
        principals = self.tenant.principals
        for record in self.tenant.inventory.records("Owners"):
            if not record["TargetId"] or not record["OwnerId"]:
                continue
            owner = principals.add(record["OwnerId"])
            principals.describe(owner, record["OwnerType"], record["OwnerName"])
            application = self._service_principals.get(record["TargetId"].lower())
            target = principals.add(record["TargetId"]) if application is None else application
            group = principals.kinds[target] == "Group" or "group" in record["TargetType"].lower()
            way = becoming()["group-owner" if group else "application-owner"]
            what = "owner of the group" if group else "owner of the application"
            yield Edge(owner, target, way, what, Answer.YES, (record["Row"],))

    def _directory_roles(self) -> Iterator[Edge]:
        known = listed()["directory-roles"]
        for record in self.tenant.inventory.records("DirectoryRoleAssignments"):
            template = (record["RoleTemplateId"] or record["RoleDefinitionId"]).lower()
            if template not in known or not record["PrincipalId"]:
                continue
            source = self.tenant.principals.add(record["PrincipalId"])
            answer = Answer.ELIGIBLE if record["State"].lower().startswith("eligible") else Answer.YES
            permission, rows = f"directory role {known[template]['name']}", (record["Row"],)
            only = record["DirectoryScopeId"].strip("/").lower()
            if only:
                yield from self._limited(source, only, known[template]["can"], permission, answer, rows)
                continue
            if template == _GLOBAL_ADMINISTRATOR_ROLE:
                yield Edge(source, GLOBAL_ADMINISTRATOR, becoming()["has-directory-role"], permission, answer, rows)
                continue
            for can in known[template]["can"]:
                yield Edge(source, _TARGETS[can], becoming()[can], permission, answer, rows)

    def _limited(
        self, source: int, only: str, can: list[str], permission: str, answer: Answer, rows: tuple[str, ...]
    ) -> Iterator[Edge]:
        """A directory role over one object; over administrative units nothing is said."""
        application = self._service_principals.get(only)
        target = self.tenant.principal(only) if application is None else application
        if target is not None:
            for way in can:
                if self.virtual_of(target) == _TARGETS[way]:
                    yield Edge(source, target, becoming()[way], f"{permission} over it", answer, rows)

    def _app_roles(self) -> Iterator[Edge]:
        known = listed()["app-roles"]
        for record in self.tenant.inventory.records("AppRoleAssignments"):
            role = known.get(record["AppRoleId"].lower())
            if role is None or not record["PrincipalId"]:
                continue
            source = self.tenant.principals.add(record["PrincipalId"])
            for can in role["can"]:
                permission = f"application permission {role['name']}"
                yield Edge(source, _TARGETS[can], becoming()[can], permission, Answer.YES, (record["Row"],))

    # ------------------------------------------------------------ resources

    @cached_property
    def _identities(self) -> list[tuple[str, str, list[int], str]]:
        """Resources: id, type, principals of their identities, row."""
        found = []
        for record in self.tenant.inventory.records("Resources"):
            principals = [self.tenant.principals.add(i) for i in identity_principals(record["Identity"])]
            found.append((record["Id"], record["Type"].lower(), principals, record["Row"]))
        return found

    def _run_code(self) -> Iterator[Edge]:
        by_type: dict[str, list[Capability]] = {}
        for c in capabilities():
            if "/" in c.at and c.at.lower() != _IDENTITY:
                by_type.setdefault(c.at.lower(), []).append(c)
        for id, type_, principals, row in self._identities:
            if not principals or type_ not in by_type:  # nothing is known that runs code on one of that type
                continue
            for source, act, answer, proof in self._holders(id, by_type[type_]):
                way = becoming()["role-then-run-code" if act.gives else "run-code"]
                for target in principals:
                    yield Edge(source, target, way, f"{act.action} on {id}", answer, (*proof, row))

    def _use_identity(self) -> Iterator[Edge]:
        """User-assigned identities: those that resources carry, and those listed themselves."""
        acts = [capability(c) for c in ("federate-identity", "assign-identity", "give-identity-role")]
        seen: dict[str, tuple[int, str]] = {}
        inventory = self.tenant.inventory
        for record in inventory.records("Resources"):
            for id, value in ((record["Identity"] or {}).get("userAssignedIdentities") or {}).items():
                if (value or {}).get("principalId"):
                    seen[id.lower()] = (self.tenant.principals.add(str(value["principalId"])), record["Row"])
            if record["Type"].lower() == _IDENTITY and (record["Identity"] or {}).get("principalId"):
                number = self.tenant.principals.add(record["Identity"]["principalId"])
                seen[record["Id"].lower()] = (number, record["Row"])
        for id, (target, row) in seen.items():
            for source, act, answer, proof in self._holders(id, acts):
                way = becoming()["role-then-use-identity" if act.gives else "use-identity"]
                yield Edge(source, target, way, f"{act.action} on {id}", answer, (*proof, row))

    def _holders(
        self, resource: str, acts: list[Capability]
    ) -> Iterator[tuple[int, Capability, Answer, tuple[str, ...]]]:
        """Those who are assigned one of the capabilities at a resource or above it."""
        tenant = self.tenant
        place = tenant.scopes.upwards(tenant.scopes.add(resource))
        denied = any(d.scope in place for d in tenant.denials)
        for scope in place:
            for source, act, answer, row in self._assigned_at(scope, tuple(acts)):
                reached = tenant.membership.upwards(source) if denied else {}
                if not denied or ask_capability(tenant, reached, act, place).answer is not Answer.NO:
                    yield source, act, answer, (row,)

    def _assigned_at(self, scope: int, acts: tuple[Capability, ...]) -> list[tuple[int, Capability, Answer, str]]:
        """Who is assigned one of the capabilities at a scope, by which, with what answer, and the row."""
        if (scope, acts) not in self._assigned:
            self._assigned[scope, acts] = list(self._assigned_now(scope, acts))
        return self._assigned[scope, acts]

    def _assigned_now(self, scope: int, acts: tuple[Capability, ...]) -> Iterator[tuple[int, Capability, Answer, str]]:
        assignments, grants = self.tenant.assignments, self.tenant.grants
        for at, _ in self.tenant.by_scope.of(scope):
            given = grants[assignments.grants[at]]
            effects = ((act, effect(given, act)) for act in acts)
            best = min(effects, key=lambda pair: _WORST.index(pair[1]))
            if best[1] in (Answer.NO, Answer.UNKNOWN):
                continue
            eligible = bool(assignments.eligible[at])
            row = self.tenant.row("RoleAssignments", int(assignments.rows[at]))
            yield int(assignments.principals[at]), best[0], Answer.ELIGIBLE if eligible else best[1], row


def _of_a_global_administrator() -> Iterator[Edge]:
    """What that role can do, said once for all who have it or can get it."""
    for can in listed()["directory-roles"][_GLOBAL_ADMINISTRATOR_ROLE]["can"]:
        permission = "directory role Global Administrator"
        yield Edge(GLOBAL_ADMINISTRATOR, _TARGETS[can], becoming()[can], permission, Answer.YES, ())
