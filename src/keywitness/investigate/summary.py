"""The answer first: what was taken, what cannot be excluded, how we know."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from keywitness.detect.finding import Finding
from keywitness.exposure.reads import Exposed
from keywitness.investigate.documents import Names
from keywitness.investigate.scope import Filter
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
    said = [
        *_taken(taken, objects, covered, names),
        *_missing(covered, asked, bool(taken)),
        *_findings(findings, outside, covered, bool(taken)),
    ]
    limited = _question(asked)
    if limited:
        said.append(f"The question was limited to {limited}.")
    if asked.watchlist:
        said.append(
            f"{counted(len(asked.watchlist), 'name')} of a watch list {_were(len(asked.watchlist))} watched as well."
        )
    return (*said, _basis(covered, events, asked))


def _taken(taken: Sequence[Exposed], objects: Sequence[Exposed], covered: Coverage, names: Names) -> list[str]:
    if not taken:
        if not any(v.records for v in covered.vaults):
            return ["The evidence holds no audit record of any vault: whether anything was taken cannot be said."]
        if not objects:
            return ["No record of the evidence shows that an object was handed out."]
        return [
            f"{counted(len(objects), 'object version')} {_were(len(objects))} handed out, none of them in a request or"
            " session that a finding of high or medium severity makes suspicious."
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
    since, until = _clock(min(r.first_at for r in readers)), _clock(max(r.last_at for r in readers))
    when = f"at {since}" if since == until else f"between {since} and {until}"
    listed = [f"{o.vault}/{o.name}" for o in taken]
    return [
        f"{first}.",
        f"{'It was' if len(taken) == 1 else 'They were'} read by {_joined(list(who))} {when}.",
        f"To rotate: {_joined(list(dict.fromkeys(listed)))}.",
    ]


def _missing(covered: Coverage, asked: Scope, taken: bool) -> list[str]:
    """The most important gaps; when vaults were asked about, not those of other vaults."""
    others = [v.vault for v in covered.vaults if not Filter(asked).vault(v.vault)]
    known = [s for s in covered.cannot_conclude if "cannot be" in s and not any(_names(s, v) for v in others)]
    gaps = [s for s in known if "cannot be excluded" in s or "were read cannot be" in s][:GAPS]
    more = len(known) - len(gaps)
    if not gaps:
        return [f"The coverage names {counted(more, 'gap')}."] if more else []
    said = [f"It cannot be excluded that {'more' if taken else 'something'} was taken: {gaps[0]}", *gaps[1:]]
    if more > 0:
        said.append(f"The coverage names {counted(more, 'further gap')}.")
    return said


def _names(sentence: str, vault: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(vault)}(?![\w-])", sentence) is not None


def _findings(findings: Sequence[Finding], outside: int, covered: Coverage, taken: bool) -> list[str]:
    said = []
    if findings:
        severities = Counter(f.severity for f in findings)
        parts = [f"{severities[s]} {s}" for s in ("high", "medium", "low", "informational") if severities[s]]
        rules = list(dict.fromkeys(f.rule.name for f in findings if f.severity in ("high", "medium")))
        many = counted(len(findings), "finding")
        verb = "says" if len(findings) == 1 else "say"
        how = f"{verb} how it happened" if taken else f"{_were(len(findings))} made"
        said.append(f"{many} ({', '.join(parts)}) {how}: {_joined(rules) or 'see below'}.")
    elif any(r.status == "ran" for r in covered.rules):
        said.append("No rule found anything in what was asked.")
    else:
        said.append("No rule could run: that none found anything says nothing.")
    if outside:
        verbs = ("lies", "is") if outside == 1 else ("lie", "are")
        said.append(f"{counted(outside, 'finding')} {verbs[0]} outside of the question and {verbs[1]} not shown.")
    return said


def _question(asked: Scope) -> str:
    parts = [
        ("identity", asked.identities),
        ("address", asked.addresses),
        ("vault", asked.vaults),
        ("objects named", asked.secrets),
        ("session", asked.sessions),
    ]
    said = [f"{word} {_joined(values)}" for word, values in parts if values]
    if asked.since or asked.until:
        since = f"from {_clock(asked.since)}" if asked.since else ""
        until = f"until {_clock(asked.until)}" if asked.until else ""
        said.append(" ".join(filter(None, ("the time", since, until))))
    return ", ".join(said)


def _basis(covered: Coverage, events: int, asked: Scope) -> str:
    logged = [v for v in covered.vaults if v.records]
    records = sum(v.records for v in logged)
    duplicates = sum(e.duplicate for e in covered.evidence)
    rejected = sum(e.rejected for e in covered.evidence)
    span = f" from {_clock(covered.since)} to {_clock(covered.until)}" if logged else ""
    whose = "of the callers or addresses in question" if asked.identities or asked.addresses else "with a caller"
    return (
        f"This rests on {counted(records, 'audit record')} of {counted(len(logged), 'vault')}{span}, {events:,} of them"
        f" {whose}, in {counted(len(covered.evidence), 'evidence item')} ({counted(duplicates, 'duplicate')} counted"
        f" once, {counted(rejected, 'record')} unreadable); every statement names its source rows."
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


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _clock(at: str) -> str:
    return at[:19].replace("T", " ") + " UTC"
