"""From a certificate to Global Administrator: exports and logs through the real line."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywitness.access.blast import Opened, Radius, blast_radius
from keywitness.access.ruling import rulings
from keywitness.case import Case, create_case

PRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
APP, OTHER = "a2000000-0000-4000-8000-000000000002", "a2000000-0000-4000-8000-000000000009"
SP, OTHER_SP = "b2000000-0000-4000-8000-000000000002", "b2000000-0000-4000-8000-000000000009"
APP_OBJECT, OTHER_OBJECT = "c2000000-0000-4000-8000-000000000002", "c2000000-0000-4000-8000-000000000009"
KEY = "d2000000-0000-4000-8000-000000000002"
GRAPH = "e2000000-0000-4000-8000-000000000001"
RULES = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"  # RoleManagement.ReadWrite.Directory
OWNED = "18a4783c-866b-4cc7-a460-3d5e5662c884"  # Application.ReadWrite.OwnedBy
USERS_READ = "df021288-bdef-4463-88db-98f22de89214"
GROUP = "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG"
VAULT = f"{GROUP}/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-IT"
MALLORY = {"claim": {"oid": "6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01", "upn": "mallory@contoso.com", "scp": "x"}}


def application(app: str, object: str, name: str, keys: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.application",
        "id": object,
        "appId": app,
        "displayName": name,
        "keyCredentials": keys,
        "passwordCredentials": [],
        "signInAudience": "AzureADMyOrg",
    }


def principal(app: str, object: str, name: str, **more: Any) -> dict[str, Any]:
    kind = {"@odata.type": "#microsoft.graph.servicePrincipal", "servicePrincipalType": "Application"}
    return {**kind, "id": object, "appId": app, "displayName": name, "accountEnabled": True, **more}


def key(print_: str) -> dict[str, Any]:
    return {"customKeyIdentifier": print_, "keyId": KEY, "type": "AsymmetricX509Cert", "usage": "Verify"}


def granted(role: str, to: str) -> dict[str, Any]:
    return {
        "id": f"x{role[:8]}{to[:8]}",
        "appRoleId": role,
        "principalId": to,
        "principalType": "ServicePrincipal",
        "principalDisplayName": "graph-app",
        "resourceId": GRAPH,
        "resourceDisplayName": "Microsoft Graph",
        "createdDateTime": "2025-01-01T00:00:00Z",
    }


CERTIFICATE = {
    "id": "https://kv-it.vault.azure.net/certificates/graph-app",
    "name": "graph-app",
    "x509ThumbprintHex": PRINT,
    "x509Thumbprint": base64.b64encode(bytes.fromhex(PRINT)).decode(),
    "attributes": {"enabled": True, "created": "2026-01-01T00:00:00+00:00", "updated": "2026-01-01T00:00:00+00:00"},
    "tags": {},
}


def read(at: str, **more: Any) -> dict[str, Any]:
    uri = "https://kv-it.vault.azure.net/secrets/graph-app"
    return {
        "time": at,
        "category": "AuditEvent",
        "operationName": "SecretGet",
        "operationVersion": "7.4",
        "resultType": "Success",
        "correlationId": at,
        "callerIpAddress": "203.0.113.66",
        "identity": MALLORY,
        "resourceId": VAULT,
        "properties": {"id": f"{uri}/0123456789abcdef0123456789abcdef", "requestUri": uri, "httpStatusCode": 200},
        **more,
    }


def sign_in(category: str, at: str, address: str, **said: Any) -> dict[str, Any]:
    return {
        "time": at,
        "resourceId": f"/tenants/{GRAPH}/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "category": category,
        "resultType": "0",
        "callerIpAddress": address,
        "correlationId": at,
        "properties": {"id": at, "createdDateTime": at, "ipAddress": address, "status": {"errorCode": 0}, **said},
    }


def signed_in(at: str, address: str, credential: str = KEY) -> dict[str, Any]:
    return sign_in(
        "ServicePrincipalSignInLogs",
        at,
        address,
        appId=APP,
        servicePrincipalId=SP,
        servicePrincipalName="graph-app",
        resourceDisplayName="Microsoft Graph",
        servicePrincipalCredentialKeyId=credential,
        clientCredentialType="clientAssertion",
    )


def assigned(at: str, scope: str) -> list[dict[str, Any]]:
    """A role at a scope, as the Activity Log has it: the grantee stands in the request's body."""
    oid = MALLORY["claim"]["oid"]
    body = {"Id": KEY, "Properties": {"PrincipalId": oid, "RoleDefinitionId": f"/x/roleDefinitions/{KEY}"}}
    shared = {
        "resourceId": f"{scope}/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/{KEY}",
        "operationName": "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
        "category": "Administrative",
        "correlationId": at + scope,
        "callerIpAddress": "203.0.113.66",
        "identity": {"claims": {"http://schemas.microsoft.com/identity/claims/objectidentifier": oid}},
        "level": "Information",
    }
    return [
        {"time": at, "resultType": "Start", **shared, "properties": {"requestbody": json.dumps(body)}},
        {"time": at[:-1] + ".5Z", "resultType": "Success", **shared, "properties": {"statusCode": "Created"}},
    ]


