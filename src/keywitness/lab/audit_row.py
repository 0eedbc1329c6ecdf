"""The same records as rows of AZKVAuditLogs, as a workspace's data export writes them: one JSON object per line.

The slots come in the order of the raw record's, so the bulk path fills both alike. Events of Event Grid lose what only
they have: the table has no column for it.
"""

from __future__ import annotations

import json
from typing import Any

#: Members of the raw record's `properties` that have a column of their own.
_COLUMNS = {
    "keyProperties": "KeyProperties",
    "secretProperties": "SecretProperties",
    "certificateProperties": "CertificateProperties",
    "certificatePolicyProperties": "CertificatePolicyProperties",
    "properties": "Properties",
}
#: Members that stand together in VaultProperties.
_OF_VAULT = (
    "addedAccessPolicy", "removedAccessPolicy", "addedIpRule", "removedIpRule",
)  # fmt: skip


def as_row(raw: str) -> str:
    """A raw AuditEvent line as the row of AZKVAuditLogs that holds the same."""
    record: dict[str, Any] = json.loads(raw)
    properties: dict[str, Any] = record["properties"]
    vault = {name: properties[name] for name in _OF_VAULT if name in properties}
    row: dict[str, Any] = {
        "TimeGenerated": record["time"],
        "OperationName": record["operationName"],
        "OperationVersion": record["operationVersion"],
        "ResultType": record["resultType"],
        "ResultSignature": record["resultSignature"],
        "ResultDescription": record.get("resultDescription", ""),
        "CorrelationId": record["correlationId"],
        "CallerIpAddress": record["callerIpAddress"],
        "Identity": record.get("identity", {}),
        "ClientInfo": properties["clientInfo"],
        "HttpStatusCode": properties["httpStatusCode"],
        "Id": properties.get("id", ""),
        "RequestUri": properties["requestUri"],
        "IsAccessPolicyMatch": properties.get("isAccessPolicyMatch"),
        "IsRbacAuthorized": properties.get("isRbacAuthorized"),
        "AppliedAssignmentId": properties.get("appliedAssignmentId", ""),
        "Tlsversion": properties.get("tlsVersion", ""),
        **{column: properties[name] for name, column in _COLUMNS.items() if name in properties},
        **({"VaultProperties": vault} if vault else {}),
        "DurationMs": "<duration>",
        "SourceSystem": "Azure",
        "Type": "AZKVAuditLogs",
        "_ResourceId": record["resourceId"].lower(),
    }
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return text.replace('"<duration>"', record["durationMs"])  # a number here, text in the raw record
