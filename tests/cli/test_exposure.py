"""`keywitness exposure`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def rows(out: str) -> list[dict[str, Any]]:
    document = json.loads(out)
    names = [c["name"] for c in document["columns"]]
    return [dict(zip(names, row, strict=True)) for row in document["rows"]]


def test_the_list_is_what_the_attacker_read(keywitness: Callable, case: Path, lab: Path) -> None:
    truth = json.loads((lab / "truth.json").read_text("utf-8"))
    wanted = {(e["vault"], e["name"], e["version"]) for e in truth["exposed"] if e["logged"]}
    done = keywitness("exposure", case, "--format", "json")
    listed = rows(done.out)
    assert {(r["Vault"], r["Name"], r["Version"]) for r in listed} == wanted
    assert all(r["RotateNow"] for r in listed)
    assert all(r["AzureCli"].startswith("az keyvault ") for r in listed)
    assert [r["PrivateKeyLeft"] for r in listed] == sorted((r["PrivateKeyLeft"] for r in listed), reverse=True)
    assert "cannot be excluded" in done.err, "no list without what it leaves open"


def test_everything_that_was_read_is_more(keywitness: Callable, case: Path) -> None:
    short = rows(keywitness("exposure", case, "--format", "json").out)
    assert len(rows(keywitness("exposure", case, "--all", "--format", "json").out)) > len(short)


def test_a_ticket_in_markdown(keywitness: Callable, case: Path) -> None:
    text = keywitness("exposure", case, "--format", "markdown").out
    assert text.startswith("# ")
    assert "- [ ] high: certificate `" in text
    assert "az keyvault" in text
    nothing = keywitness("exposure", case, "--until", "2001-01-01", "--format", "markdown").out
    assert "no proof" in nothing


def test_everything_that_one_session_read(keywitness: Callable, case: Path) -> None:
    listed = rows(keywitness("exposure", case, "--format", "json").out)
    session = next(id for r in listed for id in r["Sessions"])
    found = rows(keywitness("exposure", case, "--session", session, "--format", "json").out)
    assert found
    assert all(session in r["Sessions"] and session in r["Reason"] for r in found)
    assert {(r["Vault"], r["Name"]) for r in found} <= {
        (r["Vault"], r["Name"]) for r in listed if session in r["Sessions"]
    }
    missing = keywitness("exposure", case, "--session", "S-000000000000")
    assert missing.code != 0
    assert "there is no session S-000000000000" in missing.err
