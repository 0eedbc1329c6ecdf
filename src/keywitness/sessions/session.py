"""A session as people read it: steps, class with its reasons, what does not fit, and the sentence of a responder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keywitness.model.session_class import Mismatch, SessionClass
from keywitness.sessions.classes import class_content
from keywitness.sessions.clients import application_name, applications, client_named
from keywitness.sessions.grouping import iso
from keywitness.sessions.table import MISMATCH_BITS

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
class Misfit:
    """Something about a session that does not fit, in words."""

    mismatch: Mismatch
    text: str


@dataclass(frozen=True, slots=True)
class Session:
    """One caller, application, address and client, without a silence longer than the gap."""

    id: str
    identity: str
    identity_id: str
    application: str
    application_id: str
    address: str
    client: str
    tool: str
    vaults: tuple[str, ...]
    session_class: SessionClass
    confidence: str
    reasons: tuple[str, ...]
    misfits: tuple[Misfit, ...]
    first_at: str
    last_at: str
    operations: int
    failures: int
    steps: tuple[Step, ...]
    sentence: str


def session_id(row: Mapping[str, Any]) -> str:
    """A session's id, from its caller, application, address, agents and beginning."""
    key = "\x1f".join([row["caller"], row["family"], row["address"], *sorted(row["clients"]), str(row["first"])])
    return "S-" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def session(row: Mapping[str, Any], steps: Sequence[Step] = ()) -> Session:
    """Make a session of a row of the session table.

    Args:
        steps: Its first steps, where they are wanted; nothing but the picture is made of them.
    """
    clients = [str(c) for c in row["clients"] if c]
    return Session(
        id=session_id(row),
        identity=str(row["identity"] or row["caller"]),
        identity_id=str(row["caller"]),
        application=application_of(row),
        application_id=str(row["app_id"]),
        address=str(row["address"]),
        client=clients[0] if clients else "",
        tool=str(row["tool"]) if row["tool"] not in ("", "none") else "unknown",
        vaults=tuple(row["vaults"]),
        session_class=SessionClass(row["class"]),
        confidence=str(row["confidence"]),
        reasons=reasons(row),
        misfits=misfits(row),
        first_at=iso(row["first"]),
        last_at=iso(row["last"]),
        operations=int(row["count"]),
        failures=int(row["failures"]),
        steps=tuple(steps),
        sentence=sentence(row),
    )


def application_of(row: Mapping[str, Any]) -> str:
    """How a session's application is called: its managed identity, its family's name, or its id."""
    return str(row["managed_name"] or "") or application_name(str(row["family"] or ""))


# ---------------------------------------------------------------- why


