"""Objects -> rows of the inventory tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keywitness.evidence.decoding.cells import Cells
from keywitness.evidence.decoding.export import Export
from keywitness.evidence.decoding.json_record import parse_json
from keywitness.evidence.decoding.row import DecodedRow, Unfit
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.inventory import azurehound, powershell
from keywitness.evidence.decoding.shapes.inventory.details import DETAILS, Named
from keywitness.evidence.decoding.shapes.inventory.plan import MOST_PLANS, Plan, make_plan
from keywitness.evidence.decoding.shapes.inventory.properties import columns_by_property
from keywitness.evidence.decoding.shapes.inventory.recognition import inside, is_logged, table_of
from keywitness.evidence.decoding.shapes.inventory.relations import relations

#: Tables whose remaining properties stand in `Properties`; elsewhere they are in `AdditionalFields`.
_WITH_PROPERTIES = frozenset(("KeyVaults", "Resources"))
#: Said by the table itself, or by nothing that could be asked for.
_SAID = frozenset(("@odata.type", "@odata.context", "@odata.id", "@odata.etag", "odatatype"))
_TABLE_ANSWER = (
    "an answer of Resource Graph in its form of columns and rows: ask for objects "
    '("resultFormat": "objectArray"), or save what `az graph query` prints'
)


class InventoryObjects:
    """Decodes exported objects.

    Args:
        schemas: Column types.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._plans: dict[tuple[Any, ...], Plan | None] = {}

    def rows(self, record: dict[str, Any], text: bytes, export: Export) -> list[DecodedRow] | None:
        """The rows of an object: its own, and those of members and owners that it lists; None when it is none.

        Args:
            record: The object.
            text: Its bytes: with the export they are its identity.
            export: Where it stands.
        Raises:
            Unfit: It is an object, but what it is cannot be said, or what it belongs to.
        """
        plan = self.plan(record, export)
        if plan is not None and (cells := plan.cells(record, Cells(plan.table, self._schemas))) is not None:
            return [self._finished(plan.table, plan.source, cells, export, text, 0)]
        if is_logged(record):
            return None
        if (listed := inside(record)) is not None:
            return self._listed(record, listed, text, export)
        if record.get("value") == [] and isinstance(record.get("takenAt"), str):
            export = replace(export, context={**export.context, "takenAt": record["takenAt"]})
        if azurehound.is_wrapped(record):
            source, found = "azurehound", azurehound.objects(record)
        else:
            if "totalRecords" in record and isinstance(record.get("data"), dict):
                raise Unfit(_TABLE_ANSWER)
            source, found = "", [("", record)]
        rows: list[DecodedRow] = []
        for said, inner in found:
            named = _named(inner)
            table = said or table_of(named.values, dict(export.context))
            if table is None:
                return None
            spoken = source or _source(table, inner, export)
            if spoken == "powershell":
                named = _named(powershell.adapted(table, inner))
            for kind, part in ((table, named), *relations(table, named)):
                rows.append(self._row(kind, part, spoken, export, text, len(rows)))
        return rows

    def _listed(
        self, record: dict[str, Any], listed: list[dict[str, Any]], text: bytes, export: Export
    ) -> list[DecodedRow] | None:
        """The objects of an envelope that is one record, a line for itself."""
        said = {name: value for name, value in record.items() if isinstance(value, str)}
        inner = replace(export, context={**export.context, **said, "envelope": "value"})
        rows: list[DecodedRow] = []
        for number, item in enumerate(listed):
            found = self.rows(item, text + str(number).encode(), inner)
            if found is None:
                return None
            rows += found
        return rows

    def _row(self, table: str, named: Named, source: str, export: Export, text: bytes, index: int) -> DecodedRow:
        cells = Cells(table, self._schemas)
        if table in DETAILS:
            named = DETAILS[table](named, export.context)
        columns = columns_by_property(table)
        rest: dict[str, Any] = {}
        for name, value in named.values.items():
            column = columns.get(name)
            if value is None:
                continue
            if column is None:
                rest[named.spelling.get(name, name)] = value
            else:
                cells.put(column, value, name=named.spelling.get(name, name))
        self._keep(table, cells, rest)
        return self._finished(table, source, cells, export, text, index)

    def plan(self, record: dict[str, Any], export: Export) -> Plan | None:
        """How objects with these names are read, when all of it follows from the names."""
        context = export.context
        key = (
            tuple(record),
            record.get("type"),
            tuple(inner) if isinstance(inner := record.get("properties"), dict) else None,
            context.get("@odata.context"),
            context.get("envelope"),
        )
        if not isinstance(key[1], str | None) or export.csv or "groupId" in context or "ownersOf" in context:
            return None
        if key not in self._plans:
            self._plans[key] = self._planned(record, export) if len(self._plans) < MOST_PLANS else None
        return self._plans[key]

    def _planned(self, record: dict[str, Any], export: Export) -> Plan | None:
        if is_logged(record) or inside(record) is not None or azurehound.is_wrapped(record):
            return None
        try:
            table = table_of(_named(record).values, dict(export.context))
        except Unfit:
            return None
        if table is None:
            return None
        source = _source(table, record, export)
        return None if source == "powershell" else make_plan(table, source, record, self._schemas)

    def _finished(self, table: str, source: str, cells: Cells, export: Export, text: bytes, index: int) -> DecodedRow:
        cells.set("SnapshotSource", source)
        if (taken_at := export.taken_at) is not None:
            cells.set("TimeGenerated", taken_at)
        key = hashlib.sha256(export.identity(table, index) + text).digest()[:16]
        return DecodedRow(table, cells.finish(), key, f"{table} ({source})")

    def _keep(self, table: str, cells: Cells, rest: dict[str, Any]) -> None:
        for name in [n for n in rest if n.lower() in _SAID]:
            del rest[name]
        if table in _WITH_PROPERTIES:
            if rest:
                cells.put("Properties", rest)
        else:
            for name, value in rest.items():
                cells.keep(name, value)


