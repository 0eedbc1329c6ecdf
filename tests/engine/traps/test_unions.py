"""Union: https://learn.microsoft.com/kusto/query/union-operator."""

from __future__ import annotations

from keywitness import query

_LEFT = "datatable(k: long, s: string) [1, 'a']"


def _rows(text: str) -> list[dict[str, object]]:
    return query(text).to_pylist()


def test_the_default_has_the_columns_of_all_sides():
    """By position, as SQL's UNION goes, 'b' would stand under `k`. A side without a string column has empty text."""
    assert _rows(f"{_LEFT} | union (datatable(t: string, r: real) ['b', 2.5]) | order by s desc") == [
        {"k": 1, "s": "a", "t": "", "r": None},
        {"k": None, "s": "", "t": "b", "r": 2.5},
    ]


def test_inner_keeps_what_all_sides_have():
    assert _rows(f"{_LEFT} | union kind=inner (datatable(r: real, s: string) [2.5, 'b']) | order by s asc") == [
        {"s": "a"},
        {"s": "b"},
    ]


def test_a_name_of_two_types_becomes_two_columns():
    """A cast to one type would make text of numbers, or nulls of text, without a word."""
    assert _rows(f"{_LEFT} | project k | union (datatable(k: string) ['x']) | order by k_long asc nulls last") == [
        {"k_long": 1, "k_string": ""},
        {"k_long": None, "k_string": "x"},
    ]


def test_names_compare_with_case():
    assert [c.name for c in query(f"{_LEFT} | project k | union (datatable(K: long) [2])").columns] == ["k", "K"]


def test_equal_rows_stay():
    """UNION of SQL drops one of them."""
    assert _rows(f"{_LEFT} | union ({_LEFT}) | count") == [{"Count": 2}]


def test_a_let_has_no_name_in_withsource():
    """Its name is plausible, but only tables, views and what `as` names have one; the others count from 0.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    lets = f"let Left = {_LEFT} | project k; let Right = view () {{ print k = long(7) }};"
    assert _rows(f"{lets} union withsource=From Left, Right | sort by k desc | take 2 | project From") == [
        {"From": "Right"},
        {"From": "union_arg0"},
    ]
