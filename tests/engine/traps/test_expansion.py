"""`mv-expand` and `mv-apply`, as measured on the emulator."""

from __future__ import annotations

import pytest

from keywitness.errors import QueryError


def test_null_is_one_element_and_an_empty_array_none(ask_rows):
    """unnest drops both; older pages keep both."""
    assert ask_rows("datatable(a:int, b:dynamic)[1, dynamic([]), 2, dynamic(null), 3, dynamic([7])] | mv-expand b") == [
        (2, None),
        (3, 7),
    ]


@pytest.mark.parametrize(
    ("a", "b", "rows"),
    [
        ("[10,20,30]", "['p']", [(10, "p"), (20, None), (30, None)]),
        ("[]", "['p']", [(None, "p")]),
        ("[]", "[]", []),
        ("null", "['p','q']", [(None, "p"), (None, "q")]),
        ("{'k':1}", "['p','q']", [({"k": 1}, "p"), (None, "q")]),
    ],
)
def test_several_columns_go_in_step(ask_rows, a, b, rows):
    """Not a cross product: the longest sets the number of rows."""
    assert ask_rows(f"datatable(a:dynamic, b:dynamic)[dynamic({a}), dynamic({b})] | mv-expand a, b") == rows


def test_a_bag_gives_bags_of_one_key_or_pairs(ask_rows):
    table = "datatable(d:dynamic)[dynamic({'p':1,'q':2})]"
    assert ask_rows(f"{table} | mv-expand d") == [({"p": 1},), ({"q": 2},)]
    assert ask_rows(f"{table} | mv-expand kind=array d") == [(["p", 1],), (["q", 2],)]


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("long", [1, 2, -2, None, None, None]),
        ("real", [1.0, 2.5, -2.5, None, None, None]),
        ("string", ["1", "2.5", "-2.5", "2", "true", ""]),
        ("bool", [True, None, None, None, True, None]),
    ],
)
def test_to_typeof_takes_numbers_for_numbers_only(ask_rows, type_, values):
    """The text "2" is no long here, unlike in tolong()."""
    found = ask_rows(f"datatable(a:dynamic)[dynamic([1, 2.5, -2.5, '2', true, null])] | mv-expand a to typeof({type_})")
    assert [value for (value,) in found] == values


def test_to_typeof_timespan_is_refused():
    from keywitness import query

    with pytest.raises(QueryError, match="timespan"):
        query("datatable(a:dynamic)[dynamic(['1.00:00:00'])] | mv-expand a to typeof(timespan)")


def test_split_and_pack_array_expand_without_their_array(ask_rows):
    """The shortcut gives what the array would: nulls inside, in step with a longer column, texts as texts."""
    assert ask_rows(
        "datatable(s:string, n:long)['a/2/', 5, '', long(null)] | mv-expand p = split(s, '/'), q = pack_array(n, s)"
        " | project p, q"
    ) == [("a", 5), ("2", "a/2/"), ("", None), ("", None), (None, "")]
    assert ask_rows("print s = 'a/2/' | mv-expand p = split(s, '/') to typeof(string) | project p") == [
        ("a",),
        ("2",),
        ("",),
    ]
    assert ask_rows(
        "print s = 'a/b' | mv-expand p = split(s, '/') to typeof(string), q = dynamic([1, 2, 3]) to typeof(long)"
        " | project p, q"
    ) == [("a", 1), ("b", 2), ("", 3)]


def test_index_and_limit(ask_rows):
    table = "datatable(a:dynamic)[dynamic(['x','y','z'])]"
    assert ask_rows(f"{table} | mv-expand with_itemindex=i a limit 2 | project i, a") == [(0, "x"), (1, "y")]


def test_apply_runs_its_body_per_row(ask_rows):
    table = "datatable(id:long, v:dynamic)[1, dynamic([5,3,9]), 2, dynamic([1])]"
    assert ask_rows(
        f"{table} | mv-apply e = v to typeof(long) on (top 2 by e | summarize s = sum(e)) | project id, s"
    ) == [
        (1, 14),
        (2, 1),
    ]


def test_the_rows_of_mv_apply_keep_their_order(ask_rows):
    """A lateral join gives them as it likes: the page says that expansion preserves the order."""
    rows = "datatable(a:int, d:dynamic)[1, dynamic([5,6,7]), 2, dynamic([8,9])] | mv-apply x=d to typeof(long) on ({})"
    assert ask_rows(rows.format("where x > 5") + " | project x") == [(6,), (7,), (8,), (9,)]
    assert ask_rows(rows.format("sort by x desc") + " | project x") == [(7,), (6,), (5,), (9,), (8,)]
    assert ask_rows(rows.format("extend r = row_number() | take 100") + " | project r") == [
        (1,),
        (2,),
        (3,),
        (1,),
        (2,),
    ]
