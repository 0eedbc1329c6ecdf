"""The command line: a door without logic. Commands live beside this file, one module each."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from keywitness import __version__
from keywitness.cli import (
    access,
    blast,
    custody,
    evidence,
    exposure,
    findings,
    inventory,
    investigation,
    kept,
    lab,
    logging,
    posture,
    query,
    rules,
    score,
)
from keywitness.errors import KeywitnessError, StorageFullError
from keywitness.model.text import visible

app = typer.Typer(
    name="keywitness",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What did they take from our Azure key vaults, and can you prove it?",
    epilog="A first look: keywitness demo  ·  A folder of logs: keywitness investigate ./logs --out ./report",
)

#: Exit status of a defect in keywitness itself (EX_SOFTWARE).
INTERNAL_ERROR = 70
INTERRUPTED = 130
STOPPED = "interrupted: what was committed stands; give the same command again to go on"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"keywitness {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
) -> None:
    if debug:
        os.environ["KEYWITNESS_DEBUG"] = "1"


for _module in (
    investigation,
    findings,
    exposure,
    access,
    blast,
    posture,
    logging,
    rules,
    evidence,
    inventory,
    query,
    kept,
    custody,
    lab,
    score,
):
    _module.add_to(app)


def main() -> None:
    """Run the command line and leave with the exit code of `keywitness.errors`."""
    sys.exit(run())


def run() -> int:
    """Run the command line; errors become one clear text on stderr."""
    try:
        app(standalone_mode=True)
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:  # Typer turns Ctrl-C into an exit without a word
            print(STOPPED, file=sys.stderr)
        return leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has gone (`| head`): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeywitnessError as error:
        _reraise_for_debugging()
        print(visible(error.render(), keep="\n"), file=sys.stderr)
        return error.exit_code
    except OSError as error:
        if error.filename is None and error.errno not in _FULL:
            return _defect(error)
        _reraise_for_debugging()
        refusal = _refused_by_the_system(error)
        print(visible(refusal.render(), keep="\n"), file=sys.stderr)
        return refusal.exit_code
    except Exception as error:
        return _defect(error)
    return 0


def _refused_by_the_system(error: OSError) -> KeywitnessError:
    """What the system said of a path that the user named, or of one below it."""
    place = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    cause = f"{place}{error.strerror}"
    if error.errno in _FULL:
        return StorageFullError(cause, help="free space, then repeat the command")
    return KeywitnessError(cause, help="name another place, or make this one readable and writable")


def _defect(error: Exception) -> int:
    _reraise_for_debugging()
    print(visible(f"error: keywitness failed: {type(error).__name__}: {error}", keep="\n"), file=sys.stderr)
    print("  help: this is a defect of keywitness; the same command with --debug shows where", file=sys.stderr)
    return INTERNAL_ERROR


def _reraise_for_debugging() -> None:
    if os.environ.get("KEYWITNESS_DEBUG"):
        raise
