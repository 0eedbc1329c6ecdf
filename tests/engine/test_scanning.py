"""`scan`: the state of the steps from row to row, as the documentation's matching logic has it."""

from __future__ import annotations

import pytest

from keywitness import QueryError, query

EVENTS = """let E = datatable(t:long, e:string)[1, 'A', 2, 'start', 3, 'B', 4, 'stop', 5, 'C',
    6, 'start', 7, 'D', 8, 'stop'];
E | sort by t asc
"""
BETWEEN = """| scan with_match_id = m with (
    step s1: e == 'start';
    step s2: e != 'start' and e != 'stop' and t - s1.t <= 3;
    step s3: e == 'stop' and t - s1.t <= 3;)"""


def rows(text: str) -> list[tuple[object, ...]]:
    return [tuple(r.values()) for r in query(text).to_pylist()]


def test_sequences_between_two_events() -> None:
    """A row before any start and one behind the stop belong to no sequence."""
    assert rows(EVENTS + BETWEEN) == [
        (2, "start", 0),
        (3, "B", 0),
        (4, "stop", 0),
        (6, "start", 1),
        (7, "D", 1),
        (8, "stop", 1),
    ]


def test_a_step_that_was_not_reached_matches_nothing() -> None:
    """Without an active sequence before it the second step stays silent, whatever its condition."""
    assert rows("range x from 1 to 3 step 1 | scan with (step a: x == 2; step b: true;)") == [(2,), (3,)]


def test_of_one_row_every_matching_step_puts_out_a_row() -> None:
    """Steps are tried from the last to the first; both see the row."""
    text = """range x from 1 to 2 step 1
    | scan declare (by: string) with (step a: true => by = 'a'; step b: true => by = 'b';)"""
    assert rows(text) == [(1, "a"), (2, "b"), (2, "a")]


def test_a_promoted_state_is_gone_from_the_step_before() -> None:
    """After b took over a's state, a's own sum begins at its default again."""
    text = """range x from 1 to 4 step 1
    | scan declare (sum: long = 10) with (
        step a: x != 3 => sum = a.sum + x;
        step b output=none: x == 3;)"""
    assert rows(text) == [(1, 11), (2, 13), (4, 14)]


def test_a_null_condition_is_no_match() -> None:
    assert rows("range x from 1 to 3 step 1 | scan with (step a: x > a.x;)") == []


def test_unassigned_columns_have_their_default() -> None:
    text = "range x from 1 to 2 step 1 | scan declare (s: string = 'd', n: long) with (step a: true => n = x;)"
    assert rows(text) == [(1, "d", 1), (2, "d", 2)]


def test_numbers_widen_and_constants_convert() -> None:
    text = "range x from 1 to 1 step 1 | scan declare (r: real, n: int) with (step a: true => r = x, n = 5;)"
    assert rows(text) == [(1, 1.0, 5)]


def test_partitions_are_scanned_apart() -> None:
    text = """datatable(u:string, t:long, n:long)['x', 1, 5, 'y', 1, 7, 'x', 2, 1, 'y', 3, 2]
    | partition hint.strategy=native by u (
        sort by t asc | scan declare (c:long = 0) with (step s: true => c = n + s.c;))
    | project u, t, c"""
    assert sorted(rows(text)) == [("x", 1, 5), ("x", 2, 6), ("y", 1, 7), ("y", 3, 9)]


def test_a_scan_may_be_used_twice_and_summarized() -> None:
    text = """let S = range x from 1 to 2000 step 1 | scan declare (c:long = 0) with (step s: true => c = x + s.c;);
    S | join kind=inner S on x | summarize max(c), count()"""
    assert rows(text) == [(2001000, 2000)]


