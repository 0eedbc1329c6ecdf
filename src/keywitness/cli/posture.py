"""`keywitness posture`: what the exported inventory says about vaults that are not as they should be."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.listing import print_list
from keywitness.cli.output import Format, FormatOption, QuietOption, note, progress
from keywitness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keywitness.posture.check import Check
    from keywitness.posture.run import Outcome

#: Leaves with this when a check failed, so that a pipeline can stop.
FAILED = 9


class Way(StrEnum):
    """How to put it right."""

    PORTAL = "portal"
    AZURE_CLI = "azure_cli"
    POWERSHELL = "powershell"
    BICEP = "bicep"
    TERRAFORM = "terraform"


def posture(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="The case folder.")],
    checks: Annotated[list[str] | None, typer.Argument(metavar="[CHECK]...", help="Names; all without.")] = None,
    severity: Annotated[list[str] | None, typer.Option("--severity", help="high, medium, low, informational.")] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--checks", help="Files or folders of checks instead of those installed."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what passed.")] = False,
    fix: Annotated[Way, typer.Option("--fix", help="Which way to put it right is shown.")] = Way.AZURE_CLI,
    format: FormatOption = Format.TABLE,
    quiet: QuietOption = False,
) -> None:
    """Judge vaults, their objects, grants and logging by exported inventory. Leaves with 9 when a check failed.

    A check whose export is missing is said on stderr; it has not passed.

    \b
    Examples:
      keywitness posture ./case --severity high
      keywitness posture ./case purge-protection audit-logging --fix terraform --format json
    """
    from keywitness.case import open_case
    from keywitness.posture.check import load_checks  # start-up time
    from keywitness.posture.run import run_checks

    opened = open_case(case)
    chosen = _chosen(load_checks(files or ()), checks or (), severity or ())
    present = [name for name, rows, *_ in opened.table_facts() if rows]
    outcomes: list[Outcome] = []
    with progress("posture", quiet=quiet) as advance:
        for outcome in run_checks(opened, chosen, present):
            outcomes.append(outcome)
            advance(len(outcomes), len(chosen), outcome.check.id)
    _print(outcomes, fix, format.value, every=every)
    for outcome in outcomes:
        if outcome.reason:
            note(f"{outcome.check.id}: {outcome.status}: {outcome.reason}")
    counts = [sum(o.status == status for o in outcomes) for status in ("failed", "passed")]
    rest = len(outcomes) - sum(counts)
    note(f"{len(outcomes)} checks: {counts[0]} failed, {counts[1]} passed, {rest} not or only partly judged")
    if counts[0]:
        raise typer.Exit(FAILED)


def _chosen(checks: Sequence[Check], names: Sequence[str], severities: Sequence[str]) -> list[Check]:
    unknown = set(names) - {c.id for c in checks}
    if unknown:
        raise UsageError(f"there is no check {', '.join(sorted(unknown))}", help=", ".join(c.id for c in checks))
    wanted = {s.lower() for s in severities}
    return [c for c in checks if (not names or c.id in names) and (not wanted or c.severity in wanted)]


def _print(outcomes: Sequence[Outcome], fix: Way, format: str, *, every: bool) -> None:
    from keywitness.model.schema import Column, KqlType
    from keywitness.posture.check import filled

    text = ("Check", "Severity", "Verdict", "Object", "What", "Title", "Fix")
    columns = [Column(name, KqlType.STRING) for name in text]
    columns += [Column(name, KqlType.DYNAMIC) for name in ("Cis", "Mcsb", "Policy", "Rows")]
    records = []
    for outcome in outcomes:
        check = outcome.check
        for judged in outcome.judged:
            if judged.verdict == "pass" and not every:
                continue
            way = filled(check, fix.value, judged.columns) if judged.verdict == "fail" else ""
            said = (check.id, check.severity, judged.verdict, judged.object, judged.what, check.title, way)
            maps = (check.maps.cis, list(check.maps.mcsb), list(check.maps.policy), list(judged.rows))
            records.append((*said, *maps))
    print_list(columns, records, format, ("Severity", "Verdict", "Check", "Object", "What"))


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("posture")(posture)
