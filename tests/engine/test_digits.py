"""Digits of reals: texts that Kusto printed, and that every text reads back."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.engine.digits import shortest_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # recorded from Microsoft's emulator, in kql-to-sql and duckdb-kql (both MIT)
        (0.1 + 0.2, "0.30000000000000007"),
        (9.999999999999998, "9.999999999999999"),
        (40.764323000000005, "40.764323000000008"),
        (1500.0, "1500.0"),
        (100000000000.0, "100000000000.0"),
        # from the examples of Microsoft's documentation on places (CC-BY-4.0)
        (-0.18756982045002246, "-0.18756982045002247"),
        (51.50245944666557, "51.50245944666557"),
        (2.1016783119165723, "2.1016783119165725"),
        (-73.99910622331991, "-73.99910622331992"),
        (40.75486501361894, "40.75486501361894"),
    ],
)
def test_texts_that_kusto_printed(value, text):
    assert shortest_text(value) == text


def test_forms(subtests):
    forms = {0.0: "0.0", 1e-5: "0.00001", 1e-7: "1e-7", 1e20: "1" + "0" * 20 + ".0", 1e21: "1e21", -2.5e300: "-2.5e300"}
    forms |= {5e-324: "5e-324", 1.7976931348623157e308: "1.7976931348623157e308", 123456789.125: "123456789.125"}
    for value, text in forms.items():
        with subtests.test(text):
            assert shortest_text(value) == text
    assert shortest_text(-0.0) == "-0.0"


@given(st.integers(0, 2**64 - 1))
def test_every_text_reads_back(bits):
    value = struct.unpack("<d", bits.to_bytes(8, "little"))[0]
    if math.isfinite(value):
        text = shortest_text(value)
        assert float(text) == value
        assert len(text.partition("e")[0].replace(".", "").strip("-0")) <= 17
