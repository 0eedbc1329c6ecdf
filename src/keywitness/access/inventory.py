"""What exports say about a tenant: the inventory tables as Arrow columns, from a case or from records.

Columns have the physical form of `model.schema`: ticks for times, JSON text for dynamic, "" for no text. Each table has
`Row` besides, the reference of the row in the case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keywitness.detect.run import Queryable
from keywitness.engine.limits import NO_LIMITS
from keywitness.model.schema import Column, KqlType
from keywitness.model.tables import known_table

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT, _FLAG, _TIME, _DYNAMIC = KqlType.STRING, KqlType.BOOL, KqlType.DATETIME, KqlType.DYNAMIC


def _columns(text: str = "", *, flag: str = "", time: str = "", dynamic: str = "") -> tuple[Column, ...]:
    kinds = ((text, _TEXT), (flag, _FLAG), (f"TimeGenerated {time}", _TIME), (dynamic, _DYNAMIC), ("Row", _TEXT))
    return tuple(Column(name, type_) for names, type_ in kinds for name in names.split())


#: The columns that access reads, by table.
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "KeyVaults": _columns(
        "SnapshotSource VaultId Name ResourceGroup SubscriptionId TenantId VaultUri PublicNetworkAccess",
        flag="EnableRbacAuthorization EnableSoftDelete EnablePurgeProtection EnabledForDeployment "
        "EnabledForTemplateDeployment EnabledForDiskEncryption",
        time="CreatedAt",
        dynamic="NetworkAcls AccessPolicies PrivateEndpointConnections Tags",
    ),
    "VaultAccessPolicies": _columns("SnapshotSource VaultId TenantId ObjectId ApplicationId", dynamic="Permissions"),
    "VaultObjects": _columns("SnapshotSource VaultUri ObjectKind Name ContentType", flag="Enabled", dynamic="Tags"),
    "RoleAssignments": _columns(
        "SnapshotSource Id Scope RoleDefinitionId RoleDefinitionName PrincipalId PrincipalType PrincipalName "
        "Condition State",
        time="CreatedOn UpdatedOn StartDateTime EndDateTime",
    ),
    "RoleDefinitions": _columns("SnapshotSource Id Name RoleName RoleType", dynamic="Permissions"),
    "DenyAssignments": _columns(
        "SnapshotSource Id Name Scope Condition",
        flag="DoNotApplyToChildScopes",
        dynamic="Permissions Principals ExcludePrincipals",
    ),
    "ManagementGroups": _columns("SnapshotSource Id Name ParentId"),
    "Subscriptions": _columns("SnapshotSource SubscriptionId Name TenantId", dynamic="ManagementGroupAncestors"),
    "Applications": _columns("SnapshotSource ObjectId AppId DisplayName"),
    "ServicePrincipals": _columns(
        "SnapshotSource ObjectId AppId DisplayName ServicePrincipalType", flag="AccountEnabled"
    ),
    "Groups": _columns("SnapshotSource ObjectId DisplayName", flag="SecurityEnabled IsAssignableToRole"),
    "GroupMembers": _columns("SnapshotSource GroupId MemberId MemberType MemberName"),
    "Owners": _columns("SnapshotSource TargetId TargetType OwnerId OwnerType OwnerName"),
    "AppRoleAssignments": _columns("SnapshotSource AppRoleId PrincipalId PrincipalType PrincipalName ResourceName"),
    "DirectoryRoleAssignments": _columns(
        "SnapshotSource Id RoleDefinitionId RoleTemplateId RoleName PrincipalId DirectoryScopeId State"
    ),
    "Users": _columns("SnapshotSource ObjectId UserPrincipalName DisplayName", flag="AccountEnabled"),
    "Resources": _columns("SnapshotSource Id Name Type", dynamic="Identity"),
}


@dataclass(frozen=True, slots=True)
class Inventory:
    """The inventory tables.

    Args:
        tables: By name, with the columns of `COLUMNS`; every table is there, empty where no export brought it.
    """

    tables: Mapping[str, pa.Table]

    def filled(self) -> dict[str, pa.Table]:
        """The tables that have rows."""
        return {name: table for name, table in self.tables.items() if table.num_rows}

    def rows(self, table: str) -> int:
        return int(self.tables[table].num_rows)

    def text(self, table: str, column: str) -> list[str]:
        """A column of text; "" where there is none."""
        return [v or "" for v in self.tables[table].column(column).to_pylist()]

    def values(self, table: str, column: str) -> list[Any]:
        """A column as Python values: dynamic ones parsed, times in ticks."""
        cells = self.tables[table].column(column).to_pylist()
        kind = next(c.type for c in COLUMNS[table] if c.name == column)
        return [None if v is None else json.loads(v) for v in cells] if kind is _DYNAMIC else cells

    def records(self, table: str) -> list[dict[str, Any]]:
        """The rows as dicts, dynamic values parsed."""
        columns = {c.name: self.values(table, c.name) for c in COLUMNS[table]}
        return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def inventory_of(records: Mapping[str, Sequence[Mapping[str, Any]]]) -> Inventory:
    """An inventory from records; what a record does not have is not said.

    Args:
        records: Rows by table. `Row` is made from the place in the list where a record has none.
    """
    return Inventory({table: _table(table, records.get(table, ())) for table in COLUMNS})


def _table(name: str, records: Sequence[Mapping[str, Any]]) -> pa.Table:
    from keywitness.engine.rows import rows_from_records

    cells = (
        [record.get(c.name, f"{name}:{i}" if c.name == "Row" else None) for c in COLUMNS[name]]
        for i, record in enumerate(records)
    )
    return rows_from_records(COLUMNS[name], cells).table


def read_inventory(case: Queryable) -> Inventory:
    """The inventory tables of a case, every snapshot of them."""
    import pyarrow as pa  # start-up time

    from keywitness.model.arrow import ARROW_TYPES

    tables = {}
    for name, columns in COLUMNS.items():
        if known_table(name) is None:
            tables[name] = _table(name, ())
            continue
        query = f"{name} | project {', '.join('Row = _Row' if c.name == 'Row' else c.name for c in columns)}"
        answer: Any = case.query(query, limits=NO_LIMITS)
        schema = pa.schema([pa.field(c.name, ARROW_TYPES[c.type]) for c in columns])
        tables[name] = answer.table.select([c.name for c in columns]).cast(schema)
    return Inventory(tables)


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Each value once, in the order of its first."""
    return tuple(dict.fromkeys(values))
