"""The proof that a rule carries: records that must match and near misses that must not."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from keywitness.detect.rule import Case, Rule, span
from keywitness.detect.run import Outcome, Queryable, run_rules


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a case gave. `passed` when the rule ran and found as many as the case says, as severe as it says."""

    case: Case
    outcome: Outcome

    @property
    def passed(self) -> bool:
        found = self.outcome.findings
        fits = not self.case.severity or all(f.severity == self.case.severity.lower() for f in found)
        return self.outcome.status == "ran" and len(found) == self.case.findings and fits


#: Watchlists as CSV files, by alias.
Watchlists = Mapping[str, bytes]


def prove(rule: Rule, load: Callable[[bytes, Watchlists], Queryable], tables: frozenset[str]) -> Iterator[Verdict]:
    """Run a rule over the records of each of its cases.

    Args:
        load: Makes a case of raw records (JSON Lines), through the real decoders, and of watchlists.
        tables: Tables to count as present, so that a rule also runs on a case that fills only some.
    """
    for case in rule.keywitness.cases:
        lines = b"".join(json.dumps(record).encode() + b"\n" for record in records(case))
        (outcome,) = run_rules(load(lines, watchlists(case)), [rule], present=tables)
        yield Verdict(case, outcome)


def records(case: Case) -> Iterator[dict[str, Any]]:
    """The raw records of a case; a `series` stands for many.

    `{series: 3, every: 1h, record: {...}}` gives three records an hour apart, `{n}` in their texts counting from 0.
    """
    for entry in case.records:
        if "series" not in entry:
            yield entry
            continue
        step = span(entry["every"])
        for n in range(int(entry["series"])):
            record = _numbered(copy.deepcopy(entry["record"]), n)
            record["time"] = _later(record["time"], step * n)
            yield record


def watchlists(case: Case) -> Watchlists:
    """The watchlists of a case as the CSV files that a user would give."""
    return {alias: _csv(rows) for alias, rows in case.watchlists.items()}


def _csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _numbered(value: Any, n: int) -> Any:
    match value:
        case str():
            return value.replace("{n}", str(n))
        case dict():
            return {k: _numbered(v, n) for k, v in value.items()}
        case list():
            return [_numbered(v, n) for v in value]
        case _:
            return value


def _later(time: str, by: timedelta) -> str:
    at = datetime.fromisoformat(time.replace("Z", "+00:00")) + by
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
