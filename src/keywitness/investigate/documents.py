"""What rules, sessions and exposure found, as the frozen document says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from keywitness.detect.finding import Finding as Found
from keywitness.detect.finding import worded
from keywitness.detect.incident import Incident as Story
from keywitness.detect.rule import techniques
from keywitness.detect.triage import Judgement
from keywitness.engine.limits import NO_LIMITS
from keywitness.exposure.opens import Opening as Opens
from keywitness.exposure.reads import Exposed, Reader
from keywitness.exposure.restores import Restored as Back
from keywitness.exposure.traces import Trace as Left
from keywitness.investigate.readings import Reading
from keywitness.investigate.rows import Event, Sources, reference
from keywitness.report.document import (
    Exposure,
    ExposureReader,
    Finding,
    Incident,
    Opening,
    Restored,
    Session,
    SessionMismatch,
    SessionStep,
    Technique,
    Trace,
    Triage,
)
from keywitness.sessions.clients import application_name
from keywitness.sessions.session import Session as Told

if TYPE_CHECKING:
    from keywitness.case import Case

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_NAMES_QUERIES = {
    "AADServicePrincipalSignInLogs": """AADServicePrincipalSignInLogs
| where isnotempty(ServicePrincipalName)
| summarize Name = max(ServicePrincipalName) by Id = tolower(ServicePrincipalId)""",
    "AADManagedIdentitySignInLogs": """AADManagedIdentitySignInLogs
| where isnotempty(ServicePrincipalName)
| summarize Name = max(ServicePrincipalName) by Id = tolower(ServicePrincipalId)""",
}


class Names:
    """Names of principals whom audit records only number, learned from sign-ins.

    Args:
        known: Name by object id, lower case.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known

    def of(self, identity: str) -> str:
        """The name of an identity that is an object id; any other identity unchanged."""
        return self._known.get(identity, identity)

    def in_text(self, text: str) -> str:
        """The text with object ids replaced by names."""
        return _GUID.sub(lambda m: self.of(m.group()), text)


def names_of(case: Case) -> Names:
    """Learn the names of service principals and managed identities."""
    known: dict[str, str] = {}
    snapshot = case.snapshot()
    for table, query in _NAMES_QUERIES.items():
        if snapshot.has_evidence(table):
            known |= {r["Id"]: r["Name"] for r in case.query(query, limits=NO_LIMITS)}
    return Names(known)


def shown_finding(
    found: Found,
    events: Mapping[str, Event],
    sources: Sources,
    names: Names,
    most_rows: int,
    judged: Judgement | None = None,
    session_ids: tuple[str, ...] = (),
) -> Finding:
    """A finding with its first source rows in time order, its sessions, and what an analyst said of it."""
    rule = found.rule
    refs = sorted((reference(events[r], sources) for r in found.rows[:most_rows] if r in events), key=lambda r: r.at)
    return Finding(
        id=found.id,
        rule_id=rule.slug,
        rule_name=rule.name,
        rule_version=rule.version,
        severity=found.severity,
        confidence=found.confidence,
        title=names.in_text(found.title),
        what=names.in_text(found.what),
        why=rule.keywitness.why,
        techniques=tuple(Technique(id=id, name=name) for id, name in techniques(rule.relevant_techniques)),
        tactics=rule.tactics,
        identities=tuple(names.of(i) for i in found.identities),
        addresses=found.addresses,
        applications=tuple(application_name(a) for a in found.applications),
        vaults=found.vaults,
        objects=found.objects,
        first_at=found.first_at,
        last_at=found.last_at,
        query=found.query,
        rows=tuple(refs),
        row_count=len(found.rows),
        false_positives=rule.keywitness.false_positives,
        response=rule.keywitness.response,
        blind_spots=rule.keywitness.blind_spots,
        triage=Triage(state=judged.state, note=judged.note, by=judged.by, at=judged.at) if judged else None,
        session_ids=session_ids,
    )


