"""Entra ID logs as Event Hub and storage have them: directory audit, the sign-in logs, Microsoft Graph activity.

Does not show: sign-ins that tokens already issued made unnecessary; logs of licences the tenant does not have.
References:
    https://learn.microsoft.com/entra/identity/monitoring-health/concept-diagnostic-settings-logs-options
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from keywitness.evidence.decoding.cells import Cells
from keywitness.evidence.decoding.identity import content_key, named_key
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.values import ticks
from keywitness.model.schema import TICKS_PER_SECOND
from keywitness.model.tables import known_table

#: Table of each category.
TABLES = {
    "AuditLogs": "AuditLogs",
    "SignInLogs": "SigninLogs",
    "NonInteractiveUserSignInLogs": "AADNonInteractiveUserSignInLogs",
    "ServicePrincipalSignInLogs": "AADServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs": "AADManagedIdentitySignInLogs",
    "MicrosoftGraphActivityLogs": "MicrosoftGraphActivityLogs",
}
#: Columns whose names do not follow from the property's (lower case) by capitals alone.
_RENAMED = {
    "appliedconditionalaccesspolicies": "ConditionalAccessPolicies",
    "operationtype": "AADOperationType",
    "tenantid": "AADTenantId",
    "calleripaddress": "IPAddress",
    "processingtimeinmilliseconds": "ProcessingTimeInMilliseconds",
}
_FIRST = ("time", "properties", "resourceId", "category", "location")


def is_entra(record: dict[str, Any]) -> bool:
    """A record of one of the categories."""
    category = record.get("category")
    return isinstance(category, str) and category in TABLES and isinstance(record.get("properties"), dict)


def entra_row(record: dict[str, Any], schemas: Schemas) -> DecodedRow:
    """Decode one record.

    Raises:
        Unfit: It has no time.
    """
    category = record["category"]
    table = TABLES[category]
    properties = record["properties"]
    time = record.get("time")
    at = ticks(time) if isinstance(time, str) else None
    if at is None:
        raise Unfit("it has no time" if time in (None, "") else "its time cannot be read")
    cells = Cells(table, schemas)
    cells.set("TimeGenerated", at)
    raw: dict[str, Any] = {}
    for name, value in properties.items():
        _put(cells, raw, table, name, value, inner=True)
    for name, value in record.items():
        if name not in _FIRST:
            _put(cells, raw, table, name, value, inner=False)
    if "Category" not in cells.row:
        cells.put("Category", category)
    _put_envelope(cells, table, record)
    cells.set("SourceSystem", "Azure AD")
    cells.set("Type", table)
    row = cells.finish()
    return DecodedRow(table, row, entra_key(table, row, raw), f"Entra {category}", raw)


def entra_key(table: str, row: dict[str, Any], raw: dict[str, Any]) -> bytes:
    """Identity of a row. The same sign-in can be logged again with another result, so its id alone is not enough."""
    if table == "AuditLogs" and row.get("Id"):
        return named_key(table, row["Id"])
    if table == "MicrosoftGraphActivityLogs" and row.get("RequestId"):
        return named_key(table, row["RequestId"], str(row.get("TimeGenerated", 0) // (TICKS_PER_SECOND // 1000)))
    if table != "AuditLogs" and row.get("Id"):
        created = row.get("CreatedDateTime") or row.get("TimeGenerated") or 0
        result = row.get("ResultType", "")
        return named_key(table, row["Id"], str(created // (TICKS_PER_SECOND // 1000)), result)
    return content_key(table, row | raw)


def _put(cells: Cells, raw: dict[str, Any], table: str, name: str, value: Any, *, inner: bool) -> None:
    if value is None:
        return
    if inner and name == "location" and isinstance(value, dict):
        name = "locationDetails"
    elif inner and name == "resourceId" and "resourceidentity" in _columns(table):
        name = "resourceIdentity"  # what was signed into; ResourceId is the envelope's: the directory that logs
    column = _column(table, name)
    if column:
        cells.put(column, value, name=name)
    elif inner:
        raw[name[:1].upper() + name[1:]] = value
    else:
        cells.keep(name, value)


@lru_cache(maxsize=4096)
def _column(table: str, name: str) -> str | None:
    """The table's column for a property."""
    columns = _columns(table)
    lowered = name.lower()
    if lowered == "tenantid" and "aadtenantid" in columns:
        return columns["aadtenantid"]
    return columns.get(_RENAMED.get(lowered, name).lower()) or columns.get(lowered.replace("milliseconds", "ms"))


def _put_envelope(cells: Cells, table: str, record: dict[str, Any]) -> None:
    columns = _columns(table)
    resource_id = record.get("resourceId")
    if isinstance(resource_id, str):
        provider = resource_id.rpartition("/providers/")[2]
        for column in ("Resource", "ResourceGroup"):
            if column.lower() in columns and provider:
                cells.set(column, provider)
    for name in ("resourceId", "location"):
        target = columns.get(name.lower())
        if target:
            cells.put(target, record.get(name), name=name)
        elif name == "location":
            cells.keep(name, record.get(name))


@lru_cache(maxsize=32)
def _columns(table: str) -> dict[str, str]:
    return {c.name.lower(): c.name for c in known_table(table) or ()}
