"""Databases, clusters and workspaces by name, and what stands behind them."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness.kql import plan

_NOTE = "is answered from this case: it is one place, whatever its evidence came from"


def _scans(node: Any) -> list[str]:
    if isinstance(node, plan.Scan):
        return [node.table]
    inner = [getattr(node, "source", None), *getattr(node, "sources", ())]
    return [name for part in inner if part is not None for name in _scans(part)]


@pytest.mark.parametrize(
    "place",
    [
        'database("logs")',
        'cluster("c").database("logs")',
        'workspace("prod")',
        'app("shop")',
        'adx("https://c.example.com/logs")',
        'resource("/subscriptions/1")',
    ],
)
def test_a_place_is_the_case_and_a_note_says_so(bench: Any, place: str) -> None:
    program = bench.bound(f"{place}.AZKVAuditLogs | take 1")
    assert _scans(program.result) == ["AZKVAuditLogs"]
    assert program.notes == (f"{place} {_NOTE}",)


def test_the_place_in_scope_needs_no_note(bench: Any) -> None:
    assert bench.bound("database().AZKVAuditLogs").notes == ()


def test_an_alias_is_its_place(bench: Any) -> None:
    program = bench.bound('alias database d = cluster("c").database("e"); database("d").AZKVAuditLogs')
    assert program.notes == (f'cluster("c").database("e") {_NOTE}',)


def test_table_and_functions_stand_behind_a_place(bench: Any) -> None:
    assert _scans(bench.bound('database("d").table("AZKVAuditLogs")').result) == ["AZKVAuditLogs"]
    assert _scans(bench.bound('workspace("w").Refusals(500)').result) == ["AzureDiagnostics"]
    assert _scans(bench.bound('workspace("w").Refusals').result) == ["AzureDiagnostics"]


def test_a_let_does_not_stand_behind_a_place(bench: Any) -> None:
    assert bench.refusal('let Mine = AZKVAuditLogs; database("d").Mine').diagnostics[0].code == "KS204"


@pytest.mark.parametrize(
    "query",
    [
        'union AzureDiagnostics, workspace("w").AzureDiagnostics',
        'union workspace("a").AzureDiagnostics, workspace("b").AzureDiagnostics',
        'AzureDiagnostics | join (database("d").AzureDiagnostics) on Resource',
        'union Azure*, database("d").Azure*',
    ],
)
def test_rows_are_never_read_twice_under_two_places(bench: Any, query: str) -> None:
    assert bench.refusal(query).diagnostics[0].code == "KWQ308"


def test_one_place_may_be_named_often(bench: Any) -> None:
    query = 'workspace("w").AzureDiagnostics | join (workspace("w").AzureDiagnostics) on Resource'
    assert len(bench.bound(query).notes) == 1


def test_patterns_behind_a_place(bench: Any) -> None:
    result = bench.bound('union database("*").A* | project Resource').result
    assert _scans(result) == ["AZKVAuditLogs", "AzureDiagnostics"]
    result = bench.bound("find in (database('*').*) where Resource == 'x' project Resource").result
    assert _scans(result) == ["AZKVAuditLogs", "AzureDiagnostics"]


def test_restricted_tables_are_out_of_every_way_to_name_them(bench: Any) -> None:
    restrict = "restrict access to (database().AZKV*);"
    assert _scans(bench.bound(f"{restrict} AZKVAuditLogs").result) == ["AZKVAuditLogs"]
    assert _scans(bench.bound(f"{restrict} union A*").result) == ["AZKVAuditLogs"]
    for query in ("AzureDiagnostics", "database().AzureDiagnostics", "table('AzureDiagnostics')", "Refusals()"):
        assert bench.refusal(f"{restrict} {query}").diagnostics[0].code in {"KS204", "KS211"}


def test_a_view_reads_on_behind_restrict(bench: Any) -> None:
    query = "let Mine = view () { AzureDiagnostics | take 1 }; restrict access to (Mine); Mine"
    assert _scans(bench.bound(query).result) == ["AzureDiagnostics"]


def test_a_place_by_itself_is_no_table(bench: Any) -> None:
    assert bench.refusal('database("d") | take 1').diagnostics[0].code == "KS111"
    assert bench.refusal("let n = 'd'; database(n).AZKVAuditLogs").diagnostics[0].code == "KS129"
