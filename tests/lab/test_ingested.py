"""The simulated logs through the real line: every record is stored or known as a copy, none is rejected."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from keywitness.case import Case, create_case

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


@pytest.fixture(scope="module")
def case(article: Simulated, tmp_path_factory: pytest.TempPathFactory) -> Case:
    made = create_case(tmp_path_factory.mktemp("case") / "case")
    made.ingest([article.out / "logs"])
    return made


def test_the_sums_are_those_of_the_truth(article: Simulated, case: Case) -> None:
    items = case.evidence()
    counts = article.truth.counts
    assert sum(item.read for item in items) == counts.lines
    assert sum(item.rejected for item in items) == 0
    assert sum(item.duplicate for item in items) == counts.copies
    assert sum(item.stored for item in items) == counts.unique


def test_every_category_fills_its_table(article: Simulated, case: Case) -> None:
    for category, table in TABLES.items():
        (row,) = case.query(f"{table} | count")
        assert row["Count"] == article.truth.counts.unique_by_category[category], table


def test_status_and_operation_arrive_unchanged(article: Simulated, case: Case) -> None:
    rows = case.query("AzureDiagnostics | summarize Records = count() by OperationName, httpStatusCode_d")
    stored = {(row["OperationName"], int(row["httpStatusCode_d"])): row["Records"] for row in rows}
    raw = {line for path in (article.out / "logs").rglob("PT1H.json") for line in path.read_bytes().splitlines()}
    simulated = Counter(
        (record["operationName"], record["properties"]["httpStatusCode"])
        for record in map(json.loads, raw)
        if record["category"] == "AuditEvent"
    )
    assert stored == dict(simulated)


def test_a_row_leads_back_to_the_line_of_the_truth(article: Simulated, case: Case) -> None:
    step = next(step for step in article.truth.steps if step.id == "09-break-glass")
    (row,) = case.query(
        "AzureDiagnostics | where OperationName == 'SecretGet' and requestUri_s has 'BreakGlassAccountTenant' "
        "| project _Row, requestUri_s"
    )
    shown = case.show(row["_Row"])
    lines = {Path(article.out / line.file).read_bytes().split(b"\n")[line.line - 1] for line in step.records}
    assert shown.data.rstrip(b"\n") in lines
