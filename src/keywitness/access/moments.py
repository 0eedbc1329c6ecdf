"""The inventory as it stood at a moment: exports, with what logs say happened between them and it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from keywitness.access.changes import CHANGING, ENTRA, MODEL, POLICY, ROLE, Change
from keywitness.access.history import Lifetime, lifetimes
from keywitness.access.inventory import Inventory, inventory_of
from keywitness.access.operations import operations_in
from keywitness.access.principals import encoded
from keywitness.access.snapshots import State, state

if TYPE_CHECKING:
    import pyarrow as pa

#: What a vault's model was seen to be: time, whether roles decide, whether the act itself may have changed it.
_Looks = Sequence[tuple[int, bool, bool]]


def state_at(inventory: Inventory, changes: Sequence[Change], moment: int) -> State:
    """The inventory of a moment.

    Args:
        inventory: Every export.
        changes: In the order of time.
        moment: Ticks.
    """
    base = state(inventory, moment)
    lives = lifetimes(inventory, changes)
    remarks = list(base.remarks)
    vaults = _vaults_at(base.inventory, lives, _models(inventory, changes), moment)
    tables = dict(base.inventory.tables)
    tables["KeyVaults"] = inventory_of({"KeyVaults": vaults}).tables["KeyVaults"]
    tables["RoleAssignments"] = _assignments_at(base.inventory, lives, moment, remarks)
    tables["DirectoryRoleAssignments"] = _entra_roles_at(base.inventory, changes, moment, remarks)
    return State(Inventory(tables), tuple(remarks))


def _vaults_at(
    base: Inventory, lives: Sequence[Lifetime], models: dict[str, _Looks], moment: int
) -> list[dict[str, Any]]:
    standing: dict[str, list[Lifetime]] = {life.id: [] for life in lives if life.how == POLICY}
    for life in lives:
        if life.how == POLICY and life.at(moment):
            standing[life.id].append(life)
    records = {r["VaultId"].lower(): r for r in base.records("KeyVaults")}
    for vault in {*standing, *models} - set(records):
        records[vault] = {"VaultId": vault, "Name": vault.rsplit("/", 1)[-1], "Row": ""}
    for vault, record in records.items():
        if vault in standing:
            record["AccessPolicies"] = [_entry(life) for life in standing[vault]]
        if vault in models:
            record["EnableRbacAuthorization"] = _model_at(models[vault], moment)
    return list(records.values())


def _entry(life: Lifetime) -> dict[str, Any]:
    """An access policy entry that allows what a life allowed."""
    words: dict[str, list[str]] = {}
    for o in operations_in(life.operations):
        kind = "storage" if o.object == "storage" else f"{o.object}s"
        words.setdefault(kind, []).append(o.permission)
    return {"objectId": life.principal, "permissions": words, "Row": next(iter(life.rows), "")}


def _models(exports: Inventory, changes: Iterable[Change]) -> dict[str, _Looks]:
    """What the models of vaults were seen to be, where a log shows one."""
    found: dict[str, list[tuple[int, bool, bool]]] = {}
    for change in changes:
        if change.how == MODEL:
            found.setdefault(change.id, []).append((change.at, change.given, change.act.lower() in CHANGING))
    for record in exports.records("KeyVaults"):
        vault, said = record["VaultId"].lower(), record["EnableRbacAuthorization"]
        if vault in found and said is not None and record["TimeGenerated"] is not None:
            found[vault].append((record["TimeGenerated"], said, False))
    return {vault: sorted(seen) for vault, seen in found.items()}


def _model_at(seen: _Looks, moment: int) -> bool | None:
    """The model that was seen last; before the first look it was the same, unless that act may have changed it."""
    before = [look for look in seen if look[0] <= moment]
    if before:
        return before[-1][1]
    _, roles, changing = seen[0]
    return None if changing else roles


def _assignments_at(base: Inventory, lives: Sequence[Lifetime], moment: int, remarks: list[str]) -> pa.Table:
    """The exported assignments without those made later or taken away before, and those that the log alone has."""
    import numpy as np
    import pyarrow as pa

    table = base.tables["RoleAssignments"]
    by_id: dict[str, list[Lifetime]] = {}
    for life in lives:
        if life.how == ROLE:
            by_id.setdefault(life.id, []).append(life)
    gone = {id for id, known in by_id.items() if not any(life.at(moment) for life in known)}
    indices, ids = encoded(table.column("Id"))
    keep = ~np.array([i in gone for i in ids] or [False])[indices]
    for column, ended in (("CreatedOn", False), ("StartDateTime", False), ("EndDateTime", True)):
        times = np.asarray(table.column(column).fill_null(0)).astype(np.int64)
        keep &= (times == 0) | ((times > moment) if ended else (times <= moment))
    if dropped := int((~keep).sum()):
        remarks.append(f"RoleAssignments: {dropped:,} exported rows did not stand at that time and are left out")
    added = [
        {"Id": id, "Scope": life.scope, "RoleDefinitionId": life.role, "PrincipalId": life.principal, "State": "Active"}
        | {"Row": next(iter(life.rows), "")}
        for id, known in by_id.items()
        for life in known
        if id not in set(ids) and life.at(moment) and life.principal
    ]
    if added:
        remarks.append(f"RoleAssignments: {len(added):,} that no export has stood by the log")
    more = inventory_of({"RoleAssignments": added}).tables["RoleAssignments"]
    return pa.concat_tables([table.filter(pa.array(keep)), more.cast(table.schema)])


def _entra_roles_at(base: Inventory, changes: Sequence[Change], moment: int, remarks: list[str]) -> pa.Table:
    """The exported roles of Entra without those that logs show given later or taken away, and those given before.

    An export between the act and the moment knows better. Eligible roles are left as they are: their acts are others.
    """
    acts: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        if change.how == ENTRA:
            acts.setdefault((change.principal, change.role), []).append(change)
    records = base.records("DirectoryRoleAssignments")
    kept = [r for r in records if _eligible(r) or _stood(acts.get(_held(r), ()), r["TimeGenerated"] or 0, moment)]
    if dropped := len(records) - len(kept):
        remarks.append(
            f"DirectoryRoleAssignments: {dropped:,} exported rows did not stand at that time and are left out"
        )
    known = {_held(r) for r in kept if not _eligible(r)}
    added = [
        {"PrincipalId": who, "RoleTemplateId": role, "DirectoryScopeId": "/", "State": "Active", "Row": last.rows[0]}
        for (who, role), done in acts.items()
        if (last := _last(done, moment)) is not None and last.given and (who, role) not in known
    ]
    if added:
        remarks.append(f"DirectoryRoleAssignments: {len(added):,} that no export of that time has stood by the log")
    return inventory_of({"DirectoryRoleAssignments": [*kept, *added]}).tables["DirectoryRoleAssignments"]


def _held(record: dict[str, Any]) -> tuple[str, str]:
    """Who has which role of Entra, by an export."""
    return record["PrincipalId"].lower(), (record["RoleTemplateId"] or record["RoleDefinitionId"]).lower()


def _eligible(record: dict[str, Any]) -> bool:
    return bool(record["State"].lower().startswith("eligible"))


def _last(done: Sequence[Change], moment: int) -> Change | None:
    """The last act up to a moment."""
    return next((c for c in reversed(done) if c.at <= moment), None)


def _stood(done: Sequence[Change], exported: int, moment: int) -> bool:
    """Whether what an export has stood at a moment, by the acts that logs show."""
    last = _last(done, moment)
    if last is not None:
        return last.given or last.at < exported <= moment
    return not done or not done[0].given or exported <= moment
