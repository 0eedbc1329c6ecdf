"""What the evidence can show and what it cannot: it heads every report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from keywitness.detect.run import Outcome
from keywitness.engine.limits import NO_LIMITS
from keywitness.investigate.clock import clock
from keywitness.investigate.gaps import doubts, shown_gaps, vault_answer, vault_gaps
from keywitness.investigate.logged import Logged
from keywitness.investigate.silence import Ints, Silence, silences
from keywitness.kql.literals import format_datetime
from keywitness.model.content import with_functions
from keywitness.model.schema import TICKS_PER_SECOND
from keywitness.report.document import (
    Coverage,
    CustodyEntry,
    EvidenceFile,
    RejectedRecord,
    RuleRun,
    TableCoverage,
    VaultCoverage,
)

if TYPE_CHECKING:
    from keywitness.case import Case

#: Tables that an investigation of vaults wants, and what cannot be seen without them.
WANTED = {
    "AzureDiagnostics": "Without the vaults' audit records nothing can be said about reads.",
    "AzureActivity": "Without the Activity Log, changes of access policies and roles, and the removal of logging, are"
    " invisible or seen in part.",
    "AADServicePrincipalSignInLogs": "Without sign-ins of applications, the use of a stolen credential cannot be seen.",
    "AADManagedIdentitySignInLogs": "Without sign-ins of managed identities, some identities have a number only.",
    "SigninLogs": "Without sign-ins of people, it cannot be seen how an account was entered.",
    "AADNonInteractiveUserSignInLogs": "Without non-interactive sign-ins, the use of stolen tokens cannot be seen.",
    "AuditLogs": "Without the directory's audit log, new credentials and roles (such as Global Administrator) are"
    " invisible.",
    "MicrosoftGraphActivityLogs": "Without Graph requests, what a stolen application did in Entra cannot be seen.",
}
#: Hours that a report shows one by one: a wrongly dated record must not make it endless.
MOST_HOURS = 24 * 400
#: Rejected records that the document shows; all are counted.
SHOWN_REJECTED = 50
#: Characters of a rejected record that the document shows.
SHOWN_TEXT = 500
#: Entries of the custody chain that the document shows.
SHOWN_CUSTODY = 1_000
_HOUR = 3_600 * TICKS_PER_SECOND

HOURS_QUERY = """KeyVaultEvents()
| summarize Records = count(), FirstAt = min(TimeGenerated), LastAt = max(TimeGenerated), VaultId = max(VaultId)
    by Vault, Hour = bin(TimeGenerated, 1h)"""
NAMED_IN_ACTIVITY_QUERY = """AzureActivity
| extend Resource = tolower(coalesce(column_ifexists("_ResourceId", ""), column_ifexists("ResourceId", "")))
| where Resource contains "/providers/microsoft.keyvault/"
| extend VaultId = extract(
    @"^(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\\.keyvault/(?:vaults|managedhsms)/[^/]+)", 1,
    Resource)
