"""Plugins of user analytics against their definitions, worked out in Python over random rows."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from keywitness import QueryError, query

#: (id, moment, dimension): the moments reach beyond 0 .. 29, the span that is analysed.
Row = tuple[str, int, str]
END = 29


def rows(seed: int, *, first: int = 0, last: int = END) -> list[Row]:
    """Rows that leave no window of 5 empty for either dimension."""
    drawn = random.Random(seed)
    made = [("fixed", moment, d) for moment in range(0, END + 1, 5) for d in "xy"]
    return made + [
        (drawn.choice("abcdefgh"), drawn.randint(first, last), drawn.choice("xy")) for _ in range(drawn.randint(20, 60))
    ]


def table(data: list[Row]) -> str:
    return "datatable(id:string, t:long, d:string)[" + ", ".join(f"'{i}', {t}, '{d}'" for i, t, d in data) + "]"


def answered(text: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(r.values()) for r in query(text).to_pylist())


def refused(text: str) -> str:
    with pytest.raises(QueryError) as caught:
        query(text)
    return str(caught.value)


def seen(data: list[Row], d: str, low: int, high: int) -> set[str]:
    """The ids with a moment from `low` up to, but without, `high`."""
    return {i for i, t, dim in data if dim == d and low <= t < high}


@pytest.mark.parametrize("seed", range(5))
def test_activity_counts_metrics(seed: int) -> None:
    data = rows(seed, first=-10, last=40)
    expected = [
        (
            w,
            d,
            sum(dim == d and w <= t < w + 5 for _, t, dim in data),
            len(seen(data, d, w, w + 5)),
            len(seen(data, d, w, w + 5) - seen(data, d, 0, w)),
            len(seen(data, d, 0, w + 5)),
        )
        for w in range(0, END + 1, 5)
        for d in "xy"
    ]
    assert answered(f"{table(data)} | evaluate activity_counts_metrics(id, t, 0, {END}, 5, d)") == sorted(expected)


@pytest.mark.parametrize("seed", range(5))
def test_activity_metrics(seed: int) -> None:
    data = rows(seed, first=-10, last=40)
    inside = [r for r in data if 0 <= r[1] <= END]
    for w, d, count, new, retention, churn in answered(
        f"{table(data)} | evaluate activity_metrics(id, t, 0, {END}, 5, d)"
    ):
        now, before = seen(inside, d, w, w + 5), seen(inside, d, w - 5, w)
        assert (count, new) == (len(now), len(now - before))
        if not before:
            assert math.isnan(retention) and math.isnan(churn)
        else:
            assert retention == pytest.approx(len(now & before) / len(before))
            assert churn == pytest.approx(1 - retention)


@pytest.mark.parametrize("seed", range(5))
def test_new_activity_metrics(seed: int) -> None:
    data = [
        r for r in rows(seed, first=-10, last=40) if not 10 <= r[1] < 15
    ]  # a window without rows is one of its rows
    inside = [r for r in data if 0 <= r[1] <= END]
    result = answered(f"{table(data)} | evaluate new_activity_metrics(id, t, 0, {END}, 5, d)")
    assert len(result) == 2 * 21
    for f, t, d, new, retained, churned, retention, churn in result:
        cohort = seen(inside, d, f, f + 5) - seen(inside, d, 0, f)
        now = seen(inside, d, t, t + 5)
        fresh = cohort if f == t else now - seen(inside, d, 0, f + 5)
        assert (new, retained, churned) == (len(fresh), len(cohort & now), len(cohort - now))
        if cohort:
            assert (retention, churn) == (len(cohort & now) / len(cohort), len(cohort - now) / len(cohort))
        else:
            assert math.isnan(retention) and math.isnan(churn)


def test_a_cohort_and_a_look_back() -> None:
    """An id of the look-back table is never new, also where it comes for the first time in the analysed span."""
    data = (
        "let T = datatable(id:string, t:long)['a', 0, 'b', 0, 'b', 5, 'c', 5]; let Before = datatable(id:string)['b'];"
    )
    plugin = "T | evaluate new_activity_metrics(id, t, 0, 9, 5"
    everyone = answered(f"{data} {plugin}, 0)")
    assert [r[:5] for r in everyone] == [(0, 0, 2, 2, 0), (0, 5, 1, 1, 1)]
    assert [r[:5] for r in answered(f"{data} {plugin}, 0, Before)")] == [(0, 0, 1, 1, 0), (0, 5, 1, 0, 1)]
    assert answered(f"{data} {plugin}, Before) | where from_t == 0") == answered(f"{data} {plugin}, 0, Before)")
    assert "the start of a window" in refused(f"{data} {plugin}, 3)")
    assert "no column 'id'" in refused(f"{data} let Other = datatable(x:string)['a']; {plugin}, 0, Other)")


@pytest.mark.parametrize("seed", range(5))
def test_sliding_window_counts(seed: int) -> None:
    data = rows(seed, last=45)
    expected = []
    for w in range(0, END + 1, 5):
        for d in "xy":
            looked = [i for i, t, dim in data if dim == d and max(w - 10, 0) <= t < min(w + 5, END + 1)]
            expected.append((w, d, len(looked), len(set(looked))))
    text = f"{table(data)} | evaluate sliding_window_counts(id, t, 0, {END}, 17, 5, d)"  # 17 is cut to 15
    assert answered(text) == sorted(expected)


@pytest.mark.parametrize("seed", range(5))
def test_activity_engagement(seed: int) -> None:
    data = rows(seed, last=45)
    for w, d, inner, outer, ratio in answered(
        f"{table(data)} | evaluate activity_engagement(id, t, 0, {END}, 5, 10, d)"
    ):
        end = min(w + 5, END + 1)
        assert (inner, outer) == (len(seen(data, d, w, end)), len(seen(data, d, w - 5, end)))
        assert ratio == inner / outer


@pytest.mark.parametrize("seed", range(8))
def test_active_users_count(seed: int) -> None:
    """The far end of the look-back is open: an appearance that far back does not count."""
    drawn = random.Random(seed)
    data = [(drawn.choice("abc"), drawn.randint(-12, END), "x") for _ in range(40)]
    expected = []
    for w in range(0, END + 1, 5):
        active = set()
        for i, t, _ in data:
            periods = {t2 for i2, t2, _ in data if i2 == i and t - 5 < t2 <= t}
            if w <= t < w + 5 and len(periods) >= 3:
                active.add(i)
        if active:
            expected.append((w, len(active)))
    assert expected
    assert answered(f"{table(data)} | evaluate active_users_count(id, t, 0, {END}, 5, 1, 3, 5)") == expected


def test_active_users_count_refuses_where_the_measure_of_the_look_back_matters() -> None:
    """8 days or the whole bins in them, 7: the page's text and picture differ, so rows in between are refused."""
    data = "datatable(u:string, t:long)['a', 10, 'a', 14, 'a', 17]"
    assert "how the look-back is measured" in refused(f"{data} | evaluate active_users_count(u, t, 0, 30, 8, 1, 3, 7)")
    assert answered(f"{data} | evaluate active_users_count(u, t, 0, 30, 14, 1, 3, 7)") == [(14, 1)]
    assert answered(f"{data} | evaluate active_users_count(u, t, 0, 30, 7, 1, 1, 7)") == [(7, 1), (14, 1)]


