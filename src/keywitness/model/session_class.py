"""What a session was, in the words of the method: one stable slug for each."""

from __future__ import annotations

from enum import StrEnum


class SessionClass(StrEnum):
    """The classes of sessions.

    A class says what was done where that is telling by itself (a secret shown, a vault dumped), and with what
    it was done where it is not (the Azure CLI, an application).
    """

    PORTAL_BROWSING = "portal-browsing"
    PORTAL_SHOW_SECRET = "portal-show-secret"  # noqa: S105 (a name, no password)
    PORTAL_CERTIFICATE_DOWNLOAD = "portal-certificate-download"
    AZURE_CLI = "azure-cli"
    POWERSHELL = "powershell"
    SDK_APPLICATION = "sdk-application"
    PIPELINE = "pipeline"
    APP_SERVICE_REFERENCE = "app-service-reference"
    ARM_DEPLOYMENT = "arm-deployment"
    BACKUP_OR_SCAN = "backup-or-scan"
    DUMP_TOOL = "dump-tool"
    NAME_GUESSING = "name-guessing"
    DENIED_ENUMERATION = "denied-enumeration"
    UNKNOWN = "unknown"


class Mismatch(StrEnum):
    """What does not fit about a session."""

    BROWSER_ON_SDK_ORDER = "browser-agent-on-sdk-order"
    AGENT_OF_ANOTHER_TOOL = "agent-does-not-fit-application"
    TWO_ADDRESSES = "session-over-two-addresses"
    TOKEN_OVER_TWO_ADDRESSES = "token-over-two-addresses"  # noqa: S105 (a name, no password)
    UNUSUAL_CLASS = "unusual-class-of-caller"
