"""The whole line over simulated logs: every step of the attack is named, and nothing else is called an attack."""

from __future__ import annotations

from pathlib import Path

import pytest

from keywitness.case import Case, create_case
from keywitness.investigate import investigate, make_scope
from keywitness.report.document import Document
from keywitness.score.naming import Score, score

from ..lab.conftest import Simulated

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def named(article: Simulated, article_case: Case) -> tuple[Document, Score]:
    document = investigate(article_case, scope=make_scope(watchlist=article.out / "watchlist.csv"))
    return document, score(article.truth, document, article.out)


def test_every_step_is_named(named: tuple[Document, Score]) -> None:
    document, result = named
    assert [run.rule_id for run in document.coverage.rules if run.status != "ran"] == []
    assert result.missed == (), result.render()


def test_every_finding_is_about_the_attack_or_a_known_lookalike(named: tuple[Document, Score]) -> None:
    _, result = named
    assert [f.finding.title for f in result.unexplained if f.finding.severity in ("high", "medium")] == []


def test_what_the_attacker_read_is_listed_with_its_keys(named: tuple[Document, Score]) -> None:
    _, result = named
    assert result.unlisted == result.keys_overlooked == (), result.render()


def test_the_gaps_of_the_truth_are_said(article: Simulated, named: tuple[Document, Score]) -> None:
    document, _ = named
    said = " ".join(document.coverage.cannot_conclude)
    for gap in article.truth.gaps:
        assert gap.vault in said, gap


def test_ordinary_life_is_no_attack(ordinary: Simulated, tmp_path: Path) -> None:
    case = create_case(tmp_path / "case")
    case.ingest([ordinary.out / "logs"])
    document = investigate(case, scope=make_scope(watchlist=ordinary.out / "watchlist.csv"))
    assert [f.title for f in document.findings if f.severity == "high"] == []
    result = score(ordinary.truth, document, ordinary.out)
    assert {f.verdict for f in result.findings} <= {"lookalike", "unexplained", "for the record"}
