"""Ordinary directory life: housekeeping by administrators, an automation that calls Graph, sign-ins of machines."""

from __future__ import annotations

import random
from collections.abc import Sequence

from keywitness.lab import entra
from keywitness.lab.administration import CLOUD
from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_SECOND, key_of
from keywitness.lab.company import Company, Principal
from keywitness.lab.journal import Journal
from keywitness.lab.traffic import TokenUse
from keywitness.lab.workload import registered


def write_directory_day(journal: Journal, day: int, begin: int, end: int) -> None:
    """Audit records and Graph calls of one day (days since 1970)."""
    company = journal.company
    rng = company.random("directory", day)
    admins = [person for person in company.people if person.role in ("platform", "security")]
    for _ in range(6 if (day + 3) % 7 < 5 else 1):
        at = day * TICKS_PER_DAY + int((rng.uniform(7, 18) - company.profile.utc_shift) * TICKS_PER_HOUR)
        if not begin <= at < end:
            continue
        admin, target = rng.choice(admins), rng.choice(company.people)
        activity, category, operation = rng.choice(
            (
                ("Update user", "UserManagement", "Update"),
                ("Add member to group", "GroupManagement", "Assign"),
                ("Reset user password", "UserManagement", "Update"),
                ("Update application", "ApplicationManagement", "Update"),
                ("Update service principal", "ApplicationManagement", "Update"),
            )
        )
        journal.entra(
            entra.directory_audit(
                company,
                at=at,
                activity=activity,
                category=category,
                operation=operation,
                initiated_by=entra.by_user(admin.principal, admin.addresses[0]),
                address=admin.addresses[0],
                targets=[
                    {
                        "id": target.principal.oid,
                        "displayName": target.principal.name,
                        "type": "User" if category != "ApplicationManagement" else "Application",
                        "userPrincipalName": target.principal.upn,
                        "modifiedProperties": [],
                        "administrativeUnits": [],
                    }
                ],
            )
        )
    _graph_day(journal, day, begin, end, rng)


def _graph_day(journal: Journal, day: int, begin: int, end: int, rng: random.Random) -> None:
    """The identity automation does its daily work, as it should, from the company's own address."""
    for hour in (6, 12, 18):
        at = day * TICKS_PER_DAY + hour * TICKS_PER_HOUR + rng.randrange(600 * TICKS_PER_SECOND)
        if begin <= at < end:
            automation_at_work(journal, at, "198.51.100.77", ("/v1.0/users?$top=999", "/v1.0/groups?$top=999"))


def identity_automation(company: Company) -> Principal:
    """The application whose certificate lies in the vault `granted`; holds RoleManagement.ReadWrite.Directory."""
    return registered(company, f"{company.profile.name}-identity-automation", "certificate")


AUTOMATION_ROLES = "User.Read.All GroupMember.ReadWrite.All RoleManagement.ReadWrite.Directory"


def automation_at_work(journal: Journal, at: int, address: str, paths: Sequence[str]) -> None:
    company = journal.company
    who = identity_automation(company)
    key = key_of(company.seed, "automation", at)
    journal.entra(
        entra.application_sign_in(company, who, key=key, created=at, resource=entra.GRAPH, address=address, place=CLOUD)
    )
    for number, path in enumerate(paths):
        journal.entra(
            entra.graph_activity(
                company,
                who,
                at=at + (2 + number) * TICKS_PER_SECOND,
                method="GET",
                uri=f"https://graph.microsoft.com{path}",
                status=200,
                token=key,
                issued=at,
                address=address,
                roles=AUTOMATION_ROLES,
                agent="python-requests/2.32.3",
            )
        )


def write_machine_sign_ins(journal: Journal, tokens: Sequence[TokenUse], begin: int) -> None:
    """The sign-ins behind the tokens that machines used."""
    for use in tokens:
        created = use.issued * TICKS_PER_SECOND
        if created < begin:
            continue
        who = use.workload.principal
        if who.kind == "managed":
            journal.entra(entra.managed_sign_in(journal.company, who, key=use.key, created=created))
            continue
        address = use.workload.burst[0][-1].address
        journal.entra(
            entra.application_sign_in(
                journal.company,
                who,
                key=use.key,
                created=created,
                resource=entra.KEY_VAULT,
                address=address,
                place=CLOUD,
            )
        )
