"""The machines that read vaults: applications, pipelines, storage encryption, Azure's own readers.

A workload sends the same short burst of requests again and again; `traffic` puts the bursts on the clock.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from keywitness.lab import clients
from keywitness.lab.audit_event import (
    challenge,
    firewalled,
    listing,
    missing,
    object_request,
    refused,
    secret_get,
    settings,
    vault_operation,
)
from keywitness.lab.company import Company, Principal, Vault
from keywitness.lab.services import services_of
from keywitness.lab.workload import DAY, HOUR, MINUTE, Workload, addresses_of, blank_request, managed, registered


def build_workloads(company: Company) -> tuple[Workload, ...]:
    """Every machine reader of the company, in a fixed order."""
    shift = company.profile.utc_shift
    made = (workload for vault in company.vaults for workload in _of_vault(company, vault))
    return tuple(replace(workload, utc_shift=shift) for workload in made) if shift else tuple(made)


def _of_vault(company: Company, vault: Vault) -> Iterator[Workload]:
    rng = company.random("workloads", vault.index)
    yield from _applications(company, vault, rng)
    yield from _azure_readers(company, vault, rng)
    if vault.index % company.profile.pipeline_every == 0:
        yield _pipeline(company, vault, rng)
    if vault.index == company.roles["granted"]:
        yield _automation(company, vault)
    if vault.index % 4 == 1 and vault.keys:
        yield _storage_encryption(company, vault, rng)
    if vault.index % 6 == 2:
        yield _signer(company, vault, rng)
    if vault.certificates and vault.index % 2 == 0:
        yield _gateway(company, vault, rng)
    if vault.index % 7 == 3:
        yield _misconfigured(company, vault, rng)
    if vault.index % 7 == 5:
        yield _prober(company, vault, rng)
    if vault.index % 11 == 9 and vault.private:
        yield _outside_firewall(company, vault, rng)
    yield _posture_scanner(company, vault)
    if company.profile.services:
        yield from services_of(company, vault)


def _applications(company: Company, vault: Vault, rng: random.Random) -> Iterator[Workload]:
    secrets = [secret for secret in vault.secrets if not secret.name.startswith("BreakGlass")]
    for number in range(rng.choice(company.profile.applications)):
        area = vault.name.removeprefix(f"kv-{company.profile.name}-")
        name = f"app-{area}-{('api', 'worker', 'portal')[number]}"
        agent = rng.choice(clients.SDK_AGENTS)
        kind = rng.choice(("Microsoft.Web/sites", "Microsoft.ManagedIdentity/userAssignedIdentities"))
        if rng.random() < 0.15:
            principal = registered(company, name, "secret")
        else:
            principal = managed(company, vault, name, kind)
        wanted = rng.sample(secrets, min(len(secrets), rng.randint(2, 5)))
        bursts, openings = [], []
        for address in addresses_of(vault, rng, rng.choice((1, 2, 3))):
            blank = blank_request(company, vault, principal, agent, address)
            bursts.append(tuple(secret_get(blank, secret.name, secret.current) for secret in wanted))
            openings.append((challenge(blank, "secrets", wanted[0].name),))
        yield Workload(
            name=name,
            principal=principal,
            vault=vault.index,
            burst=tuple(bursts),
            opening=tuple(openings),
            period=rng.choice((30, 60, 120, 240)) * MINUTE,
            instances=len(bursts),
            starts_per_day=rng.choice((0.3, 1.0, 2.0)),
            token_life=DAY if principal.kind == "managed" else HOUR,
            office_hours=number == 2,
        )


def _azure_readers(company: Company, vault: Vault, rng: random.Random) -> Iterator[Workload]:
    for name, appid, agent, period in (
        ("resource-graph", clients.RESOURCE_GRAPH, clients.RESOURCE_GRAPH_AGENT, 6 * HOUR),
        ("policy-insights", clients.POLICY_INSIGHTS, clients.POLICY_AGENT, DAY),
    ):
        principal = Principal(kind="service", name=name, oid=company.guid("service", name), appid=appid)
        blank = blank_request(company, vault, principal, agent, f"198.51.100.{rng.randint(200, 240)}")
        extra = settings(vault, company.tenant)
        yield Workload(
            name=name,
            principal=principal,
            vault=vault.index,
            burst=((vault_operation(blank, "VaultGet", extra=extra, masked=True),),),
            opening=((),),
            period=period,
            scales=False,
            classes=("backup-or-scan",),
        )


def _pipeline(company: Company, vault: Vault, rng: random.Random) -> Workload:
    """A release pipeline: lists the secrets, then reads those it needs. Looks like a dump, is none."""
    principal = registered(company, f"pipeline-{vault.group}", rng.choice(("secret", "certificate")))
    blank = blank_request(company, vault, principal, clients.PIPELINE_AGENT, f"198.51.100.{rng.randint(241, 250)}")
    secrets = [secret for secret in vault.secrets if not secret.name.startswith("BreakGlass")][:4]
    requests = (
        challenge(blank, "secrets", ""),
        listing(blank, "SecretList", "secrets", page=25),
        *(secret_get(blank, secret.name, secret.current) for secret in secrets),
    )
    return Workload(
        name=principal.name,
        principal=principal,
        vault=vault.index,
        burst=(requests,),
        opening=((),),
        period=rng.choice((6, 8, 12)) * HOUR,
        token_life=HOUR,
        office_hours=True,
        scales=False,
        classes=("pipeline",),
    )


def _storage_encryption(company: Company, vault: Vault, rng: random.Random) -> Workload:
    """A storage account whose key lies in the vault: wraps and unwraps it all day."""
    account = f"st{company.profile.name}{vault.group.removeprefix('rg-').replace('-', '')}"
    principal = managed(company, vault, account, "Microsoft.Storage/storageAccounts")
    blank = blank_request(company, vault, principal, clients.STORAGE_AGENT, f"10.{100 + vault.index % 100}.0.4")
    key = vault.keys[0]
    unwrap = object_request(
        blank, "KeyUnwrap", "keys", key.name, version=key.current, resolved=key.current, tail="/unwrapkey"
    )
    wrap = object_request(
        blank, "KeyWrap", "keys", key.name, version=key.current, resolved=key.current, tail="/wrapkey"
    )
    attributes = (
        ',"keyProperties":{"type":"RSA","size":3072,"operations":["wrapKey","unwrapKey"],'
        '"attributes":{"enabled":true,"hsmPlatform":"0"}}'
    )
    get = replace(object_request(blank, "KeyGet", "keys", key.name), extra=attributes)
    return Workload(
        name=account,
        principal=principal,
        vault=vault.index,
        burst=((get, unwrap, unwrap, wrap),),
        opening=((),),
        period=30 * MINUTE,
        token_life=DAY,
    )


def _signer(company: Company, vault: Vault, rng: random.Random) -> Workload:
    """A service that signs documents with a key of the vault."""
    name = f"app-{vault.group.removeprefix('rg-')}-signing"
    principal = managed(company, vault, name)
    blank = blank_request(company, vault, principal, clients.SDK_AGENTS[3], addresses_of(vault, rng, 1)[0])
    key = vault.keys[-1]
    sign = object_request(blank, "KeySign", "keys", key.name, version=key.current, resolved=key.current, tail="/sign")
    return Workload(
        name=name,
        principal=principal,
        vault=vault.index,
        burst=((sign,),),
        opening=((challenge(blank, "keys", key.name),),),
        period=20 * MINUTE,
        starts_per_day=0.5,
        token_life=DAY,
        office_hours=True,
    )


def _gateway(company: Company, vault: Vault, rng: random.Random) -> Workload:
    """An application gateway that reads its certificate with its key through SecretGet. Looks like an export."""
    name = f"agw-{vault.group.removeprefix('rg-')}"
    principal = managed(company, vault, name, "Microsoft.ManagedIdentity/userAssignedIdentities")
    blank = blank_request(company, vault, principal, clients.SDK_AGENTS[0], f"198.51.100.{rng.randint(10, 199)}")
    certificate = vault.certificates[-1]
    read = secret_get(blank, certificate.name, certificate.current)
    return Workload(
        name=name,
        principal=principal,
        vault=vault.index,
        burst=((read,),),
        opening=((),),
        period=4 * HOUR,
        token_life=DAY,
        scales=False,
    )


def _automation(company: Company, vault: Vault) -> Workload:
    """The identity automation fetches the certificate that it signs in with: certificate first, then its key."""
    principal = managed(company, vault, "func-identity-automation")
    blank = blank_request(company, vault, principal, clients.SDK_AGENTS[0], "198.51.100.77")
    certificate = next(item for item in vault.certificates if item.name == "identity-automation")
    requests = (
        object_request(blank, "CertificateGet", "certificates", certificate.name),
        secret_get(blank, certificate.name, certificate.current, version=certificate.current),
    )
    return Workload(
        name=principal.name,
        principal=principal,
        vault=vault.index,
        burst=(requests,),
        opening=((),),
        period=8 * HOUR,
        token_life=DAY,
        scales=False,
    )


def _misconfigured(company: Company, vault: Vault, rng: random.Random) -> Workload:
    """An application that nobody gave its rights: 403 at every try."""
    name = f"func-{vault.group.removeprefix('rg-')}-import"
    principal = managed(company, vault, name)
    blank = blank_request(company, vault, principal, clients.SDK_AGENTS[1], addresses_of(vault, rng, 1)[0])
    secret = vault.secrets[0]
    return Workload(
        name=name,
        principal=principal,
        vault=vault.index,
        burst=((challenge(blank, "secrets", secret.name), refused(secret_get(blank, secret.name, ""))),),
        opening=((),),
        period=2 * HOUR,
        token_life=DAY,
    )


def _prober(company: Company, vault: Vault, rng: random.Random) -> Workload:
    """An application that asks for settings which may not exist: 404 is its normal answer."""
    name = f"app-{vault.group.removeprefix('rg-')}-flags"
    principal = managed(company, vault, name)
    blank = blank_request(company, vault, principal, clients.SDK_AGENTS[2], addresses_of(vault, rng, 1)[0])
    asked = ("FeatureFlagsOverride", "ApplicationInsightsKeyOptional")
    return Workload(
        name=name,
        principal=principal,
        vault=vault.index,
        burst=(tuple(missing(secret_get(blank, secret, ""), secret) for secret in asked),),
        opening=((),),
        period=3 * HOUR,
        token_life=DAY,
    )


def _outside_firewall(company: Company, vault: Vault, rng: random.Random) -> Workload:
    """App Service references a secret of a closed vault: one refused read from outside, then the real one."""
    name = f"site-{vault.group.removeprefix('rg-')}"
    principal = managed(company, vault, name)
    outside = blank_request(company, vault, principal, clients.SDK_AGENTS[0], f"198.51.100.{rng.randint(10, 199)}")
    inside = replace(outside, address=addresses_of(vault, rng, 1)[0])
    secret = vault.secrets[0]
    reads = (firewalled(secret_get(outside, secret.name, "")), secret_get(inside, secret.name, secret.current))
    return Workload(
        name=name,
        principal=principal,
        vault=vault.index,
        burst=(reads,),
        opening=((),),
        period=DAY,
        token_life=DAY,
        scales=False,
        # what App Service calls itself is not published; under the SDK's name it looks like the site's own code
        classes=("app-service-reference", "sdk-application"),
    )


def posture_scanner(company: Company) -> Principal:
    """The company's own auditor, which lists every vault each morning and is refused by those with access policies."""
    return registered(company, f"{company.profile.name}-posture-scanner", "certificate")


def _posture_scanner(company: Company, vault: Vault) -> Workload:
    principal = posture_scanner(company)
    blank = blank_request(company, vault, principal, clients.SDK_AGENTS[1], "198.51.100.251")
    lists = [
        listing(blank, operation, kind)
        for operation, kind in (("SecretList", "secrets"), ("KeyList", "keys"), ("CertificateList", "certificates"))
    ]
    if vault.model == "policy":
        lists = [refused(request) for request in lists]
    return Workload(
        name=principal.name,
        principal=principal,
        vault=vault.index,
        burst=((challenge(blank, "secrets", ""), *lists),),
        opening=((),),
        period=DAY,
        token_life=HOUR,
        scales=False,
        phase=5 * HOUR + 10 * MINUTE + 7 * vault.index,
        classes=("backup-or-scan",),
    )
