"""Rules that leave: whole, in Sentinel's own formats, and the same rule when they come back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from keywitness.detect.export import LONGEST_QUERY, arm_template, sentinel_yaml, workspace_query
from keywitness.detect.rule import Rule, span
from keywitness.detect.rule_files import load_rules, read_rules
from keywitness.errors import RuleError
from keywitness.kql.catalog import Documented
from keywitness.kql.compile import compile_kql

RULES = load_rules()
by_slug = pytest.mark.parametrize("rule", RULES, ids=lambda r: r.slug)
#: What Sentinel's rule service takes (learn.microsoft.com/rest/api/securityinsights/alert-rules/create-or-update).
TRIGGERS = {"GreaterThan", "LessThan", "Equal", "NotEqual"}


@by_slug
def test_the_query_runs_in_a_workspace_by_itself(rule: Rule) -> None:
    text = workspace_query(rule)
    assert "_Row" not in text
    assert len(text) <= LONGEST_QUERY
    compile_kql(text.replace("_ItemId", "_Row"), Documented(), 0)  # nothing but documented tables is needed


@by_slug
def test_yaml_comes_back_as_the_same_rule(rule: Rule, tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(sentinel_yaml(rule), encoding="utf-8")
    back = read_rules(file)
    assert back.remarks == ()
    (again,) = back.rules
    for field in ("id", "name", "severity", "tactics", "relevant_techniques", "entity_mappings", "version"):
        assert getattr(again, field) == getattr(rule, field), field
    assert "keywitness" not in yaml.safe_load(file.read_text("utf-8"))


def test_an_arm_template_has_what_the_service_requires(tmp_path: Path) -> None:
    template = arm_template(RULES)
    assert set(template) == {"$schema", "contentVersion", "parameters", "resources"}
    for resource in template["resources"]:
        assert set(resource) == {"type", "name", "apiVersion", "kind", "properties"}
        properties = resource["properties"]
        assert {"displayName", "severity", "enabled", "query", "suppressionDuration", "suppressionEnabled"} <= set(
            properties
        )
        assert properties["triggerOperator"] in TRIGGERS
        assert properties["severity"] in {"High", "Medium", "Low", "Informational"}
        assert (
            300 <= span(properties["queryFrequency"]).total_seconds() <= span(properties["queryPeriod"]).total_seconds()
        )
        assert span(properties["queryPeriod"]).days <= 14
        assert not any("." in technique for technique in properties["techniques"])
    file = tmp_path / "all.json"
    file.write_text(json.dumps(template), encoding="utf-8")
    assert [r.id for r in read_rules(file).rules] == [r.id for r in RULES]


def test_a_query_that_sentinel_would_not_take_is_refused() -> None:
    long = Rule(id="x", name="Long", query="print " + ", ".join(f"a{n} = {n}" for n in range(2_000)))
    with pytest.raises(RuleError, match="Sentinel takes 10,000"):
        workspace_query(long)
