"""`AZKVAuditLogs` out of flat rows."""

from __future__ import annotations

import json

from tests.store.conftest import decoded, item, table
from tests.store.test_writer import rows_of

from keywitness.store.layout import Layout
from keywitness.store.snapshot import open_snapshot
from keywitness.store.writer import open_writer

FLAT = {
    "TimeGenerated": "datetime",
    "ResourceProvider": "string",
    "Category": "string",
    "CallerIPAddress": "string",
    "httpStatusCode_d": "real",
    "DurationMs": "long",
    "appliedAssignmentId_g": "guid",
    "trustedService_s": "string",
    "identity_claim_oid_g": "guid",
    "identity_claim_upn_s": "string",
    "identity_claim_xms_az_nwperimid_s": "string",
    "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g": "guid",
    "keyProperties_size_d": "real",
    "keyProperties_attributes_enabled_b": "bool",
}
OID = "11111111-2222-3333-4444-555555555555"
VAULT = "MICROSOFT.KEYVAULT"


def load(layout: Layout, *rows: tuple[object, ...]) -> None:
    with open_writer(layout) as writer:
        writer.commit([decoded({"AzureDiagnostics": table(FLAT, rows)})], [item(1)], "added")


def test_crosswalk_of_flat_columns(layout: Layout) -> None:
    load(layout, (1, VAULT, "AuditEvent", "192.0.2.1", 200.0, 12, OID, "", None, "", "", None, None, None))
    names = ("_Row", "TimeGenerated", "CallerIpAddress", "HttpStatusCode", "DurationMs", "AppliedAssignmentId")
    assert rows_of(layout, "AZKVAuditLogs", *names) == [("E1:0", 1, "192.0.2.1", 200, 12, OID.replace("-", ""))]
    assert rows_of(layout, "AZKVAuditLogs", "Type", "TrustedService", "Algorithm", "Tlsversion") == [
        ("AZKVAuditLogs", "", "", "")
    ]


def test_identity_is_put_together_again_with_original_claim_names(layout: Layout) -> None:
    load(layout, (1, VAULT, "AuditEvent", "", None, None, None, "", OID, 'o"brien@contoso.com', "[]", OID, None, None))
    ((identity,),) = rows_of(layout, "AZKVAuditLogs", "Identity")
    assert json.loads(str(identity)) == {
        "claim": {
            "oid": OID,
            "upn": 'o"brien@contoso.com',
            "xms_az_nwperimid": [],
            "http://schemas.microsoft.com/identity/claims/objectidentifier": OID,
        }
    }


def test_absent_objects_are_null_and_absent_members_are_left_out(layout: Layout) -> None:
    nothing = (1, VAULT, "AuditEvent", "", None, None, None, "", None, "", "", None, None, None)
    key = (2, VAULT, "AuditEvent", "", None, None, None, "", None, "", "", None, 2048.0, True)
    load(layout, nothing, key)
    assert rows_of(layout, "AZKVAuditLogs", "Identity", "KeyProperties", "SecretProperties") == [
        (None, None, None),
        (None, '{"size":2048,"attributes":{"enabled":true}}', None),
    ]


def test_rows_of_other_services_are_not_vault_audit_events(layout: Layout) -> None:
    rest = ("", None, None, None, "", None, "", "", None, None, None)
    load(
        layout,
        (1, "MICROSOFT.SQL", "AuditEvent", *rest),
        (2, VAULT, "AzurePolicyEvaluationDetails", *rest),
        (3, VAULT, "AuditEvent", *rest),
    )
    assert rows_of(layout, "AZKVAuditLogs", "TimeGenerated") == [(3,)]


def test_a_text_that_only_looks_like_json_stays_text(layout: Layout) -> None:
    load(layout, (1, VAULT, "AuditEvent", "", None, None, None, "", None, "{me}", "[not json", None, None, None))
    ((identity,),) = rows_of(layout, "AZKVAuditLogs", "Identity")
    assert json.loads(str(identity)) == {"claim": {"upn": "{me}", "xms_az_nwperimid": "[not json"}}


def test_known_tables_without_evidence_are_empty_with_their_schema(layout: Layout) -> None:
    snapshot = open_snapshot(layout)
    assert not snapshot.has_evidence("AZKVAuditLogs")
    assert "AZKVAuditLogs" in snapshot.names()
    assert snapshot.schema("NoSuchTable") is None
    assert rows_of(layout, "AZKVAuditLogs", "_Row", "Identity", "CallerIpAddress") == []
    assert rows_of(layout, "AzureDiagnostics", "_Row", "TimeGenerated", "CallerIPAddress") == []


def test_a_column_of_another_service_is_shown_when_evidence_brings_it(layout: Layout) -> None:
    before = open_snapshot(layout).schema("AzureDiagnostics")
    assert before is not None
    assert before.find("clientIp_s").hidden  # type: ignore[union-attr]
    with open_writer(layout) as writer:
        rows = table({"TimeGenerated": "datetime", "clientIp_s": "string"}, [(1, "192.0.2.1")])
        writer.commit([decoded({"AzureDiagnostics": rows})], [item(1)], "added")
    after = open_snapshot(layout).schema("AzureDiagnostics")
    assert after is not None
    assert not after.find("clientIp_s").hidden  # type: ignore[union-attr]
