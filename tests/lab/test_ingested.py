"""The simulated logs through the real line: every record is stored or known as a copy, none is rejected."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from keywitness.case import Case

from .conftest import Simulated

TABLES = {
    "AuditEvent": "AzureDiagnostics",
    "Administrative": "AzureActivity",
    "AuditLogs": "AuditLogs",
    "SignInLogs": "SigninLogs",
    "NonInteractiveUserSignInLogs": "AADNonInteractiveUserSignInLogs",
    "ServicePrincipalSignInLogs": "AADServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs": "AADManagedIdentitySignInLogs",
    "MicrosoftGraphActivityLogs": "MicrosoftGraphActivityLogs",
}


def test_the_sums_are_those_of_the_truth(article: Simulated, article_case: Case) -> None:
    items = article_case.evidence()
    counts = article.truth.counts
    assert sum(item.read for item in items) == counts.lines
    assert sum(item.rejected for item in items) == 0
    assert sum(item.duplicate for item in items) == counts.copies
    assert sum(item.stored for item in items) == counts.unique


def test_every_category_fills_its_table(article: Simulated, article_case: Case) -> None:
    for category, table in TABLES.items():
        (row,) = article_case.query(f"{table} | count")
        assert row["Count"] == article.truth.counts.unique_by_category[category], table


def test_status_and_operation_arrive_unchanged(article: Simulated, article_case: Case) -> None:
    rows = article_case.query("AzureDiagnostics | summarize Records = count() by OperationName, httpStatusCode_d")
    stored = {(row["OperationName"], int(row["httpStatusCode_d"])): row["Records"] for row in rows}
    raw = {line for path in (article.out / "logs").rglob("PT1H.json") for line in path.read_bytes().splitlines()}
    simulated = Counter(
        (record["operationName"], record["properties"]["httpStatusCode"])
        for record in map(json.loads, raw)
        if record["category"] == "AuditEvent"
    )
    assert stored == dict(simulated)


def test_a_row_leads_back_to_the_line_of_the_truth(article: Simulated, article_case: Case) -> None:
    step = next(step for step in article.truth.steps if step.id == "09-break-glass")
    (row,) = article_case.query(
        "AzureDiagnostics | where OperationName == 'SecretGet' and requestUri_s has 'BreakGlassAccountTenant' "
        "| project _Row, requestUri_s"
    )
    shown = article_case.show(row["_Row"])
    lines = {Path(article.out / line.file).read_bytes().split(b"\n")[line.line - 1] for line in step.records}
    assert shown.data.rstrip(b"\n") in lines


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "SigninLogs",
            "UserPrincipalName UserId AppId IPAddress ResultType CorrelationId UniqueTokenIdentifier UserAgent",
        ),
        (
            "AADNonInteractiveUserSignInLogs",
            "UserPrincipalName UserId AppId IPAddress ResultType UniqueTokenIdentifier",
        ),
        (
            "AADServicePrincipalSignInLogs",
            "ServicePrincipalId ServicePrincipalName AppId IPAddress ResultType ServicePrincipalCredentialKeyId "
            "UniqueTokenIdentifier ResourceDisplayName",
        ),
        ("AADManagedIdentitySignInLogs", "ServicePrincipalId AppId ResultType UniqueTokenIdentifier"),
        ("AuditLogs", "OperationName Category Result CorrelationId Id"),
        (
            "MicrosoftGraphActivityLogs",
            "RequestUri RequestMethod AppId IPAddress SignInActivityId ClientAuthMethod ResponseStatusCode Roles",
        ),
        ("AzureActivity", "OperationNameValue ActivityStatusValue Caller CallerIpAddress CorrelationId _ResourceId"),
    ],
)
def test_the_columns_that_an_investigation_needs_are_filled(article_case: Case, table: str, columns: str) -> None:
    counts = ", ".join(f"{name} = countif(isnotempty(tostring({name})))" for name in columns.split())
    (row,) = article_case.query(f"{table} | summarize All = count(), {counts}")
    values = dict(row)
    assert values.pop("All") > 0
    assert {name for name, filled in values.items() if not filled} == set()


def test_vault_records_join_their_sign_ins(article_case: Case) -> None:
    """The token id in the vault's log is the one in the sign-in's, after decoding."""
    (row,) = article_case.query(
        "AzureDiagnostics | where isnotempty(identity_claim_uti_s) | summarize by Token = identity_claim_uti_s "
        "| join kind=inner (union SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs, "
        "AADManagedIdentitySignInLogs | summarize by Token = UniqueTokenIdentifier) on Token | count"
    )
    assert row["Count"] > 100
