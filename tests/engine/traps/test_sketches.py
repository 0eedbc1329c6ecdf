"""hll() and tdigest() hold everything: what is read from them is what the aggregate itself would have said."""

from __future__ import annotations

import random
from typing import Any

import pytest

from keywitness import QueryError, query


def row(text: str) -> tuple[Any, ...]:
    (found,) = query(text).to_pylist()
    return tuple(found.values())


def table(seed: int) -> str:
    drawn = random.Random(seed)
    cells = ", ".join(
        f"{drawn.randint(0, 9)}, {drawn.randint(0, 60)}, real({drawn.choice([0.5, 1.5, -2.25, 1e300])}), "
        f"'{drawn.choice(['', 'a', 'A', 'é'])}'"
        for _ in range(80)
    )
    return f"""let T = datatable(g:long, n:long, r:real, s:string)[{cells}]
        | extend t = datetime(2026-01-01) + n * 1h;"""


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("column", "nrst")
def test_dcount_of_merged_sets_is_dcount_of_the_rows(seed: int, column: str) -> None:
    """Sums of the groups' dcounts count common values twice; a sketch of 14 bits is off by a percent."""
    data = table(seed)
    expected = row(f"{data} T | summarize dcount({column}), dcountif({column}, g > 4)")
    by_group = f"{data} T | summarize h = hll({column}), i = hll_if({column}, g > 4) by g"
    merged = f"{by_group} | summarize hll_merge(h), hll_merge(i)"
    assert row(f"{merged} | project dcount_hll(hll_merge_h), dcount_hll(hll_merge_i)") == expected
    assert row(f"{data} T | summarize dcount_hll(hll({column}, 4)), dcount_hll(hll_if({column}, g > 4))") == expected


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("column", "nrt")
def test_percentiles_of_merged_digests_are_percentiles_of_the_rows(seed: int, column: str) -> None:
    """A percentile of the groups' percentiles is another number."""
    data = table(seed)
    ranks = (0, 1, 25, 50, 66.6, 95, 99.9, 100)
    direct = ", ".join(f"p{i} = percentile({column}, {rank})" for i, rank in enumerate(ranks))
    read = ", ".join(f"p{i} = percentile_tdigest(d, {rank})" for i, rank in enumerate(ranks))
    expected = row(f"{data} T | summarize {direct}")
    merged = f"{data} T | summarize d = tdigest({column}) by g | summarize d = tdigest_merge(d)"
    assert row(f"{merged} | project {read}") == expected
    (array,) = row(f"{merged} | project percentiles_array_tdigest(d, dynamic({list(ranks)}))")
    assert tuple(array) == expected


def test_weights_count_and_what_weighs_nothing_does_not() -> None:
    data = "datatable(v:long, w:long)[10, 1, 20, 3, 5, 0, 7, -2, long(null), 9, 30, long(null)]"
    ranks = "rank_tdigest(d, 10), rank_tdigest(d, 9)"
    text = f"{data} | summarize d = tdigest(v, w) | project percentile_tdigest(d, {{}}), {ranks}"
    assert row(text.format(25)) == (10, 1.0, 0.0)
    assert row(text.format(26)) == (20, 1.0, 0.0)


def test_a_typed_percentile_is_a_column_of_that_type() -> None:
    rows = query(
        "range x from 1 to 9 step 1 | summarize d = tdigest(x) | project p = percentile_tdigest(d, 50, typeof(long))"
    )
    assert [(c.name, c.type.value) for c in rows.columns] == [("p", "long")]
    assert rows.to_pylist() == [{"p": 5}]


def test_typed_percentiles_are_an_array_of_that_type() -> None:
    """A cast to the type, as of one percentile, would make null of the array."""
    read = "range x from 1 to 100 step 1 | summarize d = tdigest({}) | project p = percentiles_array_tdigest(d, {}, {})"
    asked = read.format("x", "range(0, 100, 50)", "typeof(int)")
    assert query(asked).to_pylist() == [{"p": [1, 50, 100]}]
    with pytest.raises(QueryError, match="of type long as real"):
        query(read.format("x", "dynamic([50])", "typeof(real)"))


def test_percentrank_is_a_share_in_percent_of_values_not_above() -> None:
    """Below would be 40, the place in the list 5."""
    text = (
        "range x from 1 to 10 step 1 | summarize d = tdigest(x) | project percentrank_tdigest(d, 5), rank_tdigest(d, 5)"
    )
    assert row(text) == (50.0, 5.0)


def test_sets_intersect_one_after_the_other() -> None:
    """By inclusion and exclusion over sketches the answer would be an estimate, and could be negative."""
    text = """range x from 1 to 30 step 1
    | summarize a = hll_if(x, x <= 20), b = hll_if(x, x > 10), c = hll_if(x, x % 2 == 0)
    | evaluate dcount_intersect(a, b, c) | project-away a, b, c"""
    assert row(text) == (20, 10, 5)


def test_of_nothing() -> None:
    empty = "datatable(x:long)[] | summarize h = hll(x), d = tdigest(x)"
    assert row(f"{empty} | project dcount_hll(h), percentile_tdigest(d, 50), rank_tdigest(d, 1)") == (0, None, 0.0)
    with pytest.raises(QueryError, match="of no values"):
        query(f"{empty} | project percentrank_tdigest(d, 1)")


@pytest.mark.parametrize(
    "text",
    [
        "summarize a = hll(n), b = hll(s) | project dcount_hll(hll_merge(a, b))",
        "summarize a = hll(n), b = hll(s) | evaluate dcount_intersect(a, b) | project s1",
        "summarize a = tdigest(n), b = tdigest(t) | project rank_tdigest(merge_tdigest(a, b), 1)",
        "summarize a = tdigest(t) | project rank_tdigest(a, 1)",
        "summarize a = tdigest(n) | project percentile_tdigest(a, 101)",
    ],
)
def test_values_of_several_types_are_no_one_sketch(text: str) -> None:
    """Whether Kusto takes 1 and '1' for one value there is not documented."""
    with pytest.raises(QueryError, match=r"of type|outside of 0"):
        query(f"{table(1)} T | {text}")


def test_a_union_of_digests_keeps_each_type() -> None:
    data = "let T = datatable(n:long, t:datetime)[7, datetime(2026-01-02)];"
    text = f"""{data} T | summarize d = tdigest(n) | union (T | summarize d = tdigest(t))
    | project p = tostring(percentile_tdigest(d, 50)) | sort by p asc"""
    assert [r["p"] for r in query(text).to_pylist()] == ["2026-01-02T00:00:00.0000000Z", "7"]


def test_weighted_percentiles_are_those_of_rows_written_out() -> None:
    """Kept as a list and compared each with each, 20,000 rows took half a minute."""
    data = "range n from 1 to 20000 step 1 | extend v = n * 7919 % 20011, w = n % 4"
    asked = "5, 50, 99.5"
    weighted = row(f"{data} | summarize percentilesw(v, w, {asked})")
    written = row(f"{data} | mv-expand i = range(1, w, 1) | where isnotnull(i) | summarize percentiles(v, {asked})")
    assert weighted == written
    assert row(f"{data} | summarize percentilesw_array(v * 0.5, w, {asked})") == ([v / 2 for v in weighted],)
