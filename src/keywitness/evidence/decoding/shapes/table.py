"""Rows of Log Analytics tables, however they were exported: portal CSV, `az`, query API, JSON Lines.

A row of `AZKVAuditLogs` becomes the `AzureDiagnostics` row of the same event (see the crosswalk). Tables that nobody
documented keep the column names they came with; the values decide the types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from keywitness.evidence.decoding.cells import Cells
from keywitness.evidence.decoding.flatten import Flattener
from keywitness.evidence.decoding.identity import audit_key, content_key
from keywitness.evidence.decoding.json_record import parse_json
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.activity import TABLE as ACTIVITY
from keywitness.evidence.decoding.shapes.activity import activity_key
from keywitness.evidence.decoding.shapes.audit import resource_columns
from keywitness.evidence.decoding.shapes.crosswalk import (
    CROSSED,
    LABELS,
    PRIMARY,
    PRINTED_NULL,
    TWINS,
    crosswalk,
    members,
)
from keywitness.evidence.decoding.shapes.entra import TABLES as ENTRA
from keywitness.evidence.decoding.shapes.entra import entra_key
from keywitness.evidence.decoding.values import guid_of_hex, ticks
from keywitness.model.schema import KqlType
from keywitness.model.tables import AUDIT_TABLE, CrosswalkColumn, known_table, known_tables

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_UTC = re.compile(r"\s*\[UTC\]\Z")
_OTHER_ZONE = re.compile(r"(?P<column>\w+)\s*\[(?P<zone>[^\]]+)\]\Z")
#: The column that says when, in exports that leave TimeGenerated out; documentation gives both the same meaning.
_TIMES = ("CreatedDateTime", "ActivityDateTime")
_DECLARED = {t.value for t in KqlType} - {KqlType.TIMESPAN, KqlType.DECIMAL}


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a column of the export goes."""

    source: str
    column: str
    type: KqlType | None
    zone: str = ""  # of its times, when it is not UTC


@dataclass(frozen=True, slots=True)
class _Plan:
    """How rows with certain column names are read."""

    table: str
    targets: tuple[_Target, ...]


class TableRows:
    """Decodes rows of tables.

    Args:
        schemas: Column types.
        flattener: Columns of audit records.
    """

    def __init__(self, schemas: Schemas, flattener: Flattener) -> None:
        self._schemas = schemas
        self._flattener = flattener
        self._plans: dict[tuple[str, tuple[str, ...]], _Plan] = {}

    def row(self, record: dict[str, Any], *, name: str, table: str = "", types: tuple[str, ...] = ()) -> DecodedRow:
        """Decode one row.

        Args:
            record: Values by the column names of the export.
            name: What to call the table when nothing else names it (the file's stem).
            table: The table's name when the export says it once for all rows.
            types: Types that the export declares for the first columns.
        Raises:
            Unfit: A known log table's row has a time that cannot be read.
        """
        names = tuple(record)
        table = table or _own_name(record) or _by_columns(names) or sanitised(name)
        plan = self._plans.get((table, names))
        if plan is None:
            if table not in known_tables():
                self._declare(table, names, types)
            plan = self._plans[table, names] = self._plan(table, names)
        if plan.table == CROSSED:
            return self._crossed(record, plan)
        cells = Cells(plan.table, self._schemas)
        raw: dict[str, Any] = {}
        said: dict[str, Any] = {}
        for target, value in _said(record, plan):
            said[target.source if target.column in said else target.column] = value
            if target.type is None:
                raw[target.column] = value
            else:
                self._put(cells, target, value)
        return self._finished(plan.table, cells, raw, said)

    def _declare(self, table: str, names: tuple[str, ...], types: tuple[str, ...]) -> None:
        decided = self._schemas.of(table)
        for name, type_ in zip(names, types, strict=False):
            if type_ in _DECLARED and name not in LABELS:
                decided.setdefault(_UTC.sub("", name), KqlType(type_))

    def _put(self, cells: Cells, target: _Target, value: Any) -> None:
        if target.column == "TimeGenerated" and (not isinstance(value, str) or ticks(value) is None):
            raise Unfit("its TimeGenerated cannot be read")
        before = cells.row.get(target.column)
        if before is not None and target.source != target.column:
            return  # the text twin of a dynamic column restates it
        cells.put(target.column, value, name=target.source)

    def _finished(self, table: str, cells: Cells, raw: dict[str, Any], said: dict[str, Any]) -> DecodedRow:
        if table == AUDIT_TABLE:
            resource = cells.row.get("ResourceId") or cells.row.get("_ResourceId")
            if resource:
                cells.row = resource_columns(resource) | cells.row
        if "TimeGenerated" not in cells.row and table in ENTRA.values():
            for column in _TIMES:
                if cells.row.get(column) is not None:
                    cells.set("TimeGenerated", cells.row[column])
        row = cells.finish()
        return DecodedRow(table, row, _key(table, row, raw, said), f"{table} row", raw)

    def _crossed(self, record: dict[str, Any], plan: _Plan) -> DecodedRow:
        cells = Cells(AUDIT_TABLE, self._schemas)
        row, extra, origins = cells.row, dict[str, Any](), crosswalk()
        for target, value in _said(record, plan):
            entry = origins.get(target.column)
            if entry is None:
                extra[target.source] = value
            elif entry.object_path:
                self._uncross(row, extra, entry, value)
            elif entry.sources and not _cross(cells, entry, value):
                extra[target.source] = value
        if "TimeGenerated" not in row:
            raise Unfit("its TimeGenerated cannot be read" if record.get("TimeGenerated") else "it has no time")
        if "_ResourceId" in row:
            row = resource_columns(row["_ResourceId"]) | row
            row["_ResourceId"] = row["_ResourceId"].lower()
        row.setdefault("Category", "AuditEvent")
        row["Type"] = AUDIT_TABLE
        cells.row = row
        for name, value in sorted(extra.items()):  # whatever the order of the columns in the export
            cells.keep(name, value)
        row = cells.finish()
        return DecodedRow(AUDIT_TABLE, row, audit_key(row), f"{CROSSED} row")

    def _uncross(self, row: dict[str, Any], extra: dict[str, Any], entry: CrosswalkColumn, value: Any) -> None:
        """A dynamic column back into the flat columns that its object was made of."""
        if isinstance(value, str):
            try:
                value = parse_json(value)
            except Unfit:
                extra[entry.column] = value
                return
        if isinstance(value, dict):
            for path, leaf in members(entry, value):
                self._flattener.put(row, path, leaf, extra)
        elif value not in (None, ""):
            extra[entry.column] = value

    def _plan(self, table: str, names: tuple[str, ...]) -> _Plan:
        known = {c.name for c in known_table(table) or ()}
        types = self._schemas.of(table)
        present = {_UTC.sub("", n) for n in names}
        targets = []
        for name in names:
            if name in LABELS:
                continue
            column = _UTC.sub("", name)
            zone = _OTHER_ZONE.match(column)
            if zone and self._schemas.type(table, zone["column"]) is KqlType.DATETIME:
                targets.append(_Target(name, zone["column"], KqlType.DATETIME, zone["zone"]))
                continue
            for twin in TWINS:
                base = column.removesuffix(twin)
                if base != column and base in known and base not in present:
                    column = base
            targets.append(_Target(name, column, self._schemas.type(table, column) or types.get(column)))
        # a dynamic twin speaks before its text
        targets.sort(key=lambda t: t.source.endswith("_string"))
        return _Plan(table, tuple(targets))


