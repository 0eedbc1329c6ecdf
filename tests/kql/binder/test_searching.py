"""`search` and `find` over the tables of a case."""

from __future__ import annotations

from typing import Any

import pytest


def test_find_shows_common_columns_first_then_those_of_the_predicate(bench: Any) -> None:
    query = "find in (AzureDiagnostics, AZKVAuditLogs) where Resource == 'KV' and (ResultType == 'x' or Count > 1)"
    assert bench.names(query) == ["source_", "TimeGenerated", "Resource", "ResultType", "Count", "pack_"]


def test_find_of_one_table_packs_nothing(bench: Any) -> None:
    assert "pack_" not in bench.names("find in (AZKVAuditLogs) where Count > 1")


def test_find_alone_asks_the_tables_with_rows(bench: Any) -> None:
    assert bench.names("find HttpStatusCode == 403 project TimeGenerated") == ["source_", "TimeGenerated"]


def test_the_place_in_the_evidence_comes_along(bench: Any) -> None:
    for query in ("find in (A*) where Resource == 'KV' project Resource", "find 'KV'", "search in (A*) 'KV'"):
        assert bench.names(f"{query} | summarize make_set(_Row)") == ["set__Row"]


def test_what_a_table_lacks_is_null_of_the_type_elsewhere(bench: Any) -> None:
    assert bench.names("search in (AzureDiagnostics, AZKVAuditLogs) Count > 1 or ResultType == 'x' | count") == [
        "Count"
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("find in (AZKVAuditLogs, AzureDiagnostics) where Nothing == 1", "KS142"),
        ("find in (AZKVAuditLogs) where Count == 'x'", "SEM0064"),
        ("find in (AZKVAuditLogs) where Count == 1 project Nothing", "KS142"),
        ("find in (AZKVAuditLogs) where Count == 1 project-away Count", "KWQ300"),
        ("search kind=case_sensitive in (AZKVAuditLogs) Resource =~ 'x'", "KWQ300"),
        ("search kind=case_sensitive in (AZKVAuditLogs) Resource has_any ('x')", "KWQ300"),
        ("AZKVAuditLogs | search in (AzureDiagnostics) 'x'", "KWQ302"),
        ("search in (Nothing*) 'x'", "KS204"),
        ("search in (AZKVAuditLogs) Count:5", "KS106"),
    ],
)
def test_refused(bench: Any, query: str, code: str) -> None:
    assert bench.refusal(query).diagnostics[0].code == code


def test_a_column_of_two_types_that_a_third_table_lacks_is_refused(bench: Any) -> None:
    tables = (
        "let A = view () { datatable (Id: string, N: long) [] }; let B = view () { datatable (Id: long, N: long) [] };"
    )
    query = f"{tables} search in (A, B, AZKVAuditLogs) isnotempty(Id) or Count == 1"
    assert bench.refusal(query).diagnostics[0].code == "KWQ309"
