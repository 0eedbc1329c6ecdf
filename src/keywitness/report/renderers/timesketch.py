"""`timesketch.jsonl`: events, findings and sessions as lines that Timesketch imports.

A line needs `message`, `datetime` and `timestamp_desc` (timesketch.org/guides/user/import-from-json-csv); `timestamp`
is in microseconds; `tag` is a list. What has no readable time cannot stand on a timeline: it is in report.json only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from keywitness.report import attack
from keywitness.report.document import Document, Finding, Session, TimelineEvent
from keywitness.report.encoding import json_lines, known, micros
from keywitness.report.renderer import Renderer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def render(document: Document) -> bytes:
    """All lines in order of time."""
    lines = [*_events(document), *_findings(document), *_sessions(document)]
    return json_lines(sorted(lines, key=lambda line: (line["timestamp"], line["data_type"], line["message"])))


RENDERER = Renderer(name="timesketch", file_name="timesketch.jsonl", render=render)


def _line(at: str, desc: str, message: str, data_type: str, **fields: Any) -> Iterator[dict[str, Any]]:
    """The line, unless its time cannot be read."""
    timestamp = micros(at)
    if timestamp is None:
        return
    moment = _EPOCH + timedelta(microseconds=timestamp)
    yield {
        "message": message,
        "datetime": moment.isoformat(timespec="microseconds"),
        "timestamp": timestamp,
        "timestamp_desc": desc,
        "data_type": f"keywitness:{data_type}",
        **known(**fields),
    }


def _events(document: Document) -> Iterator[dict[str, Any]]:
    titles = {finding.id: finding.title for finding in document.findings}
    for event in document.timeline:
        yield from _line(
            event.at,
            "Event Logged",
            event.title,
            "event",
            tag=_tags(event.severity, event.kind),
            kind=event.kind,
            vault_or_log=event.lane,
            user=event.identity,
            http_status=event.status or None,
            evidence_row=event.row,
            findings=_named(event, titles),
        )


def _named(event: TimelineEvent, titles: dict[str, str]) -> list[str]:
    return [f"{id} {titles.get(id, '')}".strip() for id in event.finding_ids]


def _findings(document: Document) -> Iterator[dict[str, Any]]:
    for finding in document.findings:
        fields = _finding(finding)
        yield from _line(finding.first_at, "Finding First Seen", finding.title, "finding", **fields)
        if finding.last_at != finding.first_at:
            yield from _line(finding.last_at, "Finding Last Seen", finding.title, "finding", **fields)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "tag": _tags(finding.severity, *attack.in_chain_order(finding.tactics)),
        "finding_id": finding.id,
        "rule": finding.rule_id,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "what": finding.what,
        "why": finding.why,
        "user": list(finding.identities),
        "source_ip": list(finding.addresses),
        "vault_or_log": list(finding.vaults),
        "technique": [technique.id for technique in finding.techniques],
        "evidence_row": [row.row for row in finding.rows],
    }


def _sessions(document: Document) -> Iterator[dict[str, Any]]:
    for session in document.sessions:
        fields = _session(session)
        yield from _line(session.first_at, "Session Start", session.sentence, "session", **fields)
        if session.last_at != session.first_at:
            yield from _line(session.last_at, "Session End", session.sentence, "session", **fields)


def _session(session: Session) -> dict[str, Any]:
    return {
        "tag": _tags("session", session.session_class),
        "session_id": session.id,
        "session_class": session.session_class,
        "user": session.identity,
        "source_ip": session.address,
        "user_agent": session.client,
        "application": session.application,
        "vault_or_log": list(session.vaults),
        "operations": session.operations,
        "failures": session.failures,
        "findings": list(session.finding_ids),
    }


def _tags(*words: str) -> list[str]:
    return [word for word in words if word and word != "none"]
