"""Where the service has its tables from: a case, the documentation, or what the caller says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from keywitness.kql.catalog import Catalog, Documented, EmptyCatalog
from keywitness.model.schema import Column, KqlType, Schema

#: A case's snapshot, tables with their columns and types, or None for the documented tables of Azure.
Tables: TypeAlias = Catalog | Mapping[str, Mapping[str, str]] | None


class Given(EmptyCatalog):
    """Tables as their caller lists them."""

    def __init__(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        self._schemas = {
            table: Schema(Column(name, KqlType(type)) for name, type in columns.items())
            for table, columns in tables.items()
        }

    def schema(self, table: str) -> Schema | None:
        return self._schemas.get(table)

    def has_evidence(self, table: str) -> bool:
        return table in self._schemas

    def names(self) -> Sequence[str]:
        return sorted(self._schemas)


def tables(mapping: Mapping[str, Mapping[str, str]]) -> Catalog:
    """Tables for the functions of the service: `{"T": {"Name": "string", "At": "datetime"}}`.

    Raises:
        ValueError: If a type is none of KQL.

    Example:
        >>> tables({"T": {"Name": "string"}}).names()
        ['T']
    """
    return Given(mapping)


_DOCUMENTED = Documented()


def catalog_of(tables: Tables) -> Catalog:
    """The catalog that a caller means.

    Raises:
        ValueError: If a mapping names a type that KQL does not have.
    """
    if tables is None:
        return _DOCUMENTED
    return Given(tables) if isinstance(tables, Mapping) else tables
