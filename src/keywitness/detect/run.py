"""Run rules over a case: once over the whole evidence."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from keywitness.detect.finding import Finding, finding
from keywitness.detect.rule import Rule
from keywitness.engine.limits import NO_LIMITS, Limits
from keywitness.errors import QueryError, RuleError

#: Findings of one rule that are kept, the worst first; a rule that finds more is no rule, and the report says so.
MOST_FINDINGS = 20_000

_OPERATORS: Mapping[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "lt": operator.lt,
    "eq": operator.eq,
    "ne": operator.ne,
    "greaterthan": operator.gt,
    "lessthan": operator.lt,
    "equal": operator.eq,
    "notequal": operator.ne,
}


class Answers(Protocol):
    """What a query gives."""

    def to_pylist(self) -> list[dict[str, Any]]:
        """Rows as dicts of Python values."""
        ...


class Queryable(Protocol):
    """Something that answers KQL: a case."""

    def query(self, text: str, *, now: Any = None, limits: Limits = ...) -> Answers:
        """Run one query."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one rule went.

    Args:
        status: "ran", "not run" or "failed".
        reason: Why not, or what to know about the run; empty when there is nothing to say.
        findings: Worst and earliest first.
        notes: Sentences on who could not be judged.
    """

    rule: Rule
    status: str
    reason: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


_WEIGHT = {"high": 0, "medium": 1, "low": 2, "informational": 3}


def weight(severity: str) -> int:
    """Order of severities, worst first."""
    return _WEIGHT.get(severity, len(_WEIGHT))


def run_rules(
    case: Queryable,
    rules: Sequence[Rule],
    *,
    present: frozenset[str],
    values: Mapping[str, Mapping[str, Any]] | None = None,
    now: Any = None,
) -> tuple[Outcome, ...]:
    """Run each rule once over everything.

    Args:
        present: Tables that have rows.
        values: Parameters that differ from their defaults, by rule slug and name.
        now: What `now()` and `ago()` mean; our own rules use neither.

    Returns:
        One outcome per rule, in the order given. A rule that the engine refuses is a failed outcome, never silence.
    """
    return tuple(_run(case, rule, present, (values or {}).get(rule.slug), now) for rule in rules)


def _run(case: Queryable, rule: Rule, present: frozenset[str], values: Mapping[str, Any] | None, now: Any) -> Outcome:
    missing = _missing(rule, present)
    if missing:
        return Outcome(rule, "not run", f"no rows in {' and '.join(missing)}", ())
    try:
        query = rule.bound(values)
        rows = case.query(query, now=now, limits=NO_LIMITS).to_pylist()
        unjudged = rule.bound_unjudged(values)
        judged = case.query(unjudged, now=now, limits=NO_LIMITS).to_pylist() if unjudged else []
        notes = tuple(str(r["Note"]) for r in judged)
    except (QueryError, RuleError) as error:
        return Outcome(rule, "failed", error.render().partition("\n")[0].removeprefix("error: "), ())
    if not _triggered(rule, len(rows)):
        return Outcome(rule, "ran", "", (), notes)
    found = (finding(rule, query, row) for row in rows)
    unique = {f.id: f for f in found}
    ordered = sorted(unique.values(), key=lambda f: (weight(f.severity), f.first_at, f.id))
    kept = tuple(ordered[:MOST_FINDINGS])
    return Outcome(rule, "ran", _remarks(rule, present, len(kept), len(ordered)), kept, notes)


def _missing(rule: Rule, present: frozenset[str]) -> list[str]:
    absent = [table for table in rule.keywitness.tables if table not in present]
    if rule.keywitness.needs == "any" and len(absent) < len(rule.keywitness.tables):
        return []
    return absent


def _remarks(rule: Rule, present: frozenset[str], kept: int, found: int) -> str:
    absent = [table for table in rule.keywitness.tables if table not in present]
    said = [f"without {' and '.join(absent)}, which has no rows"] if absent else []
    if kept < found:
        said.append(f"and found {found:,} times; only the worst {kept:,} findings are kept")
    return " ".join(said)


def _triggered(rule: Rule, rows: int) -> bool:
    compare = _OPERATORS.get(rule.trigger_operator.lower())
    if compare is None:
        return rows > 0
    return compare(rows, rule.trigger_threshold)
