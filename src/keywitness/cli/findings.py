"""How findings are printed as records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keywitness.cli.output import print_records

if TYPE_CHECKING:
    from keywitness.detect.finding import Finding


def print_findings(findings: Sequence[Finding], format: str) -> None:
    """One record per finding, in the given order."""
    from keywitness.model.schema import Column, KqlType

    text = ("Id", "Severity", "Confidence", "Rule", "Title", "FirstAt", "LastAt")
    lists = ("Identities", "Addresses", "Applications", "Vaults", "Objects")
    columns = [*(Column(n, KqlType.STRING) for n in text), *(Column(n, KqlType.DYNAMIC) for n in lists)]
    columns += [Column("Runs", KqlType.LONG), Column("Rows", KqlType.DYNAMIC)]
    print_records(
        columns,
        [
            (
                *(f.id, f.severity, f.confidence, f.rule.slug, f.title, f.first_at, f.last_at),
                *map(list, (f.identities, f.addresses, f.applications, f.vaults, f.objects)),
                f.runs,
                list(f.rows),
            )
            for f in findings
        ],
        format,
    )