def test_functions_that_sql_does_not_have_see_the_state() -> None:
    """Kernels run inside the recursion too."""
    text = """datatable(t:long, a:string)[1, '192.0.2.1', 2, '192.0.2.9', 3, '198.51.100.1'] | sort by t asc
    | scan declare (near:bool) with (step s: true => near = ipv4_is_match(a, s.a, 24);)"""
    assert [r[2] for r in rows(text)] == [None, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "range x from 1 to 3 step 1 | scan with (step a output=last: true;)",
        "range x from 1 to 3 step 1 | scan with (step a optional: true;)",
        "range x from 1 to 3 step 1 | scan with (step a: true; step a: true;)",
        "range x from 1 to 3 step 1 | scan with (step a: b.x == 1; step b: true;)",
        "range x from 1 to 3 step 1 | scan with (step a: prev(x) == 1;)",
        "range x from 1 to 3 step 1 | scan declare (x: long) with (step a: true;)",
        "range x from 1 to 3 step 1 | scan with (step a: true => y = 1;)",
        "range x from 1 to 3 step 1 | scan declare (n: int) with (step a: true => n = x;)",
        "range x from 1 to 3 step 1 | scan declare (n: long) with (step a: true => n = tostring(x);)",
        "range x from 1 to 3 step 1 | summarize by x | scan with (step a: true;)",
        "range x from 1 to 3 step 1 | partition by x (count | serialize | scan with (step a: true;))",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        query(text)


def test_a_declared_column_by_itself_is_its_default() -> None:
    """Its value of the row before is `step.column`.

    Source: sums without the step's name, recorded by the MIT-licensed kql-to-sql project.
    """
    numbers = "range x from 1 to 3 step 1 | scan declare (a: long = 5, b: long = 5) with (step s: true =>"
    assert rows(f"{numbers} a = a + x, b = s.b + x;)") == [(1, 6, 6), (2, 7, 8), (3, 8, 11)]
    with pytest.raises(QueryError, match="a behind its assignment"):
        query(f"{numbers} a = x, b = a;)")
    with pytest.raises(QueryError, match="'a' is not a column here"):
        query(f"{numbers} a = a + x; step t: true;)")


def test_a_step_may_assign_a_column_of_the_input() -> None:
    """By itself the name is the row's, behind a step's name what the step left: gaps are filled from row to row."""
    gaps = "datatable(t:long, x:string, y:real)[1, '', 1.0, 2, 'a', real(null), 3, '', 3.0] | sort by t asc"
    filled = rows(f"{gaps} | scan with (step s: true => x = iff(isempty(x), s.x, x), y = coalesce(y, s.y);)")
    assert filled == [(1, "", 1.0), (2, "a", 1.0), (3, "a", 3.0)]
    numbers = "datatable(k:string, t:long, x:long)['p', 1, 1, 'q', 2, 5, 'p', 3, 2] | sort by t asc"
    summed = "scan with (step s: x < 9 => x = coalesce(s.x, 0) + x;)"
    assert rows(f"{numbers} | {summed}") == [("p", 1, 1), ("q", 2, 6), ("p", 3, 8)]
    assert sorted(rows(f"{numbers} | partition by k ({summed})")) == [("p", 1, 1), ("p", 3, 3), ("q", 2, 5)]


def test_a_step_that_assigns_nothing_keeps_the_column_of_the_input() -> None:
    text = "datatable(t:long, x:long)[1, 1, 2, 5] | sort by t asc | scan with_match_id=m declare(n:long) with "
    assert rows(f"{text}(step a: x < 5; step b: x == 5 => x = a.x * 10, n = b.x;)") == [
        (1, 1, None, 0),
        (2, 10, None, 0),
    ]


def test_a_partition_may_expand_before_it_scans() -> None:
    text = """
        datatable(k:string, t:long, d:dynamic)["p", 1, dynamic([1, 2]), "q", 2, dynamic([5]), "p", 3, dynamic([7])]
        | sort by t asc
        | partition by k (mv-expand with_itemindex=i d to typeof(long)
            | scan declare (s:long = 0) with (step a: true => s = a.s + d;))
        """
    assert sorted(rows(text)) == [("p", 1, 1, 0, 1), ("p", 1, 2, 1, 3), ("p", 3, 7, 0, 10), ("q", 2, 5, 0, 5)]
