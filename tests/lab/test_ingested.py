"""The simulated logs through the real line: every record is stored or known as a copy, none is rejected."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

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
