"""The storage account: which blob a record lies in, and the writing of whole blobs.

Layout of Azure Monitor's storage destination: container, `resourceId=` or `tenantId=`, then the UTC hour as folders,
then `PT1H.json` with one record per line. Records are appended as they are received, so a blob can hold records of
another hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from keywitness.lab.company import Vault

AUDIT_CONTAINER = "insights-logs-auditevent"
EXPORT_CONTAINER = "am-azkvauditlogs"  # a workspace's data export of AZKVAuditLogs
ACTIVITY_CONTAINER = "insights-activity-logs"
ENTRA_CONTAINERS = {
    "AuditLogs": "insights-logs-auditlogs",
    "SignInLogs": "insights-logs-signinlogs",
    "NonInteractiveUserSignInLogs": "insights-logs-noninteractiveusersigninlogs",
    "ServicePrincipalSignInLogs": "insights-logs-serviceprincipalsigninlogs",
    "ManagedIdentitySignInLogs": "insights-logs-managedidentitysigninlogs",
    "MicrosoftGraphActivityLogs": "insights-logs-microsoftgraphactivitylogs",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def hour_path(hour: int) -> str:
    """`y=2025/m=07/d=07/h=13/m=00` of an hour since 1970."""
    moment = _EPOCH + timedelta(hours=hour)
    return f"y={moment:%Y}/m={moment:%m}/d={moment:%d}/h={moment:%H}/m=00"


def audit_folder(vault: Vault) -> str:
    if vault.dedicated:  # a workspace for each resource group
        workspace = f"{vault.group_id}/providers/microsoft.operationalinsights/workspaces/log-{vault.name[3:]}"
        return f"{EXPORT_CONTAINER}/WorkspaceResourceId={workspace.lower()}"
    return f"{AUDIT_CONTAINER}/resourceId={vault.arm_id.upper()}"


def activity_folder(subscription: str) -> str:
    return f"{ACTIVITY_CONTAINER}/resourceId=/SUBSCRIPTIONS/{subscription.upper()}"


def entra_folder(category: str, tenant: str) -> str:
    return f"{ENTRA_CONTAINERS[category]}/tenantId={tenant}"


@dataclass(slots=True)
class BlobWriter:
    """Writes blobs below a folder and counts what it wrote."""

    root: Path
    files: int = 0
    written: int = 0  # bytes

    def write(self, folder: str, hour: int, lines: Sequence[bytes]) -> str:
        """Write one blob; each line ends in a newline. Returns its path below the root."""
        path = f"{folder}/{hour_path(hour)}/PT1H.json"
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = b"".join(lines)
        target.write_bytes(data)
        self.files += 1
        self.written += len(data)
        return path
