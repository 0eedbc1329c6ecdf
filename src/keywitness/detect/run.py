"""Run rules over a case: on their schedule, as Sentinel would have run them, or once over the whole evidence."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from keywitness.detect.allow import QUERY, Allowance, allowances, told
from keywitness.detect.finding import Finding, finding
from keywitness.detect.replay import MOST_RUNS, Schedule, replayed
from keywitness.detect.rule import Rule
from keywitness.engine.limits import NO_LIMITS, Limits
from keywitness.errors import QueryError, RuleError
from keywitness.kql.literals import format_datetime
from keywitness.model.tables import AUDIT_TABLE, AUDIT_VIEW

if TYPE_CHECKING:
    import pyarrow as pa

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

    @property
    def table(self) -> pa.Table:
        """The columns as Arrow in physical form; times are ticks."""
        ...


class Needs(Protocol):
    """What a query looks at."""

    @property
    def tables(self) -> frozenset[str]:
        """The tables that it reads."""
        ...

    @property
    def judges_rows(self) -> bool:
        """Each row of the result comes of one row of a table, whatever the time."""
        ...


class Queryable(Protocol):
    """Something that answers KQL: a case."""

    def query(
        self, text: str, *, now: Any = None, limits: Limits = ..., window: tuple[int, int] | None = None
    ) -> Answers:
        """Run one query, over the rows of a window where one is given."""
        ...

    def needs(self, text: str) -> Needs:
        """What a query looks at, without running it."""
        ...

    def table_facts(self) -> Iterable[tuple[str, int, int | None, int | None]]:
        """Name, rows, first and last time of each table, in ticks."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one rule went.

    Args:
        status: "ran", "not run" or "failed".
        reason: Why not, or what to know about the run; empty when there is nothing to say.
        findings: Worst and earliest first.
        notes: Sentences on who could not be judged.
        hidden: Findings that the allow-list of the case keeps back; `reason` and a note count them.
    """

    rule: Rule
    status: str
    reason: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    hidden: tuple[Finding, ...] = ()


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
    whole: bool = False,
) -> tuple[Outcome, ...]:
    """Run each rule on its schedule over everything.

    Args:
        present: Tables that have rows.
        values: Parameters that differ from their defaults, by rule slug and name.
        now: What `now()` and `ago()` mean to a rule that runs once; our own rules use neither.
        whole: Run every rule once over all evidence, whatever its schedule.

    Returns:
        One outcome per rule, in the order given. A rule that the engine refuses is a failed outcome, never silence.

    Raises:
        RuleError: A row of the case's allow-list that says too little, or cannot be read.
    """
    allowed = allowances(case.query(QUERY, limits=NO_LIMITS).to_pylist())
    line = _Line(case, present, now, whole, allowed)
    return tuple(line.run(rule, (values or {}).get(rule.slug)) for rule in rules)


@dataclass(frozen=True, slots=True)
class _Line:
    """What all rules of one run share."""

    case: Queryable
    present: frozenset[str]
    now: Any
    whole: bool
    allowed: tuple[Allowance, ...]

    def run(self, rule: Rule, values: Mapping[str, Any] | None) -> Outcome:
        """One rule: whether it can run, what it finds, and who could not be judged."""
        try:
            query = rule.bound(values)
            tables = _stored(frozenset(rule.keywitness.tables) or self.case.needs(query).tables)
            missing = _missing(rule, tables, self.present)
            if missing:
                return Outcome(rule, "not run", f"no rows in {' and '.join(missing)}", ())
            found = list(self.found(rule, query, tables))
            unjudged = rule.bound_unjudged(values)
            notes = tuple(str(r["Note"]) for r in self.rows(unjudged)) if unjudged else ()
        except (QueryError, RuleError) as error:
            return Outcome(rule, "failed", error.render().partition("\n")[0].removeprefix("error: "), ())
        return _outcome(rule, found, notes, tables - self.present, self.allowed)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query over everything."""
        return self.case.query(query, now=self.now, limits=NO_LIMITS).to_pylist()

    def found(self, rule: Rule, query: str, tables: frozenset[str]) -> Iterable[Finding]:
        """Once over everything, or run by run."""
        schedule = None if self.whole else Schedule.of(rule)
        if schedule is None or self.case.needs(query).judges_rows:
            rows = self.rows(query)
            return [finding(rule, query, row) for row in rows] if _triggered(rule, len(rows)) else []
        moments = self.moments(rule, schedule, tables)

        def ask(moment: int, window: tuple[int, int]) -> list[dict[str, Any]]:
            rows = self.case.query(query, now=format_datetime(moment), limits=NO_LIMITS, window=window)
            return rows.to_pylist()

        return replayed(rule, query, schedule, moments, ask, lambda rows: _triggered(rule, rows))

    def moments(self, rule: Rule, schedule: Schedule, tables: frozenset[str]) -> range:
        """When the rule would have run.

        Raises:
            RuleError: More often than anybody waits for.
        """
        spans = [
            (a, b) for name, _, a, b in self.case.table_facts() if name in tables and a is not None and b is not None
        ]
        if not spans:
            return range(0)
        moments = schedule.moments(min(a for a, _ in spans), max(b for _, b in spans))
        if len(moments) > MOST_RUNS:
            raise RuleError(
                f"rule {rule.slug} would run {len(moments):,} times (every {rule.query_frequency})",
                help="run it once over everything: --whole",
            )
        return moments


def _outcome(
    rule: Rule,
    found: Sequence[Finding],
    notes: tuple[str, ...],
    absent: frozenset[str],
    allowed: Sequence[Allowance],
) -> Outcome:
    unique = {f.id: f for f in found}
    ordered = sorted(unique.values(), key=lambda f: (weight(f.severity), f.first_at, f.id))
    covered = {f.id: next((a for a in allowed if a.covers(f)), None) for f in ordered}
    hidden = [(f, allowance) for f in ordered if (allowance := covered[f.id]) is not None]
    shown = [f for f in ordered if covered[f.id] is None]
    kept = tuple(shown[:MOST_FINDINGS])
    said = told(hidden)
    return Outcome(
        rule,
        "ran",
        _remarks(absent, len(kept), len(shown), said),
        kept,
        (*notes, *([f"{rule.name}: {said}."] if said else [])),
        tuple(f for f, _ in hidden),
    )


def _stored(tables: frozenset[str]) -> frozenset[str]:
    """The tables that hold the rows: a view has those of its table."""
    return frozenset(AUDIT_TABLE if table == AUDIT_VIEW else table for table in tables)


def _missing(rule: Rule, tables: frozenset[str], present: frozenset[str]) -> list[str]:
    """Tables without which the rule does not run. One that says nothing about them runs while it has any."""
    absent = sorted(tables - present)
    any_will_do = rule.keywitness.needs == "any" or not rule.keywitness.tables
    return [] if any_will_do and len(absent) < len(tables) else absent


def _remarks(absent: frozenset[str], kept: int, found: int, hidden: str) -> str:
    said = [f"without {' and '.join(sorted(absent))}, which has no rows"] if absent else []
    if kept < found:
        said.append(f"and found {found:,} times; only the worst {kept:,} findings are kept")
    return "; ".join(part for part in (" ".join(said), hidden) if part)


def _triggered(rule: Rule, rows: int) -> bool:
    compare = _OPERATORS.get(rule.trigger_operator.lower())
    if compare is None:
        return rows > 0
    return compare(rows, rule.trigger_threshold)
