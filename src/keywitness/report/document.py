"""The frozen document of an investigation: what every renderer receives, and nothing else.

Saved as `report.json`; a saved document renders again without the case. Times are ISO 8601 UTC with `Z` (7 digits where
known), "" where unknown. Row references (`E3:1042`: evidence item 3, record at byte 1042) are what `keywitness show`
turns into source bytes. Texts are plain, without markup: what comes from logs is taken over unchanged, and renderers
make it harmless.
"""

from __future__ import annotations

import msgspec

SCHEMA_VERSION = 3


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


class RejectedRecord(Frozen, frozen=True):
    """A record that could not be read: kept, with its place, so that the sums add up."""

    row: str
    source: str  # path of the evidence file, with the member of an archive
    line: int  # 1-based, 0 when unknown
    reason: str
    text: str


class CustodyEntry(Frozen, frozen=True):
    """One entry of the custody chain: who did what, when, with which version."""

    at: str
    who: str
    action: str
    version: str
    hash: str


class CoverageGap(Frozen, frozen=True):
    """A time for which a log is not proven: "not read" cannot be said of it."""

    since: str
    until: str
    reasons: tuple[str, ...]


class Answer(Frozen, frozen=True):
    """Whether an object was read, between two times."""

    vault: str
    name: str
    verdict: str  # yes | no | not seen, gap | no log
    sentence: str
    since: str
    until: str
    reads: int
    rows: tuple[str, ...]
    gaps: tuple[CoverageGap, ...]


class VaultCoverage(Frozen, frozen=True):
    """What the logs of one vault cover.

    `hours` holds one count per hour; the first hour begins at `Coverage.since`, floored to the hour.
    """

    vault: str
    resource_id: str
    first_at: str
    last_at: str
    records: int
    hours: tuple[int, ...]
    silent_spans: tuple[tuple[str, str], ...]  # from, to; longer than the vault's habit
    note: str = ""
    answer: str = ""  # what can be said of objects that are not listed as read
    gaps: tuple[CoverageGap, ...] = ()  # between the first and the last record; the first 200


class TableCoverage(Frozen, frozen=True):
    """What one log table holds; rows 0 when no evidence brought it."""

    table: str
    rows: int
    first_at: str
    last_at: str
    note: str = ""  # for a missing table: what cannot be seen without it


class RuleRun(Frozen, frozen=True):
    """One rule of the pack, and whether it could answer."""

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
    rejected: tuple[RejectedRecord, ...]  # the first 50; `EvidenceFile.rejected` holds the counts
    rules: tuple[RuleRun, ...]
    cannot_conclude: tuple[str, ...]  # full sentences, most important first
    custody: tuple[CustodyEntry, ...] = ()


class Technique(Frozen, frozen=True):
    """A technique of MITRE ATT&CK."""

    id: str
    name: str


class RowRef(Frozen, frozen=True):
    """One source row: its reference, its table, time and a one-line rendering, and the file it stands in."""

    row: str
    table: str
    at: str
    summary: str
    source: str


class Triage(Frozen, frozen=True):
    """The last word of an analyst on a finding, from the custody log."""

    state: str  # open | confirmed | false positive | closed
    note: str
    by: str
    at: str


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
    triage: Triage | None = None
    session_ids: tuple[str, ...] = ()  # in which its rows lie: the first 20


class Incident(Frozen, frozen=True):
    """Findings that tell one story: the same actor or the same material, close in time."""

    id: str
    severity: str  # the worst of its findings'
    first_at: str
    last_at: str
    sentence: str
    links: tuple[str, ...]  # what holds the findings together
    tactics: tuple[str, ...]  # of ATT&CK, in the order in which they were seen
    identities: tuple[str, ...]
    addresses: tuple[str, ...]
    vaults: tuple[str, ...]
    finding_ids: tuple[str, ...]  # in time order


class SessionStep(Frozen, frozen=True):
    """One operation of a session."""

    at: str
    operation: str
    object: str
    status: int  # HTTP status; 0 when the record has none
    row: str
    vault: str = ""


class SessionMismatch(Frozen, frozen=True):
    """What does not fit about a session."""

    mismatch: str  # browser-agent-on-sdk-order | agent-does-not-fit-application | ... (sessions.md names them)
    text: str


class Session(Frozen, frozen=True):
    """One caller, application, address and client, without a silence longer than the gap."""

    id: str
    identity: str
    identity_id: str
    application: str
    application_id: str
    address: str
    client: str
    vaults: tuple[str, ...]
    tool: str  # portal | azure-cli | powershell | sdk | pipeline | ... | unknown
    session_class: str  # portal-show-secret, dump-tool ... (sessions.md names them)
    confidence: str  # of the class: high | medium | low
    reasons: tuple[str, ...]
    mismatches: tuple[SessionMismatch, ...]
    first_at: str
    last_at: str
    operations: int
    failures: int
    steps: tuple[SessionStep, ...]  # the first 200
    sentence: str
    finding_ids: tuple[str, ...] = ()


class ExposureReader(Frozen, frozen=True):
    """One caller, application and address that read an object version."""

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
    sessions: int = 0  # in how many sessions; `session_ids` has the first
    session_kinds: tuple[str, ...] = ()


