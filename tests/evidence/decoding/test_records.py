"""Records of every kind with anything in them: a row or a reason, never an accident."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evidence.conftest import audit_record, load_paths

from keywitness.evidence.decoding.shapes.activity import CATEGORIES
from keywitness.evidence.decoding.shapes.entra import TABLES

ANY = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.sampled_from(["None", "", "{", '{"records":[1]}']),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "time",
        "resourceId",
        "operationName",
        "identity",
        "properties",
        "TimeGenerated",
        "Type",
        "TableName",
        "$table",
        "eventTimestamp",
        "claims",
        "message",
        "records",
        "location",
        "resourceGroup",
        "httpStatusCode_d",
        "Identity",
        "Properties",
        "AdditionalFields",
        "Id",
        "status",
    ]
)
BASES: list[dict[str, Any]] = [
    audit_record(),
    *({"time": "2026-01-01T00:00:00Z", "category": c, "operationName": "x", "properties": {}} for c in sorted(TABLES)),
    {"time": "2026-01-01T00:00:00Z", "category": sorted(CATEGORIES)[0], "operationName": "x"},
    {"eventTimestamp": "2026-01-01T00:00:00Z", "operationName": {"value": "x"}},
    {"TimeGenerated": "2026-01-01T00:00:00Z", "Type": "AZKVAuditLogs", "_ResourceId": "/x"},
    {"TimeGenerated": "2026-01-01T00:00:00Z", "Type": "AzureDiagnostics"},
    {"TimeGenerated": "2026-01-01T00:00:00Z", "Type": "SigninLogs", "TableName": "PrimaryResult"},
    {},
]
RECORDS = st.lists(
    st.builds(lambda base, more: base | more, st.sampled_from(BASES), st.dictionaries(NAMES, ANY, max_size=4)),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(RECORDS, st.sampled_from(["lines", "array", "envelope"]))
def test_a_record_is_a_row_or_has_a_reason(tmp_path: Path, records: list[Any], form: str) -> None:
    texts = [json.dumps(r) for r in records]
    content = {
        "lines": "\n".join(texts),
        "array": "[" + ",".join(texts) + "]",
        "envelope": '{"records":[' + ",".join(texts) + "]}",
    }[form]
    path = tmp_path / "records"
    path.write_text(content)
    loaded = load_paths(path)
    assert all(r["reason"] for r in loaded.rejected)
    places = {r["_offset"] for rows in loaded.rows.values() for r in rows} | {r["_offset"] for r in loaded.rejected}
    if not any("records" in r for r in records):  # an empty envelope has no record
        assert len(places) == len(records)
