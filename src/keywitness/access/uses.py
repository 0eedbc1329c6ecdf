"""Grants that came or went, and what was done under each: reads under access that lived ten minutes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keywitness.access.changes import POLICY, read_changes
from keywitness.access.history import Lifetime, lifetimes
from keywitness.access.inventory import read_inventory
from keywitness.access.operations import operations_in
from keywitness.access.snapshots import state
from keywitness.access.tenant import Tenant
from keywitness.detect.run import Queryable
from keywitness.engine.limits import NO_LIMITS
from keywitness.kql.literals import parse_datetime
from keywitness.kql.quoting import literal
from keywitness.model.content import with_functions

#: Callers that one query names at most.
CALLERS_A_QUERY = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which grants.

    Args:
        principals: Object ids or names.
        vaults: Names or resource ids.
        since: Ticks: given not before; `until`: taken away before.
        lived: Ticks: lived at most.
    """

    principals: tuple[str, ...] = ()
    vaults: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    lived: int | None = None

    def wants(self, life: Lifetime) -> bool:
        """Whether the times of a grant are those asked for; what is not known of it is not."""
        begun = self.since is None or (life.since is not None and life.since >= self.since)
        ended = self.until is None or (life.until is not None and life.until < self.until)
        short = self.lived is None or (life.lived is not None and life.lived <= self.lived)
        return begun and ended and short


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant and what was done under it.

    Args:
        scope: Where it holds: the vault's name, or a scope.
        what: The role, or the permissions.
        acts: How often each operation on contents succeeded while it stood.
        objects: Names of what they were done to.
        rows: References of those acts.
    """

    life: Lifetime
    scope: str
    principal: str
    what: str
    since: int | None
    until: int | None
    lived: int | None
    acts: Mapping[str, int]
    objects: tuple[str, ...]
    rows: tuple[str, ...]
    remark: str


def grants_of(case: Queryable, asked: Asked) -> Iterator[Grant]:
    """The grants asked for, the shortest first; those whose beginning or end is not known come last."""
    inventory = read_inventory(case)
    tenant = Tenant(state(inventory).inventory)
    lives = [
        life
        for life in lifetimes(inventory, read_changes(case))
        if (life.since is not None or life.until is not None) and asked.wants(life) and _meant(tenant, asked, life)
    ]
    holders = {life.principal: _inside(tenant, life.principal) for life in lives}
    acts = _acts(case, {who for inside in holders.values() for who in inside})
    for life in sorted(lives, key=lambda i: (i.lived is None, i.lived or 0, i.since or 0, i.principal)):
        yield _grant(tenant, life, [a for who in holders[life.principal] for a in acts.get(who, ())])


def _meant(tenant: Tenant, asked: Asked, life: Lifetime) -> bool:
    who = {name.lower() for name in asked.principals}
    who |= {tenant.principals.ids[n] for name in asked.principals for n in tenant.principals.find(name)}
    where = [v.lower().rstrip("/") for v in asked.vaults]
    over = any(life.scope == v or life.scope.rsplit("/", 1)[-1] == v or _above(tenant, life.scope, v) for v in where)
    return (not who or life.principal in who) and (not where or over)


def _above(tenant: Tenant, scope: str, vault: str) -> bool:
    """Whether a scope holds for a vault of that name or id."""
    number = tenant.scopes.find(scope)
    vaults = (tenant.vaults[n] for n in tenant.vault_numbers.get(vault, ()))
    return number is not None and any(number in tenant.scopes.upwards(v.scope) for v in vaults)


def _inside(tenant: Tenant, principal: str) -> tuple[str, ...]:
    """A principal and, where it is a group, everybody in it as the newest exports have it."""
    number = tenant.principal(principal)
    if number is None:
        return (principal,)
    return tuple(tenant.principals.ids[n] for n in tenant.membership.downwards(number))


def _acts(case: Queryable, callers: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """What callers did to contents of vaults, by caller."""
    found: dict[str, list[dict[str, Any]]] = {}
    listed = sorted(c for c in callers if c)
    for start in range(0, len(listed), CALLERS_A_QUERY):
        query = f"""KeyVaultEvents()
| where Status between (200 .. 299) and isnotempty(ObjectType)
| extend Caller = tolower(CallerId)
| where Caller in ({literal(listed[start : start + CALLERS_A_QUERY])})
| project TimeGenerated, VaultId, Caller, Operation, ObjectName, Row"""
        for row in case.query(with_functions(query), limits=NO_LIMITS).to_pylist():
            row["At"] = parse_datetime(row["TimeGenerated"]) or 0
            found.setdefault(row["Caller"], []).append(row)
    return found


def _grant(tenant: Tenant, life: Lifetime, acts: Sequence[Mapping[str, Any]]) -> Grant:
    under = [a for a in acts if life.at(a["At"]) and _covers(tenant, life.scope, a["VaultId"])]
    counted: dict[str, int] = {}
    for act in under:
        counted[act["Operation"]] = counted.get(act["Operation"], 0) + 1
    number = tenant.principal(life.principal)
    name = "" if number is None else tenant.principals.names[number]
    group = number is not None and tenant.principals.kinds[number] == "Group"
    members = "acts are of those who are members as the newest export has it" if group else ""
    return Grant(
        life,
        life.scope.rsplit("/", 1)[-1] if "/vaults/" in life.scope else life.scope,
        name or life.principal or "not said",
        _what(tenant, life),
        life.since,
        life.until,
        life.lived,
        counted,
        tuple(dict.fromkeys(a["ObjectName"] for a in under if a["ObjectName"])),
        tuple(a["Row"] for a in under),
        "; ".join(filter(None, (life.remark, members))),
    )


def _covers(tenant: Tenant, scope: str, vault: str) -> bool:
    """Whether what is given at a scope holds for a vault."""
    if vault == scope or vault.startswith(f"{scope.rstrip('/')}/") or scope.startswith(f"{vault}/"):
        return True
    number, place = tenant.scopes.find(scope), tenant.scopes.find(vault)
    return number is not None and place is not None and number in tenant.scopes.upwards(place)


def _what(tenant: Tenant, life: Lifetime) -> str:
    if life.how == POLICY:
        return ", ".join(o.title for o in operations_in(life.operations)) or "permissions that the log does not say"
    return tenant.role(life.role, "").name if life.role else "a role that the log does not say"
