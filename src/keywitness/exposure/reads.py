"""What was read: every object version that a request handed out, by whom, and which of it must be rotated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from keywitness.detect.run import Queryable
from keywitness.exposure.operations import BACKUPS, REVEALING, kind_of
from keywitness.exposure.restores import Restored, Restores
from keywitness.exposure.touches import Touches, touches
from keywitness.exposure.versions import Current, Histories
from keywitness.kql.literals import format_datetime

#: Content types of secrets that hold a certificate with its private key.
CERTIFICATE_TYPES = ("application/x-pkcs12", "application/x-pem-file")


@dataclass(frozen=True, slots=True)
class Reader:
    """One caller, application and address that was given an object version.

    Args:
        rows: The first read, another one, and every suspicious one.
        reasons: Why the reader is suspicious; empty when it is not.
    """

    identity: str
    identity_id: str
    application_id: str
    managed_identity: str
    address: str
    reads: int
    first_at: str
    last_at: str
    rows: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def suspicious(self) -> bool:
        return bool(self.reasons)


@dataclass(frozen=True, slots=True)
class Exposed:
    """One object version that was handed out.

    Args:
        version: Empty when the log leaves it open: then `candidates` count, and without any, every enabled version.
        how: The operations that did it.
        candidates: Versions that the requests may have got (SecretGet) or did get (a backup holds all of them), as far
            as the log names them.
        basis: How the version is known when no record of the reads names it; "" when they do.
        same_material: Objects that hold the same private key: `kind vault/name`.
        restored: Where backups of it were restored.
        replaced_at: When another version was set, first after the last suspicious read; "" when the log shows none.
        linked: Reasons to rotate that stand in other vaults, where a backup was restored.
        content_type: What the vault says that it holds; "" when unknown.
    """

    vault: str
    object_type: str
    name: str
    version: str
    private_key_left: bool
    how: str
    readers: tuple[Reader, ...]
    candidates: tuple[str, ...] = ()
    basis: str = ""
    same_material: tuple[str, ...] = ()
    restored: tuple[Restored, ...] = ()
    replaced_at: str = ""
    linked: tuple[str, ...] = ()
    content_type: str = ""

    @property
    def reads(self) -> int:
        return sum(r.reads for r in self.readers)

    @property
    def rotate_now(self) -> bool:
        return bool(self.linked) or any(r.suspicious for r in self.readers)

    @property
    def first_at(self) -> str:
        return min(r.first_at for r in self.readers)

    @property
    def last_at(self) -> str:
        return max(r.last_at for r in self.readers)

    @property
    def reason(self) -> str:
        """Why it must be rotated, or why nothing says so."""
        return "; ".join(filter(None, self._reasons()))

    def _reasons(self) -> Iterator[str]:
        suspicious = [r for r in self.readers if r.suspicious]
        if suspicious:
            causes = dict.fromkeys(reason for r in suspicious for reason in r.reasons)
            names = dict.fromkeys(r.identity for r in suspicious)
            yield f"read by {' and '.join(names)}: {'; '.join(causes)}"
        elif not self.linked:
            many = len({r.identity for r in self.readers})
            yield f"read by {many} caller{'s' if many > 1 else ''}, in no request that a finding makes suspicious"
        yield from self.linked
        if self.private_key_left:
            yield "the private key left the vault"
        yield self._versions()
        if self.replaced_at and self.rotate_now:
            yield f"another version was set at {self.replaced_at[:19].replace('T', ' ')} UTC"

    def _versions(self) -> str:
        if self.version:
            return f"the log does not name the version, but {self.basis}" if self.basis else ""
        if not self.candidates:
            return "the log names no version, so every version enabled then counts as read"
        named = ", ".join(self.candidates)
        backups = [o for o in BACKUPS if o in self.how]
        if backups and "Get" not in self.how:
            return f"a backup holds every version, and the log names {named}"
        return f"the log does not name the version: each that may have been current counts as read ({named})"


def exposed_objects(
    case: Queryable,
    suspicious: Mapping[str, Sequence[str]],
    *,
    certificates: Iterable[str] = (),
    condition: str = "",
    everyone: str = "",
) -> tuple[Exposed, ...]:
    """Every object version that was handed out, those to rotate first.

    Does not show: reads in vaults and hours without records; what a client kept in its cache; the use of keys.

    Args:
        suspicious: Reasons by row reference, for rows that may be reads.
        certificates: `vault/name` of secrets that findings hold for a certificate's.
        condition: A KQL predicate over `KeyVaultEvents()` columns that reads must meet, or "".
        everyone: A reason that makes every reader suspicious, or "".
    """
    return exposed(touches(case, suspicious, condition), certificates=certificates, everyone=everyone)


def exposed(done: Touches, *, certificates: Iterable[str] = (), everyone: str = "") -> tuple[Exposed, ...]:
    """Every object version that was handed out within the question, those to rotate first. See `exposed_objects`."""
    histories, restores = Histories(done), Restores(done)
    known = histories.certificates | {c.lower() for c in certificates}
    objects: dict[tuple[str, str, str, str], _Object] = {}
    for row in done.rows(operations=REVEALING, asked=True):
        if row["Status"] != 200:
            continue
        kind = _kind(row, known)
        history = histories.of(row["Vault"], kind, row["NameKey"])
        got = Current(row["ObjectVersion"].lower())
        if row["Operation"] in BACKUPS:
            got = Current("", history.until(row["LastAt"]))
        elif not got.version:
            got = history.current(row["FirstAt"], row["LastAt"])
        made = objects.setdefault((row["Vault"], kind, row["NameKey"], got.version), _Object())
        made.add(
            row, got, done.reasons(row), everyone, private=kind == "certificate" and row["Operation"] == "SecretGet"
        )
    found = _linked([o.exposed(key, histories, restores, known) for key, o in objects.items()])
    return tuple(sorted(found, key=lambda e: (not e.rotate_now, not e.private_key_left, e.first_at, e.vault, e.name)))


def _kind(row: Mapping[str, Any], known: set[str]) -> str:
    """What the object is: the secret of a certificate counts as the certificate."""
    if row["Operation"] != "SecretGet":
        return kind_of(row["Operation"])
    certificate = f"{row['Vault']}/{row['NameKey']}" in known or row["ContentType"] in CERTIFICATE_TYPES
    return "certificate" if certificate else "secret"


def _linked(found: Sequence[Exposed]) -> Iterator[Exposed]:
    """Objects whose backup somebody suspicious restored, or that were read, suspiciously, where it was restored.

    Who restored a name that he had backed up in one vault himself restored that one, not another vault's of that name.
    """
    by_name: dict[tuple[str, str, str], list[Exposed]] = {}
    for item in found:
        by_name.setdefault((item.vault, item.object_type, item.name.lower()), []).append(item)
    for item in found:
        reasons: dict[str, None] = {}
        for back in (b for b in item.restored if not b.elsewhere):
            may = "was" if back.only else "may have been"
            if back.reasons:
                reasons[f"its backup {may} restored in {back.vault} by {back.identity}: {'; '.join(back.reasons)}"] = (
                    None
                )
            copies = by_name.get((back.vault, item.object_type, item.name.lower()), [])
            readers = [r for c in copies if c is not item for r in c.readers]
            after = [r for r in readers if r.suspicious and r.last_at >= back.first_at]
            if after:
                who = " and ".join(dict.fromkeys(r.identity for r in after))
                reasons[f"its backup {may} restored in {back.vault}, where {who} read it"] = None
        yield replace(item, linked=tuple(reasons)) if reasons else item


@dataclass(slots=True)
class _Object:
    """An object version while its readers are gathered."""

    name: str = ""
    private: bool = False
    basis: str = ""
    named: bool = False
    candidates: dict[str, None] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)
    readers: list[Reader] = field(default_factory=list)
    suspicious_until: int = 0
    content_type: str = ""

    def add(
        self,
        row: Mapping[str, Any],
        got: Current,
        marked: Mapping[str, Sequence[str]],
        everyone: str,
        *,
        private: bool,
    ) -> None:
        self.name = str(row["ObjectName"])
        self.private |= private
        self.content_type = self.content_type or str(row["ContentType"])
        self.named |= bool(row["ObjectVersion"])
        self.basis = got.basis
        self.candidates.update(dict.fromkeys(got.candidates))
        self.operations.add(str(row["Operation"]))
        reasons = _unique(filter(None, [everyone, *(reason for why in marked.values() for reason in why)]))
        if reasons:
            self.suspicious_until = max(self.suspicious_until, row["LastAt"])
        self.readers.append(
            Reader(
                identity=str(row["Identity"] or row["CallerId"] or "a caller without identity"),
                identity_id=str(row["CallerId"]),
                application_id=str(row["AppId"]),
                managed_identity=str(row["ManagedIdentity"]),
                address=str(row["Address"]),
                reads=int(row["Count"]),
                first_at=format_datetime(row["FirstAt"]),
                last_at=format_datetime(row["LastAt"]),
                rows=_unique([str(row["Row"]), str(row["LastRow"]), *marked]),
                reasons=reasons,
            )
        )

    def exposed(
        self, key: tuple[str, str, str, str], histories: Histories, restores: Restores, certificates: set[str]
    ) -> Exposed:
        vault, kind, name, version = key
        replaced = None
        if self.suspicious_until:
            replaced = histories.of(vault, kind, name).replaced(version, self.suspicious_until)
        return Exposed(
            vault=vault,
            object_type=kind,
            name=self.name,
            version=version,
            private_key_left=self.private,
            how=" and ".join(sorted(self.operations)),
            readers=tuple(sorted(self.readers, key=lambda r: (not r.suspicious, r.first_at, r.identity, r.address))),
            candidates=() if version else tuple(self.candidates),
            basis="" if self.named else self.basis,
            same_material=_same_material(vault, kind, self.name, certificates),
            restored=restores.of(vault, kind, name) if any(o in BACKUPS for o in self.operations) else (),
            replaced_at="" if replaced is None else format_datetime(replaced),
            content_type=self.content_type,
        )


def _same_material(vault: str, kind: str, name: str, certificates: set[str]) -> tuple[str, ...]:
    """A certificate, its secret and its key are one: learn.microsoft.com, "About Azure Key Vault certificates"."""
    if kind != "certificate" and f"{vault}/{name.lower()}" not in certificates:
        return ()
    return tuple(f"{other} {vault}/{name}" for other in ("certificate", "key", "secret") if other != kind)


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
