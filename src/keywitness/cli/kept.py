"""`keywitness watchlist` and `keywitness function`: what a case keeps beside its evidence, for queries to name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keywitness.cli.evidence import CaseArgument
from keywitness.cli.output import Format, FormatOption, note, print_records, print_rows

_HELP = {"help_option_names": ["-h", "--help"]}
watchlist = typer.Typer(no_args_is_help=True, rich_markup_mode=None, context_settings=_HELP)
function = typer.Typer(no_args_is_help=True, rich_markup_mode=None, context_settings=_HELP)

NameArgument = Annotated[str, typer.Argument(metavar="NAME")]


@watchlist.command("add")
def add_watchlist(
    case: CaseArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV in UTF-8; the first line names the columns.")],
    name: Annotated[str, typer.Option("--name", help="What _GetWatchlist calls it; the file's name unless said.")] = "",
    key: Annotated[str, typer.Option("--key", help="The column that is SearchKey; the first unless said.")] = "",
) -> None:
    """Put a CSV file into the case as a watchlist. One of that name before is replaced; the custody log says so.

    \b
    Example:
      keywitness watchlist add ./case vips.csv --name VIPs --key Upn
    """
    from keywitness.case import open_case

    kept = open_case(case).add_watchlist(file, name or file.stem, key)
    note(f"{kept.alias}: {kept.rows:,} rows, search key {kept.key}, SHA-256 {kept.sha256}")


@watchlist.command("list")
def list_watchlists(case: CaseArgument, format: FormatOption = Format.TABLE) -> None:
    """List the watchlists of a case.

    \b
    Example:
      keywitness watchlist list ./case
    """
    from keywitness.case import open_case

    columns, records = open_case(case).watchlist_records()
    print_records(columns, records, format.value)


@watchlist.command("show")
def show_watchlist(case: CaseArgument, name: NameArgument, format: FormatOption = Format.TABLE) -> None:
    """Print the rows of a watchlist as queries see them.

    \b
    Example:
      keywitness watchlist show ./case VIPs
    """
    from keywitness.case import open_case
    from keywitness.kql.quoting import literal

    rows = open_case(case).query(f"_GetWatchlist({literal(name)})")
    print_rows(rows, format.value, None)


@watchlist.command("remove")
def remove_watchlist(case: CaseArgument, name: NameArgument) -> None:
    """Take a watchlist out of use. Its copy stays in the case, and the custody log says what was done.

    \b
    Example:
      keywitness watchlist remove ./case VIPs
    """
    from keywitness.case import open_case

    open_case(case).remove_watchlist(name)


@function.command("add")
def add_function(
    case: CaseArgument,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="What queries call it; for files that do not say it.")
    ] = "",
    file: Annotated[
        list[Path] | None,
        typer.Option("-f", "--file", help="KQL, a Sentinel parser (YAML), an ARM template, or a folder of them."),
    ] = None,
    parameters: Annotated[
        str, typer.Option("--parameters", help="Of a bare query, as KQL writes them: 'least: long = 400'.")
    ] = "",
) -> None:
    """Put KQL functions into the case: queries, rules and other functions can then call them.

    One of the same name before is replaced; the custody log says so. A file of a folder that cannot be read is said
    and passed over, and the exit code tells.

    \b
    Examples:
      keywitness function add ./case Refusals -f refusals.kql
      keywitness function add ./case -f vimAuthenticationAADSigninLogs.yaml -f ./Parsers/ASimAuditEvent
    """
    from keywitness.case import open_case
    from keywitness.errors import KeywitnessError, UsageError
    from keywitness.model.text import visible
    from keywitness.store.functions import function_files

    if not file:
        raise UsageError("no file was given", help="keywitness function add CASE NAME -f FILE")
    opened, failed = open_case(case), 0
    files = function_files(file)
    for path in files:
        try:
            names = opened.add_functions(path, name, parameters)
        except KeywitnessError as error:
            if len(files) == 1:
                raise
            failed = error.exit_code
            typer.echo(visible(error.render(), keep="\n"), err=True)
            continue
        note(f"{', '.join(names)} from {path}")
    if failed:
        raise typer.Exit(failed)


@function.command("list")
def list_functions(case: CaseArgument, format: FormatOption = Format.TABLE) -> None:
    """List the functions that queries of a case may call.

    \b
    Example:
      keywitness function list ./case
    """
    from keywitness.case import open_case

    columns, records = open_case(case).function_records()
    print_records(columns, records, format.value)


@function.command("show")
def show_function(case: CaseArgument, name: NameArgument) -> None:
    """Print a function as a let statement.

    \b
    Example:
      keywitness function show ./case Refusals
    """
    from keywitness.case import open_case

    print(open_case(case).function_text(name))


@function.command("remove")
def remove_function(case: CaseArgument, name: NameArgument) -> None:
    """Take a function out of use; the custody log says so.

    \b
    Example:
      keywitness function remove ./case Refusals
    """
    from keywitness.case import open_case

    open_case(case).remove_function(name)


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.add_typer(watchlist, name="watchlist", help="Watchlists of a case: CSV files that _GetWatchlist reads.")
    app.add_typer(function, name="function", help="KQL functions that the queries of a case may call.")
