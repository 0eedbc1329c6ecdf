"""A sketch goes to its readers and nowhere else; each refusal has the place of the call."""

from __future__ import annotations

import pytest

from keywitness import QueryError, query

H = "let T = datatable(x:long, g:string)[1,'a', 2,'a', 2,'b', 3,'b'];\n"
HLLS = "T | summarize h = hll(x), t = tdigest(x) by g"


def refusal(text: str) -> tuple[str, str]:
    """The message of a refusal, and the text that it points at."""
    with pytest.raises(QueryError) as caught:
        query(H + text)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.message, (H + text)[diagnostic.span.start : diagnostic.span.end]


@pytest.mark.parametrize(
    "use",
    [
        "tostring(h)",
        "h[0]",
        "h.values",
        "isnull(h)",
        "strlen(tostring(h))",
        "array_length(h)",
        "pack_array(h)",
        "iff(true, h, h)",
        "h in (1, 2)",
        "bag_keys(h)",
        "gettype(h)",
        "hash(tostring(h))",
    ],
)
def test_no_function_sees_the_text_of_a_sketch(use: str) -> None:
    """As a dynamic value it would have members and a text, and none of them is Kusto's."""
    message, _ = refusal(f"{HLLS} | extend leak = {use} | project leak")
    assert message == "the value of hll() outside of the functions that read it is not supported"


def test_the_refusal_points_at_the_call() -> None:
    assert refusal(f"{HLLS} | extend s = tostring(h) | project s")[1] == "tostring(h)"
    assert refusal(f"{HLLS} | where array_length(t) > 1 | count")[1] == "array_length(t)"
    assert refusal(f"{HLLS} | summarize make_list(h)")[1] == "make_list(h)"


@pytest.mark.parametrize(
    "rest",
    [
        "mv-expand h | count",
        "mv-apply h on (summarize n = count()) | project n",
        "evaluate bag_unpack(h)",
        "evaluate narrow()",
        "summarize make_bag(h)",
        "summarize buildschema(t)",
        "make-series n = hll(x) on x from 1 to 3 step 1",
        "scan declare (v: long = 0) with (step s: true => v = 1;) | project v",
        "join kind=inner (T) on $left.g == $right.g | project-away t",
        "as R | where g in ((R | project tostring(h))) | project g",
        "project g, n = toscalar(T | summarize x = hll(x))",
        "fork (count) (project h)",
    ],
)
def test_no_operator_lets_it_out(rest: str) -> None:
    with pytest.raises(QueryError):
        query(f"{H}{HLLS} | {rest}")


@pytest.mark.parametrize(
    "rest",
    [
        "project n = dcount_hll(h)",
        "where g == 'a' | project n = dcount_hll(h)",
        "sort by g asc | take 1 | project n = dcount_hll(h)",
        "as R | join kind=inner (R) on g | where g == 'a' | project n = dcount_hll(hll_merge(h, h1))",
        "summarize arg_min(g, h) | project n = dcount_hll(h)",
        "where g == 'a' | summarize take_any(h) | project n = dcount_hll(h)",
        "mv-apply i = dynamic([1]) to typeof(long) on (take 1) | where g == 'a' | project n = dcount_hll(h)",
        "partition by g (project g, h) | where g == 'a' | project n = dcount_hll(h)",
        "project k = h, g | union (T | where false) | where g == 'a' and isempty(x) | project n = dcount_hll(k)",
        "where g == 'a' | project n = dcount_hll(toscalar(T | where g == 'b' | summarize hll(x)))",
    ],
)
def test_it_passes_operators_on_the_way_to_a_reader(rest: str) -> None:
    assert query(f"{H}{HLLS} | {rest}").to_pylist()[0] == {"n": 2}


def test_a_result_does_not_show_it() -> None:
    assert refusal(HLLS)[0] == "showing 'h', a value of hll(), is not supported"
    assert query(f"{H}{HLLS} | project-away h, t | sort by g asc").to_pylist() == [{"g": "a"}, {"g": "b"}]


def test_a_reader_takes_nothing_else() -> None:
    """What Kusto stored as hll looks like an array of three; counting its elements would answer 3."""
    message, place = refusal("print d = dynamic([[1024,14],['1','2'],[]]) | project n = dcount_hll(d)")
    assert (message, place) == ("dcount_hll() of anything but a value of hll() is not supported", "dcount_hll(d)")
    assert refusal(f"{HLLS} | project percentile_tdigest(h, 50)")[1] == "percentile_tdigest(h, 50)"
    assert refusal(f"{HLLS} | project hll_merge(h, t)")[1] == "hll_merge(h, t)"
    assert refusal("T | summarize hll_merge(pack_array(x))")[1] == "hll_merge(pack_array(x))"


def test_names_are_those_of_the_analyser() -> None:
    text = (
        f"{H}{HLLS} | project dcount_hll(h), dcount_hll(hll_merge(h, h)), percentile_tdigest(t, 50), rank_tdigest(t, 2)"
    )
    assert [c.name for c in query(text).columns] == [
        "dcount_hll_h", "dcount_hll_hll_merged_result", "percentile_tdigest_t", "Column1",
    ]  # fmt: skip
    merged = f"{H}{HLLS} | summarize dcount_hll(hll_merge(h)), percentile_tdigest(merge_tdigest(t), 50)"
    assert [c.name for c in query(merged).columns] == [
        "dcount_hll_hll_merge_h", "percentile_tdigest_merge_tdigests_t",
    ]  # fmt: skip
