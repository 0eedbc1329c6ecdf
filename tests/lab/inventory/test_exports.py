"""The exports say nothing that a log contradicts: who was let in holds something, by the ids that the logs name."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from keywitness.lab.company import build_company
from keywitness.lab.scenarios.intruder import accomplice
from keywitness.lab.simulate import simulate

from ..conftest import Simulated

Exports = dict[str, list[dict[str, Any]]]
OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def read(folder: Path) -> Exports:
    """The envelopes of every file of one export, by the file's name."""
    return {path.stem: list(map(json.loads, path.read_bytes().splitlines())) for path in folder.glob("*.json")}


def listed(exports: Exports, name: str) -> list[dict[str, Any]]:
    return [record for envelope in exports[name] for record in envelope["value"]]


@pytest.fixture(scope="session")
def before(article: Simulated) -> Exports:
    return read(sorted((article.out / "inventory").iterdir())[0])


@pytest.fixture(scope="session")
def after(article: Simulated) -> Exports:
    return read(sorted((article.out / "inventory").iterdir())[1])


def inside(exports: Exports) -> dict[str, set[str]]:
    """Everybody in each group, groups in groups included."""
    direct = {envelope["groupId"]: {m["id"] for m in envelope["value"]} for envelope in exports["members"]}
    found = {}
    for group in direct:
        reached, waiting = {group}, [group]
        while waiting:
            new = direct.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        found[group] = reached
    return found


def test_they_are_from_before_the_first_record_and_after_the_last(
    article: Simulated, before: Exports, after: Exports
) -> None:
    for exports, at in ((before, article.truth.since), (after, article.truth.until)):
        assert {e["takenAt"] for envelopes in exports.values() for e in envelopes} == {at[:19] + "Z"}


def test_every_role_by_which_a_vault_answered_is_an_assignment_to_its_caller(
    article: Simulated, before: Exports, after: Exports
) -> None:
    held = {a["name"].replace("-", ""): a for exports in (before, after) for a in listed(exports, "role-assignments")}
    for record in article.of("AuditEvent"):
        id_ = record["properties"].get("appliedAssignmentId")
        if id_ is None or record["operationName"] == "CertificateRenew":  # the vault's own service asks for nothing
            continue
        claim = record["identity"]["claim"]
        assert held[id_]["principalId"] == (claim.get("oid") or claim[OID]), record
        assert record["resourceId"].lower().startswith(held[id_]["scope"].lower())


def test_every_match_of_an_access_policy_has_an_entry(article: Simulated, before: Exports) -> None:
    """Those whom a log shows added have theirs from then on."""
    groups = inside(before)
    entries = {
        (vault["name"].upper(), member)
        for vault in listed(before, "vaults")
        for entry in vault["properties"]["accessPolicies"]
        for member in groups.get(entry["objectId"], {entry["objectId"]})
    }
    added = set()
    for record in sorted(article.of("AuditEvent"), key=lambda r: r["time"]):
        vault = record["resourceId"].rsplit("/", 1)[-1]
        if policy := record["properties"].get("addedAccessPolicy"):
            added.add((vault, policy["ObjectId"]))
        if record["properties"].get("isAccessPolicyMatch"):
            claim = record["identity"]["claim"]
            assert (vault, claim.get("oid") or claim[OID]) in entries | added, record


def test_every_role_in_the_activity_log_is_an_assignment(article: Simulated, before: Exports, after: Exports) -> None:
    held = {a["name"].replace("-", ""): a for exports in (before, after) for a in listed(exports, "role-assignments")}
    for record in article.of("Administrative"):
        evidence = record["identity"]["authorization"]["evidence"]
        given = held[evidence["roleAssignmentId"]]
        assert given["principalId"].replace("-", "") == evidence["principalId"]
        assert (given["scope"], given["roleDefinitionName"]) == (evidence["roleAssignmentScope"], evidence["role"])


def test_the_settings_of_vaults_are_those_that_the_log_shows(article: Simulated, before: Exports) -> None:
    known = {vault["name"].upper(): vault["properties"] for vault in listed(before, "vaults")}
    turned = article.truth.steps[6].vault.upper()
    for record in article.of("AuditEvent"):
        shown = record["properties"].get("properties")
        vault = record["resourceId"].rsplit("/", 1)[-1]
        if shown is None or vault == turned:
            continue
        for name in ("enableRbacAuthorization", "enablePurgeProtection", "enabledForTemplateDeployment"):
            assert shown[name] == known[vault][name], (vault, name)
        assert (shown["networkAcls"] is None) == (known[vault]["networkAcls"] is None)


