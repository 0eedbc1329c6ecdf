"""Plugins of `evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keywitness.engine.refusal import cannot
from keywitness.engine.step import Step
from keywitness.kql import plan

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter


def evaluate(emitter: Emitter, node: plan.Evaluate) -> Step:
    """The rows of a plugin.

    Raises:
        QueryError: For a plugin that this engine does not have.
    """
    raise cannot(f"the plugin {node.plugin}() is not built yet")
