"""How an engine reads one table of a case: the border between store and engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relation:
    """One table as DuckDB sees it.

    Args:
        sql: A FROM item (`read_parquet([...])`, an attached table, or a parenthesised SELECT).
        columns: For each KQL column of the table, hidden `_Row` included, the SQL expression over `sql` that gives its
            physical form (see `model.schema`); safe as an operand of any operator. Column names of Kusto compare with
            case, DuckDB's do not: the names inside the expressions are the store's own and already safe.
    """

    sql: str
    columns: Mapping[str, str]
