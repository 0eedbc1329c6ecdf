"""Read copies and merged segments: other files, the same rows."""

from __future__ import annotations

import shutil

import duckdb
import pytest
from tests.store.conftest import decoded, item, table
from tests.store.test_writer import rows_of

from keywitness.errors import StorageFullError
from keywitness.store.compact import compact
from keywitness.store.custody import verify
from keywitness.store.layout import Layout
from keywitness.store.readcopy import make_read_copy
from keywitness.store.snapshot import open_snapshot
from keywitness.store.writer import open_writer

COLUMNS = {"TimeGenerated": "datetime", "Name": "string", "Port": "long"}
ALL = ("_Row", "TimeGenerated", "Name", "Port")


def load(layout: Layout, number: int, columns: dict[str, str] | None = None, *rows: tuple[object, ...]) -> None:
    part = table(columns or COLUMNS, rows or [(number, f"n{number}", number)], evidence=number)
    with open_writer(layout) as writer:
        writer.commit([decoded({"Events": part})], [item(number)], "added")


@pytest.fixture
def loaded(layout: Layout) -> Layout:
    for number in range(1, 6):
        load(layout, number)
    load(layout, 6, {"Name": "string", "name": "string", "New": "string"}, ("a", "b", "c"))
    return layout


def copy(layout: Layout) -> None:
    with open_writer(layout) as writer:
        assert make_read_copy(writer, at_least=1) is not None


def source(layout: Layout) -> str:
    return open_snapshot(layout).relation("Events").sql


def test_a_copy_answers_as_the_segments_do(loaded: Layout) -> None:
    before = rows_of(loaded, "Events", *ALL, "name", "New")
    copy(loaded)
    assert "read_parquet" not in source(loaded)
    assert rows_of(loaded, "Events", *ALL, "name", "New") == before


def test_rows_loaded_later_are_read_beside_the_copy(loaded: Layout) -> None:
    copy(loaded)
    load(loaded, 7, {"Name": "string", "Other": "string"}, ("late", "x"))
    assert "read_parquet" in source(loaded)
    assert "kw_" in source(loaded)
    assert rows_of(loaded, "Events", "Name", "Other")[-2:] == [("a", ""), ("late", "x")]
    copy(loaded)
    assert "read_parquet" not in source(loaded)
    assert rows_of(loaded, "Events", "Name", "Other")[-2:] == [("a", ""), ("late", "x")]


def test_a_deleted_copy_costs_nothing_but_speed(loaded: Layout) -> None:
    before = rows_of(loaded, "Events", *ALL)
    copy(loaded)
    for file in loaded.cache.iterdir():
        file.unlink()
    assert rows_of(loaded, "Events", *ALL) == before
    assert verify(loaded).exit_code == 0


def test_a_changed_copy_is_found_by_verify(loaded: Layout) -> None:
    copy(loaded)
    file = next(loaded.cache.iterdir())
    content = bytearray(file.read_bytes())
    content[-10] ^= 1
    file.write_bytes(content)
    assert [p.part for p in verify(loaded).problems if p.part != "evidence"] == ["read copy"]


def test_two_connections_of_one_process_share_a_copy(loaded: Layout) -> None:
    copy(loaded)
    snapshot = open_snapshot(loaded)
    with duckdb.connect() as one, duckdb.connect() as two:
        for connection in (one, two, one):
            snapshot.prepare(connection)
            relation = snapshot.relation("Events")
            assert connection.sql(f"SELECT count(*) FROM {relation.sql}").fetchall() == [(6,)]


def test_an_unfinished_copy_is_swept(loaded: Layout) -> None:
    loaded.cache.mkdir()
    (loaded.cache / "00000009.duckdb").write_bytes(b"left by a kill")
    (loaded.cache / ".unfinished-00000009.duckdb").write_bytes(b"left by a kill")
    copy(loaded)
    assert len(list(loaded.cache.iterdir())) == 1


def test_merged_segments_hold_the_same_rows(loaded: Layout) -> None:
    before = rows_of(loaded, "Events", *ALL, "name", "New")
    with open_writer(loaded) as writer:
        assert compact(writer, at_least=2) == 6
        assert len(writer.state.tables["Events"].segments) == 1
    assert rows_of(loaded, "Events", *ALL, "name", "New") == before
    assert verify(loaded).problems == ()


def test_a_reader_from_before_a_merge_still_reads(loaded: Layout) -> None:
    snapshot = open_snapshot(loaded)
    with open_writer(loaded) as writer:
        compact(writer, at_least=2)
    load(loaded, 7)
    relation = snapshot.relation("Events")
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT count(*) FROM {relation.sql}").fetchall() == [(6,)]


def test_identities_survive_a_merge(loaded: Layout) -> None:
    with open_writer(loaded) as writer:
        compact(writer, at_least=2)
    with open_writer(loaded) as writer:
        counts = writer.commit([decoded({"Events": table(COLUMNS, [(1, "n1", 1)], evidence=9)})], [item(9)], "added")
    assert counts[9].duplicate == 1


def test_a_copy_that_would_fill_the_disk_is_not_begun(loaded: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    with open_writer(loaded) as writer, pytest.raises(StorageFullError, match="1 are free"):
        make_read_copy(writer, at_least=1)
    assert not loaded.cache.exists()
