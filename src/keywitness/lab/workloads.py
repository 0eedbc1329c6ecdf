"""The machines that read vaults: applications, pipelines, storage encryption, Azure's own readers.

A workload sends the same short burst of requests again and again; `traffic` puts the bursts on the clock.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from keywitness.lab import clients
from keywitness.lab.audit_event import (
    DATA_API,
    Request,
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


def build_workloads(company: Company) -> tuple[Workload, ...]:
    """Every machine reader of the company, in a fixed order."""
    return tuple(workload for vault in company.vaults for workload in _of_vault(company, vault))


def _of_vault(company: Company, vault: Vault) -> Iterator[Workload]:
    rng = company.random("workloads", vault.index)
    yield from _applications(company, vault, rng)
    yield from _azure_readers(company, vault, rng)
    if vault.index % 3 == 0:
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


def _blank(company: Company, vault: Vault, principal: Principal, agent: str, address: str) -> Request:
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


def _managed(company: Company, vault: Vault, name: str, kind: str = "Microsoft.Web/sites") -> Principal:
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


def _addresses(vault: Vault, rng: random.Random, count: int) -> tuple[str, ...]:
    if vault.private:
        return tuple(f"10.{40 + vault.index % 100}.{rng.randint(1, 8)}.{rng.randint(4, 250)}" for _ in range(count))
    return tuple(f"198.51.100.{rng.randint(10, 199)}" for _ in range(count))


def _applications(company: Company, vault: Vault, rng: random.Random) -> Iterator[Workload]:
    secrets = [secret for secret in vault.secrets if not secret.name.startswith("BreakGlass")]
    for number in range(rng.choice((1, 2, 2, 3))):
        area = vault.name.removeprefix("kv-contoso-")
        name = f"app-{area}-{('api', 'worker', 'portal')[number]}"
        agent = rng.choice(clients.SDK_AGENTS)
        kind = rng.choice(("Microsoft.Web/sites", "Microsoft.ManagedIdentity/userAssignedIdentities"))
        if rng.random() < 0.15:
            principal = registered(company, name, "secret")
        else:
            principal = _managed(company, vault, name, kind)
        wanted = rng.sample(secrets, min(len(secrets), rng.randint(2, 5)))
        bursts, openings = [], []
        for address in _addresses(vault, rng, rng.choice((1, 2, 3))):
            blank = _blank(company, vault, principal, agent, address)
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
        blank = _blank(company, vault, principal, agent, f"198.51.100.{rng.randint(200, 240)}")
        extra = settings(vault, company.tenant)
        yield Workload(
            name=name,
            principal=principal,
            vault=vault.index,
            burst=((vault_operation(blank, "VaultGet", extra=extra, masked=True),),),
            opening=((),),
            period=period,
            scales=False,
        )


def _pipeline(company: Company, vault: Vault, rng: random.Random) -> Workload:
    """A release pipeline: lists the secrets, then reads those it needs. Looks like a dump, is none."""
    principal = registered(company, f"pipeline-{vault.group}", rng.choice(("secret", "certificate")))
    blank = _blank(company, vault, principal, clients.PIPELINE_AGENT, f"198.51.100.{rng.randint(241, 250)}")
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
    )


def _storage_encryption(company: Company, vault: Vault, rng: random.Random) -> Workload:
    """A storage account whose key lies in the vault: wraps and unwraps it all day."""
    account = f"stcontoso{vault.group.removeprefix('rg-').replace('-', '')}"
    principal = _managed(company, vault, account, "Microsoft.Storage/storageAccounts")
    blank = _blank(company, vault, principal, clients.STORAGE_AGENT, f"10.{100 + vault.index % 100}.0.4")
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
    principal = _managed(company, vault, name)
    blank = _blank(company, vault, principal, clients.SDK_AGENTS[3], _addresses(vault, rng, 1)[0])
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
    principal = _managed(company, vault, name, "Microsoft.ManagedIdentity/userAssignedIdentities")
    blank = _blank(company, vault, principal, clients.SDK_AGENTS[0], f"198.51.100.{rng.randint(10, 199)}")
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
    principal = _managed(company, vault, "func-identity-automation")
    blank = _blank(company, vault, principal, clients.SDK_AGENTS[0], "198.51.100.77")
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
    principal = _managed(company, vault, name)
    blank = _blank(company, vault, principal, clients.SDK_AGENTS[1], _addresses(vault, rng, 1)[0])
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
    principal = _managed(company, vault, name)
    blank = _blank(company, vault, principal, clients.SDK_AGENTS[2], _addresses(vault, rng, 1)[0])
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
    principal = _managed(company, vault, name)
    outside = _blank(company, vault, principal, clients.SDK_AGENTS[0], f"198.51.100.{rng.randint(10, 199)}")
    inside = replace(outside, address=_addresses(vault, rng, 1)[0])
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
    )


def posture_scanner(company: Company) -> Principal:
    """The company's own auditor, which lists every vault each morning and is refused by those with access policies."""
    return registered(company, "contoso-posture-scanner", "certificate")


def _posture_scanner(company: Company, vault: Vault) -> Workload:
    principal = posture_scanner(company)
    blank = _blank(company, vault, principal, clients.SDK_AGENTS[1], "198.51.100.251")
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
    )
