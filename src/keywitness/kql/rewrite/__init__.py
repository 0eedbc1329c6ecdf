"""Passes over a bound plan, in order. Each keeps the rows; each has a before/after as its doctest."""

from __future__ import annotations

from collections.abc import Callable

from keywitness.kql.plan import Plan

#: The passes, in the order in which they run.
PASSES: tuple[Callable[[Plan], Plan], ...] = ()


def run(plan: Plan) -> Plan:
    """Every pass, one after the other."""
    for rewrite in PASSES:
        plan = rewrite(plan)
    return plan
