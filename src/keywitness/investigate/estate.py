"""The vaults as they stand: access at the time of the incident, ways up, what was opened, posture, logging.

Told where exports of vaults, roles or applications were loaded; logs alone say too little of a whole tenant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from keywitness.access.blast import blast_radius, lines
from keywitness.access.changes import read_changes
from keywitness.access.examine import Escalation, Examination, Question
from keywitness.access.inventory import read_inventory
from keywitness.access.listing import Summary
from keywitness.errors import KeywitnessError
from keywitness.kql.literals import parse_datetime
from keywitness.model.tables import inventory_tables
from keywitness.posture.check import SEVERITIES, load_checks
from keywitness.posture.run import Outcome, run_checks
from keywitness.report.document import (
    AccessPath,
    AccessStep,
    BlastLine,
    Estate,
    PostureFailure,
    VaultAccess,
    VaultLogging,
)
from keywitness.vaultlogs.state import VaultLogs, vault_logs

if TYPE_CHECKING:
    from keywitness.access.escalation.search import Step
    from keywitness.case import Case

#: What the document holds of each list; all are counted.
SHOWN_PATHS = 60
SHOWN_VAULTS = 500
SHOWN_BLAST = 400
SHOWN_OBJECTS = 20
_MODELS = {True: "Azure roles", False: "access policies", None: "not said"}


def estate(case: Case, present: Collection[str], *, at: str, vaults: Sequence[str]) -> Estate | None:
    """What exports say of the vaults; None where none was loaded.

    Args:
        present: Tables that have rows.
        at: The moment at which access is told, ISO; the newest exports when empty.
        vaults: Names of the vaults of the incident: the ways to them are told, or to all vaults when empty.
    """
    if not set(present).intersection(inventory_tables()):
        return None
    remarks: list[str] = []
    access, paths = _access(case, at, vaults, remarks)
    radius = blast_radius(case, present, only_taken=True)
    told = [BlastLine(**line._asdict()) for line in lines(radius)]
    outcomes = list(run_checks(case, load_checks(()), present))
    return Estate(
        at=at,
        access=tuple(access[:SHOWN_VAULTS]),
        paths=tuple(paths),
        blast=tuple(told[:SHOWN_BLAST]),
        posture=tuple(_failures(outcomes)),
        not_judged=tuple(f"{o.check.title}: {o.reason}" for o in outcomes if o.reason),
        logging=tuple(_logging(v) for v in islice(vault_logs(case), SHOWN_VAULTS)),
        remarks=(*remarks, *radius.missing),
    )


def _access(
    case: Case, at: str, vaults: Sequence[str], remarks: list[str]
) -> tuple[list[VaultAccess], list[AccessPath]]:
    """Access in figures, and the ways of those who make themselves able to read."""
    try:
        examination = Examination(read_inventory(case), parse_datetime(at) if at else None, read_changes(case))
        known = {s.vault.name.lower() for s in examination.summaries()}
        asked = Question(vaults=tuple(v for v in vaults if v.lower() in known))
        found = [_figures(s) for s in examination.summaries()]
        paths = list(islice(_paths(examination.escalations(asked), examination), SHOWN_PATHS))
    except KeywitnessError as error:  # an export that access cannot use must not cost the report
        remarks.append(f"access could not be told: {error.message}")
        return [], []
    remarks += (*examination.remarks, *(p.sentence() for p in examination.problems))
    return found, paths


def _figures(summary: Summary) -> VaultAccess:
    readers, conditional, eligible, _ = summary.readers
    return VaultAccess(
        vault=summary.vault.name,
        model=_MODELS[summary.vault.rbac],
        readers=readers,
        conditional=conditional,
        eligible=eligible,
        escalating=summary.sure,
        perhaps_escalating=summary.perhaps,
    )


def _paths(escalations: Iterable[Escalation], examination: Examination) -> Iterator[AccessPath]:
    """The shortest path of each principal."""
    names = examination.tenant.principals
    for escalation in escalations:
        path, who = escalation.paths[0], escalation.principal
        fixes = dict.fromkeys(s.fix for s in path.steps if s.does and s.fix)
        yield AccessPath(
            vault=escalation.vault.name,
            principal=names.names[who] or names.ids[who],
            answer=str(path.answer),
            sentence=path.sentence(),
            fix="; or ".join(fixes),
            steps=tuple(map(_step, path.steps)),
        )


def _step(step: Step) -> AccessStep:
    return AccessStep(
        source=step.source.title,
        source_kind=step.source.kind,
        edge=step.edge,
        target=step.target.title,
        target_kind=step.target.kind,
        permission=step.permission,
        does=step.does,
        answer=str(step.answer),
        rows=step.rows,
    )


def _failures(outcomes: Iterable[Outcome]) -> Iterator[PostureFailure]:
    failed = (o for o in outcomes if o.status == "failed")
    for outcome in sorted(failed, key=lambda o: SEVERITIES.index(o.check.severity)):
        wrong = [j for j in outcome.judged if j.verdict == "fail"]
        yield PostureFailure(
            check=outcome.check.id,
            title=outcome.check.title,
            severity=outcome.check.severity,
            objects=tuple(dict.fromkeys(j.object for j in wrong))[:SHOWN_OBJECTS],
            failed=len(wrong),
            rows=tuple(dict.fromkeys(r for j in wrong for r in j.rows))[:SHOWN_OBJECTS],
        )


def _logging(vault: VaultLogs) -> VaultLogging:
    where = (
        f"{kind} {target.rsplit('/', 1)[-1]}" for s in vault.settings if s.audit for kind, target in s.destinations
    )
    changes = (
        f"{c.at} {c.setting} {c.act} by {c.identity or 'somebody'} at {c.address or 'an unknown address'}"
        for c in vault.changes
    )
    return VaultLogging(
        vault=vault.name, state=vault.state, destinations=tuple(dict.fromkeys(where)), changes=tuple(changes)
    )
