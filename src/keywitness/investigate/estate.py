"""The vaults as they stand: access at the time of the incident, ways up, what was opened, posture, logging.

Told where exports of vaults, roles or applications were loaded; logs alone say too little of a whole tenant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

from keywitness.access.blast import Opened, Radius, blast_radius, lines
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

#: What the document holds of each list, what matters most first; the rest is counted, and the commands list it.
SHOWN_VAULTS = 30
SHOWN_OPENED = 12
SHOWN_STORES = 30
SHOWN_OBJECTS = 20
#: Ways: of so many vaults, so many people to each.
VAULTS_WITH_WAYS = 4
SHOWN_PEOPLE = 12
_STATES = ("off", "unknown", "on")
_MODELS = {True: "Azure roles", False: "access policies", None: "not said"}


def estate(case: Case, present: Collection[str], *, at: str, vaults: Sequence[str]) -> Estate | None:
    """What exports say of the vaults; None where none was loaded.

    Args:
        present: Tables that have rows.
        at: The moment at which access is told, ISO; the newest exports when empty.
        vaults: Names of the vaults of the incident, the most concerned first: they and the ways to them come first.
    """
    if not set(present).intersection(inventory_tables()):
        return None
    remarks: list[str] = []
    access, paths = _access(case, at, vaults, remarks)
    radius = blast_radius(case, present, only_taken=True)
    told = _worst(radius)
    outcomes = list(run_checks(case, load_checks(()), present))
    logs = sorted(vault_logs(case), key=lambda v: (_STATES.index(v.state), not v.changes, v.name))
    return Estate(
        at=at,
        access=tuple(access[:SHOWN_VAULTS]),
        paths=tuple(paths),
        blast=tuple(BlastLine(**line._asdict()) for line in lines(told)),
        posture=tuple(_failures(outcomes)),
        not_judged=tuple(f"{o.check.title}: {o.reason}" for o in outcomes if o.reason),
        logging=tuple(map(_logging, logs[:SHOWN_VAULTS])),
        remarks=(*remarks, *radius.missing),
        vaults=len(access),
        objects_left=len(radius.opened) + len(radius.stores) - len(told.opened) - len(told.stores),
        logging_states=dict(Counter(v.state for v in logs)),
    )


def _worst(radius: Radius) -> Radius:
    """What is told: proven before likely, ways to Global Administrator and deeds before others."""

    def weight(opened: Opened) -> tuple[bool, bool, bool, str]:
        return opened.certainty != "proven", not opened.way, not opened.deeds, opened.taken.at if opened.taken else ""

    return Radius(tuple(sorted(radius.opened, key=weight)[:SHOWN_OPENED]), radius.stores[:SHOWN_STORES], radius.missing)


def _access(
    case: Case, at: str, vaults: Sequence[str], remarks: list[str]
) -> tuple[list[VaultAccess], list[AccessPath]]:
    """Access in figures, and the ways of those who make themselves able to read."""
    try:
        examination = Examination(read_inventory(case), parse_datetime(at) if at else None, read_changes(case))
        place = {name.lower(): number for number, name in enumerate(vaults)}
        found = sorted(
            map(_figures, examination.summaries()), key=lambda v: place.get(v.vault.lower(), len(place))
        )  # those of the incident first; the others stay as they came, by how many can let themselves in
        paths = list(chain.from_iterable(_ways(v.vault, examination) for v in found[:VAULTS_WITH_WAYS]))
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


def _ways(vault: str, examination: Examination) -> Iterator[AccessPath]:
    """The ways to a vault of some of those who have one."""
    return islice(_paths(examination.escalations(Question(vaults=(vault,))), examination), SHOWN_PEOPLE)


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
        f"{c.at[:10]} {c.at[11:19]} {c.setting} {c.act} by {c.identity or 'somebody'}"
        f" at {c.address or 'an unknown address'}"
        for c in vault.changes
    )
    return VaultLogging(
        vault=vault.name, state=vault.state, destinations=tuple(dict.fromkeys(where)), changes=tuple(changes)
    )
