"""Where conditions may go, and above all where not; rows are compared with and without the passes."""

from __future__ import annotations

import pytest

from keywitness.engine.engine import NoTables
from keywitness.engine.query import run
from keywitness.kql import plan
from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import Options, compile_kql

DATA = """let T = datatable(id:long, who:string, n:long) [
    1, 'a', 10,  2, 'a', 20,  3, 'b', 30,  4, 'b', long(null),  5, '', 50 ];
let U = datatable(who:string, mark:string) ['a', 'x', 'b', 'y', 'b', 'z', 'c', 'w'];
"""


def compiled(query: str, *, rewrite: bool) -> plan.Program:
    return compile_kql(DATA + query, EmptyCatalog(), 0, options=Options(rewrite=rewrite))


def chain(query: str) -> list[str]:
    """The operators of the rewritten plan, from the result down its left side."""
    node, found = compiled(query, rewrite=True).result, []
    while True:
        found.append(type(node).__name__)
        below = getattr(node, "source", None) or getattr(node, "left", None)
        if below is None:
            return found
        node = below


@pytest.mark.parametrize(
    "query",
    [
        "T | extend m = n * 2 | where m > 30 and id > 1",
        "T | project-rename k = id | where k > 2 | where n < 50",
        "T | sort by n desc | where id != 3 | take 2",
        "T | sort by id asc | extend before = prev(n) | where id > 2",
        "T | sort by id asc | where id > 1 | extend place = row_number() | where place == 1",
        "T | sort by id asc | take 3 | where n > 10",
        "T | join kind=inner U on who | where n > 10 and mark != 'y'",
        "T | join kind=leftouter U on who | where isempty(mark)",
        "T | join kind=leftouter U on who | where n > 10",
        "T | join kind=rightouter U on who | where isnull(n)",
        "T | join kind=fullouter U on who | where isnull(n) or id > 1",
        "T | join kind=leftanti U on who | where id > 0",
        "T | join kind=rightanti U on who | where mark has 'w'",
        "T | summarize n = sum(n) by who | where who == 'a'",
        "T | mv-expand x = pack_array(id, n) | where id > 3",
        "T | extend a = n, b = n | extend c = a + b, d = a | where d > 10",
        "T | where id in ((U | project id = strlen(mark))) | project id",
        "union T, (T | where n > 20) | where who == 'b'",
    ],
)
def test_the_rows_are_the_same_with_and_without_the_passes(query: str) -> None:
    plain, rewritten = (run(compiled(query, rewrite=r), NoTables()).physical() for r in (False, True))
    assert sorted(map(repr, rewritten)) == sorted(map(repr, plain))
    assert rewritten or "rows may not vanish by an empty test" == ""


def test_a_condition_moves_to_the_table() -> None:
    assert chain("T | project-rename k = id | where k > 2 | where n < 5") == ["Project", "Filter", "Constant"]


def test_a_condition_stays_above_what_it_reads() -> None:
    assert chain("T | extend m = n * 2 | where m > 3 and id > 1")[:2] == ["Filter", "Project"]
    assert chain("T | take 3 | where id > 1") == ["Filter", "Take", "Constant"]
    assert chain("T | sort by id | extend p = prev(n) | where id > 1")[0] == "Filter"


def test_a_condition_on_the_right_side_stays_above_a_join() -> None:
    assert chain("T | join kind=leftouter U on who | where isempty(mark)")[0] == "Filter"
    assert chain("T | join kind=rightouter U on who | where id > 1")[0] == "Filter"


def test_innerunique_keeps_a_left_row_that_the_condition_allows() -> None:
    """Kusto asks the condition before it picks one left row per key; asked after, the answer would be empty."""
    rows = run(compiled("T | join kind=innerunique U on who | where id == 2", rewrite=True), NoTables()).to_pylist()
    assert [(r["id"], r["mark"]) for r in rows] == [(2, "x")]
