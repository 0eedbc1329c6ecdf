"""A session told: reasons, what does not fit, and the sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from keywitness.model.session_class import Mismatch
from keywitness.sessions.session import named, session, session_id
from keywitness.sessions.table import MISMATCH_BITS, sessions_of

Events = Callable[..., pa.Table]
GAP = 30 * 60 * 10_000_000
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
PORTAL_PAGES = "3686488a-04fc-4d8a-b967-61f98ec41efe"
SECRETS = "https://kv-it.vault.azure.net/secrets"


def row(events: pa.Table) -> dict[str, Any]:
    (made,) = sessions_of([events], GAP).table.to_pylist()
    return dict(made)


def test_a_portal_visit_is_told(visit: Events) -> None:
    order = "VaultGet SecretList SecretListVersions SecretGet"
    target = f"{SECRETS}/BreakGlassAccountTenant/0123"
    told = session(row(visit(order, AppId=PORTAL_PAGES, Client=BROWSER, Portal=True, Vault="kv-it", Target=target)))
    assert told.sentence == (
        "alice@contoso.com looked at the vault's settings, listed secrets, looked at the versions of"
        " BreakGlassAccountTenant and read BreakGlassAccountTenant in kv-it in the Azure portal from 198.51.100.20"
        " on 2026-03-02 at 02:10:00 until 02:10:15 UTC."
    )
    assert told.reasons == (
        "operations come in the order of the portal's secret page: list, versions, read",
        "the token was issued to Azure Portal Key Vault pages (3686488a-04fc-4d8a-b967-61f98ec41efe)",
        "the agent names a browser",
        "request addresses carry the portal's '_=' time stamp",
    )


def test_refused_reads_are_not_told_as_reads(visit: Events) -> None:
    told = session(row(visit("SecretGet", Status=403)))
    assert "read" not in told.sentence
    assert "1 of 1 requests was refused or failed" in told.sentence


def test_a_challenge_is_no_refusal(visit: Events) -> None:
    assert session(row(visit("SecretGet", Status=401))).failures == 0


def test_only_vaults_that_allowed_something_are_named(events: Events) -> None:
    """A sweep that four vaults answered and 25 refused was not a listing of 29 vaults."""
    done = {"Operation": "SecretList", "Vault": "kv-open"}
    refused = {"Operation": "SecretList", "Vault": "kv-shut", "Status": 403}
    assert "listed secrets in kv-open with" in session(row(events(done, refused))).sentence
    assert "made requests in kv-shut with" in session(row(events(refused))).sentence


def test_many_names_are_counted(events: Events) -> None:
    made = row(events(*({"Target": f"{SECRETS}/s{n}/01"} for n in range(7))))
    assert "read s0, s1, s2, s3 and 3 more in" in session(made).sentence


def test_texts_of_logs_are_no_templates(events: Events) -> None:
    """A name with braces is a name."""
    made = row(events({"Target": f"{SECRETS}/{{count}}/01", "Identity": "{0} <b>"}))
    assert session(made).sentence.startswith("{0} <b> read {count} in")


def test_an_agent_that_does_not_fit_is_told(visit: Events) -> None:
    told = session(row(visit("SecretGet", Client="curl/8.5.0")))
    assert [(m.mismatch, m.text) for m in told.misfits] == [
        (Mismatch.AGENT_OF_ANOTHER_TOOL, "the agent names a plain HTTP client, which does not fit Azure CLI")
    ]


def test_every_mismatch_has_words(visit: Events) -> None:
    told = session(row(visit("SecretGet")) | {"mismatches": sum(MISMATCH_BITS.values())})
    assert {m.mismatch for m in told.misfits} == set(Mismatch)
    assert all(m.text for m in told.misfits)


def test_an_application_is_told_by_its_identity(visit: Events, application: dict[str, Any]) -> None:
    told = session(row(visit("SecretGet SecretGet", **application)))
    assert told.application == "app-shop"
    assert "the caller is the managed identity app-shop" in told.reasons
    assert "it reads by name and lists nothing" in told.reasons


def test_the_id_depends_on_who_where_and_when(visit: Events, events: Events) -> None:
    one, longer = row(visit("SecretGet")), row(visit("SecretGet SecretGet"))
    assert session_id(one) == session_id(longer)
    assert session_id(one) != session_id(row(events({"CallerId": "id-bob"})))
    assert session_id(one) != session_id(row(events({"second": 1})))
    assert session_id(one) == session_id(row(events({"Row": "E7:5"}))), "another order of evidence, the same session"


def test_names_are_counted_when_many() -> None:
    assert named([], "none") == "none"
    assert named(["a"], "none") == "a"
    assert named(["a", "b", "c"], "none") == "a, b and c"
    assert named(list("abcdef"), "none") == "a, b, c, d and 2 more"
