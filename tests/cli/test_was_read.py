"""`keywitness was-read`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path


def test_yes_for_what_the_attacker_read_in_any_vault_and_format(keywitness: Callable, case: Path, lab: Path) -> None:
    truth = json.loads((lab / "truth.json").read_text("utf-8"))
    taken = next(e for e in truth["exposed"] if e["logged"])
    named = f"{taken['vault']}/{taken['name']}"
    done = keywitness("was-read", case, named)
    assert done.code == 0
    assert done.out.startswith(f"Yes: {taken['vault']}/{taken['name']} was read ")
    document = json.loads(keywitness("was-read", case, taken["name"], "--format", "json").out)
    names = [c["name"] for c in document["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in document["rows"]]
    assert (named, "yes") in {(r["Object"], r["Answer"]) for r in rows}
    assert all(r["Rows"] for r in rows if r["Answer"] == "yes")


def test_no_log_outside_of_the_evidence(keywitness: Callable, case: Path) -> None:
    done = keywitness("was-read", case, "kv-nowhere/x", "--since", "2001-01-01", "--until", "2001-01-02")
    assert done.out.startswith("No log: the evidence has no record of kv-nowhere from 2001-01-01")


def test_a_name_that_no_record_has_wants_its_vault(keywitness: Callable, case: Path) -> None:
    done = keywitness("was-read", case, "no-such-name-anywhere")
    assert done.code == 2
    assert "name the vault too" in done.err


def test_terminal_escapes_of_a_question_are_shown_not_sent(keywitness: Callable, case: Path) -> None:
    done = keywitness("was-read", case, "kv-nowhere/\x1b[31mred")
    assert "\x1b[31m" not in done.out
