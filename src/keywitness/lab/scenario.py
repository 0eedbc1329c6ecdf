"""What a scenario adds to ordinary life: records marked with their step, and the account of what they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from keywitness.lab.journal import Journal
from keywitness.lab.truth import Actor, Exposed


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step before its records have a place in a file; times and lines come from its records."""

    id: str
    name: str
    technique: str
    expected_rules: tuple[str, ...]
    vault: str = ""
    identity: str = ""
    address: str = ""
    application: str = ""
    object: str = ""


@dataclass(slots=True)
class Story:
    """What a scenario has to say.

    Args:
        silenced: Vaults that stop logging: index -> (tick from which, why).
        policy_spans: Vaults that decide by access policy instead of RBAC for a while: index -> (from, until) in ticks.
    """

    steps: list[StepDraft] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    exposed: list[Exposed] = field(default_factory=list)
    silenced: dict[int, tuple[int, str]] = field(default_factory=dict)
    policy_spans: dict[int, tuple[int, int]] = field(default_factory=dict)


#: Tells a scenario into the journal, between two times in ticks.
Scenario = Callable[[Journal, int, int], Story]
