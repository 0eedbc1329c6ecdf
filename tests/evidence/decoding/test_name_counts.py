"""The count of names never says less than there is."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.evidence.decoding.name_counts import name_counts

TEXTS = st.one_of(st.text(max_size=4), st.sampled_from(["", "None", '":', '\\":', '":null', '":""', "{", "back\\"]))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def counted(text: bytes, *blanks: str, embedded: bool = False) -> int:
    found = name_counts(np.frombuffer(text, np.uint8), np.array([0, len(text)], np.int64), blanks, embedded=embedded)
    return int(found[0])


def names(value: Any, blanks: tuple[str, ...]) -> int:
    """Names with a value, counted the slow way."""
    if isinstance(value, list):
        return sum(names(v, blanks) for v in value)
    if not isinstance(value, dict):
        return 0
    return sum((v is not None and v != {} and v not in blanks) + names(v, blanks) for v in value.values())


@settings(deadline=None)
@given(
    st.dictionaries(TEXTS, VALUES, max_size=4),
    st.sampled_from([(), ("",), ("", "None")]),
    st.sampled_from([":", ": "]),
    st.booleans(),
    st.booleans(),
)
def test_a_count_is_never_too_low(
    record: dict[str, Any], blanks: tuple[str, ...], spaced: str, ascii_only: bool, embedded: bool
) -> None:
    text = json.dumps(record, separators=(",", spaced), ensure_ascii=ascii_only).encode("utf-8", "replace")
    found = counted(text, *blanks, embedded=embedded)
    assert found == -1 or found >= names(json.loads(text), blanks)


@pytest.mark.parametrize("spaced", [":", ": "])
@pytest.mark.parametrize(
    ("value", "blanks", "count"),
    [
        ({"a": 1, "b": None, "c": {}, "d": "x", "e": {"f": 2, "g": None}}, (), 4),
        ({"a": "", "b": "None", "c": "Nones"}, (), 3),
        ({"a": "", "b": "None", "c": "Nones"}, ("",), 2),
        ({"a": "", "b": "None", "c": "Nones"}, ("", "None"), 1),
        ({"a": ' "b":1 '}, (), 2),
    ],
)
def test_ordinary_records_are_counted_exactly(value: Any, blanks: tuple[str, ...], count: int, spaced: str) -> None:
    assert counted(json.dumps(value, separators=(",", spaced)).encode(), *blanks) == count


def test_a_json_text_inside_a_record_is_left_out_when_it_is_counted_for_itself() -> None:
    inner = json.dumps({"claim": {"oid": "x"}})
    assert counted(json.dumps({"Identity": inner}).encode(), embedded=True) == 1
    assert counted(json.dumps({"Identity": inner}).encode()) == 3
    assert counted(json.dumps({'ends in a "\\': 1}).encode(), embedded=True) == -1


@pytest.mark.parametrize("text", [b'{"a" :1}', b'{"a":  1}', b'{"a":\t1}', b'{"a":{ }}'])
def test_unusual_white_space_proves_nothing(text: bytes) -> None:
    assert counted(text) == -1
