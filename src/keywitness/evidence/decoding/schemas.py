"""Column types, decided once: by documentation, by the case, else by the first values that come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa

from keywitness.evidence.batch import PROVENANCE_FIELDS, DecodedTable
from keywitness.model.arrow import ARROW_TYPES
from keywitness.model.schema import Column, KqlType, Schema
from keywitness.model.tables import AUDIT_TABLE, PATH_METADATA, known_table

_SUFFIXES = {"_s": KqlType.STRING, "_b": KqlType.BOOL, "_d": KqlType.REAL, "_t": KqlType.DATETIME, "_g": KqlType.GUID}


class Schemas:
    """Types of columns by table.

    Args:
        known: Columns of the case's tables.
    """

    def __init__(self, known: Mapping[str, Schema]) -> None:
        self._types: dict[str, dict[str, KqlType]] = {}
        for table, schema in known.items():
            self.of(table).update({c.name: c.type for c in schema if not c.hidden})

    def of(self, table: str) -> dict[str, KqlType]:
        """The decided columns of a table; may grow."""
        types = self._types.get(table)
        if types is None:
            types = self._types[table] = {c.name: c.type for c in known_table(table) or ()}
        return types

    def type(self, table: str, column: str) -> KqlType | None:
        """The decided type of a column, or None."""
        found = self.of(table).get(column)
        if found is None and table == AUDIT_TABLE:
            return _SUFFIXES.get(column[-2:])
        return found

    def unite(self, table: str, parts: Sequence[pa.Table], paths: Mapping[str, tuple[str, ...]]) -> DecodedTable:
        """Several parts of a table as one, columns in the order of the documentation, then as they came.

        Args:
            table: Its name.
            parts: With provenance columns, physical types.
            paths: Where columns without documentation come from, kept as field metadata.
        """
        provenance = [f.name for f in PROVENANCE_FIELDS]
        present = dict.fromkeys(n for part in parts for n in part.column_names if n not in provenance)
        documented = known_table(table) or ()
        names = [c.name for c in documented if c.name in present]
        names += [n for n in present if n not in set(names)]
        columns = [Column(n, self.type(table, n) or KqlType.STRING) for n in names]
        fields = list(PROVENANCE_FIELDS) + [_field(c, table, paths) for c in columns]
        target = pa.schema(fields)
        rows = pa.concat_tables([_complete(part, target, columns) for part in parts])
        return DecodedTable(Schema.of(columns), rows)


def _field(column: Column, table: str, paths: Mapping[str, tuple[str, ...]]) -> pa.Field:
    metadata = None
    if table == AUDIT_TABLE and column.name in paths:
        metadata = {PATH_METADATA: json.dumps(paths[column.name], ensure_ascii=False).encode()}
    return pa.field(column.name, ARROW_TYPES[column.type], metadata=metadata)


def _complete(part: pa.Table, target: pa.Schema, columns: Sequence[Column]) -> pa.Table:
    arrays = []
    types = {c.name: c.type for c in columns}
    for field in target:
        if field.name in part.column_names:
            column = part[field.name]
            arrays.append(column if column.type == field.type else column.cast(field.type))
        elif types[field.name] is KqlType.STRING:
            arrays.append(pa.repeat(pa.scalar("", pa.string()), part.num_rows))
        else:
            arrays.append(pa.nulls(part.num_rows, field.type))
    return pa.table(arrays, schema=target)
