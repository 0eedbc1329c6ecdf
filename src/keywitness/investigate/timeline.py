"""The picture's events: what belongs to findings, and what the same sessions did around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keywitness.detect.finding import Finding
from keywitness.detect.run import weight
from keywitness.exposure.operations import REVEALING
from keywitness.investigate.rows import Event
from keywitness.report.document import TimelineEvent

#: Events that the picture holds; what is left out is said in the coverage.
MOST_EVENTS = 1_000

_LANES = {
    "AuditLogs": "Entra directory",
    "AADServicePrincipalSignInLogs": "Entra sign-ins",
    "SigninLogs": "Entra sign-ins",
    "AzureActivity": "Activity Log",
}
_LISTS = (
    "SecretList",
    "KeyList",
    "CertificateList",
    "SecretListVersions",
    "CertificateListVersions",
    "KeyListVersions",
)


def timeline(
    events: Mapping[str, Event], findings: Sequence[Finding], around: Sequence[str]
) -> tuple[tuple[TimelineEvent, ...], int]:
    """Events in time order, and how many there would be.

    Args:
        events: Known events by row reference.
        around: Rows of the sessions that findings touch.
    """
    of_row: dict[str, list[Finding]] = {}
    for found in findings:
        for row in found.rows:
            of_row.setdefault(row, []).append(found)
    wanted = dict.fromkeys([*of_row, *around])
    known = [events[row] for row in wanted if row in events]
    ordered = sorted(known, key=lambda e: (_rank(of_row.get(e.row, [])), e.at))[:MOST_EVENTS]
    made = [_event(e, of_row.get(e.row, [])) for e in sorted(ordered, key=lambda e: (e.at, e.row))]
    return tuple(made), len(wanted)


def _rank(found: Sequence[Finding]) -> int:
    return min((weight(f.severity) for f in found), default=9)


def _event(event: Event, found: Sequence[Finding]) -> TimelineEvent:
    worst = min(found, key=lambda f: weight(f.severity), default=None)
    return TimelineEvent(
        at=event.at,
        lane=event.vault or _LANES.get(event.table, event.table),
        kind=_kind(event),
        title=event.summary,
        identity=event.identity or event.identity_id,
        severity=worst.severity if worst else "none",
        row=event.row,
        finding_ids=tuple(dict.fromkeys(f.id for f in found)),
        status=event.status,
    )


def _kind(event: Event) -> str:
    if event.table == "AuditLogs":
        return "directory"
    if event.table in ("AADServicePrincipalSignInLogs", "SigninLogs"):
        return "sign-in"
    if event.status == 403:  # 401 is the challenge that a first request draws
        return "denied"
    if event.table == "AzureActivity":
        grants = ("/ACCESSPOLICIES/WRITE", "/ROLEASSIGNMENTS/WRITE")
        return "grant" if event.operation.upper().endswith(grants) else "change"
    if event.operation in _LISTS or event.operation == "VaultGet":
        return "list"
    return "read" if event.operation.endswith("Get") or event.operation in REVEALING else "change"
