"""AuditEvent lines: field order, casing and texts of published records."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from keywitness.lab import audit_event, clients
from keywitness.lab.audit_event import Request, Token, compiled, render
from keywitness.lab.company import Principal, Vault, build_company

COMPANY = build_company(3, 12)
APPLICATION = Principal("secret", "app", COMPANY.guid("o"), COMPANY.guid("a"))
MACHINE = Principal(
    "managed", "mi", COMPANY.guid("o"), COMPANY.guid("a"), resource="/subscriptions/s/resourcegroups/r/x"
)
PERSON = COMPANY.people[0].principal
TOKEN = Token("uti", "1751304503", "1751308403")


def vault(model: str = "policy", generation: int = 2025) -> Vault:
    return replace(COMPANY.vaults[0], model=model, generation=generation)


def blank(who: Principal | None = APPLICATION, **changes: Any) -> Request:
    request = Request(
        operation="", status=200, vault=vault(), principal=who, agent="agent/1.0", address="198.51.100.7", uri="",
        api="7.4", tenant=COMPANY.tenant, assignment="0" * 32,
    )  # fmt: skip
    return replace(request, **changes)


def rendered(request: Request) -> dict[str, Any]:
    line = render(request, at="2025-06-30T17:33:25.0331812Z", correlation="c", duration="41", token=TOKEN)
    made: dict[str, Any] = json.loads(line)
    return made


def test_a_secret_read_is_written_as_azure_writes_it() -> None:
    """Spaces, order and spelling of a published storage line of 2025; only names differ."""
    name, version = "jwt-token", "6e6212e131ea47c88a52f387cd07d6e9"
    line = render(
        audit_event.secret_get(blank(), name, version), at="2025-06-30T17:33:25.0331812Z", correlation="c-id",
        duration="41", token=TOKEN,
    )  # fmt: skip
    there = vault()
    assert line == (
        '{ "time": "2025-06-30T17:33:25.0331812Z", "category": "AuditEvent", "operationName": "SecretGet", '
        '"resultType": "Success", "correlationId": "c-id", "callerIpAddress": "198.51.100.7", "identity": {"claim":'
        f'{{"oid":"{APPLICATION.oid}","appid":"{APPLICATION.appid}","appidacr":"1",'
        f'"iss":"https://sts.windows.net/{COMPANY.tenant}/","xms_az_nwperimid":[],"idtyp":"app","uti":"uti",'
        f'"iat":"1751304503","exp":"1751308403","aud":"{clients.KEY_VAULT}","nbf":"1751304503"}}}}, '
        f'"properties": {{"id":"{there.uri}/secrets/{name}/{version}","clientInfo":"agent/1.0","httpStatusCode":200,'
        f'"requestUri":"{there.uri}/secrets/{name}/?api-version=7.4","isAccessPolicyMatch":true,'
        f'"tlsVersion":"TLS1_3"}}, "resourceId": "{there.arm_id.upper()}", "operationVersion": "7.4", '
        '"resultSignature": "OK", "durationMs": "41"}'
    )


def test_success_is_the_status_and_never_the_result_type() -> None:
    refused = rendered(audit_event.refused(audit_event.listing(blank(), "SecretList", "secrets")))
    assert refused["resultType"] == "Success"
    assert refused["properties"]["httpStatusCode"] == 403
    assert refused["resultSignature"] == "Forbidden"


@pytest.mark.parametrize("generation", [2020, 2022, 2024, 2025])
def test_claims_of_each_generation(generation: int) -> None:
    request = audit_event.secret_get(blank(MACHINE, vault=vault(generation=generation)), "s", "v" * 32)
    claim = rendered(request)["identity"]["claim"]
    long_name = "http://schemas.microsoft.com/identity/claims/objectidentifier"
    assert (long_name in claim) == (generation == 2020)
    assert ("oid" in claim) == (generation > 2020)
    assert ("appidacr" in claim) == (generation >= 2024)
    assert ("uti" in claim) == (generation == 2025)
    assert claim["xms_mirid"] == MACHINE.resource


def test_a_person_has_names_and_the_address_of_the_token() -> None:
    request = audit_event.secret_get(blank(PERSON, token_address="192.0.2.99"), "s", "v" * 32)
    claim = rendered(request)["identity"]["claim"]
    assert claim["upn"] == claim["unique_name"] == PERSON.upn
    assert claim["ipaddr"] == "192.0.2.99"
    assert claim["scp"] == "user_impersonation"
    assert claim["idtyp"] == "user"


def test_permission_models_never_mix() -> None:
    by_policy = rendered(audit_event.secret_get(blank(vault=vault("policy")), "s", "v"))["properties"]
    by_role = rendered(audit_event.secret_get(blank(vault=vault("rbac")), "s", "v"))["properties"]
    assert by_policy["isAccessPolicyMatch"] is True and "isRbacAuthorized" not in by_policy
    assert by_role["isRbacAuthorized"] is True and "isAccessPolicyMatch" not in by_role
    assert by_role["appliedAssignmentId"] == "0" * 32


@pytest.mark.parametrize(("model", "begins"), [("rbac", "Caller is not authorized"), ("policy", "The user, group or")])
def test_refusals_give_the_text_of_their_model(model: str, begins: str) -> None:
    request = audit_event.secret_get(blank(vault=vault(model)), "s", "v" * 32)
    record = rendered(audit_event.refused(request))
    assert record["resultDescription"].startswith(begins)
    assert record["properties"]["id"].endswith("/secrets/s"), "failures name no version"
    assert list(record)[3:5] == ["resultType", "resultDescription"]


def test_a_challenge_has_no_identity() -> None:
    modern = rendered(audit_event.challenge(blank(), "secrets", "s"))
    assert modern["operationName"] == "Authentication"
    assert modern["properties"]["httpStatusCode"] == 401
    assert "identity" not in modern
    older = rendered(audit_event.challenge(blank(vault=vault(generation=2022)), "secrets", "s"))
    assert older["identity"] == {}


def test_lists_have_no_id_and_versions_have_no_version() -> None:
    assert "id" not in rendered(audit_event.listing(blank(), "SecretList", "secrets", page=25))["properties"]
    versions = audit_event.object_request(blank(), "SecretListVersions", "secrets", "s", tail="versions")
    assert rendered(versions)["properties"]["id"].endswith("/secrets/s")


def test_control_plane_rows_show_settings_and_long_claims() -> None:
    request = audit_event.vault_operation(
        blank(PERSON), "VaultPatch", extra=audit_event.settings(vault("rbac"), COMPANY.tenant, rbac=False)
    )
    record = rendered(request)
    assert record["properties"]["properties"]["enableRbacAuthorization"] is False
    assert list(record["identity"]["claim"]) == [
        "http://schemas.microsoft.com/identity/claims/objectidentifier",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        "appid",
    ]


def test_an_added_policy_entry_has_pascal_case() -> None:
    extra = audit_event.access_policy("addedAccessPolicy", "t", "o", "", "get,list", "get")
    entry = json.loads("{" + extra.removeprefix(",") + "}")["addedAccessPolicy"]
    assert list(entry) == ["TenantId", "ObjectId", "Permissions"]
    assert entry["Permissions"] == {"keys": [], "secrets": ["get", "list"], "certificates": ["get"]}


def test_a_template_filled_is_the_line_rendered() -> None:
    """The bulk path and the single path write the same bytes, percent signs in names included."""
    request = audit_event.secret_get(blank(agent='100% "odd" agent\\'), "s", "v" * 32)
    template, has_token = compiled(request)
    assert has_token
    filled = template % (b"T", b"C", b"uti", b"1751304503", b"1751308403", b"1751304503", b"9")
    assert filled == render(request, at="T", correlation="C", duration="9", token=TOKEN).encode() + b"\n"
    template, has_token = compiled(audit_event.challenge(blank(), "secrets", "s"))
    assert not has_token
    assert json.loads(template % (b"T", b"C", b"9"))["durationMs"] == "9"
