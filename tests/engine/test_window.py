"""A case as it was seen in a span of time."""

from __future__ import annotations

from keywitness.engine.window import Windowed
from keywitness.store.relation import Relation


class Tables:
    """One table with a time, one without."""

    prepared: object = None

    def relation(self, table: str) -> Relation:
        columns = {"TimeGenerated": "t", "a": "a"} if table == "T" else {"a": "a"}
        return Relation(table, columns)

    def prepare(self, connection: object) -> None:
        self.prepared = connection

    def folders(self) -> tuple[str, ...]:
        return ("there",)


def test_the_first_moment_is_outside_and_the_last_inside() -> None:
    """A row at the border of two windows must stand in one of them only."""
    seen = Windowed(Tables(), 10, 20)
    assert seen.relation("T").sql == "(SELECT * FROM T WHERE t > 10 AND t <= 20)"
    assert seen.relation("T").columns == {"TimeGenerated": "t", "a": "a"}


def test_a_table_without_times_is_whole() -> None:
    assert Windowed(Tables(), 10, 20).relation("U").sql == "U"


def test_the_source_is_made_ready() -> None:
    source = Tables()
    Windowed(source, 10, 20).prepare("connection")
    assert (source.prepared, Windowed(source, 10, 20).folders()) == ("connection", ("there",))
