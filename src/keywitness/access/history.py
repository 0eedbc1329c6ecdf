"""How long each grant lived, as far as exports and logs tell together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from keywitness.access.changes import POLICY, ROLE, Change
from keywitness.access.inventory import Inventory
from keywitness.access.tenant import entry_mask, field_of


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The life of one grant.

    Args:
        how: `POLICY` or `ROLE`.
        id: The vault, or the id of the role assignment; lower case.
        operations: Mask of what a policy entry allows.
        since: Ticks; None when it stood before all that is known.
        until: Ticks; None when it stands.
        by: Who gave it; "" where no log says.
        rows: What proves beginning and end.
        remark: Where a time is not the act's own but that of the export that shows it.
    """

    how: str
    id: str
    scope: str
    principal: str
    role: str
    operations: int
    since: int | None
    until: int | None
    by: str
    rows: tuple[str, ...]
    remark: str = ""

    def at(self, moment: int) -> bool:
        """Whether it stood at a moment."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)

    @property
    def lived(self) -> int | None:
        """Ticks from beginning to end, None where one of them is not known."""
        return None if self.since is None or self.until is None else self.until - self.since


def lifetimes(inventory: Inventory, changes: Sequence[Change]) -> tuple[Lifetime, ...]:
    """The life of every access policy entry that logs or exports show, and of every role assignment that logs show.

    Args:
        inventory: Every export.
        changes: In the order of time.
    """
    return (*_policy_lives(inventory, changes), *_role_lives(inventory, changes))


# ---------------------------------------------------------------- access policies


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at the entries of a principal on a vault: an export's whole, or a change."""

    at: int
    mask: int
    whole: bool
    given: bool
    by: str
    rows: tuple[str, ...]

    def after(self, mask: int) -> int:
        """What the principal has after it."""
        if self.whole:
            return self.mask
        return mask | self.mask if self.given else mask & ~(self.mask or mask)


def _policy_lives(inventory: Inventory, changes: Iterable[Change]) -> Iterator[Lifetime]:
    seen: dict[tuple[str, str], list[_Look]] = {}
    for change in changes:
        if change.how == POLICY:
            look = _Look(change.at, change.operations, False, change.given, change.by, change.rows)
            seen.setdefault((change.id, change.principal), []).append(look)
    exports = _policy_exports(inventory)
    named: dict[str, set[str]] = {}
    for vault, who in [*seen, *((vault, who) for vault, _, entries, _ in exports for who in entries)]:
        named.setdefault(vault, set()).add(who)
    for vault, at, entries, row in exports:
        for who in sorted(named.get(vault, ())):
            seen.setdefault((vault, who), []).append(_Look(at, entries.get(who, 0), True, True, "", (row,)))
    for (vault, principal), looks in seen.items():
        yield from _lives_of(vault, principal, sorted(looks, key=lambda s: (s.at, s.whole)))


def _policy_exports(inventory: Inventory) -> list[tuple[str, int, dict[str, int], str]]:
    """Vaults whose policies an export has: vault, time, masks by principal, row."""
    found = []
    for record in inventory.records("KeyVaults"):
        if record["AccessPolicies"] is not None and record["TimeGenerated"] is not None:
            entries: dict[str, int] = {}
            for entry in record["AccessPolicies"]:
                who = str(field_of(entry, "objectId") or "").lower()
                entries[who] = entries.get(who, 0) | entry_mask(entry)
            found.append((record["VaultId"].lower(), record["TimeGenerated"], entries, record["Row"]))
    return found


def _lives_of(vault: str, principal: str, looks: Sequence[_Look]) -> Iterator[Lifetime]:
    """The stretches of time in which a principal had the same entry."""
    standing = Lifetime(POLICY, vault, vault, principal, "", 0, None, None, "", ())
    for place, look in enumerate(looks):
        if not place and not (look.whole or look.given):
            yield replace(standing, operations=look.mask, until=look.at, rows=look.rows)
        after = look.after(standing.operations)
        if after == standing.operations:
            continue
        if standing.operations:
            ended = "its end is that of the export that does not have it" if look.whole else ""
            said = "; ".join(filter(None, (standing.remark, ended)))
            yield replace(standing, until=look.at, rows=(*standing.rows, *look.rows), remark=said)
        shown = look.whole and place > 0
        standing = replace(
            standing,
            operations=after,
            since=None if look.whole and not place else look.at,
            by=look.by,
            rows=look.rows,
            remark="its beginning is that of the export that shows it" if shown else "",
        )
    if standing.operations:
        yield standing


# ---------------------------------------------------------------- role assignments


def _role_lives(inventory: Inventory, changes: Iterable[Change]) -> Iterator[Lifetime]:
    lives: dict[str, list[Lifetime]] = {}
    for change in changes:
        if change.how == ROLE:
            _take_in(lives.setdefault(change.id, []), change)
    exported = _exported_assignments(inventory, set(lives))
    for id, known in lives.items():
        for life in known:
            yield _filled(_filled_by_others(life, known), exported.get(id))


def _take_in(known: list[Lifetime], change: Change) -> None:
    """Put a change to the lives of one assignment."""
    standing = known[-1] if known and known[-1].until is None else None
    life = Lifetime(ROLE, change.id, change.scope, change.principal, change.role, 0, None, None, "", change.rows)
    if change.given and standing is None:
        known.append(replace(life, since=change.at, by=change.by))
    elif not change.given and standing is not None:
        known[-1] = replace(standing, until=change.at, rows=(*standing.rows, *change.rows))
    elif not change.given and not known:
        known.append(replace(life, until=change.at))


def _filled_by_others(life: Lifetime, known: Sequence[Lifetime]) -> Lifetime:
    """A life with the role and principal that another one of the same assignment names."""
    return replace(
        life,
        principal=life.principal or next((k.principal for k in known if k.principal), ""),
        role=life.role or next((k.role for k in known if k.role), ""),
    )


def _exported_assignments(inventory: Inventory, ids: set[str]) -> dict[str, dict[str, Any]]:
    """The rows of assignments that logs name."""
    if not ids:
        return {}
    return {r["Id"].lower(): r for r in inventory.records("RoleAssignments") if r["Id"].lower() in ids}


def _filled(life: Lifetime, exported: Mapping[str, Any] | None) -> Lifetime:
    """A life with what only the export says of it."""
    if exported is None:
        return life
    return replace(
        life,
        principal=life.principal or exported["PrincipalId"].lower(),
        role=life.role or exported["RoleDefinitionId"].rsplit("/", 1)[-1].lower(),
        since=exported["CreatedOn"] if life.since is None else life.since,
        rows=tuple(dict.fromkeys((*life.rows, exported["Row"]))),
    )
