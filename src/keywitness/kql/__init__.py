"""KQL without an engine: what editors and tools ask of a query text.

    from keywitness import kql

    kql.complete(text, position, schema)    what may be written there
    kql.hover(text, position, schema)       what the word there is
    kql.diagnose(text, schema)              why the query would be refused
    kql.format(text)                        the query, laid out
    kql.tokens(text)                        stretches of one kind, for colouring
    kql.columns_read(text, schema)          the tables and columns that the query needs
    kql.tables(mapping)                     a schema to give to these, once

`schema` is a case's snapshot, what `tables` gives, a mapping, or None for the documented log tables of Azure. The
names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keywitness.kql.service.catalogs import tables
    from keywitness.kql.service.colouring import tokens
    from keywitness.kql.service.completion import complete
    from keywitness.kql.service.diagnosing import diagnose
    from keywitness.kql.service.formatting import format
    from keywitness.kql.service.hovering import hover
    from keywitness.kql.service.reading import columns_read
    from keywitness.kql.service.results import (
        Completions,
        Hover,
        Item,
        ItemKind,
        Problem,
        TableRead,
        Token,
        TokenKind,
    )

_RESULTS = ("Completions", "Hover", "Item", "ItemKind", "Problem", "TableRead", "Token", "TokenKind")
_HOMES = {
    "columns_read": ("reading", "columns_read"),
    "complete": ("completion", "complete"),
    "diagnose": ("diagnosing", "diagnose"),
    "format": ("formatting", "format"),
    "hover": ("hovering", "hover"),
    "tables": ("catalogs", "tables"),
    "tokens": ("colouring", "tokens"),
    **{name: ("results", name) for name in _RESULTS},
}

__all__ = [
    "Completions",
    "Hover",
    "Item",
    "ItemKind",
    "Problem",
    "TableRead",
    "Token",
    "TokenKind",
    "columns_read",
    "complete",
    "diagnose",
    "format",
    "hover",
    "tables",
    "tokens",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'keywitness.kql' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(f"keywitness.kql.service.{module}"), attribute)
