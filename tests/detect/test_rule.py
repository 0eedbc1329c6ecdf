"""Loading rules: strict, and every refusal with its place and effect."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from keywitness.detect.rule import span, techniques
from keywitness.detect.rule_files import load_rules, read_rules
from keywitness.engine.query import query
from keywitness.errors import RuleError

GOOD = """\
id: 6aaaa98e-f502-4e96-815f-bbabba0abd51
name: Probe
severity: Low
query: |
  print Limit = Limit, Names = Names
keywitness:
  slug: probe
  parameters:
    - {name: Limit, type: long, default: 3, meaning: a number}
    - {name: Names, type: patterns, default: ["*glass*"], meaning: names}
"""


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        file = tmp_path / "rule.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_a_rule_loads_and_binds_its_parameters(written) -> None:
    rule = read_rules(written(GOOD)).rules[0]
    assert rule.slug == "probe"
    assert query(rule.bound()).to_pylist() == [{"Limit": 3, "Names": "(?i)^(?:[^/]*/(?:.*glass.*))$"}]
    assert query(rule.bound({"Limit": 9})).to_pylist()[0]["Limit"] == 9


def test_values_reach_the_query_as_literals_only(written) -> None:
    """The plausible wrong way is to paste a watch list's text into the query."""
    hostile = ['x"; AzureDiagnostics | take 1; print "', "a\\", "new\nline", "[a-z]+", "*'*"]
    bound = read_rules(written(GOOD)).rules[0].bound({"Names": hostile})
    (row,) = query(bound).to_pylist()
    assert row["Names"].count("[^/]*/(?:") == len(hostile)
    assert "\n" in row["Names"]


def test_an_unknown_parameter_is_refused(written) -> None:
    with pytest.raises(RuleError, match="no parameter Limits") as caught:
        read_rules(written(GOOD)).rules[0].bound({"Limits": 1})
    assert "Limit, Names" in caught.value.help


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("id: [", 2, "expected"),
        (GOOD.replace("name: Probe\n", ""), 1, "name"),
        (GOOD.replace("slug: probe", "slug: probe\n  slugg: x"), 6, "slugg"),
        (GOOD.replace("severity: Low", "severity: Awful"), 3, "Awful"),
        (GOOD.replace("type: long", "type: number"), 9, "number"),
        (GOOD.replace("type: long, default: 3", "type: timespan, default: 3 days"), 9, "3 days"),
        (GOOD.replace("slug: probe", "slug: probe\n  taints: everything"), 8, "everything"),
        (GOOD.replace("slug: probe", "slug: probe\n  needs: some"), 8, "some"),
        (GOOD + "  cases:\n    - name: one\n      findings: many\n      records: []\n", 13, "int"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line(written, text: str, line: int, cause: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rules(written(text)).rules[0]
    assert f"rule.yaml:{line}:" in caught.value.message
    assert cause in caught.value.message
    assert "finds nothing" in caught.value.effect
    assert caught.value.exit_code == 6


def test_a_sentinel_rule_without_our_key_has_a_slug_from_its_name(written) -> None:
    rule = read_rules(
        written("id: x\nname: Sensitive Azure Key-Vault operations\nquery: print 1\nseverity: Low\n")
    ).rules[0]
    assert rule.slug == "sensitive-azure-key-vault-operations"
    assert rule.bound() == "print 1"


def test_spans() -> None:
    assert span("90m") == timedelta(minutes=90)
    assert span("10s") == timedelta(seconds=10)
    for wrong in ("", "m", "3 days", "1.5h", "-1d"):
        with pytest.raises(ValueError, match="is not a span"):
            span(wrong)


def test_techniques_have_names_or_stand_for_themselves() -> None:
    assert techniques(["T1098", "T9999"]) == (("T1098", "Account Manipulation"), ("T9999", "T9999"))


def test_rules_come_in_a_stable_order() -> None:
    slugs = [r.slug for r in load_rules()]
    assert slugs == sorted(slugs)
