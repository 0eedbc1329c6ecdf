"""A session as people read it: steps, kind with its reasons, and the sentence a responder would write."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keywitness.sessions.clients import applications, client_named
from keywitness.sessions.grouping import iso
from keywitness.sessions.table import KIND_BITS, LISTING, OPERATION_BITS, application_of

#: Names that a sentence spells out before it says how many more there are.
NAMED = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a session. `object` is `name` or `name/version`; `status` is 0 when the record has none."""

    at: str
    operation: str
    object: str
    status: int
    row: str
    vault: str


@dataclass(frozen=True, slots=True)
class Session:
    """One caller, application and address, without a silence longer than the gap."""

    id: str
    identity: str
    identity_id: str
    application: str
    application_id: str
    address: str
    client: str
    vaults: tuple[str, ...]
    kind: str
    reasons: tuple[str, ...]
    first_at: str
    last_at: str
    operations: int
    failures: int
    steps: tuple[Step, ...]
    sentence: str


def session_id(row: Mapping[str, Any]) -> str:
    """A session's id, from its caller, application, address and first row."""
    rows = row["rows"]
    key = "\x1f".join([row["caller"], row["family"], row["address"], rows[0] if rows else str(row["first"])])
    return "S-" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def session(row: Mapping[str, Any], steps: Sequence[Step]) -> Session:
    """Make a session of a row of the session table and its first steps."""
    identity = str(row["identity"] or row["caller"])
    clients = [str(c) for c in row["clients"] if c]
    application = application_of(dict(row))
    return Session(
        id=session_id(row),
        identity=identity,
        identity_id=str(row["caller"]),
        application=application,
        application_id=str(row["app_id"]),
        address=str(row["address"]),
        client=clients[0] if clients else "",
        vaults=tuple(row["vaults"]),
        kind=str(row["kind"]),
        reasons=reasons(row),
        first_at=iso(row["first"]),
        last_at=iso(row["last"]),
        operations=int(row["count"]),
        failures=int(row["failures"]),
        steps=tuple(steps),
        sentence=sentence(row, steps, identity),
    )


def reasons(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the session is of its kind, strongest first; then what does not fit."""
    kind = str(row["kind"])
    said = [*_application_reasons(row, kind), *_order_reasons(row, kind), *_agent_reasons(row, kind)]
    if not row["user"]:
        managed = row["managed"]
        said.append(
            f"the caller is the managed identity {managed}" if managed else "the caller is an application, no person"
        )
        if row["operations"] & OPERATION_BITS["SecretGet"] and not row["operations"] & LISTING:
            said.append("it reads by name and lists nothing")
    if kind == "unknown":
        said.append("neither application id, agent nor order of operations is one that we know")
    return tuple(said)


def _application_reasons(row: Mapping[str, Any], kind: str) -> list[str]:
    known = applications().get(str(row["app_id"]))
    if known and known.kind == kind:
        return [f"the token was issued to {known.name} ({known.id})"]
    if row["app_kinds"] & KIND_BITS.get(kind, 0):
        return [f"the token was issued to an application id of {row['family']}"]
    return []


def _order_reasons(row: Mapping[str, Any], kind: str) -> list[str]:
    said = []
    if row["portal_marker"]:
        said.append("request addresses carry the portal's '_=' time stamp")
    if row["portal_order"]:
        listed = "certificate" if row["operations"] & OPERATION_BITS["CertificateListVersions"] else "secret"
        said.append(f"operations come in the order of the portal's {listed} page: list, versions, read")
    if kind != "portal" and said:
        said.append("yet the application id says that it was not the portal")
    return said


def _agent_reasons(row: Mapping[str, Any], kind: str) -> list[str]:
    clients = list(dict.fromkeys(client_named(c) for c in row["clients"] if c))
    fitting = [c.name for c in clients if c.kind == kind or (kind == "automation" and c.kind == "sdk")]
    other = [c.name for c in clients if c.name not in fitting and c.kind != "automation"]
    said = [f"the agent names {' and '.join(fitting)}"] if fitting else []
    if kind == "cli" and other == ["an Azure SDK"]:
        other = []  # the CLI's own data-plane requests carry the SDK's agent
    if other and kind in ("portal", "powershell", "cli"):
        said.append(f"does not fit: the agent names {' and '.join(other)}")
    return said


_TOOL = {
    "portal": "in the Azure portal",
    "powershell": "with Azure PowerShell",
    "cli": "with the Azure CLI",
    "sdk": "with an Azure SDK",
    "automation": "unattended",
    "unknown": "with a program that we do not know",
}
_ACTS = (
    (("VaultGet",), "looked at the vault's settings"),
    (("SecretList", "KeyList", "CertificateList"), "listed {kinds}"),
    (("SecretListVersions", "CertificateListVersions", "KeyListVersions"), "looked at the versions of {names}"),
    (("CertificateGet", "KeyGet"), "looked at {names}"),
    (("SecretGet",), "read {names}"),
    (("SecretBackup", "KeyBackup", "CertificateBackup"), "took a backup of {names}"),
    (("VaultPatch", "VaultPut"), "changed the vault's settings"),
    (("SecretSet", "CertificateImport", "CertificateCreate", "KeyCreate", "KeyImport"), "wrote {names}"),
    (("SecretDelete", "KeyDelete", "CertificateDelete"), "deleted {names}"),
    (("SecretPurge", "KeyPurge", "CertificatePurge"), "purged {names}"),
    (("KeySign", "KeyDecrypt", "KeyUnwrap", "KeyWrap", "KeyEncrypt", "KeyVerify"), "used the key {names}"),
)
_KIND_OF_LIST = {"SecretList": "secrets", "KeyList": "keys", "CertificateList": "certificates"}


def sentence(row: Mapping[str, Any], steps: Sequence[Step], identity: str) -> str:
    """What happened, as a responder would write it, from the first steps."""
    done = [s for s in steps if s.status < 400]
    parts = []
    for operations, words in _ACTS:
        fitting = [s for s in done if s.operation in operations]
        if not fitting:
            continue
        names = list(dict.fromkeys(s.object.partition("/")[0] for s in fitting if s.object))
        kinds = sorted({_KIND_OF_LIST[s.operation] for s in fitting if s.operation in _KIND_OF_LIST})
        parts.append(words.format(names=named(names, "unnamed objects"), kinds=" and ".join(kinds)))
    first, last = iso(row["first"]), iso(row["last"])
    when = f"on {first[:10]} at {first[11:19]}"
    if last[:19] != first[:19]:
        when += f" until {last[11:19]}" if last[:10] == first[:10] else f" until {last[:10]} {last[11:19]}"
    acts = " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
    # Refused requests reached vaults too: what was done is said of the vaults that allowed it.
    reached = list(dict.fromkeys(s.vault for s in done if s.vault)) if parts else []
    vaults = named(reached or [str(v) for v in row["vaults"]], "no vault")
    where = f"in {vaults} {_TOOL[row['kind']]} from {row['address'] or 'an unknown address'}"
    text = f"{identity} {acts or 'made requests'} {where} {when} UTC"
    failures = int(row["failures"])
    if failures:
        text += f"; {failures} of {row['count']} requests {'was' if failures == 1 else 'were'} refused or failed"
    if int(row["count"]) > len(steps) > 0:
        text += f" (told from the first {len(steps)} of {row['count']} requests)"
    return text + "."


def named(names: Sequence[str], none: str) -> str:
    """Names in a sentence, with the number of those left out."""
    if not names:
        return none
    if len(names) <= NAMED:
        return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
    return ", ".join(names[:NAMED]) + f" and {len(names) - NAMED} more"
