"""The contract of an engine: a bound program and a source of tables in, rows out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from keywitness.engine.rows import Rows
    from keywitness.kql.plan import Program
    from keywitness.store.relation import Relation


class Source(Protocol):
    """Where an engine finds the tables of a program."""

    def relation(self, table: str) -> Relation:
        """How to read a table.

        Raises:
            KeyError: If nothing is stored under the name; the engine then answers with no rows.
        """
        ...

    def prepare(self, connection: Any) -> None:
        """Make the relations readable on a connection of an engine, and on every later one to the same database."""
        ...

    def folders(self) -> tuple[str, ...]:
        """The folders that the relations read: no query reaches a file elsewhere."""
        ...


class Engine(Protocol):
    """Runs bound programs."""

    def run(self, program: Program, source: Source) -> Rows:
        """All rows of the program's result.

        Raises:
            QueryError: If the engine cannot say a part of the program exactly, or a value has no answer.
        """
        ...

    def sql(self, program: Program, source: Source) -> str:
        """The SQL that `run` would send, for a person to read."""
        ...


class NoTables:
    """A source for programs that read no table."""

    def relation(self, table: str) -> Relation:
        raise KeyError(table)

    def prepare(self, connection: Any) -> None:
        """Nothing to make ready."""

    def folders(self) -> tuple[str, ...]:
        return ()
