"""What lies in the vaults: the company's objects, and what the logs show set, imported, renewed and deleted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from keywitness.lab.audit_event import Request
from keywitness.lab.columns import TICKS_PER_DAY, key_of
from keywitness.lab.company import Company, Vault
from keywitness.lab.inventory.moments import ALWAYS, Span
from keywitness.lab.journal import Journal

_MADE = ("SecretSet", "SecretRestore", "SecretRecover", "KeyCreate", "CertificateImport", "CertificateRenew")
_GONE = ("SecretDelete", "KeyDelete")


@dataclass(frozen=True, slots=True)
class Kept:
    """A version of an object and the time for which it was the current one.

    Args:
        created: Ticks.
        print: SHA-1 of a certificate in hex, "" for others.
    """

    vault: int
    kind: str  # secrets | keys | certificates
    name: str
    version: str
    created: int
    print: str = ""
    span: Span = ALWAYS


def thumbprint(vault: Vault, name: str, version: str) -> str:
    """SHA-1 of an invented certificate, as 40 hex digits."""
    return hashlib.sha256(f"{vault.name}/{name}/{version}".encode()).hexdigest()[:40].upper()


def contents_of(company: Company, journal: Journal, begin: int) -> list[Kept]:
    """Every object of every vault, at any time of a simulation."""
    found = list(_before(company, begin))
    for at, request in sorted(journal.asked, key=lambda asked: asked[0]):
        if request.status < 300 and request.operation in (*_MADE, *_GONE):
            _change(found, at, begin, request)
    return found


def _before(company: Company, begin: int) -> Iterator[Kept]:
    for vault in company.vaults:
        for item in (*vault.secrets, *vault.keys, *vault.certificates):
            print_ = thumbprint(vault, item.name, item.current) if item.kind == "certificates" else ""
            yield Kept(vault.index, item.kind, item.name, item.current, _some_time(vault, item.name, begin), print_)


def _some_time(vault: Vault, name: str, begin: int) -> int:
    """When an object was made that stood before the first record: 10 to 400 days earlier."""
    return begin - (10 + key_of("made", vault.name, name) % 390) * TICKS_PER_DAY


def _change(found: list[Kept], at: int, begin: int, request: Request) -> None:
    vault = request.vault
    kind, name, version = _object_of(request)
    same = [n for n, k in enumerate(found) if (k.vault, k.kind, k.name) == (vault.index, kind, name)]
    if request.operation in _GONE and not same:  # it stood there before, unseen
        same = [len(found)]
        found.append(Kept(vault.index, kind, name, version, _some_time(vault, name, begin)))
    for number in same:
        if found[number].span.until is None:
            found[number] = replace(found[number], span=replace(found[number].span, until=at))
    if request.operation in _MADE:
        print_ = _print_of(request, name, version) if kind == "certificates" else ""
        found.append(Kept(vault.index, kind, name, version, at, print_, Span(at)))


def _object_of(request: Request) -> tuple[str, str, str]:
    """Kind, name and version; a version that the record leaves out is made up."""
    parts = request.id.removeprefix(f"{request.vault.uri}/").removeprefix("deleted").split("/")
    version = parts[2] if len(parts) > 2 else ""
    return parts[0], parts[1], version or f"{key_of(request.id):016x}" * 2


def _print_of(request: Request, name: str, version: str) -> str:
    """The thumbprint that the record shows, else one of the new version."""
    shown = json.loads("{" + request.extra[1:] + "}") if request.extra else {}
    return shown.get("certificateProperties", {}).get("sha1") or thumbprint(request.vault, name, version)
