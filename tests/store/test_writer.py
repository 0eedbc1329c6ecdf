"""Commits: sums, duplicates, atomicity."""

from __future__ import annotations

import dataclasses

import duckdb
import pyarrow as pa
import pytest
from tests.store.conftest import decoded, item, table

from keywitness.store.counts import Counts, SumError
from keywitness.store.layout import Layout
from keywitness.store.snapshot import open_snapshot
from keywitness.store.writer import Writer, open_writer

EVENTS = {"TimeGenerated": "datetime", "Name": "string", "Port": "long"}


def rows_of(layout: Layout, name: str, *columns: str) -> list[tuple[object, ...]]:
    """The rows of a table as a query would read them, in row order."""
    snapshot = open_snapshot(layout)
    relation = snapshot.relation(name)
    with duckdb.connect() as connection:
        snapshot.prepare(connection)
        select = ", ".join(relation.columns[c] for c in columns)
        return connection.sql(f"SELECT {select} FROM {relation.sql} ORDER BY _evidence, _offset").fetchall()


def test_a_commit_is_visible_with_its_rows_and_their_places(layout: Layout) -> None:
    with open_writer(layout) as writer:
        counts = writer.commit([decoded({"Events": table(EVENTS, [(5, "b", 1), (3, "a", 2)])})], [item(1)], "added")
    assert counts == {1: Counts(2, 2, 0, 0)}
    assert rows_of(layout, "Events", "_Row", "TimeGenerated", "Name", "Port") == [
        ("E1:0", 5, "b", 1),
        ("E1:100", 3, "a", 2),
    ]


def test_the_same_rows_again_are_duplicates_with_their_places(layout: Layout) -> None:
    with open_writer(layout) as writer:
        writer.commit([decoded({"Events": table(EVENTS, [(5, "b", 1), (3, "a", 2)])})], [item(1)], "added")
    with open_writer(layout) as writer:  # a new process: identities come from the segments
        again = decoded({"Events": table(EVENTS, [(3, "a", 2), (9, "c", 3)], evidence=2)})
        assert writer.commit([again], [item(2)], "added") == {2: Counts(2, 1, 1, 0)}
        assert writer.state.tables["_duplicates"].rows == 1
    assert [r[0] for r in rows_of(layout, "Events", "_Row")] == ["E1:0", "E1:100", "E2:100"]


def test_duplicates_within_one_commit_keep_the_first(layout: Layout) -> None:
    with open_writer(layout) as writer:
        first = decoded({"Events": table(EVENTS, [(5, "b", 1), (5, "b", 1)])})
        second = decoded({"Events": table(EVENTS, [(5, "b", 1)], evidence=2)})
        counts = writer.commit([first, second], [item(1), item(2)], "added")
    assert counts == {1: Counts(2, 1, 1, 0), 2: Counts(1, 0, 1, 0)}
    assert rows_of(layout, "Events", "_Row") == [("E1:0",)]


def test_of_equal_rows_the_first_read_is_stored_wherever_decoding_put_it(layout: Layout) -> None:
    late = table(EVENTS, [(5, "b", 1)], evidence=2)
    early = table(EVENTS, [(5, "b", 1)], evidence=1)
    both = dataclasses.replace(late, rows=pa.concat_tables([late.rows, early.rows]))
    with open_writer(layout) as writer:
        counts = writer.commit([decoded({"Events": both})], [item(1), item(2)], "added")
    assert counts == {1: Counts(1, 1, 0, 0), 2: Counts(1, 0, 1, 0)}
    assert rows_of(layout, "Events", "_Row") == [("E1:0",)]


def test_rejected_records_count_and_are_kept(layout: Layout) -> None:
    with open_writer(layout) as writer:
        batch = decoded({"Events": table(EVENTS, [(5, "b", 1)])}, [(1, 100, 7, 2, "not JSON", "{broken")])
        assert writer.commit([batch], [item(1)], "added") == {1: Counts(2, 1, 0, 1)}
        assert writer.state.tables["_rejected"].rows == 1


def test_a_batch_that_does_not_add_up_is_never_committed(layout: Layout) -> None:
    with open_writer(layout) as writer:
        whole = decoded({"Events": table(EVENTS, [(5, "b", 1)])})
        with pytest.raises(SumError, match="E1 do not add up: 2 read, 1 stored"):
            writer.commit([dataclasses.replace(whole, read={1: 2})], [item(1)], "added")
        assert len(writer.ledger.files()) == 1, "only the entry of the new case"
        assert writer.commit([whole], [item(1)], "added") == {1: Counts(1, 1, 0, 0)}


def test_rows_without_ledger_entry_do_not_exist_and_are_swept(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill between segment and entry: the file is on disk, the case does not have it."""

    class KilledError(Exception):
        pass

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with open_writer(layout) as writer:
        monkeypatch.setattr(Writer, "_append", killed)
        with pytest.raises(KilledError):
            writer.commit([decoded({"Events": table(EVENTS, [(5, "b", 1)])})], [item(1)], "added")
    monkeypatch.undo()
    assert list(layout.segments.rglob("*.parquet"))
    assert open_snapshot(layout).schema("Events") is None
    with open_writer(layout) as writer:
        assert not list(layout.segments.rglob("*.parquet"))
        writer.commit([decoded({"Events": table(EVENTS, [(5, "b", 1)])})], [item(1)], "added")
    assert rows_of(layout, "Events", "Name") == [("b",)]


def test_column_names_that_differ_in_case_only_stay_apart(layout: Layout) -> None:
    columns = {"a": "long", "A": "long", "_KEY": "string"}
    with open_writer(layout) as writer:
        writer.commit([decoded({"T": table(columns, [(1, 2, "k")])})], [item(1)], "added")
    assert rows_of(layout, "T", "a", "A", "_KEY") == [(1, 2, "k")]


def test_a_column_that_changes_its_type_keeps_every_value(layout: Layout) -> None:
    with open_writer(layout) as writer:
        writer.commit([decoded({"T": table({"Port": "long"}, [(443,)])})], [item(1)], "added")
        writer.commit([decoded({"T": table({"Port": "string"}, [("http",)], evidence=2)})], [item(2)], "added")
    assert str(open_snapshot(layout).schema("T").find("Port").type) == "string"
    assert rows_of(layout, "T", "Port") == [("443",), ("http",)]


def test_new_columns_leave_older_rows_empty(layout: Layout) -> None:
    with open_writer(layout) as writer:
        writer.commit([decoded({"T": table({"A": "string"}, [("x",)])})], [item(1)], "added")
        later = table({"A": "string", "B": "string", "N": "long"}, [("y", "b", 1)], evidence=2)
        writer.commit([decoded({"T": later})], [item(2)], "added")
        writer.commit([decoded({"T": table({"A": "string"}, [("z",)], evidence=3)})], [item(3)], "added")
    assert rows_of(layout, "T", "A", "B", "N") == [("x", "", None), ("y", "b", 1), ("z", "", None)]


def test_hostile_table_and_column_names_stay_names(layout: Layout) -> None:
    name = "../../x'\"; DROP"
    with open_writer(layout) as writer:
        writer.commit([decoded({name: table({'a"b': "string", "c'd": "string"}, [("1", "2")])})], [item(1)], "added")
    assert rows_of(layout, name, 'a"b', "c'd") == [("1", "2")]
    assert all(layout.segments in p.parents for p in layout.root.rglob("*.parquet"))
