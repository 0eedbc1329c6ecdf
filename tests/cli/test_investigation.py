"""`keywitness investigate`, `report`, `rules`, `simulate`, `demo`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def test_investigate_goes_from_a_folder_of_logs_to_a_report(keywitness: Callable, lab: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    ran = keywitness("investigate", lab / "logs", "--watchlist", lab / "watchlist.csv", "--out", out)
    assert ran.code == 0
    document = json.loads((out / "report.json").read_text())
    assert document["findings"] and document["exposure"] and document["sessions"]
    assert document["coverage"]["cannot_conclude"]
    assert "<script>alert" not in (out / "report.html").read_text()
    assert "report.html" in ran.out

    again = keywitness("report", out / "report.json", "--out", tmp_path / "again")
    assert again.code == 0
    assert (tmp_path / "again" / "report.html").read_bytes() == (out / "report.html").read_bytes()


def test_a_saved_report_is_handed_over_in_other_forms(keywitness: Callable, case: Path, tmp_path: Path) -> None:
    assert keywitness("investigate", case, "--out", tmp_path / "one", "--format", "markdown").code == 0
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"report.html", "report.json", "report.md"}
    ran = keywitness("report", tmp_path / "one" / "report.json", "--format", "stix,ocsf", "--format", "navigator",
                     "--out", tmp_path / "two")  # fmt: skip
    assert (ran.code, {path.name for path in (tmp_path / "two").iterdir()}) == (
        0,
        {"stix.json", "ocsf.jsonl", "navigator.json"},
    )
    assert "ocsf.jsonl, navigator.json" in ran.out
    unknown = keywitness("report", tmp_path / "one" / "report.json", "--format", "docx", "--out", tmp_path / "three")
    assert (unknown.code, "timesketch" in unknown.err) == (2, True)


def test_investigate_can_be_narrowed(keywitness: Callable, case: Path, tmp_path: Path) -> None:
    everything = json.loads(_report(keywitness, tmp_path / "all", case))
    vault = everything["coverage"]["vaults"][0]["vault"]
    narrowed = json.loads(_report(keywitness, tmp_path / "one", case, "--vault", vault))
    assert {v.lower() for e in narrowed["exposure"] for v in [e["vault"]]} <= {vault.lower()}


def _report(keywitness: Callable, out: Path, *arguments: object) -> str:
    assert keywitness("investigate", *arguments, "--out", out).code == 0
    return (out / "report.json").read_text()


def test_a_case_among_evidence_is_refused(keywitness: Callable, case: Path, lab: Path, tmp_path: Path) -> None:
    ran = keywitness("investigate", case, lab / "logs", "--out", tmp_path)
    assert (ran.code, "keywitness ingest" in ran.err) == (2, True)


def test_a_time_that_is_none_is_refused(keywitness: Callable, case: Path, tmp_path: Path) -> None:
    assert keywitness("investigate", case, "--since", "yesterdayish", "--out", tmp_path).code == 2


def test_rules_are_listed(keywitness: Callable) -> None:
    rows = json.loads(keywitness("rules", "list", "--format", "json").out)["rows"]
    assert {"unauthorised-access-pattern", "certificate-export-api"} <= {row[0] for row in rows}


def test_simulate_writes_logs_and_truth(keywitness: Callable, tmp_path: Path) -> None:
    assert keywitness("simulate", "--out", tmp_path, "--days", 2, "--vaults", 8, "--events", 500).code == 0
    assert json.loads((tmp_path / "truth.json").read_text())["steps"]


@pytest.mark.slow
def test_demo_does_the_main_job_twice(keywitness: Callable, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    assert keywitness("demo", "--out", out).code == 0
    assert keywitness("demo", "--out", out).code == 0
    assert (out / "report" / "report.html").stat().st_size > 20_000


def test_demo_writes_into_no_foreign_folder(keywitness: Callable, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    assert keywitness("demo", "--out", tmp_path).code == 2


def test_a_watchlist_of_the_case_is_watched_by_its_name(
    keywitness: Callable, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "case"
    shutil.copytree(case, own)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.csv").write_text("Note,SecretName\nx,Alpha\ny,Beta\n")
    assert keywitness("watchlist", "add", own, "names.csv", "--name", "Crown", "--key", "SecretName").code == 0
    assert keywitness("investigate", own, "--watchlist", "Crown", "--out", "out").code == 0
    scope = json.loads((tmp_path / "out" / "report.json").read_text())["scope"]
    assert scope["watchlist"] == ["Alpha", "Beta"]
    missing = keywitness("investigate", own, "--watchlist", "Crowns", "--out", "out2")
    assert (missing.code, "Crowns cannot be read" in missing.err) == (4, True)
