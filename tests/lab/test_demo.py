"""The demo's evidence is what it always was, and is not made twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from keywitness.errors import UsageError
from keywitness.lab import demo


def test_demo_evidence_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DEMO_EVENTS", 2_000)
    monkeypatch.setattr(demo, "DEMO_DAYS", 3)
    first = demo.demo_evidence(tmp_path)
    assert first.scenario == "article"
    assert len(first.steps) == 15
    stamp = (tmp_path / "truth.json").stat().st_mtime_ns
    assert demo.demo_evidence(tmp_path) == first
    assert (tmp_path / "truth.json").stat().st_mtime_ns == stamp


def test_an_interrupted_run_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(UsageError):
        demo.demo_evidence(tmp_path)


def test_the_demo_of_another_version_is_no_defect(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text('{"schema_version": 2}')
    with pytest.raises(UsageError, match="another version"):
        demo.demo_evidence(tmp_path)
