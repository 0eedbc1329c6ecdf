"""Join kinds: https://learn.microsoft.com/kusto/query/join-operator."""

from __future__ import annotations

import pytest

LEFT = "datatable(k:string, lv:long)['a',1, 'a',2, 'b',3, 'd',4]"
RIGHT = "(datatable(k:string, rv:long)['a',10, 'a',20, 'c',30])"


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("innerunique", 2),
        ("inner", 4),
        ("leftouter", 6),
        ("rightouter", 5),
        ("fullouter", 7),
        ("leftsemi", 2),
        ("rightsemi", 2),
        ("leftanti", 2),
        ("rightanti", 1),
    ],
)
def test_row_counts(ask, kind, count):
    assert ask(f"{LEFT} | join kind={kind} {RIGHT} on k | count") == (count,)


def test_the_default_takes_one_left_row_per_key(ask_rows):
    """SQL's join gives four rows; innerunique keeps the first left row of each key."""
    assert ask_rows(f"{LEFT} | join {RIGHT} on k | sort by rv asc") == [("a", 1, "a", 10), ("a", 1, "a", 20)]


def test_a_filter_behind_innerunique_applies_before_the_choice(ask_rows):
    """The page: Kusto moves it to the left side, so the row with lv == 2 is found although lv == 1 came first."""
    assert ask_rows(f"{LEFT} | join {RIGHT} on k | where lv == 2 | sort by rv asc | project lv, rv") == [
        (2, 10),
        (2, 20),
    ]


def test_the_side_without_a_row_has_empty_strings_and_null_numbers(ask_rows):
    """An outer join of SQL gives null strings, which Kusto does not have."""
    rows = ask_rows(f"{LEFT} | join kind=fullouter {RIGHT} on k | where k == 'b' or k1 == 'c' | sort by k asc")
    assert rows == [("", None, "c", 30), ("b", 3, "", None)]


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("innerunique", 2),
        ("inner", 3),
        ("leftouter", 4),
        ("rightouter", 4),
        ("fullouter", 5),
        ("leftsemi", 3),
        ("leftanti", 1),
        ("rightsemi", 2),
        ("rightanti", 1),
    ],
)
def test_null_keys_match_each_other(ask, kind, count):
    """In a join of SQL null equals nothing, as `==` has it in Kusto too, but not between keys.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project
    (inner and outer kinds; innerunique, semi and anti joins follow from the same equality).
    """
    left = "datatable(n:int, s:string)[int(null), 'p', int(null), 'q', 1, 'x', 7, 'y']"
    right = "(datatable(n:int, t:string)[int(null), 'r', 1, 'z', 8, 'w'])"
    assert ask(f"{left} | join kind={kind} {right} on n | count") == (count,)


def test_a_null_key_is_looked_up(ask_rows):
    """SQL's left join would leave the name empty. Source: as above."""
    names = "(datatable(n:int, name:string)[int(null), 'nobody', 1, 'one'])"
    assert ask_rows(f"datatable(n:int)[int(null), 2] | lookup {names} on n | sort by n asc") == [
        (None, "nobody"),
        (2, ""),
    ]


def test_keys_that_are_no_number_match_each_other(ask):
    """`==` of two of them is false, also in SQL of the standard. Source: as above."""
    right = "(datatable(r:real)[real(nan), 2.5])"
    assert ask(f"datatable(r:real)[real(nan), 1.5] | join kind=inner {right} on r | count") == (1,)


def test_empty_strings_match_each_other(ask):
    right = "(datatable(s:string)['', 'x'])"
    assert ask(f"datatable(s:string)['', 'x'] | join kind=inner {right} on s | count") == (2,)


def test_keys_compare_with_case(ask):
    assert ask("datatable(k:string)['A'] | join kind=inner (datatable(k:string)['a']) on k | count") == (0,)


def test_a_shared_table_is_one_table(ask_rows):
    """A let table that is read twice must not be sampled twice."""
    assert ask_rows(
        "let t = materialize(range x from 1 to 3 step 1 | extend r = x * 2); t | join kind=inner t on x | count"
    ) == [(3,)]


def test_the_value_of_a_let_sees_what_its_name_meant_outside(ask_rows):
    """In scopes of other languages it is itself there, or hides what a name in a text means."""
    text = """
        let T = datatable(a: long)[1, 2]; let n = 1;
        let f = (name: string) { let T = table(name) | where a > n; let n = n + 4; T | extend b = n };
        f('T')
        """
    assert ask_rows(text) == [(2, 5)]


def test_names_of_both_sides_get_a_number_on_the_right(ask_rows):
    """By name alone the right column would hide the left one. A free number is taken, and lookup has the key once."""
    from keywitness import query

    left, right = "datatable(k: long, v: long) [1, 10]", "datatable(k: long, v: long, v1: long) [1, 20, 30]"
    joined = query(f"{left} | join kind=inner ({right}) on k")
    assert [c.name for c in joined.columns] == ["k", "v", "k1", "v2", "v1"]
    assert ask_rows(f"{left} | join kind=inner ({right}) on k | project v, v2, v1") == [(10, 20, 30)]
    assert [c.name for c in query(f"{left} | lookup ({right}) on k").columns] == ["k", "v", "v2", "v1"]
    assert [c.name for c in query(f"{left} | join kind=rightsemi ({right}) on k").columns] == ["k", "v", "v1"]
