"""The column parser of times against the exact one."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.evidence.decoding.identity import iso_time
from keywitness.evidence.decoding.time_column import ticks_column
from keywitness.evidence.decoding.values import ticks
from keywitness.model.schema import MAX_DATETIME_TICKS

NEAR = st.builds(
    "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{}{}".format,
    st.sampled_from([0, 1, 1600, 1900, 1970, 2000, 2024, 2026, 9999]),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.from_regex(r"[0-9]{0,8}", fullmatch=True),
    st.sampled_from("Zz "),
)


@settings(deadline=None)
@given(st.lists(st.one_of(NEAR, st.none(), st.text(max_size=30), st.integers(0, MAX_DATETIME_TICKS).map(iso_time))))
def test_every_time_is_read_as_the_exact_way_reads_it_or_left_to_it(texts: list[str | None]) -> None:
    read = ticks_column(pa.array(texts, pa.string())).to_pylist()
    for text, found in zip(texts, read, strict=True):
        if found is not None:
            assert text is not None
            assert found == ticks(text)
        elif text is not None and 22 <= len(text) <= 28 and text.endswith("Z") and text.isascii():
            assert ticks(text) is None


@settings(deadline=None)
@given(st.integers(0, MAX_DATETIME_TICKS))
def test_times_are_written_as_they_are_read(moment: int) -> None:
    assert ticks_column(pa.array([iso_time(moment)])).to_pylist() == [moment]


def test_the_column_is_not_written_to() -> None:
    """One row is contiguous both ways round, so turning it round is no copy of its own."""
    column = pa.array([iso_time(639_028_224_009_000_001)])
    read = ticks_column(column)
    assert column.to_pylist() == [iso_time(639_028_224_009_000_001)]
    assert ticks_column(column) == read
