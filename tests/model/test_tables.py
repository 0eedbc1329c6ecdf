"""Documented tables: what queries may name although no evidence brought it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from keywitness.model.schema import KqlType
from keywitness.model.tables import audit_crosswalk, flat_name, json_path, known_table, known_tables

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "schema"


def test_every_known_table_has_unique_typed_columns_and_a_time() -> None:
    for name in known_tables():
        schema = known_table(name)
        assert schema is not None
        names = list(schema.names())
        assert len(names) == len(set(names)), name
        assert schema.find("TimeGenerated").type is KqlType.DATETIME


def test_unknown_table_is_none_and_case_matters() -> None:
    assert known_table("azurediagnostics") is None
    assert known_table("../tables/AzureDiagnostics") is None


@pytest.mark.parametrize(
    ("column", "type"),
    [
        ("httpStatusCode_d", KqlType.REAL),
        ("DurationMs", KqlType.LONG),
        ("CallerIPAddress", KqlType.STRING),
        ("appliedAssignmentId_g", KqlType.GUID),
        ("addedAccessPolicy_Permissions_secrets_s", KqlType.STRING),
        ("certificateProperties_exp_t", KqlType.DATETIME),
        ("AdditionalFields", KqlType.DYNAMIC),
    ],
)
def test_audit_columns_have_the_types_of_a_workspace(column: str, type: KqlType) -> None:
    found = known_table("AzureDiagnostics").find(column)
    assert found is not None
    assert (found.type, found.hidden) == (type, False)


def test_columns_of_other_services_are_known_by_name_only() -> None:
    found = known_table("AzureDiagnostics").find("RunbookName_s")
    assert found is not None
    assert found.hidden


def test_documented_audit_columns_are_named_by_the_suffix_rule() -> None:
    for column in known_table("AzureDiagnostics"):
        path = json_path(column.name)
        if path and re.search("_[sbdtg]$", column.name):
            assert flat_name(path, column.type) == column.name


def test_crosswalk_covers_every_column_and_names_existing_sources() -> None:
    target = known_table("AZKVAuditLogs")
    assert {c.column for c in audit_crosswalk()} == set(target.names())
    for entry in audit_crosswalk():
        assert sum(map(bool, (entry.sources, entry.object_path, entry.constant))) == 1, entry
        if entry.object_path:
            assert target.find(entry.column).type is KqlType.DYNAMIC


@pytest.mark.skipif(not SHARED.exists(), reason="the shared samples are not beside the repository")
def test_columns_read_by_published_rules_are_known() -> None:
    text = (SHARED / "sentinel_kqlvalidation_AzureDiagnostics.json").read_text()
    missing = {p["Name"] for p in json.loads(text)["Properties"]} - set(known_table("AzureDiagnostics").names())
    assert missing == set()