def _said(record: dict[str, Any], plan: _Plan) -> Iterator[tuple[_Target, Any]]:
    """The columns that say something in a row.

    Raises:
        Unfit: A time is not in UTC.
    """
    nothing: tuple[Any, ...] = (None, "")
    if plan.table in (CROSSED, AUDIT_TABLE):
        nothing += ({},)  # as in the records that these rows were made of
    if record.get("TableName") == PRIMARY:
        nothing += (PRINTED_NULL,)
    for target in plan.targets:
        value = record[target.source]
        if value in nothing:
            continue
        if target.zone:
            raise Unfit(f"its {target.column} is in {target.zone!r}, not UTC: export it again with times in UTC")
        yield target, value


def _cross(cells: Cells, entry: CrosswalkColumn, value: Any) -> bool:
    """A column back into the one that it was made of; false when the row says another thing there."""
    odd = entry.undashed and isinstance(value, str) and guid_of_hex(value) is None
    return cells.place(entry.sources[-1 if odd else 0], value)


def sanitised(name: str) -> str:
    """A table name from a file name.

    Example:
        >>> sanitised("threat indicators-2024")
        'threat_indicators_2024'
    """
    text = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "Evidence"
    return f"T_{text}" if text[0].isdigit() else text


def _own_name(record: dict[str, Any]) -> str:
    """The table that the row itself names."""
    for label in ("$table", "Type", "TableName"):
        name = record.get(label)
        if not isinstance(name, str) or name == PRIMARY or not _NAME.match(name):
            continue
        if name == PRINTED_NULL and record.get("TableName") == PRIMARY:
            continue
        if label != "Type" or known_table(name) is not None or name.endswith("_CL") or "TimeGenerated" in record:
            return name
    return ""


@lru_cache(maxsize=512)
def _by_columns(names: tuple[str, ...]) -> str:
    """The documented table that has nearly all of these columns, when just one fits best."""
    cleaned = {_UTC.sub("", n) for n in names} - set(LABELS)
    columns = {n.removesuffix("_dynamic").removesuffix("_string") for n in cleaned}
    if len(columns) < 5:
        return ""
    scores = sorted(
        ((len(columns & set(s.names())), t) for t in known_tables() if (s := known_table(t)) is not None), reverse=True
    )
    best, table = scores[0]
    if best < 5 or best < 0.9 * len(columns) or best == scores[1][0]:
        return ""
    return table


def _key(table: str, row: dict[str, Any], raw: dict[str, Any], said: dict[str, Any]) -> bytes:
    if table == AUDIT_TABLE and row.get("Category") == "AuditEvent" and "TimeGenerated" in row:
        return audit_key(row)
    if table == ACTIVITY:
        return activity_key(row)
    if table in ENTRA.values():
        return entra_key(table, row, raw)
    if known_table(table) is None:
        return content_key(table, said)  # not the cells: their types are decided by what else was loaded before
    return content_key(table, row | raw)
