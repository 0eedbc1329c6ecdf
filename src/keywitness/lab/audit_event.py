"""Key Vault AuditEvent records as Azure writes them to storage: one JSON object per line, fields in Azure's order.

A `Request` says what happened; `render` writes one line, `compiled` a line with slots that the bulk path fills.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from keywitness.lab import clients
from keywitness.lab.audit_row import as_row
from keywitness.lab.company import Principal, Vault

SLOT = "\ue000"  # where the bulk path puts a value: a private-use character that no name holds
DATA_API = {2020: "7.0", 2022: "7.3", 2024: "7.4", 2025: "7.4"}
CONTROL_API = "2023-07-01"
REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 409: "Conflict",
}  # fmt: skip
_OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
_UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
_NAME = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"

#: What RBAC calls the action and what access policies call the permission of each operation.
ACTIONS = {
    "SecretGet": ("Microsoft.KeyVault/vaults/secrets/getSecret/action", "secrets get"),
    "SecretList": ("Microsoft.KeyVault/vaults/secrets/readMetadata/action", "secrets list"),
    "SecretListVersions": ("Microsoft.KeyVault/vaults/secrets/readMetadata/action", "secrets list"),
    "CertificateList": ("Microsoft.KeyVault/vaults/certificates/read", "certificates list"),
    "CertificateGet": ("Microsoft.KeyVault/vaults/certificates/read", "certificates get"),
    "KeyList": ("Microsoft.KeyVault/vaults/keys/read", "keys list"),
    "KeyGet": ("Microsoft.KeyVault/vaults/keys/read", "keys get"),
    "KeySign": ("Microsoft.KeyVault/vaults/keys/sign/action", "keys sign"),
    "KeyWrap": ("Microsoft.KeyVault/vaults/keys/wrap/action", "keys wrapKey"),
    "KeyUnwrap": ("Microsoft.KeyVault/vaults/keys/unwrap/action", "keys unwrapKey"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """The facts of the access token that a record shows: ids as text, times as Unix seconds in digits."""

    uti: str = SLOT
    issued: str = SLOT  # iat and nbf: issuance - 300 s
    expires: str = SLOT


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a vault, with all that its record needs beyond time, ids and duration.

    Args:
        principal: None for a request without a token (the SDKs' first leg).
        address: The request's address; `token_address` the one the token was issued to, when it differs.
        id: `properties.id`; "" when the operation logs none.
        extra: Further members of `properties`, as JSON text that begins with a comma.
        control: Through Resource Manager, not the vault's own endpoint.
    """

    operation: str
    status: int
    vault: Vault
    principal: Principal | None
    agent: str
    address: str
    uri: str
    api: str
    id: str = ""
    extra: str = ""
    description: str = ""
    control: bool = False
    appid: str = ""  # instead of the principal's own
    tenant: str = ""
    assignment: str = ""
    token_address: str = ""
    methods: str = "pwd"


def render(request: Request, *, at: str, correlation: str, duration: str, token: Token, page_loaded: str = "") -> str:
    """One line, without its newline. `page_loaded` (Unix ms) is what the portal appends as `&_=`."""
    vault = request.vault
    uri = request.uri + (f"&_={page_loaded}" if page_loaded else "")
    parts = [
        f'{{ "time": "{at}", "category": "AuditEvent", "operationName": "{request.operation}", "resultType": "Success"',
        f'"resultDescription": {_text(request.description)}' if request.description else "",
        f'"correlationId": "{correlation}", "callerIpAddress": "{request.address}"',
        _identity(request, token),
        f'"properties": {_properties(request, uri)}',
        f'"resourceId": "{vault.arm_id.upper()}", "operationVersion": "{request.api}"',
        f'"resultSignature": "{REASONS[request.status]}", "durationMs": "{duration}"}}',
    ]
    line = ", ".join(part for part in parts if part)
    return as_row(line) if vault.dedicated else line


def compiled(request: Request) -> tuple[bytes, bool]:
    """A `%b` template and whether it has token slots.

    Slots in order: time, correlation id, [uti, iat, exp, nbf], duration.
    """
    line = render(request, at=SLOT, correlation=SLOT, duration=SLOT, token=Token())
    slots = line.count(SLOT)
    return line.replace("%", "%%").replace(SLOT, "%b").encode() + b"\n", slots == 7


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _properties(request: Request, uri: str) -> str:
    vault = request.vault
    parts = []
    if request.id:
        parts.append(f'"id":"{request.id}"')
    parts.append(f'"clientInfo":{_text(request.agent)},"httpStatusCode":{request.status},"requestUri":{_text(uri)}')
    if not request.control:
        if request.principal is not None and "Client address" not in request.description:
            parts.append(_authorization(request))
        if vault.generation >= 2024:
            parts.append('"tlsVersion":"TLS1_3"')
    return "{" + ",".join(parts) + request.extra + "}"


