"""The summary for a terminal: the answer, what it rests on, the findings, what to replace now. Plain text."""

from __future__ import annotations

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from keywitness.model.text import visible
from keywitness.report import instants
from keywitness.report.document import Document, Exposure
from keywitness.report.figures import Figures, by_severity, figures
from keywitness.report.renderer import Renderer

_DEFAULT_WIDTH = 80
_LEAST_WIDTH = 40
_LEAST_COLUMN = 24
_MOST_WIDTH = 120  # longer lines are hard to read
_MOST_FINDINGS = 30
_MOST_OBJECTS = 30
_MOST_GAPS = 6
_INDENT = "  "


def summary(document: Document, *, width: int = _DEFAULT_WIDTH, report: str = "", also: Sequence[str] = ()) -> str:
    """The whole text, with a last newline.

    Args:
        document: The report.
        width: Columns of the terminal; lines are never longer, save words that cannot be broken.
        report: Where report.html lies, to be named at the end; "" leaves it out.
        also: Names of further files beside it.
    """
    width = max(_LEAST_WIDTH, width)
    numbers = figures(document)
    lines = [*_wrapped(document.title, width), ""]
    for sentence in document.summary:
        lines += _wrapped(sentence, width)
    lines += ["", *_coverage(document, numbers, width), ""]
    lines += [*_findings(document, numbers, width), ""]
    lines += [*_rotate(numbers.rotate_now, width), ""]
    lines += _sums(document, numbers, width)
    if report:
        lines += ["", f"Report: {visible(report)}"]
    if also:
        lines += _wrapped(f"Beside it: {', '.join(also)}", width)
    return "\n".join(lines) + "\n"


def print_summary(document: Document, files: Sequence[Path] = ()) -> None:
    """The summary on standard output: as wide as the terminal, 80 columns into a pipe.

    Args:
        document: The report.
        files: The files that were written, the page first.
    """
    columns = shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns if sys.stdout.isatty() else _DEFAULT_WIDTH
    first, also = (str(files[0]), [path.name for path in files[1:]]) if files else ("", [])
    text = summary(document, width=min(columns, _MOST_WIDTH), report=first, also=also if len(also) > 1 else ())
    encoding = sys.stdout.encoding or "utf-8"
    # A terminal that lacks a letter gets its escape, not an error.
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def render(document: Document) -> bytes:
    """The summary at 80 columns."""
    return summary(document).encode("utf-8")


RENDERER = Renderer(name="text", file_name="report.txt", render=render)


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    clean = " ".join(visible(text).split())
    return textwrap.wrap(clean, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False) or [
        indent.rstrip()
    ]


def _bullets(sentences: Iterable[str], width: int) -> list[str]:
    lines: list[str] = []
    for sentence in sentences:
        first, *rest = _wrapped(sentence, width - 4)
        lines += [f"{_INDENT}- {first}", *(f"{_INDENT}  {line}" for line in rest)]
    return lines


def _coverage(document: Document, numbers: Figures, width: int) -> list[str]:
    coverage = document.coverage
    if not coverage.cannot_conclude:
        return [*_wrapped("COVERAGE  No gap was found in the logs that were given.", width)]
    lines = ["WHAT CANNOT BE CONCLUDED"]
    lines += _bullets(coverage.cannot_conclude[:_MOST_GAPS], width)
    more = len(coverage.cannot_conclude) - _MOST_GAPS
    if more > 0:
        lines.append(f"{_INDENT}- and {more} more in the report")
    if numbers.rules_not_run:
        names = ", ".join(rule.rule_id for rule in numbers.rules_not_run)
        lines += _bullets([f"{len(numbers.rules_not_run)} rules did not run: {names}"], width)
    return lines


def _findings(document: Document, numbers: Figures, width: int) -> list[str]:
    findings = by_severity(document.findings)
    if not findings:
        return ["FINDINGS  none"]
    counts = ", ".join(f"{count} {name}" for name, count in numbers.severities)
    rows = [
        (f"F{index}", finding.severity, instants.minute(finding.first_at), finding.title)
        for index, finding in enumerate(findings[:_MOST_FINDINGS], 1)
    ]
    lines = [f"FINDINGS  {len(findings)}: {visible(counts)}", *_table(("", "SEVERITY", "FIRST (UTC)", ""), rows, width)]
    if len(findings) > _MOST_FINDINGS:
        lines.append(f"{_INDENT}and {len(findings) - _MOST_FINDINGS} more in the report")
    return lines


def _rotate(items: Sequence[Exposure], width: int) -> list[str]:
    if not items:
        return ["REPLACE NOW  nothing"]
    rows = [
        (item.object_type, item.vault, item.name + (" (private key left)" if item.private_key_left else ""))
        for item in items[:_MOST_OBJECTS]
    ]
    lines = [f"REPLACE NOW  {len(items)}", *_table(("", "VAULT", "OBJECT"), rows, width)]
    if len(items) > _MOST_OBJECTS:
        lines.append(f"{_INDENT}and {len(items) - _MOST_OBJECTS} more in the report")
    return lines


def _sums(document: Document, numbers: Figures, width: int) -> list[str]:
    total = numbers.evidence
    verb = "=" if total.adds_up else "IS NOT"
    text = (
        f"Evidence: {total.files:,} files, {total.read:,} records read {verb} {total.stored:,} stored + "
        f"{total.duplicate:,} duplicate + {total.rejected:,} rejected. Custody head {document.custody_head[:16]}."
    )
    return _wrapped(text, width)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Columns side by side; the last one takes what is left and is wrapped. Where too little is left, plain lines."""
    cells = [[" ".join(visible(cell).split()) for cell in row] for row in rows]
    widths = [max(_columns(row[index]) for row in [list(headings), *cells]) for index in range(len(headings) - 1)]
    widths = [min(size, max(12, width // 3)) for size in widths]
    rest = width - len(_INDENT) - sum(widths) - 2 * len(widths)
    if rest < _LEAST_COLUMN:
        return [line for row in cells for line in _wrapped("  ".join(filter(None, row)), width, _INDENT)]
    lines = [_line(headings, widths)] if any(headings) else []
    for row in cells:
        first, *more = textwrap.wrap(row[-1], rest, break_on_hyphens=False) or [""]
        lines.append(_line([*row[:-1], first], widths))
        lines += [_line([""] * len(widths) + [line], widths) for line in more]
    return lines


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    fixed = "".join(f"{_fitted(cell, size)}  " for cell, size in zip(row, widths, strict=False))
    return (_INDENT + fixed + row[-1]).rstrip()


def _fitted(text: str, size: int) -> str:
    if _columns(text) <= size:
        return text + " " * (size - _columns(text))
    while _columns(text) > size - 1:
        text = text[:-1]
    return text + "…" + " " * (size - 1 - _columns(text))


def _columns(text: str) -> int:
    """Terminal cells that a text takes: wide characters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
