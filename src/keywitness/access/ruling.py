"""What lets an application rule the tenant: permissions of Microsoft Graph, roles of Entra, and the ways between.

Reference: https://github.com/emiliensocchi/azure-tiering (41 permissions of tier 0).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import yaml

from keywitness.model.content import content

GOAL = "Global Administrator"
#: Permissions and roles that let their holder add a credential to any application.
_ANY_APPLICATION = frozenset(
    {
        "Application.ReadWrite.All",
        "Application.ReadUpdate.All",
        "Application Administrator",
        "Cloud Application Administrator",
    }
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A permission or role of tier 0.

    Args:
        path: direct, indirect (with a step between), or unproven.
        way: What its holder does.
    """

    name: str
    id: str
    path: str
    way: str


@dataclass(frozen=True, slots=True)
class Power:
    """One thing that a principal may do, by an export.

    Args:
        kind: permission, Entra role, Azure role, owner, member; or eligible for a role.
        name: What it is called; its id where no export names it.
        where: The API, scope or object.
        target: Object id of what is owned or joined, or "".
        ruling: Set where it leads to rule over the tenant.
    """

    kind: str
    name: str
    where: str
    target: str
    ruling: Ruling | None
    rows: tuple[str, ...]

    @property
    def tier(self) -> int | None:
        """0 where it leads to rule over the tenant, None where we cannot say."""
        return 0 if self.ruling else None


@cache
def rulings() -> Mapping[str, Ruling]:
    """All of tier 0, by id."""
    said = yaml.load(content("access", "ruling.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return {e["id"]: Ruling(e["name"], e["id"], e["path"], e["way"]) for e in (*said["permissions"], *said["roles"])}


@dataclass(frozen=True, slots=True)
class Tenant:
    """What exports say of principals.

    Args:
        powers: By object id of the principal, in lower case.
        names: What principals and applications are called, by object id.
        principals: Object id of the service principal, by object id of its application and by its own.
    """

    powers: Mapping[str, Sequence[Power]]
    names: Mapping[str, str]
    principals: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a way: what is done, with which power."""

    what: str
    rows: tuple[str, ...]


def way_to_rule(principal: str, tenant: Tenant) -> tuple[Step, ...]:
    """The shortest known way from a service principal to Global Administrator; empty where none is known.

    A permission that works by itself is one step. Signing in as an application that it owns, or as any application
    where it may write them all, is a step more. Indirect permissions are taken where no direct way is known: they need
    something besides that exports may not say.

    Does not show: ways through Azure resources (`keywitness access` has those), devices, or people.
    """
    ways: deque[tuple[str, tuple[Step, ...]]] = deque([(principal, ())])
    seen = {principal}
    indirect: tuple[Step, ...] = ()
    while ways:
        at, steps = ways.popleft()
        for power in tenant.powers.get(at, ()):
            if _rules(power):
                return (*steps, _ends(at, power, tenant))
        indirect = indirect or next(
            (
                (*steps, _ends(at, p, tenant))
                for p in tenant.powers.get(at, ())
                if p.ruling and p.ruling.path != "unproven"
            ),
            (),
        )
        for following, step in _becomes(at, tenant):
            if following not in seen:
                seen.add(following)
                ways.append((following, (*steps, step)))
    return indirect


def _ends(principal: str, power: Power, tenant: Tenant) -> Step:
    ruling = power.ruling
    if ruling is None:
        raise ValueError(f"{power.name} does not rule")
    name = tenant.names.get(principal, principal)
    return Step(f"{name} has {ruling.name} ({power.kind}): it {ruling.way}", power.rows)


def _becomes(principal: str, tenant: Tenant) -> Iterable[tuple[str, Step]]:
    """The principals as which it can sign in, each with how."""
    name = tenant.names.get(principal, principal)
    for power in tenant.powers.get(principal, ()):
        if power.kind == "owner" and power.target in tenant.principals:
            following, how = [tenant.principals[power.target]], "owns"
        elif power.ruling and power.ruling.name in _ANY_APPLICATION and not power.kind.startswith("eligible"):
            following, how = _rulers(tenant), f"has {power.ruling.name} and so may change"
        else:
            continue
        for other in following:
            words = f"{name} {how} {tenant.names.get(other, other)}: it adds a credential and signs in as it"
            yield other, Step(words, power.rows)


def _rulers(tenant: Tenant) -> list[str]:
    """Service principals that rule by themselves."""
    known = frozenset(tenant.principals.values())
    return [at for at, powers in tenant.powers.items() if at in known and any(map(_rules, powers))]


def _rules(power: Power) -> bool:
    return power.ruling is not None and power.ruling.path == "direct" and not power.kind.startswith("eligible")
