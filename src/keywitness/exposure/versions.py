"""Which version of an object was the current one at a time: as far as the log says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from keywitness.exposure.operations import CREATING, kind_of
from keywitness.exposure.touches import Touches

#: An object: vault, kind and name, lower case. A certificate's secret and key have the versions of the certificate.
Named = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Current:
    """The answer to "which version was current?".

    Args:
        version: The one version that it can only have been; "" when the log leaves it open.
        candidates: Versions that it may have been, the oldest first; empty when the log names none.
        basis: Why it is that version, as a part of a sentence.
    """

    version: str = ""
    candidates: tuple[str, ...] = ()
    basis: str = ""


@dataclass(slots=True)
class History:
    """What the log says about the versions of one object. Times are ticks.

    Args:
        born: When a version became the current one, and which: "" where the record does not name it.
        seen: First record that names each version.
        unnamed: First and last of several settings that name no version: there may be more of them in between.
    """

    born: list[tuple[int, str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    unnamed: list[tuple[int, int]] = field(default_factory=list)

    def current(self, first: int, last: int) -> Current:
        """The version that a request without a version got, at some time from `first` to `last`.

        It is certain only where the log has the moment in which the version was set, and no other version that may have
        come after it.
        """
        before = [(at, version) for at, version in self.born if at <= first]
        before += [(min(end, first), "") for start, end in self.unnamed if start <= first]
        since, set_then = max(before, default=(0, ""))
        possible = {set_then} | {version for at, version in self.born if first < at <= last}
        dated = {version for _, version in self.born}
        # A version whose beginning no record has, and that no record names before the last setting, may be a later one.
        possible |= {version for version, at in self.seen.items() if version not in dated and at >= since}
        possible.discard("")
        candidates = tuple(sorted(possible, key=lambda v: (self.seen.get(v, 0), v)))
        if set_then and candidates == (set_then,):
            return Current(set_then, (), "it was set before, and the log shows no later version until then")
        return Current("", candidates)

    def until(self, last: int) -> tuple[str, ...]:
        """Versions that existed by a time, as far as the log names them: what a backup holds."""
        later = {version for at, version in self.born if at > last}
        return tuple(sorted((v for v in self.seen if v not in later), key=lambda v: (self.seen[v], v)))

    def replaced(self, version: str, after: int) -> int | None:
        """When another version than this one was set, first after a time; None when the log shows none."""
        return min((at for at, other in self.born if at > after and other != version), default=None)


class Histories:
    """The versions of all objects.

    Args:
        done: What was done to objects, over the whole evidence.
    """

    def __init__(self, done: Touches) -> None:
        self._histories: dict[Named, History] = {}
        self.certificates: set[str] = set()
        creating = frozenset(CREATING)
        for row in done.rows():
            if not row["NameKey"] or (row["Status"] or 0) // 100 != 2:
                continue
            if row["ObjectType"].endswith("certificates"):
                self.certificates.add(f"{row['Vault']}/{row['NameKey']}")
            elif not row["ObjectVersion"] and row["Operation"] not in creating:
                continue
            self._add(row, creates=row["Operation"] in creating)

    def _add(self, row: Mapping[str, object], *, creates: bool) -> None:
        named = (str(row["Vault"]), kind_of(str(row["Operation"])), str(row["NameKey"]))
        history = self._histories.setdefault(named, History())
        version, at = str(row["ObjectVersion"]).lower(), int(str(row["FirstAt"]))
        if creates:
            history.born.append((at, version))
        if creates and not version and row["Count"] != 1:
            history.unnamed.append((at, int(str(row["LastAt"]))))
        if version:
            history.seen[version] = min(at, history.seen.get(version, at))

    def of(self, vault: str, kind: str, name: str) -> History:
        """What the log says about an object, with what it says about a certificate of the same name.

        Args:
            kind: secret, key or certificate.
            name: In lower case.
        """
        kinds = ("secret", "key", "certificate") if f"{vault}/{name}" in self.certificates else (kind,)
        found = [h for k in kinds if (h := self._histories.get((vault, k, name))) is not None]
        if len(found) == 1:
            return found[0]
        seen: dict[str, int] = {}
        for history in found:
            for version, at in history.seen.items():
                seen[version] = min(at, seen.get(version, at))
        return History([b for h in found for b in h.born], seen, [u for h in found for u in h.unnamed])
