"""`set`: the properties that matter here, and their values."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness.errors import QueryError
from keywitness.kql import plan
from keywitness.kql.binder import requests


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("set notruncation", {"notruncation": True}),
        ("set notruncation = false", {"notruncation": False}),
        ("set truncationmaxrecords = 1105", {"truncationmaxrecords": 1105}),
        ("set truncationmaxrecords = 9; set truncationmaxrecords = 5", {"truncationmaxrecords": 5}),
        ("set truncationmaxsize = 5; set truncationmaxsize = 9", {"truncationmaxsize": 5}),
        ("set servertimeout = 10m", {"servertimeout": 6_000_000_000}),
        ("set servertimeout = '00:10:00'", {"servertimeout": 6_000_000_000}),
        ("set maxmemoryconsumptionperiterator = 16106127360", {"maxmemoryconsumptionperiterator": 16106127360}),
        ("set query_now = datetime(2024-01-01)", {}),
        ("set query_language = kql", {}),
        ("set request_readonly", {}),
    ],
)
def test_properties(bench: Any, text: str, options: dict[str, int]) -> None:
    assert bench.bound(f"{text}; print 1").options == options


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("set truncationmaxrecords = 'many'", "'truncationmaxrecords' takes a number above 0"),
        ("set truncationmaxrecords = 0", "'truncationmaxrecords' takes a number above 0"),
        ("set truncationmaxrecords", "'truncationmaxrecords' takes a number above 0"),
        ("set servertimeout = 5", "'servertimeout' takes a timespan"),
        ("set servertimeout = 'soon'", "'servertimeout' takes a timespan"),
        ("set notruncation = 1", "'notruncation' takes true or false"),
        ("set query_now = 5", "'query_now' takes a datetime"),
    ],
)
def test_a_limit_that_cannot_be_read_is_refused(bench: Any, text: str, says: str) -> None:
    """Plausible and wrong: to go on without the limit that was asked for."""
    with pytest.raises(QueryError) as refused:
        bench.bound(f"{text}; print 1")
    assert refused.value.diagnostics[0].message == says


def test_query_take_max_records_takes(bench: Any) -> None:
    program = bench.bound("set query_take_max_records = 2; range x from 1 to 9 step 1 | sort by x desc")
    assert isinstance(program.result, plan.Take)
    assert program.notes == ("query_take_max_records is set: the answer has the first 2 rows at most",)


@pytest.mark.parametrize("name", sorted(requests.REFUSED))
def test_a_property_that_would_change_the_answer_is_refused_with_a_way_on(bench: Any, name: str) -> None:
    refusal = bench.refusal(f"set {name} = 1; print 1")
    assert (refusal.diagnostics[0].code, refusal.help) == ("KWQ300", requests.REFUSED[name])


@pytest.mark.parametrize("name", sorted(requests.ABOUT_A_SERVICE))
def test_a_property_of_a_service_changes_nothing(bench: Any, name: str) -> None:
    program = bench.bound(f"set {name}; print 1")
    assert (program.notes, program.options) == ((), {})


def test_an_unknown_property_is_said(bench: Any) -> None:
    (note,) = bench.bound("set query_nwo = datetime(2024-01-01); print 1").notes
    assert note == "set query_nwo: no such property is known, it changes nothing; did you mean 'query_now'?"


def test_another_language_is_refused(bench: Any) -> None:
    assert bench.refusal("set query_language = 'sql'; print 1").diagnostics[0].code == "KWQ300"


def test_the_hot_cache_alone_is_refused(bench: Any) -> None:
    """The page: default, all or hotcache."""
    assert bench.bound("set query_datascope = 'all'; print 1").notes == ()
    assert bench.refusal("set query_datascope = 'hotcache'; print 1").diagnostics[0].code == "KWQ300"


@pytest.mark.parametrize(
    ("spelled", "known"),
    [("truncation_max_records", "truncationmaxrecords"), ("truncation_max_size", "truncationmaxsize")],
)
def test_both_spellings_of_a_limit_hold(bench: Any, spelled: str, known: str) -> None:
    """Two pages, two spellings: one was taken for no property, and the limit did not hold."""
    assert bench.bound(f"set {spelled} = 5; set {known} = 7; print 1").options == {known: 5}


def test_more_columns_than_asked_for_are_an_error(bench: Any) -> None:
    assert bench.refusal("set maxoutputcolumns = 2; print 1, 2, 3").help == "keep those that you need with project"
    assert (
        len(bench.bound("set maxoutputcolumns = 3; print 1, 2, 3 | extend a = 1 | project-away a").result.schema) == 3
    )
