"""The forms in which audit records come by the million, as `audit_columns` reads them: what stands where.

A blob of a diagnostic setting holds the records themselves; a workspace's data export and `az` hold rows of a table.
What a property means is decided where the exact way decides it: by the documented paths, the crosswalk, the suffixes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from keywitness.evidence.decoding.flatten import Flattener, Path, columns_by_path, leaves
from keywitness.evidence.decoding.identity import KEY_COLUMNS
from keywitness.evidence.decoding.json_record import parse_json
from keywitness.evidence.decoding.row import Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.audit import is_audit
from keywitness.evidence.decoding.shapes.crosswalk import (
    CROSSED,
    LABELS,
    PRIMARY,
    PRINTED_NULL,
    TWINS,
    crosswalk,
    members,
    restates,
)
from keywitness.evidence.decoding.table_builder import infer
from keywitness.evidence.decoding.values import own_type
from keywitness.model.schema import KqlType
from keywitness.model.tables import AUDIT_TABLE, SUFFIXES, flat_name, json_path, known_table

#: A column that nobody documented; in small letters are the names that tell one kind of record from another.
_COLUMN = re.compile(r"[A-Z_][A-Za-z0-9_]{0,200}\Z", re.ASCII)
_SUFFIXES = tuple(SUFFIXES.values())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a property goes.

    Args:
        column: Of `AzureDiagnostics`; "" for a member of AdditionalFields.
        type: Of the column.
        by_value: A value that Log Analytics would give another type goes elsewhere.
    """

    column: str
    type: KqlType
    by_value: bool = False