def person(at: str, id: str, address: str) -> dict[str, Any]:
    who = {"userId": id, "userPrincipalName": "eve@contoso.com"}
    return sign_in("SignInLogs", at, address, **who, appId=OTHER, resourceDisplayName="Azure Portal")


def directory(at: str, activity: str, target: str) -> dict[str, Any]:
    return {
        "time": at,
        "resourceId": f"/tenants/{GRAPH}/providers/Microsoft.aadiam",
        "operationName": activity,
        "category": "AuditLogs",
        "correlationId": at,
        "properties": {
            "id": f"Directory_{at}",
            "activityDateTime": at,
            "activityDisplayName": activity,
            "category": "RoleManagement",
            "result": "success",
            "initiatedBy": {"app": {"servicePrincipalId": SP, "displayName": "graph-app"}},
            "targetResources": [{"id": GRAPH, "type": "User", "userPrincipalName": target, "modifiedProperties": []}],
        },
    }


SETS = ("applications", "servicePrincipals")
Make = Callable[..., Case]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(*, lists: dict[str, list[Any]], logs: list[Any] = ()) -> Case:  # type: ignore[assignment]
        folder = tmp_path / "evidence"
        folder.mkdir()
        for name, records in lists.items():
            context = {"@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#{name}"} if name in SETS else {}
            (folder / f"{name}.json").write_text(json.dumps({**context, "value": records}))
        (folder / "logs.json").write_text("\n".join(map(json.dumps, logs)))
        case = create_case(tmp_path / "case")
        report = case.ingest([folder])
        assert report.counts.rejected == 0, report.reasons
        return case

    return made


def radius(case: Case, **options: Any) -> Radius:
    return blast_radius(case, [name for name, rows, *_ in case.table_facts() if rows], **options)


def only(found: Radius) -> Opened:
    (opened,) = found.opened
    return opened


BASE = {
    "applications": [application(APP, APP_OBJECT, "graph-app", [key(base64.b64encode(bytes.fromhex(PRINT)).decode())])],
    "servicePrincipals": [
        principal(APP, SP, "graph-app"),
        principal(GRAPH, GRAPH, "Microsoft Graph", appRoles=[{"id": USERS_READ, "value": "User.Read.All"}]),
    ],
    "certificates": [CERTIFICATE],
}


