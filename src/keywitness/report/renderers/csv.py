"""`*.csv`: each list of the report as a table. RFC 4180, UTF-8, no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from keywitness.model.text import visible
from keywitness.report import attack
from keywitness.report.document import Document
from keywitness.report.figures import by_severity
from keywitness.report.renderer import Renderer

Line = Sequence[object]

#: A spreadsheet takes a cell that begins so for a formula; after `visible` no tab or line end is left.
_FORMULA = ("=", "+", "-", "@")

_EXPOSURE = (
    *("vault", "object_type", "name", "version", "rotate_now", "private_key_left", "how", "reason"),
    *("identity", "identity_id", "application", "address", "reads", "first_at", "last_at", "suspicious", "reasons"),
    *("session_ids", "rows", "severity", "candidates", "same_material", "opens", "restored", "replaced_at"),
)
_TRACES = (
    *("kind", "vault", "object_type", "name", "version", "operation", "status", "identity", "identity_id"),
    *("application", "address", "times", "first_at", "last_at", "reasons", "not_read", "rows"),
)
_ANSWERS = ("vault", "name", "verdict", "sentence", "since", "until", "reads", "gaps", "rows")
_FINDINGS = (
    *("number", "severity", "confidence", "title", "what", "why", "first_at", "last_at", "identities", "addresses"),
    *(
        "applications",
        "vaults",
        "objects",
        "techniques",
        "rule_id",
        "row_count",
        "rows",
        "tactics",
        "id",
        "session_ids",
    ),
)
_INCIDENTS = (
    *("id", "severity", "first_at", "last_at", "sentence", "links", "tactics", "identities", "addresses", "vaults"),
    "finding_ids",
)
_SESSIONS = (
    *("id", "session_class", "identity", "identity_id", "application", "application_id", "address", "client", "vaults"),
    *(
        "first_at",
        "last_at",
        "operations",
        "failures",
        "sentence",
        "reasons",
        "confidence",
        "mismatches",
        "finding_ids",
    ),
)
_TIMELINE = ("at", "lane", "kind", "title", "identity", "status", "severity", "row", "finding_ids")
_COVERAGE = (
    *("vault", "resource_id", "first_at", "last_at", "records", "hours", "hours_with_records", "silent_spans", "note"),
)
_EVIDENCE = ("item", "path", "member", "sha256", "size", "shape", "read", "stored", "duplicate", "rejected")


def _exposure(document: Document) -> Iterator[Line]:
    """One line per object version and reader, those to be replaced first."""
    for item in sorted(document.exposure, key=lambda item: not item.rotate_now):
        for reader in item.readers:
            yield (
                *(item.vault, item.object_type, item.name, item.version, item.rotate_now, item.private_key_left),
                *(item.how, item.reason, reader.identity, reader.identity_id, reader.application, reader.address),
                *(reader.reads, reader.first_at, reader.last_at, reader.suspicious, reader.reasons),
                *(reader.session_ids, reader.rows, item.severity, item.candidates, item.same_material),
                tuple(f"{one.what} ({one.certainty})" for one in item.opens),
                tuple(f"to {one.vault} by {one.identity} at {one.first_at}" for one in item.restored),
                item.replaced_at,
            )


def _traces(document: Document) -> Iterator[Line]:
    """One line per thing done to an object without being given it."""
    for one in document.traces:
        yield (
            *(one.kind, one.vault, one.object_type, one.name, one.version, one.operation, one.status, one.identity),
            *(one.identity_id, one.application, one.address, one.times, one.first_at, one.last_at, one.reasons),
            *(one.not_read, one.rows),
        )


def _answers(document: Document) -> Iterator[Line]:
    """One line per watched object: whether it was read."""
    for one in document.answers:
        gaps = tuple(f"{gap.since} to {gap.until}: {', '.join(gap.reasons)}" for gap in one.gaps)
        yield (one.vault, one.name, one.verdict, one.sentence, one.since, one.until, one.reads, gaps, one.rows)


def _findings(document: Document) -> Iterator[Line]:
    """One line per finding, with the number that it has on the page."""
    for number, one in enumerate(by_severity(document.findings), 1):
        yield (
            *(f"F{number}", one.severity, one.confidence, one.title, one.what, one.why, one.first_at, one.last_at),
            *(one.identities, one.addresses, one.applications, one.vaults, one.objects),
            tuple(technique.id for technique in one.techniques),
            *(one.rule_id, one.row_count, tuple(row.row for row in one.rows), one.tactics, one.id, one.session_ids),
        )


def _incidents(document: Document) -> Iterator[Line]:
    for one in document.incidents:
        yield (
            *(one.id, one.severity, one.first_at, one.last_at, one.sentence, one.links),
            *(attack.in_chain_order(one.tactics), one.identities, one.addresses, one.vaults, one.finding_ids),
        )


def _sessions(document: Document) -> Iterator[Line]:
    for one in document.sessions:
        yield (
            *(
                one.id,
                one.session_class,
                one.identity,
                one.identity_id,
                one.application,
                one.application_id,
                one.address,
            ),
            *(one.client, one.vaults, one.first_at, one.last_at, one.operations, one.failures, one.sentence),
            *(one.reasons, one.confidence, tuple(f"{m.mismatch}: {m.text}" for m in one.mismatches), one.finding_ids),
        )


def _timeline(document: Document) -> Iterator[Line]:
    for one in document.timeline:
        yield (
            one.at,
            one.lane,
            one.kind,
            one.title,
            one.identity,
            one.status,
            one.severity,
            one.row,
            one.finding_ids,
        )


def _coverage(document: Document) -> Iterator[Line]:
    """One line per vault: what its log covers."""
    for one in document.coverage.vaults:
        yield (
            *(one.vault, one.resource_id, one.first_at, one.last_at, one.records, len(one.hours)),
            *(sum(1 for hour in one.hours if hour), tuple(f"{first} to {last}" for first, last in one.silent_spans)),
            one.note,
        )


def _evidence(document: Document) -> Iterator[Line]:
    for one in document.coverage.evidence:
        yield (
            *(f"E{one.number}", one.path, one.member, one.sha256, one.size, one.shape),
            *(one.read, one.stored, one.duplicate, one.rejected),
        )


def _renderer(name: str, header: Sequence[str], lines: Callable[[Document], Iterable[Line]]) -> Renderer:
    return Renderer(name=name, file_name=f"{name}.csv", render=lambda document: _csv(header, lines(document)))


EXPOSURE = _renderer("exposure", _EXPOSURE, _exposure)
FINDINGS = _renderer("findings", _FINDINGS, _findings)
RENDERERS = (
    EXPOSURE,
    FINDINGS,
    _renderer("traces", _TRACES, _traces),
    _renderer("answers", _ANSWERS, _answers),
    _renderer("incidents", _INCIDENTS, _incidents),
    _renderer("sessions", _SESSIONS, _sessions),
    _renderer("timeline", _TIMELINE, _timeline),
    _renderer("coverage", _COVERAGE, _coverage),
    _renderer("evidence", _EVIDENCE, _evidence),
)


def _csv(header: Sequence[str], lines: Iterable[Line]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in line] for line in lines)
    return stream.getvalue().encode("utf-8")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        value = "; ".join(str(item) for item in value)
    text = visible(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
