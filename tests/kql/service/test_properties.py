"""Whatever is written: no traceback, and every position lies in the text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kql.service.samples import TABLES, texts

from keywitness import kql
from keywitness.errors import QueryError


@settings(deadline=None, max_examples=150)
@given(texts(), st.integers(-3, 400))
def test_completion_and_hover_answer_at_every_place(text: str, position: int) -> None:
    found = kql.complete(text, position, TABLES)
    assert 0 <= found.start <= found.end <= len(text)
    assert len({(i.label, i.kind) for i in found.items}) == len(found.items)
    known = kql.hover(text, position, TABLES)
    if known is not None:
        assert 0 <= known.start <= position <= known.end <= len(text)
        assert known.start < known.end and known.title


@settings(deadline=None, max_examples=150)
@given(texts())
def test_problems_stand_in_the_text_and_agree_with_the_refusal(text: str) -> None:
    problems = kql.diagnose(text, TABLES)
    assert all(0 <= p.start <= p.end <= len(text) and p.message and p.code for p in problems)
    assert [p.start for p in problems] == sorted(p.start for p in problems)
    try:
        reads = kql.columns_read(text, TABLES)
    except QueryError:
        return
    assert not problems
    assert all(len(r.columns) == len(r.types) for r in reads)


@settings(deadline=None, max_examples=150)
@given(texts())
def test_colours_do_not_overlap_and_leave_out_only_what_is_no_token(text: str) -> None:
    end = 0
    for token in kql.tokens(text):
        assert end <= token.start < token.end <= len(text)
        end = token.end
