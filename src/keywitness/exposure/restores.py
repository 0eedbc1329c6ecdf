"""Backups that came back: where what left a vault as a backup was restored, and by whom.

A backup is encrypted; only a vault of the same subscription and geography can read it (Microsoft, "Azure Key Vault
backup and restore"). The restored object has its old name. A backup itself has no id in the log, so a restore is linked
to the backups of that kind and name that were taken before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keywitness.exposure.operations import BACKUPS, RESTORES, kind_of
from keywitness.exposure.touches import Touches
from keywitness.kql.literals import format_datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup of an object that was restored.

    Args:
        vault: Where it went.
        only: No other vault's backup of that kind and name can have been the one.
        elsewhere: The restorer had backed up another vault's object of that kind and name himself, and not this one.
        rows: First and another row.
        reasons: Why the restore is suspicious; empty when it is not.
    """

    vault: str
    identity: str
    identity_id: str
    address: str
    first_at: str
    last_at: str
    times: int
    only: bool
    rows: tuple[str, ...]
    reasons: tuple[str, ...]
    elsewhere: bool = False


class Restores:
    """All restores of the evidence, by the object whose backup they can have used."""

    def __init__(self, done: Touches) -> None:
        self._backups: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._takers: dict[tuple[str, str, str], set[str]] = {}
        for row in _done(done, BACKUPS):
            first = self._backups[kind_of(row["Operation"]), row["NameKey"]]
            first[row["Vault"]] = min(row["FirstAt"], first.get(row["Vault"], row["FirstAt"]))
            self._takers.setdefault((kind_of(row["Operation"]), row["NameKey"], row["CallerId"]), set()).add(
                row["Vault"]
            )
        self._restores: dict[tuple[str, str], list[tuple[Mapping[str, Any], tuple[str, ...]]]] = defaultdict(list)
        for row in _done(done, RESTORES):
            reasons = tuple(dict.fromkeys(r for why in done.reasons(row).values() for r in why))
            self._restores[kind_of(row["Operation"]), row["NameKey"]].append((row, reasons))

    def of(self, vault: str, kind: str, name: str) -> tuple[Restored, ...]:
        """Where the backups of an object went; `name` in lower case."""
        backups = self._backups.get((kind, name), {})
        taken = backups.get(vault)
        if taken is None:
            return ()
        fitting = [(row, why) for row, why in self._restores.get((kind, name), []) if row["LastAt"] >= taken]
        made = [
            _restored(row, why, backups, elsewhere=self._elsewhere(vault, kind, name, row["CallerId"]))
            for row, why in fitting
        ]
        return tuple(sorted(made, key=lambda r: (r.first_at, r.vault, r.identity)))

    def _elsewhere(self, vault: str, kind: str, name: str, caller: str) -> bool:
        own = self._takers.get((kind, name, caller), set())
        return bool(own) and vault not in own


def _done(done: Touches, operations: Sequence[str]) -> Iterable[dict[str, Any]]:
    """Operations that succeeded, where the record names the object.

    The address of a restore ends in `/restore` and names none; its id does. Without one it is linked to nothing.
    """
    rows = done.rows(operations=operations)
    return (r for r in rows if (r["Status"] or 0) // 100 == 2 and r["NameKey"] not in ("", "restore"))


def _restored(
    row: Mapping[str, Any], reasons: tuple[str, ...], backups: Mapping[str, int], *, elsewhere: bool
) -> Restored:
    return Restored(
        vault=row["Vault"],
        identity=row["Identity"] or row["CallerId"] or "a caller without identity",
        identity_id=row["CallerId"],
        address=row["Address"],
        first_at=format_datetime(row["FirstAt"]),
        last_at=format_datetime(row["LastAt"]),
        times=row["Count"],
        only=sum(at <= row["LastAt"] for at in backups.values()) == 1,
        rows=tuple(dict.fromkeys((row["Row"], row["LastRow"]))),
        reasons=reasons,
        elsewhere=elsewhere,
    )
