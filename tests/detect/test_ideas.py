"""The survey and the rules that answer it."""

from __future__ import annotations

from keywitness.detect.ideas import answered, ideas
from keywitness.detect.rule_files import load_rules

RULES = load_rules()


def test_rules_name_ideas_that_exist() -> None:
    assert {id for rule in RULES for id in rule.keywitness.ideas} <= set(ideas())


def test_every_rule_of_ours_answers_an_idea() -> None:
    assert [rule.slug for rule in RULES if not rule.keywitness.ideas] == []


def test_what_is_left_out_has_no_rule() -> None:
    assert [id for id, rules in answered(RULES).items() if rules and ideas()[id].left_out] == []


def test_the_survey_is_whole() -> None:
    counts = {letter: sum(1 for id in ideas() if id[:1] == letter) for letter in "ABCDEKG"}
    assert counts == {"A": 20, "B": 20, "C": 15, "D": 10, "E": 22, "K": 14, "G": 16}
