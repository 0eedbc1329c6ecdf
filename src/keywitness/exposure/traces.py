"""What else happened to objects: used, listed and not read, refused, guessed, looked at after deletion, brought back.

None of it hands an object out. It tells what a caller knew of, wanted and could do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keywitness.exposure.operations import LISTS, RESTORES, REVEALING, TRACES, USES, kind_of
from keywitness.exposure.touches import Touches
from keywitness.kql.literals import format_datetime

#: Status of a request for an object that is not there, and of the challenge that a first request draws.
NOT_FOUND, CHALLENGE = 404, 401
#: Words for requests that would have handed an object out, or used it.
REFUSED, GUESSED = "refused", "not found"


@dataclass(frozen=True, slots=True)
class Trace:
    """What one caller, application and address did to an object version without being given it.

    Args:
        kind: used, listed, refused, not found, "looked at, deleted", recovered or restored.
        name: Empty for a list of a whole vault, and where the record names no object.
        status: HTTP status; 0 when the record has none.
        rows: First and another row, and every suspicious one.
        reasons: Why it is suspicious; empty when it is not.
        not_read: For a list: objects of that kind that the logs name in the vault and the caller was not given.
    """

    kind: str
    vault: str
    object_type: str
    name: str
    version: str
    operation: str
    status: int
    identity: str
    identity_id: str
    application_id: str
    managed_identity: str
    address: str
    times: int
    first_at: str
    last_at: str
    rows: tuple[str, ...]
    reasons: tuple[str, ...]
    not_read: tuple[str, ...] = ()

    @property
    def suspicious(self) -> bool:
        return bool(self.reasons)


def traces(done: Touches, *, everyone: str = "", most: int = 1_000) -> tuple[tuple[Trace, ...], int]:
    """Traces within the question, suspicious ones first, and how many there are in all.

    Args:
        everyone: A reason that makes every caller suspicious, or "".
        most: How many are told.
    """
    wanted = (*TRACES, *REVEALING)
    found = [row for row in done.rows(operations=wanted, asked=True) if _kind(row)]
    found.sort(key=lambda row: (not (everyone or done.reasons(row)), row["FirstAt"], row["Row"]))
    kept = found[:most]
    names = _Names.of(done) if any(_kind(row) == "listed" for row in kept) else _Names()
    return tuple(_trace(row, done, everyone, names) for row in kept), len(found)


def _kind(row: Mapping[str, Any]) -> str:
    """What the touch is called; "" for one that handed an object out, or that nobody was behind."""
    status, operation = row["Status"] or 0, row["Operation"]
    if not row["CallerId"] or status == CHALLENGE:
        return ""
    if status < 400:
        return TRACES.get(operation, "")
    return GUESSED if status == NOT_FOUND else REFUSED


def _trace(row: Mapping[str, Any], done: Touches, everyone: str, names: _Names) -> Trace:
    marked = done.reasons(row)
    kind, operation = _kind(row), row["Operation"]
    named = operation not in _NAMELESS and not (operation in RESTORES and row["NameKey"] == "restore")
    return Trace(
        kind=kind,
        vault=row["Vault"],
        object_type=kind_of(operation),
        name=row["ObjectName"] if named else "",
        version=row["ObjectVersion"].lower(),
        operation=operation,
        status=row["Status"] or 0,
        identity=row["Identity"] or row["CallerId"],
        identity_id=row["CallerId"],
        application_id=row["AppId"],
        managed_identity=row["ManagedIdentity"],
        address=row["Address"],
        times=row["Count"],
        first_at=format_datetime(row["FirstAt"]),
        last_at=format_datetime(row["LastAt"]),
        rows=tuple(dict.fromkeys((row["Row"], row["LastRow"], *marked))),
        reasons=tuple(dict.fromkeys(filter(None, [everyone, *(r for why in marked.values() for r in why)]))),
        not_read=names.unread(row) if kind == "listed" else (),
    )


_NAMELESS = frozenset(o for o in LISTS if not o.endswith("Versions"))


@dataclass(slots=True)
class _Names:
    """Objects that the logs name, and who was given them or used them."""

    known: dict[tuple[str, str], dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    given: dict[tuple[str, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, done: Touches) -> _Names:
        """All of them, over the whole evidence."""
        made = cls()
        giving = frozenset((*REVEALING, *USES))
        for row in done.rows():
            if not row["NameKey"] or (row["Status"] or 0) // 100 != 2:
                continue
            kind = kind_of(row["Operation"])
            made.known[row["Vault"], kind][row["NameKey"]] = row["ObjectName"]
            if row["Operation"] in giving:
                made.given[row["Vault"], kind, row["CallerId"]].add(row["NameKey"])
        return made

    def unread(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """What the caller of a list knows of and was never given."""
        kind = kind_of(row["Operation"])
        given = self.given.get((row["Vault"], kind, row["CallerId"]), set())
        if kind == "certificate":  # its private key leaves as a secret
            given = given | self.given.get((row["Vault"], "secret", row["CallerId"]), set())
        known = self.known.get((row["Vault"], kind), {})
        if row["Operation"] not in _NAMELESS:
            known = {k: v for k, v in known.items() if k == row["NameKey"]}
        return tuple(sorted(name for key, name in known.items() if key not in given))