def test_one_story_from_the_certificate_to_global_administrator(make: Make) -> None:
    case = make(
        lists={**BASE, "roles": [granted(RULES, SP), granted(USERS_READ, SP)]},
        logs=[
            signed_in("2026-03-01T08:00:00Z", "198.51.100.9"),
            read("2026-03-09T02:10:30Z"),
            signed_in("2026-03-09T03:00:00Z", "203.0.113.66"),
            signed_in("2026-03-09T08:00:00Z", "198.51.100.9", "f0000000-0000-4000-8000-000000000001"),
            directory("2026-03-09T03:05:00Z", "Add member to role", "eve@contoso.com"),
        ],
    )
    opened = only(radius(case, objects=["KV-IT/Graph-App"]))
    assert (opened.certainty, opened.key_id, opened.app_id) == ("proven", KEY, APP)
    assert PRINT in opened.reason
    assert opened.taken is not None
    assert (opened.taken.by, opened.taken.at[:16]) == ("mallory@contoso.com", "2026-03-09T02:10")
    assert [(p.name, p.tier) for p in opened.powers] == [
        ("RoleManagement.ReadWrite.Directory", 0),
        ("User.Read.All", None),
    ]
    assert [s.what for s in opened.way] == [
        "graph-app has RoleManagement.ReadWrite.Directory (permission): it gives Global Administrator to any principal"
    ]
    assert [(d.what, d.new) for d in opened.deeds] == [
        ("signed in to Microsoft Graph with this credential", True),
        ("did in the directory Add member to role: eve@contoso.com", False),
        ("signed in to Microsoft Graph", False),
    ]
    rows = [
        r
        for part in (opened, opened.taken, *opened.powers, *opened.way, *opened.deeds)
        for r in getattr(part, "rows", ())
    ]
    assert rows
    assert all(r.startswith("E") for r in rows)
    assert any("MicrosoftGraphActivityLogs is empty" in said for said in opened.unseen)
    assert any("private key" in said for said in opened.unseen)


def test_how_he_came_to_it_and_what_he_raised_belong_to_the_story(make: Make) -> None:
    """The list and the entry of the day before; sign-ins of whom the application made administrator, from then on."""
    eve = "e1000000-0000-4000-8000-000000000005"
    patch = {
        "properties": {
            "id": "https://kv-it.vault.azure.net/",
            "requestUri": "https://management.azure.com/",
            "httpStatusCode": 200,
            "addedAccessPolicy": {"ObjectId": MALLORY["claim"]["oid"], "Permissions": {"secrets": ["get"]}},  # type: ignore[index]
        }
    }
    listed = {"properties": {"requestUri": "https://kv-it.vault.azure.net/certificates", "httpStatusCode": 200}}
    raised = directory("2026-03-09T03:05:00Z", "Add member to role", "eve@contoso.com")
    raised["properties"]["targetResources"][0]["id"] = eve
    case = make(
        lists=BASE,
        logs=[
            read("2026-03-01T02:00:00Z", operationName="CertificateList", **listed),  # long before
            *assigned("2026-03-09T01:50:00Z", GROUP),
            *assigned("2026-03-09T01:51:00Z", GROUP + "-OTHER"),
            read("2026-03-09T02:01:00Z", operationName="VaultPatch", **patch),
            read("2026-03-09T02:09:00Z", operationName="CertificateList", **listed),
            read("2026-03-09T02:10:30Z"),
            person("2026-03-09T03:00:00Z", eve, "198.51.100.4"),
            raised,
            person("2026-03-09T04:00:00Z", eve, "203.0.113.147"),
        ],
    )
    opened = only(radius(case))
    assert opened.taken is not None
    assert [(d.at[11:16], d.what) for d in opened.taken.before] == [
        ("01:50", "was given a role"),
        ("02:01", "was added to the access policies"),
        ("02:09", "asked for CertificateList"),
    ]
    assert [(d.at[11:16], d.what, d.addresses, d.new) for d in opened.deeds] == [
        ("03:05", "did in the directory Add member to role: eve@contoso.com", (), False),
        ("04:00", "eve@contoso.com signed in to Azure Portal", ("203.0.113.147",), False),
    ]


def test_thumbprints_in_hex_and_of_the_audit_log(make: Make) -> None:
    """No export of the vault: the audit log writes the thumbprint; the tool that listed the application wrote hex."""
    made = read(
        "2026-03-01T00:00:00Z",
        operationName="CertificateCreate",
        properties={
            "id": "https://kv-it.vault.azure.net/certificates/graph-app/0123456789abcdef0123456789abcdef",
            "requestUri": "https://kv-it.vault.azure.net/certificates/graph-app",
            "httpStatusCode": 200,
            "certificateProperties": {"sha1": PRINT, "subject": "CN=graph-app", "attributes": {"enabled": True}},
        },
    )
    lists = {"applications": [application(APP, APP_OBJECT, "crm", [key(PRINT.lower())])]}
    found = radius(make(lists=lists, logs=[made]))
    assert (only(found).certainty, only(found).taken) == ("proven", None)
    assert any(said.startswith("the case has no AppRoleAssignments") for said in found.missing)


