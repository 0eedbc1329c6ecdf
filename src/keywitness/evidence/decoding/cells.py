"""The cells of one row of a documented table, filled without losing what does not fit."""

from __future__ import annotations

from typing import Any

from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.values import NotExact, as_text, json_text, physical
from keywitness.model.schema import KqlType
from keywitness.model.tables import AUDIT_TABLE, SUFFIXES

#: Where values go that no column of the table can hold.
REST = "AdditionalFields"
_SUFFIXES = frozenset(SUFFIXES.values())


class Cells:
    """A row under construction.

    Args:
        table: Its table.
        schemas: Column types.
    """

    def __init__(self, table: str, schemas: Schemas) -> None:
        self.row: dict[str, Any] = {}
        self._table = table
        self._schemas = schemas
        self._types = schemas.of(table)
        self._extra: dict[str, Any] = {}

    def set(self, column: str, cell: Any) -> None:
        """Set a cell that is already in physical form; empty text is no value."""
        if cell != "":
            self.row[column] = cell

    def put(self, column: str, value: Any, *, name: str = "") -> None:
        """Put a JSON value; what the column cannot hold, or what contradicts its value, is kept beside the columns.

        Args:
            column: A column with a decided type.
            value: From the record.
            name: What the record calls it.
        """
        if not self.place(column, value):
            self.keep(name or column, value)

    def place(self, column: str, value: Any) -> bool:
        """Put a JSON value, if the row can hold it.

        Returns:
            False when it is neither in the row now nor empty: it must be kept elsewhere.
        """
        if value is None:
            return True
        try:
            cell = physical(value, self._types.get(column) or self._schemas.type(self._table, column) or KqlType.STRING)
        except NotExact:
            twin = f"{column[:-2]}_s"
            if value == "" or self._table != AUDIT_TABLE or column[-2:] not in _SUFFIXES or twin in self.row:
                return bool(value == "")
            self.row[twin] = as_text(value)  # as Log Analytics does: the suffix follows the value
            return True
        return bool(cell == "" or cell is None or self.row.setdefault(column, cell) == cell)

    def keep(self, name: str, value: Any) -> None:
        """Keep a value beside the columns."""
        if value is not None:
            unused, count = name, 1
            while unused in self._extra:
                count += 1
                unused = f"{name}#{count}"
            self._extra[unused] = value

    def finish(self) -> dict[str, Any]:
        """The row, with everything that found no column."""
        if self._extra:
            present = self.row.get(REST)
            if isinstance(present, str):
                self._extra = {REST: present, **self._extra}
            self._schemas.of(self._table).setdefault(REST, KqlType.DYNAMIC)
            self.row[REST] = json_text(self._extra)
        return self.row