def test_groups_are_as_many_as_tokens_and_refusals_count(article: Simulated, before: Exports) -> None:
    groups = inside(before)
    for record in article.of("Administrative"):
        claims = record["identity"]["claims"]
        if "groups" in claims:
            mine = {id_ for id_, members in groups.items() if claims[OID] in members}
            assert mine == set(claims["groups"].split(","))
    nested = [m for e in before["members"] for m in e["value"] if m["@odata.type"] == "#microsoft.graph.group"]
    assert nested


def test_what_the_attack_left_behind_is_in_the_second_export_only(
    article: Simulated, before: Exports, after: Exports
) -> None:
    steps = {step.id[3:]: step for step in article.truth.steps}
    friend = accomplice(build_company(7, 10)).oid
    for exports, stands in ((before, False), (after, True)):
        roles = {r["principalId"] for r in listed(exports, "directory-role-assignments")}
        owners = {
            a["principalId"] for a in listed(exports, "role-assignments") if a.get("roleDefinitionName") == "Owner"
        }
        settings = {e["resourceId"].rsplit("/", 1)[-1]: e["value"] for e in exports["diagnostic-settings"]}
        assert (friend in roles) is stands
        assert (steps["permission-model"].identity in owners) is stands
        assert (settings[steps["diagnostics-deleted"].vault] == []) is stands
    granted = {v["name"]: v["properties"] for v in listed(after, "vaults")}
    entries = granted[steps["self-grant"].vault]["accessPolicies"]
    assert steps["self-grant"].identity not in {e["objectId"] for e in entries}, "it was taken out again"
    assert granted[steps["permission-model"].vault]["enableRbacAuthorization"], "and the model turned back"


def test_vaults_that_never_log_have_no_setting_and_late_ones_get_it(
    article: Simulated, before: Exports, after: Exports
) -> None:
    whys = {gap.vault: gap.why for gap in article.truth.gaps}
    never = next(vault for vault, why in whys.items() if "no diagnostic setting" in why)
    late = next(vault for vault, why in whys.items() if "switched on later" in why)
    for exports, logs in ((before, False), (after, True)):
        settings = {e["resourceId"].rsplit("/", 1)[-1]: e["value"] for e in exports["diagnostic-settings"]}
        assert settings[never] == []
        assert bool(settings[late]) is logs
    (policy,) = listed(after, "policy-assignments")
    assert [scope.rsplit("/rg-", 1)[-1] for scope in policy["notScopes"]] == [never.removeprefix("kv-contoso-")]


def test_the_stolen_certificate_is_the_one_its_application_accepts(article: Simulated, after: Exports) -> None:
    (opens,) = article.truth.opens
    (key,) = next(a for a in listed(after, "applications") if a["appId"] == opens.app_id)["keyCredentials"]
    assert base64.b64decode(key["customKeyIdentifier"]).hex().upper() == opens.thumbprint
    certificates = [
        o for o in listed(after, "objects") if f"{opens.vault}.vault.azure.net/certificates/" in o.get("id", "")
    ]
    assert opens.thumbprint in {c["x509ThumbprintHex"] for c in certificates}
    assert key["keyId"] == opens.key_id
    used = {r["properties"]["servicePrincipalCredentialKeyId"] for r in article.of("ServicePrincipalSignInLogs")}
    assert opens.key_id in used


@pytest.mark.parametrize(
    "scenario", ["none", "cli-dump-rbac", "credential-added", "firewall-opened", "dump-and-destroy"]
)
def test_other_scenarios_have_exports_too(tmp_path: Path, scenario: str) -> None:
    truth = simulate(tmp_path / "lab", days=3, vaults=10, events=500, scenario=scenario)
    first, last = map(read, sorted((tmp_path / "lab" / "inventory").iterdir()))
    assert truth.opens == ()
    assert truth.able
    assert len(listed(first, "vaults")) == len(listed(last, "vaults")) == 10
    if scenario == "credential-added":
        (name,) = {a.name for a in truth.actors if a.role == "application"} or {"contoso-identity-automation"}
        counts = [
            sum(map(len, (a["keyCredentials"], a["passwordCredentials"])))
            for x in (first, last)
            for a in listed(x, "applications")
            if a["displayName"] == name
        ]
        assert counts == [1, 2]
    if scenario == "firewall-opened":
        acls = [v["properties"]["networkAcls"] for v in listed(last, "vaults") if v["name"] == truth.steps[0].vault]
        assert acls[0]["ipRules"] == [], "the intruder's address was taken out again"
    if scenario == "dump-and-destroy":
        vault = truth.steps[0].vault
        assert not [o for o in listed(last, "objects") if f"{vault}." in o.get("id", "") and "/secrets/" in o["id"]]
