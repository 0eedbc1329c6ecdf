"""The Activity Log as it is written to storage and Event Hub, and as REST and the portal give it -> `AzureActivity`.

Does not show: reads, and anything done in the data plane of a vault.
References:
    https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
"""

from __future__ import annotations

from typing import Any

from keywitness.evidence.decoding.cells import Cells
from keywitness.evidence.decoding.identity import content_key, named_key
from keywitness.evidence.decoding.resource import parse_resource
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.values import ticks

TABLE = "AzureActivity"
CATEGORIES = {
    "Administrative",
    "Security",
    "ServiceHealth",
    "Alert",
    "Recommendation",
    "Policy",
    "Autoscale",
    "ResourceHealth",
    "Write",
    "Delete",
    "Action",
}
#: The status words of REST, as the table has them.
_STATUS = {"Started": "Start", "Accepted": "Accept", "Succeeded": "Success", "Failed": "Failure"}
_CLAIM_NAMES = (
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "appid",
)


def is_streamed_activity(record: dict[str, Any]) -> bool:
    """A record as storage and Event Hub have it."""
    if "time" not in record or "operationName" not in record:
        return False
    identity = record.get("identity")
    category = record.get("category")
    if isinstance(category, str) and category in CATEGORIES:
        return True
    return isinstance(identity, dict) and "authorization" in identity


def is_rest_activity(record: dict[str, Any]) -> bool:
    """A record as REST, `az monitor activity-log list` and the portal's JSON view have it."""
    return "eventTimestamp" in record and "operationName" in record and "TimeGenerated" not in record


def streamed_activity_row(record: dict[str, Any], schemas: Schemas) -> DecodedRow:
    """Decode a record of storage or Event Hub.

    Raises:
        Unfit: It has no time.
    """
    rest = dict(record)
    cells = Cells(TABLE, schemas)
    cells.set("TimeGenerated", _time(rest.pop("time", None)))
    cells.set("OperationNameValue", _text(rest.pop("operationName", "")).upper())
    cells.set("ActivityStatusValue", _text(rest.pop("resultType", "")))
    signature = _text(rest.pop("resultSignature", ""))
    cells.set("ActivitySubstatusValue", signature.partition(".")[2] if "." in signature else signature)
    cells.set("CategoryValue", _text(rest.pop("category", "")))
    cells.put("CallerIpAddress", rest.pop("callerIpAddress", None))
    cells.put("CorrelationId", rest.pop("correlationId", None))
    cells.put("Level", rest.pop("level", None))
    identity = rest.pop("identity", None)
    if isinstance(identity, dict):
        identity = dict(identity)
        _put_claims(cells, identity.pop("claims", None))
        _put_twice(cells, "Authorization", identity.pop("authorization", None))
    properties = rest.pop("properties", None)
    _put_twice(cells, "Properties", properties)
    if isinstance(properties, dict):
        cells.put("Hierarchy", properties.get("hierarchy"))
        cells.put("EventDataId", properties.get("eventDataId"))
    _put_resource(cells, rest.pop("resourceId", None))
    if identity:
        rest["identity"] = identity
    return _row(cells, rest, "Activity Log record")


def rest_activity_row(record: dict[str, Any], schemas: Schemas) -> DecodedRow:
    """Decode a record of REST.

    Raises:
        Unfit: It has no time.
    """
    rest = dict(record)
    cells = Cells(TABLE, schemas)
    cells.set("TimeGenerated", _time(rest.pop("eventTimestamp", None)))
    value, localized = _pair(rest.pop("operationName", None))
    cells.set("OperationNameValue", value.upper())
    cells.set("OperationName", localized)
    value, localized = _pair(rest.pop("status", None))
    cells.set("ActivityStatusValue", _STATUS.get(value, value))
    cells.set("ActivityStatus", localized or value)
    value, localized = _pair(rest.pop("subStatus", None))
    cells.set("ActivitySubstatusValue", value)
    cells.set("ActivitySubstatus", localized)
    value, localized = _pair(rest.pop("category", None))
    cells.set("CategoryValue", value)
    cells.set("Category", localized)
    value, localized = _pair(rest.pop("resourceProviderName", None))
    cells.set("ResourceProviderValue", value.upper())
    cells.set("ResourceProvider", localized)
    caller = rest.pop("caller", None)
    _put_claims(cells, rest.pop("claims", None))
    if caller:
        cells.set("Caller", _text(caller))
    _put_twice(cells, "Authorization", rest.pop("authorization", None))
    properties = rest.pop("properties", None)
    _put_twice(cells, "Properties", properties)
    if isinstance(properties, dict):
        cells.put("Hierarchy", properties.get("hierarchy"))
    request = rest.pop("httpRequest", None)
    cells.put("HTTPRequest", request)
    if isinstance(request, dict):
        cells.put("CallerIpAddress", request.get("clientIpAddress"))
    for name, column in (
        ("correlationId", "CorrelationId"),
        ("eventDataId", "EventDataId"),
        ("level", "Level"),
        ("operationId", "OperationId"),
        ("submissionTimestamp", "EventSubmissionTimestamp"),
    ):
        cells.put(column, rest.pop(name, None))
    _put_resource(cells, rest.pop("resourceId", None), group=_text(rest.pop("resourceGroupName", "")))
    subscription = rest.pop("subscriptionId", None)
    if not cells.row.get("SubscriptionId"):
        cells.put("SubscriptionId", subscription)
    return _row(cells, rest, "Activity Log record (REST)")


def activity_key(row: dict[str, Any]) -> bytes:
    """Identity of a row: Azure's own id of the event, else all it says."""
    event = row.get("EventDataId")
    return named_key(TABLE, event.lower()) if event else content_key(TABLE, row)


def _row(cells: Cells, rest: dict[str, Any], shape: str) -> DecodedRow:
    cells.set("SourceSystem", "Azure")
    cells.set("Type", TABLE)
    for name, value in rest.items():
        cells.keep(name, value)
    row = cells.finish()
    return DecodedRow(TABLE, row, activity_key(row), shape)


def _put_claims(cells: Cells, claims: Any) -> None:
    _put_twice(cells, "Claims", claims)
    if isinstance(claims, dict):
        cells.set("Caller", next((_text(claims[n]) for n in _CLAIM_NAMES if claims.get(n)), ""))


def _put_twice(cells: Cells, column: str, value: Any) -> None:
    """The table has these objects as text and, under `_d`, as dynamic."""
    cells.put(column, value)
    cells.put(f"{column}_d", value)


def _put_resource(cells: Cells, resource_id: Any, *, group: str = "") -> None:
    if not isinstance(resource_id, str):
        cells.keep("resourceId", resource_id)
        resource_id = ""
    parts = parse_resource(resource_id)
    cells.set("_ResourceId", resource_id.lower())
    cells.set("ResourceGroup", (parts.group or group).upper())
    cells.set("SubscriptionId", parts.subscription or "")
    if parts.provider and not cells.row.get("ResourceProviderValue"):
        cells.set("ResourceProviderValue", parts.provider.upper())


def _time(value: Any) -> int:
    at = ticks(value) if isinstance(value, str) else None
    if at is None:
        raise Unfit("it has no time" if value in (None, "") else "its time cannot be read")
    return at


def _pair(value: Any) -> tuple[str, str]:
    """`{value, localizedValue}` of REST; newer answers have the value alone."""
    if isinstance(value, dict):
        return _text(value.get("value")), _text(value.get("localizedValue"))
    return _text(value), ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