@pytest.mark.parametrize("seed", range(5))
def test_rolling_percentile(seed: int) -> None:
    drawn = random.Random(seed)
    data = [(i // 3, drawn.randint(0, 99)) for i in range(45)]  # bins of 5 from 0, three rows for each moment
    listed = ", ".join(f"{t}, {v}" for t, v in data)
    expected = []
    for w in range(0, 15, 5):
        values = sorted(v for t, v in data if w - 5 <= t < w + 5)
        expected.append((w, values[math.ceil(0.9 * len(values)) - 1]))
    rows = query(f"datatable(t:long, v:long)[{listed}] | evaluate rolling_percentile(v, 90, t, 5, 2)")
    assert [c.name for c in rows.columns] == ["t", "rolling_2_percentile_v_90"]
    assert sorted(tuple(r.values()) for r in rows.to_pylist()) == expected


def test_windows_of_the_calendar_have_the_length_of_their_month() -> None:
    """Thirty days for every month would put the 1st of March into the second window, or the third."""
    data = """datatable(u:string, t:datetime)['a', datetime(2026-01-31 23:00),
        'a', datetime(2026-02-28 23:59:59.9999999), 'b', datetime(2026-03-01)]"""
    text = f"{data} | evaluate activity_metrics(u, t, datetime(2026-01-01), datetime(2026-03-02), 'month')"
    assert [(r["t"][:10], r["dcount_values"], r["dcount_newvalues"]) for r in query(text).to_pylist()] == [
        ("2026-01-01", 1, 1),
        ("2026-02-01", 1, 0),
        ("2026-03-01", 1, 1),
    ]
    assert "startofmonth" in refused(text.replace("datetime(2026-01-01)", "datetime(2026-01-02)"))


GAP = "datatable(id:string, t:long, d:string)['a', 0, 'x', 'a', 10, 'x']"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{GAP} | evaluate activity_counts_metrics(id, t, 0, 10, 5)", "has no rows"),
        (f"{GAP} | evaluate activity_metrics(id, t, 0, 10, 5)", "has no rows"),
        (f"{GAP} | evaluate activity_metrics(id, t, 0, 10, 5, d)", "has no rows"),
        (f"{GAP} | evaluate activity_engagement(id, t, 0, 10, 5, 10)", "has no rows"),
        (f"{GAP} | evaluate rolling_percentile(t, 50, t, 5, 2)", "has no rows"),
        (f"{GAP} | evaluate sliding_window_counts(id, t, 5, 14, 10, 5)", "rows before Start"),
        (f"{GAP} | evaluate activity_engagement(id, t, 10, 14, 5, 15)", "rows before Start"),
        (f"{GAP} | evaluate activity_metrics(id, t, 5)", "does not take 3"),
        ("datatable(u:string, t:datetime)[] | evaluate activity_metrics(u, t, 1d)", "without Start and End"),
        (f"{GAP} | evaluate sliding_window_counts(id, t, 0, 10, 4, 5)", "shorter than a bin"),
        (f"{GAP} | evaluate activity_engagement(id, t, 0, 10, 5, 12)", "multiple of the inner"),
        (f"{GAP} | evaluate activity_counts_metrics(id, t, 0, 10, 0)", "must be above 0"),
        (f"{GAP} | evaluate activity_counts_metrics(id, t, 0, 10, 'day')", "is no window"),
        (f"{GAP} | extend r = todouble(t) | evaluate activity_metrics(id, r, 0.0, 1.0, 1.0)", "this is real"),
        (f"{GAP} | extend j = pack_array(t) | evaluate activity_metrics(j, t, 0, 10, 5)", "dynamic"),
        (f"{GAP} | evaluate active_users_count(id, t, 0, 10, 10, 3, 2, 5)", "multiple of the period"),
        (f"{GAP} | evaluate active_users_count(id, t, 1, 10, 10, 5, 2, 5)", "start of a period"),
        (f"{GAP} | evaluate activity_counts_metrics(id, t, 0, 10, 5, t)", "a column named 't'"),
    ],
)  # fmt: skip
def test_what_the_pages_leave_open_is_refused(text: str, said: str) -> None:
    assert said in refused(text)


