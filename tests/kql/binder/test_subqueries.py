"""Queries of our own inside a plan: tables and constants come from outside, the user's names do not reach them."""

from __future__ import annotations

from keywitness import query


def test_a_name_of_the_query_does_not_reach_the_text_of_a_plugin() -> None:
    text = """let T = 5; let Start = 7; let Seen = datatable(x:long)[1];
    datatable(user:string, at:long)['a', 1, 'b', 2] | evaluate activity_counts_metrics(user, at, 1, 2, 1)"""
    assert [r["count"] for r in query(text).to_pylist()] == [1, 1]


def test_a_random_source_is_read_once_however_often_the_text_reads_it() -> None:
    """A table that is computed again for each use would give windows of other rows than those counted."""
    text = """range i from 1 to 200 step 1 | extend id = tolong(rand() * 1000), t = (i - 1) / 100
    | evaluate activity_counts_metrics(id, t, 0, 1, 1) | summarize sum(new_dcount), max(aggregated_dcount)"""
    ((new, all_),) = (tuple(r.values()) for r in query(text).to_pylist())
    assert new == all_
