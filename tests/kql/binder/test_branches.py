"""`fork`, `facet` and several statements: every result is there, the last one is the answer."""

from __future__ import annotations

import pytest

from keywitness import QueryError, query

DATA = "let T = datatable(k:string, n:long)['a', 1, 'b', 5, 'a', 3];\n"


def tables(text: str) -> list[list[tuple[object, ...]]]:
    rows = query(DATA + text)
    return [[tuple(r.values()) for r in part.to_pylist()] for part in (*rows.others, rows)]


def test_fork_gives_a_result_for_each_branch() -> None:
    assert tables("T | fork (where n > 1 | count) big = (summarize max(n)) (project k | take 1)") == [
        [(2,)],
        [(5,)],
        [("a",)],
    ]


def test_a_branch_has_its_name_from_before_or_from_as() -> None:
    rows = query(DATA + "T | fork a = (count) (count | as b)")
    assert [part.name for part in (*rows.others, rows)] == ["a", "b"]


def test_facet_gives_the_rows_of_with_first() -> None:
    assert tables("T | facet by k, n with (where n > 1 | project n | sort by n asc)") == [
        [(3,), (5,)],
        [("a", 2), ("b", 1)],
        [(1, 1), (3, 1), (5, 1)],
    ]


def test_facet_names_its_counts_by_column() -> None:
    rows = query(DATA + "T | facet by k")
    assert [c.name for c in rows.columns] == ["k", "count_k"] and rows.others == ()


def test_statements_keep_their_own_render() -> None:
    rows = query(DATA + "T | summarize sum(n) by k | render piechart; T | count")
    assert rows.render is None and rows.others[0].render == ("piechart", ())
    assert any("2 results" in note for note in rows.notes)


@pytest.mark.parametrize(
    "text",
    [
        "T | fork (count) (count) | count",
        "let S = T | fork (count) (count); S",
        "T | where n in ((T | facet by n))",
        "T | sample 2 | fork (count) (count)",
        "T | extend r = rand() | facet by r",
        "T | facet by nope",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        query(DATA + text)
