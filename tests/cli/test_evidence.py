"""`keywitness ingest` and what it left; `show`, `verify`, `custody`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path


def test_ingest_says_that_the_sum_holds(keywitness: Callable, lab: Path, tmp_path: Path) -> None:
    case = tmp_path / "case"
    first = keywitness("ingest", case, lab / "logs")
    assert first.code == 0
    assert "read" in first.err and "stored" in first.err
    again = keywitness("ingest", case, lab / "logs")
    assert again.code == 0
    count = json.loads(keywitness("kql", case, "AzureDiagnostics | count", "--format", "json").out)["rows"][0][0]
    items = json.loads(keywitness("evidence", case, "--format", "json").out)
    names = [column["name"] for column in items["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in items["rows"]]
    assert all(r["Read"] == r["Stored"] + r["Duplicate"] + r["Rejected"] for r in rows)
    tables = json.loads(keywitness("tables", case, "--format", "json").out)["rows"]
    assert sum(r["Stored"] for r in rows) == sum(t[1] for t in tables)
    assert count > 2000


def test_rejected_records_are_kept_with_reason_and_place(keywitness: Callable, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "page.json").write_text("<html><body>Sign in</body></html>")
    (logs / "cut.json").write_text('{"time":"2026-05-01T10:00:00Z","category":"AuditEvent","operationName":"Sec')
    case = tmp_path / "case"
    assert keywitness("ingest", case, logs).code == 0
    answer = json.loads(keywitness("rejected", case, "--format", "json").out)
    assert len(answer["rows"]) == 2
    assert "Sec" in json.dumps(answer) and "html" in json.dumps(answer).lower()


def test_show_finds_moved_evidence_and_refuses_changed(keywitness: Callable, lab: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(lab / "logs", logs)
    case = tmp_path / "case"
    keywitness("ingest", case, logs)
    row = json.loads(keywitness("kql", case, "AzureDiagnostics | take 1 | project _Row", "--format", "json").out)
    reference = row["rows"][0][0]
    assert keywitness("verify", case).code == 0

    moved = tmp_path / "moved"
    logs.rename(moved)
    assert keywitness("show", case, reference).code == 4
    assert json.loads(keywitness("show", case, reference, "--evidence", moved).out)["category"] == "AuditEvent"

    for file in moved.rglob("*.json"):
        file.write_bytes(file.read_bytes().replace(b"AuditEvent", b"auditEvent"))
    changed = keywitness("show", case, reference, "--evidence", moved)
    assert (changed.code, changed.out) == (4, "")
    assert keywitness("verify", case, "--evidence", moved).code == 4


def test_a_row_reference_that_is_none(keywitness: Callable, case: Path) -> None:
    for text in ("E99999:0", "nonsense", "E1:99999999999"):
        ran = keywitness("show", case, text)
        assert ran.code in (2, 3, 4)
        assert "Traceback" not in ran.err and ran.out == ""


def test_the_custody_log_is_a_chain(keywitness: Callable, case: Path) -> None:
    answer = json.loads(keywitness("custody", case, "--format", "json").out)
    assert len(answer["rows"]) >= 2
    duplicates = json.loads(keywitness("duplicates", case, "--format", "json").out)
    assert len(duplicates["rows"]) > 0
