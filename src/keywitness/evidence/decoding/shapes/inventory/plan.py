"""Objects of which a million come alike: what follows from their names alone is decided once.

The exact way (`objects`) stays the meaning; a plan is made only for objects that it would read name by name, and a test
compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keywitness.evidence.decoding.cells import Cells
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.inventory.properties import columns_by_property
from keywitness.model.schema import KqlType

#: Kinds of objects that are remembered.
MOST_PLANS = 4096
#: Tables whose rows follow name by name, without a look at ids, lists or the envelope.
_PLAIN = frozenset(("Users", "AppRoleAssignments", "RoleAssignments"))
#: Names that give more than a cell.
_SPECIAL = frozenset(("expandedproperties", "state", "members", "owners", "@odata.type", "value"))


@dataclass(frozen=True, slots=True)
class Plan:
    """How objects with certain names are read.

    Args:
        texts: Property and column where text is taken as it is.
        others: Property and column of every other type.
        rest: Properties without a column.
        inner: The same three for `properties`.
        fixed: Cells that are equal for all.
        typed: The objects say their kind in `type`; else an id with a slash is for the exact way.
        type: What they say there.
        names: All their names, in order.
        below: Those below `properties`.
    """

    table: str
    source: str
    texts: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    rest: tuple[str, ...]
    inner: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], tuple[str, ...]]
    fixed: dict[str, Any]
    typed: bool
    type: str | None
    names: tuple[str, ...]
    below: tuple[str, ...] | None

    def cells(self, record: dict[str, Any], cells: Cells) -> Cells | None:
        """The cells of an object, or None when it must go the exact way."""
        if not self.typed and "/" in str(record.get("id", "")):
            return None
        cells.row.update(self.fixed)
        _put(cells, record, self.texts, self.others, self.rest)
        if "properties" in record:
            _put(cells, record["properties"], *self.inner)
        return cells


def make_plan(table: str, source: str, record: Mapping[str, Any], schemas: Schemas) -> Plan | None:
    """A plan for objects named as this one; None when their rows need more than names."""
    inner = record.get("properties")
    outer = [n for n in record if n != "properties"]
    below = list(inner) if isinstance(inner, dict) else []
    lowered = [n.lower() for n in (*outer, *below)]
    if table not in _PLAIN or len(set(lowered)) != len(lowered) or not _SPECIAL.isdisjoint(lowered):
        return None
    if "properties" in record and not isinstance(inner, dict):
        return None
    if any(mark in name for name in (*outer, *below) for mark in '"\\.$*'):
        return None  # a name that a path would not mean
    columns = [columns_by_property(table).get(n) for n in lowered]
    taken = [c for c in columns if c]
    if len(set(taken)) != len(taken):
        return None  # two properties for one column: the first that says something counts
    fixed: dict[str, Any] = {}
    if table == "RoleAssignments":
        type_ = str(record.get("type", "")).lower()
        if not type_:
            return None
        fixed["State"] = "Eligible" if "roleeligibility" in type_ else "Active"
    parts = [_part(table, names, schemas) for names in (outer, below)]
    said = record.get("type")
    below_names = None if inner is None else tuple(below)
    typed = table == "RoleAssignments"
    return Plan(table, source, *parts[0], parts[1], fixed, typed, said, tuple(record), below_names)


def _part(
    table: str, names: list[str], schemas: Schemas
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], tuple[str, ...]]:
    texts, others, rest = [], [], []
    for name in names:
        column = columns_by_property(table).get(name.lower())
        if column is None:
            if name != "type" and not name.startswith("@odata."):
                rest.append(name)
        elif schemas.type(table, column) is KqlType.STRING:
            texts.append((name, column))
        else:
            others.append((name, column))
    return tuple(texts), tuple(others), tuple(rest)


def _put(
    cells: Cells,
    record: dict[str, Any],
    texts: tuple[tuple[str, str], ...],
    others: tuple[tuple[str, str], ...],
    rest: tuple[str, ...],
) -> None:
    row = cells.row
    for name, column in texts:
        value = record[name]
        if isinstance(value, str):
            if value:
                row[column] = value
        elif value is not None:
            cells.put(column, value, name=name)
    for name, column in others:
        value = record[name]
        if value is not None:
            cells.put(column, value, name=name)
    for name in rest:
        if record[name] is not None:
            cells.keep(name, record[name])
