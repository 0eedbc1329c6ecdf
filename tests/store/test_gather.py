"""Rows brought together and cut."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.store import gather


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(0, 40))
def test_cutting_and_copying_leave_the_same_rows(dropped: list[bool], most: int) -> None:
    rows = pa.table({"n": list(range(len(dropped)))})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gather, "_MOST_CUTS", most)
        kept = gather.without(rows, np.array(dropped))
    assert kept.column("n").to_pylist() == [n for n, gone in enumerate(dropped) if not gone]
    assert kept.schema == rows.schema
