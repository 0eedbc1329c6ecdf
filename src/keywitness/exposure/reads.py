"""What was read: every object version that a request handed out, by whom, and which of it must be rotated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keywitness.detect.finding import moment
from keywitness.detect.run import Queryable
from keywitness.engine.limits import NO_LIMITS
from keywitness.kql.quoting import literal
from keywitness.model.content import with_functions

#: Operations that hand out the object itself. Using a key (sign, decrypt, unwrap) does not disclose it.
REVEALING = ("SecretGet", "SecretBackup", "KeyBackup", "CertificateBackup", "KeyRelease")
#: Content types of secrets that hold a certificate with its private key.
CERTIFICATE_TYPES = ("application/x-pkcs12", "application/x-pem-file")

_OBJECT_TYPES = {"SecretGet": "secret", "SecretBackup": "secret", "KeyBackup": "key", "KeyRelease": "key"}


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
        version: Empty when the log names none: then every version that was enabled at that time counts.
        how: The operations that did it.
    """

    vault: str
    object_type: str
    name: str
    version: str
    private_key_left: bool
    how: str
    readers: tuple[Reader, ...]

    @property
    def reads(self) -> int:
        return sum(r.reads for r in self.readers)

    @property
    def rotate_now(self) -> bool:
        return any(r.suspicious for r in self.readers)

    @property
    def first_at(self) -> str:
        return min(r.first_at for r in self.readers)

    @property
    def last_at(self) -> str:
        return max(r.last_at for r in self.readers)

    @property
    def reason(self) -> str:
        """Why it must be rotated, or why nothing says so."""
        suspicious = [r for r in self.readers if r.suspicious]
        if not suspicious:
            many = len({r.identity for r in self.readers})
            text = f"read by {many} caller{'s' if many > 1 else ''}, in no request that a finding makes suspicious"
        else:
            causes = dict.fromkeys(reason for r in suspicious for reason in r.reasons)
            names = dict.fromkeys(r.identity for r in suspicious)
            text = f"read by {' and '.join(names)}: {'; '.join(causes)}"
        if self.private_key_left:
            text += "; the private key left the vault"
        if not self.version:
            text += "; the log names no version, so every version enabled then counts as read"
        return text


#: One row per object version and reader; the engine aggregates.
READS_QUERY = f"""KeyVaultEvents()
| where Operation in ({", ".join(literal(o) for o in REVEALING)}) and Status == 200
| summarize Reads = count(), FirstAt = min(TimeGenerated), LastAt = max(TimeGenerated),
    arg_min(TimeGenerated, Row), LastRow = max(Row), ContentType = max(ContentType), ObjectName = max(ObjectName),
    Identity = max(Identity), ManagedIdentity = max(ManagedIdentity)
    by Vault, NameKey = tolower(ObjectName), ObjectVersion, Operation, CallerId, AppId, Address"""

CERTIFICATES_QUERY = """KeyVaultEvents()
| where ObjectType == "certificates" and isnotempty(ObjectName)
| distinct Vault, NameKey = tolower(ObjectName)"""

#: References that one query names at most; more are asked in several queries.
ROWS_A_QUERY = 50_000


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
    query = READS_QUERY.replace("| summarize", f"| where {condition}\n| summarize", 1) if condition else READS_QUERY
    known = {f"{r['Vault']}/{r['NameKey']}" for r in _ask(case, CERTIFICATES_QUERY)} | {c.lower() for c in certificates}
    marked = _marked(case, suspicious)
    objects: dict[tuple[str, ...], _Object] = defaultdict(_Object)
    for row in _ask(case, query):
        certificate = f"{row['Vault']}/{row['NameKey']}" in known or row["ContentType"] in CERTIFICATE_TYPES
        kind = "certificate" if certificate and row["Operation"] == "SecretGet" else ""
        kind = kind or _OBJECT_TYPES.get(row["Operation"], "certificate")
        made = objects[row["Vault"], kind, row["NameKey"], str(row["ObjectVersion"]).lower()]
        reasons = marked.get(_reader_key(row), {})
        made.add(row, reasons, everyone, private=kind == "certificate" and row["Operation"] == "SecretGet")
    found = [o.exposed(key) for key, o in objects.items()]
    return tuple(sorted(found, key=lambda e: (not e.rotate_now, not e.private_key_left, e.first_at, e.vault, e.name)))


def _reader_key(row: Mapping[str, Any]) -> tuple[str, ...]:
    columns = ("Vault", "NameKey", "ObjectVersion", "Operation", "CallerId", "AppId", "Address")
    return tuple(str(row[c]) for c in columns)


def _marked(
    case: Queryable, suspicious: Mapping[str, Sequence[str]]
) -> dict[tuple[str, ...], dict[str, Sequence[str]]]:
    """Suspicious reads by reader: row reference and reasons. Rows that are no reads are left out."""
    found: dict[tuple[str, ...], dict[str, Sequence[str]]] = defaultdict(dict)
    for part in _parts(list(suspicious), ROWS_A_QUERY):
        query = f"""KeyVaultEvents()
| where Row in ({literal(part)})
| where Operation in ({literal(list(REVEALING))}) and Status == 200
| project Row, Vault, NameKey = tolower(ObjectName), ObjectVersion, Operation, CallerId, AppId, Address"""
        for row in _ask(case, query):
            found[_reader_key(row)][str(row["Row"])] = suspicious[row["Row"]]
    return found


def _parts(rows: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(rows[start : start + size]) for start in range(0, len(rows), size))


def _ask(case: Queryable, query: str) -> list[dict[str, Any]]:
    return case.query(with_functions(query), limits=NO_LIMITS).to_pylist()


@dataclass(slots=True)
class _Object:
    """An object version while its readers are gathered."""

    name: str = ""
    private: bool = False
    operations: set[str] = field(default_factory=set)
    readers: list[Reader] = field(default_factory=list)

    def add(self, row: Mapping[str, Any], marked: Mapping[str, Sequence[str]], everyone: str, *, private: bool) -> None:
        self.name = str(row["ObjectName"])
        self.private |= private
        self.operations.add(str(row["Operation"]))
        self.readers.append(
            Reader(
                identity=str(row["Identity"] or row["CallerId"] or "a caller without identity"),
                identity_id=str(row["CallerId"]),
                application_id=str(row["AppId"]),
                managed_identity=str(row["ManagedIdentity"]),
                address=str(row["Address"]),
                reads=int(row["Reads"]),
                first_at=moment(row["FirstAt"]),
                last_at=moment(row["LastAt"]),
                rows=_unique([str(row["Row"]), str(row["LastRow"]), *marked]),
                reasons=_unique(
                    filter(None, [everyone, *(reason for reasons in marked.values() for reason in reasons)])
                ),
            )
        )

    def exposed(self, key: tuple[str, ...]) -> Exposed:
        vault, kind, _, version = key
        readers = sorted(self.readers, key=lambda r: (not r.suspicious, r.first_at, r.identity, r.address))
        how = " and ".join(sorted(self.operations))
        return Exposed(vault, kind, self.name, version, self.private, how, tuple(readers))


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
