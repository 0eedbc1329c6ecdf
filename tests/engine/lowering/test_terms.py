"""Patterns of terms: RE2 and the kernel must agree on what a term is."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.engine import sql
from keywitness.engine.kernels.texts import holds_term
from keywitness.engine.lowering.terms import has_term, quote

_ALPHABET = st.text(alphabet="aB1_-. /é\n%", max_size=8)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as made:
        yield made


@settings(max_examples=150)
@given(text=_ALPHABET, term=_ALPHABET, fold=st.booleans(), start=st.booleans(), end=st.booleans())
def test_both_ways_agree(connection, text, term, fold, start, end) -> None:
    tree = has_term(sql.text(text), term, fold=fold, start=start, end=end)
    (found,) = connection.execute("SELECT " + tree.sql(dialect="duckdb")).fetchone()
    assert found == holds_term(text, term, fold=fold, start=start, end=end)


@settings(max_examples=100)
@given(st.text(min_size=1, max_size=6))
def test_a_quoted_text_matches_itself(connection, text) -> None:
    text = text.encode("utf-8", "ignore").decode().replace("\0", "") or "x"
    (found,) = connection.execute("SELECT regexp_full_match(?, ?)", [text, "(?s)" + quote(text)]).fetchone()
    assert found
