"""`keywitness posture`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

VAULT = {
    "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv",
    "name": "kv",
    "type": "Microsoft.KeyVault/vaults",
    "location": "x",
    "resourceGroup": "g",
    "properties": {"vaultUri": "https://kv.vault.azure.net/", "enablePurgeProtection": None, "enableSoftDelete": True},
}


@pytest.fixture
def inventory(keywitness: Callable, tmp_path: Path) -> Path:
    (tmp_path / "vault.json").write_text(json.dumps(VAULT))
    keywitness("ingest", tmp_path / "case", tmp_path / "vault.json")
    return tmp_path / "case"


def test_a_failed_check_has_its_fix_and_an_exit_code(keywitness: Callable, inventory: Path) -> None:
    done = keywitness("posture", inventory, "purge-protection", "audit-logging", "--format", "jsonl")
    assert done.code == 9
    (row,) = [json.loads(line) for line in done.out.splitlines()]
    assert (row["Check"], row["Verdict"], row["Object"], row["Rows"]) == ("purge-protection", "fail", "kv", ["E1:0"])
    assert row["Fix"] == "az keyvault update --name kv --resource-group g --enable-purge-protection true"
    assert "audit-logging: not judged: the case has no DiagnosticSettings" in done.err
    assert "2 checks: 1 failed, 0 passed, 1 not or only partly judged" in done.err


def test_what_passed_is_shown_on_request(keywitness: Callable, inventory: Path) -> None:
    done = keywitness("posture", inventory, "soft-delete", "--all", "--format", "jsonl")
    assert done.code == 0
    assert json.loads(done.out)["Verdict"] == "pass"
    assert keywitness("posture", inventory, "soft-delete", "--format", "jsonl").out == ""
    assert keywitness("posture", inventory, "soft-deleet").code == 2


def test_hostile_names_reach_terminal_and_spreadsheet_harmless(keywitness: Callable, tmp_path: Path) -> None:
    hostile = VAULT | {"name": "=cmd|'/c calc'!A1", "resourceGroup": "\u001b[31mred<script>"}
    (tmp_path / "vault.json").write_text(json.dumps(hostile))
    keywitness("ingest", tmp_path / "case", tmp_path / "vault.json")
    for format in ("table", "csv"):
        out = keywitness("posture", tmp_path / "case", "purge-protection", "--format", format).out
        assert "\x1b" not in out, format
        assert not any(line.startswith("=") or ",=cmd" in line or ',"=cmd' in line for line in out.splitlines()), format
