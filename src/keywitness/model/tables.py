"""Tables that documentation describes: columns and types, and where Key Vault columns come from in the raw record.

The facts are data: `content/tables/<Table>.json` and `content/crosswalk/azkvauditlogs.json`. Nothing is read at import.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from keywitness.model.schema import Column, KqlType, Schema

#: The one physical table that holds Key Vault and Managed HSM audit records.
AUDIT_TABLE = "AzureDiagnostics"
#: The same records under the names of the resource-specific table: a view, there wherever `AUDIT_TABLE` has rows.
AUDIT_VIEW = "AZKVAuditLogs"

#: Suffix that Log Analytics adds to a column of a custom property, by type.
SUFFIXES: Mapping[KqlType, str] = {
    KqlType.STRING: "_s",
    KqlType.BOOL: "_b",
    KqlType.REAL: "_d",
    KqlType.DATETIME: "_t",
    KqlType.GUID: "_g",
}

_SEPARATORS = re.compile(r"[^A-Za-z0-9_]+")


@cache
def known_tables() -> tuple[str, ...]:
    """Names of the documented tables, in alphabetical order."""
    folder = resources.files("keywitness").joinpath("content", "tables")
    return tuple(sorted(f.name.removesuffix(".json") for f in folder.iterdir() if f.name.endswith(".json")))


@cache
def inventory_tables() -> tuple[str, ...]:
    """Names of the tables that hold objects of inventory, not events."""
    return tuple(name for name in known_tables() if _table_file(name).get("inventory", False))


@cache
def known_table(name: str) -> Schema | None:
    """The documented columns of a table, or None.

    Columns that only other services fill, and billing columns, are `hidden`: they can be named, `*` leaves them out.

    Args:
        name: As KQL spells it; case matters.
    """
    if name not in known_tables():
        return None
    return Schema.of(
        Column(c["name"], KqlType(c["type"]), hidden=c.get("hidden", False)) for c in _table_file(name)["columns"]
    )


@cache
def json_path(column: str) -> tuple[str, ...] | None:
    """Where a documented `AzureDiagnostics` column of Key Vault stands in the raw record, or None.

    Columns that the documentation does not have carry their path as Arrow field metadata (`PATH_METADATA`).
    """
    return _audit_paths().get(column)


#: Arrow field metadata key: the path of a column in the raw record, as a JSON array of strings.
PATH_METADATA = b"kw:path"


def flat_name(path: tuple[str, ...], type: KqlType) -> str:
    """The column name that Log Analytics gives to a custom property.

    Example:
        >>> flat_name(("identity", "claim", "http://schemas.microsoft.com/identity/claims/scope"), KqlType.STRING)
        'identity_claim_http_schemas_microsoft_com_identity_claims_scope_s'
        >>> flat_name(("properties", "httpStatusCode"), KqlType.REAL)
        'httpStatusCode_d'
    """
    parts = path[1:] if len(path) > 1 and path[0] == "properties" else path
    return "_".join(_SEPARATORS.sub("_", part) for part in parts) + SUFFIXES[type]


@dataclass(frozen=True, slots=True)
class CrosswalkColumn:
    """How one `AZKVAuditLogs` column follows from `AzureDiagnostics` columns, and the other way round.

    Exactly one of `sources`, `object_path` and `constant` says something.

    Args:
        column: The `AZKVAuditLogs` column.
        sources: Columns to take the value from, the first that has one; written back to the first.
        undashed: The value is a GUID without dashes.
        object_path: The column is dynamic and holds the JSON object at this path of the raw record: every stored column
            whose path starts with it is a member.
        members: When given, only these keys of that object.
        constant: A fixed value.
    """

    column: str
    sources: tuple[str, ...] = ()
    undashed: bool = False
    object_path: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    constant: str | None = None


@cache
def audit_crosswalk() -> tuple[CrosswalkColumn, ...]:
    """The columns of `AZKVAuditLogs`, each with its origin in `AzureDiagnostics`."""
    text = resources.files("keywitness").joinpath("content", "crosswalk", "azkvauditlogs.json").read_text("utf-8")
    return tuple(
        CrosswalkColumn(
            column=c["column"],
            sources=tuple(c.get("from", ())),
            undashed=c.get("form") == "undashed",
            object_path=tuple(c.get("object", ())),
            members=tuple(c.get("members", ())),
            constant=c.get("constant"),
        )
        for c in json.loads(text)["columns"]
    )


@cache
def _audit_paths() -> dict[str, tuple[str, ...]]:
    return {c["name"]: tuple(c["path"]) for c in _table_file(AUDIT_TABLE)["columns"] if "path" in c}


@cache
def _table_file(name: str) -> Any:
    return json.loads(resources.files("keywitness").joinpath("content", "tables", f"{name}.json").read_text("utf-8"))
