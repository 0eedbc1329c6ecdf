"""Entra records as they reach storage: sign-ins, directory audits, Graph activity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from keywitness.lab.columns import TICKS_PER_SECOND, guid_one, key_of, mixed_one, sign_in_id, time_one, uti_one
from keywitness.lab.company import Company, Principal

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"  # role template id
_ENCODE = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Resource:
    """What a token is for: application id and display name."""

    appid: str
    name: str


KEY_VAULT = Resource("cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "Azure Key Vault")
RESOURCE_MANAGER = Resource("797f4846-ba00-4fd7-ba43-dac1f8f63013", "Windows Azure Service Management API")
GRAPH = Resource("00000003-0000-0000-c000-000000000000", "Microsoft Graph")
CLIENT_NAMES = {
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c": "Azure Portal",
    "3686488a-04fc-4d8a-b967-61f98ec41efe": "Microsoft_Azure_KeyVault",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Microsoft Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is said to be."""

    country: str
    city: str
    network: int = 64500  # documentation AS numbers: RFC 5398


def encoded(record: dict[str, Any]) -> bytes:
    """One line with its newline; keys in the order given."""
    return _ENCODE.encode(record) + b"\n"


def _logged(created: int, key: int) -> int:
    """Sign-in records carry a `time` one to three minutes after the sign-in."""
    return created + (60 * TICKS_PER_SECOND) + mixed_one(key ^ 0x51) % (120 * TICKS_PER_SECOND)


def _created(ticks: int) -> str:
    return time_one(ticks)[:-1] + "+00:00"


def _envelope(
    company: Company, category: str, at: int, correlation: str, error: int, failure: str, address: str
) -> dict[str, Any]:
    record: dict[str, Any] = {
        "time": time_one(at),
        "resourceId": f"/tenants/{company.tenant}/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "operationVersion": "1.0",
        "category": category,
        "tenantId": company.tenant,
        "resultType": str(error),
        "resultSignature": "None" if error == 0 else "FAILURE",
    }
    if error:
        record["resultDescription"] = failure
    record["durationMs"] = 0
    if address:
        record["callerIpAddress"] = address
    record["correlationId"] = correlation
    return record


def _sign_in(
    company: Company, key: int, created: int, correlation: str, appid: str, app: str, address: str, resource: Resource
) -> dict[str, Any]:
    """The members that all kinds of sign-in share, in Graph's order."""
    return {
        "id": sign_in_id(key),
        "createdDateTime": _created(created),
        "appId": appid,
        "appDisplayName": app,
        "ipAddress": address,
        "status": {"errorCode": 0},
        "correlationId": correlation,
        "conditionalAccessStatus": "notApplied",
        "appliedConditionalAccessPolicies": [],
        "originalRequestId": sign_in_id(key),
        "tokenIssuerName": "",
        "tokenIssuerType": "AzureAD",
        "processingTimeInMilliseconds": 80 + mixed_one(key ^ 0x52) % 400,
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "riskEventTypes": [],
        "riskEventTypes_v2": [],
        "resourceDisplayName": resource.name,
        "resourceId": resource.appid,
        "resourceTenantId": company.tenant,
        "homeTenantId": company.tenant,
        "uniqueTokenIdentifier": uti_one(key),
        "crossTenantAccessType": "none",
    }


def user_sign_in(
    company: Company,
    who: Principal,
    *,
    key: int,
    created: int,
    appid: str,
    resource: Resource,
    address: str,
    place: Place,
    agent: str,
    interactive: bool,
    error: int = 0,
    failure: str = "",
    methods: str = "pwd",
) -> tuple[str, int, bytes]:
    """A person's sign-in. Returns category, time of the record and line."""
    correlation = guid_one(key ^ 0x53)
    category = "SignInLogs" if interactive else "NonInteractiveUserSignInLogs"
    at = _logged(created, key)
    record = _envelope(company, category, at, correlation, error, failure, address)
    shared = _sign_in(company, key, created, correlation, appid, CLIENT_NAMES.get(appid, ""), address, resource)
    properties = {
        "id": shared.pop("id"),
        "createdDateTime": shared.pop("createdDateTime"),
        "userDisplayName": who.name,
        "userPrincipalName": who.upn,
        "userId": who.oid,
        **shared,
        "clientAppUsed": "Browser" if agent.startswith("Mozilla") else "Mobile Apps and Desktop clients",
        "userAgent": agent,
        "deviceDetail": {
            "deviceId": "",
            "operatingSystem": "Windows10" if "Windows" in agent else "Linux",
            "browser": "Edge 138.0.0" if "Edg/" in agent else "",
        },
        "location": {
            "city": place.city,
            "state": "",
            "countryOrRegion": place.country,
            "geoCoordinates": {},
        },
        "isInteractive": interactive,
        "authenticationDetails": [],
        "authenticationRequirement": "multiFactorAuthentication" if "mfa" in methods else "singleFactorAuthentication",
        "authenticationProcessingDetails": [{"key": "Is CAE Token", "value": "False"}],
        "networkLocationDetails": [],
        "autonomousSystemNumber": place.network,
        "userType": "Member",
        "flaggedForReview": False,
        "incomingTokenType": "none" if interactive else "primaryRefreshToken",
        "authenticationProtocol": "none",
    }
    if error:
        properties["status"] = {"errorCode": error, "failureReason": failure}
    record |= {"identity": who.name, "Level": 4, "location": place.country}
    return category, at, encoded(record | {"properties": properties})


