"""The article's attack, step by step, in the records that `truth.json` points at."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from keywitness.lab.scenarios.intruder import OUTSIDE as ATTACKER_ADDRESS
from keywitness.lab.scenarios.intruder import SECOND_ADDRESS
from keywitness.lab.simulate import simulate
from keywitness.lab.truth import Step, read_truth

from ..conftest import Simulated

RULES = Path(__file__).parents[3] / "src/keywitness/content/rules"


def told(article: Simulated, step_id: str) -> list[dict[str, Any]]:
    """The records of a step, in time order, read from the places that the truth names."""
    step = next(step for step in article.truth.steps if step.id == step_id)
    return [json.loads((article.out / line.file).read_bytes().split(b"\n")[line.line - 1]) for line in step.records]


def operations(records: list[dict[str, Any]], category: str = "AuditEvent") -> list[str]:
    return [record["operationName"] for record in records if record["category"] == category]


def test_every_record_of_the_truth_is_the_line_it_names(article: Simulated) -> None:
    places = [line for step in article.truth.steps for line in step.records]
    assert len(places) == len({(line.file, line.line) for line in places}) > 60
    for line in places:
        raw = (article.out / line.file).read_bytes().split(b"\n")[line.line - 1]
        assert hashlib.sha256(raw).hexdigest() == line.sha256


def test_steps_are_in_order_and_within_their_times(article: Simulated) -> None:
    ids = [step.id for step in article.truth.steps]
    assert ids == sorted(ids)
    assert len(ids) == 15
    for step in article.truth.steps:
        times = [record["time"] for record in told(article, step.id)]
        assert times == sorted(times)
        assert (times[0], times[-1]) == (step.at, step.until)


def test_the_attackers_addresses_do_nothing_outside_the_steps(article: Simulated) -> None:
    marked = {line.sha256 for step in article.truth.steps for line in step.records}
    for path in (article.out / "logs").rglob("PT1H.json"):
        for line in path.read_bytes().splitlines():
            if ATTACKER_ADDRESS.encode() in line or SECOND_ADDRESS.encode() in line:
                assert hashlib.sha256(line).hexdigest() in marked


def test_enumeration_meets_both_refusals_over_many_vaults(article: Simulated) -> None:
    records = [r for r in told(article, "02-enumeration") if r["category"] == "AuditEvent"]
    refused = [r for r in records if r["properties"]["httpStatusCode"] == 403]
    assert len({r["resourceId"] for r in refused}) >= 6
    texts = {r["resultDescription"].split(" ", 2)[0] for r in refused}
    assert texts == {"Caller", "The"}, "role-based and access-policy refusals"
    assert set(operations(records)) == {"SecretList", "CertificateList"}


def test_the_portal_export_has_the_articles_sequence(article: Simulated) -> None:
    records = told(article, "03-certificate-portal")
    assert operations(records) == [
        "VaultGet", "CertificateList", "CertificateGet", "CertificateListVersions", "CertificateGet", "SecretGet",
    ]  # fmt: skip
    assert all("&_=" in r["properties"]["requestUri"] for r in records if r["operationName"].startswith("Certificate"))


def test_the_break_glass_read_has_the_articles_sequence(article: Simulated) -> None:
    records = told(article, "09-break-glass")
    assert operations(records) == ["VaultGet", "SecretList", "SecretListVersions", "SecretGet"]
    read = next(r for r in records if r["operationName"] == "SecretGet")
    assert "/secrets/BreakGlassAccountTenant/" in read["properties"]["requestUri"]
    assert read["properties"]["isAccessPolicyMatch"] is True, "the vault decides by access policy by then"


def test_the_api_export_is_list_then_read_of_the_certificates_name(article: Simulated) -> None:
    records = [r for r in told(article, "06-certificate-api") if r["category"] == "AuditEvent"]
    assert operations(records) == ["CertificateList", "SecretGet"]
    assert "/secrets/identity-automation/" in records[1]["properties"]["id"]
    assert "&_=" not in records[1]["properties"]["requestUri"]


@pytest.mark.parametrize("step_id", ["04-self-grant", "08-self-grant-again"])
def test_a_self_grant_stands_in_both_logs_under_different_correlations(article: Simulated, step_id: str) -> None:
    records = told(article, step_id)
    patch = next(r for r in records if r["operationName"] == "VaultPatch")
    added = patch["properties"]["addedAccessPolicy"]
    victim = next(actor for actor in article.truth.actors if actor.role == "victim")
    assert added["ObjectId"] == victim.identity
    acts = [r for r in records if r["category"] == "Administrative"]
    assert [r["resultType"] for r in acts] == ["Start", "Success"]
    assert patch["correlationId"] not in {r["correlationId"] for r in acts}


def test_the_model_is_turned_by_an_owner_and_turned_back(article: Simulated) -> None:
    records = told(article, "07-permission-model")
    assert "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE" in operations(records, "Administrative")
    turned = next(r for r in records if r["operationName"] == "VaultPatch")
    assert turned["properties"]["properties"]["enableRbacAuthorization"] is False
    back = next(r for r in told(article, "10-model-restored") if r["operationName"] == "VaultPatch")
    assert back["properties"]["properties"]["enableRbacAuthorization"] is True


def test_nobody_is_let_in_by_role_while_the_vault_decides_by_policy(article: Simulated) -> None:
    turned = next(r for r in told(article, "07-permission-model") if r["operationName"] == "VaultPatch")
    back = next(r for r in told(article, "10-model-restored") if r["operationName"] == "VaultPatch")
    inside = [
        r
        for r in article.of("AuditEvent")
        if r["resourceId"] == turned["resourceId"] and turned["time"] < r["time"] < back["time"]
    ]
    assert inside
    assert all("isRbacAuthorized" not in r["properties"] for r in inside)


def test_the_blinded_vault_falls_silent_and_what_was_read_there_is_marked_unlogged(article: Simulated) -> None:
    deleted = told(article, "11-diagnostics-deleted")
    assert operations(deleted, "Administrative") == ["MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE"] * 2
    vault = next(step.vault for step in article.truth.steps if step.id == "11-diagnostics-deleted")
    last = max(r["time"] for r in article.of("AuditEvent") if r["resourceId"].endswith("/" + vault.upper()))
    assert last < max(gap.since for gap in article.truth.gaps if gap.vault == vault)
    assert {(e.vault, e.logged) for e in article.truth.exposed if not e.logged} == {(vault, False)}


def test_the_stolen_certificate_signs_in_and_grants_through_graph(article: Simulated) -> None:
    application = next(actor for actor in article.truth.actors if actor.id == "stolen-application")
    used = told(article, "12-application-used")
    sign_in = next(r for r in used if r["category"] == "ServicePrincipalSignInLogs")
    assert sign_in["properties"]["servicePrincipalId"] == application.identity
    assert sign_in["properties"]["servicePrincipalCredentialKeyId"] in application.note
    granted = told(article, "13-global-administrator")
    call = next(r for r in granted if r["category"] == "MicrosoftGraphActivityLogs")
    assert call["properties"]["requestMethod"] == "POST"
    assert call["properties"]["signInActivityId"] == sign_in["properties"]["uniqueTokenIdentifier"]
    audit = next(r for r in granted if r["category"] == "AuditLogs")
    assert audit["operationName"] == "Add member to role"
    assert "callerIpAddress" not in audit, "an application's audit record carries no address"
    assert audit["properties"]["initiatedBy"]["app"]["servicePrincipalId"] == application.identity
    changed = audit["properties"]["targetResources"][0]["modifiedProperties"]
    assert {"displayName": "Role.DisplayName", "oldValue": None, "newValue": '"Global Administrator"'} in changed


def test_the_victim_worked_before_from_other_addresses(article: Simulated) -> None:
    """Without a past, a first-seen address says nothing."""
    victim = next(actor for actor in article.truth.actors if actor.role == "victim")
    began = article.truth.steps[0].at
    before = {
        r["callerIpAddress"]
        for r in article.of("AuditEvent")
        if r["time"] < began and r.get("identity", {}).get("claim", {}).get("upn") == victim.upn
    }
    assert before
    assert ATTACKER_ADDRESS not in before


def test_exposed_certificates_left_with_their_keys(article: Simulated) -> None:
    taken = {(e.type, e.name): e for e in article.truth.exposed}
    assert taken["certificate", "identity-automation"].private_key
    assert taken["certificate", "wildcard-contoso-com"].private_key
    assert not taken["secret", "BreakGlassAccountTenant"].private_key
    read = {
        r["properties"]["id"].rsplit("/", 1)[1]
        for step in article.truth.steps
        for r in told(article, step.id)
        if r["operationName"] == "SecretGet" and r["properties"]["httpStatusCode"] == 200
    }
    assert read == {e.version for e in article.truth.exposed if e.logged}


def test_expected_rules_exist(article: Simulated) -> None:
    known = {path.stem for path in RULES.rglob("*.yaml")}
    if not known:
        pytest.skip("no rules in this checkout")
    for step in article.truth.steps:
        assert set(step.expected_rules) & known, step.id


def test_a_single_day_holds_the_whole_attack(tmp_path: Path) -> None:
    truth = simulate(tmp_path, days=1, vaults=8, events=800)
    assert truth == read_truth(tmp_path / "truth.json")
    steps: tuple[Step, ...] = truth.steps
    assert len(steps) == 15
    assert all(step.records and truth.since < step.at <= step.until < truth.until for step in steps)
