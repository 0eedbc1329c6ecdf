"""A machine reader of one vault: what it asks for and how often, and who it is."""

from __future__ import annotations

import random
from dataclasses import dataclass

from keywitness.lab.audit_event import DATA_API, Request
from keywitness.lab.company import Company, Principal, Vault

MINUTE = 60
HOUR = 3_600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Workload:
    """One machine reader of one vault.

    Args:
        name: For seeds and for `truth.json`.
        burst: Requests of one visit, in order; variants by address: `burst[i][j]` is request j from address i.
        opening: Requests sent before the burst when the process has just started (challenge legs).
        period: Seconds between visits of one instance.
        starts_per_day: Process starts, each one opening + burst.
        token_life: Lifetime of its tokens in seconds; 0 when its records show no token.
        office_hours: Visits thin out at night and at weekends (an application that people use).
        scales: Takes part when more events are asked for.
        utc_shift: Hours by which its day runs before UTC's.
        classes: What its sessions are in truth; several where the log alone cannot tell them apart.
    """

    name: str
    principal: Principal
    vault: int
    burst: tuple[tuple[Request, ...], ...]
    opening: tuple[tuple[Request, ...], ...]
    period: int
    instances: int = 1
    starts_per_day: float = 0.0
    token_life: int = 0
    office_hours: bool = False
    scales: bool = True
    phase: int | None = None  # second of the period at which it visits; None: by its name
    utc_shift: float = 0.0
    classes: tuple[str, ...] = ("sdk-application",)


def blank_request(company: Company, vault: Vault, principal: Principal, agent: str, address: str) -> Request:
    return Request(
        operation="",
        status=200,
        vault=vault,
        principal=principal,
        agent=agent,
        address=address,
        uri="",
        api=DATA_API[vault.generation],
        tenant=company.tenant,
        assignment=company.assignment(vault, principal.oid),
    )


def managed(company: Company, vault: Vault, name: str, kind: str = "Microsoft.Web/sites") -> Principal:
    provider = f"/subscriptions/{vault.subscription}/resourcegroups/{vault.group}/providers/{kind}/{name}"
    return Principal(
        kind="managed",
        name=name,
        oid=company.guid("managed", vault.name, name),
        appid=company.guid("managed-app", vault.name, name),
        resource=provider,
    )


def registered(company: Company, name: str, kind: str) -> Principal:
    """An application registered in Entra with a client secret or a certificate."""
    return Principal(
        kind=kind,
        name=name,
        oid=company.guid("application-object", name),
        appid=company.guid("application", name),
        credential=company.guid("credential", name),
    )


def addresses_of(vault: Vault, rng: random.Random, count: int) -> tuple[str, ...]:
    if vault.private:
        return tuple(f"10.{40 + vault.index % 100}.{rng.randint(1, 8)}.{rng.randint(4, 250)}" for _ in range(count))
    return tuple(f"198.51.100.{rng.randint(10, 199)}" for _ in range(count))
