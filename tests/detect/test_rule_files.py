"""Files of rules in the formats that others write, taken as they stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keywitness.detect.rule_files import load_rules, read_all, read_rules, rule_paths
from keywitness.errors import RuleError

GUID = "1b348ed1-46d1-400f-ad7f-85e005d0e342"
ARM_RULE = {
    "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
    "name": f"[concat(parameters('workspace'),'/Microsoft.SecurityInsights/{GUID.upper()}')]",
    "kind": "Scheduled",
    "properties": {
        "displayName": "Odd reads",
        "severity": "Low",
        "enabled": True,
        "query": "AzureDiagnostics | take 1",
        "queryFrequency": "PT1H",
        "queryPeriod": "P1D",
        "triggerOperator": "GreaterThan",
        "triggerThreshold": 0,
        "tactics": ["CredentialAccess"],
        "techniques": ["T1555"],
        "customDetails": None,
        "entityMappings": None,
        "sentinelEntitiesMappings": None,
    },
}
HUNT = {
    "type": "Microsoft.OperationalInsights/savedSearches",
    "name": "hunt",
    "properties": {
        "category": "Hunting Queries",
        "displayName": "A hunt",
        "query": "AzureActivity | take 1",
        "tags": [{"name": "tactics", "value": "Discovery, Impact"}, {"name": "techniques", "value": "T1526"}],
    },
}


@pytest.fixture
def written(tmp_path: Path):
    def write(name: str, text: str | dict) -> Path:
        file = tmp_path / name
        file.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return file

    return write


def test_an_arm_template_holds_alert_rules_and_hunts(written) -> None:
    found = read_rules(written("export.json", {"resources": [ARM_RULE, {"type": "x/workbooks"}, HUNT]}))
    rule, hunt = found.rules
    assert (rule.id, rule.name, rule.query_frequency, rule.kind) == (GUID, "Odd reads", "PT1H", "Scheduled")
    assert rule.relevant_techniques == ("T1555",)
    assert (hunt.name, hunt.kind, hunt.tactics) == ("A hunt", "Hunting", ("Discovery", "Impact"))
    assert found.remarks == (
        "Odd reads: left out: sentinelEntitiesMappings",
        "resource 1 is no rule (x/workbooks)",
    ) or (found.remarks == ("resource 1 is no rule (x/workbooks)",))


def test_a_key_that_only_sentinel_knows_is_left_out_with_a_remark(written) -> None:
    found = read_rules(
        written("a.yaml", f"id: {GUID}\nname: N\nquery: print 1\nseverity: Low\ndescription-detailed: x\n")
    )
    assert found.remarks == ("left out: description-detailed",)
    assert found.rules[0].query == "print 1"


def test_a_key_that_nobody_knows_is_an_error_in_a_file_of_ours(written) -> None:
    file = written("a.yaml", f"id: {GUID}\nname: N\nquery: print 1\nseverty: Low\nkeywitness: {{slug: a}}\n")
    with pytest.raises(RuleError, match=r"a\.yaml:1: .*severty"):
        read_rules(file)


def test_a_bare_query_is_named_after_its_file_and_keeps_its_id(written) -> None:
    file = written("Odd_reads.kql", "// Reads at night\n// by people\nAzureDiagnostics\n| take 1\n")
    (rule,) = read_rules(file).rules
    assert (rule.name, rule.description, rule.slug) == ("Odd reads", "Reads at night\nby people", "odd-reads")
    assert rule.id == read_rules(file).rules[0].id
    assert rule.query.endswith("| take 1\n")


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("a.json", "{", "a.json:1: not JSON"),
        ("a.json", '{"resources": 1}', "no list of resources"),
        ("a.json", '{"resources": [{"type": "x"}]}', "no resource is an alert rule"),
        ("a.yaml", "just text", "no rule: a rule is a mapping"),
        ("a.yaml", "a: [", "a.yaml:"),
        ("a.kql", "  \n", "the file is empty"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place(written, name: str, text: str, cause: str) -> None:
    with pytest.raises(RuleError) as refusal:
        read_rules(written(name, text))
    assert cause in refusal.value.message
    assert refusal.value.effect


def test_a_span_that_is_none_is_refused(written) -> None:
    broken = {**ARM_RULE, "properties": {**ARM_RULE["properties"], "queryPeriod": "a day"}}
    with pytest.raises(RuleError, match="'a day' is not a span"):
        read_rules(written("a.json", {"resources": [broken]}))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.kql"
    file.write_bytes(b"T | where x == '\xff'")
    with pytest.raises(RuleError, match="not UTF-8"):
        read_rules(file)


def test_one_broken_file_does_not_stop_the_others(written, tmp_path: Path) -> None:
    written("b.yaml", f"id: {GUID}\nname: N\nquery: print 1\nseverity: Low\n")
    written("a.yaml", "nothing")
    written("notes.txt", "no rule, and not looked at")
    files, errors = read_all([tmp_path])
    assert ([f.rules[0].name for f in files], len(errors)) == (["N"], 1)


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="there is no file or folder"):
        list(rule_paths([tmp_path / "nothing"]))


def test_built_in_rules_load_by_slug() -> None:
    slugs = [rule.slug for rule in load_rules()]
    assert slugs == sorted(slugs)
    assert "list-then-read" in slugs
