"""How an engine reads one table of a case: the border between store and engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Where a value stands in a document: the keys that lead to it.
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A value inside a document that is put together, as SQL over what it is made of.

    Args:
        json: Its JSON text, NULL where there is none: what extraction from the document would give.
        text: The text of that, empty where there is none.
        column: What equals a text exactly where `text` does, if the text begins neither an array nor an object; may be
            empty.
    """

    json: str
    text: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """One table as DuckDB sees it.

    Args:
        sql: A FROM item (`read_parquet([...])`, an attached table, or a parenthesised SELECT).
        columns: For each KQL column of the table, hidden `_Row` included, the SQL expression over `sql` that gives its
            physical form (see `model.schema`); safe as an operand of any operator. Column names of Kusto compare with
            case, DuckDB's do not: the names inside the expressions are the store's own and already safe.
        members: For columns whose documents are put together from other columns: every place where they can hold a
            value, with a way to it that spares the document, or None.
    """

    sql: str
    columns: Mapping[str, str]
    members: Mapping[str, Mapping[Path, Member | None]] = field(default_factory=dict)