def _authorization(request: Request) -> str:
    allowed = "false" if request.status == 403 else "true"
    if request.vault.model == "policy":
        return f'"isAccessPolicyMatch":{allowed}'
    if request.status == 403:
        return '"isRbacAuthorized":false'
    return f'"isRbacAuthorized":true,"appliedAssignmentId":"{request.assignment}"'


def _identity(request: Request, token: Token) -> str:
    if request.principal is None:
        return "" if request.vault.generation >= 2024 else '"identity": {}'
    claim = (
        _control_claim(request, request.principal)
        if request.control
        else _data_claim(request, request.principal, token)
    )
    body = ",".join(f'"{name}":{value if value[:1] == "[" else _text(value)}' for name, value in claim)
    return f'"identity": {{"claim":{{{body}}}}}'


def _control_claim(request: Request, who: Principal) -> list[tuple[str, str]]:
    claim = [(_OID, who.oid)]
    if who.kind == "user":
        claim += [(_UPN, who.upn), (_NAME, who.upn)]
    return [*claim, ("appid", request.appid or who.appid)]


def _data_claim(request: Request, who: Principal, token: Token) -> list[tuple[str, str]]:
    generation = request.vault.generation
    claim = [(_OID if generation == 2020 else "oid", who.oid), ("appid", request.appid or who.appid)]
    if who.kind == "user":
        claim.append(("scp", "user_impersonation"))
    if generation >= 2024:
        claim.append(("appidacr", {"user": "0", "secret": "1"}.get(who.kind, "2")))
    if generation >= 2025:
        claim.append(("iss", f"https://sts.windows.net/{request.tenant}/"))
    if generation >= 2024:
        claim.append(("xms_az_nwperimid", "[]"))
    if who.resource:
        claim.append(("xms_mirid", who.resource))
    if who.kind == "user":
        address = request.token_address or request.address
        claim += [("upn", who.upn), ("ipaddr", address), ("unique_name", who.upn), ("amr", request.methods)]
    if generation >= 2025:
        claim.append(("idtyp", "user" if who.kind == "user" else "app"))
        claim += [("uti", token.uti), ("iat", token.issued), ("exp", token.expires)]
        claim += [("aud", clients.KEY_VAULT), ("nbf", token.issued)]
    return claim


# ---- operations ----


def object_request(
    template: Request, operation: str, kind: str, name: str, *, version: str = "", resolved: str = "", tail: str = ""
) -> Request:
    """An operation on one object. `version` stands in the request, `resolved` in the answer's id."""
    root = f"{template.vault.uri}/{kind}/{name}"
    answered = f"/{resolved}" if resolved and template.status == 200 else ""
    return replace(
        template,
        operation=operation,
        uri=f"{root}/{version}{tail}?api-version={template.api}",
        id=root + answered,
    )


def secret_get(template: Request, name: str, resolved: str, *, version: str = "") -> Request:
    """A read of a secret's value: the answer names the version even when the request does not."""
    return object_request(template, "SecretGet", "secrets", name, version=version, resolved=resolved)


def listing(template: Request, operation: str, kind: str, *, page: int = 0) -> Request:
    """A list of a vault's secrets, keys or certificates; it logs no id."""
    tail = f"&maxresults={page}" if page else ""
    return replace(
        template, operation=operation, uri=f"{template.vault.uri}/{kind}?api-version={template.api}{tail}", id=""
    )


def challenge(template: Request, kind: str, name: str) -> Request:
    """The first leg of an SDK's challenge flow: no token, 401."""
    path = f"{kind}/{name}/" if name else kind
    return replace(
        template,
        operation="Authentication",
        status=401,
        principal=None,
        uri=f"{template.vault.uri}/{path}?api-version={template.api}",
        id="",
        description="AKV10000: Request is missing a Bearer or PoP token.",
    )


def vault_operation(template: Request, operation: str, *, extra: str = "", masked: bool = False) -> Request:
    """VaultGet, VaultPut or VaultPatch through Resource Manager, with the vault's settings after the call."""
    vault = template.vault
    host = f"https://{vault.region}.management.azure.com" if masked else "https://management.azure.com"
    tail = "&MaskCMKEnabledProperties=true" if masked else ""
    return replace(
        template,
        operation=operation,
        api=CONTROL_API,
        control=True,
        uri=f"{host}{vault.arm_id}?api-version={CONTROL_API}{tail}",
        id=f"{vault.uri}/",
        extra=extra,
    )


