"""`keywitness logging`: the list, and the plan that closes what is open."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

ID = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/"
LAW = "/subscriptions/s1/resourceGroups/siem/providers/Microsoft.OperationalInsights/workspaces/law"


def vault(name: str) -> dict[str, str]:
    return {"id": ID + name, "name": name, "type": "Microsoft.KeyVault/vaults", "location": "x", "resourceGroup": "rg"}


def test_the_list_and_the_plan(keywitness: Callable, tmp_path: Path) -> None:
    setting = {
        "id": f"{ID}kv-on/providers/microsoft.insights/diagnosticSettings/a",
        "name": "a",
        "type": "Microsoft.Insights/diagnosticSettings",
        "workspaceId": LAW,
        "logs": [{"categoryGroup": "audit", "enabled": True}],
    }
    records = [vault("kv-on"), vault("kv-off"), vault("kv-unsaid"), setting, {"resourceId": f"{ID}kv-off", "value": []}]
    (tmp_path / "all.json").write_text("\n".join(map(json.dumps, records)))
    case = tmp_path / "case"
    keywitness("ingest", case, tmp_path / "all.json")
    done = keywitness("logging", case, "--price", "2", "--assume-per-day", "1000", "--format", "jsonl")
    rows = {row["Vault"]: row for row in map(json.loads, done.out.splitlines())}
    assert {name: row["State"] for name, row in rows.items()} == {
        "kv-on": "on",
        "kv-off": "off",
        "kv-unsaid": "unknown",
    }
    assert (rows["kv-on"]["Destination"], rows["kv-on"]["Target"], rows["kv-on"]["Audit"]) == (
        "AzureDiagnostics",
        LAW,
        True,
    )
    assert rows["kv-off"]["Basis"] == "assumed"
    assert rows["kv-off"]["CostPerMonth"] == 2 * rows["kv-off"]["GbPerMonth"] > 0
    assert "3 vaults: 1 on, 1 off, 1 unknown" in done.err
    assert "1500 bytes per record are assumed" in done.err
    done = keywitness("logging", case, "--plan", "cli", "--workspace", LAW)
    assert (ID + "kv-off").lower() in done.out
    assert (ID + "kv-unsaid").lower() in done.out
    assert "kv-on" not in done.out
    assert "2 of 3 vaults are open" in done.err
    assert keywitness("logging", case, "--plan", "cli").code == 2
    assert keywitness("logging", case, "--vault", "kv-nowhere").code == 2