def reasons(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the session is of its class: what decided, then what else speaks for it."""
    decided = class_content().classes[int(row["entry"])]
    said = [decided.because.format(**row)]
    known = applications().get(str(row["app_id"]))
    if known:
        said.append(f"the token was issued to {known.name} ({known.id})")
    names = list(dict.fromkeys(client_named(c).name for c in row["clients"] if c))
    if names:
        said.append(f"the agent names {' and '.join(names)}")
    if row["portal_marker"]:
        said.append("request addresses carry the portal's '_=' time stamp")
    if not row["person"]:
        managed = row["managed_name"]
        said.append(
            f"the caller is the managed identity {managed}" if managed else "the caller is an application, no person"
        )
        if row["secret_reads"] and not row["lists"]:
            said.append("it reads by name and lists nothing")
    if row["habit"] and "{habit_days}" not in decided.because:
        said.append(f"it did the same on {row['habit_days']} other days")
    return tuple(said)


def misfits(row: Mapping[str, Any]) -> tuple[Misfit, ...]:
    """What does not fit about the session."""
    bits = int(row["mismatches"])
    return tuple(Misfit(m, _misfit(m, row)) for m, bit in MISMATCH_BITS.items() if bits & bit)


def _misfit(mismatch: Mismatch, row: Mapping[str, Any]) -> str:
    agents = " and ".join(dict.fromkeys(client_named(c).name for c in row["clients"] if c)) or "no agent"
    match mismatch:
        case Mismatch.BROWSER_ON_SDK_ORDER:
            return "the agent names a browser, but the requests come in the order of a program"
        case Mismatch.AGENT_OF_ANOTHER_TOOL:
            return f"the agent names {agents}, which does not fit {application_of(row)}"
        case Mismatch.TWO_ADDRESSES:
            return "the same person and tool were at work from another network at the same time"
        case Mismatch.TOKEN_OVER_TWO_ADDRESSES:
            return "a token of this session was shown from another network too"
        case Mismatch.UNUSUAL_CLASS:
            return f"in {row['earlier_sessions']:,} earlier sessions the caller never was {row['class']}"


# ---------------------------------------------------------------- the sentence

_TOOL = {
    "portal": "in the Azure portal",
    "powershell": "with Azure PowerShell",
    "azure-cli": "with the Azure CLI",
    "sdk": "with an Azure SDK",
    "pipeline": "from a pipeline",
    "arm": "through Azure Resource Manager",
    "app-service": "as App Service",
    "azure-scan": "as a service of Azure",
    "azure-service": "as a service of Azure",
    "backup-or-scan": "with a backup or scan tool",
}
_OTHER_TOOL = "with a program that we do not know"
_ACTS = (
    (("VaultGet",), "looked at the vault's settings"),
    (("SecretList", "KeyList", "CertificateList"), "listed {kinds}"),
    (("SecretListDeleted", "KeyListDeleted", "CertificateListDeleted"), "listed what had been deleted"),
    (("SecretListVersions", "CertificateListVersions", "KeyListVersions"), "looked at the versions of {names}"),
    (("CertificateGet", "KeyGet"), "looked at {names}"),
    (("SecretGet",), "read {names}"),
    (("SecretBackup", "KeyBackup", "CertificateBackup"), "took a backup of {names}"),
    (("SecretRestore", "KeyRestore", "CertificateRestore"), "restored a backup"),
    (("SecretRecover", "KeyRecover", "CertificateRecover"), "recovered the deleted {names}"),
    (("KeyRelease",), "had {names} released"),
    (("VaultPatch", "VaultPut"), "changed the vault's settings"),
    (("SecretSet", "CertificateImport", "CertificateCreate", "KeyCreate", "KeyImport"), "wrote {names}"),
    (("SecretDelete", "KeyDelete", "CertificateDelete"), "deleted {names}"),
    (("SecretPurge", "KeyPurge", "CertificatePurge"), "purged {names}"),
    (("KeySign", "KeyDecrypt", "KeyUnwrap", "KeyWrap", "KeyEncrypt", "KeyVerify"), "used the key {names}"),
)
_KIND_OF_LIST = {"SecretList": "secrets", "KeyList": "keys", "CertificateList": "certificates"}


def sentence(row: Mapping[str, Any]) -> str:
    """What happened, as a responder would write it."""
    parts = list(_acts([str(done) for done in row["done"]]))
    acts = " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
    told = class_content().classes[int(row["entry"])].told
    if told:
        acts = f"{acts or 'made requests'} ({told.format(**row)})"
    # Refused requests reached vaults too: what was done is said of the vaults that allowed it.
    vaults = named([str(v) for v in row["done_vaults"]] or [str(v) for v in row["vaults"]], "no vault")
    where = f"in {vaults} {_TOOL.get(row['tool'], _OTHER_TOOL)} from {row['address'] or 'an unknown address'}"
    text = f"{row['identity'] or row['caller']} {acts or 'made requests'} {where} {_when(row)} UTC"
    failures = int(row["failures"])
    if failures:
        text += f"; {failures} of {row['count']} requests {'was' if failures == 1 else 'were'} refused or failed"
    return text + "."


def _acts(done: Sequence[str]) -> list[str]:
    by_operation: dict[str, list[str]] = {}
    for act in done:
        operation, _, name = act.partition("/")
        by_operation.setdefault(operation, []).append(name)
    parts = []
    for operations, words in _ACTS:
        fitting = [o for o in operations if o in by_operation]
        if not fitting:
            continue
        names = list(dict.fromkeys(name for o in fitting for name in by_operation[o] if name))
        kinds = sorted({_KIND_OF_LIST[o] for o in fitting if o in _KIND_OF_LIST})
        parts.append(words.format(names=named(names, "unnamed objects"), kinds=" and ".join(kinds)))
    return parts


def _when(row: Mapping[str, Any]) -> str:
    first, last = iso(row["first"]), iso(row["last"])
    when = f"on {first[:10]} at {first[11:19]}"
    if last[:19] != first[:19]:
        when += f" until {last[11:19]}" if last[:10] == first[:10] else f" until {last[:10]} {last[11:19]}"
    return when


def named(names: Sequence[str], none: str) -> str:
    """Names in a sentence, with the number of those left out."""
    if not names:
        return none
    if len(names) <= NAMED:
        return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
    return ", ".join(names[:NAMED]) + f" and {len(names) - NAMED} more"
