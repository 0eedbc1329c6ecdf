"""`make-series`: groups as arrays over a regular axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keywitness.engine.refusal import cannot
from keywitness.engine.step import Step
from keywitness.kql import plan

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter


def make_series(emitter: Emitter, node: plan.MakeSeries) -> Step:
    """The rows of `make-series`.

    Raises:
        QueryError: Always, until it is built.
    """
    raise cannot("make-series is not built yet", "`summarize ... by bin(TimeGenerated, 1h)` gives the same numbers as rows")
