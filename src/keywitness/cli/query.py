"""`keywitness kql`, `format`, `tables`, `schema`: asking."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.output import Format, FormatOption, note, print_records, print_rows
from keywitness.errors import QueryError, UsageError

if TYPE_CHECKING:
    from keywitness.engine.rows import Rows


class RowFormat(StrEnum):
    """Formats of query results."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class Stage(StrEnum):
    """Stages of a query that `--show` prints."""

    SYNTAX = "syntax"
    PLAN = "plan"
    SQL = "sql"


KQL_HELP = """Ask in KQL, of a case or of nothing.

Without QUERY and -f the query is read from standard input. Without CASE only print, range and datatable have rows.

\b
Examples:
  keywitness kql 'print 1'
  keywitness kql ./case 'AzureDiagnostics | where OperationName == "SecretGet" | summarize count() by CallerIPAddress'
  keywitness kql ./case -f hunt.kql --now latest --format csv
  keywitness kql ./case 'AZKVAuditLogs | take 10' --format parquet --out ten.parquet
  keywitness kql ./case AZKVAuditLogs --limit none --format parquet --out all.parquet
"""


def is_case(text: str) -> bool:
    """True when the text is the path of a case folder."""
    try:
        return (Path(text) / "case.json").is_file()
    except OSError:  # a query can be longer than a path may be
        return False


def split_arguments(arguments: list[str], file: Path | None) -> tuple[Path | None, str]:
    """Tell CASE and QUERY apart.

    Returns:
        The case (None: no case) and the query text.

    Raises:
        UsageError: If there is no query, or more than one.
    """
    case: Path | None = None
    rest = list(arguments)
    if rest and (is_case(rest[0]) or len(rest) == 2):
        case = Path(rest.pop(0))
    if len(rest) > 1 or (rest and file):
        raise UsageError("more than one query was given", help="quote the query: keywitness kql CASE 'T | take 1'")
    if rest:
        return case, rest[0]
    if file:
        return case, read_query(file)
    if sys.stdin.isatty():
        raise UsageError("no query was given", help="give it as an argument, with -f FILE or on standard input")
    return case, sys.stdin.buffer.read().decode("utf-8-sig", "replace")


