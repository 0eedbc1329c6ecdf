"""What did they take from our Azure key vaults, and can you prove it?

The public names load on first use, so that importing keywitness costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keywitness import kql
    from keywitness.case import Case, create_case, open_case
    from keywitness.engine.limits import Limits
    from keywitness.engine.query import query
    from keywitness.engine.rows import Rows
    from keywitness.errors import KeywitnessError, QueryError

__version__ = "0.1.0"

_HOMES = {
    "Case": "keywitness.case",
    "KeywitnessError": "keywitness.errors",
    "Limits": "keywitness.engine.limits",
    "QueryError": "keywitness.errors",
    "Rows": "keywitness.engine.rows",
    "create_case": "keywitness.case",
    "open_case": "keywitness.case",
    "query": "keywitness.engine.query",
}

__all__ = [
    "Case", "KeywitnessError", "Limits", "QueryError", "Rows", "__version__", "create_case", "kql", "open_case",
    "query",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "kql":
        return import_module("keywitness.kql")
    if name not in _HOMES:
        raise AttributeError(f"module 'keywitness' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
