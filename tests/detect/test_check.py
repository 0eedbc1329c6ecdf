"""What `rules check` says: every fault of a rule, with a way on, and nothing of a good one."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness.detect.check import CHECKS, check
from keywitness.detect.rule import Additions, Case, Parameter, Rule
from keywitness.detect.rule_files import load_rules

GOOD = Additions(
    slug="probe",
    false_positives=("x",),
    blind_spots=("x",),
    response=("x",),
    parameters=(Parameter("Limit", "long", 5, "x"), Parameter("Span", "timespan", "1h", "x")),
    cases=(Case(name="a", findings=1, records=()), Case(name="b", findings=0, records=())),
)


def rule(query: str, ours: Additions = GOOD, **fields: Any) -> Rule:
    made = {"tactics": ("CredentialAccess",), "relevant_techniques": ("T1555.006",), "severity": "Low"} | fields
    return Rule(id="r1", name="Probe", query=query, keywitness=ours, **made)


def causes(query: str, **fields: Any) -> list[str]:
    return [f"{issue.code} {issue.cause}" for issue in check(rule(query, **fields))]


def test_a_good_rule_has_no_issue() -> None:
    assert causes("AzureDiagnostics | summarize n = count() by CallerIPAddress | where n > Limit") == []


@pytest.mark.parametrize("built_in", load_rules(), ids=lambda r: r.slug)
def test_built_in_rules_are_clean(built_in: Rule) -> None:
    assert check(built_in) == ()


def test_an_unknown_column_is_named_with_its_place() -> None:
    (cause,) = causes("AzureDiagnostics | where CallerIPAdress != ''")
    assert cause.startswith("RC01 error[KS142]: 'CallerIPAdress' is not a column here")
    assert "CallerIPAddress" in cause


def test_proof_of_both_kinds_attack_and_limits_are_asked_for() -> None:
    bare = check(rule("AzureDiagnostics | take 1", Additions(slug="x"), tactics=(), relevant_techniques=("T0",)))
    assert [i.code for i in bare] == ["RC02", "RC02", "RC03", "RC03", "RC04", "RC04", "RC04"]
    assert "T0 is no technique" in bare[3].cause


@pytest.mark.parametrize(
    ("query", "threshold"),
    [
        ("AzureDiagnostics | summarize n = count() by CallerIPAddress | where n > 25", "25"),
        ("AzureDiagnostics | where TimeGenerated > ago(14d)", "14d"),
        ("AzureDiagnostics | where DurationMs between (2 .. Limit)", "2"),
    ],
)
def test_a_threshold_belongs_into_a_parameter(query: str, threshold: str) -> None:
    (cause,) = causes(query)
    assert cause.startswith(f"RC05 the threshold {threshold} stands in the query (line 1")


def test_statuses_and_zero_are_no_thresholds() -> None:
    assert (
        causes("AzureDiagnostics | where httpStatusCode_d >= 400 and DurationMs > 0 | where DurationMs >= Limit") == []
    )


JOIN = """AzureDiagnostics | where OperationName == "SecretList" | project OperationName, Resource
    | join kind={kind} (AzureDiagnostics | where OperationName in ("SecretGet", "KeyGet")
        | project OperationName, Resource) on {on}"""


def test_a_join_that_never_matches_is_said() -> None:
    (cause,) = causes(JOIN.format(kind="inner", on="OperationName"))
    assert cause == "RC06 a join that never matches: 'SecretList' on one side, 'KeyGet' or 'SecretGet' on the other"
    assert causes(JOIN.format(kind="leftanti", on="OperationName")) == [], "whoever has no match is what is wanted"
    assert causes(JOIN.format(kind="inner", on="Resource")) == []


def test_data_plane_operations_are_not_in_the_activity_log() -> None:
    """The published mistake: reads of secrets looked for where Azure never writes them."""
    wrong = 'AzureActivity | where OperationNameValue in~ ("Microsoft.KeyVault/vaults/secrets/getSecret/action", "X")'
    (cause,) = causes(wrong)
    assert cause.startswith("RC07 'Microsoft.KeyVault/vaults/secrets/getSecret/action' is looked for in AzureActivity")
    assert causes('AzureActivity | where OperationNameValue =~ "MICROSOFT.KEYVAULT/VAULTS/KEYS/READ"') != []
    assert causes('AzureActivity | where OperationNameValue =~ "MICROSOFT.KEYVAULT/VAULTS/WRITE"') == []
    assert causes('AzureDiagnostics | where OperationName == "SecretGet"') == []


def test_every_check_has_a_code_and_a_way_on() -> None:
    assert [code for code, *_ in CHECKS] == [f"RC{n:02}" for n in range(1, len(CHECKS) + 1)]
    assert all(help for _, help, _ in CHECKS)
