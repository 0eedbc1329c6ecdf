"""Every rule carries its proof, names what it must, and its proof holds in the real decoders and engine."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from keywitness.case import Case, create_case
from keywitness.detect.proof import prove
from keywitness.detect.rule import Rule, techniques
from keywitness.detect.rule_files import load_rules, read_rules
from keywitness.detect.run import run_rules
from keywitness.model.content import content, function_names, function_text

RULES = load_rules()
SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "schema" / "kql"
#: Tables that a case of a rule may fill; a rule must answer when the others are empty.
TABLES = frozenset(
    {
        "AzureDiagnostics",
        "AzureActivity",
        "AuditLogs",
        "SigninLogs",
        "AADNonInteractiveUserSignInLogs",
        "AADServicePrincipalSignInLogs",
        "AADManagedIdentitySignInLogs",
        "MicrosoftGraphActivityLogs",
    }
)

by_slug = pytest.mark.parametrize("rule", RULES, ids=lambda r: r.slug)


@pytest.fixture
def loader(tmp_path: Path) -> Callable[..., Case]:
    """Makes a case of raw records and watchlists."""
    made: list[Case] = []

    def load(lines: bytes, watchlists: Mapping[str, bytes] | None = None) -> Case:
        file = tmp_path / f"{len(made)}.json"
        file.write_bytes(lines)
        case = create_case(tmp_path / f"case-{len(made)}")
        report = case.ingest([file])
        assert report.counts.rejected == 0, report.reasons
        for alias, rows in (watchlists or {}).items():
            (tmp_path / f"{alias}.csv").write_bytes(rows)
            case.add_watchlist(tmp_path / f"{alias}.csv", alias)
        made.append(case)
        return case

    return load


def test_the_method_has_its_rules() -> None:
    assert {r.slug for r in RULES} >= {
        "unauthorised-access-pattern",
        "vault-listing-sweep",
        "list-then-read",
        "watched-secret-read",
        "certificate-export-api",
        "certificate-export-portal",
        "access-policy-added",
        "permission-model-changed",
        "self-grant-then-read",
        "diagnostic-setting-deleted",
        "first-seen-address",
        "unusual-volume",
        "entra-app-used-after-export",
        "global-administrator-granted",
    }


def test_ids_are_unique() -> None:
    assert len({uuid.UUID(r.id) for r in RULES}) == len(RULES)
    assert len({r.slug for r in RULES}) == len(RULES)


@by_slug
def test_a_rule_has_cases_of_both_kinds(rule: Rule) -> None:
    found = [case.findings for case in rule.keywitness.cases]
    assert any(found), "no case that must match"
    assert 0 in found, "no near miss"


@by_slug
def test_a_rule_says_what_a_responder_needs(rule: Rule) -> None:
    ours = rule.keywitness
    assert ours.title and ours.what and ours.why and ours.tables
    assert ours.false_positives and ours.blind_spots and ours.response
    assert rule.severity in ("High", "Medium", "Low", "Informational")
    assert rule.relevant_techniques and rule.tactics
    assert rule.required_data_connectors and rule.entity_mappings


@by_slug
def test_a_rule_names_known_techniques(rule: Rule) -> None:
    for technique, name in techniques(rule.relevant_techniques):
        assert re.fullmatch(r"T\d{4}(\.\d{3})?", technique)
        assert name != technique, f"{technique} has no name in content/attack.yaml"


def test_a_rule_stands_under_its_tactic_and_slug() -> None:
    for folder in content("rules").iterdir():
        for file in folder.iterdir():
            rule = read_rules(file).rules[0]
            assert file.name == f"{rule.slug}.yaml"
            assert folder.name.title().replace("-", "") in rule.tactics


@by_slug
def test_numbers_of_a_query_are_parameters(rule: Rule) -> None:
    """A threshold inside a query could not be seen or changed."""
    compared = re.findall(r"(?:>=|>|<=|<)\s*(\d+)(?![\w.])", rule.query)
    assert [n for n in compared if int(n) > 1] == []
    for parameter in rule.keywitness.parameters:
        assert re.search(rf"\b{parameter.name}\b", rule.query + rule.keywitness.unjudged), f"{parameter.name} unused"


@by_slug
def test_proof(rule: Rule, loader: Callable[..., Case]) -> None:
    for verdict in prove(rule, loader, TABLES):
        assert verdict.outcome.status == "ran", verdict.outcome.reason
        found = verdict.outcome.findings
        assert len(found) == verdict.case.findings, f"{verdict.case.name}: {[f.title for f in found]}"
        for finding in found:
            assert "{{" not in finding.title + finding.what, "a placeholder that no column fills"
            assert finding.rows, "a finding without source rows"
            assert finding.first_at and finding.first_at <= finding.last_at
            assert finding.identities
            assert all(re.fullmatch(r"E\d+:\d+", row) for row in finding.rows)


def test_a_case_counts_rows_as_its_name_says() -> None:
    """Start and Success are one act, one act in two logs is one finding: the cases that say so are there."""
    policy = next(r for r in RULES if r.slug == "access-policy-added")
    assert {c.name: c.findings for c in policy.keywitness.cases}["one act in both logs, under two correlation ids"] == 1


@pytest.mark.parametrize("name", sorted(function_names()))
def test_functions_are_one_let_statement(name: str) -> None:
    text = function_text(name)
    assert text.startswith(f"let {name} = (")
    assert text.endswith("};")


def test_content_files_are_plain_data() -> None:
    for file in ("attack.yaml", "applications.yaml", "clients.yaml"):
        assert yaml.safe_load(content(file).read_text("utf-8"))


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.yaml")) or [None], ids=lambda f: f.stem if f else "absent")
def test_sentinel_rules_load_unchanged(file: Path | None) -> None:
    if file is None:
        pytest.skip("the samples of Sentinel rules are not beside this checkout")
    rule = read_rules(file).rules[0]
    assert rule.slug
    assert rule.keywitness.cases == ()
    assert "AzureDiagnostics" in rule.bound()


def test_sentinel_rules_run(loader: Callable[..., Case]) -> None:
    """Two published rules that need what the engine has run over a case and find what they look for."""
    files = [
        SAMPLES / "sentinel_KeyVaultSensitiveOperations.yaml",
        SAMPLES / "sentinel_KeyvaultMassSecretRetrieval.yaml",
    ]
    if not all(f.exists() for f in files):
        pytest.skip("the samples of Sentinel rules are not beside this checkout")
    deletion = (
        b'{"time":"2026-03-02T02:10:00.1234567Z","category":"AuditEvent","operationName":"VaultDelete",'
        b'"operationVersion":"2023-07-01","resultType":"Success","resultSignature":"OK","durationMs":"20",'
        b'"callerIpAddress":"203.0.113.66","correlationId":"c1","identity":{"claim":{'
        b'"http://schemas.microsoft.com/identity/claims/objectidentifier":"6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01"}},'
        b'"properties":{"id":"https://kv-a.vault.azure.net/","clientInfo":"x","requestUri":"https://management.azure.com/x",'
        b'"httpStatusCode":200},"resourceId":"/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG/'
        b'PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-A"}\n'
    )
    outcomes = run_rules(loader(deletion), [read_rules(f).rules[0] for f in files], present=TABLES)
    assert [(o.status, len(o.findings)) for o in outcomes] == [("ran", 1), ("ran", 0)], [o.reason for o in outcomes]
    assert outcomes[0].findings[0].identities == ("6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01",)
