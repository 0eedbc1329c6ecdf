"""What the binder must know of a case: its tables and their columns, its functions, watchlists and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from keywitness.kql.plan import File
from keywitness.model import content
from keywitness.model.schema import ROW_COLUMN, Schema
from keywitness.model.tables import known_table, known_tables


@dataclass(frozen=True, slots=True)
class StoredFunction:
    """A function that queries may call without a `let`.

    Args:
        name: As a call writes it.
        text: `(parameters) { body }`.
        first_line: The line of its source where the text begins, for messages.
    """

    name: str
    text: str
    first_line: int = 1


@dataclass(frozen=True, slots=True)
class Watchlist:
    """A list that the case keeps for `_GetWatchlist`.

    Args:
        alias: What queries call it.
        key: The column that `SearchKey` repeats.
        columns: All of its own columns.
        file: Where its rows are.
        updated_at: When it was added, in ticks.
    """

    alias: str
    key: str
    columns: tuple[str, ...]
    file: File
    updated_at: int


class Catalog(Protocol):
    """Tables, functions and lists by name. Names compare with case, as in Kusto."""

    def schema(self, table: str) -> Schema | None:
        """The columns of a table: of the evidence, else of the documentation (known table, no rows), else None."""
        ...

    def has_evidence(self, table: str) -> bool:
        """True when some evidence brought rows for the table."""
        ...

    def names(self) -> Sequence[str]:
        """Every table that `schema` knows, for suggestions and wildcards, in alphabetical order."""
        ...

    def function(self, name: str) -> StoredFunction | None:
        """The function that the case keeps under the name, else the one that comes with keywitness, else None."""
        ...

    def function_names(self) -> Sequence[str]:
        """Every name that `function` knows."""
        ...

    def watchlist(self, alias: str) -> Watchlist | None:
        """The watchlist that the case keeps under the alias, or None."""
        ...

    def watchlist_aliases(self) -> Sequence[str]:
        """Every alias that `watchlist` knows, in alphabetical order."""
        ...

    def files(self, name: str) -> Sequence[File]:
        """The evidence files that a query may mean by a name: an evidence number (`E3`), a path, or the end of one."""
        ...


class EmptyCatalog:
    """No case: only `print`, `range` and `datatable` have something to say, and the functions of keywitness."""

    def schema(self, table: str) -> Schema | None:
        return None

    def has_evidence(self, table: str) -> bool:
        return False

    def names(self) -> Sequence[str]:
        return ()

    def function(self, name: str) -> StoredFunction | None:
        return own_function(name)

    def function_names(self) -> Sequence[str]:
        return sorted(content.function_names())

    def watchlist(self, alias: str) -> Watchlist | None:
        return None

    def watchlist_aliases(self) -> Sequence[str]:
        return ()

    def files(self, name: str) -> Sequence[File]:
        return ()


class Documented(EmptyCatalog):
    """The log tables that Azure documents, as if each had evidence."""

    def schema(self, table: str) -> Schema | None:
        return _documented(table)

    def has_evidence(self, table: str) -> bool:
        return _documented(table) is not None

    def names(self) -> Sequence[str]:
        return known_tables()


@cache
def _documented(table: str) -> Schema | None:
    known = known_table(table)
    return None if known is None else Schema.of((*known, ROW_COLUMN))


def function_text(parameters: str, body: str) -> str:
    """A function as the parser reads it: one line of parameters, then the body as it is."""
    return f"({' '.join(parameters.split())}) {{\n{body}\n}}"


@cache
def own_function(name: str) -> StoredFunction | None:
    """A function that comes with keywitness (`content/functions`), or None."""
    if name not in content.function_names():
        return None
    source = content.content("functions", f"{name}.kql").read_text("utf-8")
    head, _, text = source.partition(f"let {name} = ")
    return StoredFunction(name, text.rstrip().removesuffix(";"), head.count("\n") + 1)
