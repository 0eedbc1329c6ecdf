"""Rows as text or Parquet: the one writer of records of every command.

Times are written as Kusto prints them, with all seven digits. What logs say is hostile: on a terminal and in tables
no control character passes, in CSV no text begins like a formula.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from json.encoder import encode_basestring
from pathlib import Path
from typing import IO, Any

from keywitness.engine.kernels.reals import decimal_text, real_text
from keywitness.engine.rows import Rows
from keywitness.errors import StorageFullError, UsageError
from keywitness.kql.literals import format_datetime, format_timespan
from keywitness.model.schema import KqlType
from keywitness.model.text import visible

FORMATS = ("table", "json", "jsonl", "csv", "parquet")

_NUMBERS = (KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL)
_TEXTS = (KqlType.STRING, KqlType.DYNAMIC)
#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA = re.compile(r"[=+\-@\t\r]")
#: The narrowest that a column of a table is cut to on a terminal.
_NARROWEST = 12


def write_rows(rows: Rows, format: str, out: Path | None = None) -> None:
    """Write rows to standard output, or to a file.

    Args:
        rows: What to write.
        format: One of `FORMATS`.
        out: The file; its folder must exist, an old file is replaced.

    Raises:
        UsageError: If the format is unknown, Parquet is asked for without a file, or the file cannot be written.
    """
    if format not in FORMATS:
        raise UsageError(f"no format '{format}'", help="one of " + ", ".join(FORMATS))
    if format == "parquet":
        if out is None:
            raise UsageError("Parquet is not for a terminal", help="add --out FILE")
        _guarded(out, lambda: _write_parquet(rows, out))
    elif out is None:
        write_text(rows, format, sys.stdout)
    else:
        _guarded(out, lambda: _write_file(rows, format, out))


def write_text(rows: Rows, format: str, stream: IO[str], *, width: int | None = None) -> None:
    """Write rows to a text stream.

    Args:
        rows: What to write.
        format: table, json, jsonl or csv.
        stream: Where to.
        width: Cut the cells of a table to this width; unless said, only a terminal has one.
    """
    terminal = stream.isatty()
    if format == "table":
        if width is None and terminal:
            width = shutil.get_terminal_size().columns
        _write_table(rows, stream, width)
    elif format == "json":
        _write_json(rows, stream)
    elif format == "jsonl":
        for line in _json_objects(rows):
            stream.write(line + "\n")
    else:
        _write_csv(rows, stream, visible if terminal else str)


def _guarded(out: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise StorageFullError(f"cannot write {out}: the disk is full") from error
        raise UsageError(f"cannot write {out}: {error.strerror or error}") from error


def _write_file(rows: Rows, format: str, out: Path) -> None:
    newline = "" if format == "csv" else "\n"
    with out.open("w", encoding="utf-8", newline=newline) as stream:
        write_text(rows, format, stream)


def _write_parquet(rows: Rows, out: Path) -> None:
    import pyarrow.parquet as pq  # start-up time: only this format needs it

    pq.write_table(rows.to_arrow(), out, compression="zstd")


# ---------------------------------------------------------------- cells


def cell_text(value: Any, type_: KqlType) -> str:
    """A physical cell as text, null as the empty one."""
    if value is None:
        return ""
    match type_:
        case KqlType.BOOL:
            return "true" if value else "false"
        case KqlType.DATETIME:
            return format_datetime(value)
        case KqlType.TIMESPAN:
            return format_timespan(value)
        case KqlType.REAL:
            return real_text(value)
        case KqlType.DECIMAL:
            return decimal_text(value)
    return str(value)


def cell_json(value: Any, type_: KqlType) -> str:
    """A physical cell as JSON; reals that JSON has no number for as Kusto's "NaN" and "Infinity"."""
    if value is None:
        return "null"
    match type_:
        case KqlType.BOOL:
            return "true" if value else "false"
        case KqlType.INT | KqlType.LONG:
            return str(value)
        case KqlType.REAL:
            if math.isnan(value):
                return '"NaN"'
            return ('"Infinity"' if value > 0 else '"-Infinity"') if math.isinf(value) else repr(value)
        case KqlType.DYNAMIC:
            return _one_line(value)
    return _harmless(encode_basestring(cell_text(value, type_)))


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        text = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    return _harmless(text)


