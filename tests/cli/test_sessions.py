"""`keywitness sessions`: the list, its filters, and one session as lanes."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywitness.model.session_class import SessionClass


def rows(out: str) -> list[dict[str, Any]]:
    document = json.loads(out)
    names = [c["name"] for c in document["columns"]]
    return [dict(zip(names, row, strict=True)) for row in document["rows"]]


@pytest.fixture
def listed(case: Path, keywitness: Callable) -> list[dict[str, Any]]:
    return rows(keywitness("sessions", case, "--format", "json").out)


def test_every_session_is_told(listed: list[dict[str, Any]]) -> None:
    assert all(s["Reasons"] and s["Sentence"] and s["Confidence"] for s in listed)
    assert {s["Class"] for s in listed} <= set(SessionClass)
    assert [s["FirstAt"] for s in listed] == sorted(s["FirstAt"] for s in listed)
    assert len({s["Id"] for s in listed}) == len(listed)


def test_filters(keywitness: Callable, case: Path, listed: list[dict[str, Any]]) -> None:
    wanted = [s["Id"] for s in listed if s["Class"] == "dump-tool"]
    assert wanted
    found = keywitness("sessions", case, "--class", "dump-tool", "--format", "jsonl").out
    assert [json.loads(line)["Id"] for line in found.splitlines()] == wanted
    odd = keywitness("sessions", case, "--mismatch", "any", "--format", "csv").out
    assert [r["Id"] for r in csv.DictReader(io.StringIO(odd))] == [s["Id"] for s in listed if s["Mismatches"]]


def test_one_caller(keywitness: Callable, case: Path, listed: list[dict[str, Any]]) -> None:
    who = listed[0]["Identity"]
    mine = rows(keywitness("sessions", case, "--identity", who, "--format", "json").out)
    assert mine == [s for s in listed if s["Identity"] == who], "a filter changes no session"


def test_a_shorter_gap_makes_more_sessions(keywitness: Callable, case: Path, listed: list[dict[str, Any]]) -> None:
    more = rows(keywitness("sessions", case, "--gap", "30s", "--format", "json").out)
    assert len(more) > len(listed)
    assert sum(s["Operations"] for s in more) == sum(s["Operations"] for s in listed)


def test_one_session_as_lanes(keywitness: Callable, case: Path, listed: list[dict[str, Any]], tmp_path: Path) -> None:
    wanted = next(s for s in listed if s["Class"] == "dump-tool")
    picture = tmp_path / "visit.svg"
    out = keywitness("sessions", case, "--session", wanted["Id"], "--picture", picture).out
    assert wanted["Sentence"].split()[0] in out
    assert "SecretGet" in out
    assert "●" in out
    assert {e.tag.rpartition("}")[2] for e in ET.parse(picture).getroot().iter()} >= {"svg", "circle", "text"}


def test_one_session_as_json(keywitness: Callable, case: Path, listed: list[dict[str, Any]]) -> None:
    wanted = next(s for s in listed if s["Class"] == "portal-show-secret")
    shown = json.loads(keywitness("sessions", case, "--session", wanted["Id"], "--format", "json").out)
    assert (shown["id"], shown["session_class"], len(shown["steps"])) == (
        wanted["Id"],
        wanted["Class"],
        wanted["Operations"],
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--class", "portal"), "none that we know"),
        (("--mismatch", "odd"), "none that we know"),
        (("--gap", "soon"), "no span of time"),
        (("--session", "S-0"), "there is no session"),
        (("--picture", "x.svg"), "shows one session"),
    ],
)
def test_what_cannot_be_meant_is_refused(keywitness: Callable, case: Path, given: tuple[str, ...], said: str) -> None:
    done = keywitness("sessions", case, *given)
    assert done.code == 2
    assert said in done.err
