"""Who holds what over the company's vaults, from when to when.

What stood before the first record is worked out from who was let in: the least role, or the permissions, that all of a
caller's requests ask for. What came and went follows from the acts in the Activity Log and in Entra.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from keywitness.lab.activity import Act
from keywitness.lab.audit_event import Request
from keywitness.lab.company import Company, Principal, Vault
from keywitness.lab.inventory.moments import ALWAYS, Span
from keywitness.lab.inventory.roles import ACCESS_ADMINISTRATOR, ASKS, BY_ID, VAULT_CONTRIBUTOR, Role, least_role
from keywitness.lab.inventory.roles import permissions as permissions_for
from keywitness.lab.journal import Journal
from keywitness.lab.workload import Workload

#: Answers that say nothing of rights: no token, refused.
_UNSAID = (401, 403)
Permissions = Mapping[str, Sequence[str]]
_Held = TypeVar("_Held", "Assignment", "Entry", "Logged")


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role of Azure at a scope. `id` is a dashed GUID; `kind` User, Group or ServicePrincipal."""

    id: str
    scope: str
    role: Role
    holder: str
    kind: str
    by: str = ""
    eligible: bool = False
    span: Span = ALWAYS


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a vault's access policies."""

    vault: int
    holder: str
    permissions: Permissions
    span: Span = ALWAYS


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that a vault had for a while: its permission model, its network rules."""

    vault: int
    name: str
    value: Any
    span: Span


@dataclass(frozen=True, slots=True)
class Logged:
    """A diagnostic setting of a vault. `account` is the storage account's resource id."""

    vault: int
    name: str
    account: str
    span: Span = ALWAYS


@dataclass(frozen=True, slots=True)
class Group:
    """A security group and its direct members: object id and kind of each."""

    id: str
    name: str
    members: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Holdings:
    """All of it. `principals` are everybody who ever called or was let in, by object id."""

    principals: dict[str, Principal] = field(default_factory=dict)
    assignments: list[Assignment] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    logged: list[Logged] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def kind(self, oid: str) -> str:
        """User, Group or ServicePrincipal, as assignments name it."""
        known = self.principals.get(oid)
        if known is None:
            return "Group" if any(group.id == oid for group in self.groups) else "ServicePrincipal"
        return "User" if known.kind == "user" else "ServicePrincipal"

    def members(self, oid: str) -> frozenset[str]:
        """Everybody in a group, groups in groups included; the principal itself where it is none."""
        found, waiting = {oid}, [oid]
        while waiting:
            here = waiting.pop()
            for group in self.groups:
                new = {member for member, _ in group.members} - found if group.id == here else set()
                found |= new
                waiting += new
        return frozenset(found)


def dashed(hex32: str) -> str:
    """A GUID with its dashes."""
    return "-".join((hex32[:8], hex32[8:12], hex32[12:16], hex32[16:20], hex32[20:]))


def archive_of(company: Company) -> str:
    """The storage account that the vaults' logs go to, as the late vault's setting names it."""
    home = company.vaults[company.late_vault].group_id
    return f"{home}/providers/Microsoft.Storage/storageAccounts/st{company.profile.name}archive"


def holdings_of(company: Company, workloads: Sequence[Workload], journal: Journal) -> Holdings:
    """Everything that anybody holds at any time of a simulation."""
    held = Holdings()
    _meet(held, company, workloads, journal)
    held.groups = [*_groups_of_people(company), *_groups_of_applications(company, workloads)]
    _contents(held, company, workloads, journal)
    _control(held, company, journal)
    _groups_that_rule(held, company)
    held.logged = _logged_from_the_start(company)
    for at, act, by in _done(journal):
        _happen(held, company, at, act, by)
    return held


def _done(journal: Journal) -> Iterator[tuple[int, Act, str]]:
    """The acts that succeeded, in order, and who did them."""
    for at, act, caller in sorted(journal.acts, key=lambda act: act[0]):
        if act.stages[-1][0] == "Success":
            yield at, act, caller.principal.oid


def _meet(held: Holdings, company: Company, workloads: Sequence[Workload], journal: Journal) -> None:
    people = (person.principal for person in company.people)
    machines = (workload.principal for workload in workloads)
    callers = (caller.principal for _, _, caller in journal.acts)
    asking = (request.principal for _, request in journal.asked if request.principal is not None)
    for who in (*people, *machines, *callers, *asking):
        held.principals.setdefault(who.oid, who)


# ---- groups ----


