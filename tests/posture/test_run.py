"""A check without its export has not passed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keywitness.case import Case, create_case
from keywitness.engine import limits
from keywitness.engine.limits import Limits
from keywitness.posture.check import load_checks
from keywitness.posture.run import run_checks

CHECKS = {c.id: c for c in load_checks()}
VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    listed = {"id": VAULT, "name": "kv", "resourceGroup": "g", "type": "Microsoft.KeyVault/vaults", "location": "x"}
    (tmp_path / "vaults.json").write_text(json.dumps([listed]))
    made = create_case(tmp_path / "case")
    made.ingest([tmp_path / "vaults.json"])
    return made


def test_a_missing_table_is_named_with_the_command_that_brings_it(case: Case) -> None:
    (outcome,) = run_checks(case, [CHECKS["audit-logging"]], ["KeyVaults"])
    assert (outcome.status, outcome.judged) == ("not judged", ())
    assert "the case has no DiagnosticSettings" in outcome.reason


def test_a_vault_that_is_only_listed_is_unknown(case: Case) -> None:
    """The trap: `az keyvault list` has no properties, so a query for what is wrong finds nothing."""
    (outcome,) = run_checks(case, [CHECKS["purge-protection"]], ["KeyVaults"])
    assert outcome.status == "not judged"
    assert [(j.object, j.verdict) for j in outcome.judged] == [("kv", "unknown")]
    assert "az keyvault show" in outcome.reason


def test_a_large_tenant_meets_no_limit_of_a_users_query(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_USUAL", Limits(rows=0, size=1, time=600.0, memory=2**30))
    (outcome,) = run_checks(case, [CHECKS["purge-protection"]], ["KeyVaults"])
    assert [j.verdict for j in outcome.judged] == ["unknown"]
