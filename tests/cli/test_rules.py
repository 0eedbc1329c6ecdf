"""`keywitness rules`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

RULE = """id: 1b348ed1-46d1-400f-ad7f-000000000002
name: Reads by address
severity: Low
queryFrequency: 1d
queryPeriod: 1d
query: |
  AzureDiagnostics
  | where OperationName == "SecretGet"
  | summarize Reads = count(), StartTimeUtc = min(TimeGenerated) by CallerIPAddress
entityMappings:
  - entityType: IP
    fieldMappings: [{identifier: Address, columnName: CallerIPAddress}]
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEYWITNESS_RULES", str(tmp_path / "own"))
    file = tmp_path / "reads.yaml"
    file.write_text(RULE, encoding="utf-8")
    return file


def rows(out: str) -> list[dict[str, object]]:
    document = json.loads(out)
    names = [c["name"] for c in document["columns"]]
    return [dict(zip(names, row, strict=True)) for row in document["rows"]]


def failing(keywitness: Callable, code: int, *arguments: str) -> Ran:
    """What a command printed that left with this code."""
    done: Ran = keywitness(*arguments)
    assert done.code == code
    return done


def test_a_rule_is_added_listed_shown_and_removed(keywitness: Callable, mine: Path) -> None:
    assert rows(keywitness("rules", "add", str(mine), "--format", "json").out)[0]["Status"] == "added"
    listed = {r["Rule"]: r for r in rows(keywitness("rules", "list", "--format", "json").out)}
    assert listed["reads-by-address"]["Every"] == "1d"
    assert listed["list-then-read"]["Over"] == "all evidence"
    assert "Reads by address" in keywitness("rules", "show", "reads-by-address").out
    assert "removed" in keywitness("rules", "remove", "reads-by-address").err
    assert "reads-by-address" not in keywitness("rules", "list").out


def test_a_check_that_finds_something_leaves_with_6(keywitness: Callable, mine: Path) -> None:
    done = failing(keywitness, 6, "rules", "check", "--rules", str(mine), "--format", "json")
    assert {r["Code"] for r in rows(done.out)} == {"RC02", "RC03", "RC04"}
    assert "1 rules checked, " in done.err
    assert rows(keywitness("rules", "check", "list-then-read", "--format", "json").out) == []


def test_a_table_of_issues_says_each_code_once(keywitness: Callable, mine: Path) -> None:
    done = failing(keywitness, 6, "rules", "check", "--rules", str(mine))
    assert len([line for line in done.out.splitlines() if "RC02" in line]) == 1
    assert "no case whose records must match; no near miss" in done.out
    assert done.err.count("RC02: add records of both kinds") == 1


def test_a_proof_is_run(keywitness: Callable, mine: Path) -> None:
    done = keywitness("rules", "test", "watched-secret-read", "--format", "json")
    assert all(r["Passed"] for r in rows(done.out))
    assert ", 0 failed" in done.err
    assert "1 rules have no cases" in failing(keywitness, 6, "rules", "test", "--rules", str(mine)).err


def test_rules_run_over_a_case(keywitness: Callable, case: Path, mine: Path) -> None:
    found = rows(keywitness("rules", "run", str(case), "--rules", str(mine), "--format", "json").out)
    assert found
    assert {f["Rule"] for f in found} == {"reads-by-address"}
    assert all(f["Addresses"] for f in found)


def test_rules_leave_as_sentinel_has_them(keywitness: Callable, mine: Path, tmp_path: Path) -> None:
    assert keywitness("rules", "export", "reads-by-address", "--rules", str(mine)).out.startswith("id: 1b348ed1")
    keywitness("rules", "export", "--as", "arm", "--out", str(tmp_path / "all.json"))
    assert len(json.loads((tmp_path / "all.json").read_text("utf-8"))["resources"]) >= 15
    keywitness("rules", "export", "--out", str(tmp_path / "yaml"))
    assert len(list((tmp_path / "yaml").glob("*.yaml"))) >= 15
    assert "as many files" in failing(keywitness, 2, "rules", "export").err


def test_a_rule_that_nobody_knows_is_refused(keywitness: Callable) -> None:
    assert "there is no rule nothing" in failing(keywitness, 2, "rules", "show", "nothing").err


def test_a_path_among_the_names_means_the_rules_there(keywitness: Callable, mine: Path) -> None:
    done = failing(keywitness, 6, "rules", "check", str(mine), "--format", "json")
    assert {row["Rule"] for row in rows(done.out)} == {"reads-by-address"}
    assert "1 rules checked" in done.err
    assert "no file or folder" in failing(keywitness, 6, "rules", "check", "./nothing.yaml").err
