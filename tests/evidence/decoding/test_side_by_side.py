"""Decoders side by side give what one gives, in the same order."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from tests.case.evidence import lines

from keywitness.evidence.batch import Decoded
from keywitness.evidence.decoding.decoder import Decoder
from keywitness.evidence.decoding.order import Order, Turn
from keywitness.evidence.decoding.side_by_side import Decoders
from keywitness.evidence.reading import Batch, read
from keywitness.evidence.source import discover


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(12):
        (tmp_path / f"{i:02d}.json").write_bytes(lines(i * 50, 50) + b"{broken\n")
        rows = [{"$table": "Ports", "Name": f"n{i}", "Port": str(i) if i % 3 else "http"} for _ in range(5)]
        (tmp_path / f"{i:02d}-ports.json").write_bytes(b"".join(json.dumps(r).encode() + b"\n" for r in rows))
    return tmp_path


def batches(folder: Path) -> list[Batch]:
    numbers = itertools.count(1)
    return list(read(discover([folder]), lambda _: next(numbers), batch_bytes=20_000))


def said(decoded: Decoded) -> tuple[object, ...]:
    tables = {name: (tuple(t.schema), t.rows.to_pylist()) for name, t in decoded.tables.items()}
    return tables, decoded.rejected.to_pylist(), decoded.read, decoded.shapes


def test_the_answer_is_that_of_one_decoder(folder: Path) -> None:
    with Decoder() as one:
        expected = [said(one.decode(batch)) for batch in batches(folder)]
    assert len(expected) > 5
    for _ in range(5):
        with Decoders(3) as several:
            found = list(several.decode(batches(folder), lambda batch: batch.bytes))
        assert [said(decoded) for _, decoded in found] == expected
        assert [facts for facts, _ in found] == [batch.bytes for batch in batches(folder)]


def test_an_error_in_one_batch_reaches_the_caller_and_blocks_nobody(folder: Path) -> None:
    def facts(batch: Batch) -> int:
        return batch.bytes

    broken = batches(folder)
    broken[2].pieces[0] = None  # type: ignore[call-overload]
    with Decoders(2) as several, pytest.raises(AttributeError):
        list(several.decode(broken, facts))


def test_turns_not_taken_are_passed_on() -> None:
    order = Order()
    with order.at(order.place()) as turn, turn(Turn.LEARN):
        pass
    with order.at(order.place()) as turn, turn(Turn.FINISH):
        done = True
    assert done
