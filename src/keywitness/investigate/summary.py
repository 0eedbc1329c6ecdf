"""The answer first: what was taken, what cannot be excluded, how we know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from keywitness.detect.finding import Finding
from keywitness.exposure.reads import Exposed
from keywitness.investigate.documents import Names
from keywitness.report.document import Coverage, Scope

#: Names that one sentence spells out.
NAMED = 6
#: Sentences on gaps that the summary repeats from the coverage.
GAPS = 3


def summary(
    asked: Scope,
    objects: Sequence[Exposed],
    findings: Sequence[Finding],
    covered: Coverage,
    events: int,
    outside: int,
    names: Names,
) -> tuple[str, ...]:
    """Full sentences, the answer first.

    Args:
        objects: Every object version that was handed out, within the question.
        findings: Findings within the question, worst first.
        events: Audit records that belong to sessions.
        outside: Findings outside of the question.
    """
    taken = [o for o in objects if o.rotate_now]
    said = [*_taken(taken, objects, names), *_missing(covered), *_findings(findings, outside, names)]
    if asked != Scope():
        said.append(f"The question was limited to {_question(asked)}.")
    return (*said, _basis(covered, events))


def _taken(taken: Sequence[Exposed], objects: Sequence[Exposed], names: Names) -> list[str]:
    if not taken:
        if not objects:
            return ["No record of the evidence shows that an object was handed out."]
        return [
            f"{counted(len(objects), 'object version')} {'was' if len(objects) == 1 else 'were'} handed out, none of"
            " them to a caller whom a finding of high or medium severity names."
        ]
    kinds = Counter(o.object_type for o in taken)
    parts = [counted(n, kind) for kind, n in sorted(kinds.items(), key=lambda k: -k[1])]
    private = sum(o.private_key_left for o in taken)
    vaults = sorted({o.vault for o in taken})
    first = f"{_joined(parts)} from {_joined(vaults)} must be treated as taken and rotated now"
    if private:
        first += f"; of {counted(private, 'certificate')} the private key left the vault"
    readers = [r for o in taken for r in o.readers if r.suspicious]
    who = dict.fromkeys(f"{names.of(r.identity)} at {r.address or 'an unknown address'}" for r in readers)
    since, until = min(r.first_at for r in readers), max(r.last_at for r in readers)
    listed = [f"{o.vault}/{o.name}" for o in taken]
    return [
        f"{first}.",
        f"They were read by {_joined(list(who))} between {_clock(since)} and {_clock(until)}.",
        f"To rotate: {_joined(list(dict.fromkeys(listed)))}.",
    ]


def _missing(covered: Coverage) -> list[str]:
    """The most important gaps."""
    gaps = [s for s in covered.cannot_conclude if "cannot be" in s][:GAPS]
    if not gaps:
        return []
    more = sum("cannot be" in s for s in covered.cannot_conclude) - len(gaps)
    said = [f"It cannot be excluded that more was taken: {gaps[0]}", *gaps[1:]]
    if more > 0:
        said.append(f"The coverage names {counted(more, 'further gap')}.")
    return said


def _findings(findings: Sequence[Finding], outside: int, names: Names) -> list[str]:
    said = []
    if findings:
        severities = Counter(f.severity for f in findings)
        parts = [f"{severities[s]} {s}" for s in ("high", "medium", "low", "informational") if severities[s]]
        rules = list(dict.fromkeys(f.rule.name for f in findings if f.severity in ("high", "medium")))
        many = counted(len(findings), "finding")
        said.append(f"{many} ({', '.join(parts)}) say how it happened: {_joined(rules) or 'see below'}.")
    else:
        said.append("No rule found anything in what was asked.")
    if outside:
        said.append(f"{counted(outside, 'finding')} lie outside of the question and are not shown.")
    return said


def _question(asked: Scope) -> str:
    parts = [
        ("identity", asked.identities),
        ("address", asked.addresses),
        ("vault", asked.vaults),
        ("name", asked.secrets),
    ]
    said = [f"{word} {_joined(values)}" for word, values in parts if values]
    said += [f"from {_clock(asked.since)}"] if asked.since else []
    said += [f"until {_clock(asked.until)}"] if asked.until else []
    said += [f"besides, {counted(len(asked.watchlist), 'name')} of a watch list"] if asked.watchlist else []
    return ", ".join(said)


def _basis(covered: Coverage, events: int) -> str:
    logged = [v for v in covered.vaults if v.records]
    records = sum(v.records for v in logged)
    duplicates = sum(e.duplicate for e in covered.evidence)
    rejected = sum(e.rejected for e in covered.evidence)
    span = f" from {_clock(covered.since)} to {_clock(covered.until)}" if logged else ""
    return (
        f"This rests on {counted(records, 'audit record')} of {counted(len(logged), 'vault')}{span}, {events:,} of them"
        f" with a caller, in {counted(len(covered.evidence), 'evidence item')} ({duplicates:,} duplicates counted once,"
        f" {rejected:,} records unreadable); every statement names its source rows."
    )


def limits(*, shown: dict[str, tuple[int, int]]) -> list[str]:
    """Sentences on what the document leaves out, by what is left out: shown and in all."""
    return [
        f"The report shows the first {some:,} of {whole:,} {what}; all of them are counted and were searched."
        for what, (some, whole) in shown.items()
        if some < whole
    ]


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "key"), counted(2, "key")
        ('1 key', '2 keys')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _joined(values: Sequence[str]) -> str:
    if len(values) > NAMED:
        return f"{', '.join(values[:NAMED])} and {len(values) - NAMED} more"
    return " and ".join(filter(None, [", ".join(values[:-1]), values[-1]])) if values else ""


def _clock(at: str) -> str:
    return at[:19].replace("T", " ") + " UTC"
