"""One simulated break-in, investigated once for all tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from keywitness.case import Case, create_case
from keywitness.investigate import investigate
from keywitness.lab.simulate import simulate
from keywitness.lab.truth import Truth, read_truth
from keywitness.report.document import Document

MADE_AT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Incident:
    """The simulated evidence, its truth, its case and what the investigation says."""

    folder: Path
    truth: Truth
    case: Case
    document: Document


@pytest.fixture(scope="session")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Incident:
    """A break-in in two weeks of an ordinary company."""
    folder = tmp_path_factory.mktemp("incident")
    simulate(folder / "evidence", days=14, vaults=16, seed=11, events=9_000, scenario="article")
    case = create_case(folder / "case")
    case.ingest([folder / "evidence" / "logs"])
    truth = read_truth(folder / "evidence" / "truth.json")
    return Incident(folder / "evidence", truth, case, investigate(case, made_at=MADE_AT))


@pytest.fixture
def case_of(tmp_path: Path) -> Callable[..., Case]:
    """Makes a case of raw records; a text stands for itself."""

    def make(*records: Any) -> Case:
        lines = (r if isinstance(r, str) else json.dumps(r) for r in records)
        (tmp_path / "evidence.json").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        case = create_case(tmp_path / "case")
        case.ingest([tmp_path / "evidence.json"])
        return case

    return make


@pytest.fixture
def read_record() -> Callable[..., dict[str, Any]]:
    """Makes a raw SecretGet by a browser; `more` replaces fields."""

    def make(name: str = "db", at: str = "2026-03-02T10:00:00.0000000Z", **more: Any) -> dict[str, Any]:
        return {
            "time": at,
            "category": "AuditEvent",
            "operationName": "SecretGet",
            "operationVersion": "7.4",
            "resultType": "Success",
            "resultSignature": "OK",
            "durationMs": "20",
            "callerIpAddress": "198.51.100.20",
            "correlationId": f"{name}-{at}",
            "identity": {"claim": {"oid": "6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01", "upn": "alice@contoso.com"}},
            "properties": {
                "clientInfo": "Mozilla/5.0",
                "requestUri": f"https://kv-a.vault.azure.net/secrets/{name}/?api-version=7.4",
                "id": f"https://kv-a.vault.azure.net/secrets/{name}/0123456789abcdef0123456789abcdef",
                "httpStatusCode": 200,
            },
            "resourceId": "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG/PROVIDERS/"
            "MICROSOFT.KEYVAULT/VAULTS/KV-A",
            **more,
        }

    return make
