"""The session table: what is one session, what is kept of it, what does not fit about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from keywitness.model.session_class import Mismatch
from keywitness.sessions.events import EVENTS_QUERY
from keywitness.sessions.table import KEPT_STEPS, MISMATCH_BITS, sessions_of

Events = Callable[..., pa.Table]
GAP = 30 * 60 * 10_000_000
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
PORTAL_PAGES = "3686488a-04fc-4d8a-b967-61f98ec41efe"
DAY = 86_400


def table(events: pa.Table, **more: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = sessions_of([events], GAP, **more).table.sort_by("first").to_pylist()
    return rows


def mismatches(row: dict[str, Any]) -> set[Mismatch]:
    return {m for m, bit in MISMATCH_BITS.items() if row["mismatches"] & bit}


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
    assert [(r["count"], r["class"]) for r in rows] == [(2, "azure-cli")]


def test_two_clients_of_one_own_application_are_two_sessions(events: Events, application: dict[str, Any]) -> None:
    """A stolen token at the same address, used with curl, is no part of the application's visit."""
    rows = table(events(application, {**application, "Client": "curl/8.5.0"}))
    assert [r["clients"] for r in rows] == [[application["Client"]], ["curl/8.5.0"]]


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


def test_a_persons_token_bridges_a_silence(events: Events) -> None:
    """Lunch with the vault's page open is one visit; a machine's cached token says nothing about visits."""
    hour = ({"second": 0, "Token": "t1"}, {"second": 3_600, "Token": "t1"})
    assert [r["count"] for r in table(events(*hour))] == [2]
    assert [r["count"] for r in table(events(*({**e, "IsUser": False} for e in hour)))] == [1, 1]
    assert [r["count"] for r in table(events(hour[0], {"second": 6_000, "Token": "t1"}))] == [1, 1]


def test_counts_times_and_vaults(events: Events) -> None:
    (row,) = table(
        events(
            {"Vault": "kv-b", "second": 9},
            {"Vault": "kv-a", "second": 0, "Status": 403},
            {"Vault": "kv-b", "second": 4, "Status": None},
        )
    )
    assert (row["count"], row["failures"], row["vault_count"]) == (3, 1, 2)
    assert row["last"] - row["first"] == 9 * 10_000_000
    assert sorted(row["vaults"]) == ["kv-a", "kv-b"]
    assert row["done_vaults"] == ["kv-b"]
    assert row["rows"] == ["E1:1", "E1:2", "E1:0"], "in time order, whatever order they came in"
    assert row["done"] == ["SecretGet/db"]


def test_parts_are_one_case(events: Events) -> None:
    """Codes of one part mean something else in another."""
    one, other = events({"second": 0, "Address": "198.51.100.1"}), events({"second": 9, "Address": "198.51.100.2"})
    made = sessions_of([one, other], GAP).table.to_pylist()
    assert [(r["address"], r["count"]) for r in made] == [("198.51.100.1", 1), ("198.51.100.2", 1)]


def test_missing_texts_are_empty(events: Events) -> None:
    (row,) = table(events({"Client": None, "Address": None, "AppId": None, "Target": None}))
    assert (row["clients"], row["address"], row["app_id"]) == ([""], "", "")


def test_marks_lead_from_rows_to_sessions(events: Events) -> None:
    made = events({"second": 0}, {"second": 7200}, {"second": 7201})
    sessions = sessions_of([made], GAP, pa.array(["E1:2", "E9:9"]))
    (row,) = sessions.table.slice(sessions.marks["E1:2"], 1).to_pylist()
    assert row["count"] == 2
    assert "E9:9" not in sessions.marks


def test_rows_of_a_marked_session_are_all_kept(events: Events) -> None:
    """Every read of a suspicious session must be rotated, not the first 200."""
    many = events(*({"second": n} for n in range(KEPT_STEPS + 50)))
    plain = sessions_of([many], GAP).table["rows"].to_pylist()
    marked = sessions_of([many], GAP, pa.array(["E1:7"])).table["rows"].to_pylist()
    assert [len(r) for r in plain] == [KEPT_STEPS]
    assert [len(r) for r in marked] == [KEPT_STEPS + 50]


def test_no_events_no_sessions(events: Events) -> None:
    assert table(events()) == []


def test_the_query_names_the_columns_that_are_used(events: Events) -> None:
    named = EVENTS_QUERY.split("| project", 1)[1]
    assert [n for n in events().column_names if n not in named] == []


# ---------------------------------------------------------------- what does not fit


def test_a_token_in_two_networks(events: Events, application: dict[str, Any]) -> None:
    first, second = {**application, "Token": "t1"}, {**application, "Token": "t1", "Address": "203.0.113.66"}
    assert [mismatches(r) for r in table(events(first, second))] == [{Mismatch.TOKEN_OVER_TWO_ADDRESSES}] * 2


@pytest.mark.parametrize(
    ("token", "address"), [("t2", "203.0.113.66"), ("", "203.0.113.66"), ("t1", "198.51.100.21"), ("t1", "")]
)
def test_other_tokens_and_neighbours_fit(events: Events, application: dict[str, Any], token: str, address: str) -> None:
    """Instances of one application stand in one network, and each has a token of its own."""
    wanted = 1 if (token, address) == ("t1", "") else 0
    made = events({**application, "Token": "t1"}, {**application, "Token": token, "Address": address})
    assert [len(mismatches(r)) for r in table(made)] == [wanted] * 2


def test_one_person_in_two_places_at_once(events: Events) -> None:
    made = events({"second": 0}, {"second": 60, "Address": "203.0.113.66"}, {"second": 90}, {"second": 9_000})
    assert [mismatches(r) for r in table(made)] == [{Mismatch.TWO_ADDRESSES}, {Mismatch.TWO_ADDRESSES}, set()]


def test_a_machine_with_two_instances_is_in_two_places(events: Events, application: dict[str, Any]) -> None:
    away = {**application, "Address": "203.0.113.66"}
    made = events({**application, "second": 0}, {**away, "second": 60}, {**application, "second": 90})
    assert [mismatches(r) for r in table(made)] == [set(), set()]


def habit(days: int) -> list[dict[str, Any]]:
    return [{"second": n * DAY // 4, "Operation": "VaultGet"} for n in range(4 * days)]


def test_a_caller_who_changes_his_ways(events: Events) -> None:
    guessing = [{"second": 5 * DAY + n, "Target": f"https://kv/secrets/g{n}", "Status": 404} for n in range(12)]
    made = table(events(*habit(4), *guessing))
    assert [mismatches(r) for r in made] == [set()] * 16 + [{Mismatch.UNUSUAL_CLASS}]
    assert made[-1]["earlier_sessions"] == 16


def test_a_caller_without_a_past_changes_nothing(events: Events) -> None:
    guessing = [{"second": 2 * DAY + n, "Target": f"https://kv/secrets/g{n}", "Status": 404} for n in range(12)]
    assert not any(mismatches(r) for r in table(events(*habit(1), *guessing)))


def test_a_secret_shown_after_browsing_is_no_change(events: Events) -> None:
    page = {"AppId": PORTAL_PAGES, "Client": BROWSER, "Portal": True}
    browsing = [{**page, "second": n * DAY // 4, "Operation": "SecretList"} for n in range(20)]
    made = table(events(*browsing, {**page, "second": 6 * DAY, "Operation": "SecretGet"}))
    assert (made[-1]["class"], mismatches(made[-1])) == ("portal-show-secret", set())