def settings(vault: Vault, tenant: str, *, rbac: bool | None = None) -> str:
    """The vault's settings as the nested `properties` of a Vault* record, comma first."""
    model = vault.model == "rbac" if rbac is None else rbac
    network = '{"bypass":"AzureServices","defaultAction":"Deny"}' if vault.private else "null"
    return (
        f',"properties":{{"sku":{{"Family":"A","Name":"standard","Capacity":null}},"tenantId":"{tenant}",'
        f'"networkAcls":{network},"enabledForDeployment":false,"enabledForDiskEncryption":false,'
        f'"enabledForTemplateDeployment":{"true" if vault.index % 5 == 0 else "false"},"enableSoftDelete":true,'
        f'"softDeleteRetentionInDays":90,"enableRbacAuthorization":{"true" if model else "false"},'
        f'"enablePurgeProtection":{"true" if vault.index % 2 else "null"}}}'
    )


def access_policy(change: str, tenant: str, oid: str, keys: str, secrets: str, certificates: str) -> str:
    """`addedAccessPolicy` or `removedAccessPolicy`, comma first; permissions are comma-separated names."""

    def names(text: str) -> str:
        return json.dumps([name for name in text.split(",") if name], separators=(",", ":"))

    return (
        f',"{change}":{{"TenantId":"{tenant}","ObjectId":"{oid}","Permissions":'
        f'{{"keys":{names(keys)},"secrets":{names(secrets)},"certificates":{names(certificates)}}}}}'
    )


def near_expiry(template: Request, kind: str, name: str, version: str, expires: int) -> Request:
    """The event published 30 days before an object expires (`expires`, Unix seconds); it has no caller."""
    singular = kind.removesuffix("s").capitalize()
    vault = template.vault
    data = (
        f'{{"Id":"{vault.uri}/{kind}/{name}/{version}","VaultName":"{vault.name}","ObjectType":"{singular}",'
        f'"ObjectName":"{name}","Version":"{version}","NBF":{expires - 31_536_000},"EXP":{expires}}}'
    )
    return replace(
        template,
        operation=f"{singular}NearExpiryEventGridNotification",
        principal=None,
        uri=f"{vault.uri}/{kind}/{name}/{version}",
        id=f"{vault.uri}/{kind}/{name}/{version}",
        extra=f',"eventGridEventProperties":{{"subject":"{name}","data":{data}}}',
    )


# ---- refusals ----


def refused(request: Request) -> Request:
    """The same request answered 403, with the text that the vault's permission model gives.

    A request without a token is never refused for want of rights, so it comes back as it is.
    """
    who, vault = request.principal, request.vault
    if who is None:
        return request
    action, permission = ACTIONS[request.operation]
    appid = request.appid or who.appid
    issuer = f"https://sts.windows.net/{request.tenant}/"
    if vault.model == "policy":
        groups = f"numgroups={who.groups};" if who.groups else ""
        text = (
            f"The user, group or application 'appid={appid};oid={who.oid};{groups}iss={issuer}' does not "
            f"have {permission} permission on key vault '{vault.name};location={vault.region}'. For help resolving "
            "this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
        )
    else:
        text = (
            "Caller is not authorized to perform action on resource.\n"
            "If role assignments, deny assignments or role definitions were changed recently, please observe "
            f"propagation time.\nCaller: appid={appid};oid={who.oid};iss={issuer}\nAction: '{action}'\n"
            f"Resource: '{vault.arm_id.lower()}'\nAssignment: (not found)\nDenyAssignmentId: null\n"
            f"DecisionReason: null \nVault: {vault.name};location={vault.region}\n"
        )
    return replace(_without_version(request), status=403, description=text)


def firewalled(request: Request) -> Request:
    """The same request stopped by the vault's firewall."""
    text = f"Client address ({request.address}) is not authorized and caller is not a trusted service"
    return replace(_without_version(request), status=403, description=text)


def missing(request: Request, name: str) -> Request:
    """The same request for a secret that is not there."""
    text = (
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret "
        "you may be able to recover it using the correct recovery command. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182"
    )
    return replace(_without_version(request), status=404, description=text)


def _without_version(request: Request) -> Request:
    """Failures log the object without a version."""
    root = "/".join(request.id.split("/")[:5]) if request.id else ""
    return replace(request, id=root)
