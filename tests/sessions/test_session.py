"""A session told: reasons and the sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from keywitness.sessions.session import Step, named, session, session_id
from keywitness.sessions.table import sessions_of

Events = Callable[..., pa.Table]
GAP = 30 * 60 * 10_000_000
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
PORTAL_PAGES = "3686488a-04fc-4d8a-b967-61f98ec41efe"


def row(events: pa.Table) -> dict[str, Any]:
    (made,) = sessions_of(events, GAP).table.to_pylist()
    return dict(made)


def step(operation: str, object_: str = "", status: int = 200) -> Step:
    return Step("2026-03-02T02:10:00.0000000Z", operation, object_, status, "E1:0", "kv-it")


def test_a_portal_visit_is_told(visit: Events) -> None:
    order = "VaultGet SecretList SecretListVersions SecretGet"
    made = row(visit(order, AppId=PORTAL_PAGES, Client=BROWSER, Portal=True, Vault="kv-it"))
    steps = [
        step("VaultGet"),
        step("SecretList"),
        step("SecretListVersions", "BreakGlassAccountTenant"),
        step("SecretGet", "BreakGlassAccountTenant/0123"),
    ]
    told = session(made, steps)
    assert told.sentence == (
        "alice@contoso.com looked at the vault's settings, listed secrets, looked at the versions of"
        " BreakGlassAccountTenant and read BreakGlassAccountTenant in kv-it in the Azure portal from 198.51.100.20"
        " on 2026-03-02 at 02:10:00 until 02:10:15 UTC."
    )
    assert told.reasons == (
        "the token was issued to Azure Portal Key Vault pages (3686488a-04fc-4d8a-b967-61f98ec41efe)",
        "request addresses carry the portal's '_=' time stamp",
        "operations come in the order of the portal's secret page: list, versions, read",
        "the agent names a browser",
    )


def test_refused_reads_are_not_told_as_reads(visit: Events) -> None:
    told = session(row(visit("SecretGet", Status=403)), [step("SecretGet", "root", 403)])
    assert "read" not in told.sentence
    assert "1 of 1 requests was refused or failed" in told.sentence


def test_only_vaults_that_allowed_something_are_named(visit: Events) -> None:
    """A sweep that four vaults answered and 25 refused was not a listing of 29 vaults."""
    fields = row(visit("SecretList SecretList")) | {"vaults": ["kv-open", "kv-shut"], "failures": 1, "count": 2}
    steps = [
        Step("2026-03-02T02:10:00Z", "SecretList", "", 200, "E1:1", "kv-open"),
        Step("2026-03-02T02:10:01Z", "SecretList", "", 403, "E1:2", "kv-shut"),
    ]
    assert "listed secrets in kv-open with" in session(fields, steps).sentence
    refused = session(fields, [steps[1]]).sentence
    assert "made requests in kv-open and kv-shut" in refused


def test_an_agent_that_does_not_fit_is_a_reason(visit: Events) -> None:
    told = session(row(visit("SecretGet", Client="curl/8.5.0")), [])
    assert told.kind == "cli"
    assert "does not fit: the agent names a plain HTTP client" in told.reasons


def test_the_cli_may_carry_the_agent_of_its_sdk(visit: Events) -> None:
    told = session(row(visit("SecretGet", Client="azsdk-python-keyvault-secrets/4.7.0")), [])
    assert not any("does not fit" in reason for reason in told.reasons)


def test_an_application_is_told_by_its_identity(visit: Events, application: dict[str, Any]) -> None:
    told = session(row(visit("SecretGet SecretGet", **application)), [step("SecretGet", "db/1")])
    assert told.kind == "automation"
    assert told.application == "app-shop"
    assert "the caller is the managed identity app-shop" in told.reasons
    assert "it reads by name and lists nothing" in told.reasons
    assert told.sentence.endswith("(told from the first 1 of 2 requests).")


def test_the_id_depends_on_caller_and_first_row(visit: Events, events: Events) -> None:
    one, longer = row(visit("SecretGet")), row(visit("SecretGet SecretGet"))
    assert session_id(one) == session_id(longer)
    assert session_id(one) != session_id(row(events({"CallerId": "id-bob"})))
    assert session_id(one) != session_id(row(events({"Row": "E1:5"})))


def test_names_are_counted_when_many() -> None:
    assert named([], "none") == "none"
    assert named(["a"], "none") == "a"
    assert named(["a", "b", "c"], "none") == "a, b and c"
    assert named(list("abcdef"), "none") == "a, b, c, d and 2 more"
