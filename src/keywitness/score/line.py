"""One run: simulate, load, investigate, compare."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from keywitness.case import create_case
from keywitness.investigate import investigate, make_scope
from keywitness.lab.simulate import simulate
from keywitness.report.document import Document
from keywitness.score.classes import counted, session_classes
from keywitness.score.exposures import difference
from keywitness.score.naming import Score, score
from keywitness.score.result import SEVERE, Found, Lacking, Run, Told

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """One run to make.

    Args:
        events: About how many audit records.
    """

    variant: str
    company: str
    seed: int
    days: int
    events: int

    @property
    def name(self) -> str:
        variant = self.variant
        if "+" in variant:  # a file's name has room for no more
            variant = f"{variant.count('+') + 1}-attacks-{sha256(variant.encode()).hexdigest()[:8]}"
        return f"{self.company}-{self.seed}-{variant}-{self.days}d-{self.events}"


def run(plan: Plan, folder: Path, on_progress: Progress | None = None) -> Run:
    """Make the run in `folder`, which must not hold one yet.

    Raises:
        UsageError: There is no such attack or company, or the folder holds logs.
    """
    began = time.monotonic()
    truth = simulate(
        folder,
        days=plan.days,
        seed=plan.seed,
        events=plan.events,
        scenario=plan.variant,
        company=plan.company,
        on_progress=on_progress,
    )
    case = create_case(folder / "case")
    report = case.ingest([folder / "logs"], on_progress=on_progress)
    scope = make_scope(watchlist=folder / "watchlist.csv")
    document = investigate(case, scope=scope, place="case", on_progress=on_progress)
    compared = score(truth, document, folder)
    pairs, attacks, strange = session_classes(case, truth)
    missing, extra = difference(truth, document.exposure)
    return Run(
        variant=plan.variant,
        company=plan.company,
        seed=plan.seed,
        days=plan.days,
        events=truth.counts.by_category["AuditEvent"],
        records=truth.counts.lines,
        refused=report.counts.rejected,
        steps=_steps(compared),
        findings=tuple(
            Found(rule=f.finding.rule_id, severity=f.finding.severity, steps=f.steps, title=f.finding.title)
            for f in compared.findings
        ),
        told=_told(plan.variant, document, compared),
        exposed=len({(e.vault, e.name, e.version) for e in truth.exposed if e.logged}),
        missing=tuple(Lacking(variant=variant or plan.variant, item=item) for variant, item in missing),
        extra=extra,
        sessions=counted(pairs),
        attack_sessions=tuple(
            one for name, mine in sorted(attacks.items()) for one in counted(mine, name or plan.variant)
        ),
        strange=strange,
        silent=tuple(r.rule_id for r in document.coverage.rules if r.status != "ran"),
        seconds=round(time.monotonic() - began, 1),
    )


def _steps(compared: Score) -> tuple[Told, ...]:
    return tuple(
        Told(id=s.step.id, rules=tuple(sorted({name.split(" ", 1)[1] for name in (*s.named, *s.touched)})))
        for s in compared.steps
    )


def _told(variant: str, document: Document, compared: Score) -> tuple[str, ...]:
    """Attacks of which an incident of severity medium or above holds a record."""
    steps = {f.finding.id: f.steps for f in compared.findings}
    severe = [incident for incident in document.incidents if incident.severity in SEVERE]
    held = {step for incident in severe for id in incident.finding_ids for step in steps.get(id, ())}
    return tuple(sorted({step.rpartition("/")[0] or variant for step in held}))
