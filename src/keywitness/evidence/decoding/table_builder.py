"""Decoded rows -> Arrow columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from keywitness.evidence.batch import PROVENANCE_FIELDS
from keywitness.evidence.decoding.row import DecodedRow
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.values import NotExact, as_text, ticks
from keywitness.evidence.decoding.values import physical as physical_value
from keywitness.model.arrow import ARROW_TYPES
from keywitness.model.schema import KqlType


class TableBuilder:
    """Collects the rows of one table.

    Args:
        name: The table.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._places: list[tuple[int, int, int]] = []
        self._rows: list[DecodedRow] = []

    def add(self, place: tuple[int, int, int], row: DecodedRow) -> None:
        """Add a row that was read at (evidence number, offset, length)."""
        self._places.append(place)
        self._rows.append(row)

    def table(self, schemas: Schemas) -> pa.Table:
        """The rows as a table with provenance columns. Types of new columns are decided here."""
        numbers, offsets, lengths = zip(*self._places, strict=True)
        evidence, offset, length, key = PROVENANCE_FIELDS
        columns: dict[str, pa.Array] = {
            evidence.name: pa.array(numbers, evidence.type),
            offset.name: pa.array(offsets, offset.type),
            length.name: pa.array(lengths, length.type),
            key.name: pa.array([r.key for r in self._rows], key.type),
        }
        undecided = dict.fromkeys(n for r in self._rows for n in r.raw)
        named = dict.fromkeys(n for r in self._rows for n in r.cells)
        for name in named:
            if name not in undecided:
                type_ = schemas.type(self._name, name) or KqlType.STRING
                schemas.of(self._name).setdefault(name, type_)
                missing = "" if type_ is KqlType.STRING else None
                columns[name] = pa.array([r.cells.get(name, missing) for r in self._rows], ARROW_TYPES[type_])
        for name in undecided:
            self._add_undecided(columns, name, {**named, **undecided}, schemas)
        return pa.table(columns)

    def _add_undecided(
        self, columns: dict[str, pa.Array], name: str, named: Mapping[str, None], schemas: Schemas
    ) -> None:
        """A column that had no type when its rows were read: all its values decide; a later misfit goes beside it.

        Rows whose names were first met after that have their cells already.
        """
        types = schemas.of(self._name)
        type_ = types.setdefault(name, infer([r.raw.get(name) for r in self._rows]))
        cells: list[Any] = []
        misfits: dict[int, str] = {}
        for index, row in enumerate(self._rows):
            value = row.raw.get(name)
            if value == "" and type_ is not KqlType.STRING:
                value = None
            try:
                cells.append(row.cells[name] if name in row.cells else physical_value(value, type_))
            except NotExact:
                cells.append(None)
                misfits[index] = as_text(value)
        columns[name] = pa.array(cells, ARROW_TYPES[type_])
        if misfits:
            twin = f"{name}_string"
            while twin in named:
                twin += "_string"
            types.setdefault(twin, KqlType.STRING)
            columns[twin] = pa.array([misfits.get(i, "") for i in range(len(self._rows))], pa.string())


def infer(values: list[Any]) -> KqlType:
    """The narrowest type that every value has; `string` when they differ, are ambiguous or are all empty."""
    present = [v for v in values if v is not None and v != ""]
    if not present:
        return KqlType.STRING
    for type_ in (KqlType.BOOL, KqlType.LONG, KqlType.REAL, KqlType.DATETIME, KqlType.DYNAMIC):
        if all(_fits(v, type_) for v in present):
            return type_
    return KqlType.STRING


def _fits(value: Any, type_: KqlType) -> bool:
    if type_ is KqlType.DYNAMIC:
        return isinstance(value, dict | list) or (isinstance(value, str) and _is_json_container(value))
    if type_ is KqlType.BOOL:
        return isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))
    if type_ is KqlType.DATETIME:
        return isinstance(value, str) and len(value) >= 16 and ticks(value) is not None
    if isinstance(value, bool):
        return False
    try:
        physical_value(value, type_)
    except NotExact:
        return False
    return not (isinstance(value, str) and type_ is KqlType.LONG and "." in value)


def _is_json_container(text: str) -> bool:
    text = text.strip()
    if text[:1] not in ("{", "["):
        return False
    try:
        physical = physical_value(text, KqlType.DYNAMIC)
    except NotExact:
        return False
    return isinstance(physical, str) and physical[:1] in ("{", "[")
