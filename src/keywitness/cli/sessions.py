"""`keywitness sessions`: the visits of callers, and one of them as lanes."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.listing import print_list
from keywitness.cli.output import Format, FormatOption, note
from keywitness.cli.scope import AddressOption, IdentityOption, SecretOption, SinceOption, UntilOption, VaultOption
from keywitness.model.session_class import Mismatch, SessionClass
from keywitness.model.text import visible

if TYPE_CHECKING:
    from keywitness.report.document import Session

_SHOWN = ("Id", "Class", "Confidence", "Sentence", "Mismatches")
_MISMATCHES = ", ".join(("any", *Mismatch))


def sessions(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    identity: IdentityOption = None,
    ip: AddressOption = None,
    vault: VaultOption = None,
    secret: SecretOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    session_class: Annotated[
        list[str] | None, typer.Option("--class", help=f"Only sessions of this class: {', '.join(SessionClass)}.")
    ] = None,
    mismatch: Annotated[
        list[str] | None, typer.Option("--mismatch", help=f"Only sessions in which this does not fit: {_MISMATCHES}.")
    ] = None,
    gap: Annotated[
        str, typer.Option("--gap", help="Longest silence inside a session, such as 30m, 90s or 2h.")
    ] = "30m",
    session: Annotated[str, typer.Option("--session", help="Show this one, S..., with its operations as lanes.")] = "",
    picture: Annotated[
        Path | None, typer.Option("--picture", help="With --session: write its picture as SVG to this file.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List the visits of callers: of which class each was and why, what does not fit, what was done in a sentence.

    \b
    Examples:
      keywitness sessions ./case --identity mallory@contoso.com
      keywitness sessions ./case --class dump-tool --class denied-enumeration --format jsonl
      keywitness sessions ./case --mismatch any --since 2026-05-01
      keywitness sessions ./case --session S-0123456789ab --picture visit.svg
    """
    from keywitness.case import open_case
    from keywitness.errors import UsageError
    from keywitness.investigate import make_scope
    from keywitness.investigate.choosing import asked
    from keywitness.investigate.listing import list_sessions, one_session

    silence = _gap(gap)
    if picture and not session:
        raise UsageError("--picture shows one session", help="name it with --session")
    if session:
        _show(one_session(open_case(case), session, silence), picture, format)
        return
    scope = make_scope(
        identities=identity or (),
        addresses=ip or (),
        vaults=vault or (),
        secrets=secret or (),
        since=since,
        until=until,
    )
    wanted = asked(session_class or (), mismatch or ())
    _print(list(list_sessions(open_case(case), scope, wanted, silence)), format)


def _gap(text: str) -> timedelta:
    from keywitness.errors import UsageError

    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdigit() or not int(number):
        raise UsageError(f"--gap {text!r} is no span of time", help="write it like 30m, 90s or 2h")
    return timedelta(seconds=int(number) * units[unit])


def _print(found: list[Session], format: Format) -> None:
    from keywitness.model.schema import Column, KqlType

    text = [*("Id", "Class", "Confidence", "Tool", "Identity", "Application", "Address", "Client")]
    text += ["FirstAt", "LastAt", "Sentence"]
    columns = [
        *(Column(n, KqlType.STRING) for n in text),
        *(Column(n, KqlType.LONG) for n in ("Operations", "Failures")),
        *(Column(n, KqlType.DYNAMIC) for n in ("Vaults", "Reasons", "Mismatches")),
    ]
    records = (
        (
            *(s.id, s.session_class, s.confidence, s.tool, s.identity, s.application, s.address, s.client),
            *(s.first_at, s.last_at, s.sentence, s.operations, s.failures),
            *(list(s.vaults), list(s.reasons), [f"{m.mismatch}: {m.text}" for m in s.mismatches]),
        )
        for s in found
    )
    print_list(columns, records, format.value, _SHOWN)
    counts = Counter(s.session_class for s in found)
    note(f"{len(found):,} sessions: " + ", ".join(f"{count:,} {kind}" for kind, count in counts.most_common()))
    strange = sum(bool(s.mismatches) for s in found)
    if 0 < strange < len(found):
        note(f"something does not fit in {strange:,} of them: --mismatch any")


def _show(found: Session, picture: Path | None, format: Format) -> None:
    from keywitness.errors import UsageError

    if picture:
        from keywitness.report.pictures.session import standalone

        try:
            picture.write_text(standalone(found), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{picture} cannot be written: {error.strerror}") from error
    if format is Format.TABLE:
        from shutil import get_terminal_size

        from keywitness.cli.lanes import draw_session

        draw_session(found, sys.stdout, get_terminal_size().columns)
    elif format is Format.CSV:
        _print([found], format)
    else:
        import msgspec

        print(visible(msgspec.json.encode(found).decode("utf-8")))
