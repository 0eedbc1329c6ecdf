"""`top-hitters` and `top-nested`, with their rows."""

from __future__ import annotations

import pytest

from keywitness import QueryError, query

DATA = """let T = datatable(s:string, k:long, a:long)[
    'x', 1, 1,  'x', 2, 5,  'x', 3, 3,  'y', 1, 9,  'y', long(null), 20,  'z', 1, 2];
"""


def rows(text: str) -> list[tuple[object, ...]]:
    return [tuple(r.values()) for r in query(DATA + text).to_pylist()]


def test_top_hitters_counts_or_sums_exactly() -> None:
    assert rows("T | top-hitters 1 of s") == [("x", 3)]
    assert rows("T | top-hitters 2 of s by a") == [("y", 29), ("x", 9)]
    assert [c.name for c in query(f"{DATA} T | top-hitters 1 of s by a").columns] == ["s", "approximate_sum_a"]


def test_top_nested_ranks_inside_the_groups_it_kept() -> None:
    found = rows("T | top-nested 2 of s by sum(a), top-nested 2 of k by max(a) desc | sort by s asc, aggregated_k desc")
    assert found == [("x", 9, 2, 5), ("x", 9, 3, 3), ("y", 29, None, 20), ("y", 29, 1, 9)]


def test_a_group_of_nulls_is_a_group() -> None:
    """A join on null keys would lose the rows below it."""
    found = rows("T | top-nested of k by sum(a), top-nested 1 of s by count() | sort by aggregated_k desc | take 1")
    assert found == [(None, 20, "y", 1)]


def test_names_and_a_level_without_a_number() -> None:
    result = query(f"{DATA} T | top-nested of Who = toupper(s) by N = count() | sort by Who asc")
    assert [c.name for c in result.columns] == ["Who", "N"]
    assert len(result) == 3


def test_others_are_all_that_is_left() -> None:
    """Their aggregate is taken over their rows: not summed up from groups that were ranked."""
    assert sorted(rows("T | top-nested 1 of s with others = 'rest' by avg(a)")) == [("rest", 2.75), ("y", 14.5)]


def test_others_of_a_level_stand_under_the_others_above() -> None:
    """Left out, the rows of `z` would be missing from the second level, and its sums would not add up."""
    found = rows("T | top-nested 2 of s with others = 'rest' by sum(a), top-nested 1 of k with others = -1 by max(a)")
    assert set(found) == {
        ("x", 9, 2, 5), ("x", 9, -1, 3), ("y", 29, None, 20), ("y", 29, -1, 9), ("rest", 2, -1, 2),
    }  # fmt: skip


def test_a_level_without_others_stays_empty_between() -> None:
    found = rows("T | top-nested 2 of s by sum(a), top-nested 1 of k with others = -1 by max(a) | where k == -1")
    assert set(found) == {("", None, -1, 2), ("x", 9, -1, 3), ("y", 29, -1, 9)}
    found = rows("T | top-nested 1 of s with others = 'rest' by sum(a), top-nested 1 of k by max(a)")
    assert set(found) == {("y", 29, None, 20), ("rest", 11, None, None)}


def test_others_without_anyone_are_refused() -> None:
    """No page says whether there is a row then; a level that names no others has none."""
    with pytest.raises(QueryError, match="nothing left"):
        query(f"{DATA} T | top-nested 3 of s with others = 'rest' by count()")
    found = rows("T | where a < 9 | top-nested 2 of s by sum(a), top-nested 1 of k by max(a)")
    assert set(found) == {("x", 9, 2, 5), ("z", 2, 1, 2)}
    with pytest.raises(QueryError, match="type string is expected"):
        query(f"{DATA} T | top-nested 1 of s with others = 5 by count()")


def test_project_by_names_takes_names_and_patterns_in_the_order_of_the_text() -> None:
    assert [c.name for c in query(f"{DATA} T | project-by-names 'k', '*', dynamic(['s'])").columns] == ["k", "s", "a"]
    found = query(f"{DATA} T | project-by-names 's', dynamic(['nope', 'k'])")
    assert [c.name for c in found.columns] == ["s", "k"]
    assert found.notes == ("project-by-names: no column is called 'nope', it was left out",)
    with pytest.raises(QueryError, match="no columns"):
        query(f"{DATA} T | project-by-names 'nope'")


@pytest.mark.parametrize(
    "operator",
    [
        "take -1",
        "top -1 by a",
        "top-hitters -1 of a",
        "top-nested -1 of a by count()",
        "extend d = pack_array(a) | mv-expand d limit -1",
        "extend d = pack_array(a) | mv-apply d limit -1 on (take 1)",
        "evaluate preview(-1)",
        "sample -1",
        "sample-distinct -1.0 of a",
    ],
)
def test_a_number_of_rows_below_zero_is_refused(operator: str) -> None:
    """Some were read as none, and the limit of mv-expand as all but the last."""
    with pytest.raises(QueryError, match="negative"):
        query(f"{DATA} T | {operator}")


@pytest.mark.parametrize("operator", ["sample 2.0", "sample-distinct 1.0 + 1 of a", "top-hitters 2.0 of a"])
def test_a_number_of_rows_may_be_a_whole_real(operator: str) -> None:
    """Their pages: int, long or real. One was refused and another cut a fraction off, which no page says."""
    assert len(rows(f"T | {operator}")) == 2
    with pytest.raises(QueryError, match="fraction"):
        query(f"{DATA} T | {operator.replace('.0', '.5')}")
