"""Ends of records found in columns, against a real parser."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.evidence.decoding.framing import Form
from keywitness.evidence.decoding.json_framing import JsonFramer, _quotes

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(alphabet='ab"\\{}[]:,\n é', max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text('ab"\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.lists(
    st.dictionaries(st.sampled_from(["time", "x", 'y"']), VALUES, min_size=1, max_size=3), min_size=1, max_size=5
)


def frame(text: bytes, cuts: list[int]) -> tuple[list[Any], list[str]]:
    """Feed a text in parts; what comes out must be slices of it."""
    framer = JsonFramer()
    values: list[Any] = []
    reasons: list[str] = []
    pending, consumed = b"", 0
    bounds = sorted({min(c, len(text)) for c in cuts} | {len(text)})
    begin = 0
    for bound in bounds:
        pending += text[begin:bound]
        begin = bound
        taken = framer.take(pending, final=bound == len(text))
        for spans in taken.spans:
            for start, end in zip(spans.starts, spans.ends, strict=True):
                assert text[consumed + start : consumed + end] == pending[start:end]
                values.append(json.loads(pending[start:end]))
                if spans.form is Form.CELLS:
                    assert spans.header is not None
        reasons += [r.reason for r in taken.refused]
        pending = pending[taken.consumed :]
        consumed += taken.consumed
    assert not pending.strip(b" \r\n\t,")
    return values, reasons


@settings(max_examples=150, deadline=None)
@given(
    RECORDS,
    st.sampled_from([None, 1, 4]),
    st.sampled_from(["array", "records", "value", "concatenated"]),
    st.lists(st.integers(0, 400), max_size=4),
)
def test_every_record_is_found_wherever_the_text_is_cut(
    records: list[Any], indent: int | None, form: str, cuts: list[int]
) -> None:
    if form == "concatenated":
        text = "\n".join(json.dumps(r, indent=indent) for r in records)
    elif form == "array":
        text = json.dumps(records, indent=indent)
    else:
        text = json.dumps({form: records, "nextLink": "https://example.com/[{"}, indent=indent)
    values, reasons = frame(text.encode(), cuts)
    assert values == records
    assert reasons == []


@pytest.mark.parametrize("indent", [None, 2])
def test_a_query_answer_gives_rows_of_cells_of_every_table(indent: int | None) -> None:
    answer = {
        "tables": [
            {
                "name": "PrimaryResult",
                "columns": [{"name": "A", "type": "string"}, {"name": "B", "type": "long"}],
                "rows": [["x", 1], ["y", 2]],
            },
            {"name": "Other", "columns": [{"name": "C", "type": "string"}], "rows": [["z"]]},
        ]
    }
    text = json.dumps(answer, indent=indent).encode()
    for cuts in ([], [30], [len(text) // 2], list(range(0, len(text), 17))):
        assert frame(text, cuts) == ([["x", 1], ["y", 2], ["z"]], [])


@settings(deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=3))
def test_any_bytes_are_framed_or_refused_without_an_accident(data: bytes, cuts: list[int]) -> None:
    framer = JsonFramer()
    pending = b""
    begin = 0
    for bound in sorted({min(c, len(data)) for c in cuts} | {len(data)}):
        pending += data[begin:bound]
        begin = bound
        taken = framer.take(pending, final=bound == len(data))
        assert 0 <= taken.consumed <= len(pending)
        pending = pending[taken.consumed :]
    assert not pending.strip(b" \r\n\t,\x0b\x0c")


@given(
    st.lists(st.one_of(st.sampled_from([b'"', b"\\", b"x"]), st.integers(1, 40).map(lambda n: b"\\" * n))).map(b"".join)
)
def test_a_quote_is_escaped_behind_an_odd_run_of_backslashes(text: bytes) -> None:
    plain = [m.start(2) for m in re.finditer(rb'(?<!\\)((?:\\\\)*)(")', text)]
    assert _quotes(np.frombuffer(text, np.uint8)).tolist() == plain
