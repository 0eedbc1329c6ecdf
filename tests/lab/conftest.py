"""Small simulations shared by the tests of the lab."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keywitness.case import Case, create_case
from keywitness.lab.simulate import simulate
from keywitness.lab.truth import Truth

SHARED = Path(__file__).parents[3] / "shared"


@dataclass(frozen=True)
class Simulated:
    """A finished simulation with its records by category."""

    out: Path
    truth: Truth
    records: dict[str, list[tuple[Path, dict[str, Any]]]]

    def of(self, category: str) -> list[dict[str, Any]]:
        return [record for _, record in self.records[category]]


def load(out: Path, truth: Truth) -> Simulated:
    records: dict[str, list[tuple[Path, dict[str, Any]]]] = {}
    for path in sorted((out / "logs").rglob("PT1H.json")):
        for line in path.read_bytes().splitlines():
            record = json.loads(line)
            records.setdefault(record["category"], []).append((path, record))
    return Simulated(out, truth, records)


@pytest.fixture(scope="session")
def article(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """Ten vaults, thirteen days (rules ask for a week of history), the article's attack."""
    out = tmp_path_factory.mktemp("article")
    return load(out, simulate(out, days=13, vaults=10, seed=7, events=7_000))


@pytest.fixture(scope="session")
def article_case(article: Simulated, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A case that holds the article's logs."""
    case = create_case(tmp_path_factory.mktemp("case") / "case")
    case.ingest([article.out / "logs"])
    return case


@pytest.fixture(scope="session")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """Nine vaults, four days, no attack."""
    out = tmp_path_factory.mktemp("ordinary")
    return load(out, simulate(out, days=4, vaults=9, seed=7, events=2_500, scenario="none"))
