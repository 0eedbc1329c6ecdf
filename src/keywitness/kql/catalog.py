"""What the binder must know of a case: the tables and their columns, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from keywitness.model.schema import Schema


class Catalog(Protocol):
    """Tables by name. Table names compare with case, as in Kusto."""

    def schema(self, table: str) -> Schema | None:
        """The columns of a table: of the evidence, else of the documentation (known table, no rows), else None."""
        ...

    def has_evidence(self, table: str) -> bool:
        """True when some evidence brought rows for the table."""
        ...

    def names(self) -> Sequence[str]:
        """Every table that `schema` knows, for suggestions and wildcards, in alphabetical order."""
        ...


class EmptyCatalog:
    """No case: only `print`, `range` and `datatable` have something to say."""

    def schema(self, table: str) -> Schema | None:
        return None

    def has_evidence(self, table: str) -> bool:
        return False

    def names(self) -> Sequence[str]:
        return ()
