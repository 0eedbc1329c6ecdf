"""The question: times, networks, wildcards, watch lists; and the same test in KQL and in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from keywitness.engine.query import query
from keywitness.errors import EvidenceUnreadableError, UsageError
from keywitness.investigate.scope import Filter, make_scope, read_watchlist


def test_times_are_utc_unless_they_say_otherwise() -> None:
    scope = make_scope(since="2026-05-01", until="2026-05-01T10:00:00+02:00")
    assert (scope.since, scope.until) == ("2026-05-01T00:00:00.0000000Z", "2026-05-01T08:00:00.0000000Z")


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"since": "yesterday"}, "'yesterday' is no time"),
        ({"since": "2026-05-02", "until": "2026-05-01"}, "is not before"),
        ({"addresses": ["203.0.113.0/99"]}, "is no network"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: dict, cause: str) -> None:
    with pytest.raises(UsageError, match=cause) as caught:
        make_scope(**arguments)
    assert caught.value.help


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SecretName\nBreakGlass\n\nRoot*\nBreakGlass\n", ("BreakGlass", "Root*")),
        ("\ufeffVault,Secret Name,Note\nKV-IT,Root,x\n,Any,\n", ("kv-it/Root", "Any")),
        ("# remark\nBreakGlass\nkv-it/root\n", ("BreakGlass", "kv-it/root")),
        ('name\n"a,b"\n=cmd|x\n', ("a,b", "=cmd|x")),
    ],
)
def test_watch_lists(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    file = tmp_path / "watch.csv"
    file.write_text(text, encoding="utf-8")
    assert read_watchlist(file) == names


def test_a_watch_list_that_says_nothing_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"SecretName\n", b"\xff\xfe\x00"):
        (tmp_path / "w").write_bytes(content)
        with pytest.raises(UsageError):
            read_watchlist(tmp_path / "w")
    with pytest.raises(EvidenceUnreadableError):
        read_watchlist(tmp_path / "absent")


EVENTS = """let KeyVaultEvents = () { datatable(Identity: string, User: string, CallerId: string, AppId: string,
    ManagedIdentity: string, Address: string, Vault: string, ObjectName: string, TimeGenerated: datetime) [
    "alice@contoso.com", "alice@contoso.com", "id-1", "app-1", "", "203.0.113.7", "kv-a", "Root", datetime(2026-05-01),
    "mi-shop", "", "id-2", "app-2", "mi-shop", "198.51.100.9", "kv-b", "db", datetime(2026-05-02),
    "id-3", "", "id-3", "app-3", "", "2001:db8::7", "kv-ab", "root", datetime(2026-05-03)] };
KeyVaultEvents() | where """


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ({"identities": ["ALICE@contoso.com"]}, {"id-1"}),
        ({"identities": ["*@contoso.com", "mi-*"]}, {"id-1", "id-2"}),
        ({"identities": ["app-3"]}, {"id-3"}),
        ({"identities": ["alice"]}, set()),
        ({"identities": ["[a-z]*"]}, set()),
        ({"addresses": ["203.0.113.7"]}, {"id-1"}),
        ({"addresses": ["203.0.113.0/24", "198.51.100.*"]}, {"id-1", "id-2"}),
        ({"addresses": ["2001:db8::/32"]}, {"id-3"}),
        ({"vaults": ["KV-A"]}, {"id-1"}),
        ({"vaults": ["kv-a*"]}, {"id-1", "id-3"}),
        ({"secrets": ["root"]}, {"id-1", "id-3"}),
        ({"secrets": ["kv-a/ROOT"]}, {"id-1"}),
        ({"since": "2026-05-02", "until": "2026-05-03"}, {"id-2"}),
        ({"identities": ["alice@contoso.com"], "vaults": ["kv-b"]}, set()),
        ({"identities": ['x" or true //']}, set()),
    ],
)
def test_kql_and_python_select_the_same(arguments: dict, ids: set[str]) -> None:
    """Findings are filtered in Python, events in KQL: a difference would show a report that contradicts itself."""
    wanted = Filter(make_scope(**arguments))
    assert {r["CallerId"] for r in query(EVENTS + wanted.events).to_pylist()} == ids
    rows = query(EVENTS + "true").to_pylist()
    in_python = {
        r["CallerId"]
        for r in rows
        if wanted.identity(r["Identity"], r["User"], r["CallerId"], r["AppId"], r["ManagedIdentity"])
        and wanted.address(r["Address"])
        and wanted.vault(r["Vault"])
        and wanted.object(f"{r['Vault']}/{r['ObjectName']}")
        and wanted.time(r["TimeGenerated"], r["TimeGenerated"])
    }
    assert in_python == ids


def test_nothing_asked_is_everything() -> None:
    everything = Filter(make_scope())
    assert everything.open
    assert everything.events == ""
    assert everything.identity("x") and everything.address("") and everything.object() and everything.time("a", "b")


def test_a_watch_list_that_no_engine_could_match_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "w.txt"
    file.write_text("".join(f"secret-{n}\n" for n in range(2_001)), encoding="utf-8")
    with pytest.raises(UsageError, match=r"2,001 secrets"):
        read_watchlist(file)
