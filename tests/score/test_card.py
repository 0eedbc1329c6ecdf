"""Adding up runs: what is missed, false or inexact shows, and nothing is counted twice."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from keywitness.score.card import Card, card
from keywitness.score.result import Classed, Found, Lacking, Run, Told
from keywitness.score.tables import csv, measures, page, tables, text


def run(variant: str = "none", company: str = "bank", **changes: object) -> Run:
    values: dict[str, object] = {
        "variant": variant, "company": company, "seed": 1, "days": 10, "events": 50_000, "records": 60_000,
        "refused": 0,
        "steps": (), "findings": (), "told": (), "exposed": 0, "missing": (), "extra": (),
        "sessions": (), "attack_sessions": (), "strange": 0, "silent": (), "seconds": 1.0,
    }  # fmt: skip
    return Run(**(values | changes))  # type: ignore[arg-type]


def goals(done: Card) -> dict[str, tuple[str, bool]]:
    return {goal.name: (goal.reached, goal.met) for goal in done.goals}


def found(rule: str, severity: str = "high", steps: Iterable[str] = ()) -> Found:
    return Found(rule=rule, severity=severity, steps=tuple(steps), title=rule)


def test_a_missed_step_is_named_with_its_place() -> None:
    attack = run("slow", steps=(Told(id="01-read", rules=("a",)), Told(id="02-leave", rules=())), told=("slow",))
    done = card([run(), attack])
    assert done.attacks[0].missed == ("02-leave (bank, seed 1)",)
    assert goals(done)["steps found by some rule"] == ("1 of 2", False)
    assert goals(done)["attacks told by an incident"] == ("1 of 1", True)


def test_false_findings_are_those_of_clean_runs_at_medium_or_above() -> None:
    """10 days of 50,000 events: 5 units of a day and 100,000 events, so 10 findings are 2 a unit."""
    loud = [found("a")] * 10 + [found("b", "low")] * 99
    reached = goals(card([run(findings=tuple(loud)), run("x", findings=(found("a"), found("a")))]))
    name = "false findings of severity medium or above, a day, per 100,000 clean events"
    assert reached[name] == ("2.00 (10 in 10 days)", True)
    assert not goals(card([run(findings=(*loud, found("a")))]))[name][1]


def test_a_rule_is_held_to_the_kinds_of_step_that_it_finds_anywhere() -> None:
    once = run("x", steps=(Told(id="01-dump", rules=("a",)), Told(id="02-grant", rules=("b",))))
    again = run("y", steps=(Told(id="03-dump", rules=()),), findings=(found("a", steps=["03-dump"]), found("a", "low")))
    rules = {rule.rule: rule for rule in card([run(), once, again]).rules}
    assert (rules["a"].recall, rules["a"].precision) == (0.5, 0.5)
    assert (rules["b"].recall, rules["b"].precision) == (1.0, None)


def test_strange_sessions_count_as_wrong() -> None:
    same = Classed(truth="powershell", called="powershell", sessions=98)
    other = Classed(truth="pipeline", called="unknown", sessions=1)
    assert goals(card([run(sessions=(same, other))]))["sessions called what they were"][1]
    done = card([run(sessions=(same, other), strange=2)])
    assert goals(done)["sessions called what they were"] == ("97.03%", False)
    assert ("pipeline", "unknown", "1") in tables(done)[-1].rows


def test_no_sessions_are_no_success() -> None:
    assert goals(card([run()]))["sessions called what they were"] == ("not measured", False)


def test_an_extra_exposure_is_as_bad_as_a_missing_one() -> None:
    done = card([run(extra=("kv/a/1",)), run("x", missing=(Lacking(variant="x", item="kv/b/2"),)), run("y")])
    assert goals(done)["runs whose exposure list is exactly the truth"] == ("1 of 3", False)


@pytest.mark.parametrize("hostile", ["a|b", "=cmd|' /C calc'!A0", "<script>"])
def test_names_stay_in_their_cells(hostile: str) -> None:
    done = card([run(), run("x", steps=(Told(id="01-a", rules=(hostile,)),))])
    rows = [line for line in page(done, ["made"]).splitlines() if line.startswith("| x |")]
    assert len(rows) == 1 and rows[0].replace("\\|", "").count("|") == 9
    assert hostile in text(done)
    assert csv(done).count("\n") == len(list(measures(done))) + 1


def test_attacks_that_share_a_simulation_are_told_apart() -> None:
    steps = (Told(id="x/01-read", rules=("a",)), Told(id="y/01-read", rules=()))
    same = Classed(truth="powershell", called="powershell", sessions=1, variant="x")
    both = run("x+y", steps=steps, told=("x",), missing=(Lacking(variant="y", item="kv/b/2"),), attack_sessions=(same,))
    first, second = card([both]).attacks
    assert (first.variant, first.steps, first.missed, first.told, first.missing) == ("x", 1, (), 1, ())
    assert (second.missed, second.told) == (("01-read (bank, seed 1)",), 0)
    assert second.missing == ("kv/b/2 (bank, seed 1)",)
