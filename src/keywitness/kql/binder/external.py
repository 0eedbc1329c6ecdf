"""`externaldata`: rows out of evidence files, and out of other local files only where the user allows it.

A query never reaches a network, and reads nothing that the case does not know unless it was started with the word to
do so. Every cell is read as text and converted as `tolong()` and its kin do; JSON records give the property of the
column's name. Facts: externaldata-operator, ingestion-supported-formats (Microsoft's KQL reference).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Rows, Scope
from keywitness.kql.binder.types import BOOL, DYNAMIC, STRING, convert
from keywitness.kql.diagnostics import did_you_mean
from keywitness.model.schema import Column, Schema

FORMATS = ("csv", "json", "multijson", "parquet", "psv", "raw", "scsv", "sohsv", "tsv", "txt")
_UNREAD = ("apacheavro", "avro", "azmonstream", "orc", "singlejson", "sstream", "tsve", "w3clogfile")
_JSON = ("json", "multijson")
_ENDINGS = {"jsonl": "json", "ndjson": "json", "log": "txt", **{f: f for f in FORMATS}}
_COMPRESSED = (".gz", ".zip", ".zst")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(//|$)|.*;(impersonate|managed_identity|token|secret)")
_RECORD = "$record"


def bind_external_data(context: Context, scope: Scope, node: syntax.ExternalData) -> Rows:
    """`externaldata (columns) ["file", ...] with (format = "csv", ignoreFirstRecord = true)`.

    Raises:
        RefusedError: If a file is an address, is not evidence and not allowed, or its format is not read.
    """
    if not node.uris:
        raise diagnostics.bad_value(node.span, "externaldata names no file")
    format, header = _options(node)
    files = tuple(_file(context, uri) for uri in node.uris)
    format = format or _guessed(files)
    columns = [Column(c.name.name, c.type or STRING) for c in node.columns]
    if len({c.name for c in columns}) < len(columns):
        raise diagnostics.already_named(node.span, columns[-1].name)
    if format in _JSON:
        source = plan.External(files, format, Schema([Column(_RECORD, STRING)]), header)
        record = plan.Call("parse_json", (plan.ColumnRef(_RECORD, STRING),), DYNAMIC)
        values: list[plan.Scalar] = [
            plan.Call("member", (record, plan.Literal(c.name, STRING)), DYNAMIC) for c in columns
        ]
    else:
        source = plan.External(files, format, Schema(Column(c.name, STRING) for c in columns), header)
        values = [plan.ColumnRef(c.name, STRING) for c in columns]
    named = tuple(plan.Named(c.name, _typed(v, c)) for c, v in zip(columns, values, strict=True))
    return Rows(plan.Project(source, named))


def _typed(value: plan.Scalar, column: Column) -> plan.Scalar:
    if column.type is DYNAMIC and value.type is STRING:
        return plan.Call("parse_json", (value,), DYNAMIC)
    return convert(value, column.type)


def _file(context: Context, node: syntax.Expression) -> plan.File:
    if not isinstance(node, syntax.Literal) or node.type is not STRING or not node.value:
        raise diagnostics.constant_expected(node.span, "the name of a file")
    name = str(node.value)
    if _ADDRESS.match(name) or name.startswith(("\\\\", "//")):
        help = "download the file, `keywitness ingest` it as evidence, and write its name"
        raise diagnostics.file_refused(node.span, "a query reaches no network", help)
    found = context.catalog.files(name)
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(file.name for file in found[:5])
        raise diagnostics.file_refused(node.span, "the case has several files of that name", f"write one of {shown}")
    if not context.allow_files:
        help = "`keywitness ingest` it first; or start the query with --allow-files to read any local file"
        raise diagnostics.file_refused(node.span, "the case has no such evidence file", help)
    context.note(f"externaldata read {name}, which is not evidence of the case: nothing vouches for it")
    return plan.File(name, name=name)


def _options(node: syntax.ExternalData) -> tuple[str, bool]:
    """The format, empty where the text names none, and whether the first record names columns."""
    format, header = "", False
    known = ("format", "ignoreFirstRecord")
    for option in node.options:
        value = option.value
        if option.name == "format":
            format = _word(value)
            _check_format(value.span, format)
        elif option.name == "ignoreFirstRecord" and isinstance(value, syntax.Literal) and value.type is BOOL:
            header = bool(value.value)
        elif not option.name.startswith("hint."):
            help = did_you_mean(option.name, known, f"known here: {', '.join(known)}")
            raise diagnostics.not_supported(option.span, f"the property {option.name}", help)
    return format, header


def _word(value: syntax.Expression) -> str:
    return value.name if isinstance(value, syntax.NameRef) else str(getattr(value, "value", ""))


def _check_format(span: syntax.Span, format: str) -> None:
    if format in _UNREAD:
        raise diagnostics.not_supported(span, f"the format {format}", "read are " + ", ".join(FORMATS))
    if format not in FORMATS:
        raise diagnostics.bad_value(span, f"'{format}' is no format", did_you_mean(format, FORMATS, ", ".join(FORMATS)))


def _guessed(files: Sequence[plan.File]) -> str:
    """The format that the ending names, as Kusto does; without one it is CSV."""
    name = PurePath((files[0].member or files[0].path).lower())
    while name.suffix in _COMPRESSED:
        name = name.with_suffix("")
    return _ENDINGS.get(name.suffix.removeprefix("."), "csv")
