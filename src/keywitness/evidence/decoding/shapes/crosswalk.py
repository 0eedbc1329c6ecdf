"""Rows of `AZKVAuditLogs` back into the flat columns that they were made of: the rules that both ways of reading share.

The columns themselves are data: `content/crosswalk/azkvauditlogs.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from keywitness.evidence.decoding.flatten import Path, leaves
from keywitness.model.tables import AUDIT_VIEW, CrosswalkColumn, audit_crosswalk

#: The table whose rows are crossed.
CROSSED = AUDIT_VIEW
#: Columns that say which table a row is from, and are not of the table.
LABELS = ("$table", "TableName")
#: What `az` calls the table of every answer.
PRIMARY = "PrimaryResult"
#: How `az` prints null.
PRINTED_NULL = "None"
#: The two spellings of a column that exports write twice.
TWINS = ("_dynamic", "_string")
_RAW_NAMES = ("clientInfo", "requestUri", "httpStatusCode")


@cache
def crosswalk() -> dict[str, CrosswalkColumn]:
    """Where each column of the table comes from."""
    return {entry.column: entry for entry in audit_crosswalk()}


def restates(entry: CrosswalkColumn, value: Any) -> bool:
    """The object is the whole of the raw record's properties, which other columns restate."""
    return (
        entry.column == "Properties"
        and isinstance(value, dict)
        and any(value.get(name) not in (None, {}) for name in _RAW_NAMES)
    )


def members(entry: CrosswalkColumn, value: Any) -> Iterator[tuple[Path, Any]]:
    """What a dynamic column says, by the places in the raw record. Empty text says nothing."""
    base = entry.object_path[:1] if restates(entry, value) else entry.object_path
    for path, leaf in leaves(value, base):
        if leaf != "":
            yield path, leaf
