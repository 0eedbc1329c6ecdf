"""Figures that several renderers print, computed from the document alone."""

from __future__ import annotations

from dataclasses import dataclass

from keywitness.report import instants
from keywitness.report.document import Document, EvidenceFile, Exposure, Finding, RuleRun, TableCoverage

SEVERITIES = ("high", "medium", "low", "informational")


@dataclass(frozen=True, slots=True)
class Sum:
    """read = stored + duplicate + rejected, over all evidence."""

    files: int
    read: int
    stored: int
    duplicate: int
    rejected: int

    @property
    def adds_up(self) -> bool:
        return self.read == self.stored + self.duplicate + self.rejected


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers at the head of a report.

    Args:
        severities: Findings by severity, most severe first; only those that occur.
        versions_read: Object versions with at least one successful read.
        versions_suspicious: Those that at least one suspicious reader read.
        private_keys: Those whose private key left the vault, whoever read it.
        private_keys_suspicious: Those of them that a suspicious reader read.
        rotate_now: Those that must be replaced now.
        vaults: Vaults seen in the logs.
        vaults_silent: Vaults with at least one silent span.
        vaults_unlogged: Vaults without any audit record.
        silent_spans: Silent spans over all vaults.
        silent_seconds: Their lengths added up.
        tables_missing: Tables that no evidence brought.
        rules_not_run: Rules that gave no answer.
        rules_ran: Rules that did.
    """

    severities: tuple[tuple[str, int], ...]
    versions_read: int
    versions_suspicious: int
    private_keys: int
    private_keys_suspicious: int
    rotate_now: tuple[Exposure, ...]
    vaults: int
    vaults_silent: int
    vaults_unlogged: int
    silent_spans: int
    silent_seconds: float
    tables_missing: tuple[TableCoverage, ...]
    rules_not_run: tuple[RuleRun, ...]
    rules_ran: int
    evidence: Sum


def rank(severity: str) -> int:
    """0 for the most severe; what is no known severity comes last."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def by_severity(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Most severe first; among equals in order of time."""
    return tuple(sorted(findings, key=lambda finding: (rank(finding.severity), finding.first_at, finding.id)))


def is_suspicious(item: Exposure) -> bool:
    """Whether at least one suspicious reader read the object version."""
    return any(reader.suspicious for reader in item.readers)


def evidence_sum(files: tuple[EvidenceFile, ...]) -> Sum:
    """The sums of all evidence items together."""
    return Sum(
        files=len(files),
        read=sum(file.read for file in files),
        stored=sum(file.stored for file in files),
        duplicate=sum(file.duplicate for file in files),
        rejected=sum(file.rejected for file in files),
    )


def shapes(files: tuple[EvidenceFile, ...]) -> list[tuple[str, Sum]]:
    """The sums by shape of the records, the most records first."""
    groups: dict[str, list[EvidenceFile]] = {}
    for file in files:
        groups.setdefault(file.shape, []).append(file)
    sums = [(shape, evidence_sum(tuple(group))) for shape, group in groups.items()]
    return sorted(sums, key=lambda pair: (-pair[1].read, pair[0]))


def figures(document: Document) -> Figures:
    """All figures of the document."""
    coverage = document.coverage
    spans = [span for vault in coverage.vaults for span in vault.silent_spans]
    found = [finding.severity for finding in document.findings]
    names = sorted(set(found), key=lambda severity: (rank(severity), severity))
    return Figures(
        severities=tuple((name, found.count(name)) for name in names),
        versions_read=len(document.exposure),
        versions_suspicious=sum(is_suspicious(item) for item in document.exposure),
        private_keys=sum(item.private_key_left for item in document.exposure),
        private_keys_suspicious=sum(item.private_key_left and is_suspicious(item) for item in document.exposure),
        rotate_now=tuple(item for item in document.exposure if item.rotate_now),
        vaults=len(coverage.vaults),
        vaults_silent=sum(bool(vault.silent_spans) for vault in coverage.vaults),
        vaults_unlogged=sum(not vault.records for vault in coverage.vaults),
        silent_spans=len(spans),
        silent_seconds=sum(_seconds(first, last) for first, last in spans),
        tables_missing=tuple(table for table in coverage.tables if table.rows == 0),
        rules_not_run=tuple(rule for rule in coverage.rules if rule.status != "ran"),
        rules_ran=sum(rule.status == "ran" for rule in coverage.rules),
        evidence=evidence_sum(coverage.evidence),
    )


def _seconds(first: str, last: str) -> float:
    begin, end = instants.parse(first), instants.parse(last)
    return (end - begin).total_seconds() if begin and end else 0.0
