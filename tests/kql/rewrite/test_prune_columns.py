"""Columns that nothing reads are not carried; rows and result schema are the same with and without the pass."""

from __future__ import annotations

import pytest

from keywitness.engine.engine import NoTables
from keywitness.engine.query import run
from keywitness.kql import plan
from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import Options, compile_kql

DATA = """let T = datatable(id:long, who:string, n:long, extra:dynamic) [
    1, 'a', 10, dynamic([1,2]),  2, 'a', 20, dynamic([]),
    3, 'b', 30, dynamic({"k":1}),  4, 'b', long(null), dynamic(5)];
let U = datatable(who:string, mark:string, n:long) ['a', 'x', 1, 'b', 'y', 2, 'b', 'z', 3, 'c', 'w', 4];
let M = materialize(T | extend twice = n * 2, text = strcat(who, '!'));
"""


def compiled(query: str, *, rewrite: bool) -> plan.Program:
    return compile_kql(DATA + query, EmptyCatalog(), 0, options=Options(rewrite=rewrite))


@pytest.mark.parametrize(
    "query",
    [
        "T | count",
        "T | where n > 10 | project who",
        "T | sort by n desc | project who | take 2",
        "T | extend a = n + 1, b = n + 2 | extend c = a * 2 | summarize sum(c) by who | sort by who asc",
        "T | summarize arg_max(n, *) by who | project who, id | sort by who asc",
        "T | summarize a = sum(n), b = max(id) | project b",
        "T | summarize by who, n | summarize count() by who | sort by who asc",
        "T | join kind=inner U on who | project mark, id | sort by id asc, mark asc",
        "T | join U on who | count",
        "T | join kind=leftanti U on who | count",
        "T | join kind=fullouter U on who | project n1 | sort by n1 asc",
        "union T, U | project who, mark | sort by who asc, mark asc | take 5",
        "union withsource=S T, U | summarize count() by S | sort by S asc",
        "T | mv-expand extra | project id, extra | sort by id asc",
        "T | mv-expand with_itemindex=i extra | project id, i | sort by id asc, i asc",
        "T | mv-expand with_itemindex=i extra limit 1 | summarize count()",
        "T | mv-expand a = pack_array(who, n), b = split("
        "'x/y/z', '/') to typeof(string) | project id, a, b | sort by id asc",
        "T | make-series s = sum(n) default=0 on id from 1 to 5 step 1 by who | project s | sort by tostring(s) asc",
        "T | mv-apply extra on (summarize c = count()) | project id, c | sort by id asc",
        "T | sort by id asc | extend p = prev(n), q = row_number() | project q, p",
        "M | where twice > 9 | project id | join kind=inner (M | project id, text) on id | project text | sort by text",
        "T | where who in ((U | where n > 1 | project who)) | project id | sort by id asc",
        "T | where n > toscalar(T | summarize m = avg(n), k = max(id) | project m) | project id | sort by id asc",
        "T | project-away extra | take 1 | getschema | project ColumnName",
    ],
)
def test_rows_are_the_same(query: str) -> None:
    plain = run(compiled(query, rewrite=False), NoTables())
    pruned = run(compiled(query, rewrite=True), NoTables())
    assert pruned.schema == plain.schema
    assert pruned.to_pylist() == plain.to_pylist()


def widths(query: str) -> list[int]:
    node, found = compiled(query, rewrite=True).result, []
    while not isinstance(node, plan.Constant):
        found.append(len(node.schema))
        node = getattr(node, "source", None) or node.left  # type: ignore[union-attr]
    return found


def test_what_nothing_reads_is_not_carried() -> None:
    assert max(widths("T | extend a = n + 1, b = n + 2, c = 1 | where a > 3 | summarize count() by who")) <= 2
    assert max(widths("T | extend a = n + 1 | join kind=inner U on who | summarize count() by a")) <= 2


def test_an_assertion_is_kept_although_nothing_reads_it() -> None:
    columns = compiled("T | extend checked = assert(true, 'no') | count", rewrite=True).result
    assert "assert" in repr(columns)
