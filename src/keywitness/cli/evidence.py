"""`keywitness ingest` and what it left: `evidence`, `rejected`, `duplicates`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.output import Format, FormatOption, QuietOption, print_records, progress
from keywitness.model.text import visible

if TYPE_CHECKING:
    from keywitness.store.report import IngestReport

CaseArgument = Annotated[Path, typer.Argument(metavar="CASE", help="The case folder.")]


def ingest(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="The case folder; made when it does not exist.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders of exported logs.")],
    quiet: QuietOption = False,
) -> None:
    """Load evidence into a case: files and folders, also .gz .zst .zip .tar.

    What a file holds is recognised from its content. Evidence is never written to; loading it again adds nothing.

    \b
    Examples:
      keywitness ingest ./case ./logs
      keywitness ingest ./case export.csv signins.json.gz collected.zip
    """
    from keywitness.case import create_case, open_case

    opened = open_case(case) if (case / "case.json").is_file() else create_case(case)
    with progress("ingest", quiet=quiet) as advance:
        report = opened.ingest(paths, on_progress=advance)
    print_ingest(report)


def print_ingest(report: IngestReport) -> None:
    """Say on stderr what came in, and that the sum holds."""
    for line in report.lines():
        print(visible(line), file=sys.stderr)


def evidence(case: CaseArgument, format: FormatOption = Format.TABLE) -> None:
    """List the evidence items of a case with their hashes and sums: read = stored + duplicate + rejected.

    \b
    Example:
      keywitness evidence ./case --format csv
    """
    from keywitness.case import open_case

    columns, records = open_case(case).evidence_records()
    print_records(columns, records, format.value)


def rejected(case: CaseArgument, format: FormatOption = Format.TABLE) -> None:
    """List the records that could not be read, each with reason, place and text.

    \b
    Example:
      keywitness rejected ./case --format jsonl
    """
    from keywitness.case import open_case

    columns, records = open_case(case).rejected_records()
    print_records(columns, records, format.value)


def duplicates(case: CaseArgument, format: FormatOption = Format.TABLE) -> None:
    """List the records that were in the case already: where they stood, and the row they equal.

    \b
    Example:
      keywitness duplicates ./case
    """
    from keywitness.case import open_case

    columns, records = open_case(case).duplicate_records()
    print_records(columns, records, format.value)


def optimize(case: CaseArgument, quiet: QuietOption = False) -> None:
    """Make a case faster to query: merge small files, and add a read copy of rows that have none.

    Not needed for right answers. A load that leaves millions of rows without a read copy makes one by itself.

    \b
    Example:
      keywitness optimize ./case
    """
    from keywitness.case import open_case

    with progress("optimize", quiet=quiet) as advance:
        lines = list(open_case(case).optimize(on_progress=advance))
    for line in lines:
        print(visible(line), file=sys.stderr)


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("ingest")(ingest)
    app.command("evidence")(evidence)
    app.command("rejected")(rejected)
    app.command("duplicates")(duplicates)
    app.command("optimize")(optimize)
