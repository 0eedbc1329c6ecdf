"""The survey of what is detected around a vault, and which of our rules answers each idea."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import yaml

from keywitness.detect.rule import Rule, Strict
from keywitness.model.content import content


class Idea(Strict, frozen=True):
    """One idea: what it is in our words, and why no rule of ours answers it, if so."""

    idea: str
    left_out: str = ""


def ideas() -> dict[str, Idea]:
    """Every idea by its id, in the order of the survey."""
    text = content("ideas.yaml").read_text("utf-8")
    return msgspec.convert(yaml.load(text, Loader=yaml.CSafeLoader), dict[str, Idea])


def answered(rules: Iterable[Rule]) -> dict[str, tuple[Rule, ...]]:
    """The rules that answer each idea; an empty tuple where none does."""
    by_idea: dict[str, list[Rule]] = {id: [] for id in ideas()}
    for rule in rules:
        for id in rule.keywitness.ideas:
            by_idea[id].append(rule)
    return {id: tuple(found) for id, found in by_idea.items()}
