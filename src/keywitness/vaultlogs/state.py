"""Which vault logs where: settings as exported, their changes as the Activity Log has them, and what records there are.

Does not show: settings that came and went between two exports when the Activity Log is not loaded; records that a
destination dropped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keywitness.engine.limits import NO_LIMITS
from keywitness.model.content import with_functions

if TYPE_CHECKING:
    from keywitness.case import Case

#: A vault whose last record is this much older than the last record of all vaults has gone quiet.
QUIET_DAYS = 1.0

_VAULTS = """union
    (VaultsNow | project Vault, Name, Group, Subscription = SubscriptionId, Listed = true, Row),
    (KeyVaultEvents | where isnotempty(VaultId) and VaultId contains "/vaults/"
        | summarize Row = take_any(Row) by Vault = VaultId
        | extend Name = extract(@"/vaults/([^/]+)", 1, Vault), Group = extract(@"/resourcegroups/([^/]+)", 1, Vault),
            Subscription = extract(@"^/subscriptions/([^/]+)", 1, Vault), Listed = false)
| extend Rank = iff(Listed, 1, 0)
| summarize arg_max(Rank, *) by Vault
| project Vault, Name, Group, Subscription, Listed, Row
| sort by Vault asc"""
_SETTINGS = """SettingsNow
| where Resource contains "/providers/microsoft.keyvault/vaults/"
| extend Text = tostring(Logs)
| extend Evaluations =
    Text matches regex @'(?i)"category(Group)?":"(AzurePolicyEvaluationDetails|allLogs)"[^{}]*"enabled":true'
    or Text matches regex @'(?i)"enabled":true[^{}]*"category(Group)?":"(AzurePolicyEvaluationDetails|allLogs)"'
| sort by Resource asc, Setting asc"""
_ACTS = """ActivityActs
| where Operation in ("MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/WRITE", "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE")
| where Succeeded and Resource contains "/providers/microsoft.keyvault/vaults/"
| project Vault = extract(@"^(.*?/vaults/[^/]+)", 1, Resource),
    Setting = extract(@"/diagnosticsettings/([^/]+)", 1, Resource),
    Act = iff(Operation endswith "DELETE", "deleted", "written"), At = FirstAt, Identity, Address, Rows
| sort by Vault asc, At asc"""
_RECORDS = """KeyVaultEvents
| summarize Records = count(), FirstAt = min(TimeGenerated), LastAt = max(TimeGenerated) by Vault = VaultId"""
_POLICIES = """PolicyAssignments
| extend Definition = tolower(extract(@"([0-9a-fA-F-]{36})/?$", 1, PolicyDefinitionId)),
    Rank = coalesce(TimeGenerated, datetime(1970-01-01)), Row = _Row,
    Place = extract(@"(?i)^(.*)/providers/microsoft\\.authorization/policyassignments/", 1, Id)
| summarize arg_max(Rank, *) by Key = tolower(Id)
| join kind=inner LoggingPolicies on Definition
| project Name = coalesce(DisplayName, Name), Policy, Effect, Scope = tolower(coalesce(Scope, Place)),
    Excluded = NotScopes, Mode = EnforcementMode, Row
