"""`ocsf.jsonl`: findings as OCSF Detection Findings, one per line, for a security lake or a SIEM.

Class 2004 of the Open Cybersecurity Schema Framework, schema.ocsf.io/1.8.0/classes/detection_finding, with the cloud
profile. What OCSF has no place for (references of rows, objects of the vault, sessions, limits of the rule) stands in
`unmapped`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keywitness.report import attack
from keywitness.report.document import Document, Finding, RowRef, Technique
from keywitness.report.encoding import is_address, json_lines, known, millis, uid
from keywitness.report.figures import by_severity
from keywitness.report.renderer import Renderer

VERSION = "1.8.0"
_CLASS = 2004
_CREATE = 1
_SEVERITY = {"informational": (1, "Informational"), "low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High")}
_CONFIDENCE = {"low": (1, "Low"), "medium": (2, "Medium"), "high": (3, "High")}
_RULE = 1  # analytic.type_id
_USER_NAME, _IP_ADDRESS, _RESOURCE = (4, "User Name"), (2, "IP Address"), (10, "Resource UID")


def render(document: Document) -> bytes:
    """One event per finding, the most severe first."""
    stories = {id: incident.id for incident in document.incidents for id in incident.finding_ids}
    return json_lines(
        _event(finding, document, stories.get(finding.id, "")) for finding in by_severity(document.findings)
    )


RENDERER = Renderer(name="ocsf", file_name="ocsf.jsonl", render=render)


def _event(finding: Finding, document: Document, story: str) -> dict[str, Any]:
    severity_id, severity = _SEVERITY.get(finding.severity, (0, "Unknown"))
    confidence_id, confidence = _CONFIDENCE.get(finding.confidence, (0, "Unknown"))
    made = millis(document.made_at) or 0
    return known(
        activity_id=_CREATE,
        activity_name="Create",
        category_uid=2,
        category_name="Findings",
        class_uid=_CLASS,
        class_name="Detection Finding",
        type_uid=_CLASS * 100 + _CREATE,
        type_name="Detection Finding: Create",
        severity_id=severity_id,
        severity=severity,
        confidence_id=confidence_id,
        confidence=confidence,
        status_id=1,
        status="New",
        is_alert=finding.severity in ("high", "medium"),
        time=made,
        start_time=millis(finding.first_at),
        end_time=millis(finding.last_at),
        count=finding.row_count or None,
        message=finding.title,
        metadata=_metadata(finding, document, story),
        cloud={"provider": "Azure"},
        finding_info=_info(finding, document, made),
        resources=[{"name": vault, "type": "Azure Key Vault"} for vault in finding.vaults],
        evidences=list(_evidences(finding)),
        observables=_observables(finding),
        remediation=known(desc="\n".join(finding.response)),
        unmapped=known(
            why=finding.why,
            objects=list(finding.objects),
            applications=list(finding.applications),
            sessions=list(finding.session_ids),
            false_positives=list(finding.false_positives),
            blind_spots=list(finding.blind_spots),
            query=finding.query,
            rows_shown=len(finding.rows),
            rows=finding.row_count,
            custody_head=document.custody_head,
        ),
    )


def _metadata(finding: Finding, document: Document, story: str) -> dict[str, Any]:
    name, _, version = document.made_by.partition(" ")
    return known(
        version=VERSION,
        profiles=["cloud"],
        uid=str(uid("ocsf", finding.id, document.made_at)),
        correlation_uid=story,
        product=known(name=name or "keywitness", version=version, vendor_name="keywitness"),
        labels=[f"case:{document.case}"],
    )


def _info(finding: Finding, document: Document, made: int) -> dict[str, Any]:
    said = (("What happened", finding.what), ("Why it matters", finding.why))
    return known(
        uid=finding.id,
        title=finding.title,
        desc="\n".join(f"{name}: {text}" for name, text in said if text),
        types=list(finding.tactics),
        created_time=made,
        first_seen_time=millis(finding.first_at),
        last_seen_time=millis(finding.last_at),
        data_sources=sorted({row.table for row in finding.rows}),
        analytic=known(
            type_id=_RULE, type="Rule", uid=finding.rule_id, name=finding.rule_name, version=finding.rule_version
        ),
        attacks=[_attack(technique, finding) for technique in finding.techniques],
        related_events=[
            {"uid": other, "type_uid": _CLASS * 100 + _CREATE}
            for incident in document.incidents
            if finding.id in incident.finding_ids
            for other in incident.finding_ids
            if other != finding.id
        ],
    )


def _attack(technique: Technique, finding: Finding) -> dict[str, Any]:
    parent, _, below = technique.id.partition(".")
    name, _, sub_name = technique.name.partition(": ") if below else (technique.name, "", "")
    return known(
        version=attack.version(),
        tactics=[{"uid": one.id, "name": one.name} for one in attack.tactics_of(technique.id, finding.tactics)],
        technique=known(uid=parent, name=name),
        sub_technique=known(uid=technique.id, name=sub_name or technique.name) if below else None,
    )


def _evidences(finding: Finding) -> Iterator[dict[str, Any]]:
    """Who, from where, and each row with its place: what a reader follows to the bytes."""
    users: list[dict[str, Any]] = [{"actor": {"user": {"name": name}}} for name in finding.identities]
    places = [{"src_endpoint": {"ip": address}} for address in finding.addresses if is_address(address)]
    if len(users) == len(places) == 1:
        yield users[0] | places[0]
    else:
        yield from [*users, *places]
    yield from ({"name": "source row", "uid": row.row, "data": _row(row)} for row in finding.rows)


def _row(row: RowRef) -> dict[str, str]:
    return {"row": row.row, "table": row.table, "time": row.at, "summary": row.summary, "source": row.source}


def _observables(finding: Finding) -> list[dict[str, Any]]:
    addresses = tuple(filter(is_address, finding.addresses))
    named = [("evidences[].actor.user.name", _USER_NAME, value) for value in finding.identities]
    named += [("evidences[].src_endpoint.ip", _IP_ADDRESS, value) for value in addresses]
    named += [("resources[].name", _RESOURCE, value) for value in finding.vaults]
    return [{"name": path, "type_id": kind[0], "type": kind[1], "value": value} for path, kind, value in named]
