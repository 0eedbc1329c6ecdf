"""What kind of session it was; nobody talks himself out of it with a user agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from keywitness.sessions.table import EVENTS_QUERY, KEPT_STEPS, sessions_of

Events = Callable[..., pa.Table]
GAP = 30 * 60 * 10_000_000
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
SDK = "azsdk-python-keyvault-secrets/4.7.0 Python/3.12"
OWN_APP = "8f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e0a"
POWERSHELL = "1950a258-227b-4e31-a9cf-717495945fc2"
PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
PORTAL_PAGES = "3686488a-04fc-4d8a-b967-61f98ec41efe"


def table(events: pa.Table, **more: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = sessions_of(events, GAP, **more).table.to_pylist()
    return rows


@pytest.mark.parametrize(
    ("order", "fields", "kind"),
    [
        ("SecretList SecretGet", {"AppId": PORTAL_PAGES, "Client": BROWSER, "Portal": True}, "portal"),
        ("SecretList SecretGet", {"AppId": OWN_APP, "Client": BROWSER, "Portal": True}, "portal"),
        (
            "VaultGet SecretList SecretListVersions SecretGet",
            {"AppId": OWN_APP, "Client": BROWSER, "Portal": False},
            "portal",
        ),
        ("SecretGet", {"AppId": OWN_APP, "Client": BROWSER, "Portal": False}, "unknown"),
        ("SecretGet", {"AppId": POWERSHELL, "Client": ""}, "powershell"),
        ("SecretGet", {"AppId": OWN_APP, "Client": "x AzurePowershell/v12.1.0 PSVersion/v7.4.3"}, "powershell"),
        ("SecretGet", {}, "cli"),
        ("SecretGet", {"Client": "python/3.8.9 msrest/0.6.21 azure-keyvault/7.0"}, "cli"),
        ("SecretGet", {"Client": BROWSER, "Portal": False}, "cli"),
        ("SecretGet", {"AppId": OWN_APP, "Client": SDK}, "sdk"),
        ("SecretGet", {"AppId": OWN_APP, "Client": "something/1.0"}, "unknown"),
        ("SecretGet SecretGet", {"AppId": OWN_APP, "Client": SDK, "IsUser": False}, "automation"),
        ("SecretList SecretGet", {"AppId": OWN_APP, "Client": SDK, "IsUser": False}, "sdk"),
        ("VaultGet", {"AppId": "509e4652-da8d-478d-a730-e9d4a1996ca4", "IsUser": False, "Client": "x"}, "automation"),
    ],
)
def test_kind(visit: Events, order: str, fields: dict[str, Any], kind: str) -> None:
    (row,) = table(visit(order, **fields))
    assert row["kind"] == kind


def test_the_portal_and_its_pages_are_one_visit(events: Events) -> None:
    """The portal asks for the vault under one application id and for its contents under another."""
    rows = table(
        events(
            {"Operation": "VaultGet", "AppId": PORTAL, "Client": BROWSER},
            {"Operation": "SecretList", "AppId": PORTAL_PAGES, "Client": BROWSER, "Portal": True},
        )
    )
    assert [r["count"] for r in rows] == [2]


def test_the_cli_is_one_visit_under_two_agents(events: Events) -> None:
    rows = table(events({"Operation": "VaultGet"}, {"Operation": "SecretGet", "Client": "python/3.8 azure-keyvault/7"}))
    assert [(r["count"], r["kind"]) for r in rows] == [(2, "cli")]


def test_another_address_or_a_long_silence_is_another_session(events: Events) -> None:
    rows = table(
        events(
            {"second": 0},
            {"second": 60, "Address": "203.0.113.66"},
            {"second": 1800},
            {"second": 3601},
        )
    )
    assert sorted((r["address"], r["count"]) for r in rows) == [
        ("198.51.100.20", 1),
        ("198.51.100.20", 2),
        ("203.0.113.66", 1),
    ]


def test_counts_times_and_vaults(events: Events) -> None:
    (row,) = table(
        events(
            {"Vault": "kv-b", "second": 9},
            {"Vault": "kv-a", "second": 0, "Status": 403},
            {"Vault": "kv-b", "second": 4, "Status": None},
        )
    )
    assert (row["count"], row["failures"]) == (3, 1)
    assert row["last"] - row["first"] == 9 * 10_000_000
    assert sorted(row["vaults"]) == ["kv-a", "kv-b"]
    assert row["rows"] == ["E1:1", "E1:2", "E1:0"], "in time order, whatever order they came in"


def test_marks_lead_from_rows_to_sessions(events: Events) -> None:
    made = events({"second": 0}, {"second": 7200}, {"second": 7201})
    sessions = sessions_of(made, GAP, pa.array(["E1:2", "E9:9"]))
    (row,) = sessions.table.slice(sessions.marks["E1:2"], 1).to_pylist()
    assert row["count"] == 2
    assert "E9:9" not in sessions.marks


def test_rows_of_a_marked_session_are_all_kept(events: Events) -> None:
    """Every read of a suspicious session must be rotated, not the first 200."""
    many = events(*({"second": n} for n in range(KEPT_STEPS + 50)))
    plain = sessions_of(many, GAP).table["rows"].to_pylist()
    marked = sessions_of(many, GAP, pa.array(["E1:7"])).table["rows"].to_pylist()
    assert [len(r) for r in plain] == [KEPT_STEPS]
    assert [len(r) for r in marked] == [KEPT_STEPS + 50]


def test_no_events_no_sessions(events: Events) -> None:
    assert table(events()) == []


def test_the_query_names_the_columns_that_are_used(events: Events) -> None:
    named = EVENTS_QUERY.split("project", 1)[1].replace("\n", " ").split(",")
    assert [n.strip() for n in named] == events().column_names
