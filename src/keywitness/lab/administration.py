"""Ordinary changes: deployments, settings, roles and access policies, secrets set and certificates renewed."""

from __future__ import annotations

import random
from dataclasses import replace

from keywitness.lab import clients, entra
from keywitness.lab.activity import CONTRIBUTOR, OWNER, Act, Caller
from keywitness.lab.audit_event import (
    DATA_API,
    Request,
    access_policy,
    near_expiry,
    object_request,
    settings,
    vault_operation,
)
from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_SECOND, key_of
from keywitness.lab.company import Company, Principal, Vault
from keywitness.lab.journal import Journal, Stay, Visit
from keywitness.lab.truth import Lookalike
from keywitness.lab.visits import portal_opens_vault
from keywitness.lab.workload import registered

CLOUD = entra.Place("NL", "Amsterdam", 64501)  # where the company's machines are said to be

_ORDINARY_ACTS = (
    ("Microsoft.Web/sites/write", "Microsoft.Web/sites", 0.9),
    ("Microsoft.Web/sites/config/write", "Microsoft.Web/sites", 0.7),
    ("Microsoft.Web/sites/restart/Action", "Microsoft.Web/sites", 0.4),
    ("Microsoft.Compute/virtualMachines/start/action", "Microsoft.Compute/virtualMachines", 0.4),
    ("Microsoft.Compute/virtualMachines/deallocate/action", "Microsoft.Compute/virtualMachines", 0.4),
    ("Microsoft.Storage/storageAccounts/listKeys/action", "Microsoft.Storage/storageAccounts", 0.8),
    ("Microsoft.Storage/storageAccounts/write", "Microsoft.Storage/storageAccounts", 0.2),
    ("Microsoft.Network/networkSecurityGroups/securityRules/write", "Microsoft.Network/networkSecurityGroups", 0.2),
    ("Microsoft.Sql/servers/databases/write", "Microsoft.Sql/servers", 0.2),
)
_DEPLOYED = (("Start", 0.0), ("Accept", 1.1), ("Success", 44.0))


def deployer(company: Company, subscription: str) -> Caller:
    """The pipeline that deploys with Terraform; its token is renewed for each act."""
    principal = registered(company, f"terraform-{subscription[:4]}", "secret")
    return Caller(principal, principal.appid, "198.51.100.245", 0, 0, CONTRIBUTOR)


def write_administration(journal: Journal, day: int, begin: int, end: int) -> None:
    """Deployments and changes of one day (days since 1970)."""
    company = journal.company
    rng = company.random("administration", day)
    weekend = (day + 3) % 7 >= 5
    for vault in company.vaults:
        if rng.random() > (0.05 if weekend else 0.5):
            continue
        at = day * TICKS_PER_DAY + int((rng.uniform(7, 17) - company.profile.utc_shift) * TICKS_PER_HOUR)
        if not begin <= at < end - TICKS_PER_HOUR:
            continue
        _deployment(journal, vault, at, rng)
    changed = company.vaults[rng.randrange(len(company.vaults))]
    at = day * TICKS_PER_DAY + int((rng.uniform(9, 16) - company.profile.utc_shift) * TICKS_PER_HOUR)
    if not weekend and begin <= at < end - TICKS_PER_HOUR and rng.random() < 0.35:
        _role_for_application(journal, changed, at, rng)


def _sign_in(journal: Journal, caller: Caller, key: int, created: int, resource: entra.Resource) -> None:
    """The sign-in behind a pipeline's fresh token."""
    journal.entra(
        entra.application_sign_in(
            journal.company,
            caller.principal,
            key=key,
            created=created,
            resource=resource,
            address=caller.address,
            place=CLOUD,
        )
    )


