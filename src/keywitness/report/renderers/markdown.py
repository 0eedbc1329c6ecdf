"""`report.md`: the report for a ticket, a wiki or a repository; GitHub's dialect of Markdown.

What logs say stands as text or as code, never as markup: every output of the template is escaped (`plain`) unless the
template says `code`, whose fence is longer than any run of backticks within.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from keywitness.model.text import visible
from keywitness.report import attack, instants
from keywitness.report.document import Document, Exposure
from keywitness.report.figures import by_severity, figures
from keywitness.report.renderer import Renderer
from keywitness.report.rotation import by_urgency, rotation

#: Rows of a finding that the text shows; report.json has them all.
_MOST_ROWS = 20
_MOST_SESSIONS = 50
_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~&!^$]")
#: What GitHub's dialect would make a link of; and an at-sign that would call somebody, who is not called from code.
_LINKS = re.compile(r"(?i)(?<=[a-z])(?=://)|(?<=www)(?=\.)")
_MENTION = re.compile(r"(?<![\w.+-])@")
_LINE_START = re.compile(r"^(\s*)(?:([-+=:])|(\d+)([.)])(?=\s|$))")


class Ready(str):
    """Markdown of ours, in which data was escaped before."""

    __slots__ = ()


def plain(text: str) -> Ready:
    """A text in which nothing is a mark of Markdown or HTML; one line."""
    escaped = _MARKS.sub(lambda match: "\\" + match.group(), " ".join(visible(text, keep="\n\t").split()))
    escaped = _MENTION.sub("`@`", _LINKS.sub(r"\\", escaped))
    return Ready(_LINE_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", escaped))


def code(text: str) -> Ready:
    """A text as code, character by character."""
    shown = visible(text)
    if not shown.strip():
        return Ready("")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    padding = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return Ready(f"{fence}{padding}{shown}{padding}{fence}")


def cell(text: str) -> Ready:
    """A text as code in a table, where a bar would end the cell."""
    return Ready(code(text).replace("|", "\\|"))


def replace_list(items: Iterable[Exposure]) -> Ready:
    """What to replace as a list to tick off, in this order: who has it, what it opens, what to type."""
    return Ready("\n".join(line for item in items for line in _to_replace(item)))


def _to_replace(item: Exposure) -> Iterator[str]:
    readers = [reader for reader in item.readers if reader.suspicious] or list(item.readers)
    who = ", ".join(
        dict.fromkeys(f"{code(one.identity)} from {code(one.address) or 'an unknown address'}" for one in readers)
    )
    when = instants.period(min(one.first_at for one in readers), max(one.last_at for one in readers))
    left = ", **its private key left the vault**" if item.private_key_left else ""
    what = f"{plain(item.object_type)} {code(f'{item.vault}/{item.name}')} {_version(item)}"
    yield f"- [ ] {plain(item.severity)}: {what}{left}"
    yield f"  - read by {who}, {plain(when)} UTC{f': {plain(item.reason)}' if item.reason else ''}"
    for opened in item.opens:
        yield f"  - opens {plain(opened.what)} ({plain(opened.certainty)}: {plain(opened.reason)})"
    if item.same_material:
        yield f"  - the same key: {', '.join(map(code, item.same_material))}"
    for command in (rotation(item).azure_cli, rotation(item).powershell):
        if command:
            yield f"  - {code(command)}"


def _version(item: Exposure) -> str:
    if item.version:
        return f"version {code(item.version)}"
    return f"one of {', '.join(map(code, item.candidates))}" if item.candidates else "in every version"


def render(document: Document) -> bytes:
    """The whole text."""
    findings = by_severity(document.findings)
    text = (
        _environment()
        .get_template("report.md")
        .render(
            document=document,
            coverage=document.coverage,
            figures=figures(document),
            findings=findings,
            numbers={finding.id: f"F{number}" for number, finding in enumerate(findings, 1)},
            titles={finding.id: finding.title for finding in findings},
            replace_list=replace_list(item for item in by_urgency(document.exposure) if item.rotate_now),
            sessions=[one for one in document.sessions if one.finding_ids],
            most_rows=_MOST_ROWS,
            most_sessions=_MOST_SESSIONS,
        )
    )
    return (re.sub(r"\n{3,}", "\n\n", text).strip() + "\n").encode("utf-8")


RENDERER = Renderer(name="markdown", file_name="report.md", render=render)


def _codes(values: tuple[str, ...], most: int = 12) -> Ready:
    shown = ", ".join(code(value) for value in values[:most])
    return Ready(f"{shown} and {len(values) - most} more" if len(values) > most else shown)


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701  no HTML: `finalize` escapes for Markdown
        loader=PackageLoader("keywitness.report.renderers"),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "code": code,
        "cell": cell,
        "codes": _codes,
        "count": lambda value: f"{value:,}",
        "minute": instants.minute,
        "second": instants.second,
        "period": lambda pair: Ready(instants.period(*pair)) if all(map(instants.parse, pair)) else " ".join(pair),
        "lasting": lambda pair: instants.length(*pair),
        "shell": shlex.quote,
        "chain": attack.in_chain_order,
    }
    return environment


def _finalize(value: Any) -> Any:
    return plain(value) if isinstance(value, str) and not isinstance(value, Ready) else value
