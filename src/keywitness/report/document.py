"""The frozen document of an investigation: what every renderer receives, and nothing else.

Saved as `report.json`; a saved document renders again without the case. Times are ISO 8601 UTC with `Z` (7 digits where
known). Every statement carries row references (`E3:1042`) that `keywitness show` turns into source bytes.
"""

from __future__ import annotations

from typing import Any

import msgspec

SCHEMA_VERSION = 1


class Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Immutable, strict on reading."""


class EvidenceFile(Frozen, frozen=True):
    """One evidence item and its sum: read = stored + duplicate + rejected."""

    number: int
    path: str
    member: str
    sha256: str
    size: int
    shape: str
    read: int
    stored: int
    duplicate: int
    rejected: int


class VaultCoverage(Frozen, frozen=True):
    """What the logs of one vault cover. `hours` holds one count per hour of `Coverage.since`..`until`."""

    vault: str
    resource_id: str
    first_at: str
    last_at: str
    records: int
    hours: tuple[int, ...]
    silent_spans: tuple[tuple[str, str], ...]  # longer than the vault's habit
    note: str = ""


class TableCoverage(Frozen, frozen=True):
    table: str
    rows: int
    first_at: str
    last_at: str
    note: str = ""  # for a missing table: what cannot be seen without it


class RuleRun(Frozen, frozen=True):
    rule_id: str
    name: str
    status: str  # "ran" | "not run" | "failed"
    reason: str
    findings: int


class Coverage(Frozen, frozen=True):
    since: str
    until: str
    vaults: tuple[VaultCoverage, ...]
    tables: tuple[TableCoverage, ...]
    evidence: tuple[EvidenceFile, ...]
    rejected: tuple[dict[str, Any], ...]  # up to 50: evidence, line, reason, text
    rules: tuple[RuleRun, ...]
    cannot_conclude: tuple[str, ...]  # full sentences, most important first


class Technique(Frozen, frozen=True):
    id: str
    name: str


class RowRef(Frozen, frozen=True):
    """One source row: its reference, its table, time and a one-line rendering, and the file it stands in."""

    row: str
    table: str
    at: str
    summary: str
    source: str


class Finding(Frozen, frozen=True):
    """What happened, why it matters, who, where, what, when, found how, and the rows."""

    id: str
    rule_id: str
    rule_name: str
    rule_version: str
    severity: str  # high | medium | low | informational
    confidence: str  # high | medium | low
    title: str
    what: str
    why: str
    techniques: tuple[Technique, ...]
    tactics: tuple[str, ...]
    identities: tuple[str, ...]
    addresses: tuple[str, ...]
    applications: tuple[str, ...]
    vaults: tuple[str, ...]
    objects: tuple[str, ...]
    first_at: str
    last_at: str
    query: str
    rows: tuple[RowRef, ...]
    row_count: int
    false_positives: tuple[str, ...] = ()
    response: tuple[str, ...] = ()
    blind_spots: tuple[str, ...] = ()


class SessionStep(Frozen, frozen=True):
    at: str
    operation: str
    object: str
    status: int
    row: str


class Session(Frozen, frozen=True):
    """One caller, application and address, without a silence longer than the gap."""

    id: str
    identity: str
    identity_id: str
    application: str
    application_id: str
    address: str
    client: str
    vaults: tuple[str, ...]
    kind: str  # portal | powershell | cli | sdk | automation | unknown
    reasons: tuple[str, ...]
    first_at: str
    last_at: str
    operations: int
    failures: int
    steps: tuple[SessionStep, ...]  # the first 200
    sentence: str
    finding_ids: tuple[str, ...] = ()


class ExposureReader(Frozen, frozen=True):
    identity: str
    identity_id: str
    application: str
    address: str
    reads: int
    first_at: str
    last_at: str
    session_ids: tuple[str, ...]
    rows: tuple[str, ...]
    suspicious: bool
    reasons: tuple[str, ...] = ()


class Exposure(Frozen, frozen=True):
    """One object version that was read."""

    vault: str
    object_type: str  # secret | certificate | key
    name: str
    version: str
    private_key_left: bool
    how: str  # SecretGet, KeyBackup ...
    readers: tuple[ExposureReader, ...]
    reads: int
    first_at: str
    last_at: str
    rotate_now: bool
    reason: str


class TimelineEvent(Frozen, frozen=True):
    at: str
    lane: str  # vault or log
    kind: str  # read | list | change | grant | denied | sign-in | directory
    title: str
    identity: str
    severity: str  # of the finding it belongs to, or "none"
    row: str
    finding_ids: tuple[str, ...] = ()


class Scope(Frozen, frozen=True):
    """What the investigation was asked."""

    identities: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    vaults: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    watchlist: tuple[str, ...] = ()
    since: str = ""
    until: str = ""


class Document(Frozen, frozen=True):
    """The whole report, in reading order."""

    schema_version: int
    title: str
    case: str
    made_at: str
    made_by: str  # "keywitness 0.1.0"
    custody_head: str  # hash of the custody chain when it was made
    scope: Scope
    summary: tuple[str, ...]  # answer first, full sentences
    coverage: Coverage
    findings: tuple[Finding, ...]
    sessions: tuple[Session, ...]
    exposure: tuple[Exposure, ...]
    timeline: tuple[TimelineEvent, ...]
