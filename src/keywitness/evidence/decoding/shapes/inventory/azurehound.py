"""AzureHound's records: `{"kind": "AZKeyVault", "data": {...}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_wrapped(record: Mapping[str, Any]) -> bool:
    """A record of AzureHound."""
    kind = record.get("kind")
    return isinstance(kind, str) and kind.startswith("AZ") and isinstance(record.get("data"), dict) and len(record) == 2


def objects(record: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The objects of a record, each with its table when the kind says it."""
    return [("", record["data"])]
