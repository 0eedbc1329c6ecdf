"""What all runs came to: by rule, by attack, by session class, and against the goals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keywitness.score.classes import accuracy, table_of
from keywitness.score.result import CLEAN, SEVERE, Classed, Run

GOAL_FALSE_A_DAY = 2.0  # per 100,000 clean events, at severity medium or above
GOAL_ACCURACY = 0.98


@dataclass(frozen=True, slots=True)
class RuleScore:
    """One rule over all runs.

    Args:
        steps: Steps that it found.
        kinds: Steps of the kinds that it found anywhere: what it is expected to find again.
        right: Findings that hold a record of an attack.
        wrong: Findings that hold none, in all runs.
        clean: Findings in runs without an attack, a day; of severity medium or above in `severe`.
    """

    rule: str
    steps: int
    kinds: int
    right: int
    wrong: int
    clean: float
    severe: float

    @property
    def recall(self) -> float | None:
        return self.steps / self.kinds if self.kinds else None

    @property
    def precision(self) -> float | None:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None


@dataclass(frozen=True, slots=True)
class AttackScore:
    """One attack over its runs.

    Args:
        missed: Steps that no rule found, with the company and seed.
        rules: Rules that found something of it.
        told: Runs in which an incident tells of it.
    """

    variant: str
    runs: int
    steps: int
    missed: tuple[str, ...]
    rules: tuple[str, ...]
    told: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    accuracy: float | None

    @property
    def exact(self) -> bool:
        return not self.missing and not self.extra


@dataclass(frozen=True, slots=True)
class CompanyScore:
    """Ordinary life at one company.

    Args:
        severe: Findings of severity medium or above.
    """

    company: str
    days: int
    events: int
    severe: int
    findings: int
    accuracy: float | None

    @property
    def a_day(self) -> float:
        return self.severe / self.days

    @property
    def per_day_per_100_000(self) -> float:
        return self.severe / self.days / (self.events / 100_000)


@dataclass(frozen=True, slots=True)
class Goal:
    """What was to be reached, what was, and whether that is enough."""

    name: str
    wanted: str
    reached: str
    met: bool


@dataclass(frozen=True, slots=True)
class Card:
    """The whole score. `confusion` counts sessions by true and given class."""

    runs: int
    events: int
    refused: int
    goals: tuple[Goal, ...]
    attacks: tuple[AttackScore, ...]
    companies: tuple[CompanyScore, ...]
    rules: tuple[RuleScore, ...]
    confusion: dict[tuple[str, str], int]
    strange: int


def card(done: Sequence[Run]) -> Card:
    """Add up runs."""
    names = dict.fromkeys(name for run in done for name in run.variants)
    attacks = tuple(_attack(name, [run for run in done if name in run.variants]) for name in names)
    clean = [run for run in done if run.variant == CLEAN]
    companies = tuple(_company(name, [r for r in clean if r.company == name]) for name in _companies(clean))
    sessions = [pair for run in done for pair in run.sessions]
    strange = sum(run.strange for run in done)
    return Card(
        runs=len(done),
        events=sum(run.events for run in done),
        refused=sum(run.refused for run in done),
        goals=_goals(done, attacks, companies, accuracy(sessions, strange)),
        attacks=attacks,
        companies=companies,
        rules=tuple(_rules(done)),
        confusion=table_of(sessions),
        strange=strange,
    )


def _companies(done: Iterable[Run]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(run.company for run in done))


def _attack(name: str, mine: Sequence[Run]) -> AttackScore:
    def placed(run: Run, values: Iterable[str]) -> list[str]:
        return [f"{value} ({run.company}, seed {run.seed})" for value in values]

    return AttackScore(
        variant=name,
        runs=len(mine),
        steps=sum(len(run.steps_of(name)) for run in mine),
        missed=tuple(
            text
            for run in mine
            for text in placed(run, (step.id.rpartition("/")[2] for step in run.steps_of(name) if not step.rules))
        ),
        rules=tuple(sorted({rule for run in mine for step in run.steps_of(name) for rule in step.rules})),
        told=sum(name in run.told for run in mine),
        missing=tuple(
            text for run in mine for text in placed(run, (one.item for one in run.missing if one.variant == name))
        ),
        extra=tuple(text for run in mine for text in placed(run, run.extra)),
        accuracy=accuracy([pair for run in mine for pair in run.attack_sessions if pair.variant == name]),
    )


def _company(name: str, mine: Sequence[Run]) -> CompanyScore:
    return CompanyScore(
        company=name,
        days=sum(run.days for run in mine),
        events=round(sum(run.events for run in mine) / len(mine)),
        severe=sum(len(run.false) for run in mine),
        findings=sum(len(run.findings) for run in mine),
        accuracy=accuracy([pair for run in mine for pair in run.sessions], sum(run.strange for run in mine)),
    )


def _rules(done: Sequence[Run]) -> Iterable[RuleScore]:
    steps = [step for run in done for step in run.steps]
    kinds: dict[str, set[str]] = defaultdict(set)
    found: Counter[str] = Counter()
    for step in steps:
        for rule in step.rules:
            kinds[rule].add(step.kind)
            found[rule] += 1
    right, wrong, clean, severe = (Counter[str]() for _ in range(4))
    for run in done:
        for finding in run.findings:
            (right if finding.steps else wrong)[finding.rule] += 1
            if run.variant == CLEAN:
                clean[finding.rule] += 1
                severe[finding.rule] += finding.severity in SEVERE
    days = sum(run.days for run in done if run.variant == CLEAN) or 1
    for rule in sorted(set(found) | set(right) | set(wrong)):
        yield RuleScore(
            rule=rule,
            steps=found[rule],
            kinds=sum(step.kind in kinds[rule] for step in steps),
            right=right[rule],
            wrong=wrong[rule],
            clean=clean[rule] / days,
            severe=severe[rule] / days,
        )


def _goals(
    done: Sequence[Run], attacks: Sequence[AttackScore], companies: Sequence[CompanyScore], classes: float | None
) -> tuple[Goal, ...]:
    steps, missed = sum(a.steps for a in attacks), sum(len(a.missed) for a in attacks)
    told, met = sum(a.told for a in attacks), sum(a.runs for a in attacks)
    exact = sum(not run.missing and not run.extra for run in done)
    days = sum(c.days for c in companies)
    severe = sum(c.severe for c in companies)
    volume = sum(c.events * c.days for c in companies) / 100_000
    rate = severe / volume if volume else 0.0
    return (
        Goal("steps found by some rule", "all", f"{steps - missed} of {steps}", missed == 0),
        Goal("attacks told by an incident", "all", f"{told} of {met}", told == met),
        Goal(
            "false findings of severity medium or above, a day, per 100,000 clean events",
            f"at most {GOAL_FALSE_A_DAY:g}",
            f"{rate:.2f} ({severe} in {days} days)",
            rate <= GOAL_FALSE_A_DAY,
        ),
        Goal(
            "sessions called what they were",
            f"at least {GOAL_ACCURACY:.0%}",
            "not measured" if classes is None else f"{classes:.2%}",
            classes is not None and classes >= GOAL_ACCURACY,
        ),
        Goal("runs whose exposure list is exactly the truth", "all", f"{exact} of {len(done)}", exact == len(done)),
        Goal(
            "records refused by the decoders",
            "0",
            str(sum(run.refused for run in done)),
            not any(r.refused for r in done),
        ),
    )


def confused(confusion: dict[tuple[str, str], int]) -> tuple[Classed, ...]:
    """Sessions called what they were not, most first."""
    wrong = [Classed(truth=a, called=b, sessions=n) for (a, b), n in confusion.items() if a != b]
    return tuple(sorted(wrong, key=lambda one: (-one.sessions, one.truth, one.called)))
