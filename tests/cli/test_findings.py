"""`keywitness findings` and `judge`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def rows(out: str) -> list[dict[str, Any]]:
    document = json.loads(out)
    names = [c["name"] for c in document["columns"]]
    return [dict(zip(names, row, strict=True)) for row in document["rows"]]


@pytest.fixture
def own(case: Path, tmp_path: Path) -> Path:
    """A copy of the case to write into."""
    return Path(shutil.copytree(case, tmp_path / "own"))


def test_findings_are_filtered(keywitness: Callable, case: Path) -> None:
    everything = rows(keywitness("findings", case, "--format", "json").out)
    high = rows(keywitness("findings", case, "--severity", "high", "--format", "json").out)
    assert 0 < len(high) < len(everything)
    assert {f["Severity"] for f in high} == {"high"}
    vault = high[0]["Vaults"][0] if high[0]["Vaults"] else everything[0]["Vaults"][0]
    some = rows(keywitness("findings", case, "--vault", vault.upper(), "--format", "json").out)
    assert some
    assert all(vault in f["Vaults"] for f in some)
    assert rows(keywitness("findings", case, "--until", "2001-01-01", "--format", "json").out) == []


def test_a_judgement_stands_in_the_custody_log_and_not_in_the_evidence(keywitness: Callable, own: Path) -> None:
    finding = rows(keywitness("findings", own, "--format", "json").out)[0]["Id"]
    assert keywitness("judge", own, finding, "--state", "false positive", "--note", "ticket 7").code == 0
    (judged,) = rows(keywitness("findings", own, "--state", "false positive", "--format", "json").out)
    assert (judged["Id"], judged["Note"]) == (finding, "ticket 7")
    assert "finding judged" in keywitness("custody", own).out
    assert keywitness("verify", own).code == 0


def test_a_state_that_nobody_knows_is_refused(keywitness: Callable, own: Path) -> None:
    done = keywitness("judge", own, "F-1", "--state", "maybe")
    assert done.code == 2
    assert "false positive" in done.err


def test_the_attack_is_one_story(keywitness: Callable, case: Path) -> None:
    told = rows(keywitness("findings", case, "--incidents", "--severity", "high", "--format", "json").out)
    assert len(told[0]["Findings"]) > 3
    assert "CredentialAccess" in told[0]["Tactics"]


def test_a_story_is_opened_by_its_id(keywitness: Callable, case: Path) -> None:
    """A filter does not change which story a finding belongs to: ids are those of the report."""
    first = rows(keywitness("findings", case, "--incidents", "--severity", "high", "--format", "json").out)[0]
    inside = rows(keywitness("findings", case, "--incident", first["Id"], "--format", "json").out)
    assert {f["Id"] for f in inside} == set(first["Findings"])
    assert {f["Severity"] for f in inside} > {"high"}


def test_who_could_not_be_judged_is_said(keywitness: Callable, case: Path) -> None:
    assert "cannot be said" in keywitness("findings", case, "--severity", "high", "--format", "csv").err
