"""Events as the engine gives them, for session tests; and raw records through the real decoders."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from keywitness.case import create_case
from keywitness.investigate.visits import visits
from keywitness.model.schema import UNIX_EPOCH_TICKS
from keywitness.sessions.session import Session, session

CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
SECOND = 10_000_000
START = UNIX_EPOCH_TICKS + 1_772_417_400 * SECOND

SCHEMA = pa.schema(
    [
        ("TimeGenerated", pa.int64()),
        ("Operation", pa.string()),
        ("Status", pa.int32()),
        ("Vault", pa.string()),
        ("Target", pa.string()),
        ("CallerId", pa.string()),
        ("Identity", pa.string()),
        ("AppId", pa.string()),
        ("Address", pa.string()),
        ("Client", pa.string()),
        ("Portal", pa.bool_()),
        ("IsUser", pa.bool_()),
        ("ManagedResource", pa.string()),
        ("Token", pa.string()),
        ("Row", pa.string()),
    ]
)
USER = {
    "Status": 200,
    "Vault": "kv-a",
    "Target": "https://kv-a.vault.azure.net/secrets/db/0123",
    "CallerId": "id-alice",
    "Identity": "alice@contoso.com",
    "AppId": CLI,
    "Address": "198.51.100.20",
    "Client": "AZURECLI/2.60.0",
    "Portal": False,
    "IsUser": True,
    "ManagedResource": "",
    "Token": "",
}
APPLICATION = {
    "CallerId": "id-app",
    "Identity": "app-shop",
    "AppId": "8f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e0a",
    "Client": "azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0)",
    "IsUser": False,
    "ManagedResource": "/subscriptions/1/resourcegroups/rg/providers/Microsoft.Compute/virtualMachines/app-shop",
}

Events = Callable[..., pa.Table]


@pytest.fixture
def events() -> Events:
    """Makes a table of events of a person at the Azure CLI; each says what differs, `second` counts from the start."""

    def make(*made: dict[str, Any]) -> pa.Table:
        rows = []
        for number, event in enumerate(made):
            row: dict[str, Any] = {**USER, "Operation": "SecretGet", "Row": f"E1:{number}", **event}
            row["TimeGenerated"] = START + int(row.pop("second", 5 * number) * SECOND)
            rows.append(row)
        return pa.Table.from_pylist(rows, schema=SCHEMA)

    return make


@pytest.fixture
def visit(events: Events) -> Events:
    """Makes one event per operation of an order such as `SecretList SecretGet`, five seconds apart."""

    def make(order: str, **fields: Any) -> pa.Table:
        return events(*({**fields, "Operation": name} for name in order.split()))

    return make


@pytest.fixture
def application() -> dict[str, Any]:
    """What differs when a managed identity calls."""
    return dict(APPLICATION)


Told = Callable[[Sequence[dict[str, Any]]], list[Session]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Takes raw records through the real decoders and the real engine; gives the sessions, the first one first."""

    def make(records: Sequence[dict[str, Any]]) -> list[Session]:
        lines = "".join(f"{json.dumps(record)}\n" for record in records)
        (tmp_path / "evidence.json").write_text(lines, encoding="utf-8")
        case = create_case(tmp_path / "case")
        case.ingest([tmp_path / "evidence.json"])
        rows = visits(case, [], 30 * 60 * SECOND).table.sort_by("first").to_pylist()
        return [session(row) for row in rows]

    return make


@pytest.fixture(scope="session")
def who() -> ModuleType:
    """Callers whose requests become raw records: `records.py` beside this file."""
    full = "sessions_records"
    spec = importlib.util.spec_from_file_location(full, Path(__file__).parent / "records.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[full] = module
    spec.loader.exec_module(module)
    return module