def test_a_filter_of_the_user_does_not_hide_what_refuses() -> None:
    """A filter pushed below the check would find no row and answer with an empty table."""
    plugin = f"{GAP} | evaluate activity_counts_metrics(id, t, 0, 10, 5)"
    assert "has no rows" in refused(f"{plugin} | where ['count'] == 0")
    assert "has no rows" in refused(f"{plugin} | where t == 5")
    assert "has no rows" in refused(f"{plugin} | count")


_NAMES: list[tuple[str, str]] = [
    ("activity_counts_metrics(id, t, 0, 29, 5, d)", "t d count dcount new_dcount aggregated_dcount"),
    ("activity_metrics(id, t, 0, 29, 5, d)", "t d dcount_values dcount_newvalues retention_rate churn_rate"),
    (
        "activity_engagement(id, t, 0, 29, 5, 5, d)",
        "t d dcount_activities_inner dcount_activities_outer activity_ratio",
    ),
    (
        "new_activity_metrics(id, t, 0, 29, 5, d)",
        "from_t to_t d dcount_new_values dcount_retained_values dcount_churn_values retention_rate churn_rate",
    ),
    ("sliding_window_counts(id, t, 0, 29, 5, 5, d)", "t d Count Dcount"),
    ("active_users_count(id, t, 0, 29, 5, 1, 2, 5, d)", "t d dcount"),
    ("rolling_percentile(t, 99.5, t, 5, 3, d)", "t d rolling_3_percentile_t_99.5"),
]


@pytest.mark.parametrize(("call", "names"), _NAMES)
def test_columns_are_those_of_microsofts_analyser(call: str, names: str) -> None:
    """The pages put the dimensions last and call a column otherwise than their own examples; the analyser decides."""
    assert [c.name for c in query(f"{table(rows(1))} | evaluate {call}").columns] == names.split()


def test_the_timeline_keeps_its_type() -> None:
    def made(t: str) -> str:
        return f"datatable(u:string, t:{t})['a', {t}(1)] | evaluate "

    assert query(made("int") + "activity_counts_metrics(u, t, 1, 1, 1)").columns[0].type == "int"
    assert query(made("timespan") + "sliding_window_counts(u, t, 1d, 1d, 1d, 1d)").columns[0].type == "timespan"