| where isnotempty(VaultId)
| summarize Records = count(), FirstAt = min(TimeGenerated), LastAt = max(TimeGenerated) by VaultId"""


@dataclass(frozen=True, slots=True)
class VaultHours:
    """The records of one vault hour by hour, from `Hours.start` on."""

    vault: str
    resource_id: str
    first: int
    last: int
    records: int
    hours: Ints
    silent: tuple[tuple[int, int], ...]  # ticks, from the last record before to the first after
    note: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """All vaults over one span. `start` and `end` are ticks of full hours, `end` not included."""

    start: int
    end: int
    vaults: tuple[VaultHours, ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Vault:
    resource_id: str = ""
    cells: list[tuple[int, int, int, int]] = field(default_factory=list)  # hour, records, first, last


def vault_hours(case: Case) -> Hours:
    """Count the audit records of each vault hour by hour, and find where they are missing."""
    rows = case.query(with_functions(HOURS_QUERY), limits=NO_LIMITS).table.to_pylist()
    vaults: dict[str, _Vault] = defaultdict(_Vault)
    for row in rows:
        vault = vaults[row["Vault"] or "(no name)"]
        vault.resource_id = row["VaultId"]
        vault.cells.append((row["Hour"], row["Records"], row["FirstAt"], row["LastAt"]))
    if not vaults:
        return Hours(0, 0, ())
    cells = [cell for vault in vaults.values() for cell in vault.cells]
    end = max(cell[0] for cell in cells) + _HOUR
    earliest = min(cell[0] for cell in cells)
    start = max(earliest, end - MOST_HOURS * _HOUR)
    left_out = sum(cell[1] for cell in cells if cell[0] < start)
    notes: tuple[str, ...] = ()
    if left_out:
        notes = (
            f"{left_out:,} audit records are dated before {clock(start)}, more than {MOST_HOURS // 24} days before the"
            " last one: they are searched by every rule, but not shown hour by hour.",
        )
    made = [_vault_hours(name, vaults[name], start, end) for name in sorted(vaults)]
    return Hours(start, end, tuple(made), notes)


def _vault_hours(name: str, vault: _Vault, start: int, end: int) -> VaultHours:
    hours = np.zeros((end - start) // _HOUR, dtype=np.int64)
    cells = sorted(vault.cells)
    for hour, records, _, _ in cells:
        if hour >= start:
            hours[(hour - start) // _HOUR] = records
    spans = tuple(_edges(cells, start, end, silence) for silence in silences(hours))
    first, last = min(c[2] for c in cells), max(c[3] for c in cells)
    return VaultHours(name, vault.resource_id, first, last, sum(c[1] for c in cells), hours, spans)


def _edges(cells: Sequence[tuple[int, int, int, int]], start: int, end: int, silence: Silence) -> tuple[int, int]:
    """From the last record before the silence to the first after it, as exact as the records are."""
    from_tick, to_tick = start + silence.first * _HOUR, start + (silence.last + 1) * _HOUR
    before = [c[3] for c in cells if c[0] < from_tick]
    after = [c[2] for c in cells if c[0] >= to_tick]
    return (max(before) if before else start, min(after) if after else end)


def unlogged_vaults(case: Case, known: set[str]) -> list[VaultCoverage]:
    """Vaults that the Activity Log names and that have no audit record at all."""
    found = []
    for row in case.query(NAMED_IN_ACTIVITY_QUERY, limits=NO_LIMITS).to_pylist():
        name = row["VaultId"].rpartition("/")[2]
        if name in known:
            continue
        found.append(
            VaultCoverage(
                vault=name,
                resource_id=row["VaultId"],
                first_at="",
                last_at="",
                records=0,
                hours=(),
                silent_spans=(),
                note=f"no audit records at all; known from {row['Records']} records of the Activity Log",
                answer=vault_answer(None),
            )
        )
    return sorted(found, key=lambda v: v.vault)


def covered_vault(vault: VaultHours, hours: Hours, known: Logged | None = None) -> VaultCoverage:
    """A vault's hours as the document shows them."""
    return VaultCoverage(
        vault=vault.vault,
        resource_id=vault.resource_id,
        first_at=format_datetime(vault.first),
        last_at=format_datetime(vault.last),
        records=vault.records,
        hours=tuple(vault.hours.tolist()),
        silent_spans=tuple((format_datetime(a), format_datetime(b)) for a, b in vault.silent),
        note=_vault_note(vault, hours),
        answer=vault_answer(known),
        gaps=shown_gaps(vault_gaps(known)),
    )


def _vault_note(vault: VaultHours, hours: Hours) -> str:
    notes = []
    for start, end in vault.silent:
        if start == hours.start:
            notes.append(f"no records before {clock(end)}: logging may have begun then")
        elif end == hours.end:
            notes.append(f"no records after {clock(start)}")
        else:
            notes.append(f"silent from {clock(start)} until {clock(end)}")
    return "; ".join(notes)


