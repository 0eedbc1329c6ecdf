"""How every command prints records: one option, one writer. Remarks and progress go to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keywitness.model.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keywitness.engine.rows import Rows
    from keywitness.model.schema import Column


class Format(StrEnum):
    """Formats of records on standard output."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="How to print records.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]


def note(text: str) -> None:
    """Say something beside the result, on stderr."""
    print(visible(f"note: {text}"), file=sys.stderr)


def print_rows(rows: Rows, format: str, out: Path | None = None) -> None:
    """Print query rows to standard output, or write them to a file."""
    # The writers need Arrow: loaded only when there are rows.
    from keywitness.engine.formats import write_rows

    write_rows(rows, format, out)


def print_records(columns: Sequence[Column], records: Iterable[Sequence[Any]], format: str) -> None:
    """Print records that are no query result, with the same writers."""
    from keywitness.engine.rows import rows_from_records

    print_rows(rows_from_records(columns, records), format)


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on stderr; yields `advance(done, total, remark)`. Silent when quiet or not on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total, remark: None
        return
    # rich costs start-up time that commands without progress need not pay.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(
        *columns,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(title, total=None, remark="")

        def advance(done: int, total: int, remark: str) -> None:
            bar.update(task, completed=done, total=total, remark=visible(remark)[-60:])

        yield advance
