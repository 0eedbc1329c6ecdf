"""`keywitness exposure`, `sessions`: parts of an investigation as records."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.output import Format, FormatOption, QuietOption, note, print_records, progress
from keywitness.cli.scope import AddressOption, IdentityOption, SecretOption, SinceOption, UntilOption, VaultOption
from keywitness.model.text import visible

if TYPE_CHECKING:
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

    When callers or addresses are named, everything that they read counts.

    \b
    Examples:
      keywitness exposure ./case
      keywitness exposure ./case --identity mallory@contoso.com --format markdown
      keywitness exposure ./case --since 2026-05-01 --all --format csv
    """
    from keywitness.report.rotation import by_urgency, rotation

    document = _document(case, _scope(identity, ip, vault, secret, since, until), quiet=quiet)
    items = [
        item
        for item in by_urgency(document.exposure)
        if (every or item.rotate_now)
        and (not session or any(set(session) & set(reader.session_ids) for reader in item.readers))
    ]
    if format is ListFormat.MARKDOWN:
        print(visible(_markdown(items), keep="\n"))
    else:
        records = []
        for item in items:
            commands = rotation(item)
            readers = [r for r in item.readers if r.suspicious] or list(item.readers)
            records.append(
                (
                    *(item.vault, item.object_type, item.name, item.version, item.private_key_left, item.rotate_now),
                    *(item.reads, item.first_at, item.last_at, item.how, item.reason),
                    list(dict.fromkeys(r.identity for r in readers)),
                    list(dict.fromkeys(r.address for r in readers)),
                    *(commands.azure_cli, commands.powershell),
                )
            )
        print_records(_columns(), records, format.value)
    for gap in document.coverage.cannot_conclude[:5]:
        note(gap)


def _columns() -> list[Column]:
    from keywitness.model.schema import Column, KqlType

    text, flag = KqlType.STRING, KqlType.BOOL
    kinds = {"Vault": text, "Type": text, "Name": text, "Version": text, "PrivateKeyLeft": flag, "RotateNow": flag}
    kinds |= {"Reads": KqlType.LONG, "FirstAt": text, "LastAt": text, "How": text, "Reason": text}
    kinds |= {"Readers": KqlType.DYNAMIC, "Addresses": KqlType.DYNAMIC, "AzureCli": text, "PowerShell": text}
    return [Column(name, kind) for name, kind in kinds.items()]


def _markdown(items: list[Exposure]) -> str:
    """A list for a ticket: one object version per item, with what to type."""
    from keywitness.report.rotation import rotation

    if not items:
        return "Nothing is listed. That is no proof that nothing was read: see the coverage of the logs."
    lines = [f"# {len(items)} object versions to replace", ""]
    for item in items:
        readers = ", ".join(dict.fromkeys(_code(r.identity) for r in item.readers if r.suspicious)) or "somebody"
        left = ", **its private key left the vault**" if item.private_key_left else ""
        lines.append(
            f"- [ ] {item.object_type} {_code(f'{item.vault}/{item.name}')} version {_code(item.version)}{left}"
        )
        lines.append(f"  - read by {readers}, {item.first_at} to {item.last_at}: {_plain(item.reason)}")
        commands = rotation(item)
        lines += [f"  - {_code(command)}" for command in (commands.azure_cli, commands.powershell) if command]
    return "\n".join(lines)


def _code(text: str) -> str:
    """Text of a log as code, whatever it holds."""
    return "`" + text.replace("`", "'").replace("\n", " ") + "`"


def _plain(text: str) -> str:
    """A sentence that may quote logs, without the marks of Markdown and HTML."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in text.replace("\n", " "))


def sessions(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    identity: IdentityOption = None,
    ip: AddressOption = None,
    vault: VaultOption = None,
    secret: SecretOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only sessions of this kind (portal, cli ...).")
    ] = None,
    format: FormatOption = Format.TABLE,
    quiet: QuietOption = False,
) -> None:
    """List the visits of callers: how each was made and why we think so, what was done, in a sentence.

    \b
    Examples:
      keywitness sessions ./case --identity mallory@contoso.com
      keywitness sessions ./case --ip 203.0.113.7 --format jsonl
    """
    from keywitness.model.schema import Column, KqlType

    document = _document(case, _scope(identity, ip, vault, secret, since, until), quiet=quiet)
    text = ("Id", "Kind", "Identity", "Application", "Address", "Client", "FirstAt", "LastAt", "Sentence")
    columns = [
        *(Column(n, KqlType.STRING) for n in text),
        *(Column(n, KqlType.LONG) for n in ("Operations", "Failures")),
    ]
    columns += [Column(n, KqlType.DYNAMIC) for n in ("Vaults", "Reasons", "Findings")]
    records = [
        (
            *(s.id, s.kind, s.identity, s.application, s.address, s.client, s.first_at, s.last_at, s.sentence),
            *(s.operations, s.failures, list(s.vaults), list(s.reasons), list(s.finding_ids)),
        )
        for s in document.sessions
        if not kind or s.kind in kind
    ]
    print_records(columns, records, format.value)


def _scope(
    identity: list[str] | None,
    ip: list[str] | None,
    vault: list[str] | None,
    secret: list[str] | None,
    since: str,
    until: str,
) -> Scope:
    from keywitness.investigate import make_scope

    return make_scope(
        identities=identity or (),
        addresses=ip or (),
        vaults=vault or (),
        secrets=secret or (),
        since=since,
        until=until,
    )


def _document(case: Path, scope: Scope, *, quiet: bool) -> Document:
    """The whole investigation of a case."""
    from keywitness.case import open_case
    from keywitness.investigate import investigate

    with progress("investigate", quiet=quiet) as advance:
        return investigate(open_case(case), scope=scope, place=str(case), on_progress=advance)


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("exposure")(exposure)
    app.command("sessions")(sessions)
