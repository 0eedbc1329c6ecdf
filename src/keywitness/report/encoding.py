"""What every machine-readable form shares: JSON that any reader takes, and ids that the same document always gives.

Texts from logs are handed over unchanged, written in ASCII with JSON's escapes, so that no terminal and no log viewer
on the way acts on them. Half surrogates, which UTF-8 cannot hold, are written as the text of their escape.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from keywitness.report import instants

#: Half of a surrogate pair: file names of Linux may carry them, UTF-8 cannot.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
#: Namespace of ids of ours (UUID version 5): any constant serves, as long as it never changes.
NAMESPACE = uuid.UUID("6b8f1c3e-9a57-5d20-8f4b-2c7d90e1a364")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def json_bytes(value: Any) -> bytes:
    """One JSON value, two spaces deep, with a last newline."""
    return json.dumps(encodable(value), indent=2, allow_nan=False).encode("ascii") + b"\n"


def json_lines(values: Iterable[Any]) -> bytes:
    """One JSON value per line."""
    return b"".join(json.dumps(encodable(value), allow_nan=False).encode("ascii") + b"\n" for value in values)


def encodable(value: Any) -> Any:
    """The value without half surrogates."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", value)
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encodable(item) for item in value]
    return value


def uid(*parts: str) -> uuid.UUID:
    """The id of a thing that `parts` name: the same everywhere, at any time."""
    return uuid.uuid5(NAMESPACE, encodable("\x1f".join(parts)))


def micros(text: str) -> int | None:
    """Microseconds since 1970 of a time of the document; None when it is no time."""
    at = instants.parse(text)
    if at is None:
        return None
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def millis(text: str) -> int | None:
    """Milliseconds since 1970 of a time of the document; None when it is no time."""
    count = micros(text)
    return None if count is None else count // 1_000


def is_address(text: str) -> bool:
    """Whether a text of a log is an IP address, without zone or mask."""
    try:
        return "%" not in text and bool(ip_address(text))
    except ValueError:
        return False


def known(**fields: Any) -> dict[str, Any]:
    """The fields that say something: those that are empty are left out, as both OCSF and STIX want it."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {}, ())}
