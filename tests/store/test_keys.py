"""The set of identities: exact, whatever collides."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.store import keys
from keywitness.store.keys import KeySet

#: Few different halves, so that keys share one of them all the time.
KEYS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30)


def array(pairs: list[tuple[int, int]]) -> pa.Array:
    data = [high.to_bytes(8, "little") + low.to_bytes(8, "little") for high, low in pairs]
    return pa.array(data, pa.binary(16))


@given(st.lists(KEYS, max_size=8))
def test_known_means_in_the_set_or_earlier_in_the_batch(batches: list[list[tuple[int, int]]]) -> None:
    ours, reference = KeySet(), set()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(key in reference)
            reference.add(key)
        known = ours.known(array(batch))
        assert known.tolist() == expected
        ours.add(array([k for k, seen in zip(batch, expected, strict=True) if not seen]))
        assert len(ours) == len(reference)


def test_slices_and_many_batches(monkeypatch) -> None:
    monkeypatch.setattr(keys, "_FULL_RUN", 10)
    pairs = [(n % 7, n) for n in range(100)]
    ours = KeySet()
    ours.add_all([array(pairs).slice(i, 9) for i in range(0, 99, 9)])
    assert len(ours) == 99
    assert ours.known(array(pairs).slice(50)).tolist() == [True] * 49 + [False]


@pytest.mark.parametrize("room", [True, False])
def test_full_runs_in_files_answer_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: bool) -> None:
    monkeypatch.setattr(keys, "_FULL_RUN", 10)
    folder = tmp_path / "scratch"
    if not room:
        folder.write_text("a file stands where the folder should")
    pairs = [(n % 7, n) for n in range(100)]
    ours = KeySet(folder)
    for start in range(0, 90, 3):
        ours.add(array(pairs[start : start + 3]))
    assert bool(ours._filed) is room
    assert len(ours) == 90
    assert ours.known(array(pairs)).tolist() == [True] * 90 + [False] * 10
    assert not room or list(folder.iterdir()) == [], "the files have no name: nothing is left after a kill"
