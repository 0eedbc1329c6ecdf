"""Findings that tell one story: the same actor or the same material, close in time.

Two findings belong together when they share a caller, an object of a vault, or an address, and no more than the gap
lies between them. An address at which findings name many callers is a place, not an actor (a proxy, an office): it
joins nothing.

Does not show: one intruder who changes identity, address and prey at once. Two who use one stolen identity are one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from keywitness.detect.finding import Finding
from keywitness.detect.run import weight

GAP = timedelta(days=7)
#: Callers that findings may name at an address which still counts as one actor's.
MOST_CALLERS = 3


@dataclass(frozen=True, slots=True)
class Incident:
    """Findings of one story, in time order.

    Args:
        id: Of its earliest finding: the same evidence gives the same id.
        links: What holds them together, in words.
    """

    id: str
    findings: tuple[Finding, ...]
    links: tuple[str, ...]

    @property
    def severity(self) -> str:
        """The worst of its findings'."""
        return min((f.severity for f in self.findings), key=weight)

    @property
    def first_at(self) -> str:
        return min(f.first_at for f in self.findings)

    @property
    def last_at(self) -> str:
        return max(f.last_at for f in self.findings)

    @property
    def tactics(self) -> tuple[str, ...]:
        """ATT&CK tactics in the order in which they were first seen."""
        return tuple(dict.fromkeys(t for f in self.findings for t in f.rule.tactics))

    def all(self, entity: str) -> tuple[str, ...]:
        """The values of one entity (`identities`, `addresses`, `vaults` ...) over all findings, in time order."""
        return tuple(dict.fromkeys(v for f in self.findings for v in sorted(getattr(f, entity))))


def incidents(findings: Iterable[Finding], gap: timedelta = GAP) -> tuple[Incident, ...]:
    """Findings as stories, the worst and earliest first. Every finding stands in exactly one."""
    ordered = sorted(findings, key=lambda f: (f.first_at, f.id))
    groups = _Groups(len(ordered))
    words: dict[int, list[str]] = defaultdict(list)
    for word, places in _shared(ordered):
        for before, after in pairwise(places):
            if _near(ordered[before], ordered[after], gap):
                groups.join(before, after)
                words[after].append(word)
    found: dict[int, list[int]] = defaultdict(list)
    for place in range(len(ordered)):
        found[groups.of(place)].append(place)
    made = [
        Incident(
            id="I-" + hashlib.sha256(ordered[places[0]].id.encode()).hexdigest()[:8],
            findings=tuple(ordered[p] for p in places),
            links=tuple(dict.fromkeys(w for p in places for w in words[p])),
        )
        for places in found.values()
    ]
    return tuple(sorted(made, key=lambda i: (weight(i.severity), i.first_at, i.id)))


def _shared(findings: Sequence[Finding]) -> Iterator[tuple[str, list[int]]]:
    """What several findings have in common, in words, with their places in time order."""
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    callers: dict[str, set[str]] = defaultdict(set)
    for place, found in enumerate(findings):
        who = found.identity_ids or found.identities  # an id and its name are one caller
        for kind, values in (
            ("caller", (*found.identity_ids, *found.identities)),
            ("object", found.objects),
            ("address", found.addresses),
        ):
            for value in dict.fromkeys(v.lower() for v in values):
                places[kind, value].append(place)
        for address in found.addresses:
            callers[address.lower()].update(w.lower() for w in who)
    for (kind, value), those in sorted(places.items()):  # a set's order is none
        if len(those) > 1 and (kind != "address" or len(callers[value]) <= MOST_CALLERS):
            yield f"the {kind} {_named(findings[those[0]], kind, value)}", those


def _named(found: Finding, kind: str, value: str) -> str:
    """A caller as people name him, where the finding says it."""
    if kind == "caller" and len(found.identities) == len(found.identity_ids) == 1:
        return found.identities[0]
    return value


def _near(before: Finding, after: Finding, gap: timedelta) -> bool:
    ends, begins = _time(before.last_at), _time(after.first_at)
    return ends is None or begins is None or begins - ends <= gap


def _time(text: str) -> datetime | None:
    """The moment, to the microsecond: enough for a gap of days."""
    try:
        return datetime.fromisoformat(text[:26].rstrip("Z") + "+00:00") if text else None
    except ValueError:
        return None


class _Groups:
    """Which places belong together (union by smallest member)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def of(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place

    def join(self, one: int, other: int) -> None:
        a, b = sorted((self.of(one), self.of(other)))
        self._parent[b] = a