def _with_token(journal: Journal, caller: Caller, at: int) -> Caller:
    """The caller with a fresh Resource Manager token, and its sign-in."""
    key = key_of(journal.company.seed, "deployer", caller.principal.oid, at)
    created = at - 3 * TICKS_PER_SECOND
    _sign_in(journal, caller, key, created, entra.RESOURCE_MANAGER)
    return Caller(caller.principal, caller.appid, caller.address, key, created // TICKS_PER_SECOND, caller.role)


def _deployment(journal: Journal, vault: Vault, at: int, rng: random.Random) -> None:
    company = journal.company
    caller = _with_token(journal, deployer(company, vault.subscription), at)
    group = f"/subscriptions/{vault.subscription}/resourceGroups/{vault.group}"
    if rng.random() < 0.4:
        name = f"release-{rng.randrange(1000, 9999)}"
        deployment = f"{group}/providers/Microsoft.Resources/deployments/{name}"
        journal.act(Act("Microsoft.Resources/deployments/write", deployment, _DEPLOYED, status="Created"), at, caller)
        at += 5 * TICKS_PER_SECOND
    for operation, kind, share in _ORDINARY_ACTS:
        if rng.random() < share / 3:
            name = f"{kind.rsplit('/', 1)[1][:4]}-{vault.group.removeprefix('rg-')}"
            failed = rng.random() < 0.03
            stages = (("Start", 0.0), ("Failure", 1.3)) if failed else (("Start", 0.0), ("Success", 2.2))
            status = "Conflict" if failed else "OK"
            journal.act(Act(operation, f"{group}/providers/{kind}/{name}", stages, status=status), at, caller)
            at += int(rng.uniform(1, 8) * TICKS_PER_SECOND)
    if rng.random() < 0.12:
        _tagged(journal, vault, at, caller)
    if rng.random() < 0.25:
        _secret_set(journal, vault, at + 9 * TICKS_PER_SECOND, caller)


def _data_plane(journal: Journal, vault: Vault, caller: Caller) -> Request:
    """A request of the deployer to the vault itself."""
    return Request(
        operation="",
        status=200,
        vault=vault,
        principal=caller.principal,
        agent=clients.TERRAFORM_AGENT,
        address=caller.address,
        uri="",
        api=DATA_API[vault.generation],
        tenant=journal.company.tenant,
        assignment=journal.company.assignment(vault, caller.principal.oid),
    )


def _secret_set(journal: Journal, vault: Vault, at: int, caller: Caller) -> None:
    """The deployment leaves a new version of its own token in the vault."""
    key = key_of(journal.company.seed, "deployer-vault", caller.principal.oid, at)
    created = at - 2 * TICKS_PER_SECOND
    _sign_in(journal, caller, key, created, entra.KEY_VAULT)
    version = journal.company.hex32("deploy-token", vault.name, at)
    request = object_request(
        _data_plane(journal, vault, caller), "SecretSet", "secrets", "deploy-token", resolved=version
    )
    journal.audit(request, at, token=key, issued=created // TICKS_PER_SECOND, stay=Stay(("pipeline",)))


def write_vault_logging(journal: Journal, begin: int, late_from: int) -> None:
    """The Activity Log knows vaults whose own logs begin late or never: a setting is written, a vault is written."""
    company = journal.company
    late, quiet = company.vaults[company.late_vault], company.vaults[company.quiet_vault]
    caller = _with_token(journal, deployer(company, late.subscription), late_from)
    setting = f"{late.arm_id}/providers/Microsoft.Insights/diagnosticSettings/send-to-archive"
    account = f"st{company.profile.name}archive"
    body = {
        "id": setting,
        "name": "send-to-archive",
        "properties": {
            "storageAccountId": f"{late.group_id}/providers/Microsoft.Storage/storageAccounts/{account}",
            "logs": [{"category": None, "categoryGroup": "audit", "enabled": True}],
            "metrics": [],
        },
    }
    journal.act(Act("Microsoft.Insights/diagnosticSettings/write", setting, request=body), late_from, caller)
    at = begin + 10 * TICKS_PER_HOUR
    caller = _with_token(journal, deployer(company, quiet.subscription), at)
    journal.act(Act("Microsoft.KeyVault/vaults/write", quiet.arm_id, request={"tags": {"owner": "backup"}}), at, caller)


def write_renewals(journal: Journal, begin: int, end: int) -> None:
    """Certificates near their end: Key Vault publishes an event, then renews the certificate by itself."""
    company = journal.company
    for vault in company.vaults[8:]:
        if len(vault.certificates) < 2:
            continue
        certificate = vault.certificates[0]  # one that nobody reads, so its old version stays the one in use
        at = begin + key_of(company.seed, "renewal", vault.name) % (end - begin)
        service = Principal("service", "Azure Key Vault", company.guid("service", "key-vault"), clients.KEY_VAULT)
        blank = Request(
            operation="",
            status=200,
            vault=vault,
            principal=service,
            agent="",
            address="",
            uri="",
            api=DATA_API[vault.generation],
            tenant=company.tenant,
            assignment=company.assignment(vault, service.oid),
        )
        expires = at // TICKS_PER_SECOND + 30 * 86_400
        journal.audit(near_expiry(blank, "certificates", certificate.name, certificate.current, expires), at)
        renewed = object_request(replace(blank, status=202), "CertificateRenew", "certificates", certificate.name)
        stay = Stay(("unknown", "backup-or-scan"))  # the vault's own service, which is none of the classes
        journal.audit(renewed, at + 4 * TICKS_PER_SECOND, token=key_of(at), issued=at // TICKS_PER_SECOND, stay=stay)


def _tagged(journal: Journal, vault: Vault, at: int, caller: Caller) -> None:
    """Terraform writes the vault again, changing nothing that matters: vaults/write, and VaultPatch in its own log."""
    company = journal.company
    body = {"tags": {"owner": "platform", "release": str(at % 97)}}
    act = Act("Microsoft.KeyVault/vaults/write", vault.arm_id, request=body)
    journal.act(act, at, caller)
    visit = Visit(journal, caller.principal, caller.address, CLOUD, "cli", at + 34_000, f"tag:{at}")
    blank = visit.blank(vault, control=True)
    extra = settings(journal.as_set(vault, at), company.tenant)
    changed = vault_operation(blank, "VaultPatch", extra=extra)
    changed = replace(changed, appid=caller.appid, agent=clients.TERRAFORM_AGENT)
    stay = Stay(("pipeline",))
    journal.audit(changed, at + 34_000, token=caller.token, issued=caller.issued, stay=stay)


def _role_for_application(journal: Journal, vault: Vault, at: int, rng: random.Random) -> None:
    """A platform engineer lets a new application read a vault, by role or by access policy as the vault has it."""
    company = journal.company
    engineers = [person for person in company.people if person.role == "platform"]
    engineer = rng.choice(engineers[1:] or engineers)
    visit = Visit(
        journal,
        engineer.principal,
        engineer.addresses[0],
        entra.Place(engineer.country, engineer.city),
        "portal",
        at,
        f"grant:{at}",
        "pwd,mfa",
    )
    newcomer = company.guid("newcomer", at)
    portal_opens_vault(visit, journal.as_set(vault, at))
    visit.wait(20)
    if vault.model == "rbac":
        assignment = company.assignment(vault, newcomer)
        dashed = f"{assignment[:8]}-{assignment[8:12]}-{assignment[12:16]}-{assignment[16:20]}-{assignment[20:]}"
        grant_role(
            visit, vault.arm_id, newcomer, "ServicePrincipal", "4633458b-17de-408a-b874-0445c86b69e6", dashed, OWNER
        )
        return
    write_access_policy(visit, vault, "addedAccessPolicy", newcomer, "", "get", "", OWNER)
    journal.lookalikes.append(
        Lookalike(
            identity=engineer.principal.oid,
            name=engineer.principal.name,
            aliases=engineer.principal.aliases,
            looks_like=("access-policy-added",),
            why=f"gives a new application access to {vault.name}, as the job asks",
        )
    )


def grant_role(
    visit: Visit, scope: str, principal: str, kind: str, definition: str, assignment: str, by_role: str
) -> int:
    """roleAssignments/write as the Activity Log shows it, request body included."""
    if principal == visit.who.oid:
        visit.journal.assigned[principal, definition.replace("-", "")] = (scope, assignment)
    subscription = scope.split("/")[2]
    provider = f"/subscriptions/{subscription}/providers/Microsoft.Authorization"
    properties = {
        "RoleDefinitionId": f"{provider}/roleDefinitions/{definition}",
        "PrincipalId": principal,
        "PrincipalType": kind,
        "Scope": scope,
    }
    act = Act(
        "Microsoft.Authorization/roleAssignments/write",
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment}",
        (("Start", 0.0), ("Success", 1.6)),
        request={"Id": assignment, "Properties": properties},
        response={
            "properties": {
                "roleDefinitionId": properties["RoleDefinitionId"],
                "principalId": principal,
                "principalType": kind,
                "scope": scope,
            },
            "type": "Microsoft.Authorization/roleAssignments",
            "name": assignment,
        },
        status="Created",
    )
    return visit.act(act, by_role, 9.0)


def write_access_policy(
    visit: Visit,
    vault: Vault,
    change: str,
    oid: str,
    keys: str,
    secrets: str,
    certificates: str,
    by_role: str,
    *,
    rbac: bool | None = None,
    by_template: bool = False,
) -> int:
    """An entry added to or removed from a vault's access policies: Activity Log rows, VaultPatch in the vault's log.

    The two logs have different correlation ids and lie some milliseconds apart.
    """
    tenant = visit.company.tenant
    permissions = {
        "keys": [name for name in keys.split(",") if name],
        "secrets": [name for name in secrets.split(",") if name],
        "certificates": [name for name in certificates.split(",") if name],
    }
    entry = {"tenantId": tenant, "objectId": oid, "permissions": permissions}
    body = {"properties": {"accessPolicies": [entry]}}
    if by_template:
        act = Act("Microsoft.KeyVault/vaults/write", vault.arm_id, request=body)
    else:
        verb = "add" if change == "addedAccessPolicy" else "remove"
        act = Act(
            "Microsoft.KeyVault/vaults/accessPolicies/write", f"{vault.arm_id}/accessPolicies/{verb}", request=body
        )
    token, issued = visit.token(entra.RESOURCE_MANAGER)
    at = visit.act(act, by_role, 0.0)
    extra = settings(vault, tenant, rbac=rbac) + access_policy(change, tenant, oid, keys, secrets, certificates)
    request = vault_operation(visit.blank(vault, control=True), "VaultPatch", extra=extra)
    visit.journal.audit(request, at + 2 * TICKS_PER_SECOND + 361_000, token=token, issued=issued, stay=visit.stay)
    visit.wait(12.0)
    return at
