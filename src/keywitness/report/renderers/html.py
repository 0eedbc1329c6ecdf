"""`report.html`: one file for people. No network, no fonts, no script that the content needs.

Everything in a document may have been written by an intruder. Three walls keep it text: Jinja's escaping is on for
every template, `_harmless` makes control and bidirectional characters visible on every output, and the page's content
security policy allows the page's own style and script by their hash and nothing else. No link is made from data.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from keywitness.model.text import visible
from keywitness.report import actors, attack, instants
from keywitness.report.brief import brief
from keywitness.report.document import Document, EvidenceFile, Exposure, ExposureReader, Session
from keywitness.report.figures import SEVERITIES, by_severity, figures, is_suspicious, rank, shapes
from keywitness.report.pictures import access as access_picture
from keywitness.report.pictures import calendar as calendar_picture
from keywitness.report.pictures import coverage as coverage_picture
from keywitness.report.pictures import session as session_picture
from keywitness.report.pictures import timeline as timeline_picture
from keywitness.report.renderer import Renderer

#: Between the words of a name such as PrivilegeEscalation.
_INSIDE_NAME = re.compile("(?<=[a-z])(?=[A-Z])")
#: Findings up to this number stand open; a longer list is read by its headings first.
_MOST_OPEN = 25
#: Vaults whose strips stand open, those with gaps first.
_MOST_STRIPS = 40
#: Sessions of findings that get a picture; further ones are lines of a table.
_MOST_CARDS = 100
#: Calendars that stand open, those with gaps first.
_MOST_MONTHS = 12
#: Identities and addresses with a part of their own, and how many of them with a picture.
_MOST_ACTORS, _MOST_PICTURES = 40, 12
#: What a part on somebody lists of reads and sessions.
_MOST_OF_ACTOR = 200
#: Longer lists of what is ordinary are left out on paper, which then says so.
_MOST_PRINTED = 100
#: A longer text is cut on the page, with the number of characters left off; report.json has it whole.
_MOST_CHARACTERS = 2_000


def render(document: Document) -> bytes:
    """The page."""
    environment = _environment()
    style, script = (environment.get_template(name).render() for name in ("style.css", "script.js"))
    findings = by_severity(document.findings)
    numbers = {finding.id: f"F{index}" for index, finding in enumerate(findings, 1)}
    linked = _by_severity(document)
    queries = {
        query: f"Q{index}" for index, query in enumerate(dict.fromkeys(one.query for one in findings), 1) if query
    }
    matrix = attack.matrix(findings)
    people, places = actors.identities(document), actors.addresses(document)
    page = environment.get_template("report.html").render(
        document=document,
        brief=brief(document),
        matrix=matrix,
        unseen_tactics=[one.name for one in attack.tactics() if one not in {column.tactic for column in matrix}],
        identities=people,
        addresses=places,
        anchors={one.name: one.anchor for group in (people, places) for one in group[:_MOST_ACTORS]},
        most_actors=_MOST_ACTORS,
        most_pictures=_MOST_PICTURES,
        most_reads=_MOST_OF_ACTOR,
        most_months=_MOST_MONTHS,
        days_per_line=calendar_picture.days_per_line,
        coverage=document.coverage,
        figures=figures(document),
        findings=findings,
        numbers=numbers,
        by_id={finding.id: finding for finding in findings},
        queries=queries,
        sessions=linked[:_MOST_CARDS],
        other_sessions=[*linked[_MOST_CARDS:], *(one for one in document.sessions if not one.finding_ids)],
        gapped=[vault for vault in document.coverage.vaults if coverage_picture.has_gap(vault)],
        ungapped=[vault for vault in document.coverage.vaults if not coverage_picture.has_gap(vault)],
        most_strips=_MOST_STRIPS,
        suspicious=[item for item in document.exposure if is_suspicious(item)],
        ordinary=[item for item in document.exposure if not is_suspicious(item)],
        named_files=_named_files(document),
        shapes=shapes(document.coverage.evidence),
        close_ups=timeline_picture.close_ups(document.timeline),
        most_open=_MOST_OPEN,
        most_printed=_MOST_PRINTED,
        rotate_groups=_rotate_groups(document),
        says_all=lambda reason, parts: all(part in reason for part in parts),
        pictures={
            "access": lambda paths: access_picture.picture(
                access_picture.of_paths(paths), title=f"Who makes himself able to read {paths[0].vault}, and how"
            ),
            "calendar": calendar_picture.calendar,
            "strip": coverage_picture.strip,
            "scale": coverage_picture.scale,
            "swimlanes": session_picture.swimlanes,
            "overview": timeline_picture.overview,
        },
        runs=session_picture.runs,
        hours_per_cell=coverage_picture.hours_per_cell,
        style=Markup(style),  # noqa: S704  our own file, without any data
        script=Markup(script),  # noqa: S704  our own file, without any data
        style_hash=_source_hash(style),
        script_hash=_source_hash(script),
    )
    return page.encode("utf-8")


RENDERER = Renderer(name="html", file_name="report.html", render=render)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("keywitness.report.renderers"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "minute": instants.minute,
        "second": instants.second,
        "exact": instants.exact,
        "span": instants.duration,
        "period": lambda pair: instants.period(*pair),
        "lasting": lambda pair: instants.length(*pair),
        "duration": instants.duration,
        "count": lambda value: f"{value:,}",
        "many": _many,
        "cut": _cut,
        "lines": _lines,
        "by_identity": _by_identity,
        "severity_class": lambda severity: severity if severity in SEVERITIES else "informational",
        "shell": shlex.quote,
        "chain": attack.in_chain_order,
        "spaced": lambda name: _INSIDE_NAME.sub(" ", name),
    }
    return environment


def _harmless(value: Any) -> Any:
    """Jinja's last step before escaping, on every `{{ ... }}`."""
    if isinstance(value, Markup):
        # Markup of ours, in which data was escaped before; its line ends are layout.
        return Markup(visible(str(value), keep="\n\t"))  # noqa: S704
    return visible(value) if isinstance(value, str) else value


