"""Entra as it stands: people, applications, permissions of Microsoft Graph, owners, directory roles."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keywitness.lab import entra
from keywitness.lab.columns import TICKS_PER_DAY, key_of
from keywitness.lab.company import Company, Principal
from keywitness.lab.directory import AUTOMATION_ROLES, identity_automation
from keywitness.lab.inventory.contents import thumbprint
from keywitness.lab.inventory.holdings import Holdings
from keywitness.lab.inventory.moments import ALWAYS, Span, written
from keywitness.lab.journal import Journal
from keywitness.lab.scenarios.intruder import accomplice
from keywitness.lab.workloads import posture_scanner

#: Permissions of Microsoft Graph for applications, by name.
APP_ROLES = {
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "GroupMember.ReadWrite.All": "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
    "RoleManagement.ReadWrite.Directory": "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
}
ROLE_NAMES = {
    entra.GLOBAL_ADMINISTRATOR: "Global Administrator",
    "9b895d92-2cd3-44c9-9d02-a6ac2d5ea5c3": "Application Administrator",
}
#: The certificate of the vault `granted` with which the identity automation signs in.
AUTOMATION_CERTIFICATE = "identity-automation"
_VALID_DAYS = 365


@dataclass(frozen=True, slots=True)
class DirectoryRole:
    """A role of Entra that somebody has. `id` of the assignment."""

    id: str
    holder: str
    role: str
    span: Span = ALWAYS


def automation_print(company: Company) -> str:
    """The thumbprint of the certificate that the identity automation accepts."""
    vault = company.vault("granted")
    certificate = next(c for c in vault.certificates if c.name == AUTOMATION_CERTIFICATE)
    return thumbprint(vault, certificate.name, certificate.current)


def automation_owner(company: Company) -> Principal:
    """A developer owns the application, as whoever registers one does."""
    return [person for person in company.people if person.role == "developer"][1].principal


def people_of(company: Company) -> tuple[Principal, ...]:
    """All users: staff, the dormant account, the emergency accounts."""
    return (*(person.principal for person in company.people), accomplice(company), *emergency_accounts(company))


def emergency_accounts(company: Company) -> tuple[Principal, ...]:
    return tuple(
        Principal(
            kind="user",
            name=f"Break Glass {number}",
            oid=company.guid("emergency", number),
            appid="",
            upn=f"breakglass{number}@{company.profile.domain}",
        )
        for number in (1, 2)
    )


def directory_roles(company: Company, journal: Journal) -> list[DirectoryRole]:
    """Global Administrators and an Application Administrator, and whom the logs show made one."""
    security = [person for person in company.people if person.role == "security"][-1].principal
    standing = [(account, entra.GLOBAL_ADMINISTRATOR) for account in emergency_accounts(company)]
    standing.append((security, "9b895d92-2cd3-44c9-9d02-a6ac2d5ea5c3"))
    made = [(0, who, role) for who, role in standing] + journal.entrusted
    return [
        DirectoryRole(company.hex32("directory-role", who.oid, role), who.oid, role, Span(at)) for at, who, role in made
    ]


def applications(company: Company, held: Holdings) -> list[Principal]:
    """Applications registered in the tenant."""
    known = {automation.oid: automation for automation in (identity_automation(company), posture_scanner(company))}
    known |= {oid: who for oid, who in held.principals.items() if who.kind in ("secret", "certificate")}
    return sorted(known.values(), key=lambda who: who.name)


def registration(company: Company, application: Principal) -> str:
    """Object id of the registration; the principal's own is that of its service principal."""
    return company.guid("application-registration", application.name)


def credentials(company: Company, who: Principal, journal: Journal, begin: int, at: int) -> tuple[list[Any], list[Any]]:
    """Certificates and secrets of an application at a moment, as Graph has them."""
    own = (
        begin - (20 + key_of("credential", who.oid) % 300) * TICKS_PER_DAY,
        who.credential,
        who.kind == "certificate",
    )
    added = [(made, key, False) for made, of, key in journal.credentials if of.oid == who.oid and made <= at]
    keys, secrets = [], []
    for made, key, certificate in (own, *added):
        if certificate:
            keys.append(_key(made, key, _print_of(company, who), who.name))
        else:
            secrets.append(
                _dates(made, key) | {"customKeyIdentifier": None, "displayName": None, "hint": "", "secretText": None}
            )
    return keys, secrets


def _dates(made: int, key: str) -> dict[str, Any]:
    return {"startDateTime": written(made), "endDateTime": written(made + _VALID_DAYS * TICKS_PER_DAY), "keyId": key}


def _key(made: int, key: str, print_: str, name: str) -> dict[str, Any]:
    identifier = base64.b64encode(bytes.fromhex(print_)).decode()
    more = {"customKeyIdentifier": identifier, "displayName": f"CN={name}", "key": None, "type": "AsymmetricX509Cert"}
    return _dates(made, key) | more | {"usage": "Verify"}


def _print_of(company: Company, who: Principal) -> str:
    if who.oid == identity_automation(company).oid:
        return automation_print(company)
    return company.hex32("print", who.oid).upper() + company.hex32("print", who.oid, 2)[:8].upper()


def app_role_assignments(company: Company) -> Iterator[tuple[Principal, str]]:
    """Who has which permission of Microsoft Graph, by name."""
    for permission in AUTOMATION_ROLES.split():
        yield identity_automation(company), permission
    yield posture_scanner(company), "Directory.Read.All"


def strangers(held: Holdings, company: Company, at: int) -> list[str]:
    """Applications that were let into a vault and never seen again: the newcomers of the ordinary days."""
    known = {*held.principals, *(group.id for group in held.groups), *(who.oid for who in people_of(company))}
    given = [(a.holder, a.span) for a in held.assignments] + [(e.holder, e.span) for e in held.entries]
    return sorted({holder for holder, span in given if holder not in known and span.since <= at})
