"""Raw audit records into the flat, suffixed columns of `AzureDiagnostics`. The exact way, one record at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from keywitness.evidence.decoding.values import NotExact, json_text, own_type, physical
from keywitness.model.schema import KqlType
from keywitness.model.tables import AUDIT_TABLE, flat_name, json_path, known_table

#: Objects below this level of a record become JSON text in one column.
MAX_LEVELS = 10

Path = tuple[str, ...]
Row = dict[str, Any]


@cache
def columns_by_path() -> dict[Path, tuple[str, KqlType]]:
    """The documented column of each path of a raw audit record."""
    schema = known_table(AUDIT_TABLE) or ()
    return {path: (c.name, c.type) for c in schema if (path := json_path(c.name))}


@cache
def _documented_stems() -> frozenset[str]:
    """Names of documented custom columns without their suffix."""
    return frozenset(name[:-2] for name, _ in columns_by_path().values() if name[-2:-1] == "_")


def leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """What a record holds, leaf by leaf. Null and an empty object are absence; arrays are leaves."""
    if value is None or value == {}:
        return
    if isinstance(value, dict) and len(path) < MAX_LEVELS:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


class Flattener:
    """Puts leaves into columns, and remembers where new columns come from.

    Args:
        paths: Filled with the path of every column that the documentation does not have.
        limit: Most columns of the table; what comes later goes to AdditionalFields.
    """

    def __init__(self, limit: int = 500) -> None:
        self.paths: dict[str, Path] = {}
        self._limit = limit - len(columns_by_path())

    def put(self, row: Row, path: Path, value: Any, extra: dict[str, Any]) -> None:
        """Put one leaf into the row, or into `extra` (AdditionalFields) when its column is taken."""
        known = columns_by_path().get(path)
        if known:
            try:
                cell = physical(value, known[1])
            except NotExact:
                known = None
            else:
                if row.setdefault(known[0], cell) is cell:
                    return
                if row[known[0]] == cell:
                    return
        if not path or not any(path):
            extra[".".join(path)] = value
            return
        type_ = own_type(value)
        name = _flat_name(path, type_)
        if name in row or not self._admit(name, path):
            if row.get(name) != (json_text(value) if isinstance(value, dict | list) else value):
                extra[_unused(".".join(path[1:] if path[0] == "properties" else path), extra)] = value
            return
        row[name] = physical(value, type_)

    def owns(self, name: str, path: Path) -> bool:
        """True when the column was given to this path."""
        return self.paths.get(name) == path

    def _admit(self, name: str, path: Path) -> bool:
        if json_path(name) or name[:-2] in _documented_stems():
            self.paths.setdefault(name, path)
            return True  # a documented fact at another place (as Managed HSM writes it), or of another type
        if name in self.paths:
            return self.paths[name] == path  # two properties whose names differ in characters that columns cannot have
        if len(self.paths) >= self._limit:
            return False
        self.paths[name] = path
        return True


@lru_cache(maxsize=16_384)
def _flat_name(path: Path, type_: KqlType) -> str:
    return flat_name(path, type_)


def _unused(name: str, extra: dict[str, Any]) -> str:
    count, unused = 1, name
    while unused in extra:
        count += 1
        unused = f"{name}#{count}"
    return unused
