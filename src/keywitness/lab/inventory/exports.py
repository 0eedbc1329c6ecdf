"""The exports as files: `inventory/<day>/<what>.json`, in the shapes of `az`, Resource Manager and Microsoft Graph."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from keywitness.lab import entra
from keywitness.lab.columns import TICKS_PER_DAY, key_of
from keywitness.lab.company import Company, Principal, Vault
from keywitness.lab.directory import identity_automation
from keywitness.lab.inventory.contents import Kept, contents_of
from keywitness.lab.inventory.directory import (
    APP_ROLES,
    ROLE_NAMES,
    DirectoryRole,
    app_role_assignments,
    applications,
    automation_owner,
    credentials,
    directory_roles,
    people_of,
    registration,
    strangers,
)
from keywitness.lab.inventory.holdings import Assignment, Holdings, Logged, archive_of, holdings_of
from keywitness.lab.inventory.moments import written
from keywitness.lab.inventory.roles import ROLES
from keywitness.lab.journal import Journal
from keywitness.lab.workload import Workload

Record = dict[str, Any]
_GRAPH = "https://graph.microsoft.com/v1.0/$metadata#"
_AUTHORIZATION = "Microsoft.Authorization"
#: Built-in policy: resource logs in Key Vault should be enabled.
_LOG_POLICY = "cf820ca0-f99e-4f3e-84fb-66e913812d21"
_PERMANENT = "Microsoft.Authorization/roleAssignments"
_ELIGIBLE = "Microsoft.Authorization/roleEligibilityScheduleInstances"
_STAFF_NETWORKS = ("192.0.2.0/24", "198.51.100.0/24")


@dataclass(frozen=True, slots=True)
class Tenant:
    """All that exports say, at any time of a simulation."""

    company: Company
    held: Holdings
    contents: tuple[Kept, ...]
    roles: tuple[DirectoryRole, ...]
    journal: Journal
    workloads: tuple[Workload, ...]
    begin: int

    @classmethod
    def of(cls, company: Company, workloads: tuple[Workload, ...], journal: Journal, begin: int) -> Tenant:
        held = holdings_of(company, workloads, journal)
        contents = tuple(contents_of(company, journal, begin))
        return cls(company, held, contents, tuple(directory_roles(company, journal)), journal, workloads, begin)


def write_inventory(tenant: Tenant, folder: Path, moments: Iterable[int]) -> None:
    """The exports taken at some moments (ticks), each in a folder named by its day."""
    for at in moments:
        place = folder / written(at)[:10]
        place.mkdir(parents=True, exist_ok=True)
        for name, make in _FILES.items():
            envelopes = [{"takenAt": written(at), **envelope} for envelope in make(tenant, at)]
            lines = b"".join(msgspec.json.encode(envelope) + b"\n" for envelope in envelopes)
            (place / f"{name}.json").write_bytes(lines)


def _listed(records: Iterable[Record], **context: str) -> list[Record]:
    """One answer that lists everything."""
    return [{**context, "value": list(records)}]


def _of_graph(what: str, records: Iterable[Record]) -> list[Record]:
    return [{"@odata.context": _GRAPH + what, "value": list(records)}]


# ---- subscriptions ----


def _subscriptions(tenant: Tenant, at: int) -> list[Record]:
    company = tenant.company
    above = [{"name": f"mg-{company.profile.name}", "displayName": company.profile.name.capitalize()}]
    return _listed(
        {
            "id": f"/subscriptions/{id_}",
            "name": name,
            "type": "microsoft.resources/subscriptions",
            "subscriptionId": id_,
            "tenantId": company.tenant,
            "properties": {"state": "Enabled", "managementGroupAncestorsChain": above},
        }
        for id_, name in company.subscriptions
    )


def _management_groups(tenant: Tenant, at: int) -> list[Record]:
    company, name = tenant.company, f"mg-{tenant.company.profile.name}"
    properties = {
        "displayName": company.profile.name.capitalize(),
        "tenantId": company.tenant,
        "details": {"parent": None},
    }
    id_ = f"/providers/Microsoft.Management/managementGroups/{name}"
    return _listed(
        [{"id": id_, "name": name, "type": "Microsoft.Management/managementGroups", "properties": properties}]
    )


def _policies(tenant: Tenant, at: int) -> list[Record]:
    company = tenant.company
    scope = f"/subscriptions/{company.subscriptions[0][0]}"
    return _listed(
        [
            {
                "id": f"{scope}/providers/{_AUTHORIZATION}/policyAssignments/vault-logs",
                "name": "vault-logs",
                "type": f"{_AUTHORIZATION}/policyAssignments",
                "displayName": "Resource logs in Key Vault should be enabled",
                "policyDefinitionId": f"/providers/{_AUTHORIZATION}/policyDefinitions/{_LOG_POLICY}",
                "scope": scope,
                "notScopes": [company.vaults[company.quiet_vault].group_id],
                "enforcementMode": "Default",
                "parameters": {},
            }
        ]
    )


# ---- vaults ----


def _vaults(tenant: Tenant, at: int) -> list[Record]:
    return _listed(_vault(tenant, vault, at) for vault in tenant.company.vaults)


def _vault(tenant: Tenant, vault: Vault, at: int) -> Record:
    """As `az keyvault show` has it; its settings are those that VaultGet logs."""
    company = tenant.company
    changed = {s.name: s.value for s in tenant.held.settings if s.vault == vault.index and s.span.at(at)}
    network = changed.get("network") or _network(tenant, vault)
    return {
        "id": vault.arm_id,
        "location": vault.region,
        "name": vault.name,
        "properties": {
            "accessPolicies": _access_policies(tenant, vault, at),
            "enablePurgeProtection": True if vault.index % 2 else None,
            "enableRbacAuthorization": changed.get("rbac", vault.model == "rbac"),
            "enableSoftDelete": True,
            "enabledForDeployment": False,
            "enabledForDiskEncryption": False,
            "enabledForTemplateDeployment": vault.index % 5 == 0,
            "networkAcls": network,
            "privateEndpointConnections": _endpoints(vault) if vault.private else None,
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Enabled",
            "sku": {"family": "A", "name": "standard"},
            "softDeleteRetentionInDays": 90,
            "tenantId": company.tenant,
            "vaultUri": f"{vault.uri}/",
        },
        "resourceGroup": vault.group,
        "systemData": {"createdAt": written(tenant.begin - (420 + key_of("vault", vault.name) % 900) * TICKS_PER_DAY)},
        "tags": {"owner": "backup" if vault.index == company.quiet_vault else "platform"},
        "type": "Microsoft.KeyVault/vaults",
    }


def _network(tenant: Tenant, vault: Vault) -> Record | None:
    """Closed where the logs show it closed, or a caller stopped by the firewall."""
    if vault.private:
        return {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []}
    stopped = any(r.vault.index == vault.index and "Client address" in r.description for _, r in tenant.journal.asked)
    if not stopped:
        return None
    rules = [{"value": network} for network in _STAFF_NETWORKS]
    return {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": rules, "virtualNetworkRules": []}


def _endpoints(vault: Vault) -> list[Record]:
    id_ = f"{vault.group_id}/providers/Microsoft.Network/privateEndpoints/pe-{vault.name}"
    state = {"actionsRequired": "None", "description": "", "status": "Approved"}
    return [{"id": id_, "privateEndpoint": {"id": id_}, "privateLinkServiceConnectionState": state}]


def _access_policies(tenant: Tenant, vault: Vault, at: int) -> list[Record]:
    """One entry for each holder: what he has from several grants is joined."""
    joined: dict[str, dict[str, set[str]]] = {}
    for entry in tenant.held.entries:
        if entry.vault == vault.index and entry.span.at(at):
            kinds = joined.setdefault(entry.holder, {"certificates": set(), "keys": set(), "secrets": set()})
            for kind, names in entry.permissions.items():
                kinds[kind] |= set(names)
    return [
        {
            "applicationId": None,
            "objectId": holder,
            "permissions": {kind: sorted(names) for kind, names in kinds.items()} | {"storage": None},
            "tenantId": tenant.company.tenant,
        }
        for holder, kinds in joined.items()
    ]


def _objects(tenant: Tenant, at: int) -> list[Record]:
    return _listed(_object(tenant, kept) for kept in tenant.contents if kept.span.at(at))


def _object(tenant: Tenant, kept: Kept) -> Record:
    """As `az keyvault secret list` and its kin have it; never a value."""
    vault = tenant.company.vaults[kept.vault]
    id_ = f"{vault.uri}/{kept.kind}/{kept.name}"
    dated = kept.kind == "certificates" or key_of("dated", id_) % 3 == 0
    made = {
        "attributes": {
            "created": written(kept.created),
            "enabled": True,
            "expires": written(kept.created + 450 * TICKS_PER_DAY) if dated else None,
            "notBefore": written(kept.created) if kept.kind == "certificates" else None,
            "recoverableDays": 90,
            "updated": written(kept.created),
        },
        "name": kept.name,
        "tags": _tags(vault, kept),
    }
    if kept.kind == "keys":
        return made | {"kid": id_}
    if kept.kind == "secrets":
        return made | {"id": id_, "contentType": _CONTENT_TYPES.get(kept.name), "managed": None}
    print_ = {"x509Thumbprint": base64.b64encode(bytes.fromhex(kept.print)).decode(), "x509ThumbprintHex": kept.print}
    return made | {"id": id_, "subject": f"CN={kept.name}.{tenant.company.profile.domain}", **print_}


_CONTENT_TYPES = {"SqlConnectionString": "connection string", "StorageAccountKey": "storage account key"}
#: Secrets whose tags name the resource that they open.
_OPENS = {"StorageAccountKey": "stor", "SqlConnectionString": "serv"}


def _tags(vault: Vault, kept: Kept) -> dict[str, str]:
    opens = _OPENS.get(kept.name)
    return {"opens": f"{opens}-{vault.group.removeprefix('rg-')}"} if opens and kept.kind == "secrets" else {}


def _settings(tenant: Tenant, at: int) -> list[Record]:
    """The diagnostic settings of each vault and subscription; the ones of some are none, and that is said."""
    made = []
    for vault in tenant.company.vaults:
        own = [s for s in tenant.held.logged if s.vault == vault.index and s.span.at(at)]
        made.append({"resourceId": vault.arm_id, "value": [_setting(vault, s) for s in own]})
    for id_, name in tenant.company.subscriptions:
        scope = f"/subscriptions/{id_}"
        kept = [] if name == "platform" else [_activity_setting(scope, archive_of(tenant.company))]
        made.append({"resourceId": scope, "value": kept})
    return made


def _setting(vault: Vault, logged: Logged) -> Record:
    target: Record = {"storageAccountId": logged.account}
    if vault.dedicated:
        workspace = f"{vault.group_id}/providers/Microsoft.OperationalInsights/workspaces/log-{vault.name[3:]}"
        target = {"workspaceId": workspace, "logAnalyticsDestinationType": "Dedicated"}
    return {
        "id": f"{vault.arm_id}/providers/Microsoft.Insights/diagnosticSettings/{logged.name}",
        "name": logged.name,
        "type": "Microsoft.Insights/diagnosticSettings",
        "logs": [{"category": None, "categoryGroup": "audit", "enabled": True}],
        "metrics": [],
        **target,
    }


def _activity_setting(scope: str, account: str) -> Record:
    return {
        "id": f"{scope}/providers/Microsoft.Insights/diagnosticSettings/activity",
        "name": "activity",
        "type": "Microsoft.Insights/diagnosticSettings",
        "logs": [{"category": name, "enabled": True} for name in ("Administrative", "Security", "Alert", "Policy")],
        "storageAccountId": account,
    }


# ---- roles of Azure ----


def _role_assignments(tenant: Tenant, at: int) -> list[Record]:
    standing = [a for a in tenant.held.assignments if a.span.at(at)]
    return _listed(_eligible(tenant, a) if a.eligible else _assignment(tenant, a) for a in standing)


def _assignment(tenant: Tenant, held: Assignment) -> Record:
    given = written(held.span.since or tenant.begin - 200 * TICKS_PER_DAY)
    return {
        "condition": None,
        "createdBy": held.by,
        "createdOn": given,
        "id": f"{held.scope}/providers/{_PERMANENT}/{held.id}",
        "name": held.id,
        "principalId": held.holder,
        "principalName": _name(tenant, held.holder),
        "principalType": held.kind,
        "roleDefinitionId": _definition(held.scope, held.role.id),
        "roleDefinitionName": held.role.name,
        "scope": held.scope,
        "type": _PERMANENT,
        "updatedOn": given,
    }


def _eligible(tenant: Tenant, held: Assignment) -> Record:
    """As Resource Manager lists eligible roles of Privileged Identity Management."""
    return {
        "id": f"{held.scope}/providers/{_ELIGIBLE}/{held.id}",
        "name": held.id,
        "type": _ELIGIBLE,
        "properties": {
            "scope": held.scope,
            "roleDefinitionId": _definition(held.scope, held.role.id),
            "principalId": held.holder,
            "principalType": held.kind,
            "status": "Provisioned",
            "memberType": "Group" if held.kind == "Group" else "Direct",
            "startDateTime": written(tenant.begin - 200 * TICKS_PER_DAY),
        },
    }


def _definition(scope: str, role: str) -> str:
    return f"/subscriptions/{scope.split('/')[2]}/providers/{_AUTHORIZATION}/roleDefinitions/{role}"


def _name(tenant: Tenant, oid: str) -> str:
    who = tenant.held.principals.get(oid)
    if who is None:
        return next((group.name for group in tenant.held.groups if group.id == oid), "")
    return who.upn or who.name


def _role_definitions(tenant: Tenant, at: int) -> list[Record]:
    return _listed(
        {
            "assignableScopes": ["/"],
            "id": f"/providers/{_AUTHORIZATION}/roleDefinitions/{role.id}",
            "name": role.id,
            "permissions": [
                {
                    "actions": list(role.actions),
                    "notActions": list(role.not_actions),
                    "dataActions": role.data_actions,
                    "notDataActions": [],
                }
            ],
            "roleName": role.name,
            "roleType": "BuiltInRole",
            "type": f"{_AUTHORIZATION}/roleDefinitions",
        }
        for role in ROLES
    )


# ---- Entra ----


def _users(tenant: Tenant, at: int) -> list[Record]:
    return _of_graph(
        "users",
        (
            {"id": who.oid, "displayName": who.name, "userPrincipalName": who.upn, "accountEnabled": True}
            for who in people_of(tenant.company)
        ),
    )


def _groups(tenant: Tenant, at: int) -> list[Record]:
    return _of_graph(
        "groups",
        (
            {"id": group.id, "displayName": group.name, "securityEnabled": True, "isAssignableToRole": None}
            for group in tenant.held.groups
        ),
    )


def _members(tenant: Tenant, at: int) -> list[Record]:
    return [
        {
            "groupId": group.id,
            "value": [
                {"@odata.type": f"#microsoft.graph.{kind}", "id": member, "displayName": _name(tenant, member)}
                for member, kind in group.members
            ],
        }
        for group in tenant.held.groups
    ]


def _applications(tenant: Tenant, at: int) -> list[Record]:
    return _of_graph(
        "applications", (_application(tenant, who, at) for who in applications(tenant.company, tenant.held))
    )


def _application(tenant: Tenant, who: Principal, at: int) -> Record:
    keys, secrets = credentials(tenant.company, who, tenant.journal, tenant.begin, at)
    return {
        "id": registration(tenant.company, who),
        "appId": who.appid,
        "displayName": who.name,
        "signInAudience": "AzureADMyOrg",
        "keyCredentials": keys,
        "passwordCredentials": secrets,
    }


def _service_principals(tenant: Tenant, at: int) -> list[Record]:
    company, held = tenant.company, tenant.held
    known = {oid: who for oid, who in held.principals.items() if who.kind != "user"}
    known |= {who.oid: who for who in applications(company, held)}
    made = [_service_principal(who, company) for who in sorted(known.values(), key=lambda who: (who.name, who.oid))]
    made += [_newcomer(company, oid) for oid in strangers(held, company, at)]
    return _of_graph("servicePrincipals", [*made, _microsoft_graph(company)])


def _service_principal(who: Principal, company: Company) -> Record:
    managed = who.kind == "managed"
    return {
        "id": who.oid,
        "appId": who.appid,
        "displayName": who.name,
        "servicePrincipalType": "ManagedIdentity" if managed else "Application",
        "accountEnabled": True,
        "appOwnerOrganizationId": _MICROSOFT if who.kind == "service" else None if managed else company.tenant,
        "alternativeNames": [who.resource] if managed else [],
    }


_MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"


def _newcomer(company: Company, oid: str) -> Record:
    who = Principal("managed", f"app-{oid[:8]}", oid, company.guid("newcomer-application", oid))
    return _service_principal(who, company)


def _microsoft_graph(company: Company) -> Record:
    who = Principal(
        "service", entra.GRAPH.name, company.guid("service-principal", entra.GRAPH.appid), entra.GRAPH.appid
    )
    roles = [{"id": id_, "value": name, "allowedMemberTypes": ["Application"]} for name, id_ in APP_ROLES.items()]
    return _service_principal(who, company) | {"appRoles": roles}


def _owners(tenant: Tenant, at: int) -> list[Record]:
    owner = automation_owner(tenant.company)
    person = {"@odata.type": "#microsoft.graph.user", "id": owner.oid, "userPrincipalName": owner.upn}
    target = registration(tenant.company, identity_automation(tenant.company))
    return [{"ownersOf": target, "targetType": "application", "value": [person]}]


def _app_roles(tenant: Tenant, at: int) -> list[Record]:
    company = tenant.company
    return _of_graph(
        "appRoleAssignments",
        (
            {
                "id": company.hex32("app-role", who.oid, permission),
                "appRoleId": APP_ROLES[permission],
                "principalId": who.oid,
                "principalType": "ServicePrincipal",
                "principalDisplayName": who.name,
                "resourceId": company.guid("service-principal", entra.GRAPH.appid),
                "resourceDisplayName": entra.GRAPH.name,
                "createdDateTime": written(tenant.begin - 180 * TICKS_PER_DAY),
            }
            for who, permission in app_role_assignments(company)
        ),
    )


def _directory_roles(tenant: Tenant, at: int) -> list[Record]:
    return _of_graph(
        "roleManagement/directory/roleAssignments",
        (
            {
                "id": role.id,
                "principalId": role.holder,
                "roleDefinitionId": role.role,
                "directoryScopeId": "/",
                "roleDefinition": {"displayName": ROLE_NAMES[role.role], "templateId": role.role},
            }
            for role in tenant.roles
            if role.span.at(at)
        ),
    )


# ---- other resources ----


def _resources(tenant: Tenant, at: int) -> list[Record]:
    company = tenant.company
    found: dict[str, Record] = {}
    for vault in company.vaults:
        for kind, name in _beside(vault):
            _put(found, f"{vault.group_id}/providers/{kind}/{name}", kind, company.tenant)
    for account in sorted({s.account for s in tenant.held.logged}):
        _put(found, account, "Microsoft.Storage/storageAccounts", company.tenant)
    for who in tenant.held.principals.values():
        if who.kind == "managed":
            _identity(found, who, company)
    return _listed([*found.values(), *_plans(company)])


def _beside(vault: Vault) -> Iterator[tuple[str, str]]:
    """The resources of a vault's group, by the names that the Activity Log has for them."""
    group = vault.group.removeprefix("rg-")
    yield "Microsoft.Storage/storageAccounts", f"stor-{group}"
    yield "Microsoft.Sql/servers", f"serv-{group}"
    yield "Microsoft.Web/sites", f"site-{group}"
    yield "Microsoft.Compute/virtualMachines", f"virt-{group}"