| sort by Name asc"""


@dataclass(frozen=True, slots=True)
class Setting:
    """A diagnostic setting.

    Args:
        audit: It collects audit events.
        evaluations: It collects AzurePolicyEvaluationDetails.
        destinations: Kind (dedicated, AzureDiagnostics, storage, event hub, partner) and resource of each.
    """

    name: str
    audit: bool
    evaluations: bool
    logs: Any
    destinations: tuple[tuple[str, str], ...]
    row: str


@dataclass(frozen=True, slots=True)
class Change:
    """A diagnostic setting was written or deleted."""

    at: str
    act: str
    setting: str
    identity: str
    address: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """An assignment of a policy that should have made the setting."""

    name: str
    policy: str
    effect: str
    scope: str
    mode: str
    excluded: bool
    row: str


@dataclass(slots=True)
class VaultLogs:
    """What is known of one vault's logging.

    Args:
        state: on (audit events are collected), off (an export says that they are not), unknown (no export says).
        listed: The inventory has the vault; else only its records name it.
    """

    vault: str
    name: str
    group: str
    subscription: str
    listed: bool
    row: str
    settings: tuple[Setting, ...] = ()
    exported: bool = False
    changes: tuple[Change, ...] = ()
    policies: tuple[Policy, ...] = ()
    records: int = 0
    first_at: str = ""
    last_at: str = ""
    gaps: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """on, off or unknown."""
        if any(s.audit and s.destinations for s in self.settings):
            return "on"
        return "off" if self.exported else "unknown"


def vault_logs(case: Case) -> list[VaultLogs]:
    """The logging of every vault that inventory or records name, by vault id."""

    def rows(text: str) -> list[dict[str, Any]]:
        return list(case.query(with_functions(text), limits=NO_LIMITS).to_pylist())

    vaults = {
        r["Vault"]: VaultLogs(r["Vault"], r["Name"], r["Group"], r["Subscription"], bool(r["Listed"]), r["Row"])
        for r in rows(_VAULTS)
    }
    _add_settings(vaults, rows(_SETTINGS))
    _add_changes(vaults, rows(_ACTS))
    _add_policies(vaults, rows(_POLICIES))
    latest = ""
    for row in rows(_RECORDS):
        if vault := vaults.get(row["Vault"]):
            vault.records, vault.first_at, vault.last_at = row["Records"], _text(row["FirstAt"]), _text(row["LastAt"])
        latest = max(latest, _text(row["LastAt"]))
    for vault in vaults.values():
        vault.gaps += _gaps(vault, latest)
    return list(vaults.values())


def _add_settings(vaults: dict[str, VaultLogs], rows: Iterable[dict[str, Any]]) -> None:
    found: dict[str, list[Setting]] = defaultdict(list)
    for row in rows:
        if vault := vaults.get(row["Resource"]):
            vault.exported = True
        if not row["None"]:
            said = (bool(row["Audit"]), bool(row["Evaluations"]), row["Logs"])
            found[row["Resource"]].append(Setting(row["Setting"], *said, tuple(_destinations(row)), row["Row"]))
    for resource, settings in found.items():
        if vault := vaults.get(resource):
            vault.settings = tuple(settings)


def _destinations(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if row["WorkspaceId"]:
        dedicated = (row["LogAnalyticsDestinationType"] or "").lower() == "dedicated"
        yield "dedicated" if dedicated else "AzureDiagnostics", row["WorkspaceId"]
    if row["StorageAccountId"]:
        yield "storage", row["StorageAccountId"]
    if row["EventHubAuthorizationRuleId"]:
        hub = row["EventHubName"]
        yield "event hub", row["EventHubAuthorizationRuleId"] + (f"/{hub}" if hub else "")
    if row["MarketplacePartnerId"]:
        yield "partner", row["MarketplacePartnerId"]


def _add_changes(vaults: dict[str, VaultLogs], rows: Iterable[dict[str, Any]]) -> None:
    found: dict[str, list[Change]] = defaultdict(list)
    for row in rows:
        change = Change(
            _text(row["At"]), row["Act"], row["Setting"], row["Identity"], row["Address"], tuple(row["Rows"] or ())
        )
        found[row["Vault"]].append(change)
    for vault, changes in found.items():
        if vault in vaults:
            vaults[vault].changes = tuple(changes)


def _add_policies(vaults: dict[str, VaultLogs], rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        without = [str(s).lower() for s in row["Excluded"] or ()]
        for vault in vaults.values():
            if _covers(row["Scope"], vault):
                excluded = any(_below(vault.vault, scope) for scope in without)
                said = (row["Name"], row["Policy"], row["Effect"], row["Scope"], row["Mode"] or "Default")
                vault.policies += (Policy(*said, excluded, row["Row"]),)


def _covers(scope: str, vault: VaultLogs) -> bool:
    """The scope holds the vault. Of a management group nobody knows here which subscriptions it has: it counts."""
    return scope.startswith("/providers/microsoft.management/") or _below(vault.vault, scope)


def _below(resource: str, scope: str) -> bool:
    return resource == scope or resource.startswith(f"{scope.rstrip('/')}/")


def _gaps(vault: VaultLogs, latest: str) -> Iterator[str]:
    """Where settings and records contradict each other."""
    if vault.state == "on" and not vault.records and latest:
        yield "its audit events are collected, and the case has none of them: fetch them from the destination"
    if vault.state == "off" and vault.records:
        yield f"logged until {vault.last_at}, and no setting collects audit events now"
    if vault.state == "on" and vault.records and _days(vault.last_at, latest) > QUIET_DAYS:
        yield f"no record since {vault.last_at}, {_days(vault.last_at, latest):.0f} days before the last of the case"
    for change in vault.changes:
        if change.act == "deleted":
            yield f"the setting {change.setting} was deleted at {change.at} by {change.identity or 'somebody'}"


def _days(earlier: str, later: str) -> float:
    from datetime import datetime

    begin, end = (datetime.fromisoformat(t[:19]) for t in (earlier, later))
    return (end - begin).total_seconds() / 86_400


def _text(value: Any) -> str:
    """A time of a query's row as text."""
    return value if isinstance(value, str) else "" if value is None else value.isoformat().replace("+00:00", "Z")


def since(vault: VaultLogs, setting: Setting) -> Change | None:
    """The act that made a setting as it is: its last writing; None when it is older than the Activity Log."""
    acts = [c for c in vault.changes if c.setting.lower() == setting.name.lower() and c.act == "written"]
    return acts[-1] if acts else None
