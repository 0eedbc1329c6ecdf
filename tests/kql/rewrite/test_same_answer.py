"""Passes change how a query runs, never what it answers: each pipeline with and without them."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from keywitness.engine.engine import NoTables
from keywitness.engine.query import run
from keywitness.errors import QueryError
from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import Options, compile_kql

ROWS = """let T = datatable(a: long, b: long, s: string, d: dynamic)[
    1, 3, 'x', dynamic([1, 2]), 2, 3, 'y', dynamic([]), 3, long(null), 'x', dynamic([3]), 4, 1, '', dynamic(null),
    5, 1, 'x', dynamic([4, 5]), 6, 2, 'Y', dynamic([6]), 7, 2, 'y', dynamic([7]), 8, 3, 'x', dynamic([8, 8])];
let U = datatable(a: long, v: string)[1, 'p', 1, 'q', 3, 'r', 9, 's'];
T"""
CONDITIONS = ("a > 2", "b == 3", "s == 'x'", "s =~ 'y'", "isnotnull(b)", "a in (1, 3, 5)", "a % 2 == 1", "s != ''")
WINDOWS = ("prev(a) > 2", "prev(s) == 'x'", "next(b) == 3", "row_number() > 2", "row_cumsum(a) > 9")
#: Every one leaves the columns a, b and s.
STEPS = st.one_of(
    st.sampled_from(CONDITIONS).map("where {}".format),
    st.tuples(st.sampled_from(CONDITIONS), st.sampled_from(CONDITIONS)).map(lambda c: f"where {c[0]} and {c[1]}"),
    st.tuples(st.sampled_from(CONDITIONS), st.sampled_from(CONDITIONS)).map(lambda c: f"where {c[0]} or {c[1]}"),
    st.tuples(st.sampled_from(WINDOWS), st.sampled_from(CONDITIONS)).map(
        lambda c: f"sort by a asc | where {c[0]} and {c[1]}"
    ),
    st.tuples(st.sampled_from(WINDOWS), st.sampled_from(CONDITIONS)).map(
        lambda c: f"sort by a desc | where {c[1]} | where {c[0]}"
    ),
    st.sampled_from(
        (
            "extend b = a",
            "extend a = a + 1",
            "extend s = strcat(s, 'x')",
            "project a, b, s, d",
            "project s, b = a, a = b, d",
            "project-rename n = a | project-rename a = n",
            "sort by a asc | extend b = prev(a, 1, 0)",
            "sort by b desc, a asc | extend a = row_number()",
            "sort by a asc | take 4",
            "top 3 by a",
            "distinct a, b, s | extend d = dynamic([1])",
            "summarize a = max(a) by b, s | extend d = dynamic([1])",
            "summarize arg_max(a, *) by s",
            "mv-expand d | extend d = pack_array(d)",
            "join kind=inner U on a | project a, b, s = v, d",
            "join kind=leftouter U on a | project a, b, s = coalesce(v, s), d",
            "join kind=leftanti U on a",
            "join kind=leftsemi U on a",
            "union (T | where a == 1)",
            "as X | where a > 0",
            "lookup kind=leftouter U on a | project a, b, s, d",
        )
    ),
)  # fmt: skip


def answer(text: str, *, rewrite: bool) -> Any:
    program = compile_kql(text, EmptyCatalog(), 0, options=Options(rewrite=rewrite))
    rows = run(program, NoTables())
    return [c.name for c in rows.columns], sorted(map(repr, rows.physical()))


@settings(max_examples=150)
@given(st.lists(STEPS, min_size=1, max_size=5))
def test_passes_do_not_change_the_answer(steps: list[str]) -> None:
    text = " | ".join([ROWS, *steps, "project a, b, s"])
    try:
        plain = answer(text, rewrite=False)
    except QueryError:
        return
    assert answer(text, rewrite=True) == plain, text


@settings(max_examples=60)
@example(["project a, b, s", "where b == 3"])  # its reader in the condition once took the second column for the third
@given(st.lists(STEPS, max_size=3))
def test_all_readers_of_a_shared_table_see_the_same_columns(steps: list[str]) -> None:
    shared = " | ".join([ROWS.removesuffix("T") + "let S = materialize(T", *steps])
    text = f"{shared});\nS | where s in ((S | project s)) | join kind=inner (S | where a > 2) on s | project a, s"
    try:
        plain = answer(text, rewrite=False)
    except QueryError:
        return
    assert answer(text, rewrite=True) == plain, text