def table_coverage(case: Case) -> tuple[TableCoverage, ...]:
    """Rows and times of every table, wanted ones without rows included."""
    facts = {name: (rows, first, last) for name, rows, first, last in case.table_facts() if not name.startswith("_")}
    names = [*WANTED, *sorted(set(facts) - set(WANTED))]
    return tuple(_table(name, *facts.get(name, (0, None, None))) for name in names)


def _table(name: str, rows: int, first: int | None, last: int | None) -> TableCoverage:
    return TableCoverage(
        table=name,
        rows=rows,
        first_at="" if first is None else format_datetime(first),
        last_at="" if last is None else format_datetime(last),
        note="" if rows else WANTED.get(name, ""),
    )


def coverage(
    case: Case,
    hours: Hours,
    tables: tuple[TableCoverage, ...],
    outcomes: Sequence[Outcome],
    remarks: Sequence[str] = (),
    told: Callable[[str], str] = str,
    known: Mapping[str, Logged] | None = None,
) -> Coverage:
    """Everything that heads the report.

    Args:
        told: Makes a sentence with object ids one with names.
        remarks: Further sentences on what cannot be concluded, least important.
        known: What is proven of the vaults' logs.
    """
    proven = known or {}
    vaults = tuple(covered_vault(v, hours, proven.get(v.vault)) for v in hours.vaults)
    has_activity = any(t.table == "AzureActivity" and t.rows for t in tables)
    unlogged = unlogged_vaults(case, {v.vault for v in vaults}) if has_activity else []
    evidence = _evidence(case)
    return Coverage(
        since=format_datetime(hours.start) if hours.vaults else "",
        until=format_datetime(hours.end) if hours.vaults else "",
        vaults=(*vaults, *unlogged),
        tables=tables,
        evidence=evidence,
        rejected=_rejected(case),
        rules=tuple(_rule_run(o) for o in outcomes),
        cannot_conclude=tuple(
            told(s) for s in _sentences(hours, unlogged, tables, evidence, outcomes, doubts(proven), remarks)
        ),
        custody=_custody(case),
    )


def _sentences(
    hours: Hours,
    unlogged: Sequence[VaultCoverage],
    tables: Sequence[TableCoverage],
    evidence: Sequence[EvidenceFile],
    outcomes: Sequence[Outcome],
    doubted: Sequence[str],
    remarks: Sequence[str],
) -> list[str]:
    silenced, said = _switched_off(outcomes, hours)
    for vault in hours.vaults:
        for start, end in vault.silent:
            what = "cannot be excluded"
            if start == hours.start:
                said.append(f"{vault.vault} has no audit record before {clock(end)}: earlier reads {what}.")
            elif end == hours.end and vault.vault in silenced:
                continue  # the sentence on the setting says it
            elif end == hours.end:
                said.append(f"{vault.vault} logged nothing after {clock(start)}: reads since then {what}.")
            else:
                said.append(
                    f"{vault.vault} logged nothing between {clock(start)} and {clock(end)}, although it usually does:"
                    f" reads in that time {what}."
                )
    said += doubted
    said += [
        f"{v.vault} has no audit records at all (only the Activity Log names it): whether its contents were read"
        " cannot be said."
        for v in unlogged
    ]
    if not hours.vaults:
        said.append("The evidence holds no audit record of any vault: nothing can be said about reads.")
    else:
        said.append(
            f"Reads before {clock(hours.start)} and after {clock(hours.end)} are outside of the evidence; so are vaults"
            " that none of the logs names."
        )
    said += [t.note for t in tables if t.note]
    rejected = sum(e.rejected for e in evidence)
    if rejected:
        said.append(f"{rejected:,} records could not be read; what they would have shown is not in this report.")
    said += [f"The rule '{o.rule.name}' could not run: {o.reason}." for o in outcomes if o.status != "ran"]
    said += [f"The rule '{o.rule.name}' ran {o.reason}." for o in outcomes if o.status == "ran" and o.reason]
    said += unjudged(outcomes)
    return [*said, *hours.notes, *remarks]


