"""A case as it was seen in a span of time: what a scheduled rule, or a workspace's time picker, gives a query."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from keywitness.engine.engine import Source
from keywitness.store.relation import Relation

TIME_COLUMN = "TimeGenerated"


class Windowed:
    """The tables of a source, each with the rows whose `TimeGenerated` is in the window. Tables without one are whole.

    Args:
        source: Where the tables are.
        after: Only later rows, in ticks.
        until: Not later rows, in ticks.
    """

    def __init__(self, source: Source, after: int, until: int) -> None:
        self.source = source
        self.after = after
        self.until = until

    def relation(self, table: str) -> Relation:
        """The table's rows of the window."""
        whole = self.source.relation(table)
        time = whole.columns.get(TIME_COLUMN)
        if time is None:
            return whole
        within = f"{time} > {self.after} AND {time} <= {self.until}"
        return replace(whole, sql=f"(SELECT * FROM {whole.sql} WHERE {within})")

    def prepare(self, connection: Any) -> None:
        """As the source does."""
        self.source.prepare(connection)

    def folders(self) -> tuple[str, ...]:
        """Those of the source."""
        return self.source.folders()
