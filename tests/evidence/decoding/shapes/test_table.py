"""The same event through every export of a workspace, and tables that nobody documented."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.evidence.conftest import Loaded, audit_record, compact

from keywitness.evidence.decoding.shapes.table import sanitised
from keywitness.evidence.decoding.values import ticks

Load = Callable[..., Loaded]
AUDIT = "AzureDiagnostics"
TIME = "2026-03-01T10:11:12.1234567Z"
PORTAL_TIME = "3/1/2026, 10:11:12.123 AM"

DIAGNOSTICS: dict[str, Any] = {
    "TenantId": "55555555-0000-0000-0000-000000000000",
    "TimeGenerated": TIME,
    "ResourceId": audit_record()["resourceId"],
    "Category": "AuditEvent",
    "ResourceGroup": "RG-KV",
    "SubscriptionId": "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb",
    "ResourceProvider": "MICROSOFT.KEYVAULT",
    "Resource": "CONTOSO-KV",
    "ResourceType": "VAULTS",
    "OperationName": "SecretGet",
    "OperationVersion": "7.4",
    "ResultType": "Success",
    "ResultSignature": "OK",
    "CorrelationId": audit_record()["correlationId"],
    "DurationMs": 31,
    "CallerIPAddress": "192.0.2.10",
    "id_s": audit_record()["properties"]["id"],
    "clientInfo_s": "curl/8.5.0",
    "requestUri_s": audit_record()["properties"]["requestUri"],
    "httpStatusCode_d": 200.0,
    "isRbacAuthorized_b": True,
    "identity_claim_oid_g": "11111111-2222-3333-4444-555555555555",
    "Type": AUDIT,
    "_ResourceId": audit_record()["resourceId"].lower(),
}
DEDICATED: dict[str, Any] = {
    "TimeGenerated": TIME,
    "OperationName": "SecretGet",
    "OperationVersion": "7.4",
    "ResultType": "Success",
    "ResultSignature": "OK",
    "ResultDescription": "",
    "CorrelationId": audit_record()["correlationId"],
    "DurationMs": 31,
    "CallerIpAddress": "192.0.2.10",
    "Id": audit_record()["properties"]["id"],
    "ClientInfo": "curl/8.5.0",
    "RequestUri": audit_record()["properties"]["requestUri"],
    "HttpStatusCode": 200,
    "Tlsversion": "TLS1_3",
    "IsRbacAuthorized": True,
    "IsAccessPolicyMatch": None,
    "AppliedAssignmentId": "0123456789abcdef0123456789abcdef",
    "Identity": audit_record()["identity"],
    "SecretProperties": audit_record()["properties"]["secretProperties"],
    "Type": "AZKVAuditLogs",
    "_ResourceId": audit_record()["resourceId"].lower(),
}


def portal_csv(row: dict[str, Any]) -> bytes:
    held = io.StringIO()
    names = [f"{n} [UTC]" if n == "TimeGenerated" else n for n in row]
    cells = [
        PORTAL_TIME
        if n == "TimeGenerated"
        else json.dumps(v, indent=2)
        if isinstance(v, dict)
        else ""
        if v is None
        else v
        for n, v in row.items()
    ]
    writer = csv.writer(held, lineterminator="\n")
    writer.writerows([names, cells])
    return b"\xef\xbb\xbf" + held.getvalue().encode()


def az_json(row: dict[str, Any]) -> bytes:
    def shown(value: Any) -> str:
        return json.dumps(value) if isinstance(value, dict) else str(value)

    return json.dumps([{k: shown(v) for k, v in row.items()} | {"TableName": "PrimaryResult"}], indent=2).encode()


def query_answer(row: dict[str, Any]) -> bytes:
    types = {int: "int", float: "real", bool: "bool", dict: "dynamic"}
    columns = [
        {"name": n, "type": "datetime" if n == "TimeGenerated" else types.get(type(v), "string")}
        for n, v in row.items()
    ]
    cells = [json.dumps(v) if isinstance(v, dict) else v for v in row.values()]
    return compact({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": [cells]}]})


@pytest.mark.parametrize("row", [DIAGNOSTICS, DEDICATED], ids=["AzureDiagnostics", "AZKVAuditLogs"])
@pytest.mark.parametrize("export", [compact, portal_csv, az_json, query_answer, lambda row: compact([row, row])])
def test_the_same_event_has_the_same_key_and_columns_in_every_export(
    load: Load, row: dict[str, Any], export: Callable[[dict[str, Any]], bytes]
) -> None:
    """The plausible mistake: the CSV keeps milliseconds only, `az` prints everything as text, so keys differ."""
    loaded = load({"raw.json": compact(audit_record()), "table": export(row)})
    assert loaded.rejected == []
    assert set(loaded.rows) == {AUDIT}
    raw, *exported = loaded.rows[AUDIT]
    for other in exported:
        assert other["_key"] == raw["_key"]
        for name in (
            "OperationName",
            "DurationMs",
            "httpStatusCode_d",
            "isRbacAuthorized_b",
            "Resource",
            "id_s",
            "SubscriptionId",
        ):
            assert other[name] == raw[name], name
        assert other["identity_claim_oid_g"] == raw["identity_claim_oid_g"]
        assert abs(other["TimeGenerated"] - raw["TimeGenerated"]) < 10_000


def test_a_dedicated_row_loses_nothing_on_its_way_into_the_flat_columns(load: Load) -> None:
    row = load(compact(DEDICATED)).only(AUDIT)
    flat = load({"evidence.bin": compact(audit_record())}).only(AUDIT)
    differing = {n for n in flat if flat[n] != row.get(n) and not n.startswith("_evi") and n not in ("_length",)}
    assert differing == set()


def test_what_the_crosswalk_does_not_know_is_kept(load: Load) -> None:
    row = load(compact(DEDICATED | {"Brand": "new", "HttpStatusCode": "odd", "Identity": "not json"})).only(AUDIT)
    assert json.loads(row["AdditionalFields"]) == {"Brand": "new", "Identity": "not json"}
    assert row["httpStatusCode_s"] == "odd"


def test_a_value_that_is_no_guid_goes_to_the_text_column(load: Load) -> None:
    row = load(compact(DIAGNOSTICS | {"identity_claim_oid_g": "redacted", "new_d": "many"})).only(AUDIT)
    assert (row.get("identity_claim_oid_g"), row["identity_claim_oid_s"], row["new_s"]) == (None, "redacted", "many")


def test_activity_and_entra_tables_match_their_raw_events(load: Load) -> None:
    audit = {
        "time": TIME,
        "category": "AuditLogs",
        "tenantId": "33333333-4444-5555-6666-777777777777",
        "Level": 4,
        "durationMs": 0,
        "resourceId": "/tenants/33333333-4444-5555-6666-777777777777/providers/Microsoft.aadiam",
        "properties": {
            "id": "Directory_x_1",
            "category": "RoleManagement",
            "operationType": "Assign",
            "targetResources": [{"id": "t"}],
        },
    }
    table = {
        "TimeGenerated": TIME,
        "Id": "Directory_x_1",
        "Category": "RoleManagement",
        "Type": "AuditLogs",
        "Result": "",
    }
    loaded = load({"a": compact(audit), "b": compact(table)})
    raw, exported = loaded.rows["AuditLogs"]
    assert raw["_key"] == exported["_key"]
    assert (raw["Category"], raw["AADOperationType"], raw["TargetResources"]) == (
        "RoleManagement",
        "Assign",
        '[{"id":"t"}]',
    )
    assert (raw["AADTenantId"], raw["Resource"], raw["Level"]) == (audit["tenantId"], "Microsoft.aadiam", "4")


def test_sign_ins_go_to_the_table_of_their_category_with_its_types(load: Load) -> None:
    def sign_in(category: str) -> dict[str, Any]:
        location = {"city": "Paris", "countryOrRegion": "FR"}
        return {
            "time": TIME,
            "category": category,
            "operationName": "Sign-in activity",
            "location": "FR",
            "resultType": "0",
            "resourceId": "/tenants/t/providers/Microsoft.aadiam",
            "properties": {
                "id": category,
                "resourceId": "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
                "createdDateTime": TIME,
                "location": location,
                "status": {"errorCode": 0},
                "brandNew": True,
            },
        }

    categories = {
        "SignInLogs": ("SigninLogs", "dynamic"),
        "NonInteractiveUserSignInLogs": ("AADNonInteractiveUserSignInLogs", "string"),
        "ServicePrincipalSignInLogs": ("AADServicePrincipalSignInLogs", "string"),
        "ManagedIdentitySignInLogs": ("AADManagedIdentitySignInLogs", "string"),
    }
    loaded = load(b"\n".join(compact(sign_in(c)) for c in categories))
    for table, type_ in categories.values():
        (row,) = loaded.rows[table]
        assert row["LocationDetails"] == '{"city":"Paris","countryOrRegion":"FR"}'
        assert (row["Location"], row["BrandNew"], row["CreatedDateTime"]) == ("FR", True, ticks(TIME))
        assert loaded.schemas[table]["LocationDetails"] == type_
        assert row["ResourceIdentity"] == "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
        assert row.get("ResourceId", "") in ("", "/tenants/t/providers/Microsoft.aadiam")


def test_the_four_shapes_of_the_activity_log_say_the_same(load: Load) -> None:
    group = "/subscriptions/aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb/resourceGroups/rg-kv"
    resource = group + "/providers/Microsoft.KeyVault/vaults/contoso-kv"
    claims = {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "ada@contoso.com"}
    rest = {
        "eventTimestamp": TIME,
        "operationName": {"value": "Microsoft.KeyVault/vaults/delete", "localizedValue": "Delete Key Vault"},
        "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
        "subStatus": {"value": "OK", "localizedValue": "OK (HTTP Status Code: 200)"},
        "category": {"value": "Administrative", "localizedValue": "Administrative"},
        "resourceProviderName": {"value": "Microsoft.KeyVault", "localizedValue": "Key Vault"},
        "caller": "ada@contoso.com",
        "claims": claims,
        "eventDataId": "77777777-0000-0000-0000-000000000000",
        "resourceId": resource,
        "httpRequest": {"clientIpAddress": "192.0.2.1"},
        "correlationId": "c",
    }
    streamed = {
        "time": TIME,
        "operationName": "MICROSOFT.KEYVAULT/VAULTS/DELETE",
        "category": "Administrative",
        "resultType": "Success",
        "resultSignature": "Succeeded.OK",
        "callerIpAddress": "192.0.2.1",
        "correlationId": "c",
        "identity": {"claims": claims, "authorization": {"scope": resource}},
        "resourceId": resource.upper(),
        "level": "Information",
        "RoleLocation": "France South",
    }
    current = {
        "TimeGenerated": TIME,
        "OperationNameValue": "MICROSOFT.KEYVAULT/VAULTS/DELETE",
        "ActivityStatusValue": "Success",
        "ActivitySubstatusValue": "OK",
        "CategoryValue": "Administrative",
        "Caller": "ada@contoso.com",
        "CallerIpAddress": "192.0.2.1",
        "CorrelationId": "c",
        "EventDataId": "77777777-0000-0000-0000-000000000000",
        "_ResourceId": resource.lower(),
        "Claims_d": claims,
        "Type": "AzureActivity",
    }
    legacy = current | {
        "OperationName": "Delete Key Vault",
        "ActivityStatus": "Succeeded",
        "EventDataId": "88888888-0000-0000-0000-000000000000",
    }
    loaded = load(b"\n".join(map(compact, (rest, streamed, current, legacy))))
    rows = sorted(loaded.rows["AzureActivity"], key=lambda r: r["_offset"])
    for name in (
        "OperationNameValue",
        "ActivityStatusValue",
        "ActivitySubstatusValue",
        "Caller",
        "CallerIpAddress",
        "_ResourceId",
    ):
        assert len({r[name] for r in rows}) == 1, name
    assert rows[0]["_key"] == rows[2]["_key"] != rows[3]["_key"]
    assert (rows[0]["OperationName"], rows[3]["OperationName"]) == ("Delete Key Vault", "Delete Key Vault")
    assert json.loads(rows[1]["AdditionalFields"]) == {"RoleLocation": "France South"}


def test_a_table_without_documentation_gets_types_from_its_values(load: Load) -> None:
    content = (
        b"Name,Count,Ratio,When,Flag,Bag,Mixed\r\n"
        b'a,1,0.5,2026-01-01T00:00:00Z,true,"{""k"":1}",1\r\n'
        b"b,2,1,2026-01-02T00:00:00Z,FALSE,[],x\r\n"
    )
    loaded = load({"break glass.csv": content})
    assert loaded.schemas["break_glass"] == {
        "Name": "string",
        "Count": "long",
        "Ratio": "real",
        "When": "datetime",
        "Flag": "bool",
        "Bag": "dynamic",
        "Mixed": "string",
    }
    first, second = loaded.rows["break_glass"]
    assert (first["Count"], first["Flag"], first["Bag"], second["Flag"]) == (1, True, '{"k":1}', False)
    for row in loaded.rows["break_glass"]:
        assert content[row["_offset"] : row["_offset"] + row["_length"]].startswith(row["Name"].encode())


def test_a_later_misfit_stands_beside_its_column(load: Load) -> None:
    rows = [{"TimeGenerated": TIME, "Type": "X_CL", "N": 1}, {"TimeGenerated": TIME, "Type": "X_CL", "N": "one"}]
    loaded = load({"a": compact(rows[0]), "b": compact(rows[1])}, batch_bytes=1)
    first, second = loaded.rows["X_CL"]
    assert first["N"] == 1
    assert (second["N"], second["N_string"]) == (None, "one")


def test_repeated_column_names_of_a_csv_stay_apart(load: Load) -> None:
    row = load({"t.csv": b"a,b,a\n1,2,3\n"}).only("t")
    assert (row["a"], row["b"], row["a_2"]) == (1, 2, 3)


def test_a_cut_csv_row_is_rejected_and_long_rows_keep_every_cell(load: Load) -> None:
    loaded = load({"t.csv": b'a,b\n1,2,3\n4,"unfinished'})
    assert loaded.rows["t"][0]["Column_3"] == 3
    assert "does not end" in loaded.rejected[0]["reason"]


def test_twins_of_the_portal_become_one_column(load: Load) -> None:
    content = (
        b"$table,TimeGenerated [UTC],Id,Status_dynamic,Status_string,MfaDetail_dynamic,MfaDetail_string\n"
        b'SigninLogs,"4/28/2021, 2:42:47.641 PM",i,"{""errorCode"":0}",,,"{""a"":1}"\n'
    )
    row = load(content).only("SigninLogs")
    assert (row["Status"], row["MfaDetail"]) == ('{"errorCode":0}', '{"a":1}')
    assert row["TimeGenerated"] == ticks("2021-04-28T14:42:47.641Z")


def test_local_times_are_refused_because_they_would_be_wrong(load: Load) -> None:
    content = b'$table,"TimeGenerated [Eastern Time (US & Canada)]",Id\nSigninLogs,"4/28/2021, 2:42:47.641 PM",i\n'
    loaded = load(content)
    assert loaded.rows == {}
    assert "not UTC" in loaded.rejected[0]["reason"]


def test_an_unreadable_time_of_a_log_table_is_rejected(load: Load) -> None:
    loaded = load(compact({"TimeGenerated": "soon", "Type": "SigninLogs", "Id": "x"}))
    assert loaded.rejected[0]["reason"] == "its TimeGenerated cannot be read"


@pytest.mark.parametrize(
    ("name", "table"), [("my list", "my_list"), ("2024-x", "T_2024_x"), ("…", "Evidence"), ("a'b;--", "a_b")]
)
def test_file_names_become_table_names(name: str, table: str) -> None:
    assert sanitised(name) == table


@pytest.mark.parametrize("restated_first", [True, False])
def test_what_a_dedicated_column_says_otherwise_is_kept_beside(load: Load, restated_first: bool) -> None:
    """The plausible mistake: the column that is taken keeps its value, and the other one is nowhere."""
    restated = {"Properties": {"requestUri": "https://contoso-kv.vault.azure.net/keys/other"}}
    row = restated | DEDICATED if restated_first else DEDICATED | restated
    loaded = load({"table": compact(row)})
    (decoded,) = loaded.rows[AUDIT]
    assert loaded.rejected == []
    said = {decoded["requestUri_s"], *json.loads(decoded["AdditionalFields"]).values()}
    assert {DEDICATED["RequestUri"], restated["Properties"]["requestUri"]} <= said
