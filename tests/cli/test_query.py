"""`keywitness kql`, `tables`, `schema`."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from keywitness.cli.query import read_query, split_arguments
from keywitness.errors import UsageError

ARTICLE_FIRST = "AzureDiagnostics\n| where ResourceType == ‘VAULTS’"
ARTICLE_SECOND = (
    "AzureDiagnostics\n"
    "| where ResourceType == ‘VAULTS’ and OperationName != “Authentication”\n"
    "| summarize MinTime = min(TimeGenerated), MaxTime = max(TimeGenerated), OperationCount=count(), "
    "UnauthorizedAccess=countif(httpStatusCode_d >= 400), OperationNames = make_set(OperationName), "
    "make_set_if(httpStatusCode_d, httpStatusCode_d >= 400), VaultName=make_set(Resource) by CallerIPAddress\n"
    "| where OperationNames has_any (“SecretList”, “CertificateList”) and UnauthorizedAccess > 0"
)


def test_a_query_needs_no_case(keywitness: Callable) -> None:
    ran = keywitness("kql", "print x = 1 + 1, t = 90m", "--format", "json")
    assert ran.code == 0
    assert json.loads(ran.out) == {
        "columns": [{"name": "x", "type": "long"}, {"name": "t", "type": "timespan"}],
        "rows": [[2, "01:30:00"]],
    }


def test_a_query_comes_from_standard_input(keywitness: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("print x = ‘a’".encode())))
    ran = keywitness("kql", "--format", "csv")
    assert (ran.code, ran.out.splitlines()) == (0, ["x", "a"])
    assert "quotes" in ran.err


def test_the_articles_first_query_runs_as_pasted(keywitness: Callable, case: Path) -> None:
    ran = keywitness("kql", case, ARTICLE_FIRST, "--format", "jsonl")
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert len(records) > 2000
    assert {record["ResourceType"] for record in records} == {"VAULTS"}
    assert "quotes" in ran.err


def test_the_articles_second_query_finds_the_sweep(keywitness: Callable, case: Path) -> None:
    ran = keywitness("kql", case, ARTICLE_SECOND, "--format", "json")
    answer = json.loads(ran.out)
    names = [column["name"] for column in answer["columns"]]
    assert names == [
        "CallerIPAddress",
        "MinTime",
        "MaxTime",
        "OperationCount",
        "UnauthorizedAccess",
        "OperationNames",
        "set_httpStatusCode_d",
        "VaultName",
    ]
    assert any(row[0].startswith(("203.0.113.", "198.51.100.")) and len(row[7]) > 3 for row in answer["rows"])


def test_rows_of_a_query_lead_to_their_bytes(keywitness: Callable, case: Path) -> None:
    ran = keywitness("kql", case, "AZKVAuditLogs | take 1 | project _Row, CorrelationId", "--format", "json")
    row, correlation = json.loads(ran.out)["rows"][0]
    shown = keywitness("show", case, row)
    assert shown.code == 0
    assert json.loads(shown.out)["correlationId"] == correlation


def test_a_refused_query_says_where_and_leaves_with_5(keywitness: Callable, case: Path) -> None:
    ran = keywitness("kql", case, "AzureDiagnostics | where CallerIPAdress == '192.0.2.1'")
    assert ran.code == 5
    assert ran.out == ""
    assert "CallerIPAddress" in ran.err
    assert "^^^^^" in ran.err
    assert ran.err.rstrip().endswith("effect: the query did not run; nothing was printed (exit 5)")


def test_a_refusal_names_the_file_of_the_query(keywitness: Callable, case: Path, tmp_path: Path) -> None:
    file = tmp_path / "hunt.kql"
    file.write_text("AzureDiagnostics\n| wher Resource == 'x'")
    ran = keywitness("kql", case, "-f", file)
    assert (ran.code, f"--> {file}:2:3" in ran.err) == (5, True)


def test_an_unknown_table_has_a_near_name(keywitness: Callable, case: Path) -> None:
    ran = keywitness("kql", case, "AzureDiagnostic | take 1")
    assert (ran.code, "AzureDiagnostics" in ran.err) == (5, True)


def test_a_known_table_without_evidence_is_empty(keywitness: Callable, case: Path) -> None:
    ran = keywitness("kql", case, "IdentityInfo | count", "--format", "json")
    assert json.loads(ran.out)["rows"] == [[0]]
    assert "IdentityInfo" in ran.err


def test_an_empty_window_draws_a_hint(keywitness: Callable, case: Path) -> None:
    ran = keywitness("kql", case, "AzureDiagnostics | where TimeGenerated > ago(1h) | take 5", "--format", "csv")
    assert ran.code == 0
    assert "--now latest" in ran.err
    counted = keywitness("kql", case, "AzureDiagnostics | where TimeGenerated > ago(1h) | count")
    assert "--now latest" in counted.err, "a count of 0 is read as an answer"
    ran = keywitness(
        "kql", case, "AzureDiagnostics | where TimeGenerated > ago(1h) | count", "--now", "latest", "--format", "json"
    )
    assert json.loads(ran.out)["rows"][0][0] > 0


@pytest.mark.parametrize("stage", ["syntax", "plan", "sql"])
def test_stages_can_be_seen(keywitness: Callable, case: Path, stage: str) -> None:
    ran = keywitness("kql", case, "AzureDiagnostics | where Resource == 'X' | count", "--show", stage)
    assert ran.code == 0
    assert "AzureDiagnostics" in ran.out or "SELECT" in ran.out


def test_parquet_needs_a_file_and_reads_back(keywitness: Callable, tmp_path: Path) -> None:
    assert keywitness("kql", "print 1", "--format", "parquet").code == 2
    target = tmp_path / "x.parquet"
    assert keywitness("kql", "print t = datetime(2026-01-02)", "--format", "parquet", "--out", target).code == 0
    import pyarrow.parquet as pq

    assert pq.read_table(target).to_pylist()[0]["t"].isoformat() == "2026-01-02T00:00:00+00:00"


def test_hostile_cells_stay_harmless(keywitness: Callable) -> None:
    query = r"""print a = "=cmd|' /C calc'!A0", b = "\u001b[31mred" """
    ran = keywitness("kql", query, "--format", "csv")
    assert "\n'=cmd|" in ran.out or "\n\"'=cmd|" in ran.out
    ran = keywitness("kql", query, "--format", "table")
    assert "\x1b" not in ran.out


def test_arguments_are_told_apart(tmp_path: Path) -> None:
    assert split_arguments(["print 1"], None) == (None, "print 1")
    assert split_arguments([str(tmp_path), "T"], None) == (tmp_path, "T")
    with pytest.raises(UsageError):
        split_arguments(["a", "b", "c"], None)


def test_a_query_file_may_be_utf16(tmp_path: Path) -> None:
    file = tmp_path / "q.kql"
    file.write_text("print 1", encoding="utf-16")
    assert read_query(file) == "print 1"
    with pytest.raises(UsageError, match="cannot read"):
        read_query(tmp_path / "missing.kql")


def test_tables_and_schema(keywitness: Callable, case: Path) -> None:
    ran = keywitness("tables", case, "--format", "json")
    facts = {row[0]: row[1] for row in json.loads(ran.out)["rows"]}
    assert facts["AzureDiagnostics"] > 2000
    assert facts["AzureActivity"] > 0
    ran = keywitness("schema", "AZKVAuditLogs", "--format", "json")
    assert ["HttpStatusCode", "int"] in json.loads(ran.out)["rows"]
    ran = keywitness("schema", "AZKVAuditLog")
    assert (ran.code, "AZKVAuditLogs" in ran.err) == (2, True)


def test_an_answer_beyond_the_limit_is_an_error(keywitness: Callable) -> None:
    ran = keywitness("kql", "range x from 1 to 20 step 1", "--limit", "rows=10", "--format", "csv")
    assert (ran.code, ran.out) == (5, "")
    assert "record count limit 10 (E_QUERY_RESULT_SET_TOO_LARGE)" in ran.err


def test_limits_are_lifted(keywitness: Callable) -> None:
    ran = keywitness("kql", "range x from 1 to 500001 step 1 | project y = 1", "--limit", "none", "--format", "csv")
    assert (ran.code, len(ran.out.splitlines())) == (0, 500_002)


def test_a_limit_that_is_none_is_refused(keywitness: Callable) -> None:
    ran = keywitness("kql", "print 1", "--limit", "rows=ten")
    assert (ran.code, "'ten' is no limit of rows" in ran.err) == (2, True)


def test_a_query_is_laid_out(keywitness: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "hunt.kql"
    file.write_text("T|where a==1 // why\n|take 5\n", encoding="utf-8")
    expected = "T\n| where a == 1 // why\n| take 5\n"
    ran = keywitness("format", file)
    assert (ran.code, ran.out) == (0, expected)
    assert keywitness("format", file, "--write").out == ""
    assert file.read_text(encoding="utf-8") == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"T|take 5")))
    assert keywitness("format").out == "T | take 5\n"
    assert keywitness("format", "--write").code == 2
