"""Every posture check proves itself: objects that fail, objects that pass, and what its export leaves out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from keywitness.case import Case, create_case
from keywitness.posture.check import Check, load_checks
from keywitness.posture.proof import prove

CHECKS = load_checks()


@pytest.fixture
def loader(tmp_path: Path) -> Callable[[bytes], Case]:
    made: list[Case] = []

    def load(lines: bytes) -> Case:
        file = tmp_path / f"{len(made)}.json"
        file.write_bytes(lines)
        case = create_case(tmp_path / f"case-{len(made)}")
        report = case.ingest([file])
        assert report.counts.rejected == 0, report.reasons
        made.append(case)
        return case

    return load


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.id)
def test_a_check_proves_itself(check: Check, loader: Callable[[bytes], Case]) -> None:
    for verdict in prove(check, loader):
        assert verdict.outcome.status != "error", verdict.outcome.reason
        assert verdict.found == verdict.case.expect, verdict.case.name
        assert all(j.what and j.rows for j in verdict.outcome.judged), verdict.outcome.judged


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.id)
def test_a_check_says_what_to_do_and_where_it_is_asked_for(check: Check) -> None:
    assert all(msgspec.structs.asdict(check.fix).values())
    assert check.maps.cis or check.maps.mcsb or check.maps.policy or check.id == "vault-open-to-deployments"
    assert check.references
