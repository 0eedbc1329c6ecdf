"""The whole line over a case: coverage, rules, sessions, exposure, timeline, one frozen document."""

from __future__ import annotations

from keywitness.investigate.line import investigate
from keywitness.investigate.scope import make_scope

__all__ = ["investigate", "make_scope"]
