"""`keywitness exposure`: the part of an investigation that says what must be rotated."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.listing import print_list
from keywitness.cli.output import QuietOption, note, progress
from keywitness.cli.scope import AddressOption, IdentityOption, SecretOption, SinceOption, UntilOption, VaultOption
from keywitness.cli.sessions import sessions
from keywitness.cli.was_read import was_read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keywitness.model.schema import Column
    from keywitness.report.document import Document, Exposure, Scope


class ListFormat(StrEnum):
    """Formats of the list of what was read."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


def exposure(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    identity: IdentityOption = None,
    ip: AddressOption = None,
    vault: VaultOption = None,
    secret: SecretOption = None,
    session: Annotated[list[str] | None, typer.Option("--session", help="Only reads of this session, S...")] = None,
    since: SinceOption = "",
    until: UntilOption = "",
    every: Annotated[bool, typer.Option("--all", help="Also what need not be replaced.")] = False,
    format: Annotated[ListFormat, typer.Option("--format", help="How to print records.")] = ListFormat.TABLE,
    quiet: QuietOption = False,
) -> None:
    """List what must be replaced now: each object version that left, who has it, and the commands to rotate it.

    When callers, addresses or sessions are named, everything that they read counts. The most severe comes first;
    what an object opens is said where its name, its content type or a later sign-in tells.

    \b
    Examples:
      keywitness exposure ./case
      keywitness exposure ./case --identity mallory@contoso.com --format markdown
      keywitness exposure ./case --session S-0123456789ab --format csv
      keywitness exposure ./case --since 2026-05-01 --all --format csv
    """
    from keywitness.report.rotation import by_urgency

    document = _document(case, _scope(identity, ip, vault, secret, since, until, session), quiet=quiet)
    items = [item for item in by_urgency(document.exposure) if every or item.rotate_now]
    if format is ListFormat.MARKDOWN:
        print(_markdown(items))
    else:
        print_list(_columns(), [_record(item) for item in items], format.value, _SHOWN)
    for gap in document.coverage.cannot_conclude[:5]:
        note(gap)


#: What a table shows of them.
_SHOWN = ("Severity", "Vault", "Type", "Name", "TakenAt", "Addresses", "Readers")


def _columns() -> list[Column]:
    from keywitness.model.schema import Column, KqlType

    text, flag, many = KqlType.STRING, KqlType.BOOL, KqlType.DYNAMIC
    kinds = {"Severity": text, "Vault": text, "Type": text, "Name": text, "Version": text, "Candidates": many}
    kinds |= {"SameMaterial": many, "PrivateKeyLeft": flag, "RotateNow": flag, "Reads": KqlType.LONG}
    kinds |= {
        "FirstAt": text,
        "LastAt": text,
        "TakenAt": text,
        "How": text,
        "Reason": text,
        "Opens": many,
        "Readers": many,
    }
    kinds |= {"Addresses": many, "SessionKinds": many, "Sessions": many, "RestoredIn": many, "ReplacedAt": text}
    kinds |= {"AzureCli": text, "PowerShell": text}
    return [Column(name, kind) for name, kind in kinds.items()]


def _record(item: Exposure) -> tuple[object, ...]:
    """An object version as a row of `_columns`, with its suspicious readers, or all where none is."""
    from keywitness.report.rotation import rotation

    commands = rotation(item)
    readers = [r for r in item.readers if r.suspicious] or list(item.readers)
    return (
        *(item.severity, item.vault, item.object_type, item.name, item.version, list(item.candidates)),
        *(list(item.same_material), item.private_key_left, item.rotate_now, item.reads),
        *(
            item.first_at,
            item.last_at,
            min((r.first_at for r in readers), default=""),
            item.how,
            item.reason,
            _opens(item),
        ),
        _once(r.identity for r in readers),
        _once(r.address for r in readers),
        _once(kind for r in readers for kind in r.session_kinds),
        _once(id for r in readers for id in r.session_ids),
        _once(back.vault for back in item.restored),
        *(item.replaced_at, commands.azure_cli, commands.powershell),
    )


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _opens(item: Exposure) -> list[str]:
    return [f"{o.what} ({o.certainty}: {o.reason})" for o in item.opens]


def _markdown(items: list[Exposure]) -> str:
    """A list for a ticket: one object version per item, with what to type."""
    from keywitness.report.renderers.markdown import replace_list

    if not items:
        return "Nothing is listed. That is no proof that nothing was read: see the coverage of the logs."
    return f"# {len(items)} object versions to replace\n\n{replace_list(items)}"


def _scope(
    identity: list[str] | None,
    ip: list[str] | None,
    vault: list[str] | None,
    secret: list[str] | None,
    since: str,
    until: str,
    session: list[str] | None = None,
) -> Scope:
    from keywitness.investigate import make_scope

    return make_scope(
        identities=identity or (),
        addresses=ip or (),
        vaults=vault or (),
        secrets=secret or (),
        since=since,
        until=until,
        sessions=session or (),
    )


def _document(case: Path, scope: Scope, *, quiet: bool) -> Document:
    """The whole investigation of a case."""
    from keywitness.case import open_case
    from keywitness.investigate import investigate

    with progress("investigate", quiet=quiet) as advance:
        return investigate(open_case(case), scope=scope, place=str(case), on_progress=advance)


def add_to(app: typer.Typer) -> None:
    """Register `exposure`, and `sessions` beside it."""
    app.command("exposure")(exposure)
    app.command("was-read")(was_read)
    app.command("sessions")(sessions)
