"""The proof that a check carries: records through the real decoders, and the verdict that each object must get."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from keywitness.detect.run import Queryable
from keywitness.model.tables import known_tables
from keywitness.posture.check import Case, Check
from keywitness.posture.run import Outcome, run_checks


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a case gave."""

    case: Case
    outcome: Outcome
    found: dict[str, str]

    @property
    def passed(self) -> bool:
        """Every object got the verdict that the case says, and there is no other object."""
        return self.outcome.status != "error" and self.found == self.case.expect


def prove(check: Check, load: Callable[[bytes], Queryable]) -> Iterator[Verdict]:
    """Run a check over the records of each of its cases.

    Args:
        load: Makes a case of exported objects and raw records (JSON Lines).
    """
    for case in check.cases:
        lines = b"".join(json.dumps(record).encode() + b"\n" for record in case.records)
        (outcome,) = run_checks(load(lines), [check], known_tables())
        yield Verdict(case, outcome, {j.object: j.verdict for j in outcome.judged})
