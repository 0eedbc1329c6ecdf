"""A case with tables that were worked out from its own: what many queries need is computed once, while they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keywitness.model.schema import Schema
from keywitness.store.relation import Relation
from keywitness.store.segments import literal
from keywitness.store.snapshot import Snapshot


@dataclass(frozen=True)
class DerivedTable:
    """Rows of a query in a Parquet file, in physical form.

    Args:
        schema: Its columns; in the file they are `c0`, `c1` and so on.
        file: Inside the case folder.
        whole: The rows say something of all evidence together, or have no time: a window cannot be cut out of them.
    """

    schema: Schema
    file: Path
    whole: bool


@dataclass(frozen=True)
class DerivedSnapshot(Snapshot):
    """A snapshot in which some functions are tables.

    Args:
        derived: The tables, by name.
    """

    derived: Mapping[str, DerivedTable] = field(default_factory=dict)

    def schema(self, table: str) -> Schema | None:
        """As for any table of the case."""
        return self.derived[table].schema if table in self.derived else super().schema(table)

    def relation(self, table: str) -> Relation:
        """How DuckDB reads a table."""
        if table not in self.derived:
            return super().relation(table)
        made = self.derived[table]
        file = f"read_parquet({literal(str(made.file))}, hive_partitioning = false)"
        return Relation(file, {c.name: f"c{i}" for i, c in enumerate(made.schema)})
