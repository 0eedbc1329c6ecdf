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
        ("T | partition hint.strategy=native by k {T | count}", "KWQ302"),
        ("T | partition by k (render table)", "KWQ300"),
        ("T | partition by k (partition by n (count))", "KWQ400"),
        ("T | partition hint.strategy=fast by k (count)", "KWQ302"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    with pytest.raises(QueryError) as refused:
        query(DATA + text)
    assert [d.code for d in getattr(refused.value, "diagnostics", ())] == [code]


def test_a_name_inside_means_the_rows_of_the_key_alone() -> None:
    """Over all rows the shares would be of 18."""
    assert rows("as P | project n, share = 100 * n / toscalar(P | summarize sum(n))") == [
        (1, 25), (2, 28), (3, 75), (5, 71), (7, 100),
    ]  # fmt: skip
    assert rows("as P | where n in ((P | top 1 by n asc | project n))") == [("", 7), ("a", 1), ("b", 2)]
    with pytest.raises(QueryError, match="'P'"):
        query(f"{DATA} T | partition by k (as P) | union P")


def test_a_query_of_its_own_sees_nothing_but_the_key() -> None:
    own = f"{DATA} range x from 1 to 3 step 2 | partition by x "
    found = query(own + "{T | where n > x and k == 'a' | project n, x}").to_pylist()
    assert [tuple(r.values()) for r in found] == [(3, 1)]
    found = query(own + "{print y = toscalar(x) * 10} | sort by y asc").to_pylist()
    assert found == [{"y": 10}, {"y": 30}]


def test_toscalar_means_the_key_where_the_other_rows_have_its_name() -> None:
    """A plain `k` is the column there, and always equals itself."""
    text = (
        "T | distinct k | partition hint.strategy=legacy by k {T | where k == toscalar(k) | count} | sort by Count asc"
    )
    assert [r["Count"] for r in query(DATA + text).to_pylist()] == [1, 2, 2]


def test_a_null_key_is_refused() -> None:
    """Whether its rows are dropped or a partition of their own, no page says."""
    with pytest.raises(QueryError, match="null"):
        query("datatable(k:long, n:long)[1, 2, long(null), 3] | partition by k (count)")
