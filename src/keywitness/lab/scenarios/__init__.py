"""The scenarios by name."""

from __future__ import annotations

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
    **{f"only-{step}": f"the article's step '{step}' and nothing else" for step in STEPS},
    **{variant.name: variant.about for variant in VARIANTS},
}
#: Those that hold an attack.
ATTACKS = tuple(name for name in SCENARIOS if name != "none")