def shown_incident(story: Story, names: Names) -> Incident:
    """A story with its sentence: how many findings, who, where, in what time."""
    identities = tuple(dict.fromkeys(names.of(who) for who in story.all("identities")))
    vaults, addresses = story.all("vaults"), story.all("addresses")
    count = len(story.findings)
    by = f" by {worded(identities)}" if identities else ""
    at = f" at {worded(addresses)}" if addresses else ""
    on = f" in {worded(vaults)}" if vaults else ""
    return Incident(
        id=story.id,
        severity=story.severity,
        first_at=story.first_at,
        last_at=story.last_at,
        sentence=f"{count} finding{'' if count == 1 else 's'}{by}{at}{on}.",
        links=tuple(names.in_text(link) for link in story.links),
        tactics=story.tactics,
        identities=identities,
        addresses=addresses,
        vaults=vaults,
        finding_ids=tuple(f.id for f in story.findings),
    )


def shown_session(told: Told, finding_ids: Sequence[str], names: Names) -> Session:
    """A session as the document shows it."""
    return Session(
        id=told.id,
        identity=names.of(told.identity),
        identity_id=told.identity_id,
        application=names.of(told.application),
        application_id=told.application_id,
        address=told.address,
        client=told.client,
        vaults=told.vaults,
        tool=told.tool,
        session_class=told.session_class,
        confidence=told.confidence,
        reasons=tuple(names.in_text(reason) for reason in told.reasons),
        mismatches=tuple(SessionMismatch(mismatch=m.mismatch, text=names.in_text(m.text)) for m in told.misfits),
        first_at=told.first_at,
        last_at=told.last_at,
        operations=told.operations,
        failures=told.failures,
        steps=tuple(
            SessionStep(at=s.at, operation=s.operation, object=s.object, status=s.status, row=s.row, vault=s.vault)
            for s in told.steps
        ),
        sentence=names.in_text(told.sentence),
        finding_ids=tuple(finding_ids),
    )


def shown_exposure(
    exposed: Exposed, readings: Mapping[Reader, Reading], names: Names, opens: Sequence[Opens], severity: str
) -> Exposure:
    """An object version as the document shows it."""
    return Exposure(
        vault=exposed.vault,
        object_type=exposed.object_type,
        name=exposed.name,
        version=exposed.version,
        private_key_left=exposed.private_key_left,
        how=exposed.how,
        readers=tuple(_reader(r, readings.get(r, Reading()), names) for r in exposed.readers),
        reads=exposed.reads,
        first_at=exposed.first_at,
        last_at=exposed.last_at,
        rotate_now=exposed.rotate_now,
        reason=names.in_text(exposed.reason),
        severity=severity,
        candidates=exposed.candidates,
        same_material=exposed.same_material,
        restored=tuple(_restored(r, names) for r in exposed.restored),
        opens=tuple(
            Opening(what=names.in_text(o.what), certainty=o.certainty, reason=names.in_text(o.reason)) for o in opens
        ),
        replaced_at=exposed.replaced_at,
    )


def _restored(back: Back, names: Names) -> Restored:
    return Restored(
        vault=back.vault,
        identity=names.of(back.identity),
        identity_id=back.identity_id,
        address=back.address,
        times=back.times,
        first_at=back.first_at,
        last_at=back.last_at,
        only=back.only,
        rows=back.rows,
        reasons=back.reasons,
    )


def shown_trace(trace: Left, names: Names) -> Trace:
    """A trace as the document shows it."""
    return Trace(
        kind=trace.kind,
        vault=trace.vault,
        object_type=trace.object_type,
        name=trace.name,
        version=trace.version,
        operation=trace.operation,
        status=trace.status,
        identity=names.of(trace.identity),
        identity_id=trace.identity_id,
        application=trace.managed_identity or application_name(trace.application_id),
        address=trace.address,
        times=trace.times,
        first_at=trace.first_at,
        last_at=trace.last_at,
        rows=trace.rows,
        reasons=trace.reasons,
        not_read=trace.not_read,
    )


def _reader(reader: Reader, reading: Reading, names: Names) -> ExposureReader:
    return ExposureReader(
        identity=names.of(reader.identity),
        identity_id=reader.identity_id,
        application=reader.managed_identity or application_name(reader.application_id),
        address=reader.address,
        reads=reader.reads,
        first_at=reader.first_at,
        last_at=reader.last_at,
        session_ids=reading.session_ids,
        rows=reader.rows,
        suspicious=reader.suspicious,
        reasons=reader.reasons,
        sessions=reading.sessions,
        session_kinds=reading.kinds,
    )
