"""Azure's own ways to a secret, and a company's backup: references, deployments, copies of everything.

No record of App Service's references or of a deployment that reads a secret has been published. Both follow their
documentation: the reference is read with the site's managed identity, again every day and at every restart, and a
vault that is closed to the public refuses it once before the private way is tried; the deployment reads as Azure
Resource Manager.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from keywitness.lab import clients
from keywitness.lab.audit_event import Request, challenge, firewalled, listing, object_request, secret_get
from keywitness.lab.company import Company, Principal, Vault
from keywitness.lab.workload import DAY, HOUR, MINUTE, Workload, addresses_of, blank_request, managed, registered

_BACKED_UP = 4  # one vault in so many


def services_of(company: Company, vault: Vault) -> Iterator[Workload]:
    """The services of one vault."""
    if vault.index % 2 == 0:
        yield _references(company, vault)
    if vault.index % 5 == 1:
        yield _deployment(company, vault)
    if vault.index % _BACKED_UP == 3:
        yield _backup(company, vault)


def _references(company: Company, vault: Vault) -> Workload:
    """A site whose settings are references to secrets: each is read on its own, without a challenge."""
    rng = company.random("references", vault.index)
    site = managed(company, vault, f"site-{vault.group.removeprefix('rg-')}-shop")
    inside = blank_request(company, vault, site, clients.NO_AGENT, addresses_of(vault, rng, 1)[0])
    wanted = [secret for secret in vault.secrets if not secret.name.startswith("BreakGlass")][-3:]
    reads = tuple(secret_get(inside, secret.name, secret.current) for secret in wanted)
    outside = replace(inside, address=f"198.51.100.{rng.randint(10, 199)}")
    first = (firewalled(secret_get(outside, wanted[0].name, "")),) if vault.private else ()
    return Workload(
        name=site.name,
        principal=site,
        vault=vault.index,
        burst=((*first, *reads),),
        opening=((),),
        period=DAY,
        starts_per_day=0.4,
        token_life=DAY,
        scales=False,
        classes=("app-service-reference",),
    )


def _deployment(company: Company, vault: Vault) -> Workload:
    """Deployments whose parameters name a secret: Azure Resource Manager reads it."""
    manager = Principal(
        kind="service",
        name="azure-resource-manager",
        oid=company.guid("service", "azure-resource-manager"),
        appid=clients.RESOURCE_MANAGER,
    )
    blank = blank_request(company, vault, manager, clients.RESOURCE_MANAGER_AGENT, "198.51.100.236")
    secret = vault.secrets[0]
    return Workload(
        name=f"deployment-{vault.group}",
        principal=manager,
        vault=vault.index,
        burst=((secret_get(blank, secret.name, secret.current),),),
        opening=((),),
        period=9 * HOUR,
        office_hours=True,
        scales=False,
        classes=("arm-deployment",),
    )


def backup_service(company: Company) -> Principal:
    """The company's backup, which copies the contents of some vaults every night."""
    return registered(company, f"{company.profile.name}-vault-backup", "certificate")


def _backup(company: Company, vault: Vault) -> Workload:
    principal = backup_service(company)
    blank = blank_request(company, vault, principal, clients.BACKUP_AGENT, "198.51.100.253")
    copies = [_copied(blank, "SecretBackup", "secrets", item.name) for item in vault.secrets]
    copies += [_copied(blank, "KeyBackup", "keys", item.name) for item in vault.keys]
    return Workload(
        name=principal.name,
        principal=principal,
        vault=vault.index,
        burst=(
            (
                challenge(blank, "secrets", ""),
                listing(blank, "SecretList", "secrets"),
                listing(blank, "KeyList", "keys"),
                *copies,
            ),
        ),
        opening=((),),
        period=DAY,
        token_life=HOUR,
        scales=False,
        phase=2 * HOUR + 20 * MINUTE + 50 * vault.index,
        classes=("backup-or-scan",),
    )


def _copied(blank: Request, operation: str, kind: str, name: str) -> Request:
    return object_request(blank, operation, kind, name, tail="backup")
