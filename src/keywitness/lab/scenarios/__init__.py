"""The scenarios by name."""

from __future__ import annotations

from keywitness.lab.journal import Journal
from keywitness.lab.scenario import Scenario, Story
from keywitness.lab.scenarios.article import tell_article


def tell_nothing(journal: Journal, begin: int, end: int) -> Story:
    """Ordinary life alone."""
    return Story()


SCENARIOS: dict[str, Scenario] = {"article": tell_article, "none": tell_nothing}