def application_sign_in(
    company: Company,
    who: Principal,
    *,
    key: int,
    created: int,
    resource: Resource,
    address: str,
    place: Place,
    error: int = 0,
    failure: str = "",
) -> tuple[str, int, bytes]:
    """The sign-in of an application with its own secret or certificate."""
    correlation = guid_one(key ^ 0x53)
    category = "ServicePrincipalSignInLogs"
    at = _logged(created, key)
    record = _envelope(company, category, at, correlation, error, failure, address)
    properties = _sign_in(company, key, created, correlation, who.appid, who.name, address, resource)
    properties |= {
        "location": {"city": place.city, "state": "", "countryOrRegion": place.country, "geoCoordinates": {}},
        "isInteractive": False,
        "clientAppUsed": "",
        "userAgent": "",
        "authenticationProcessingDetails": [
            {"key": "Is CAE Token", "value": "False"},
            {"key": "Azure AD App Authentication Library", "value": "MSAL"},
        ],
        "clientCredentialType": "clientSecret" if who.kind == "secret" else "clientAssertion",
        "servicePrincipalId": who.oid,
        "servicePrincipalName": who.name,
        "servicePrincipalCredentialKeyId": who.credential,
        "servicePrincipalCredentialThumbprint": "",
        "federatedCredentialId": "",
        "autonomousSystemNumber": place.network,
        "resourceServicePrincipalId": company.guid("service-principal", resource.appid),
        "appOwnerTenantId": company.tenant,
        "resourceOwnerTenantId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        "incomingTokenType": "none",
        "authenticationProtocol": "none",
    }
    if error:
        properties["status"] = {"errorCode": error, "failureReason": failure}
    record |= {"identity": "", "Level": 4, "location": place.country}
    return category, at, encoded(record | {"properties": properties})


def managed_sign_in(company: Company, who: Principal, *, key: int, created: int) -> tuple[str, int, bytes]:
    """The sign-in of a managed identity: it has no address and no place."""
    correlation = guid_one(key ^ 0x53)
    category = "ManagedIdentitySignInLogs"
    at = _logged(created, key)
    record = _envelope(company, category, at, correlation, 0, "", "")
    properties = _sign_in(company, key, created, correlation, who.appid, "", "", KEY_VAULT)
    properties |= {
        "location": {"city": "", "state": "", "countryOrRegion": "", "geoCoordinates": {}},
        "isInteractive": False,
        "authenticationProcessingDetails": [],
        "clientCredentialType": "none",
        "servicePrincipalId": who.oid,
        "servicePrincipalName": who.name,
        "servicePrincipalCredentialKeyId": company.guid("managed-credential", who.oid),
        "servicePrincipalCredentialThumbprint": "",
        "managedServiceIdentity": {
            "msiType": "UserAssigned" if "userassignedidentities" in who.resource.lower() else "SystemAssigned",
            "associatedResourceId": who.resource,
            "federatedTokenId": "",
            "federatedTokenIssuer": "",
        },
        "resourceServicePrincipalId": company.guid("service-principal", KEY_VAULT.appid),
        "incomingTokenType": "none",
        "authenticationProtocol": "none",
    }
    record |= {"identity": "", "Level": 4, "location": ""}
    return category, at, encoded(record | {"properties": properties})


def directory_audit(
    company: Company,
    *,
    at: int,
    activity: str,
    category: str,
    initiated_by: dict[str, Any],
    targets: list[dict[str, Any]],
    operation: str,
    details: list[dict[str, str]] | None = None,
    address: str = "",
) -> tuple[str, int, bytes]:
    """A record of the directory's audit log. Application-initiated ones carry no address."""
    key = key_of(company.seed, "directory-audit", at, activity)
    correlation = guid_one(key)
    record = {
        "time": time_one(at),
        "resourceId": f"/tenants/{company.tenant}/providers/Microsoft.aadiam",
        "operationName": activity,
        "operationVersion": "1.0",
        "category": "AuditLogs",
        "tenantId": company.tenant,
        "resultSignature": "None",
        "durationMs": 0,
    }
    if address:
        record["callerIpAddress"] = address
    initiator = initiated_by.get("user", initiated_by.get("app", {}))
    record |= {"correlationId": correlation, "identity": initiator.get("displayName") or "", "Level": 4}
    properties = {
        "id": f"Directory_{correlation}_{key % 0xFFFFF:05X}_{key % 100_000_000}",
        "category": category,
        "correlationId": correlation,
        "result": "success",
        "resultReason": "",
        "activityDisplayName": activity,
        "activityDateTime": _created(at),
        "loggedByService": "Core Directory",
        "operationType": operation,
        "userAgent": None,
        "initiatedBy": initiated_by,
        "targetResources": targets,
        "additionalDetails": details or [],
    }
    return "AuditLogs", at, encoded(record | {"properties": properties})