class Shape(Protocol):
    """How records of one form are read.

    Args:
        label: What the custody log calls them.
        time: Name of the time.
        resource: Name of the resource id.
        resource_as_said: The id is kept in the letters of the record.
        said: What every record says, by name.
        blanks: Texts that are no value where a column stands; below, only "" of them.
        texts: Objects are JSON texts.
    """

    label: str
    time: str
    resource: str
    resource_as_said: bool
    said: Mapping[str, str]
    blanks: tuple[str, ...]
    texts: bool

    def holds(self, record: dict[str, Any]) -> bool:
        """The record is of this form."""
        ...

    def leaves(self, record: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
        """The properties of a record, by their paths in it."""
        ...

    def place(self, path: Path, value: Any) -> Place | None:
        """Where a property with such a value goes; None when only the exact way can say."""
        ...


class RawShape:
    """Records as Key Vault writes them.

    Args:
        flattener: Knows which properties own a column.
    """

    label = "Key Vault audit record"
    time = "time"
    resource = "resourceId"
    resource_as_said = False
    said: Mapping[str, str] = {"category": "AuditEvent"}
    blanks: tuple[str, ...] = ()
    texts = False

    def __init__(self, flattener: Flattener) -> None:
        self._flattener = flattener

    def holds(self, record: dict[str, Any]) -> bool:
        return is_audit(record)

    def leaves(self, record: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
        for name, value in record.items():
            if name != "identity" or isinstance(value, dict):  # Managed HSM writes it as text
                yield from leaves(value, (name,))

    def place(self, path: Path, value: Any) -> Place | None:
        if known := columns_by_path().get(path):
            return Place(*known)
        type_ = own_type(value)
        name = flat_name(path, type_)
        if isinstance(value, dict | list) or json_path(name) or not self._flattener.owns(name, path):
            return None
        return Place(name, type_, by_value=True)


class _RowShape:
    """Rows of a table, as an export wrote them or as `az` printed them."""

    time = "TimeGenerated"
    texts = False

    def __init__(self, table: str, *, printed: bool) -> None:
        self.label = f"{table} row"
        self._printed = printed
        self.blanks: tuple[str, ...] = ("", PRINTED_NULL) if printed else ("",)
        self.said: Mapping[str, str] = {"Type": table} | ({"TableName": PRIMARY} if printed else {})

    def holds(self, record: dict[str, Any]) -> bool:
        return (
            self.time in record
            and "$table" not in record
            and all(record.get(name) == text for name, text in self.said.items())
            and (record.get("TableName") == PRIMARY) is self._printed
        )

    def _columns(self, record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Those that say something; of labels and doubled columns only the exact way knows what they say."""
        for name, value in record.items():
            if value not in (None, {}, *self.blanks) and name not in LABELS and not name.endswith(TWINS):
                yield name, value


class CrossedShape(_RowShape):
    """Rows of `AZKVAuditLogs`.

    Args:
        raw: Where the members of objects go.
        schemas: Column types.
        printed: By `az`.
        texts: Objects are JSON texts, as `az` and others write them.
    """

    resource = "_ResourceId"
    resource_as_said = False

    def __init__(self, raw: RawShape, schemas: Schemas, *, printed: bool, texts: bool) -> None:
        super().__init__(CROSSED, printed=printed)
        self.texts = texts
        self._raw = raw
        self._schemas = schemas

    def holds(self, record: dict[str, Any]) -> bool:
        if not super().holds(record):
            return False
        objects = [v for n, v in self._columns(record) if (entry := crosswalk().get(n)) and entry.object_path]
        return any(isinstance(value, str) for value in objects) is self.texts

    def leaves(self, record: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
        for name, value in self._columns(record):
            entry = crosswalk().get(name)
            if entry is None or not entry.object_path:
                yield (name,), value
                continue
            value = _parsed(value) if self.texts else value
            if isinstance(value, dict) and not restates(entry, value):
                for path, leaf in members(entry, value):
                    yield (name, *path[len(entry.object_path) :]), leaf

    def place(self, path: Path, value: Any) -> Place | None:
        entry = crosswalk().get(path[0])
        if entry is None:
            return Place("", KqlType.STRING) if _COLUMN.match(path[0]) else None
        if entry.object_path:
            place = self._raw.place((*entry.object_path, *path[1:]), value)
            return None if place is None or place.column in KEY_COLUMNS else place
        if not entry.sources:
            return None
        type_ = _settled(entry.sources[0], self._schemas)
        return Place(entry.sources[0], type_) if type_ else None


class FlatShape(_RowShape):
    """Rows of `AzureDiagnostics`.

    Args:
        schemas: Column types.
        printed: By `az`.
    """

    resource = "ResourceId"
    resource_as_said = True

    def __init__(self, schemas: Schemas, *, printed: bool) -> None:
        super().__init__(AUDIT_TABLE, printed=printed)
        self.said = {**self.said, "Category": "AuditEvent"}
        self._schemas = schemas

    def leaves(self, record: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
        for name, value in self._columns(record):
            yield (name,), value

    def place(self, path: Path, value: Any) -> Place | None:
        (name,) = path
        type_ = _settled(name, self._schemas)
        if type_ is None and _COLUMN.match(name) and isinstance(value, str) and infer([value]) is KqlType.STRING:
            type_ = self._schemas.of(AUDIT_TABLE).setdefault(name, KqlType.STRING)  # whatever other rows say
        return Place(name, type_) if type_ else None


def shapes(flattener: Flattener, schemas: Schemas) -> tuple[Shape, ...]:
    """All of them."""
    raw = RawShape(flattener)
    return (
        raw,
        CrossedShape(raw, schemas, printed=False, texts=False),
        CrossedShape(raw, schemas, printed=False, texts=True),
        CrossedShape(raw, schemas, printed=True, texts=True),
        *(FlatShape(schemas, printed=printed) for printed in (False, True)),
    )


def _settled(column: str, schemas: Schemas) -> KqlType | None:
    """The type of a column that no evidence decides, if values of such a type can be read in columns."""
    if not column.endswith(_SUFFIXES) and column not in _documented():
        return None
    type_ = schemas.type(AUDIT_TABLE, column)
    return None if type_ is KqlType.DYNAMIC else type_


def _documented() -> frozenset[str]:
    return frozenset(c.name for c in known_table(AUDIT_TABLE) or ())


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value)
    except Unfit:
        return value
