"""Row references as people read them: time, table, one line, and the file they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keywitness.engine.limits import NO_LIMITS
from keywitness.investigate.coverage import place
from keywitness.kql.quoting import literal
from keywitness.model.content import with_functions
from keywitness.report.document import RowRef

if TYPE_CHECKING:
    from keywitness.case import Case

#: References that one query names.
ROWS_A_QUERY = 20_000

_AUDIT = """KeyVaultEvents()
| where Row in ({rows})
| project Row, At = TimeGenerated, Operation, Status, Vault, ObjectType, ObjectName, ObjectVersion, Identity, CallerId,
    AppId, Address"""
_OTHERS = {
    "AzureActivity": """AzureActivity
| where _Row in ({rows})
| project Row = _Row, At = TimeGenerated, Operation = coalesce(OperationNameValue, OperationName),
    Outcome = coalesce(ActivityStatusValue, ActivityStatus), Identity = Caller, Address = CallerIpAddress,
    Target = coalesce(column_ifexists("_ResourceId", ""), column_ifexists("ResourceId", ""))""",
    "AuditLogs": """AuditLogs
| where _Row in ({rows})
| extend Actor = todynamic(tostring(InitiatedBy)), First = todynamic(tostring(TargetResources))[0]
| project Row = _Row, At = TimeGenerated, Operation = coalesce(ActivityDisplayName, OperationName), Outcome = Result,
    Identity = coalesce(tostring(Actor.user.userPrincipalName), tostring(Actor.app.displayName)),
    Address = tostring(Actor.user.ipAddress),
    Target = coalesce(tostring(First.userPrincipalName), tostring(First.displayName))""",
    "SigninLogs": """SigninLogs
| where _Row in ({rows})
| project Row = _Row, At = TimeGenerated, Operation = "sign-in", Outcome = ResultType, Identity = UserPrincipalName,
    Address = IPAddress, Target = coalesce(ResourceDisplayName, AppDisplayName)""",
    "AADServicePrincipalSignInLogs": """AADServicePrincipalSignInLogs
| where _Row in ({rows})
| project Row = _Row, At = TimeGenerated, Operation = "sign-in", Outcome = ResultType, Identity = ServicePrincipalName,
    Address = IPAddress, Target = ResourceDisplayName""",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One source row.

    Args:
        status: HTTP status; 0 when the record has none.
        object: `name` or `name/version`; for other logs what was acted upon.
        outcome: For other logs, the result as the log says it.
    """

    row: str
    table: str
    at: str
    operation: str
    status: int
    vault: str
    object: str
    identity: str
    identity_id: str
    application_id: str
    address: str
    outcome: str = ""

    @property
    def summary(self) -> str:
        """The row in one line."""
        result = str(self.status) if self.status else self.outcome
        target = "/".join(filter(None, (self.vault, self.object)))
        who = self.identity or self.identity_id
        parts = [
            self.operation,
            result,
            target,
            f"by {who}" if who else "",
            f"from {self.address}" if self.address else "",
        ]
        return " ".join(filter(None, parts))


class Sources:
    """Where the rows of a case stand.

    Args:
        case: The case.
    """

    def __init__(self, case: Case) -> None:
        self._places = {str(e.number): place(e.path, e.member) for e in case.evidence()}

    def of(self, row: str) -> str:
        """The evidence file of a row reference; "" for one that no file has."""
        return self._places.get(row.partition(":")[0].removeprefix("E"), "")


def events_of(case: Case, rows: Iterable[str], tables: frozenset[str]) -> dict[str, Event]:
    """The events that row references stand for; references that no wanted table has are left out.

    Args:
        tables: Tables that have rows.
    """
    found: dict[str, Event] = {}
    wanted = list(dict.fromkeys(rows))
    for part in _parts(wanted):
        found |= {e.row: e for e in _audit(case, part)}
    for table, query in _OTHERS.items():
        rest = [row for row in wanted if row not in found]
        if table in tables and rest:
            for part in _parts(rest):
                found |= {e.row: e for e in _other(case, table, query, part)}
    return found


def _parts(rows: Sequence[str]) -> Iterator[list[str]]:
    return (list(rows[start : start + ROWS_A_QUERY]) for start in range(0, len(rows), ROWS_A_QUERY))


def _audit(case: Case, rows: list[str]) -> Iterator[Event]:
    for r in case.query(with_functions(_AUDIT.replace("{rows}", literal(rows))), limits=NO_LIMITS):
        yield Event(
            row=r["Row"],
            table="AzureDiagnostics",
            at=r["At"],
            operation=r["Operation"],
            status=r["Status"] or 0,
            vault=r["Vault"],
            object="/".join(filter(None, (r["ObjectName"], r["ObjectVersion"]))),
            identity=r["Identity"],
            identity_id=r["CallerId"],
            application_id=r["AppId"],
            address=r["Address"],
        )


def _other(case: Case, table: str, query: str, rows: list[str]) -> Iterator[Event]:
    for r in case.query(query.replace("{rows}", literal(rows)), limits=NO_LIMITS):
        yield Event(
            row=r["Row"],
            table=table,
            at=r["At"],
            operation=r["Operation"],
            status=0,
            vault=_vault(r),
            object="" if _vault(r) else str(r["Target"] or ""),
            identity=str(r["Identity"] or ""),
            identity_id="",
            application_id="",
            address=str(r["Address"] or ""),
            outcome=str(r["Outcome"] or ""),
        )


def _vault(row: Mapping[str, Any]) -> str:
    """The vault in the resource id of an Activity Log record."""
    parts = str(row["Target"] or "").lower().split("/")
    return parts[parts.index("vaults") + 1] if "vaults" in parts[:-1] and "microsoft.keyvault" in parts else ""


def reference(event: Event, sources: Sources) -> RowRef:
    """The event as the document refers to it."""
    return RowRef(row=event.row, table=event.table, at=event.at, summary=event.summary, source=sources.of(event.row))
