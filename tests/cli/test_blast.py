"""`keywitness blast-radius`, from files to lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keywitness.case import create_case
from keywitness.cli.main import run

APP = "a2000000-0000-4000-8000-000000000002"
HOSTILE = "=cmd|' /C calc'!A0 \x1b[31m<script>"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    application = {"id": APP, "appId": APP, "displayName": HOSTILE, "keyCredentials": [], "passwordCredentials": []}
    context = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications"}
    (tmp_path / "apps.json").write_text(json.dumps({**context, "value": [application]}))
    secret = {"id": "https://kv-it.vault.azure.net/secrets/web", "attributes": {"enabled": True}, "contentType": APP}
    (tmp_path / "secrets.json").write_text(json.dumps([secret]))
    create_case(tmp_path / "case").ingest([tmp_path / "apps.json", tmp_path / "secrets.json"])
    return tmp_path / "case"


def test_lines_and_what_is_missing(
    case: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["keywitness", "blast-radius", str(case), "--format", "json", "--quiet"])
    assert run() == 0
    said = capsys.readouterr()
    answer = json.loads(said.out)
    names = [c["name"] for c in answer["columns"]]
    lines = [dict(zip(names, row, strict=True)) for row in answer["rows"]]
    assert [line["Kind"] for line in lines] == ["opens"] + ["unseen"] * 4
    assert (lines[0]["Object"], lines[0]["Certainty"], lines[0]["AppId"]) == ("kv-it/web", "likely", APP)
    assert "az ad sp list --all" in said.err


@pytest.mark.parametrize("format", ["table", "csv"])
def test_names_are_harmless(
    case: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    monkeypatch.setattr("sys.argv", ["keywitness", "blast-radius", str(case), "--format", format, "--quiet"])
    assert run() == 0
    out = capsys.readouterr().out
    assert ",=cmd" not in out
    assert format == "csv" or "\x1b" not in out, "a file keeps what stands there; a terminal would obey it"