def present(record: Mapping[str, Any]) -> dict[str, Any]:
    """A row of CSV without its empty cells, objects and lists in it as such."""
    return {n: _cell(v) for n, v in record.items() if v != ""}


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return parse_json(value)
        except Unfit:
            return value
    return None if value == "null" else value


def _named(record: Mapping[str, Any]) -> Named:
    """The properties of an object under names in lower case, those below `properties` beside the others."""
    values: dict[str, Any] = {}
    spelling: dict[str, str] = {}
    inner = _inner(record)
    for name, value in record.items():
        lowered = name.lower()
        if lowered != "properties" or inner is None:
            values.setdefault(lowered, value)
            spelling.setdefault(lowered, name)
    for name, value in (inner or {}).items():
        lowered = name.lower()
        if lowered == "type" and "type" in values:
            lowered = "roletype"  # of a role definition, beside the type of the resource
        if values.get(lowered) is None:
            values[lowered] = value
            spelling[lowered] = name
        elif values[lowered] != value:
            values[f"properties.{lowered}"] = value
    return Named(values, spelling)


def _inner(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    inner = record.get("properties", record.get("Properties"))
    if isinstance(inner, str) and inner.startswith("{"):
        try:
            inner = parse_json(inner)
        except Unfit:
            return None
    return inner if isinstance(inner, dict) else None


_DIRECTORY = frozenset(
    (
        "Applications",
        "ServicePrincipals",
        "Groups",
        "Users",
        "GroupMembers",
        "Owners",
        "AppRoleAssignments",
        "DirectoryRoleAssignments",
    )
)


def _source(table: str, record: Mapping[str, Any], export: Export) -> str:
    """Which tool wrote it, by its habits of spelling and wrapping."""
    if export.csv:
        return "resource-graph"
    first = next((n for n in record if n[:1].isalpha()), "")
    if first[:1].isupper():
        return "powershell"
    if table in _DIRECTORY:
        enveloped = "@odata.context" in record or "envelope" in export.context
        return "graph" if enveloped or "@odata.context" in export.context else "az"
    if export.context.get("envelope") == "data" or ("subscriptionId" in record and "tenantId" in record):
        return "resource-graph"
    nested = isinstance(record.get("properties"), dict)
    return "az" if not nested or "resourceGroup" in record else "arm"
