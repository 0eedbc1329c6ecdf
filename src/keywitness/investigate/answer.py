"""Was it read? Yes; no, and the log was complete; not seen, but the log has a gap; no log. Never "no" without proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from keywitness.engine.limits import NO_LIMITS
from keywitness.exposure.operations import REVEALING
from keywitness.investigate.clock import clock
from keywitness.investigate.logged import Logged
from keywitness.investigate.proof import HOUR, Gap
from keywitness.kql.literals import format_datetime
from keywitness.kql.quoting import literal
from keywitness.model.content import with_functions

if TYPE_CHECKING:
    from keywitness.case import Case

#: Hands out everything in a managed HSM at once, and names nothing.
WHOLE_BACKUP = "BackupCreate"
#: Gaps that a sentence spells out, the longest.
NAMED_GAPS = 3

_QUERY = f"""KeyVaultEvents()
| where Operation in ({literal([*REVEALING, WHOLE_BACKUP])}) and Status == 200 and Vault in ({{vaults}})
| extend NameKey = tolower(ObjectName)
| where NameKey in ({{names}}) or isempty(NameKey)
| where {{time}}
| summarize Count = count(), FirstAt = min(TimeGenerated), LastAt = max(TimeGenerated), Rows = make_set(Row, 50)
    by Vault, NameKey, Operation, Identity, Address"""


class Verdict(StrEnum):
    """What can be said."""

    YES = "yes"
    NO = "no"
    GAP = "not seen, gap"
    NO_LOG = "no log"


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether an object was read in a time. Times are ticks; `until` is behind the last one.

    Args:
        reads: How often it was handed out.
        readers: Who was given it, from where.
        rows: References of the reads, or of requests that hand out an object and name none.
        gaps: Parts of the time for which the log is not proven, also beside a "yes".
        unnamed: Requests that handed out an object of the vault and name none.
    """

    vault: str
    name: str
    verdict: Verdict
    since: int
    until: int
    reads: int = 0
    readers: tuple[str, ...] = ()
    first: int = 0
    last: int = 0
    rows: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unnamed: int = 0

    @property
    def sentence(self) -> str:
        """The answer in words, with its limits."""
        span = f"from {clock(self.since)} to {clock(self.until)}"
        match self.verdict:
            case Verdict.YES:
                times = "once" if self.reads == 1 else f"{self.reads:,} times"
                when = (
                    f"at {clock(self.first)}"
                    if self.first == self.last
                    else f"{clock(self.first)} to {clock(self.last)}"
                )
                more = f" There may be more: {self._gaps()}." if self.gaps else ""
                return f"Yes: {self.vault}/{self.name} was read {times} ({when}) by {_joined(self.readers)}.{more}"
            case Verdict.NO:
                return f"No: the log of {self.vault} was complete {span}, and no read of {self.name} is in it."
            case Verdict.GAP:
                return f"Not seen, but it cannot be excluded that {self.name} was read: {self._gaps()}."
            case Verdict.NO_LOG:
                when = f" {span}" if self.since < self.until else ""
                unsaid = f"whether {self.name} was read cannot be said"
                return f"No log: the evidence has no record of {self.vault}{when}; {unsaid}."

    def _gaps(self) -> str:
        longest = sorted(sorted(self.gaps, key=lambda g: g.start - g.end)[:NAMED_GAPS], key=lambda g: g.start)
        said = [f"{clock(g.start)} to {clock(g.end)} ({', '.join(g.reasons)})" for g in longest]
        parts = []
        if said:
            hours = sum(g.end - g.start for g in self.gaps) / HOUR
            more = f" and {len(self.gaps) - NAMED_GAPS} more" if len(self.gaps) > NAMED_GAPS else ""
            share = f"{hours:,.1f} of {(self.until - self.since) / HOUR:,.1f} hours"
            gap = "a gap" if len(self.gaps) == 1 else "gaps"
            parts.append(f"the log of {self.vault} has {gap} from {'; '.join(said)}{more}, in all {share}")
        if self.unnamed:
            requests = "1 request hands" if self.unnamed == 1 else f"{self.unnamed:,} requests hand"
            parts.append(f"{requests} out an object of the vault and name{'s' if self.unnamed == 1 else ''} none")
        return ", and ".join(parts)