def read_query(file: Path) -> str:
    """The text of a query file (UTF-8, or UTF-16 with its mark)."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if utf16 else "utf-8-sig", "replace")


def kql(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[CASE] [QUERY]")] = None,
    file: Annotated[Path | None, typer.Option("-f", "--file", help="Read the query from a file.")] = None,
    format: Annotated[RowFormat, typer.Option("--format", help="How to print the rows.")] = RowFormat.TABLE,
    out: Annotated[Path | None, typer.Option("--out", help="Write to a file.")] = None,
    show: Annotated[Stage | None, typer.Option("--show", help="Print a stage of the query, do not run it.")] = None,
    now: Annotated[
        str | None,
        typer.Option("--now", help="What now() and ago() mean: a time, or `latest` for the case's last event."),
    ] = None,
    chart: Annotated[
        bool | None,
        typer.Option("--chart/--no-chart", help="Draw the chart that `render` asks for.  [default: on a terminal]"),
    ] = None,
    limit: Annotated[
        str,
        typer.Option(
            "--limit",
            help="How far a query may go: `none`, or any of rows=500000,size=1GiB,time=10m,memory=8GiB. "
            "Beyond it is an error: nothing is cut.",
        ),
    ] = "",
    allow_files: Annotated[
        bool, typer.Option("--allow-files", help="Let externaldata read local files that are not evidence.")
    ] = False,
) -> None:
    # The engine imports DuckDB and sqlglot; `--help` must not wait for them.
    from keywitness.engine.limits import Limits
    from keywitness.engine.query import explain, query

    limits = Limits.parse(limit) if limit else Limits()
    case, text = split_arguments(arguments or [], file)
    if format is RowFormat.PARQUET and out is None:
        raise UsageError("Parquet goes into a file", help="add --out FILE")
    opened = None
    if case is not None:
        from keywitness.case import open_case

        opened = open_case(case)
    try:
        if show is not None:
            print(explain(text, case=opened, now=now, stage=show.value))
            return
        rows = query(text, case=opened, now=now, limits=limits, allow_files=allow_files)
    except QueryError as error:
        error.source = str(file) if file else error.source
        error.effect = error.effect or "the query did not run; nothing was printed"
        raise
    if rows.others and out is not None:
        raise UsageError("the query has several results, and one file holds one", help="run one query for each")
    for other in rows.others:
        print_rows(other, format.value, None)
        print()
    for remark in rows.notes:
        note(remark)
    print_rows(rows, format.value, out)
    if chart or (chart is None and format is RowFormat.TABLE and out is None and sys.stdout.isatty()):
        _draw(rows, asked=bool(chart))


def _draw(rows: Rows, *, asked: bool) -> None:
    """The chart of the query below its rows; where it has none and one was asked for, a remark."""
    from keywitness.cli.drawing import draw
    from keywitness.engine.charts import chart_of

    drawn = chart_of(rows)
    if drawn is not None:
        print()
        draw(drawn, sys.stdout, shutil.get_terminal_size().columns)
    elif asked:
        note("there is nothing to draw: end the query with `| render timechart`, barchart or another chart of numbers")


def layout(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]")] = None,
    write: Annotated[bool, typer.Option("--write", help="Change the file instead of printing.")] = False,
) -> None:
    """Lay out a query: a line for each pipe, one space between words. Its meaning and its comments stay.

    Without FILE the query is read from standard input.

    \b
    Examples:
      keywitness format hunt.kql
      keywitness format hunt.kql --write
    """
    from keywitness import kql as language

    if file is None and write:
        raise UsageError("--write needs a file", help="keywitness format FILE --write")
    text = read_query(file) if file else sys.stdin.buffer.read().decode("utf-8-sig", "replace")
    laid_out = language.format(text)
    if file is None or not write:
        print(laid_out.rstrip("\n"))
    elif laid_out != text:
        file.write_text(laid_out, encoding="utf-8", newline="\n")


def tables(
    case: Annotated[Path, typer.Argument(metavar="CASE")],
    format: FormatOption = Format.TABLE,
) -> None:
    """List the tables of a case: rows, first and last time.

    \b
    Example:
      keywitness tables ./case
    """
    from keywitness.case import open_case
    from keywitness.model.schema import Column, KqlType

    columns = [
        Column("Table", KqlType.STRING),
        Column("Rows", KqlType.LONG),
        Column("First", KqlType.DATETIME),
        Column("Last", KqlType.DATETIME),
    ]
    print_records(columns, open_case(case).table_facts(), format.value)


def schema(
    table: Annotated[str, typer.Argument(metavar="TABLE")],
    case: Annotated[Path | None, typer.Option("--case", help="Add what this case's evidence brought.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List the columns of a table, as documented and as a case's evidence brought them.

    \b
    Examples:
      keywitness schema AZKVAuditLogs
      keywitness schema AzureDiagnostics --case ./case
    """
    import difflib

    from keywitness.model.schema import Column, KqlType
    from keywitness.model.tables import known_table, known_tables

    names = list(known_tables())
    found = known_table(table)
    if case is not None:
        from keywitness.case import open_case

        snapshot = open_case(case).snapshot()
        names, found = list(snapshot.names()), snapshot.schema(table)
    if found is None:
        near = difflib.get_close_matches(table, names, 1)
        raise UsageError(f"no table '{table}' is known", help=f"did you mean '{near[0]}'?" if near else "")
    columns = [Column("Column", KqlType.STRING), Column("Type", KqlType.STRING)]
    print_records(columns, [(c.name, c.type.value) for c in found.visible()], format.value)


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("kql", help=KQL_HELP)(kql)
    app.command("format")(layout)
    app.command("tables")(tables)
    app.command("schema")(schema)
