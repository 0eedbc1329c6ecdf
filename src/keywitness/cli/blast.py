"""`keywitness blast-radius`: what a stolen certificate or secret opens, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from keywitness.cli.output import Format, FormatOption, QuietOption, note, print_records, progress

if TYPE_CHECKING:
    from keywitness.access.blast import Opened, Radius, Store
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
    print_records(_columns(), list(_lines(radius)), format.value)
    for said in radius.missing:
        note(said)


class _Line(NamedTuple):
    """A line of the answer; its fields are the columns."""

    object: str
    kind: str
    at: str
    what: str
    certainty: str = ""
    reason: str = ""
    addresses: tuple[str, ...] = ()
    times: int | None = None
    application: str = ""
    app_id: str = ""
    rows: tuple[str, ...] = ()


def _columns() -> list[Column]:
    from keywitness.model.schema import Column, KqlType

    kinds = {"addresses": KqlType.DYNAMIC, "rows": KqlType.DYNAMIC, "times": KqlType.LONG}
    named = ((name.title().replace("_", ""), kinds.get(name, KqlType.STRING)) for name in _Line._fields)
    return [Column(name, kind) for name, kind in named]


def _lines(radius: Radius) -> Iterator[tuple[Any, ...]]:
    for line in (*(line for opened in radius.opened for line in _story(opened)), *map(_store, radius.stores)):
        yield tuple(list(value) if isinstance(value, tuple) else value for value in line)


def _store(store: Store) -> _Line:
    what = f"opens {store.resource} ({store.type})"
    return _Line(f"{store.vault}/{store.name}", "store", "", what, "likely", store.reason, rows=store.rows)


def _story(opened: Opened) -> Iterator[_Line]:
    """What it opens, how it was taken, what it may do, the way up, what was done, what stays unseen."""
    line = partial(_Line, f"{opened.vault}/{opened.name}", application=opened.app_name, app_id=opened.app_id)
    opens = f"the {opened.kind} opens {opened.app_name}"
    yield line("opens", "", opens, opened.certainty, opened.reason, rows=opened.rows)
    if taken := opened.taken:
        said = f"first read by {taken.by}, who does not read it day by day"
        yield line("taken", taken.at, said, "proven", addresses=(taken.address,), rows=(taken.row,))
    for power in opened.powers:
        reason = f"tier 0: it {power.ruling.way}" if power.ruling else ""
        what = " ".join(part for part in (power.kind, power.name, "on" if power.where else "", power.where) if part)
        yield line("power", "", what, "proven", reason, rows=power.rows)
    for number, step in enumerate(opened.way, 1):
        yield line(f"way {number}", "", step.what, "possible", rows=step.rows)
    for deed in opened.deeds:
        reason = "an address from which it had not signed in before" if deed.new else ""
        yield line("deed", deed.at, deed.what, "proven", reason, deed.addresses, deed.count, rows=deed.rows)
    for said in opened.unseen:
        yield line("unseen", "", said)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("blast-radius")(blast_radius)
