"""ARM templates of rules: what we write deploys, what the portal and solutions write is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from keywitness.detect.arm import arm_template
from keywitness.detect.rule import Rule, span
from keywitness.detect.rule_files import load_rules, read_rules
from keywitness.errors import RuleError
from keywitness.kql.catalog import Documented
from keywitness.kql.compile import compile_kql

RULES = load_rules()
SCHEMA = json.loads((Path(__file__).parent / "arm-rules.schema.json").read_text("utf-8"))
GUID = "0b9ae89d-8cad-461c-808f-0494f70ad5c4"


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return arm_template(RULES)


def _read(tmp_path: Path, made: object) -> tuple[Rule, ...]:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(made), encoding="utf-8")
    return read_rules(file).rules


def _broken(**changes: Any) -> dict[str, Any]:
    made = arm_template(RULES[:1])
    made["resources"][-1]["properties"] |= changes
    return made


def test_a_template_of_all_rules_is_as_the_service_wants_it(template: dict[str, Any]) -> None:
    jsonschema.validate(template, SCHEMA)
    for resource in template["resources"]:
        made = resource["properties"]
        if resource.get("kind") == "Scheduled":
            assert 300 <= span(made["queryFrequency"]).total_seconds() <= span(made["queryPeriod"]).total_seconds()
            assert span(made["queryPeriod"]).days <= 14


@pytest.mark.parametrize(
    "changes",
    [{"severity": "Grave"}, {"queryPeriod": "1d"}, {"query": ""}, {"tactics": ["Theft"]}, {"frequency": "P1D"}],
)
def test_the_schema_refuses_what_the_service_would(changes: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(_broken(**changes), SCHEMA)


def test_rules_come_back_as_the_same(tmp_path: Path, template: dict[str, Any]) -> None:
    back = _read(tmp_path, template)
    assert [r.id for r in back] == [r.id for r in RULES]
    for again, rule in zip(back, RULES, strict=True):
        for field in (
            "name",
            "tactics",
            "entity_mappings",
            "custom_details",
            "alert_details_override",
            "version",
            "kind",
        ):
            assert getattr(again, field) == getattr(rule, field), (rule.slug, field)
        assert again.severity == rule.severity
        subs = {t.partition(".")[0] for t in rule.relevant_techniques if "." in t}
        assert sorted(again.relevant_techniques) == sorted(t for t in rule.relevant_techniques if t not in subs)


def test_a_rule_too_long_by_itself_comes_after_its_functions(template: dict[str, Any]) -> None:
    """What is deployed, put together as a workspace does, compiles; functions stand before who calls them."""
    functions = {
        r["name"]: r["properties"] for r in template["resources"] if r["properties"].get("category") == "keywitness"
    }
    lets = "\n".join(
        f"let {p['functionAlias']} = ({p.get('functionParameters', '')}) {{{p['query']}}};" for p in functions.values()
    )
    long = [r for r in template["resources"] if r.get("kind") == "Scheduled" and "dependsOn" in r]
    assert len(long) >= 4
    for resource in long:
        compile_kql((lets + resource["properties"]["query"]).replace("_ItemId", "_Row"), Documented(), 0)
        for reference in resource["dependsOn"]:
            assert any(name.endswith(reference.rsplit("'", 2)[1] + "')]") for name in functions), reference


def test_a_query_that_is_too_long_even_so_is_refused() -> None:
    long = Rule(id=GUID, name="Long", query="print " + ", ".join(f"a{n} = {n}" for n in range(2_000)))
    with pytest.raises(RuleError, match="Sentinel takes 10,000"):
        arm_template([long])


def test_text_in_brackets_is_no_expression(tmp_path: Path) -> None:
    """ARM evaluates any string in brackets: a rule of this name would fail to deploy, or run what it says."""
    rule = Rule(id=GUID, name="[concat('a','b')]", query="print 1", severity="Low")
    made = arm_template([rule])
    assert made["resources"][0]["properties"]["displayName"] == "[[concat('a','b')]"
    (again,) = _read(tmp_path, made)
    assert again.name == rule.name


def test_every_setting_of_a_rule_survives(tmp_path: Path) -> None:
    grouping = {
        "enabled": True,
        "reopenClosedIncident": False,
        "lookbackDuration": "5h",
        "matchingMethod": "Selected",
        "groupByEntities": ["IP"],
    }
    rule = Rule(
        id=GUID,
        name="All",
        query="print 1",
        severity="Low",
        query_frequency="1h",
        query_period="2d",
        trigger_operator="lt",
        trigger_threshold=5,
        suppression_enabled=True,
        suppression_duration="4h",
        event_grouping_settings={"aggregationKind": "SingleAlert"},
        incident_configuration={"createIncident": True, "groupingConfiguration": grouping},
        sentinel_entities_mappings=({"columnName": "Entities"},),
    )
    made = arm_template([rule])
    jsonschema.validate(made, SCHEMA)
    (again,) = _read(tmp_path, made)
    assert (again.suppression_enabled, span(again.suppression_duration)) == (True, span("4h"))
    assert again.event_grouping_settings == rule.event_grouping_settings
    assert again.sentinel_entities_mappings == rule.sentinel_entities_mappings
    lookback = again.incident_configuration["groupingConfiguration"].pop("lookbackDuration")
    assert span(lookback) == span(grouping.pop("lookbackDuration"))
    assert again.incident_configuration == {"createIncident": True, "groupingConfiguration": grouping}
    assert (again.trigger_operator, again.trigger_threshold) == ("LessThan", 5)


def test_an_nrt_rule_and_a_hunt_keep_their_kind(tmp_path: Path) -> None:
    rules = [
        Rule(id=GUID, name="Now", query="print 1", severity="Low", kind="NRT"),
        Rule(id=GUID[:-1] + "5", name="Hunt", query="print 2", kind="Hunting", tactics=("Impact",), description="Why"),
    ]
    made = arm_template(rules)
    jsonschema.validate(made, SCHEMA)
    again = _read(tmp_path, made)
    assert [(r.kind, r.name, r.id) for r in again] == [(r.kind, r.name, r.id) for r in rules]
    assert (again[1].tactics, again[1].description) == (("Impact",), "Why")


def test_parameters_variables_and_templates_inside_are_followed(tmp_path: Path) -> None:
    """Solutions of Sentinel's content hub hold their rules in templates inside the template, named by variables."""
    inner = {
        "parameters": {"severity": {"defaultValue": "High"}},
        "variables": {"name": "[variables('outer')]"},
        "resources": [
            {
                "type": "Microsoft.SecurityInsights/AlertRuleTemplates/alertRules",
                "name": f"[concat('x-', '{GUID}')]",
                "kind": "Scheduled",
                "properties": {
                    "displayName": "[variables('name')]",
                    "severity": "[parameters('severity')]",
                    "query": "[parameters('unset')]",
                    "tactics": ["Impact"],
                },
            }
        ],
    }
    made = {
        "variables": {"outer": "[variables('rule').title]", "rule": {"title": "From outside"}},
        "resources": [{"type": "x/contentTemplates", "properties": {"mainTemplate": inner}}],
    }
    (rule,) = _read(tmp_path, made)
    assert (rule.name, rule.severity, rule.id) == ("From outside", "High", GUID)
    assert rule.query == "[parameters('unset')]"  # a parameter without a value is not made up


def test_names_that_go_in_circles_end(tmp_path: Path) -> None:
    made = {
        "variables": {"a": "[variables('b')]", "b": "[variables('a')]"},
        "resources": [
            {
                "type": "x/alertRules",
                "name": GUID,
                "properties": {"displayName": "[variables('a')]", "query": "print 1"},
            }
        ],
    }
    (rule,) = _read(tmp_path, made)
    assert rule.name.startswith("[variables(")
