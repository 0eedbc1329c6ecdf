"""One query, two opinions: ours and that of Microsoft's analyser, and what explains a difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.kql.second_opinion.differences import DIFFERENCES, Difference

from keywitness.errors import QueryError
from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import compile_kql
from keywitness.model.schema import UNIX_EPOCH_TICKS, Schema


@dataclass(frozen=True)
class Tables(EmptyCatalog):
    """A catalog of tables that all have rows."""

    schemas: Mapping[str, Schema]

    def schema(self, table: str) -> Schema | None:
        return self.schemas.get(table)

    def has_evidence(self, table: str) -> bool:
        return table in self.schemas

    def names(self) -> Sequence[str]:
        return sorted(self.schemas)


@dataclass(frozen=True)
class Opinion:
    """What one side says: columns, or why not.

    Args:
        columns: Name and type of each column of the result; None when the query is refused.
        errors: Code and message of each error.
        unsupported: Refused here because keywitness does not answer it: no opinion on right or wrong.
    """

    columns: tuple[tuple[str, str], ...] | None
    errors: tuple[str, ...] = ()
    unsupported: bool = False


def ours(query: str, tables: Mapping[str, Schema]) -> Opinion:
    """What the binder says."""
    try:
        program = compile_kql(query, Tables(tables), UNIX_EPOCH_TICKS)
    except QueryError as error:
        found = error.diagnostics  # type: ignore[attr-defined]
        return Opinion(None, tuple(f"{d.code} {d.message}" for d in found), any(d.code == "KWQ300" for d in found))
    return Opinion(tuple((c.name, c.type.value) for c in program.result.schema.visible()))


def theirs(answer: Mapping[str, Any]) -> Opinion:
    """What Microsoft's analyser says."""
    if "columns" in answer:
        return Opinion(tuple((name, type) for name, type in answer["columns"]))
    return Opinion(None, (*(f"{code} syntax" for code in answer["codes"]), *answer.get("wrong", ())))


@dataclass(frozen=True)
class Verdict:
    """How the two opinions on one query relate.

    Args:
        kind: "agree", "both refuse", "not answered here", "refused here only", "accepted here only", "columns differ".
        evidence: What has to be explained, a line each.
    """

    name: str
    query: str
    kind: str
    evidence: tuple[str, ...] = ()

    def reasons(self) -> list[Difference | None]:
        """The reviewed difference that explains each line; None where there is none."""
        return [
            next((d for d in DIFFERENCES if d.explains(self.kind, line, self.query)), None) for line in self.evidence
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}: {'; '.join(self.evidence)}\n{self.query}"


def judge(name: str, query: str, here: Opinion, there: Opinion) -> Verdict:
    """Compare two opinions."""
    if here.unsupported:
        return Verdict(name, query, "not answered here")
    if here.columns is None and there.columns is None:
        return Verdict(name, query, "both refuse")
    if here.columns is None:
        return Verdict(name, query, "refused here only", here.errors)
    if there.columns is None:
        return Verdict(name, query, "accepted here only", there.errors)
    evidence = tuple(_column_lines(here.columns, there.columns))
    return Verdict(name, query, "columns differ" if evidence else "agree", evidence)


def _column_lines(here: Sequence[tuple[str, str]], there: Sequence[tuple[str, str]]) -> Iterator[str]:
    if here == there:
        return
    names = Counter(name for name, _ in there)
    only_there, only_here = Counter(there) - Counter(here), Counter(here) - Counter(there)
    for name, type in only_there:
        yield f"{'theirs, a second time' if names[name] > 1 else 'theirs'}: {name} {type}"
    for name, type in only_here:
        yield f"ours: {name} {type}"
    if not only_there and not only_here:
        yield "another order"


def summary(verdicts: Iterable[Verdict]) -> str:
    """Counts of the kinds, and of the reasons for differences."""
    verdicts = list(verdicts)
    kinds = Counter(v.kind for v in verdicts)
    lines = [f"{len(verdicts)} queries: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())]
    reasons = Counter(d.name for v in verdicts for d in {d for d in v.reasons() if d is not None})
    lines += [f"  {n:4} {name}" for name, n in reasons.most_common()]
    return "\n".join(lines)
