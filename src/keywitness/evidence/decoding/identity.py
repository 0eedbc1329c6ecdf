"""The identity of a record: 16 bytes, equal for the same event however it was exported.

A cryptographic hash, so that nobody who can write a user agent can make his record pass for a duplicate.
The columns of the fast path compute the same bytes in DuckDB; `tests/evidence/decoding/test_identity.py` compares them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

#: Between the parts that are hashed.
SEPARATOR = "\x1f"
_MILLISECOND = 10_000


def digest(parts: Sequence[str]) -> bytes:
    """16 bytes from parts, different for different parts wherever the separator stands."""
    text = SEPARATOR.join(parts)
    if text.count(SEPARATOR) != len(parts) - 1:
        text = SEPARATOR * 2 + json.dumps(list(parts))  # no other text begins so: a second part is never empty
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def audit_key(row: Mapping[str, Any]) -> bytes:
    """Key of a Key Vault or Managed HSM audit row, from its `AzureDiagnostics` columns.

    AuditEvent has no event id. With a correlation id the time counts in milliseconds: all that a portal CSV keeps.
    """
    correlation = _text(row, "CorrelationId")
    time = row["TimeGenerated"]
    return digest(
        (
            _text(row, "ResourceId").lower(),
            str(time - time % _MILLISECOND if correlation else time),
            _text(row, "OperationName"),
            correlation,
            _number(row.get("httpStatusCode_d")) or _text(row, "httpStatusCode_s"),
            _text(row, "requestUri_s"),
            _number(row.get("DurationMs")),
            _text(row, "CallerIPAddress"),
            _text(row, "clientInfo_s"),
        )
    )


def content_key(table: str, row: Mapping[str, Any]) -> bytes:
    """Key of a row that has no better identity: all it says."""
    said = sorted((name, value) for name, value in row.items() if value is not None and value != "")
    return digest((table, "content", *(part for name, value in said for part in (name, repr(value)))))


def named_key(table: str, *parts: str) -> bytes:
    """Key of a row that carries an id."""
    return digest((table, "id", *parts))


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _number(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
