"""`keywitness was-read`: the answer for one object, with its limits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.output import Format, FormatOption, print_records
from keywitness.cli.scope import SinceOption, UntilOption
from keywitness.model.text import visible

if TYPE_CHECKING:
    from keywitness.case import Case
    from keywitness.investigate.answer import Answer


def was_read(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    objects: Annotated[list[str], typer.Argument(help="VAULT/NAME, or NAME for every vault whose logs name it.")],
    since: SinceOption = "",
    until: UntilOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Say whether an object was read: yes; no, and the log was complete; not seen, but the log has a gap; or no log.

    "No" is said only where every hour of the time is proven: records of the vault stand in it, and nothing speaks
    against it. Without --since and --until the time is that of the vault's own records.

    \b
    Examples:
      keywitness was-read ./case kv-pay/db-password
      keywitness was-read ./case kv-pay/db-password --since 2026-05-01 --until 2026-05-03
      keywitness was-read ./case db-password --format json
    """
    from keywitness.case import open_case
    from keywitness.investigate.answer import was_read as answered
    from keywitness.investigate.logged import logged
    from keywitness.investigate.scope import moment
    from keywitness.kql.literals import parse_datetime

    opened = open_case(case)
    times = [parse_datetime(moment(value, name)) for value, name in ((since, "since"), (until, "until"))]
    asked = _asked(opened, objects)
    known = logged(opened, vaults={vault for vault, _ in asked})
    answers = answered(opened, asked, known, since=times[0], until=times[1])
    if format is Format.TABLE:
        print("\n".join(visible(answer.sentence) for answer in answers))
    else:
        _print(answers, format)


def _asked(case: Case, objects: list[str]) -> list[tuple[str, str]]:
    """Vault and name of each object that was asked about."""
    from keywitness.errors import UsageError
    from keywitness.investigate.answer import vaults_naming

    found: list[tuple[str, str]] = []
    for text in objects:
        vault, _, name = text.rpartition("/")
        if not name or "/" in vault:
            raise UsageError(f"{text!r} is no object", help="write it like vault/name, or name")
        vaults = [vault] if vault else vaults_naming(case, name)
        if not vaults:
            help = "name the vault too, vault/name: then the coverage of its log answers"
            raise UsageError(f"no record names an object {name!r}", help=help)
        found += ((v.lower(), name) for v in vaults)
    return found


def _print(answers: tuple[Answer, ...], format: Format) -> None:
    from keywitness.kql.literals import format_datetime
    from keywitness.model.schema import Column, KqlType

    text, many = KqlType.STRING, KqlType.DYNAMIC
    kinds = {"Object": text, "Answer": text, "Sentence": text, "Since": text, "Until": text, "Reads": KqlType.LONG}
    kinds |= {"Readers": many, "Rows": many, "Gaps": many, "UnnamedRequests": KqlType.LONG}
    records = [
        (
            *(f"{a.vault}/{a.name}", str(a.verdict), a.sentence, format_datetime(a.since), format_datetime(a.until)),
            *(a.reads, list(a.readers), list(a.rows)),
            [{"from": format_datetime(g.start), "to": format_datetime(g.end), "why": list(g.reasons)} for g in a.gaps],
            a.unnamed,
        )
        for a in answers
    ]
    print_records([Column(name, kind) for name, kind in kinds.items()], records, format.value)
