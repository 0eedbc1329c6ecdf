"""Checks over a case: a verdict for every object, and what could not be judged, with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from keywitness.detect.run import Queryable
from keywitness.engine.limits import NO_LIMITS
from keywitness.errors import KeywitnessError
from keywitness.posture.check import SEVERITIES, Check


@dataclass(frozen=True, slots=True)
class Judged:
    """One object under one check.

    Args:
        verdict: fail, pass or unknown.
        what: A sentence: what is so, or what the export leaves out.
        rows: Evidence rows, such as E3:1042.
        columns: The whole row, for the fix.
    """

    object: str
    verdict: str
    what: str
    rows: tuple[str, ...]
    columns: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a check.

    Args:
        status: failed, passed, partly (nothing failed, something is unknown), not judged, error.
        reason: Why it could not be judged.
    """

    check: Check
    status: str
    judged: tuple[Judged, ...]
    reason: str = ""

    def count(self, verdict: str) -> int:
        """How many objects got a verdict."""
        return sum(j.verdict == verdict for j in self.judged)


def run_checks(case: Queryable, checks: Sequence[Check], present: Iterable[str]) -> Iterator[Outcome]:
    """Run checks, the severe ones first.

    Args:
        present: Tables that have rows. A check whose table is empty is not judged: absence of an export is no pass.
    """
    there = frozenset(present)
    for check in sorted(checks, key=lambda c: (SEVERITIES.index(c.severity), c.id)):
        missing = [t for t in check.tables if t not in there]
        if missing:
            yield Outcome(check, "not judged", (), f"the case has no {', '.join(missing)}: {check.get}")
            continue
        try:
            rows = case.query(check.bound(), limits=NO_LIMITS).to_pylist()
        except KeywitnessError as error:
            yield Outcome(check, "error", (), error.message)
            continue
        yield _outcome(check, tuple(_judged(row) for row in rows))


def _outcome(check: Check, judged: tuple[Judged, ...]) -> Outcome:
    ordered = tuple(sorted(judged, key=lambda j: (j.verdict, j.object, j.what)))
    verdicts = {j.verdict for j in judged}
    if "fail" in verdicts:
        return Outcome(check, "failed", ordered)
    if not judged:
        return Outcome(check, "not judged", (), f"nothing that it looks at was exported: {check.get}")
    if "unknown" in verdicts:
        what = next(j.what for j in ordered if j.verdict == "unknown")
        status = "partly" if "pass" in verdicts else "not judged"
        return Outcome(check, status, ordered, f"{what}: {check.get}")
    return Outcome(check, "passed", ordered)


def _judged(row: dict[str, Any]) -> Judged:
    rows = row.get("Row")
    references = tuple(rows) if isinstance(rows, list) else (rows,) if rows else ()
    return Judged(str(row["Object"]), str(row["Verdict"]), str(row["What"]), references, row)
