"""Passes over a bound plan, in order. Each keeps the rows; each has a before/after as its doctest."""

from __future__ import annotations

from collections.abc import Callable

from keywitness.kql.plan import Plan
from keywitness.kql.rewrite.merge_projects import merge_projects
from keywitness.kql.rewrite.prune_columns import prune_columns
from keywitness.kql.rewrite.push_filters import push_filters

#: The passes, in the order in which they run.
PASSES: tuple[Callable[[Plan], Plan], ...] = (push_filters, merge_projects, prune_columns)


def run(plan: Plan) -> Plan:
    """Every pass, one after the other."""
    for rewrite in PASSES:
        plan = rewrite(plan)
    return plan
