"""A document on disk: canonical JSON out, strict JSON in, and the schema of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from keywitness.errors import DocumentError
from keywitness.report.document import SCHEMA_VERSION, Document
from keywitness.report.encoding import encodable


class _Header(msgspec.Struct):
    """What every version of the document begins with."""

    schema_version: int


def encode(document: Document) -> bytes:
    """The document as JSON: fields in the order of their definition, two spaces, one last newline.

    Lone surrogates, which UTF-8 cannot hold, are written as the text of their escape.
    """
    try:
        raw = msgspec.json.encode(document, order="deterministic")
    except UnicodeEncodeError:
        raw = msgspec.json.encode(encodable(msgspec.to_builtins(document)), order="deterministic")
    return msgspec.json.format(raw, indent=2) + b"\n"


def decode(data: bytes, *, source: str = "report.json") -> Document:
    """The document in these bytes.

    Args:
        data: What `encode` wrote.
        source: What to call it in an error.

    Raises:
        DocumentError: If it is no JSON, no report, of a newer version, or has a field that is missing, unknown or of
            another type; the message names the place.
    """
    try:
        header = msgspec.json.decode(data, type=_Header)
    except msgspec.DecodeError as error:
        raise DocumentError(
            f"{source} is not a report: {error}", help="give the report.json that keywitness wrote"
        ) from error
    if header.schema_version != SCHEMA_VERSION:
        age = "newer" if header.schema_version > SCHEMA_VERSION else "older"
        raise DocumentError(
            f"{source} has schema version {header.schema_version}, this keywitness reads {SCHEMA_VERSION}",
            help=f"use the {age} keywitness that wrote it; `made_by` in the file names it",
        )
    try:
        return msgspec.json.decode(data, type=Document)
    except msgspec.DecodeError as error:
        raise DocumentError(
            f"{source} is damaged: {error}", help="write it again with `keywitness investigate`"
        ) from error


def load(path: Path) -> Document:
    """The document in a file; see `decode`.

    Raises:
        DocumentError: If it cannot be read or is not a report.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror}") from error
    return decode(data, source=str(path))


def json_schema() -> bytes:
    """JSON Schema (2020-12) of `report.json`."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"keywitness report, schema version {SCHEMA_VERSION}",
        **msgspec.json.schema(Document),
    }
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2) + b"\n"
