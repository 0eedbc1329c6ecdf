"""Is the list of what to rotate exactly what the attacker received?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from keywitness.lab.truth import Exposed, Truth
from keywitness.report.document import Exposure


def difference(truth: Truth, listed: Iterable[Exposure]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Object versions that are missing from the list, each with its attack, and those that should not be on it.

    A truth without version (a backup holds all of them) asks for the object in any version, and allows them all.
    What no log shows cannot be listed and is left out.
    """
    wanted = [item for item in truth.exposed if item.logged]
    rotated = {(e.vault.lower(), e.name.lower(), e.version.lower()): e for e in listed if e.rotate_now}
    names = {(vault, name) for vault, name, _ in rotated}
    whole = {_name(item) for item in wanted if not item.version}
    single = {(*_name(item), item.version) for item in wanted if item.version}
    missing = {
        (item.scenario, _said((*_name(item), item.version)))
        for item in wanted
        if (_name(item) not in names if not item.version else not _listed((*_name(item), item.version), rotated))
    }
    extra = {
        key for key, entry in rotated.items() if key not in single and key[:2] not in whole and not _fits(entry, single)
    }
    return tuple(sorted(missing)), tuple(sorted(map(_said, extra)))


def _name(item: Exposed) -> tuple[str, str]:
    return item.vault.lower(), item.name.lower()


def _listed(key: tuple[str, str, str], rotated: Mapping[tuple[str, str, str], Exposure]) -> bool:
    """Itself, or as a candidate of an entry whose version the log did not say."""
    same = (e for e in rotated.values() if (e.vault.lower(), e.name.lower()) == key[:2])
    return key in rotated or any(key[2] in e.candidates for e in same)


def _fits(entry: Exposure, single: set[tuple[str, str, str]]) -> bool:
    return any((entry.vault.lower(), entry.name.lower(), version) in single for version in entry.candidates)


def _said(key: tuple[str, str, str]) -> str:
    return "/".join(part for part in key if part)
