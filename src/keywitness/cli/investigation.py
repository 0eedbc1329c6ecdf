"""`keywitness investigate`, `report`: answering."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.evidence import print_ingest
from keywitness.cli.output import QuietOption, progress
from keywitness.cli.scope import AddressOption, IdentityOption, SecretOption, SinceOption, UntilOption, VaultOption
from keywitness.errors import UsageError

if TYPE_CHECKING:
    from keywitness.case import Case
    from keywitness.report.document import Document

INVESTIGATE_HELP = """Say what was taken, what cannot be excluded, and how we know.

PATHS are one case, or evidence (files and folders), which is first loaded into DIR/case.
Writes report.html and report.json into DIR and prints a summary.

\b
Examples:
  keywitness investigate ./logs --out ./report
  keywitness investigate ./case --identity mallory@contoso.com --since 2026-05-01 --out ./report
  keywitness investigate ./case --ip 203.0.113.7 --secret 'BreakGlass*' --watchlist watch.csv --out ./report
  keywitness investigate ./case --format pdf,stix --out ./report
"""

FormatsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        help="Forms of the report, several parted by commas: html, json, markdown, pdf, text, csv (all tables), ocsf, "
        "stix, timesketch, navigator. investigate always writes html and json.",
    ),
]


def investigate(
    paths: Annotated[list[Path], typer.Argument(metavar="CASE_OR_PATH...")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")],
    identity: IdentityOption = None,
    ip: AddressOption = None,
    vault: VaultOption = None,
    secret: SecretOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    watchlist: Annotated[
        Path | None,
        typer.Option(
            "--watchlist",
            help="Names of objects nobody should read: a file (one per line, or CSV), or a watchlist of the case.",
        ),
    ] = None,
    format: FormatsOption = None,
    quiet: QuietOption = False,
) -> None:
    # Everything behind this door is heavy; `--help` must not wait for it.
    from keywitness.investigate import investigate as run_investigation
    from keywitness.investigate import make_scope
    from keywitness.report.render import DEFAULT, chosen

    forms = (*DEFAULT, *chosen(format or ()))
    scope = make_scope(
        identities=identity or (),
        addresses=ip or (),
        vaults=vault or (),
        secrets=secret or (),
        since=since,
        until=until,
        watchlist=_watched(paths, watchlist),
    )
    case, place = _case_of(paths, out, quiet=quiet)
    with progress("investigate", quiet=quiet) as advance:
        document = run_investigation(case, scope=scope, place=str(place), on_progress=advance)
    deliver(document, out, forms)


def _watched(paths: list[Path], watchlist: Path | None) -> Path | tuple[str, ...] | None:
    """The file of names, or the search keys of the case's own watchlist of that name."""
    from keywitness.case import open_case

    if watchlist is None or watchlist.exists() or len(paths) != 1 or not (paths[0] / "case.json").is_file():
        return watchlist
    return open_case(paths[0]).watchlist_keys(str(watchlist)) or watchlist


def _case_of(paths: list[Path], out: Path, *, quiet: bool) -> tuple[Case, Path]:
    """The case to investigate, and its folder as the user names it."""
    from keywitness.case import create_case, open_case

    cases = [path for path in paths if (path / "case.json").is_file()]
    if cases and len(paths) > 1:
        raise UsageError(
            f"{cases[0]} is a case and stands among other paths",
            help="load the evidence first: keywitness ingest CASE PATH..., then investigate the case alone",
        )
    if cases:
        return open_case(cases[0]), cases[0]
    place = out / "case"
    case = open_case(place) if (place / "case.json").is_file() else create_case(place)
    with progress("ingest", quiet=quiet) as advance:
        print_ingest(case.ingest(paths, on_progress=advance))
    return case, place


def deliver(document: Document, out: Path, forms: Iterable[str] = ("html", "json")) -> None:
    """Write the report files and print the summary."""
    from keywitness.report.render import write_report
    from keywitness.report.renderers.text import print_summary

    files = write_report(document, out, forms)
    print_summary(document, files)


def report(
    file: Annotated[Path, typer.Argument(metavar="REPORT_JSON", help="A saved report.json.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")],
    format: FormatsOption = None,
) -> None:
    """Render a saved report again, without the case, or in another form.

    \b
    Examples:
      keywitness report ./report/report.json --out ./again
      keywitness report ./report/report.json --format timesketch --format stix --out ./hand-over
    """
    from keywitness.report.render import DEFAULT, chosen
    from keywitness.report.renderers.json import load

    forms = chosen(format or DEFAULT)
    deliver(load(file), out, forms)


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("investigate", help=INVESTIGATE_HELP)(investigate)
    app.command("report")(report)