def by_user(who: Principal, address: str) -> dict[str, Any]:
    return {
        "user": {
            "id": who.oid,
            "displayName": None,
            "userPrincipalName": who.upn,
            "ipAddress": address,
            "roles": [],
        }
    }


def by_application(who: Principal) -> dict[str, Any]:
    return {
        "app": {
            "appId": None,
            "displayName": who.name,
            "servicePrincipalId": who.oid,
            "servicePrincipalName": None,
        }
    }


def role_targets(company: Company, who: Principal, role: str, template: str) -> list[dict[str, Any]]:
    """Targets of `Add member to role`: the new member, then the role. Values are JSON inside strings."""
    object_id = company.guid("directory-role", template)

    def changed(name: str, value: str) -> dict[str, Any]:
        return {"displayName": name, "oldValue": None, "newValue": f'"{value}"'}

    member = {
        "id": who.oid,
        "displayName": None,
        "type": "User",
        "userPrincipalName": who.upn,
        "modifiedProperties": [
            changed("Role.ObjectID", object_id),
            changed("Role.DisplayName", role),
            changed("Role.TemplateId", template),
            changed("Role.WellKnownObjectName", "TenantAdmins"),
        ],
        "administrativeUnits": [],
    }
    granted: dict[str, Any] = {
        "id": object_id,
        "displayName": None,
        "type": "Role",
        "modifiedProperties": [],
        "administrativeUnits": [],
    }
    return [member, granted]


def graph_activity(
    company: Company,
    who: Principal,
    *,
    at: int,
    method: str,
    uri: str,
    status: int,
    token: int,
    issued: int,
    address: str,
    roles: str = "",
    agent: str = "",
    location: str = "West Europe",
) -> tuple[str, int, bytes]:
    """A call to Microsoft Graph. `token` is the key of the token used, `issued` its time in ticks."""
    request = guid_one(key_of(company.seed, "graph", at, uri))
    duration = 40 + key_of(at, uri) % 400
    version = "beta" if "/beta/" in uri else "v1.0"
    user = who.kind == "user"
    record = {
        "time": time_one(at),
        "resourceId": f"/TENANTS/{company.tenant.upper()}/PROVIDERS/MICROSOFT.AADIAM",
        "operationName": "Microsoft Graph Activity",
        "operationVersion": version,
        "category": "MicrosoftGraphActivityLogs",
        "resultSignature": str(status),
        "durationMs": str(duration),
        "callerIpAddress": address,
        "correlationId": request,
        "level": "Informational",
        "location": location,
    }
    properties = {
        "__UDI_RequiredFields_TenantId": company.tenant,
        "timeGenerated": time_one(at),
        "location": location,
        "requestId": request,
        "operationId": request,
        "clientRequestId": guid_one(key_of(company.seed, "graph-client", at, uri)),
        "apiVersion": version,
        "requestMethod": method,
        "responseStatusCode": status,
        "tenantId": company.tenant,
        "durationMs": duration,
        "responseSizeBytes": 0 if method == "POST" else 600 + key_of(uri, at) % 9000,
        "signInActivityId": uti_one(token),
        "roles": roles,
        "appId": who.appid,
        "UserPrincipalObjectID": who.oid,
        "scopes": "User.Read Directory.Read.All" if user else "",
        "identityProvider": f"https://sts.windows.net/{company.tenant}/",
        "clientAuthMethod": {"user": "0", "secret": "1"}.get(who.kind, "2"),
        "wids": "0997a1d0-0d1d-4acb-b408-d5ca73121e90",
        "isReplay": False,
        "C_Idtyp": "user" if user else "app",
        "ipAddress": address,
        "userAgent": agent,
        "requestUri": uri,
        "policyEvaluated": False,
        "userId" if user else "servicePrincipalId": who.oid,
        "tokenIssuedAt": time_one(issued // TICKS_PER_SECOND * TICKS_PER_SECOND),
    }
    return "MicrosoftGraphActivityLogs", at, encoded(record | {"properties": properties, "tenantId": company.tenant})
