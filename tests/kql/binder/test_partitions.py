"""`partition`: its body sees the rows of one key."""

from __future__ import annotations

import pytest

from keywitness import QueryError, query

DATA = "let T = datatable(k:string, n:long)['a', 1, 'b', 5, 'a', 3, 'b', 2, '', 7];\n"


def rows(body: str) -> list[tuple[object, ...]]:
    return sorted(
        tuple(r.values()) for r in query(f"{DATA} T | partition hint.strategy=native by k ({body})").to_pylist()
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("top 1 by n desc", [("", 7), ("a", 3), ("b", 5)]),
        ("summarize s = sum(n) by k", [("", 7), ("a", 4), ("b", 7)]),
        ("distinct k", [("",), ("a",), ("b",)]),
        ("take 1 | count", [(1,), (1,), (1,)]),
        ("sort by n asc | project k, r = row_number()", [("", 1), ("a", 1), ("a", 2), ("b", 1), ("b", 2)]),
        ("join kind=inner (T | where n > 3) on k | project k, n, n1", [("", 7, 7), ("b", 2, 5), ("b", 5, 5)]),
    ],
)
def test_a_body_runs_for_each_key(body: str, expected: list[tuple[object, ...]]) -> None:
    assert rows(body) == expected


def test_a_window_does_not_reach_into_the_next_partition() -> None:
    assert rows("sort by n asc | project n, p = prev(n)") == sorted(
        [(1, None), (3, 1), (2, None), (5, 2), (7, None)], key=lambda r: (r[0], 0)
    )


def test_the_key_may_be_projected_away() -> None:
    assert rows("project n") == [(1,), (2,), (3,), (5,), (7,)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("T | partition by k {T | count}", "KWQ300"),
        ("T | partition by k (as P | count)", "KWQ300"),
        ("T | partition by k (partition by n (count))", ""),
        ("T | partition hint.strategy=fast by k (count)", "KWQ302"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    with pytest.raises(QueryError) as refused:
        query(DATA + text)
    assert [d.code for d in getattr(refused.value, "diagnostics", ())] == ([code] if code else [])


def test_a_null_key_is_refused() -> None:
    """Whether its rows are dropped or a partition of their own, no page says."""
    with pytest.raises(QueryError, match="null"):
        query("datatable(k:long, n:long)[1, 2, long(null), 3] | partition by k (count)")
