"""Rules that leave: whole, in Sentinel's own formats, and the same rule when they come back."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from keywitness.detect.export import LONGEST_QUERY, _squeezed, sentinel_yaml, workspace_query
from keywitness.detect.rule import Rule
from keywitness.detect.rule_files import load_rules, read_rules
from keywitness.errors import RuleError
from keywitness.kql.catalog import Documented
from keywitness.kql.compile import compile_kql
from keywitness.kql.lexer import tokenize

RULES = load_rules()


def _fits(rule: Rule) -> bool:
    """Whether one query of Sentinel's length holds the rule; else an ARM template deploys it after its functions."""
    try:
        return bool(workspace_query(rule))
    except RuleError as error:
        assert "Sentinel takes 10,000" in error.message
        return False


FITTING = pytest.mark.parametrize("rule", [rule for rule in RULES if _fits(rule)], ids=lambda r: r.slug)


def test_nearly_all_rules_are_one_query() -> None:
    assert sum(map(_fits, RULES)) >= 0.9 * len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.slug)
def test_a_query_that_lost_its_blanks_is_the_same_query(rule: Rule) -> None:
    whole = rule.bound()
    squeezed = _squeezed(whole)
    assert len(squeezed) < len(whole)
    assert [(t.kind, t.text, t.value) for t in tokenize(squeezed).tokens] == [
        (t.kind, t.text, t.value) for t in tokenize(whole).tokens
    ]


@FITTING
def test_the_query_runs_in_a_workspace_by_itself(rule: Rule) -> None:
    text = workspace_query(rule)
    assert "_Row" not in text
    assert len(text) <= LONGEST_QUERY
    compile_kql(text.replace("_ItemId", "_Row"), Documented(), 0)  # nothing but documented tables is needed


@FITTING
def test_yaml_comes_back_as_the_same_rule(rule: Rule, tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(sentinel_yaml(rule), encoding="utf-8")
    back = read_rules(file)
    assert back.remarks == ()
    (again,) = back.rules
    for field in ("id", "name", "severity", "tactics", "relevant_techniques", "entity_mappings", "version"):
        assert getattr(again, field) == getattr(rule, field), field
    assert "keywitness" not in yaml.safe_load(file.read_text("utf-8"))


def test_a_query_that_sentinel_would_not_take_is_refused() -> None:
    long = Rule(id="x", name="Long", query="print " + ", ".join(f"a{n} = {n}" for n in range(2_000)))
    with pytest.raises(RuleError, match="Sentinel takes 10,000"):
        workspace_query(long)


PUBLISHED = """\
id: 0b9ae89d-8cad-461c-808f-0494f70ad5c4
name: Odd reads
description: |
  'Reads at night'
severity: Medium
status: Available
requiredDataConnectors:
  - connectorId: AzureKeyVault
    dataTypes:
      - KeyVaultData
queryFrequency: 1h
queryPeriod: 2d
triggerOperator: lt
triggerThreshold: 5
tactics:
  - CredentialAccess
relevantTechniques:
  - T1555.006
  - T1003
tags:
  - DEV-0537
query: |
  // who reads at night
  AzureDiagnostics
  | where hourofday(TimeGenerated) < 5   // UTC

  | project TimeGenerated, CallerIPAddress
entityMappings:
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: CallerIPAddress
sentinelEntitiesMappings:
  - columnName: Entities
customDetails:
  Address: CallerIPAddress
alertDetailsOverride:
  alertDisplayNameFormat: Reads of {{CallerIPAddress}}
  alertDescriptionFormat: at {{TimeGenerated}}
  alertTacticsColumnName: Tactics
  alertSeverityColumnName: Severity
  alertDynamicProperties:
    - alertProperty: ProductName
      value: Product
eventGroupingSettings:
  aggregationKind: SingleAlert
incidentConfiguration:
  createIncident: true
  groupingConfiguration:
    enabled: true
    reopenClosedIncident: false
    lookbackDuration: 5h
    matchingMethod: Selected
    groupByEntities:
      - IP
    groupByAlertDetails: []
    groupByCustomDetails:
      - Address
suppressionEnabled: true
suppressionDuration: 4h
metadata:
  source:
    kind: Community
version: 1.2.3
kind: Scheduled
"""


def test_every_field_of_a_published_rule_survives(tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(PUBLISHED, encoding="utf-8")
    loaded = read_rules(tmp_path / "in.yaml")
    assert loaded.remarks == ()
    written = sentinel_yaml(loaded.rules[0])
    assert yaml.safe_load(written) == yaml.safe_load(PUBLISHED)
    (tmp_path / "out.yaml").write_text(written, encoding="utf-8")
    assert read_rules(tmp_path / "out.yaml").rules == loaded.rules


def test_a_rule_that_runs_as_events_come_has_no_schedule(tmp_path: Path) -> None:
    """Sentinel refuses a schedule on an NRT rule; one that we made up would be invented."""
    (tmp_path / "in.yaml").write_text(
        "id: 0b9ae89d-8cad-461c-808f-0494f70ad5c4\nname: N\nquery: T\nkind: NRT\nseverity: Low\n"
    )
    made = yaml.safe_load(sentinel_yaml(read_rules(tmp_path / "in.yaml").rules[0]))
    assert made["kind"] == "NRT"
    assert not {"queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"} & set(made)