def _groups_of_people(company: Company) -> Iterator[Group]:
    """The groups that tokens and refusals count, one for each: the second is reached through the first."""
    for number, person in enumerate(company.people):
        who = person.principal
        ids = [company.guid("group", who.oid, place) for place in range(who.groups)]
        for place, id_ in enumerate(ids):
            direct = (who.oid, "user") if place != 1 else (ids[0], "group")
            yield Group(id_, f"sg-{person.role}-{number:02}-{_TOPICS[place % len(_TOPICS)]}", (direct,))


_TOPICS = (
    "staff",
    "vaults",
    "reports",
    "vpn",
    "wiki",
    "tickets",
    "builds",
    "mail",
    "travel",
    "devices",
    "guests",
    "lab",
)


def _groups_of_applications(company: Company, workloads: Sequence[Workload]) -> Iterator[Group]:
    """A group of the identities that only read secrets, for each vault with access policies; and one of all groups."""
    nested = []
    for vault in company.vaults:
        members = readers_by_group(workloads, vault)
        if members:
            id_ = application_group(company, vault)
            yield Group(id_, f"sg-{vault.group.removeprefix('rg-')}-applications", members)
            nested.append((id_, "group"))
    if nested:
        yield Group(company.guid("group", "applications"), "sg-all-applications", tuple(nested))


def application_group(company: Company, vault: Vault) -> str:
    return company.guid("group", "applications", vault.name)


def readers_by_group(workloads: Iterable[Workload], vault: Vault) -> tuple[tuple[str, str], ...]:
    """Managed identities of a vault with access policies that read secrets and do nothing else there."""
    if vault.model != "policy":
        return ()
    asked: dict[str, set[str]] = defaultdict(set)
    for workload in workloads:
        if workload.vault == vault.index and workload.principal.kind == "managed":
            asked[workload.principal.oid] |= {request.operation for request in _allowed(workload)}
    return tuple((oid, "servicePrincipal") for oid, operations in asked.items() if operations == {"SecretGet"})


def _groups_that_rule(held: Holdings, company: Company) -> None:
    """Two people reach roles over a subscription through a group in a group; one of the roles is eligible only."""
    production = f"/subscriptions/{company.subscriptions[0][0]}"
    for role, ruling, eligible in (("developer", VAULT_CONTRIBUTOR, False), ("security", ACCESS_ADMINISTRATOR, True)):
        person = next(p for p in company.people if p.role == role)
        group = company.guid("group", person.principal.oid, 1)
        id_ = company.guid("assignment", "group", group)
        held.assignments.append(Assignment(id_, production, ruling, group, "Group", eligible=eligible))


# ---- contents of vaults ----


def _allowed(workload: Workload) -> Iterator[Request]:
    """Requests of a machine that say what it may do."""
    for burst in (*workload.burst, *workload.opening):
        yield from filter(_says_a_right, burst)


def _says_a_right(request: Request) -> bool:
    who = request.principal
    return (
        request.operation in ASKS
        and not request.control
        and request.status not in _UNSAID
        and who is not None
        and who.kind != "service"
    )


def _contents(held: Holdings, company: Company, workloads: Sequence[Workload], journal: Journal) -> None:
    asked: dict[tuple[int, str], set[str]] = defaultdict(set)
    for person in company.people:
        for index in person.vaults:
            asked[index, person.principal.oid] |= {"SecretGet", "SecretList"}
    for workload in workloads:
        for request in _allowed(workload):
            asked[workload.vault, workload.principal.oid].add(request.operation)
    given = _first_grants(company, journal)
    for at, request in journal.asked:
        who = request.principal
        if who is not None and _says_a_right(request):
            key = request.vault.index, who.oid
            if at < given.get(key, at + 1):
                asked[key].add(request.operation)
    for (index, oid), operations in sorted(asked.items()):
        _hold(held, company, company.vaults[index], oid, operations, workloads)


def _first_grants(company: Company, journal: Journal) -> dict[tuple[int, str], int]:
    """When a principal was first let into a vault by an act: what it asked for from then on needs no grant before."""
    made = Holdings()
    for at, act, by in _done(journal):
        _happen(made, company, at, act, by)
    found: dict[tuple[int, str], int] = {}
    scopes = {vault.arm_id: vault.index for vault in company.vaults}
    given = [(entry.vault, entry.holder, entry.span.since) for entry in made.entries]
    given += [(scopes[a.scope], a.holder, a.span.since) for a in made.assignments if a.scope in scopes]
    for index, oid, at in given:
        found[index, oid] = min(at, found.get((index, oid), at))
    return found


