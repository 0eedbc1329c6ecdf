"""What inventory a case holds: snapshots by kind, time and source, and what is missing for an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keywitness.engine.limits import NO_LIMITS
from keywitness.model.content import with_functions
from keywitness.model.tables import inventory_tables

if TYPE_CHECKING:
    from keywitness.case import Case

#: Tables that questions of access and logging need, and how to get them.
WANTED = {
    "KeyVaults": "`az keyvault list`, then `az keyvault show` for each; or Resource Graph",
    "RoleAssignments": "`az role assignment list --all`, once per subscription",
    "RoleDefinitions": "`az role definition list`",
    "DiagnosticSettings": "`az monitor diagnostic-settings list`, once per vault, in an envelope that names it",
    "PolicyAssignments": "`az policy assignment list --disable-scope-strict-match`",
    "VaultObjects": "`az keyvault secret list`, `key list` and `certificate list`, once per vault",
    "Users": "`az ad user list`",
    "Groups": "`az ad group list`",
    "GroupMembers": "`az ad group member list`, once per group, in an envelope that names it",
    "ServicePrincipals": "`az ad sp list --all`",
    "Applications": "`az ad app list --all`",
}
#: What part of a table is missing: the tables it needs, a query that counts, and the words.
_PARTS = (
    (
        ("KeyVaults",),
        "VaultsNow | where not(Said) | count",
        "{} vaults are only listed, without properties and access policies: `az keyvault show` is needed",
    ),
    (
        ("KeyVaults", "DiagnosticSettings"),
        "VaultsNow | join kind=leftanti (SettingsNow | distinct Vault = Resource) on Vault | count",
        "of {} vaults no export says whether they have diagnostic settings",
    ),
    (
        ("RoleAssignments",),
        "AssignmentsNow | where isnotempty(Role)"
        " | join kind=leftanti (RoleDefinitions | project Role = tolower(Name)) on Role | distinct Role | count",
        "{} assigned roles have no definition here: `az role definition list` is needed",
    ),
    (
        ("RoleAssignments",),
        'AssignmentsNow | where PrincipalType =~ "Group" | distinct Principal'
        " | join kind=leftanti (GroupMembers | distinct Principal = tolower(GroupId)) on Principal | count",
        "of {} groups with roles no member is known: empty, or `az ad group member list` is needed",
    ),
    (
        ("Users", "Groups", "ServicePrincipals"),
        "AssignmentsNow | distinct Principal"
        " | join kind=leftanti (union (Users | project Principal = tolower(ObjectId)),"
        " (Groups | project Principal = tolower(ObjectId)),"
        " (ServicePrincipals | project Principal = tolower(ObjectId))) on Principal | count",
        "{} principals with roles are in no export of users, groups and service principals: deleted, or left out",
    ),
)
_TENANTS = """union (KeyVaults | project Tenant = tolower(TenantId)),
    (Subscriptions | project Tenant = tolower(TenantId))
| where isnotempty(Tenant)
| summarize Objects = count() by Tenant
| sort by Objects desc"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Objects of one kind out of one export or several of one time.

    Args:
        taken_at: As the export says, else the time of its file; "" when unknown.
        evidence: The items, such as E3.
    """

    table: str
    taken_at: str
    source: str
    objects: int
    evidence: tuple[str, ...]


def snapshots(case: Case, present: Iterable[str]) -> list[Snapshot]:
    """The snapshots that a case holds, by table and time.

    Args:
        present: Tables that have rows.
    """
    tables = sorted(set(present) & set(inventory_tables()))
    if not tables:
        return []
    parts = ", ".join(f'({t} | project Table = "{t}", TimeGenerated, SnapshotSource, Row = _Row)' for t in tables)
    text = f"""union {parts}
| summarize Objects = count(), Evidence = make_set(extract(@"^(E\\d+)", 1, Row))
    by Table, TimeGenerated, SnapshotSource
| sort by Table asc, TimeGenerated asc, SnapshotSource asc"""
    return [
        Snapshot(r["Table"], _text(r["TimeGenerated"]), r["SnapshotSource"], r["Objects"], tuple(sorted(r["Evidence"])))
        for r in _rows(case, text)
    ]


def missing(case: Case, present: Iterable[str]) -> Iterator[str]:
    """What is not there, or only in part, each with the command that brings it."""
    there = set(present)
    for table, get in WANTED.items():
        if table not in there:
            yield f"no {table}: {get}"
    for needs, text, words in _PARTS:
        if there >= set(needs):
            ((count,),) = (tuple(row.values()) for row in _rows(case, text))
            if count:
                yield words.format(f"{count:,}")
    if there & {"KeyVaults", "Subscriptions"}:
        tenants = [f"{row['Tenant']} ({row['Objects']:,} objects)" for row in _rows(case, _TENANTS)]
        if len(tenants) > 1:
            yield f"exports of {len(tenants)} tenants are mixed: {', '.join(tenants)}"
    yield from unfinished(case)


#: Pages that are named one by one.
_MOST_PAGES = 5


def unfinished(case: Case) -> Iterator[str]:
    """Exports that are not whole by what they say themselves: pages that another follows, records that broke off."""
    pages = [
        f"E{entry.number} {entry.path}: {remark}"
        for entry in case.evidence()
        for remark in entry.notes
        if "another page follows" in remark
    ]
    yield from pages[:_MOST_PAGES]
    if len(pages) > _MOST_PAGES:
        yield f"{len(pages) - _MOST_PAGES:,} more pages that another page follows: is the last one of each export here?"
    broken = [f"E{e.number} {e.path} ({e.rejected:,})" for e in case.evidence() if e.rejected]
    if broken:
        more = f" and {len(broken) - _MOST_PAGES:,} more" if len(broken) > _MOST_PAGES else ""
        named = ", ".join(broken[:_MOST_PAGES])
        yield f"records that could not be read, `keywitness rejected` lists them: {named}{more}"


def _rows(case: Case, text: str) -> list[dict[str, Any]]:
    return list(case.query(with_functions(text), limits=NO_LIMITS).to_pylist())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else value.isoformat().replace("+00:00", "Z")