def _lines(text: str) -> Markup:
    """A text whose line ends mean something, such as a query."""
    return Markup(visible(str(escape(text.replace("\r\n", "\n"))), keep="\n\t"))  # noqa: S704  escaped here


def _cut(text: str, most: int = _MOST_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[:most]} … ({len(text) - most:,} more characters in report.json)"


def _many(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _by_identity(readers: Iterable[ExposureReader]) -> list[tuple[str, int]]:
    """Reads of each identity over its addresses and applications, most first."""
    reads: Counter[str] = Counter()
    for reader in readers:
        reads[reader.identity] += reader.reads
    return sorted(reads.items(), key=lambda pair: (-pair[1], pair[0]))


def _source_hash(source: str) -> str:
    """How a content security policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _by_severity(document: Document) -> list[Session]:
    """Sessions that belong to findings, those of the most severe first."""
    ranks = {finding.id: rank(finding.severity) for finding in document.findings}

    def worst(session: Session) -> int:
        return min((ranks[item] for item in session.finding_ids if item in ranks), default=len(SEVERITIES))

    linked = [session for session in document.sessions if session.finding_ids]
    return sorted(linked, key=lambda session: (worst(session), session.first_at, session.id))


@dataclass(frozen=True, slots=True)
class _RotateGroup:
    """Objects of one vault to be replaced for one reason; their numbers go on from group to group."""

    vault: str
    reason: str
    start: int
    items: tuple[Exposure, ...]


def _rotate_groups(document: Document) -> list[_RotateGroup]:
    groups: dict[tuple[str, str], list[Exposure]] = {}
    for item in document.exposure:
        if item.rotate_now:
            groups.setdefault((item.vault, item.reason), []).append(item)
    found: list[_RotateGroup] = []
    start = 1
    for (vault, reason), items in groups.items():
        found.append(_RotateGroup(vault, reason, start, tuple(items)))
        start += len(items)
    return found


def _named_files(document: Document) -> list[EvidenceFile]:
    """The evidence items that findings or suspicious reads rest on, and those with rejected records."""
    rows = [row.row for finding in document.findings for row in finding.rows]
    rows += [row for item in document.exposure for reader in item.readers if reader.suspicious for row in reader.rows]
    numbers = {row.partition(":")[0] for row in rows}
    return [file for file in document.coverage.evidence if f"E{file.number}" in numbers or file.rejected]
