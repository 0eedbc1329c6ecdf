"""Whom and where findings point to: all that the document says of one identity or one address, together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from keywitness.report import instants
from keywitness.report.document import Document, Exposure, ExposureReader, Finding, Session, TimelineEvent
from keywitness.report.figures import by_severity, rank


@dataclass(frozen=True, slots=True)
class Read:
    """An object version that the actor read."""

    item: Exposure
    reader: ExposureReader


@dataclass(frozen=True, slots=True)
class Actor:
    """One identity, or one address.

    Args:
        anchor: Its place on the page.
        name: As the document names it.
        others: For an identity the addresses, for an address the identities.
        findings: That name it, most severe first.
        reads: What it read, to be replaced first.
        events: Of the timeline, in order; for an address, those of its findings.
    """

    anchor: str
    name: str
    others: tuple[str, ...]
    applications: tuple[str, ...]
    vaults: tuple[str, ...]
    findings: tuple[Finding, ...]
    sessions: tuple[Session, ...]
    reads: tuple[Read, ...]
    events: tuple[TimelineEvent, ...]

    @property
    def severity(self) -> str:
        """The worst of its findings'; informational when none names it."""
        return self.findings[0].severity if self.findings else "informational"

    @property
    def span(self) -> tuple[str, str]:
        """When it was first and last seen in what the document shows."""
        seen: list[Finding | Session | ExposureReader] = [*self.findings, *self.sessions]
        seen += [read.reader for read in self.reads]
        times = sorted(at for one in seen for at in (one.first_at, one.last_at) if instants.parse(at))
        return (times[0], times[-1]) if times else ("", "")


def identities(document: Document) -> tuple[Actor, ...]:
    """Everybody whom a finding names or who read something suspiciously, the worst first."""
    readers = [r.identity for item in document.exposure for r in item.readers if r.suspicious]
    names = _names((name for one in document.findings for name in one.identities), readers)
    events = _by(document.timeline, lambda one: [one.identity])
    return _sorted(
        _actor(document, name, f"who-{number}", "identity", events.get(_key(name), []))
        for number, name in enumerate(names, 1)
    )


def addresses(document: Document) -> tuple[Actor, ...]:
    """Every address that a finding names or that something was read from suspiciously, the worst first."""
    readers = [r.address for item in document.exposure for r in item.readers if r.suspicious]
    names = _names((name for one in document.findings for name in one.addresses), readers)
    events = _by(document.timeline, lambda one: one.finding_ids)

    def of(name: str) -> list[TimelineEvent]:
        ids = [one.id for one in document.findings if _key(name) in map(_key, one.addresses)]
        return list(dict.fromkeys(event for id in ids for event in events.get(_key(id), [])))

    return _sorted(
        _actor(document, name, f"from-{number}", "address", of(name)) for number, name in enumerate(names, 1)
    )


def _actor(document: Document, name: str, anchor: str, kind: str, events: Iterable[TimelineEvent]) -> Actor:
    plural, other, others = ("identities", "address", "addresses") if kind == "identity" else (
        "addresses", "identity", "identities",
    )  # fmt: skip
    key = _key(name)
    findings = tuple(one for one in by_severity(document.findings) if key in map(_key, getattr(one, plural)))
    sessions = tuple(one for one in document.sessions if _key(getattr(one, kind)) == key)
    reads = [Read(i, r) for i in document.exposure for r in i.readers if _key(getattr(r, kind)) == key]
    visits: list[Session | ExposureReader] = [*sessions, *(read.reader for read in reads)]
    seen = [getattr(one, other) for one in visits]
    seen += [value for one in findings if len(getattr(one, plural)) == 1 for value in getattr(one, others)]
    named: list[Finding | Session] = [*findings, *sessions]
    vaults = [vault for one in named for vault in one.vaults] + [read.item.vault for read in reads]
    return Actor(
        anchor=anchor,
        name=name,
        others=_unique(seen),
        applications=_unique(one.application for one in visits),
        vaults=_unique(vaults),
        findings=findings,
        sessions=tuple(sorted(sessions, key=lambda one: (not one.finding_ids, one.first_at))),
        reads=tuple(sorted(reads, key=lambda read: (not read.item.rotate_now, read.reader.first_at))),
        events=tuple(sorted(events, key=lambda one: one.at)),
    )


def _sorted(actors: Iterable[Actor]) -> tuple[Actor, ...]:
    def weight(one: Actor) -> tuple[int, int, int, str]:
        replace = sum(read.item.rotate_now for read in one.reads)
        return rank(one.severity), -len(one.findings), -replace, one.name

    return tuple(sorted(actors, key=weight))


def _key(name: str) -> str:
    return name.casefold()


def _names(*lists: Iterable[str]) -> list[str]:
    """Each once, however it is spelt, as it was spelt first."""
    found: dict[str, str] = {}
    for names in lists:
        for name in names:
            if name:
                found.setdefault(_key(name), name)
    return list(found.values())


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(_names(values))


def _by(
    events: Iterable[TimelineEvent], keys: Callable[[TimelineEvent], Iterable[str]]
) -> dict[str, list[TimelineEvent]]:
    found: dict[str, list[TimelineEvent]] = {}
    for event in events:
        for key in keys(event):
            found.setdefault(_key(key), []).append(event)
    return found
