"""Packing and framing: nothing is lost between files and records, whatever the bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evidence.conftest import Loaded, audit_record, compact, load_paths

from keywitness.evidence.reading import read
from keywitness.evidence.source import discover

Load = Callable[..., Loaded]
LINE = compact(audit_record())
PARTS = st.sampled_from(
    [
        LINE,
        LINE + b"\n",
        b"\n",
        b"[",
        b"]",
        b",",
        b'{"records":[',
        b"]}",
        b"\r\n",
        b"a,b\n1,2\n",
        b'"',
        b"\\",
        b"\xff",
        b"\0",
        b"\xef\xbb\xbf",
        b"<html>",
        b'{"a":1}\n',
        LINE[:50],
        b'{"tables":[{"columns":[{"name":"A"}],"rows":[["x"]',
        b"\xff\xfe{\0}\0",
    ]
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.one_of(st.lists(PARTS, max_size=8).map(b"".join), st.binary(max_size=300)))
def test_any_file_ends_in_rows_and_rejected_records_that_lie_inside_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    loaded = load_paths(path)  # checks that read = rows + rejected
    for row in [*(r for rows in loaded.rows.values() for r in rows), *loaded.rejected]:
        assert 0 <= row["_offset"] <= row["_offset"] + row["_length"] <= len(content)
    assert len(loaded.finished) + len(loaded.unreadable) >= 1


def test_many_small_files_share_a_batch_and_a_large_one_is_split(tmp_path: Path) -> None:
    for index in range(50):
        (tmp_path / f"{index:02}.json").write_bytes(LINE + b"\n")
    (tmp_path / "zz.json").write_bytes((LINE + b"\n") * 20_000)
    numbers = iter(range(100))
    batches = list(read(discover([tmp_path]), lambda _: next(numbers), batch_bytes=4 << 20))
    assert len({p.number for p in batches[0].pieces}) >= 50
    assert len(batches) > 1
    assert sum(len(p.starts) for b in batches for p in b.pieces) == 20_050
    large = [p for b in batches for p in b.pieces if p.number == 50]
    assert len(large) > 1
    offsets = [int(o) for p in large for o in p.offsets]
    assert offsets == [i * (len(LINE) + 1) for i in range(20_000)]
    assert [f.facts.stream_size for b in batches for f in b.finished][-1] == 20_000 * (len(LINE) + 1)


def test_an_item_can_be_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(LINE)
    assert list(read(discover([tmp_path]), lambda _: None)) == []


@pytest.mark.parametrize(
    ("content", "framing"),
    [
        (LINE, "JSON Lines"),
        (b"[" + LINE + b"]", "JSON array"),
        (b'{"records":[' + LINE + b"]}", 'JSON envelope "records"'),
        (json.dumps(audit_record(), indent=2).encode(), "JSON objects"),
        (b"a,b\n1,2\n", "CSV"),
        (b"a;b\n1;2\n", "CSV"),
        (b"", "empty"),
        (b"%PDF-1.7", "not recognised"),
    ],
)
def test_the_framing_is_said_for_the_custody_log(load: Load, content: bytes, framing: str) -> None:
    assert [f.framing for f in load(content).finished] == [framing]


def test_encodings_are_noted(load: Load) -> None:
    assert load(LINE.decode().encode("utf-16")).finished[0].notes == ("read as UTF-16-LE",)


def test_an_array_of_many_records_is_not_quadratic(tmp_path: Path) -> None:
    path = tmp_path / "array.json"
    path.write_bytes(b"[" + b",\n".join([LINE] * 30_000) + b"]")
    assert len(load_paths(path, batch_bytes=48 << 20).rows["AzureDiagnostics"]) == 30_000


def test_many_small_arrays_in_one_file_cost_what_they_weigh(tmp_path: Path) -> None:
    """The trap: a look at all that follows for each array, and a copy of the whole text for each piece."""
    arrays = [json.dumps([{"n": n, "text": "x" * (n % 7)}, {"n": -n}], indent=n % 3 or None) for n in range(3000)]
    path = tmp_path / "arrays.json"
    path.write_text("\n".join(arrays))
    batches = list(read(discover([path]), lambda _: 1))
    assert len(batches) == 1
    pieces = batches[0].pieces
    assert sum(len(p.text) for p in pieces) <= path.stat().st_size
    whole = path.read_bytes()
    records = []
    for piece in pieces:
        places = zip(piece.starts, piece.ends, piece.offsets, piece.lengths, strict=True)
        for start, end, offset, length in places:
            assert whole[offset : offset + length] == piece.text[start:end]
            assert whole.count(b"\n", 0, offset) + 1 == piece.line_of(int(start))
            records.append(json.loads(piece.text[start:end])["n"])
    assert records == [sign * n for n in range(3000) for sign in (1, -1)]