def was_read(
    case: Case,
    objects: Iterable[tuple[str, str]],
    known: Mapping[str, Logged],
    *,
    since: int | None = None,
    until: int | None = None,
) -> tuple[Answer, ...]:
    """Answer for each object, in the order given.

    Does not show: what a client had read before and kept; copies in other vaults.

    Args:
        objects: Vault and name of each.
        known: What is proven of the vaults' logs, by vault in lower case.
        since: First tick of the time in question; the vault's first record when None.
        until: Tick behind it; behind the vault's last record when None.
    """
    asked = [(vault.lower(), name) for vault, name in objects]
    rows = _reads(case, asked, since, until)
    return tuple(_answer(vault, name, known.get(vault), rows, since, until) for vault, name in asked)


def vaults_naming(case: Case, name: str) -> list[str]:
    """Vaults in which a record names an object of that name, in alphabetical order."""
    query = f"KeyVaultEvents() | where ObjectName =~ {literal(name)} | distinct Vault | sort by Vault asc"
    vaults: list[str] = case.query(with_functions(query), limits=NO_LIMITS).table["Vault"].to_pylist()
    return vaults


def _reads(
    case: Case, asked: Sequence[tuple[str, str]], since: int | None, until: int | None
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    if not asked:
        return {}
    times = [f"TimeGenerated >= datetime({format_datetime(since)})"] if since is not None else []
    times += [f"TimeGenerated < datetime({format_datetime(until)})"] if until is not None else []
    query = _QUERY.replace("{time}", " and ".join(times) or "true")
    query = query.replace("{vaults}", literal(sorted({v for v, _ in asked})))
    query = query.replace("{names}", literal(sorted({n.lower() for _, n in asked})))
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in case.query(with_functions(query), limits=NO_LIMITS).table.to_pylist():
        found.setdefault((row["Vault"], row["NameKey"]), []).append(row)
    return found


def _answer(
    vault: str,
    name: str,
    known: Logged | None,
    rows: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]],
    since: int | None,
    until: int | None,
) -> Answer:
    first, last = known.proof.span if known else (0, 0)
    start, end = first if since is None else since, last + 1 if until is None else until
    reads, unnamed = rows.get((vault, name.lower()), ()), rows.get((vault, ""), ())
    gaps = known.proof.gaps(start, end) if known else ()
    nameless = sum(r["Count"] for r in unnamed)
    if reads:
        return Answer(
            vault, name, Verdict.YES, start, end,
            reads=sum(r["Count"] for r in reads),
            readers=tuple(dict.fromkeys(_reader(r) for r in sorted(reads, key=lambda r: r["FirstAt"]))),
            first=min(r["FirstAt"] for r in reads),
            last=max(r["LastAt"] for r in reads),
            rows=_rows(reads), gaps=gaps, unnamed=nameless,
        )  # fmt: skip
    if known is None or end <= first or start > last or start >= end:
        return Answer(vault, name, Verdict.NO_LOG, start, end)
    verdict = Verdict.GAP if gaps or nameless else Verdict.NO
    return Answer(vault, name, verdict, start, end, rows=_rows(unnamed), gaps=gaps, unnamed=nameless)


def _reader(row: Mapping[str, Any]) -> str:
    who, where = row["Identity"] or "a caller without identity", row["Address"] or "an unknown address"
    return f"{who} from {where} ({row['Operation']})"


def _rows(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    import json

    found = (json.loads(r["Rows"]) if isinstance(r["Rows"], str) else r["Rows"] for r in rows)
    return tuple(dict.fromkeys(row for many in found for row in many))


def _joined(values: Sequence[str], most: int = 6) -> str:
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(values[:most]) + more