def _harmless(text: str) -> str:
    """JSON whose strings hold no character that steers a terminal: such stand as JSON escapes."""
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(_json_escape(c) if c != visible(c) else c for c in text)


def _json_escape(char: str) -> str:
    return json.dumps(char)[1:-1] if ord(char) > 0x7F else f"\\u{ord(char):04x}"


def _rendered(rows: Rows, render: Callable[[Any, KqlType], str]) -> Iterator[tuple[str, ...]]:
    for batch in rows.batches():
        columns = [[render(v, c.type) for v in cells] for cells, c in zip(batch, rows.schema, strict=True)]
        yield from zip(*columns, strict=True)


# ---------------------------------------------------------------- formats


def _write_json(rows: Rows, stream: IO[str]) -> None:
    """`{"columns": [{"name", "type"}], "rows": [[...]]}`."""
    columns = [{"name": c.name, "type": str(c.type)} for c in rows.schema]
    stream.write('{"columns":' + _harmless(json.dumps(columns, ensure_ascii=False, separators=(",", ":"))))
    stream.write(',"rows":[')
    between = ""
    for cells in _rendered(rows, cell_json):
        stream.write(between + "[" + ",".join(cells) + "]")
        between = ",\n"
    stream.write("]}\n")


def _json_objects(rows: Rows) -> Iterator[str]:
    names = [_harmless(encode_basestring(c.name)) for c in rows.schema]
    for cells in _rendered(rows, cell_json):
        yield "{" + ",".join(f"{n}:{v}" for n, v in zip(names, cells, strict=True)) + "}"


def _write_csv(rows: Rows, stream: IO[str], clean: Callable[[str], str]) -> None:
    """RFC 4180, with an apostrophe in front of text that a spreadsheet would run."""
    stream.write(",".join(_csv_cell(clean(c.name), is_text=True) for c in rows.schema) + "\r\n")
    text_columns = [c.type in _TEXTS for c in rows.schema]
    for cells in _rendered(rows, cell_text):
        line = ",".join(_csv_cell(clean(v), is_text=t) for v, t in zip(cells, text_columns, strict=True))
        stream.write(line + "\r\n")


def _csv_cell(value: str, *, is_text: bool) -> str:
    if is_text and _FORMULA.match(value):
        value = "'" + value
    if any(c in value for c in ',"\r\n') or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def _write_table(rows: Rows, stream: IO[str], width: int | None) -> None:
    """Aligned columns under their names, numbers to the right; cut only to fit a terminal, which is then said."""
    names = [visible(c.name) for c in rows.schema]
    cells = [tuple(visible(v) for v in row) for row in _rendered(rows, cell_text)]
    widths = [max([_width(n), *(_width(row[i]) for row in cells)]) for i, n in enumerate(names)]
    if width is not None:
        widths = _fitted(widths, width)
    right = [c.type in _NUMBERS for c in rows.schema]
    cut = 0
    for row in [tuple(names), tuple("─" * w for w in widths), *cells]:
        cut += sum(_width(v) > w for v, w in zip(row, widths, strict=True))
        parts = [_aligned(v, w, right=r) for v, w, r in zip(row, widths, right, strict=True)]
        stream.write("  ".join(parts).rstrip() + "\n")
    if cut:
        print(f"note: {cut} cells are cut to fit the terminal; --format jsonl shows them whole", file=sys.stderr)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # start-up time: only wide characters need it

    return cell_len(text)


def _fitted(widths: Sequence[int], total: int) -> list[int]:
    """Widths that fit: the widest columns give way first."""
    fitted = list(widths)
    room = total - 2 * (len(fitted) - 1)
    while sum(fitted) > room:
        widest = max(fitted)
        if widest <= _NARROWEST:
            break
        second = max([w for w in fitted if w < widest], default=_NARROWEST)
        count = fitted.count(widest)
        over = sum(fitted) - room
        target = max(_NARROWEST, second, widest - -(-over // count))
        fitted = [target if w == widest else w for w in fitted]
    return fitted


def _aligned(text: str, width: int, *, right: bool) -> str:
    size = _width(text)
    if size > width:
        if not text.isascii():
            from rich.cells import set_cell_size  # as above

            return set_cell_size(text, width - 1) + "…"
        return text[: width - 1] + "…"
    return " " * (width - size) + text if right else text + " " * (width - size)