def unjudged(outcomes: Sequence[Outcome]) -> list[str]:
    """Who could not be judged, a sentence for each reason: what several rules say of the same callers is said once."""
    by_fact: dict[str, list[tuple[str, str]]] = {}
    for outcome in outcomes:
        for note in outcome.notes:
            by_fact.setdefault(note.rpartition(": ")[0] or note, []).append((outcome.rule.name, note))
    return [_said_once(fact, notes) for fact, notes in by_fact.items()]


def _said_once(fact: str, notes: Sequence[tuple[str, str]]) -> str:
    names = [f"'{name}'" for name in dict.fromkeys(name for name, _ in notes)]
    if len(names) == 1:
        return notes[0][1]
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    meanings = {note.rpartition(": ")[2].rstrip(".") for _, note in notes}
    meaning = meanings.pop() if len(meanings) == 1 else "what is unusual for them cannot be said"
    return f"{fact}: {meaning}; this holds for the rules {listed}."


def _switched_off(outcomes: Sequence[Outcome], hours: Hours) -> tuple[set[str], list[str]]:
    """Vaults whose logging somebody switched off: the first thing to know. Their names, and a sentence each."""
    said, silenced = [], set()
    by_name = {v.vault: v for v in hours.vaults}
    for outcome in outcomes:
        if outcome.rule.slug != "diagnostic-setting-deleted":
            continue
        for found in (*outcome.findings, *outcome.hidden):
            for name in found.vaults:
                vault = by_name.get(name)
                silenced.add(name)
                last = f"its last audit record is of {clock(vault.last)}" if vault else "it has no audit record"
                said.append(
                    f"Logging of {name} was switched off at {found.first_at[:19].replace('T', ' ')} UTC by"
                    f" {' and '.join(found.identities) or 'somebody'}; {last}. Reads of {name} since then cannot be"
                    " excluded: treat everything in it as read."
                )
    return silenced, said


def _rule_run(outcome: Outcome) -> RuleRun:
    return RuleRun(
        rule_id=outcome.rule.slug,
        name=outcome.rule.name,
        status=outcome.status,
        reason=outcome.reason,
        findings=len(outcome.findings),
    )


def _evidence(case: Case) -> tuple[EvidenceFile, ...]:
    return tuple(
        EvidenceFile(
            number=e.number,
            path=e.path,
            member=e.member,
            sha256=e.sha256,
            size=e.size,
            shape=e.shape,
            read=e.read,
            stored=e.stored,
            duplicate=e.duplicate,
            rejected=e.rejected,
        )
        for e in case.evidence()
    )


def _records(made: tuple[Sequence[Any], Sequence[Sequence[Any]]], most: int) -> list[Mapping[str, Any]]:
    columns, rows = made
    names = [c.name for c in columns]
    return [dict(zip(names, row, strict=True)) for row in rows[:most]]


def _rejected(case: Case) -> tuple[RejectedRecord, ...]:
    return tuple(
        RejectedRecord(
            row=str(r["Row"]),
            source=place(str(r["Path"]), str(r["Member"])),
            line=int(r["Line"]),
            reason=str(r["Reason"]),
            text=_cut(str(r["Text"])),
        )
        for r in _records(case.rejected_records(), SHOWN_REJECTED)
    )


def _cut(text: str) -> str:
    if len(text) <= SHOWN_TEXT:
        return text
    return f"{text[:SHOWN_TEXT]} ... ({len(text) - SHOWN_TEXT:,} more characters)"


def place(path: str, member: str) -> str:
    """An evidence file, with the member of an archive."""
    return f"{path}:{member}" if member else path


def _custody(case: Case) -> tuple[CustodyEntry, ...]:
    return tuple(
        CustodyEntry(
            at=str(r["At"]), who=str(r["By"]), action=str(r["Action"]), version=str(r["Version"]), hash=str(r["Hash"])
        )
        for r in _records(case.custody_records(), SHOWN_CUSTODY)
    )
