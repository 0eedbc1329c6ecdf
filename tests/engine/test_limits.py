"""How far a query may go: what is asked, what holds, and what is said beyond it."""

from __future__ import annotations

import math

import pytest

import keywitness
from keywitness.engine.limits import AS_USUAL, NO_LIMITS, Limits
from keywitness.errors import LimitError, UsageError


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("none", NO_LIMITS),
        ("rows=100_000", Limits(rows=100_000)),
        ("rows=1000,time=30s", Limits(rows=1000, time=30)),
        ("time=00:01:30, memory=2GiB", Limits(time=90, memory=2 * 2**30)),
        ("size=1.5MB,rows=none", Limits(size=1_500_000, rows=math.inf)),
    ],
)
def test_limits_are_read(text: str, limits: Limits) -> None:
    assert Limits.parse(text) == limits


@pytest.mark.parametrize("text", ["", "rows", "rows=", "rows=-1", "rows=0", "rows=many", "colour=3", "time=5parsecs"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no limit"):
        Limits.parse(text)


def test_the_usual_limits() -> None:
    usual = AS_USUAL.settled({})
    assert (usual.rows, usual.size, usual.time) == (500_000, 2**30, 600)
    assert usual.memory is not None
    assert 0 < usual.memory < math.inf


def test_without_limits_memory_still_has_a_figure_to_spill_at() -> None:
    lifted = NO_LIMITS.settled({})
    assert (lifted.rows, lifted.size, lifted.time) == (math.inf,) * 3
    assert lifted.memory == AS_USUAL.settled({}).memory


@pytest.mark.parametrize(
    ("asked", "options", "field", "holds"),
    [
        (AS_USUAL, {"truncationmaxrecords": 1_000_000}, "rows", 1_000_000),
        (Limits(rows=10), {"truncationmaxrecords": 1_000_000}, "rows", 10),
        (NO_LIMITS, {"truncationmaxrecords": 7}, "rows", 7),
        (AS_USUAL, {"notruncation": 1}, "rows", math.inf),
        (AS_USUAL, {"notruncation": 1}, "size", math.inf),
        (AS_USUAL, {"notruncation": 0}, "rows", 500_000),
        (AS_USUAL, {"notruncation": 1, "truncationmaxsize": 5}, "rows", 500_000),
        (AS_USUAL, {"notruncation": 1, "query_take_max_records": 5}, "size", 2**30),
        (Limits(size=5), {"notruncation": 1}, "size", 5),
        (AS_USUAL, {"servertimeout": 20_000_000}, "time", 2),
        (AS_USUAL, {"norequesttimeout": 1}, "time", 3600),
        (Limits(time=5), {"norequesttimeout": 1}, "time", 5),
        (Limits(memory=9e9), {"maxmemoryconsumptionperiterator": 10**9}, "memory", 10**9),
        (AS_USUAL, {"max_memory_consumption_per_query_per_node": 10**9}, "memory", 10**9),
    ],
)
def test_of_several_values_the_lowest_holds(asked: Limits, options: dict[str, int], field: str, holds: float) -> None:
    assert getattr(asked.settled(options), field) == holds


def test_an_answer_is_never_cut() -> None:
    """Plausible and wrong: the first 500,000 rows, which look like all."""
    with pytest.raises(LimitError) as refused:
        keywitness.query("range x from 1 to 500001 step 1")
    assert refused.value.render() == (
        "error: Query result set has exceeded the internal record count limit 500000 (E_QUERY_RESULT_SET_TOO_LARGE)\n"
        "  help: summarize, `take` or project less; or lift it: `--limit none`, `set notruncation;`\n"
        "effect: no rows were returned: a part of them could be taken for all (exit 5)"
    )
    assert len(keywitness.query("range x from 1 to 500000 step 1")) == 500_000
    assert len(keywitness.query("range x from 1 to 500001 step 1", limits=NO_LIMITS)) == 500_001


def test_rows_without_evidence_count_too() -> None:
    with pytest.raises(LimitError, match="record count limit 1 "):
        keywitness.query("set truncationmaxrecords = 1; datatable(a: long) [1, 2]")


def test_set_holds_for_what_stands_behind_it() -> None:
    query = "range x from 1 to 3 step 1; set truncationmaxrecords = 2; range x from 1 to {} step 1"
    assert [len(keywitness.query(query.format(2))), len(keywitness.query(query.format(2)).others[0])] == [2, 3]
    with pytest.raises(LimitError):
        keywitness.query(query.format(3))