def _put(found: dict[str, Record], id_: str, kind: str, tenant: str) -> Record:
    parts = id_.split("/")
    return found.setdefault(
        id_.lower(),
        {
            "id": id_,
            "name": parts[-1],
            "type": kind,
            "location": "westeurope",
            "resourceGroup": parts[4],
            "subscriptionId": parts[2],
            "tenantId": tenant,
        },
    )


def _identity(found: dict[str, Record], who: Principal, company: Company) -> None:
    """The resource that a managed identity is, or belongs to; one of its own is attached to the site of its group."""
    kind = "/".join(who.resource.split("/")[6:8])
    resource = _put(found, who.resource.replace("/resourcegroups/", "/resourceGroups/"), kind, company.tenant)
    ids = {"principalId": who.oid, "clientId": who.appid}
    if "userAssignedIdentities" not in kind:
        resource["identity"] = {"type": "SystemAssigned", "principalId": who.oid, "tenantId": company.tenant}
        return
    resource["properties"] = ids | {"tenantId": company.tenant}
    group = resource["resourceGroup"].removeprefix("rg-")
    site = who.resource.replace("/resourcegroups/", "/resourceGroups/").split("/providers/")[0]
    owner = _put(found, f"{site}/providers/Microsoft.Web/sites/site-{group}", "Microsoft.Web/sites", company.tenant)
    identity = owner.setdefault("identity", {"type": "UserAssigned", "userAssignedIdentities": {}})
    identity.setdefault("userAssignedIdentities", {})[resource["id"]] = ids


def _plans(company: Company) -> Iterator[Record]:
    """Defender for Key Vault, on in production."""
    for number, (id_, _) in enumerate(company.subscriptions):
        yield {
            "id": f"/subscriptions/{id_}/providers/Microsoft.Security/pricings/KeyVaults",
            "name": "KeyVaults",
            "type": "Microsoft.Security/pricings",
            "properties": {"pricingTier": "Free" if number else "Standard"},
        }


_FILES: dict[str, Callable[[Tenant, int], list[Record]]] = {
    "subscriptions": _subscriptions,
    "management-groups": _management_groups,
    "policy-assignments": _policies,
    "vaults": _vaults,
    "objects": _objects,
    "diagnostic-settings": _settings,
    "role-assignments": _role_assignments,
    "role-definitions": _role_definitions,
    "users": _users,
    "groups": _groups,
    "members": _members,
    "applications": _applications,
    "service-principals": _service_principals,
    "owners": _owners,
    "app-role-assignments": _app_roles,
    "directory-role-assignments": _directory_roles,
    "resources": _resources,
}
