"""`exposure.csv` and `findings.csv`: for tickets and spreadsheets. RFC 4180, UTF-8, no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from keywitness.model.text import visible
from keywitness.report.document import Document
from keywitness.report.figures import by_severity
from keywitness.report.renderer import Renderer

#: A spreadsheet takes a cell that begins so for a formula; after `visible` no tab or line end is left.
_FORMULA = ("=", "+", "-", "@")

_EXPOSURE = (
    *("vault", "object_type", "name", "version", "rotate_now", "private_key_left", "how", "reason"),
    *("identity", "identity_id", "application", "address", "reads", "first_at", "last_at", "suspicious", "reasons"),
    "rows",
)
_FINDINGS = (
    *("number", "severity", "confidence", "title", "what", "why", "first_at", "last_at", "identities", "addresses"),
    *("applications", "vaults", "objects", "techniques", "rule_id", "row_count", "rows"),
)


def exposure(document: Document) -> bytes:
    """One line per object version and reader, those to be replaced first."""
    items = sorted(document.exposure, key=lambda item: not item.rotate_now)
    return _csv(
        _EXPOSURE,
        (
            (
                *(item.vault, item.object_type, item.name, item.version, item.rotate_now, item.private_key_left),
                *(item.how, item.reason, reader.identity, reader.identity_id, reader.application, reader.address),
                *(reader.reads, reader.first_at, reader.last_at, reader.suspicious, reader.reasons, reader.rows),
            )
            for item in items
            for reader in item.readers
        ),
    )


def findings(document: Document) -> bytes:
    """One line per finding, with the number that it has on the page."""
    return _csv(
        _FINDINGS,
        (
            (
                *(f"F{number}", one.severity, one.confidence, one.title, one.what, one.why, one.first_at, one.last_at),
                *(one.identities, one.addresses, one.applications, one.vaults, one.objects),
                tuple(technique.id for technique in one.techniques),
                *(one.rule_id, one.row_count, tuple(row.row for row in one.rows)),
            )
            for number, one in enumerate(by_severity(document.findings), 1)
        ),
    )


EXPOSURE = Renderer(name="exposure", file_name="exposure.csv", render=exposure)
FINDINGS = Renderer(name="findings", file_name="findings.csv", render=findings)


def _csv(header: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
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
