"""Several exports brought together: of each thing what the newest one says, and nothing forgotten in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keywitness.access.inventory import Inventory, inventory_of
from keywitness.access.principals import encoded
from keywitness.model.schema import TICKS_PER_SECOND

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

#: What makes two rows the same thing. Vaults are brought together column by column, see `_vaults`.
KEYS: Mapping[str, tuple[str, ...]] = {
    "VaultAccessPolicies": ("VaultId", "ObjectId", "ApplicationId"),
    "VaultObjects": ("VaultUri", "ObjectKind", "Name"),
    "RoleAssignments": ("Scope", "RoleDefinitionId", "PrincipalId", "State"),
    "RoleDefinitions": ("Id", "Name"),
    "DenyAssignments": ("Id",),
    "ManagementGroups": ("Id",),
    "Subscriptions": ("SubscriptionId",),
    "Applications": ("ObjectId",),
    "ServicePrincipals": ("ObjectId",),
    "Groups": ("ObjectId",),
    "GroupMembers": ("GroupId", "MemberId"),
    "Owners": ("TargetId", "OwnerId"),
    "AppRoleAssignments": ("AppRoleId", "PrincipalId", "ResourceName"),
    "DirectoryRoleAssignments": ("RoleDefinitionId", "RoleTemplateId", "PrincipalId", "DirectoryScopeId", "State"),
    "Users": ("ObjectId",),
    "Resources": ("Id",),
}


#: Tables whose rows are the same thing when their ids are; the key counts where a tool leaves the id out.
IDENTIFIED = ("RoleAssignments",)

#: What tools spell differently: role definitions with and without a subscription, a state that only PIM says.
_SAME: Mapping[str, Callable[[str], str]] = {
    "RoleDefinitionId": lambda id: id.rsplit("/", 1)[-1],
    "State": lambda state: state if state.startswith("eligible") else "active",
}


#: One export is many pages, written one after the other: between two exports there is a longer pause, in ticks.
PAUSE = 3600 * TICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class State:
    """The inventory as it stood.

    Args:
        remarks: What is taken from elsewhere than an export of that time, and what stands in an older export only.
    """

    inventory: Inventory
    remarks: tuple[str, ...]


def state(inventory: Inventory, at: int | None = None) -> State:
    """One state of an inventory that may hold several exports.

    An object that a newer export of its table does not have still counts, because exports are often of a part only; a
    remark says how many there are. Deletions come from logs (`history`).

    Args:
        at: The moment, in ticks; what only later exports say is taken from the first of them. None for the newest.
    """
    remarks: list[str] = []
    tables = {"KeyVaults": _vaults(inventory, at, remarks.append)}
    for table, keys in KEYS.items():
        tables[table] = _newest(inventory.tables[table], table, keys, at, remarks.append)
    return State(Inventory(tables), tuple(remarks))


def _newest(
    table: pa.Table, name: str, keys: tuple[str, ...], at: int | None, remark: Callable[[str], None]
) -> pa.Table:
    """Of each key the row of the newest export, or of the first after the moment."""
    import numpy as np

    if not table.num_rows:
        return table
    times = np.asarray(table.column("TimeGenerated").fill_null(0)).astype(np.int64)
    groups = _groups(table, keys)
    if name in IDENTIFIED:
        indices, texts = encoded(table.column("Id"))
        named = np.array([bool(t) for t in texts])[indices]
        groups = np.where(named, indices - len(texts), groups)  # below every number of a key
    later = np.zeros(len(times), np.bool_) if at is None else times > at
    # Rows up to the moment by age, the newest last; later ones before them, the nearest last.
    order = np.lexsort((np.where(later, -times, times), ~later, groups))
    last = np.append(groups[order][1:] != groups[order][:-1], True)
    kept = np.sort(order[last])
    if at is not None and (count := int(later[kept].sum())):
        remark(f"{name}: {count:,} rows are known from exports taken later only")
    newest = _beginning(np.unique(times[~later]))
    if count := int(((times[kept] < newest) & ~later[kept]).sum()):
        remark(f"{name}: {count:,} rows stand in an older export only and still count")
    return table.take(kept)


def _beginning(times: NDArray[np.int64]) -> int:
    """When the newest export began: the first of the times that follow one another without a longer pause.

    Args:
        times: Ascending, each once.
    """
    import numpy as np

    pauses = np.flatnonzero(np.diff(times) > PAUSE)
    return int(times[pauses[-1] + 1 if len(pauses) else 0]) if len(times) else 0


def _groups(table: pa.Table, keys: tuple[str, ...]) -> NDArray[np.int64]:
    """One number per distinct key."""
    import numpy as np

    numbers = np.zeros(table.num_rows, np.int64)
    for key in keys:
        indices, texts = encoded(table.column(key))
        same = _SAME.get(key, str)
        distinct: dict[str, int] = {}
        alike = np.array([distinct.setdefault(same(t), len(distinct)) for t in texts] or [0], np.int64)
        _, numbers = np.unique(numbers * (len(texts) + 1) + alike[indices], return_inverse=True)
    return numbers.astype(np.int64)


def _vaults(inventory: Inventory, at: int | None, remark: Callable[[str], None]) -> pa.Table:
    """Each vault once; what its newest export does not say comes from the one before."""
    merged: dict[str, dict[str, Any]] = {}
    older: set[str] = set()
    records = inventory.records("KeyVaults")
    for record in sorted(records, key=lambda r: _age(r["TimeGenerated"], at)):
        known = merged.setdefault(record["VaultId"].lower(), {})
        said = {column: value for column, value in record.items() if value not in (None, "")}
        if known and set(known) - set(said):
            older.add(record["VaultId"].lower())
        known |= said
    if older:
        remark(f"KeyVaults: of {len(older):,} vaults the newest export does not say all; the rest is from older ones")
    if at is not None:
        late = sum(1 for r in merged.values() if (r.get("TimeGenerated") or 0) > at)
        if late:
            remark(f"KeyVaults: {late:,} vaults are known from exports taken later only")
    return inventory_of({"KeyVaults": list(merged.values())}).tables["KeyVaults"]


def _age(time: int | None, at: int | None) -> tuple[bool, int]:
    """Sorts what counts most last: up to the moment by age, before it what is later, the nearest last."""
    taken = time or 0
    later = at is not None and taken > at
    return (not later, -taken if later else taken)
