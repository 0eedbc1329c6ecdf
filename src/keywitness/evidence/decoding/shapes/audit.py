"""Key Vault and Managed HSM audit records as Azure writes them: raw diagnostic JSON -> `AzureDiagnostics` rows.

Does not show: secret values, which are never logged; requests stopped before the service.
References:
    https://learn.microsoft.com/azure/key-vault/general/logging
"""

from __future__ import annotations

import json
from typing import Any

from keywitness.evidence.decoding.flatten import Flattener, Row, leaves
from keywitness.evidence.decoding.identity import audit_key, content_key
from keywitness.evidence.decoding.resource import parse_resource
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.values import json_text, ticks
from keywitness.model.tables import AUDIT_TABLE

CATEGORIES = ("AuditEvent", "AzurePolicyEvaluationDetails")
_PROVIDER = "MICROSOFT.KEYVAULT"
#: Restated by Managed HSM beside the resource id.
_RESTATED = {
    "resourceGroup": "ResourceGroup",
    "resourceProvider": "ResourceProvider",
    "resource": "Resource",
    "resourceType": "ResourceType",
}


def is_audit(record: dict[str, Any]) -> bool:
    """A raw diagnostic record of Key Vault or Managed HSM."""
    return "operationName" in record and (
        record.get("category") in CATEGORIES
        or (
            isinstance(r := record.get("resourceId"), str)
            and f"/PROVIDERS/{_PROVIDER}/" in r.upper()
            and "category" not in record
        )
    )


def is_resource_log(record: dict[str, Any]) -> bool:
    """A diagnostic record of any other Azure service."""
    return (
        isinstance(record.get("time"), str)
        and all(isinstance(named := record.get(n), str) and named for n in ("resourceId", "category"))
        and "operationName" in record
    )


def audit_row(record: dict[str, Any], flattener: Flattener) -> DecodedRow:
    """Decode one raw record.

    Raises:
        Unfit: It has no time.
    """
    row = _flat_row(record, flattener)
    key = audit_key(row) if row.get("Category", "AuditEvent") == "AuditEvent" else content_key(AUDIT_TABLE, row)
    return DecodedRow(AUDIT_TABLE, row, key, "Key Vault audit record")


def resource_log_row(record: dict[str, Any], flattener: Flattener) -> DecodedRow:
    """Decode one raw record of another service, which Log Analytics would put into the same table.

    Raises:
        Unfit: It has no time.
    """
    row = _flat_row(record, flattener)
    return DecodedRow(AUDIT_TABLE, row, content_key(AUDIT_TABLE, row), "Azure resource log record")


def _flat_row(record: dict[str, Any], flattener: Flattener) -> Row:
    time = record.get("time")
    at = ticks(time) if isinstance(time, str) else None
    if at is None:
        raise Unfit("it has no time" if time in (None, "") else "its time cannot be read")
    row: Row = {"TimeGenerated": at}
    extra: dict[str, Any] = {}
    resource_id = record.get("resourceId")
    if isinstance(resource_id, str):
        row |= resource_columns(resource_id)
    for key, value in record.items():
        if key == "time" or (key == "resourceId" and isinstance(resource_id, str)):
            continue
        if key == "identity" and isinstance(value, str):
            value = _parsed(value)
        if key in _RESTATED and isinstance(value, str):
            _restate(row, _RESTATED[key], value, extra, key)
            continue
        for path, leaf in leaves(value, (key,)):
            flattener.put(row, path, leaf, extra)
    row["Type"] = AUDIT_TABLE
    if extra:
        row["AdditionalFields"] = json_text(extra)
    return row


def resource_columns(resource_id: str) -> Row:
    """The columns that Log Analytics derives from a resource id; the id in capitals, `_ResourceId` in small letters."""
    parts = parse_resource(resource_id)
    row: Row = {
        "ResourceId": resource_id.upper(),
        "_ResourceId": resource_id.lower(),
        "ResourceGroup": parts.group.upper(),
        "ResourceProvider": parts.provider.upper(),
        "ResourceType": parts.type.upper(),
        "Resource": parts.name.upper(),
    }
    if parts.subscription:
        row["SubscriptionId"] = parts.subscription
    return row


def _restate(row: Row, column: str, value: str, extra: dict[str, Any], key: str) -> None:
    if not row.get(column):
        row[column] = value.upper()
    elif row[column] != value.upper():
        extra[key] = value


def _parsed(text: str) -> Any:
    """Managed HSM writes the identity as JSON inside a string."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text