class Restored(Frozen, frozen=True):
    """A backup of an object version that was restored."""

    vault: str  # where it went
    identity: str
    identity_id: str
    address: str
    times: int
    first_at: str
    last_at: str
    only: bool  # no other vault's backup can have been the one
    rows: tuple[str, ...]
    reasons: tuple[str, ...] = ()  # why the restore is suspicious


class Opening(Frozen, frozen=True):
    """What an object opens."""

    what: str
    certainty: str  # likely (its name or type hints at it) | seen (a log shows a use)
    reason: str


class Trace(Frozen, frozen=True):
    """What one caller, application and address did to an object without being given it."""

    kind: str  # used | listed | refused | not found | looked at, deleted | recovered | restored
    vault: str
    object_type: str
    name: str  # empty for a list of a whole vault
    version: str
    operation: str
    status: int  # HTTP status; 0 when the record has none
    identity: str
    identity_id: str
    application: str
    address: str
    times: int
    first_at: str
    last_at: str
    rows: tuple[str, ...]
    reasons: tuple[str, ...] = ()  # why it is suspicious; empty when it is not
    not_read: tuple[str, ...] = ()  # for a list: names that the caller learned and was not given, of those known


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
    severity: str = "informational"  # high | medium | informational
    candidates: tuple[str, ...] = ()  # versions that it may be, where `version` is empty
    same_material: tuple[str, ...] = ()  # "kind vault/name" of objects with the same private key
    restored: tuple[Restored, ...] = ()
    opens: tuple[Opening, ...] = ()
    replaced_at: str = ""  # another version was set then, first after the last suspicious read


class TimelineEvent(Frozen, frozen=True):
    """One event on the picture of the case."""

    at: str
    lane: str  # vault or log
    kind: str  # read | list | change | grant | denied | sign-in | directory
    title: str
    identity: str
    severity: str  # of the finding it belongs to, or "none"
    row: str
    finding_ids: tuple[str, ...] = ()
    status: int = 0  # HTTP status; 0 when the record has none


class Scope(Frozen, frozen=True):
    """What the investigation was asked."""

    identities: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    vaults: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    watchlist: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    sessions: tuple[str, ...] = ()


class VaultAccess(Frozen, frozen=True):
    """Who gets at the secrets of one vault, in figures; -1 where it is not known."""

    vault: str
    model: str  # Azure roles | access policies | not said
    readers: int
    conditional: int  # it hangs on what no export says
    eligible: int  # after an activation
    escalating: int  # cannot read, can make themselves able to
    perhaps_escalating: int


class AccessStep(Frozen, frozen=True):
    """One step of a path: who does what to whom, with which permission."""

    source: str
    source_kind: str  # User | Group | ServicePrincipal | KeyVault | empty
    edge: str  # BloodHound's name where it has one
    target: str
    target_kind: str
    permission: str
    does: str  # empty for what needs no act
    answer: str  # yes | conditional | eligible | unknown
    rows: tuple[str, ...]


class AccessPath(Frozen, frozen=True):
    """How somebody who cannot read a vault makes himself able to."""

    vault: str
    principal: str
    answer: str
    sentence: str
    fix: str
    steps: tuple[AccessStep, ...]


class BlastLine(Frozen, frozen=True):
    """One thing to say of what an object opens."""

    object: str
    kind: str  # opens | before | taken | power | way 1 | way 2 ... | deed | unseen | store
    at: str
    what: str
    certainty: str  # proven | likely | possible | empty
    reason: str
    addresses: tuple[str, ...]
    times: int | None
    application: str
    app_id: str
    rows: tuple[str, ...]


class PostureFailure(Frozen, frozen=True):
    """A posture check that did not hold."""

    check: str
    title: str
    severity: str
    objects: tuple[str, ...]  # the first 20
    failed: int
    rows: tuple[str, ...]


class VaultLogging(Frozen, frozen=True):
    """Where one vault's audit log goes, by its diagnostic settings."""

    vault: str
    state: str  # on | off | unknown
    destinations: tuple[str, ...]
    changes: tuple[str, ...]


class Estate(Frozen, frozen=True):
    """The vaults as exports and changes in the logs have them."""

    at: str  # the moment at which access is told; empty for the newest exports
    access: tuple[VaultAccess, ...]  # those of the incident first, then those that most people can open to themselves
    paths: tuple[AccessPath, ...]
    blast: tuple[BlastLine, ...]
    posture: tuple[PostureFailure, ...]
    not_judged: tuple[str, ...]  # checks without their exports
    logging: tuple[VaultLogging, ...]
    remarks: tuple[str, ...]  # what is missing, and what makes the answers less than sure
    vaults: int = 0  # whose access is known, those above among them
    objects_left: int = 0  # that open something and are not told above
    logging_states: dict[str, int] = {}  # vaults by state, those above among them


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
    incidents: tuple[Incident, ...] = ()  # of the findings shown, the worst first
    traces: tuple[Trace, ...] = ()  # suspicious ones first
    answers: tuple[Answer, ...] = ()  # of watched objects
    estate: Estate | None = None  # where exports of vaults, roles or applications were loaded
