"""Lists of the product's own records: a table shows the columns that people read, every other format has all.

On a terminal ids stay whole and long text goes on below itself; in a pipe a record is one line, for grep.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from keywitness.cli.output import Format, note, print_records
from keywitness.model.text import visible

if TYPE_CHECKING:
    from keywitness.model.schema import Column

#: A time with its fraction of a second, which a table leaves out.
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")
#: The fraction of a second of a timespan.
_FRACTION = re.compile(r"(?<=:\d\d)\.\d+$")
#: Up to here a cell is an id, a name or a time and is never broken.
_WHOLE = 24
#: Characters between two columns.
_BETWEEN = 3
#: So many of a list, and the count of the rest.
_MOST_LISTED = 3


def print_list(columns: Sequence[Column], records: Iterable[Sequence[Any]], format: str, shown: Sequence[str]) -> None:
    """Print records in full, or as a table of some columns.

    Args:
        columns: All columns of a record, in order.
        records: Their cells, lists and objects as Python has them.
        format: A `Format`; only its table leaves columns out.
        shown: The names of the columns of the table, in order, the longest text last. Empty ones are left out.
    """
    if format != Format.TABLE:
        print_records(columns, records, format)
        return
    places = [[c.name for c in columns].index(name) for name in shown]
    cells = [tuple(_plain(record[place], columns[place]) for place in places) for record in records]
    filled = [i for i in range(len(shown)) if not cells or any(row[i] for row in cells)]
    names, cells = [shown[i] for i in filled], [tuple(row[i] for i in filled) for row in cells]
    if sys.stdout.isatty():
        _print_folded(names, cells, shutil.get_terminal_size().columns)
    else:
        _print_lines(names, cells)
    if cells:
        note(f"{len(columns) - len(names)} more columns with --format jsonl, json or csv")


def _plain(value: Any, column: Column) -> str:
    """A cell as people write it: times to the second, four digits of a real, the first of a list, nothing for null."""
    from keywitness.engine.formats import cell_text
    from keywitness.engine.rows import physical_value
    from keywitness.model.schema import KqlType

    if column.type in (KqlType.DATETIME, KqlType.TIMESPAN):
        value = cell_text(physical_value(value, column.type), column.type)
    if column.type is KqlType.TIMESPAN:
        value = _FRACTION.sub("", value)
    return visible(_TIME.sub(r"\1 \2", _text(value)))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_text(held)}" for key, held in value.items())
    if isinstance(value, list | tuple):
        items, more = [_text(held) for held in value[:_MOST_LISTED]], len(value) - _MOST_LISTED
        between = "; " if any("," in item for item in items) else ", "
        return between.join(items) + (f" and {more} more" if more > 0 else "")
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    return str(value)


def _print_lines(names: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from keywitness.cli.output import print_rows
    from keywitness.engine.rows import rows_from_records
    from keywitness.model.schema import Column, KqlType

    print_rows(rows_from_records([Column(name, KqlType.STRING) for name in names], cells), Format.TABLE)


def _print_folded(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> None:
    # rich costs start-up time that other formats need not pay
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    longest = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(names)]
    whole = [size <= _WHOLE for size in longest]
    if sum(size for size, kept in zip(longest, whole, strict=True) if kept) + _BETWEEN * len(names) > width:
        whole = [True, *(False for _ in names[1:])]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for i, name in enumerate(names):
        table.add_column(Text(name), no_wrap=whole[i], overflow="fold", min_width=longest[i] if whole[i] else len(name))
    for row in cells:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    Console(file=sys.stdout, width=width, highlight=False).print(table)


#: What should be seen first.
_STYLES = {"high": "bold red", "medium": "yellow", "yes": "bold"}
