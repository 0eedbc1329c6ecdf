"""Order, windows over it, and names that differ only by case."""

from __future__ import annotations

import pytest

from keywitness.errors import QueryError


def test_names_compare_with_case(ask):
    """DuckDB takes `a` and `A` for one column and answers with the wrong one."""
    assert ask("print a = 1, A = 2 | extend b = A | summarize x = sum(a), X = sum(A), max(b)") == (1, 2, 2)


def test_names_may_hold_anything(ask_rows):
    """Names of the user never reach SQL."""
    assert ask_rows(
        """print ['a"; DROP TABLE x; --'] = 1, ["it's"] = 2 | extend ['c d'] = ['a"; DROP TABLE x; --'] + 1"""
    ) == [(1, 2, 2)]


def test_texts_may_hold_anything(ask):
    assert ask("""print x = 'a''b', y = "'; select 1; --", z = "\\0\\t\\\\" | project strlen(y), y, strlen(z)""")[
        :2
    ] == (
        15,
        "'; select 1; --",
    )


@pytest.mark.parametrize("constant", ["'a'", "true", "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "1", "1h"])
def test_a_constant_column_orders_nothing(ask_rows, constant):
    """DuckDB refuses ORDER BY 'a', and takes ORDER BY 1 for the first column."""
    rows = f"range x from 1 to 3 step 1 | extend y = {constant} | sort by y asc, x desc | project x"
    assert ask_rows(rows) == [(3,), (2,), (1,)]


def test_strings_order_by_code_point(ask_rows):
    assert ask_rows("datatable(s:string)['b','B','a','é','Z'] | sort by s asc") == [
        ("B",),
        ("Z",),
        ("a",),
        ("b",),
        ("é",),
    ]


def test_neighbours_in_sorted_order(ask_rows):
    assert ask_rows(
        "datatable(x:long)[3,1,2] | sort by x asc | extend p = prev(x), n = next(x), q = prev(x, 1, 0), "
        "i = row_number()"
    ) == [
        (1, None, 2, 0, 1),
        (2, 1, 3, 1, 2),
        (3, 2, None, 2, 3),
    ]


@pytest.mark.parametrize("default", ["'none'", "0.5", "1h"])
def test_a_default_of_another_type_is_refused(ask, default):
    """A cast would make null or another number of it."""
    with pytest.raises(QueryError, match="of type long"):
        ask(f"datatable(x: long) [3, 1] | sort by x asc | extend y = prev(x, 1, {default})")


@pytest.mark.parametrize("between", ["", "| where x > 15", "| project x"])
def test_a_datatable_is_in_no_order(ask, ask_rows, between):
    """Its rows are written one below the other, yet Kusto's page lists no `datatable` among the serialized.

    Microsoft's emulator rejects it, recorded by the MIT-licensed kql-to-sql.
    """
    table = f"datatable(x: long) [30, 20] {between}"
    with pytest.raises(QueryError, match="fixed order"):
        ask(f"{table} | extend y = next(x)")
    assert ask_rows(f"{table} | serialize y = next(x)") == [(30, 20), (20, None)]


@pytest.mark.parametrize("call", ["prev(x, 0)", "next(x, -1)"])
def test_a_neighbour_is_at_least_one_row_away(ask, call):
    """SQL's `lag` of 0 is the row itself; Microsoft's emulator rejects it, recorded by the MIT-licensed kql-to-sql."""
    with pytest.raises(QueryError, match="one row away"):
        ask(f"datatable(x: long) [3, 1] | sort by x asc | extend y = {call}")


def test_windows_inside_windows_and_restarts(ask_rows):
    """SQL allows no window inside a window; a running sum that restarts is one."""
    table = "datatable(k:string, x:long)['a',1, 'a',2, 'b',3, 'b',4]"
    assert ask_rows(
        f"{table} | serialize | extend s = row_cumsum(x, k != prev(k)), i = row_number(1, k != prev(k))"
    ) == [
        ("a", 1, 1, 1),
        ("a", 2, 3, 2),
        ("b", 3, 3, 1),
        ("b", 4, 7, 2),
    ]


def test_ranks_follow_changes(ask_rows):
    table = "datatable(x:long)[10,10,20,30,30]"
    assert ask_rows(f"{table} | sort by x asc | extend d = row_rank_dense(x), m = row_rank_min(x) | project d, m") == [
        (1, 1),
        (1, 1),
        (2, 3),
        (3, 4),
        (3, 4),
    ]


def test_a_window_in_where(ask_rows):
    assert ask_rows("range x from 1 to 5 step 1 | serialize | where x - prev(x) == 1 | count") == [(4,)]


def test_take_over_sort_is_top(ask_rows):
    assert ask_rows("range x from 1 to 100 step 1 | sort by x desc | take 2 | extend y = x + 1") == [
        (100, 101),
        (99, 100),
    ]


def test_a_huge_range_is_refused():
    from keywitness import query

    with pytest.raises(QueryError, match="more than"):
        query("range x from 1 to 100000000000 step 1 | count")


@pytest.mark.parametrize(
    "between",
    ["", "| project n, s", "| extend k = n", "| as T", "| where true"],
)
def test_a_condition_beside_prev_does_not_take_its_neighbour_away(ask_rows, between):
    """Pushing `s == 'b'` below the order leaves `prev` nothing to look back at: the answer would be no row."""
    rows = "range n from 1 to 4 step 1 | extend s = iff(n % 2 == 0, 'b', 'a')"
    where = "| where prev(s) == 'a' and s == 'b' | project n"
    assert ask_rows(f"{rows} | sort by n asc {between} {where}") == [(2,), (4,)]
    assert ask_rows(f"{rows} | serialize {between} {where}") == [(2,), (4,)]


def test_a_condition_behind_prev_does_not_either(ask_rows):
    rows = "range n from 1 to 4 step 1 | extend s = iff(n % 2 == 0, 'b', 'a') | sort by n asc"
    assert ask_rows(f"{rows} | where prev(s) == 'a' | where s == 'b' | where n > 2 | project n") == [(4,)]
    assert ask_rows(f"{rows} | where row_number() > 1 and s == 'b' | project n") == [(2,), (4,)]
    assert ask_rows(f"{rows} | where s == 'b' and row_cumsum(n) > 2 | project n") == [(2,), (4,)]


def test_a_condition_is_not_moved_below_a_join_past_a_window(ask_rows):
    left = "range n from 1 to 4 step 1"
    right = "range n from 1 to 4 step 1 | extend s = iff(n % 2 == 0, 'b', 'a')"
    joined = f"{left} | join kind=inner ({right}) on n | sort by n asc"
    assert ask_rows(f"{joined} | where prev(s) == 'a' and n > 1 | project n") == [(2,), (4,)]
