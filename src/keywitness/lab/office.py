"""Ordinary days: people in the portal and at their shells, administrators changing things, directory housekeeping."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from keywitness.lab import clients, entra
from keywitness.lab.activity import CONTRIBUTOR, OWNER, Act, Caller
from keywitness.lab.audit_event import access_policy, missing, secret_get, settings, vault_operation
from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_SECOND, key_of
from keywitness.lab.company import Company, Person, Principal, Vault
from keywitness.lab.journal import Journal, Visit
from keywitness.lab.traffic import TokenUse
from keywitness.lab.visits import (
    portal_lists_secrets,
    portal_opens_vault,
    portal_shows_secret,
    shell_lists,
    shell_reads,
)
from keywitness.lab.workloads import registered

CLOUD = entra.Place("NL", "Amsterdam", 64501)


def write_office_days(journal: Journal, begin: int, end: int, workers: Sequence[Person]) -> None:
    """Everything that people do between two times (ticks)."""
    for day in range(begin // TICKS_PER_DAY, (end - 1) // TICKS_PER_DAY + 1):
        for person in workers:
            _day_of(journal, person, day, begin, end)
        _administration(journal, day, begin, end)
        _directory_day(journal, day, begin, end)


def _day_of(journal: Journal, person: Person, day: int, begin: int, end: int) -> None:
    rng = journal.company.random("day", person.principal.oid, day)
    weekend = (day + 3) % 7 >= 5
    rate = person.sessions_per_day * (0.08 if weekend else 1.0)
    visits = int(rate) + (rng.random() < rate % 1)
    for number in range(visits):
        local_hour = min(max(rng.gauss(13.0, 2.4), 7.5), 19.5)
        now = day * TICKS_PER_DAY + int((local_hour - person.utc_offset) * TICKS_PER_HOUR)
        now += rng.randrange(TICKS_PER_SECOND * 60)
        if not begin <= now < end - TICKS_PER_HOUR:
            continue
        at_home = weekend or rng.random() < 0.3
        visit = Visit(
            journal=journal,
            who=person.principal,
            address=person.addresses[1 if at_home else 0],
            place=entra.Place(person.country, person.city),
            client=person.client if rng.random() < 0.8 else rng.choice(("portal", "cli")),
            now=now,
            label=f"{person.principal.oid}:{day}:{number}",
            methods="pwd,mfa" if rng.random() < 0.7 else "pwd",
        )
        _ordinary_visit(visit, person, rng)


def _ordinary_visit(visit: Visit, person: Person, rng: random.Random) -> None:
    vault = visit.company.vaults[rng.choice(person.vaults)]
    secrets = [secret for secret in vault.secrets if not secret.name.startswith("BreakGlass")]
    secret = rng.choice(secrets)
    if visit.client == "portal":
        portal_opens_vault(visit, vault)
        if rng.random() < 0.12:
            portal_lists_secrets(visit, vault, allowed=False)
            return
        portal_lists_secrets(visit, vault)
        if rng.random() < 0.45:
            portal_shows_secret(visit, vault, secret)
        return
    if rng.random() < 0.1:
        visit.ask(missing(secret_get(visit.blank(vault), secret.name + "2", ""), secret.name + "2"))
    if rng.random() < 0.35:
        shell_lists(visit, vault, "SecretList", "secrets")
        visit.wait(rng.uniform(8, 60))
    if rng.random() < 0.7:
        shell_reads(visit, vault, secret.name, secret.current)


# ---- control plane ----

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


def _administration(journal: Journal, day: int, begin: int, end: int) -> None:
    company = journal.company
    rng = company.random("administration", day)
    weekend = (day + 3) % 7 >= 5
    for vault in company.vaults:
        if rng.random() > (0.05 if weekend else 0.5):
            continue
        at = day * TICKS_PER_DAY + int(rng.uniform(7, 17) * TICKS_PER_HOUR)
        if not begin <= at < end - TICKS_PER_HOUR:
            continue
        _deployment(journal, vault, at, rng)
    changed = company.vaults[rng.randrange(len(company.vaults))]
    at = day * TICKS_PER_DAY + int(rng.uniform(9, 16) * TICKS_PER_HOUR)
    if not weekend and begin <= at < end - TICKS_PER_HOUR and rng.random() < 0.35:
        _role_for_application(journal, changed, at, rng)


def _with_token(journal: Journal, caller: Caller, at: int) -> Caller:
    """The caller with a fresh Resource Manager token, and its sign-in."""
    key = key_of(journal.company.seed, "deployer", caller.principal.oid, at)
    created = at - 3 * TICKS_PER_SECOND
    journal.entra(
        entra.application_sign_in(
            journal.company,
            caller.principal,
            key=key,
            created=created,
            resource=entra.RESOURCE_MANAGER,
            address=caller.address,
            place=CLOUD,
        )
    )
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


def _tagged(journal: Journal, vault: Vault, at: int, caller: Caller) -> None:
    """Terraform writes the vault again, changing nothing that matters: vaults/write, and VaultPatch in its own log."""
    company = journal.company
    body = {"tags": {"owner": "platform", "release": str(at % 97)}}
    act = Act("Microsoft.KeyVault/vaults/write", vault.arm_id, request=body)
    journal.act(act, at, caller)
    visit = Visit(journal, caller.principal, caller.address, CLOUD, "cli", at + 34_000, f"tag:{at}")
    blank = visit.blank(vault, control=True)
    extra = settings(vault, company.tenant)
    changed = vault_operation(blank, "VaultPatch", extra=extra)
    changed = replace(changed, appid=caller.appid, agent=clients.TERRAFORM_AGENT)
    journal.audit(changed, at + 34_000, token=caller.token, issued=caller.issued)


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
    portal_opens_vault(visit, vault)
    visit.wait(20)
    if vault.model == "rbac":
        assignment = company.assignment(vault, newcomer)
        dashed = f"{assignment[:8]}-{assignment[8:12]}-{assignment[12:16]}-{assignment[16:20]}-{assignment[20:]}"
        grant_role(
            visit, vault.arm_id, newcomer, "ServicePrincipal", "4633458b-17de-408a-b874-0445c86b69e6", dashed, OWNER
        )
        return
    write_access_policy(visit, vault, "addedAccessPolicy", newcomer, "", "get", "", OWNER)


def grant_role(
    visit: Visit, scope: str, principal: str, kind: str, definition: str, assignment: str, by_role: str
) -> int:
    """roleAssignments/write as the Activity Log shows it, request body included."""
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
    visit.journal.audit(request, at + 2 * TICKS_PER_SECOND + 361_000, token=token, issued=issued)
    visit.wait(12.0)
    return at


# ---- directory ----


def _directory_day(journal: Journal, day: int, begin: int, end: int) -> None:
    company = journal.company
    rng = company.random("directory", day)
    admins = [person for person in company.people if person.role in ("platform", "security")]
    for _ in range(6 if (day + 3) % 7 < 5 else 1):
        at = day * TICKS_PER_DAY + int(rng.uniform(7, 18) * TICKS_PER_HOUR)
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
    return registered(company, "contoso-identity-automation", "certificate")


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