@pytest.mark.parametrize("print_", ["", "AAAA", "not base64 at all, nor hex", PRINT[:-1]])
def test_what_is_no_thumbprint_opens_nothing(make: Make, print_: str) -> None:
    """The trap: a key identifier is free bytes, and a prefix of a thumbprint is another certificate's."""
    lists = {
        **BASE,
        "applications": [application(APP, APP_OBJECT, "crm", [key(print_)])],
        "servicePrincipals": [principal(APP, SP, "crm")],
    }
    assert radius(make(lists=lists)).opened == ()


def test_a_secret_that_holds_the_id_of_an_application_is_likely_its_own(make: Make) -> None:
    secret = {
        "id": "https://kv-it.vault.azure.net/secrets/web",
        "attributes": CERTIFICATE["attributes"],
        "contentType": f"app {APP}",
    }
    named = {
        "id": "https://kv-it.vault.azure.net/secrets/graph-app-client-secret",
        "attributes": CERTIFICATE["attributes"],
    }
    other = {"id": "https://kv-it.vault.azure.net/secrets/graph-apple", "attributes": CERTIFICATE["attributes"]}
    lists = {**BASE, "certificates": [], "secrets": [secret, named, other]}
    found = radius(make(lists={k: v for k, v in lists.items() if v}))
    assert {(o.name, o.certainty, o.reason) for o in found.opened} == {
        ("web", "likely", "its name, content type or tags hold the application's id"),
        ("graph-app-client-secret", "likely", "its name is the application's"),
    }


def test_the_way_over_an_application_that_it_owns(make: Make) -> None:
    owned = application(OTHER, OTHER_OBJECT, "ruler", [])
    owned["owners"] = [principal(APP, SP, "graph-app")]
    case = make(
        lists={
            "applications": [*BASE["applications"], owned],
            "servicePrincipals": [*BASE["servicePrincipals"], principal(OTHER, OTHER_SP, "ruler")],
            "certificates": [CERTIFICATE],
            "roles": [granted(OWNED, SP), granted(RULES, OTHER_SP)],
        },
    )
    assert [s.what for s in only(radius(case)).way] == [
        "graph-app owns ruler: it adds a credential and signs in as it",
        "ruler has RoleManagement.ReadWrite.Directory (permission): it gives Global Administrator to any principal",
    ]


def test_an_ordinary_reader_is_no_thief(make: Make) -> None:
    case = make(lists=BASE, logs=[read(f"2026-03-0{day}T02:10:30Z") for day in (1, 2, 3)])
    assert only(radius(case)).taken is None
    assert radius(case, only_taken=True).opened == ()


def test_stores_by_the_words_of_a_name(make: Make) -> None:
    """The trap: `stpay` stands in `stpayments` too, which is another account."""

    def account(name: str) -> dict[str, Any]:
        id_ = f"{GROUP.lower()}/providers/Microsoft.Storage/storageAccounts/{name}"
        return {"id": id_, "name": name, "type": "Microsoft.Storage/storageAccounts", "location": "westeurope"}

    secret = {"id": "https://kv-it.vault.azure.net/secrets/stpay-key1", "attributes": CERTIFICATE["attributes"]}
    found = radius(make(lists={"resources": [account("stpay"), account("stpayments")], "secrets": [secret]}))
    assert [(s.name, s.resource, s.reason) for s in found.stores] == [
        ("stpay-key1", "stpay", "its name, content type or tags say 'stpay'")
    ]


def test_every_ruling_permission_has_a_way_in_words() -> None:
    """41 permissions (the list of azure-tiering) and five roles; ids are unique."""
    listed = rulings()
    assert len(listed) == 46
    assert sum(r.path == "direct" for r in listed.values()) == 13 + 3
    assert all(r.way and not r.way.endswith(".") for r in listed.values())
    assert listed[RULES].name == "RoleManagement.ReadWrite.Directory"
