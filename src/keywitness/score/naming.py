"""Did the report name what happened? A report's document against the truth of the logs it was made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from keywitness.lab.truth import Exposed, Lookalike, Step, Truth
from keywitness.report.document import Document, EvidenceFile, Exposure, Finding

#: Where a record begins: blob (from its container's name on) and byte.
Place = tuple[str, int]
#: A diagnostic setting's container or a data export's, with the folder that follows it.
_CONTAINER = re.compile(r"(?:insights-|am-)[^/]+/(?:resourceId|tenantId|WorkspaceResourceId)=")


@dataclass(frozen=True, slots=True)
class StepScore:
    """One step of the truth.

    Args:
        named: Findings of an expected rule that hold a record of the step.
        touched: Other findings that hold one.
        silent_rules: Expected rules that named none of its records.
    """

    step: Step
    named: tuple[str, ...]
    touched: tuple[str, ...]
    silent_rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingScore:
    """One finding: the steps it holds records of, else the lookalike it is about, else neither.

    A finding of low or informational severity says that something rare happened, not that it was an attack: where it is
    about neither, it stands for the record.
    """

    finding: Finding
    steps: tuple[str, ...]
    lookalike: Lookalike | None

    @property
    def verdict(self) -> str:
        if self.steps:
            return "step"
        if self.lookalike:
            return "lookalike"
        return "unexplained" if self.finding.severity in ("high", "medium") else "for the record"


@dataclass(frozen=True, slots=True)
class Score:
    """Steps named and missed, findings explained and not, object versions exposed and listed or not."""

    steps: tuple[StepScore, ...]
    findings: tuple[FindingScore, ...]
    exposed: tuple[Exposed, ...]
    unlisted: tuple[Exposed, ...]  # logged reads by the attacker that the exposure does not have
    keys_overlooked: tuple[Exposed, ...]  # listed, but not said to have left with their private key

    @property
    def missed(self) -> tuple[StepScore, ...]:
        return tuple(step for step in self.steps if not step.named)

    @property
    def unexplained(self) -> tuple[FindingScore, ...]:
        """False alarms: of high or medium severity, about no step and no lookalike."""
        return tuple(finding for finding in self.findings if finding.verdict == "unexplained")

    def render(self) -> str:
        """The score as text, one line a step, then what was missed."""
        lines = [f"{len(self.steps) - len(self.missed)} of {len(self.steps)} steps named"]
        for step in self.steps:
            found = ", ".join(sorted(step.named)) or "MISSED"
            silent = f"  (silent: {', '.join(step.silent_rules)})" if step.silent_rules else ""
            lines.append(f"  {step.step.id:<26} {found}{silent}")
        kinds = [finding.verdict for finding in self.findings]
        lines.append(
            f"{len(kinds)} findings: {kinds.count('step')} about steps, {kinds.count('lookalike')} about lookalikes, "
            f"{kinds.count('unexplained')} unexplained, {kinds.count('for the record')} of low severity for the record"
        )
        lines += [f"  {f.finding.id} {f.finding.rule_id}: {f.finding.title}" for f in self.unexplained]
        listed = len(self.exposed) - len(self.unlisted)
        lines.append(f"{listed} of {len(self.exposed)} object versions that the attacker read are listed as exposed")
        lines += [f"  not listed: {e.vault}/{e.name}/{e.version}" for e in self.unlisted]
        lines += [f"  private key overlooked: {e.vault}/{e.name}" for e in self.keys_overlooked]
        return "\n".join(lines)


def score(truth: Truth, document: Document, folder: Path) -> Score:
    """Compare a report with the truth.

    Args:
        truth: Of the simulation.
        document: Of an investigation of that simulation's logs, or of a copy with the same folders.
        folder: The simulation's folder, to turn line numbers into bytes.
    """
    places = {step.id: frozenset(_step_places(step, folder)) for step in truth.steps}
    evidence = {file.number: _blob(file) for file in document.coverage.evidence}
    held = {finding.id: frozenset(_finding_places(finding, evidence)) for finding in document.findings}
    logged = tuple(item for item in truth.exposed if item.logged)
    addresses = {address for actor in truth.actors for address in actor.addresses}
    found = {item: tuple(_entries(item, document, addresses)) for item in logged}
    return Score(
        steps=tuple(_step_score(step, places[step.id], held, document.findings) for step in truth.steps),
        findings=tuple(_finding_score(finding, held[finding.id], places, truth) for finding in document.findings),
        exposed=logged,
        unlisted=tuple(item for item, entries in found.items() if not entries),
        keys_overlooked=tuple(
            item
            for item, entries in found.items()
            if entries and item.private_key and not any(entry.private_key_left for entry in entries)
        ),
    )


def _entries(item: Exposed, document: Document, addresses: set[str]) -> Iterator[Exposure]:
    """Entries of the exposure for this object version that have the attacker among their readers."""
    wanted = (item.vault.lower(), item.name.lower(), item.version)
    for entry in document.exposure:
        same = (entry.vault.lower(), entry.name.lower(), entry.version) == wanted
        if same and any(reader.address in addresses for reader in entry.readers):
            yield entry


def _step_score(
    step: Step, places: frozenset[Place], held: dict[str, frozenset[Place]], findings: Iterable[Finding]
) -> StepScore:
    mine = [finding for finding in findings if held[finding.id] & places]
    rules = {finding.rule_id for finding in mine}
    return StepScore(
        step=step,
        named=tuple(f"{f.id} {f.rule_id}" for f in mine if f.rule_id in step.expected_rules),
        touched=tuple(f"{f.id} {f.rule_id}" for f in mine if f.rule_id not in step.expected_rules),
        silent_rules=tuple(rule for rule in step.expected_rules if rule not in rules),
    )


def _finding_score(
    finding: Finding, held: frozenset[Place], places: dict[str, frozenset[Place]], truth: Truth
) -> FindingScore:
    named = {name.lower() for name in (*finding.identities, *finding.applications)}
    lookalike = next(
        (
            item
            for item in truth.lookalikes
            if finding.rule_id in item.looks_like and named & {alias.lower() for alias in item.aliases}
        ),
        None,
    )
    return FindingScore(finding, tuple(step for step, mine in places.items() if mine & held), lookalike)


def _step_places(step: Step, folder: Path) -> Iterator[Place]:
    for line in step.records:
        before = (folder / line.file).read_bytes().split(b"\n")[: line.line - 1]
        yield _from_container(line.file), sum(len(text) + 1 for text in before)


def _finding_places(finding: Finding, evidence: dict[int, str]) -> Iterator[Place]:
    for row in finding.rows:
        number, _, offset = row.row.removeprefix("E").partition(":")
        if number.isdigit() and offset.isdigit() and int(number) in evidence:
            yield evidence[int(number)], int(offset)


def _blob(file: EvidenceFile) -> str:
    return _from_container(f"{file.path}/{file.member}" if file.member else file.path)


def _from_container(path: str) -> str:
    """The path from the container's name on: where the folder lies, and which copy it is, do not matter."""
    text = path.replace("\\", "/").rstrip("/")
    found = _CONTAINER.search(text)
    return text[found.start() :] if found else text
