"""`keywitness inventory`: the exports that a case holds of vaults, roles, settings and directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keywitness.cli.output import Format, FormatOption, note, print_records


def inventory(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="The case folder.")], format: FormatOption = Format.TABLE
) -> None:
    """List the snapshots of inventory: what, of when, from which tool. What is missing is said on stderr.

    \b
    Example:
      keywitness inventory ./case
    """
    from keywitness.case import open_case
    from keywitness.model.schema import Column, KqlType
    from keywitness.posture.inventory import missing, snapshots  # start-up time

    opened = open_case(case)
    present = [name for name, rows, *_ in opened.table_facts() if rows]
    columns = [Column(name, KqlType.STRING) for name in ("Table", "TakenAt", "Source")]
    columns += [Column("Objects", KqlType.LONG), Column("Evidence", KqlType.DYNAMIC)]
    records = [(s.table, s.taken_at, s.source, s.objects, list(s.evidence)) for s in snapshots(opened, present)]
    print_records(columns, records, format.value)
    for remark in missing(opened, present):
        note(remark)


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("inventory")(inventory)
