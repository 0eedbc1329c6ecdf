"""`keywitness blast-radius`: what a stolen certificate or secret opens, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keywitness.cli.listing import print_list
from keywitness.cli.output import Format, FormatOption, QuietOption, note, progress

if TYPE_CHECKING:
    from keywitness.access.blast import Radius
    from keywitness.model.schema import Column


def blast_radius(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    object: Annotated[list[str] | None, typer.Option("--object", help="Only this vault/name.")] = None,
    since: Annotated[
        str, typer.Option("--since", help="What was done from this time on; else since the object was first taken.")
    ] = "",
    taken: Annotated[bool, typer.Option("--taken", help="Only objects that a log shows taken.")] = False,
    format: FormatOption = Format.TABLE,
    quiet: QuietOption = False,
) -> None:
    """Say what certificates and secrets open, and what was done with it since the theft.

    Applications of Entra with their permissions and the way to Global Administrator; storage accounts and databases.

    A certificate is proven by its thumbprint, names make it likely. Lines of kind unseen say what leaves no record.

    \b
    Examples:
      keywitness blast-radius ./case
      keywitness blast-radius ./case --object kv-it/graph-app --format jsonl
      keywitness blast-radius ./case --taken --since 2026-03-01T00:00Z
    """
    from keywitness.access.blast import blast_radius as radius_of
    from keywitness.case import open_case
    from keywitness.investigate.scope import moment

    opened = open_case(case)
    present = [name for name, rows, *_ in opened.table_facts() if rows]
    with progress("blast radius", quiet=quiet):
        radius = radius_of(opened, present, objects=object or (), since=moment(since, "since"), only_taken=taken)
    print_list(_columns(), _records(radius), format.value, ("Object", "Kind", "At", "Times", "Certainty", "What"))
    for said in radius.missing:
        note(said)


def _columns() -> list[Column]:
    from keywitness.access.blast import Line
    from keywitness.model.schema import Column, KqlType

    kinds = {"addresses": KqlType.DYNAMIC, "rows": KqlType.DYNAMIC, "times": KqlType.LONG}
    named = ((name.title().replace("_", ""), kinds.get(name, KqlType.STRING)) for name in Line._fields)
    return [Column(name, kind) for name, kind in named]


def _records(radius: Radius) -> Iterator[tuple[Any, ...]]:
    from keywitness.access.blast import lines

    for line in lines(radius):
        yield tuple(list(value) if isinstance(value, tuple) else value for value in line)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("blast-radius")(blast_radius)
