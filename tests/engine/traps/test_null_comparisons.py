"""Nulls in comparisons: https://learn.microsoft.com/kusto/query/scalar-data-types/null-values."""

from __future__ import annotations

import pytest


def test_a_null_differs_from_every_value(ask):
    """SQL says null to `null = 5` and to `null <> 5`; the page says false and true."""
    assert ask("datatable(n:int)[int(null)] | project n == 5, n != 5, n in (5), n !in (5)") == (
        False,
        True,
        False,
        True,
    )


def test_two_nulls_are_neither_equal_nor_different(ask):
    """A blanket coalesce(.., false) would say false here; the page says null to both."""
    assert ask("datatable(a:int, b:int)[int(null), int(null)] | project a == b, a != b") == (None, None)


def test_where_keeps_the_null_row_of_a_negated_test(ask_rows):
    """`WHERE n <> 5` of SQL drops the row without a value, and the count is too low without any error."""
    table = "datatable(id:int, n:int)[1, 5, 2, int(null), 3, 6]"
    assert ask_rows(f"{table} | where n != 5 | project id") == [(2,), (3,)]
    assert ask_rows(f"{table} | where not(n == 5) | project id") == [(2,), (3,)]
    assert ask_rows(f"{table} | where n !in (5, 7) | project id") == [(2,), (3,)]


def test_order_with_null_stays_null(ask):
    """Only equality is total: `null > 5` is null (the page's table of IsBiggerThan3)."""
    assert ask("datatable(n:int)[int(null)] | project n > 5, n <= 5, not(n > 5)") == (None, None, None)


def test_not_of_null_is_null(ask):
    """Reading null as false first would make it true."""
    assert ask("print not(bool(null)), bool(null) or true, bool(null) and false") == (None, True, False)


def test_strings_are_never_null(ask):
    """The page: the string type has no null. tostring of any null is the empty string, and isnull of it false."""
    assert ask("print tostring(long(null)), isnull(tostring(datetime(null))), isempty(tostring(guid(null)))") == (
        "",
        False,
        True,
    )


def test_coalesce_passes_over_empty_strings_only(ask):
    """SQL's COALESCE keeps ''. The emulator passes it over, but not ' ', 0 or false."""
    assert ask("print coalesce('', 'next'), coalesce(' ', 'x'), coalesce(long(null), 0), coalesce('', '')") == (
        "next",
        " ",
        0,
        "",
    )


def test_sort_puts_nulls_first_ascending_and_last_descending(ask_rows):
    """Null is the smallest value (sort-operator page); DuckDB's default is last for both."""
    table = "datatable(x:int)[3, int(null), 1]"
    assert ask_rows(f"{table} | sort by x asc") == [(None,), (1,), (3,)]
    assert ask_rows(f"{table} | sort by x") == [(3,), (1,), (None,)]
    assert ask_rows(f"{table} | sort by x asc nulls last") == [(1,), (3,), (None,)]


@pytest.mark.parametrize("values", ["1, int(null)", "T"])
def test_a_null_among_the_values_is_an_or_of_equalities(ask_rows, values):
    """`null == null` is null, so that `!in` drops the null row: false would keep it."""
    text = "let T = datatable(v:int)[1, int(null)]; datatable(n:int)[1, int(null), 3] | {}"
    found = ask_rows(text.format(f"extend a = n in ({values}), b = n !in ({values})"))
    assert found == [(1, True, False), (None, None, None), (3, False, True)]
    assert ask_rows(text.format(f"where n !in ({values})")) == [(3,)]
