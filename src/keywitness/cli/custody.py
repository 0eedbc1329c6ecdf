"""`keywitness show`, `verify`, `custody`: proving."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from keywitness.cli.evidence import CaseArgument
from keywitness.cli.output import Format, FormatOption, QuietOption, note, print_records, progress
from keywitness.model.text import visible

PlacesOption = Annotated[
    list[Path] | None,
    typer.Option("--evidence", help="Where the evidence is now, when it has moved; may be given again."),
]


def show(
    case: CaseArgument,
    row: Annotated[str, typer.Argument(metavar="ROW", help="A row reference such as E3:1042.")],
    evidence: PlacesOption = None,
    raw: Annotated[bool, typer.Option("--raw", help="The bytes as they are, terminal escapes included.")] = False,
) -> None:
    """Print the original bytes of a row, checked against the hash of the evidence.

    \b
    Examples:
      keywitness show ./case E3:1042
      keywitness show ./case E3:1042 --evidence /mnt/moved/logs
    """
    from keywitness.case import open_case

    shown = open_case(case).show(row, places=evidence or ())
    for line in shown.remarks():
        note(line)
    if raw or not sys.stdout.isatty():
        sys.stdout.buffer.write(shown.data)
        sys.stdout.buffer.flush()
    else:
        print(visible(shown.text(), keep="\n\t"))


def verify(case: CaseArgument, evidence: PlacesOption = None, quiet: QuietOption = False) -> None:
    """Check the custody chain, the tables and the evidence files; name what changed.

    Leaves with 0 when all is as it was, with 3 when something of the case changed, with 4 when only evidence did.

    \b
    Example:
      keywitness verify ./case
    """
    from keywitness.case import open_case

    with progress("verify", quiet=quiet) as advance:
        report = open_case(case).verify(places=evidence or (), on_progress=advance)
    for line in report.lines():
        print(visible(line))
    raise typer.Exit(report.exit_code)


def custody(case: CaseArgument, format: FormatOption = Format.TABLE) -> None:
    """List the custody log: who added what, when, with which version; entries are chained by hash.

    \b
    Example:
      keywitness custody ./case
    """
    from keywitness.case import open_case

    columns, records = open_case(case).custody_records()
    print_records(columns, records, format.value)


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("show")(show)
    app.command("verify")(verify)
    app.command("custody")(custody)
