"""The scenarios by name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import msgspec

from keywitness.errors import UsageError
from keywitness.lab.company import VICTIMS
from keywitness.lab.journal import Journal
from keywitness.lab.scenario import Scenario, Story
from keywitness.lab.scenarios.article import STEPS, tell_alone, tell_article
from keywitness.lab.scenarios.variants import VARIANTS


def tell_nothing(journal: Journal, begin: int, end: int) -> Story:
    """Ordinary life alone."""
    return Story()


SCENARIOS: dict[str, Scenario] = {
    "article": tell_article,
    "none": tell_nothing,
    **{f"only-{step}": tell_alone(step) for step in STEPS},
    **{variant.name: variant.tell for variant in VARIANTS},
}
#: What each is, in a line.
ABOUT: dict[str, str] = {
    "article": "the whole attack of Microsoft Incident Response's Cloud Forensics article on Key Vault",
    "none": "ordinary life alone",
    **{
        f"only-{step}": f"the article's step '{step}', with no other than those that it cannot be without"
        for step in STEPS
    },
    **{variant.name: variant.about for variant in VARIANTS},
}
#: Those that hold an attack.
ATTACKS = tuple(name for name in SCENARIOS if name != "none")


def scenario_of(name: str) -> Scenario:
    """A scenario by its name. Names joined by `+` happen in one simulation, each to another account, from elsewhere.

    Raises:
        UsageError: There is none of a name, or there are too many.
    """
    names = name.split("+")
    for one in names:
        if one not in SCENARIOS:
            raise UsageError(f"there is no scenario '{one}'", help="scenarios: " + ", ".join(sorted(SCENARIOS)))
    if len(names) > len(VICTIMS):
        raise UsageError(f"no more than {len(VICTIMS)} attacks fit into one simulation")
    return SCENARIOS[name] if len(names) == 1 else partial(_tell_together, names)


def _tell_together(names: list[str], journal: Journal, begin: int, end: int) -> Story:
    """Several attacks; their steps are named `attack/step`."""
    whole, company = Story(), journal.company
    for number, name in enumerate(names):
        journal.company = replace(company, intruder=number)
        records, stays = len(journal.records), len(journal.stays)
        story = SCENARIOS[name](journal, begin, end)
        for record in journal.records[records:]:
            record.step = f"{name}/{record.step}" if record.step else ""
        for stay in journal.stays[stays:]:
            stay.step = f"{name}/{stay.step}"
        whole.steps += [replace(step, id=f"{name}/{step.id}") for step in story.steps]
        whole.actors += [msgspec.structs.replace(actor, id=f"{name}/{actor.id}") for actor in story.actors]
        whole.exposed += [msgspec.structs.replace(item, scenario=name) for item in story.exposed]
        whole.silenced |= story.silenced
        whole.policy_spans |= story.policy_spans
    journal.company = company
    return whole
