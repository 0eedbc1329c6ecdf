"""`keywitness lab score`: how well attacks are found, measured."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.output import QuietOption, progress
from keywitness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keywitness.score.card import Card
    from keywitness.score.result import Run

app = typer.Typer(no_args_is_help=True, help="Measure the product with simulated evidence.")


class ScoreFormat(StrEnum):
    """Formats of a score."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@app.command()
def score(
    variants: Annotated[
        list[str] | None, typer.Option("--variants", help="Only these attacks; `simulate --scenario list` names them.")
    ] = None,
    companies: Annotated[
        list[str] | None,
        typer.Option("--companies", help="Only these; `simulate --company list` names them."),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Each attack once a seed, at one company in turn.")] = 1,
    events: Annotated[int, typer.Option("--events", min=1, help="About this many audit records a run.")] = 20_000,
    days: Annotated[int, typer.Option("--days", min=1, help="Days a run.")] = 30,
    every: Annotated[bool, typer.Option("--every", help="Each attack at every company, for each seed.")] = False,
    together: Annotated[
        int,
        typer.Option("--together", min=1, max=8, help="So many attacks share a simulation, by several accounts."),
    ] = 1,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, help="So many runs at the same time, each in its own process.")
    ] = 1,
    only_finished: Annotated[
        bool,
        typer.Option("--finished", help="Make no runs: score those that the folder holds."),
    ] = False,
    format: Annotated[ScoreFormat, typer.Option("--format", help="How to print the score.")] = ScoreFormat.TABLE,
    out: Annotated[
        Path, typer.Option("--out", help="Folder that keeps finished runs, score.json, score.csv and score.md.")
    ] = Path("score"),
    quiet: QuietOption = False,
) -> None:
    """Simulate attacks and ordinary life, investigate them, and compare what was found with the truth.

    Every run is a simulation, a load and an investigation, as a user would make them. A finished run is kept in the
    folder: a score that was stopped goes on where it was. Another version of the program measures again.

    \\b
    Examples:
      keywitness lab score
      keywitness lab score --variants slow-and-low,insider-dump --companies bank --events 5000 --days 14
      keywitness lab score --seeds 6 --events 1000000 --out ./big
    """
    from keywitness.score.card import card
    from keywitness.score.matrix import digest, finished, plans, runs

    wanted = plans(
        _names(variants), _names(companies), seeds=seeds, days=days, events=events, every=every, together=together
    )
    if only_finished:
        made, programs = finished(out / "runs")
        if not made:
            raise UsageError(f"{out} holds no finished runs", help="leave out --finished to make some")
    else:
        with progress("score", quiet=quiet) as advance:
            made = tuple(runs(wanted, out / "runs", on_progress=advance, at_once=at_once))
        programs = (digest(),)
    done = card(made)
    _write(made, done, out, programs)
    _print(done, format)


def _names(asked: list[str] | None) -> list[str]:
    """Names given one by one or with commas."""
    return [name for text in asked or () for name in text.split(",") if name]


def _write(made: Sequence[Run], done: Card, out: Path, programs: Sequence[str]) -> None:
    from keywitness.score.tables import csv, measures, origin, page

    (out / "score.md").write_text(page(done, [origin(made, programs)]), encoding="utf-8")
    (out / "score.csv").write_text(csv(done), encoding="utf-8")
    (out / "score.json").write_text(json.dumps(list(measures(done)), indent=1) + "\n", encoding="utf-8")


def _print(done: Card, format: ScoreFormat) -> None:
    from keywitness.score.tables import csv, measures, text

    if format is ScoreFormat.TABLE:
        print(text(done))
    elif format is ScoreFormat.JSON:
        print(json.dumps(list(measures(done)), indent=1))
    else:
        sys.stdout.write(csv(done))


def add_to(root: typer.Typer) -> None:
    """Register this module's commands."""
    root.add_typer(app, name="lab")