def _hold(
    held: Holdings, company: Company, vault: Vault, oid: str, operations: set[str], workloads: Sequence[Workload]
) -> None:
    if vault.model == "rbac":
        id_ = dashed(company.assignment(vault, oid))
        held.assignments.append(Assignment(id_, vault.arm_id, least_role(operations), oid, held.kind(oid)))
        return
    holder = (
        application_group(company, vault) if (oid, "servicePrincipal") in readers_by_group(workloads, vault) else oid
    )
    entry = Entry(vault.index, holder, permissions_for(operations))
    if entry not in held.entries:
        held.entries.append(entry)


# ---- the control plane ----


def _control(held: Holdings, company: Company, journal: Journal) -> None:
    """The roles by which callers acted, as the Activity Log's evidence names them."""
    seen = set()
    for _, act, caller in journal.acts:
        subscription = act.resource.split("/")[2]
        key = caller.principal.oid, subscription, caller.role
        if caller.assignment is None and key not in seen:
            seen.add(key)
            id_ = dashed(company.hex32("activity-assignment", *key))
            role = BY_ID[dashed(caller.role)]
            scope = f"/subscriptions/{subscription}"
            held.assignments.append(Assignment(id_, scope, role, key[0], held.kind(key[0])))


def _logged_from_the_start(company: Company) -> list[Logged]:
    """Every vault's setting, but for the one that never logs and the one that logs later; one has a second."""
    unlogged = (company.quiet_vault, company.late_vault)
    made = [Logged(v.index, "send-to-archive", archive_of(company)) for v in company.vaults if v.index not in unlogged]
    second = archive_of(company).replace("archive", "copies")
    return [*made, Logged(company.twice_vault, "send-to-copies", second)]


# ---- what happened ----


def _happen(held: Holdings, company: Company, at: int, act: Act, by: str) -> None:
    """An act that changed who holds what."""
    operation, resource = act.operation.lower(), act.resource
    body = act.request or {}
    if operation == "microsoft.authorization/roleassignments/write":
        held.assignments.append(_assigned(resource, body["Properties"], at, by))
    elif operation == "microsoft.authorization/roleassignments/delete":
        id_ = resource.rsplit("/", 1)[-1]
        held.assignments = [_gone(a, at) if a.id == id_ else a for a in held.assignments]
    elif operation == "microsoft.insights/diagnosticsettings/write":
        held.logged.append(_setting(company, resource, body["properties"]["storageAccountId"], at))
    elif operation == "microsoft.insights/diagnosticsettings/delete":
        gone = _setting(company, resource, "", at)
        held.logged = [_gone(s, at) if (s.vault, s.name) == (gone.vault, gone.name) else s for s in held.logged]
    elif operation in ("microsoft.keyvault/vaults/write", "microsoft.keyvault/vaults/accesspolicies/write"):
        _written(
            held, _vault_of(company, resource), body.get("properties", {}), at, removed=resource.endswith("/remove")
        )


def _vault_of(company: Company, resource: str) -> int:
    return next(v.index for v in company.vaults if f"{resource}/".startswith(f"{v.arm_id}/"))


def _assigned(resource: str, properties: Mapping[str, str], at: int, by: str) -> Assignment:
    role = BY_ID[properties["RoleDefinitionId"].rsplit("/", 1)[-1]]
    id_, holder, kind = resource.rsplit("/", 1)[-1], properties["PrincipalId"], properties["PrincipalType"]
    return Assignment(id_, properties["Scope"], role, holder, kind, by, span=Span(at))


def _gone(held: _Held, at: int) -> _Held:
    """The same, ended unless it had ended before."""
    return held if held.span.until is not None else replace(held, span=replace(held.span, until=at))


def _setting(company: Company, resource: str, account: str, at: int) -> Logged:
    return Logged(_vault_of(company, resource), resource.rsplit("/", 1)[-1], account, Span(at))


def _written(held: Holdings, vault: int, properties: Mapping[str, Any], at: int, *, removed: bool) -> None:
    for entry in properties.get("accessPolicies", ()):
        oid = entry["objectId"]
        if removed:
            held.entries = [_gone(e, at) if (e.vault, e.holder) == (vault, oid) else e for e in held.entries]
        else:
            held.entries.append(Entry(vault, oid, entry["permissions"], Span(at)))
    for name, spelled in (("enableRbacAuthorization", "rbac"), ("networkAcls", "network")):
        if name in properties:
            held.settings.append(Setting(vault, spelled, properties[name], Span(at)))
