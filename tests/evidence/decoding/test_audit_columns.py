"""The fast path against the exact one: the same rows and keys, or the record goes the exact way."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.evidence.conftest import audit_record, compact

from keywitness.evidence.decoding.audit_columns import AuditColumns
from keywitness.evidence.decoding.audit_shapes import RawShape
from keywitness.evidence.decoding.flatten import Flattener
from keywitness.evidence.decoding.shapes.audit import audit_row


def decode(texts: list[bytes], learned: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[bool]]:
    """Rows of the fast path and which texts it took."""
    flattener = Flattener()
    for record in learned:
        audit_row(record, flattener)
    bounds = np.concatenate([[0], np.cumsum([len(t) for t in texts])]).astype(np.int64)

    with duckdb.connect(":memory:") as connection:
        connection.execute("SET threads = 1")
        columns = AuditColumns(connection, RawShape(flattener))
        for record in learned:
            columns.learn(record)
        counts = columns.counts(np.frombuffer(b"".join(texts), np.uint8), bounds)
        table, done = columns.decode(
            pa.chunked_array([pa.array(texts, pa.large_binary()).cast(pa.large_string())]), counts
        )
    return table.to_pylist(), done.tolist()


def same(fast: dict[str, Any], record: dict[str, Any]) -> None:
    exact = audit_row(record, Flattener())
    said = {k: v for k, v in fast.items() if v is not None and v != "" and k != "_key"}
    assert said == {k: v for k, v in exact.cells.items() if v is not None and v != ""}
    assert fast["_key"] == exact.key


def test_ordinary_records_take_the_fast_path_and_give_the_same_row() -> None:
    denied = audit_record(correlationId="", resultDescription='not "allowed" \\ or {this}')
    denied["properties"]["httpStatusCode"] = 403
    vault = audit_record(operationName="VaultGet", time="2026-03-01T10:11:12.0000000Z")
    vault["properties"] |= {"properties": {"sku": {"Family": "A"}, "networkAcls": None, "enableSoftDelete": True}}
    challenge = audit_record(operationName="Authentication", identity={})
    records = [audit_record(), denied, vault, challenge]
    rows, done = decode([compact(r) for r in records], records)
    assert done == [True] * 4
    for row, record in zip(rows, records, strict=True):
        same(row, record)


PROPERTIES = "properties"


@pytest.mark.parametrize(
    "text",
    [
        compact(audit_record() | {"unknown": 1}),
        compact(audit_record()).replace(b'"resultType":"Success"', b'"resultType":"Success","x" :"y"'),
        compact(audit_record()).replace(b'"resultType":"Success"', b'"resultType":"Success","resultType":"Failure"'),
        compact(audit_record()).replace(b'"curl/8.5.0"', b'{"deep":"er"}'),
        compact(audit_record()).replace(b'"xms_az_nwperimid":[]', b'"xms_az_nwperimid":[{"a":1}]'),
        compact(audit_record()).replace(b'"httpStatusCode":200', b'"httpStatusCode":"0200"'),
        compact(audit_record()).replace(b'"httpStatusCode":200', b'"httpStatusCode":200.5'),
        compact(audit_record()).replace(b'"isRbacAuthorized":true', b'"isRbacAuthorized":"yes"'),
        compact(audit_record()).replace(b"11111111-2222-3333-4444-555555555555", b"not-a-guid"),
        compact(audit_record(time="2026-03-01T10:11:12.1234567+02:00")),
        compact(audit_record(time="2026-13-01T10:11:12.1234567Z")),
        compact(audit_record(time="2026-02-29T10:11:12.1234567Z")),
        compact(audit_record(time="2026-03-01T10:11:12Z")),
        compact(audit_record(category="Other")),
        compact(audit_record(identity="text")),
        compact(audit_record(resourceId=None)),
        compact(audit_record(resourceId=7)),
        compact(
            audit_record(resourceId=audit_record()["resourceId"] + "GRO\u1e9e")
        ),  # Python's small letters are others
        compact(audit_record(durationMs={})),
        compact(audit_record()).replace(b'"curl/8.5.0"', b'{"deep":null}'),
        compact(audit_record()).replace(b'"xms_az_nwperimid":[]', b'"xms_az_nwperimid":[1e17]'),
        compact(audit_record()).replace(b'"xms_az_nwperimid":[]', b'"xms_az_nwperimid":["\\u001b"]'),
        compact(audit_record()) + b"{}",
        compact(audit_record()).replace(b'"tlsVersion":"TLS1_3"', b'"tlsVersion":{ }'),
        compact(audit_record()).replace(b'"tlsVersion":"TLS1_3"', b'"tlsVersion": {}'),
        compact(audit_record())[:-1],
        b'{"unknown\\\\":1,' + compact(audit_record())[1:],
        compact(audit_record()).replace(b'"properties":', b'"identity2":{"a":{}},"properties":'),
        json.dumps(audit_record(), indent=1).encode().replace(b'"resultType":', b'"resultType" :'),
    ],
)
def test_a_record_that_would_lose_something_does_not_take_the_fast_path(text: bytes) -> None:
    """Each of these gives a plausible row when read by structure alone: the value in question would just be gone."""
    rows, done = decode([compact(audit_record()), text, compact(audit_record())], [audit_record()])
    assert done == [True, False, True]
    assert len(rows) == 2


def test_new_properties_take_the_fast_path_once_learned() -> None:
    record = audit_record()
    record[PROPERTIES] |= {"flag": True, "size": 4096, "label": "plain", "ref": "99999999-2222-3333-4444-555555555555"}
    other = audit_record()
    other[PROPERTIES] |= {"flag": "true", "size": "4096", "label": "88888888-2222-3333-4444-555555555555", "ref": "x"}
    rows, done = decode([compact(record), compact(other)], [record])
    assert done == [True, False]
    same(rows[0], record)


def test_names_that_differ_in_case_alone_are_not_mixed_up() -> None:
    record = audit_record()
    record[PROPERTIES] |= {"HTTPStatusCode": 500, "Id": "other"}
    rows, done = decode([compact(record)], [record])
    for row in rows:
        same(row, record)
    assert done in ([True], [False])


JSON_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["200", "0200", "True", "2026-01-01T00:00:00Z", "99999999-2222-3333-4444-555555555555", '":', '\\":', "{", "[]"]
    ),
    st.just([]),
    st.just({}),
    st.lists(st.integers(0, 3), max_size=2),
)
KEYS = st.sampled_from(
    [
        "id",
        "clientInfo",
        "requestUri",
        "httpStatusCode",
        "isRbacAuthorized",
        "appliedAssignmentId",
        "tlsVersion",
        "new",
        "sku",
        'q"uote',
        "a:b",
        "back\\",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.dictionaries(KEYS, JSON_LEAVES, max_size=6), min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([":", ": ", ":  ", ":\t", " :"]),
)
@example([{"id": False}, {"id": {}, "httpStatusCode": []}], False, ":")  # one name too many, one value too few
def test_whatever_the_fast_path_takes_equals_the_exact_path(
    properties: list[dict[str, Any]], ascii_only: bool, spaced: str
) -> None:
    records = [audit_record(properties=p, durationMs=i) for i, p in enumerate(properties)]
    separators = (",", spaced)
    texts = [json.dumps(r, ensure_ascii=ascii_only, separators=separators).encode("utf-8", "replace") for r in records]
    records = [json.loads(t) for t in texts]
    rows, done = decode(texts, records[:3])
    taken = [r for r, d in zip(records, done, strict=True) if d]
    assert len(rows) == len(taken)
    for row, record in zip(rows, taken, strict=True):
        same(row, record)
