"""Every shape and every kind of damage through the whole line: files -> rows and rejected records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.conftest import Loaded, audit_record, compact

from keywitness.evidence.decoding.values import ticks
from keywitness.evidence.source import Limits

Load = Callable[..., Loaded]
LINE = compact(audit_record())
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "samples"
AUDIT = "AzureDiagnostics"


def lines(*records: Any) -> bytes:
    return b"".join(compact(r) + b"\n" for r in records)


def reasons(loaded: Loaded) -> list[str]:
    return [r["reason"] for r in loaded.rejected]


def test_a_raw_record_has_the_columns_of_a_workspace(load: Load) -> None:
    row = load(LINE + b"\n").only(AUDIT)
    expected = {
        "TimeGenerated": ticks("2026-03-01T10:11:12.1234567Z"),
        "ResourceId": audit_record()["resourceId"],
        "_ResourceId": audit_record()["resourceId"].lower(),
        "Resource": "CONTOSO-KV",
        "ResourceGroup": "RG-KV",
        "ResourceProvider": "MICROSOFT.KEYVAULT",
        "ResourceType": "VAULTS",
        "SubscriptionId": "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb",
        "CallerIPAddress": "192.0.2.10",
        "DurationMs": 31,
        "httpStatusCode_d": 200.0,
        "isRbacAuthorized_b": True,
        "appliedAssignmentId_g": "01234567-89ab-cdef-0123-456789abcdef",
        "identity_claim_oid_g": "11111111-2222-3333-4444-555555555555",
        "identity_claim_iat_s": "1772359872",
        "identity_claim_xms_az_nwperimid_s": "[]",
        "secretProperties_attributes_exp_d": 1764547200.0,
        "Type": AUDIT,
    }
    assert {k: row[k] for k in expected} == expected
    assert (row["_offset"], row["_length"]) == (0, len(LINE))


@pytest.mark.parametrize(
    "content",
    [
        LINE,
        LINE + b"\r\n",
        b"\xef\xbb\xbf" + LINE + b"\n",
        b"\n\n  \n" + LINE + b"\n\n",
        b'{"records":[' + LINE + b"]}",
        b'{ "records" :\n [\n' + LINE + b"\n]\n}\n",
        b"[" + LINE + b"]",
        b"[\n  " + LINE + b"\n]\n",
        json.dumps(audit_record(), indent=2).encode(),
        json.dumps({"records": [audit_record()]}, indent=4).encode(),
        b'{"value":[' + LINE + b'],"nextLink":"https://example.com/next"}',
        compact({"_raw": LINE.decode()}),
        compact({"message": json.dumps({"records": [audit_record()]}), "host": "collector"}),
        compact({"input": {"message": LINE.decode()}}),
        compact({"event": audit_record(), "source": "hub"}),
        LINE.decode().encode("utf-16"),
        LINE.decode().encode("utf-16-be"),
        ("\ufeff" + json.dumps([audit_record()], indent=1)).encode("utf-16-le"),
        LINE.replace(b'"curl/8.5.0"', b'"curl/\n8.5.0"').replace(b"curl/\n8.5.0", b"curl/8.5.0"),
        compact(audit_record(identity=json.dumps(audit_record()["identity"]))),
    ],
)
def test_one_event_is_one_row_with_one_key_in_every_wrapping(load: Load, content: bytes) -> None:
    """The plausible mistake: the envelope taken for a record, or the wrapped record for another event."""
    plain = load({"plain": LINE})
    loaded = load({"plain": LINE, "wrapped": content})
    assert loaded.rejected == []
    first, second = loaded.rows[AUDIT]
    assert first["_key"] == second["_key"] == plain.only(AUDIT)["_key"]
    assert second["requestUri_s"] == first["requestUri_s"]


def test_offsets_lead_to_the_original_bytes_in_every_encoding(load: Load) -> None:
    records = [audit_record(callerIpAddress=ip, resultDescription="é€😀") for ip in ("192.0.2.1", "192.0.2.2")]
    text = "".join(json.dumps(r, ensure_ascii=False) + "\r\n" for r in records)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be"):
        content = text.encode(encoding)
        plain = encoding.replace("-sig", "") if encoding != "utf-16" else "utf-16-le"
        for row in load(content).rows[AUDIT]:
            piece = content[row["_offset"] : row["_offset"] + row["_length"]]
            assert json.loads(piece.decode(plain).strip())["callerIpAddress"] == row["CallerIPAddress"]


def test_a_line_end_inside_a_string_does_not_split_the_record(load: Load) -> None:
    content = lines(audit_record()) + LINE.replace(b"curl/8.5.0", b"azsdk 5.4.\n0-1089-azure") + b"\n" + LINE
    loaded = load(content)
    assert [r["clientInfo_s"] for r in sorted(loaded.rows[AUDIT], key=lambda r: r["_offset"])] == [
        "curl/8.5.0",
        "azsdk 5.4.\n0-1089-azure",
        "curl/8.5.0",
    ]
    assert loaded.rejected == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (LINE[:300], "cut off"),
        (LINE.replace(b"curl", b"\xff\xfe"), "not valid UTF-8"),
        (b"\0" * 40, "NUL"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested deeper"),
        (b"[" * 10_000 + b"]" * 10_000, "nested deeper"),
        (
            LINE.replace(b'"xms_az_nwperimid":[]', b'"xms_az_nwperimid":' + b"[" * 10_000 + b"]" * 10_000),
            "nested deeper",
        ),
        (b"hello", "not"),
        (b"42", "not a JSON object"),
        (b"{}", "an empty object"),
        (b'{"error":{"code":"AuthorizationFailed","message":"no access"}}', "an error answer"),
        (compact(audit_record(time=None)), "it has no time"),
        (compact(audit_record(time="yesterday")), "its time cannot be read"),
        (LINE + LINE, "not JSON"),
    ],
)
def test_a_bad_line_is_rejected_with_its_place_and_the_rest_loads(load: Load, bad: bytes, reason: str) -> None:
    content = LINE + b"\n" + bad + b"\n" + LINE + b"\n"
    loaded = load(content)
    assert len(loaded.rows[AUDIT]) == 2
    (rejected,) = loaded.rejected
    assert reason in rejected["reason"]
    assert content[rejected["_offset"] : rejected["_offset"] + rejected["_length"]] == bad
    assert rejected["line"] == 2
    assert len(rejected["text"]) <= 4 * 65536


def test_lines_that_prove_nothing_in_columns_still_load(load: Load) -> None:
    """White space before every colon: the fast path takes none of them."""
    spaced = json.dumps(audit_record(), separators=(" , ", " : ")).encode()
    loaded = load(b"\n".join([spaced] * 3))
    assert {r["_key"] for r in loaded.rows[AUDIT]} == {load(LINE).only(AUDIT)["_key"]}


def test_a_damaged_first_line_does_not_decide_for_the_rest(load: Load) -> None:
    loaded = load(LINE[200:] + b"\n" + LINE + b"\n" + LINE[:-1] + b"\n")
    assert len(loaded.rows[AUDIT]) == 1
    assert [r["line"] for r in loaded.rejected] == [1, 3]


def test_a_truncated_last_line_is_rejected(load: Load) -> None:
    loaded = load(LINE + b"\n" + LINE[:-40])
    assert len(loaded.rows[AUDIT]) == 1
    assert reasons(loaded) == ["not complete JSON: the record is cut off"]


def test_a_truncated_array_gives_what_is_whole(load: Load) -> None:
    loaded = load(b'{"records":[' + LINE + b"," + LINE + b"," + LINE[:100])
    assert len(loaded.rows[AUDIT]) == 2
    assert reasons(loaded) == ["not complete JSON: the record is cut off"]


def test_a_spoilt_record_of_a_pretty_array_costs_only_itself(load: Load) -> None:
    good = json.dumps([audit_record()] * 4, indent=2)
    spoilt = good.replace('"SecretGet",', '"SecretGet,', 1)
    loaded = load(spoilt.encode())
    assert len(loaded.rows[AUDIT]) == 3
    assert len(loaded.rejected) == 1


def test_long_lines_load_and_longer_than_the_limit_are_rejected(load: Load) -> None:
    long = compact(audit_record(resultDescription="x" * 3_000_000))
    content = LINE + b"\n" + long + b"\n" + LINE + b"\n"
    assert [len(r["ResultDescription"]) for r in load(content).rows[AUDIT]] == [0, 3_000_000, 0]
    loaded = load(
        LINE + b"\n" + compact(audit_record(resultDescription="x" * 20_000_000)) + b"\n" + LINE,
        limits=Limits(record_bytes=9_000_000),
    )
    assert len(loaded.rows[AUDIT]) == 2
    assert "longer than 9000000 bytes" in loaded.rejected[0]["reason"]


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 0),
        (b"\n \r\n", 0),
        (b"<!DOCTYPE html><html>Sign in</html>", 1),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), 1),
        (b"just some words\nand more", 1),
    ],
)
def test_what_is_no_log_is_one_rejected_record_or_nothing(load: Load, content: bytes, count: int) -> None:
    loaded = load({"PT1H.json": content})
    assert loaded.rows == {}
    assert len(loaded.rejected) == count
    assert len(loaded.finished) == 1


def test_an_error_page_is_called_so(load: Load) -> None:
    assert "HTML" in load(b"<html><body>403</body></html>").rejected[0]["reason"]


def test_new_properties_become_columns_and_nothing_is_lost(load: Load) -> None:
    record = audit_record(newTopLevel="x")
    record["properties"] |= {
        "brandNew": {
            "flag": True,
            "count": 7,
            "id": "99999999-2222-3333-4444-555555555555",
            "when": "2026-01-01T00:00:00Z",
        },
        "list": [1, {"a": None}],
        "dotted.name": "d",
    }
    loaded = load(lines(record, audit_record()))
    row = loaded.rows[AUDIT][0] if loaded.rows[AUDIT][0]["_offset"] == 0 else loaded.rows[AUDIT][1]
    assert row["newTopLevel_s"] == "x"
    assert row["brandNew_flag_b"] is True
    assert row["brandNew_count_d"] == 7.0
    assert row["brandNew_id_g"] == "99999999-2222-3333-4444-555555555555"
    assert row["brandNew_when_t"] == ticks("2026-01-01T00:00:00Z")
    assert row["list_s"] == '[1,{"a":null}]'
    assert row["dotted_name_s"] == "d"
    assert loaded.paths["dotted_name_s"] == ["properties", "dotted.name"]
    assert loaded.schemas[AUDIT]["brandNew_when_t"] == "datetime"


def test_values_of_another_type_go_beside_their_column(load: Load) -> None:
    record = audit_record(durationMs=31)
    record["properties"] |= {"httpStatusCode": "0200", "isRbacAuthorized": "maybe", "appliedAssignmentId": "none"}
    record["identity"]["claim"] |= {"oid": "XXXX", "iat": 1772359872}
    row = load(lines(record)).only(AUDIT)
    assert row["DurationMs"] == 31
    assert row["httpStatusCode_s"] == "0200"
    assert row["isRbacAuthorized_s"] == "maybe"
    assert row["appliedAssignmentId_s"] == "none"
    assert row["identity_claim_oid_s"] == "XXXX"
    assert row["identity_claim_iat_s"] == "1772359872"


def test_numbers_as_strings_load_as_numbers(load: Load) -> None:
    record = audit_record()
    record["properties"]["httpStatusCode"] = "200"
    row = load(lines(record)).only(AUDIT)
    assert row["httpStatusCode_d"] == 200.0
    assert row["_key"] == load(lines(audit_record())).only(AUDIT)["_key"]


def test_a_repeated_name_keeps_both_values(load: Load) -> None:
    row = load(LINE.replace(b'"operationVersion":"7.4"', b'"operationVersion":"7.4","operationVersion":"9.9"')).only(
        AUDIT
    )
    assert row["OperationVersion"] == "7.4"
    assert row["operationVersion_2_s"] == "9.9"


def test_the_column_limit_moves_the_rest_to_additional_fields(load: Load) -> None:
    record = audit_record()
    record["properties"] |= {f"new{i}": str(i) for i in range(600)}
    row = load(lines(record)).only(AUDIT)
    rest = json.loads(row["AdditionalFields"])
    assert len(row) <= 520
    assert all(row.get(f"new{i}_s", rest.get(f"new{i}")) == str(i) for i in range(600))


def test_a_time_without_zone_is_utc(load: Load) -> None:
    row = load(lines(audit_record(time="2026-03-01T10:11:12.1234567"))).only(AUDIT)
    assert row["TimeGenerated"] == ticks("2026-03-01T10:11:12.1234567Z")


def test_hostile_texts_arrive_as_they_are(load: Load) -> None:
    agent = "<script>alert(1)</script>\x1b[31m=cmd|' /C calc'!A0\"';--\u202e\x00"
    record = audit_record()
    record["properties"]["clientInfo"] = agent
    assert load(json.dumps(record).encode()).only(AUDIT)["clientInfo_s"] == agent


def test_half_a_surrogate_pair_is_kept_as_its_escape(load: Load) -> None:
    content = LINE.replace(b"curl/8.5.0", b"a\\ud800b \\ud83d\\ude00").replace(b'"tlsVersion"', b'"\\uDC00x"')
    row = load(content).only(AUDIT)
    assert row["clientInfo_s"] == "a\\ud800b 😀"
    assert row["_udc00x_s"] == "TLS1_3"


def test_a_cell_of_many_megabytes_loads(load: Load) -> None:
    assert len(load({"t.csv": b"a,b\n1," + b"x" * 3_000_000 + b"\n"}).only("t")["b"]) == 3_000_000


def test_parts_of_an_identity_cannot_be_shifted_into_each_other(load: Load) -> None:
    """Joined with a separator that a user agent may contain, two different events could look like one."""
    one, other = audit_record(callerIpAddress="a\x1fb"), audit_record(callerIpAddress="a")
    one["properties"]["clientInfo"] = "c"
    other["properties"]["clientInfo"] = "b\x1fc"
    assert len({r["_key"] for r in load(lines(one, other, audit_record())).rows[AUDIT]}) == 3


def test_another_service_of_azure_lands_in_the_same_table(load: Load) -> None:
    record = audit_record(category="StorageRead", operationName="GetBlob")
    record["resourceId"] = record["resourceId"].replace("KEYVAULT/VAULTS", "STORAGE/STORAGEACCOUNTS")
    loaded = load(lines(record))
    assert loaded.only(AUDIT)["ResourceType"] == "STORAGEACCOUNTS"
    assert loaded.shapes[1] == {"Azure resource log record": 1}


def test_lines_of_several_kinds_in_one_file(load: Load) -> None:
    activity = {
        "time": "2026-03-01T10:00:00.1Z",
        "resourceId": audit_record()["resourceId"],
        "operationName": "MICROSOFT.KEYVAULT/VAULTS/WRITE",
        "category": "Administrative",
        "resultType": "Success",
        "resultSignature": "Succeeded.Created",
        "level": "Informational",
        "identity": {"claims": {"appid": "a"}, "authorization": {"scope": "/s"}},
    }
    loaded = load(lines(audit_record(), activity, {"TimeGenerated": "2026-01-01T00:00:00Z", "Type": "Mine_CL", "A": 1}))
    assert {t: len(r) for t, r in loaded.rows.items()} == {AUDIT: 1, "AzureActivity": 1, "Mine_CL": 1}
    row = loaded.rows["AzureActivity"][0]
    assert (row["ActivitySubstatusValue"], row["Caller"], row["Claims_d"]) == ("Created", "a", '{"appid":"a"}')


@pytest.mark.skipif(not SHARED.exists(), reason="the shared samples are not beside the repository")
def test_every_shared_sample_loads(load: Load) -> None:
    files = [p for d in ("kv_audit", "activity", "entra") for p in sorted((SHARED / d).rglob("*")) if p.is_file()]
    loaded = load({p.name: p.read_bytes() for p in files})
    assert loaded.rejected == []
    assert {t: len(r) for t, r in loaded.rows.items()} == {
        AUDIT: 2,
        "AzureActivity": 27,
        "SigninLogs": 56,
        "AuditLogs": 5,
    }
    deletions = [
        r for r in loaded.rows["AzureActivity"] if r["OperationNameValue"] == "MICROSOFT.KEYVAULT/VAULTS/DELETE"
    ]
    assert len({r["_key"] for r in deletions}) == 6  # two deletions, three rows each, all of them kept
