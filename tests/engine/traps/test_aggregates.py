"""Aggregates of nothing, of nulls and of ties; limits and order of made lists."""

from __future__ import annotations

import math

import pytest

from keywitness import query
from keywitness.errors import QueryError

NOTHING = ("datatable(x:int)[]", "datatable(x:int)[int(null), int(null)]")


@pytest.mark.parametrize("source", NOTHING)
@pytest.mark.parametrize(
    ("aggregate", "value"),
    [
        ("sum(x)", 0),
        ("dcount(x)", 0),
        ("countif(x > 0)", 0),
        ("sumif(x, x > 0)", 0),
        ("stdev(x)", 0.0),
        ("variance(x)", 0.0),
        ("make_list(x)", []),
        ("make_set(x)", []),
        ("min(x)", None),
        ("max(x)", None),
        ("percentile(x, 50)", None),
    ],
)
def test_aggregates_of_nothing(ask, source, aggregate, value):
    """SQL says null to nearly all; the emulator has a neutral value for most."""
    assert ask(f"{source} | summarize {aggregate}") == (value,)


@pytest.mark.parametrize("cells", ["", "dynamic(null)"])
def test_the_schema_of_nothing_is_null(ask, cells):
    """The page of `summarize` shows an empty cell: an empty list would be the schema of some values."""
    assert ask(f"datatable(d:dynamic)[{cells}] | summarize buildschema(d)") == (None,)


@pytest.mark.parametrize("cells", ["dynamic({'a': null})", "dynamic([])", "dynamic(1), dynamic(1.5)"])
def test_a_schema_that_no_page_shows_is_refused(ask, cells):
    with pytest.raises(QueryError, match="buildschema"):
        ask(f"datatable(d:dynamic)[{cells}] | summarize buildschema(d)")


@pytest.mark.parametrize("source", NOTHING)
def test_the_mean_of_nothing_is_not_a_number(ask, source):
    assert math.isnan(ask(f"{source} | summarize avg(x)")[0])


def test_keys_without_rows_give_no_groups(ask_rows):
    assert ask_rows("datatable(x:int, y:string)[] | summarize count() by y") == []


def test_count_counts_rows(ask):
    assert ask("datatable(x:int)[1, int(null)] | summarize count(), sum(x), avg(x), dcount(x)") == (2, 1, 1.0, 1)


def test_extremes_of_strings_are_never_null(ask):
    assert ask("datatable(s:string)[] | summarize min(s), max(s), take_any(s)") == ("", "", "")


def test_arg_max_keeps_the_row_whose_cell_is_null(ask):
    """DuckDB's arg_max passes over rows with a null result, and answers from another row."""
    assert ask("datatable(t:long, v:long)[2, long(null), 1, 10] | summarize arg_max(t, v)") == (2, None)


def test_arg_max_without_any_maximum_still_has_a_row(ask):
    assert ask("datatable(t:long, v:string)[long(null), 'n'] | summarize arg_max(t, v)") == (None, "n")


def test_arg_max_columns_come_from_one_row(ask_rows):
    table = "datatable(k:string, t:long, a:string, b:long)['x',1,'p',1, 'x',3,'q',long(null), 'x',2,'r',3]"
    assert ask_rows(f"{table} | summarize arg_max(t, *) by k") == [("x", 3, "q", None)]


def test_lists_follow_the_order_of_the_rows(ask):
    """A parallel aggregate gathers rows as they come, unless told otherwise."""
    assert ask(
        "range x from 1 to 5000 step 1 | sort by x desc | summarize l = make_list(x) | project l[0], l[4999], "
        "array_length(l)"
    ) == (
        5000,
        1,
        5000,
    )


def test_lists_leave_out_nulls_and_stop_at_the_limit(ask):
    assert ask(
        "datatable(x:int)[1, int(null), 3, 4] | summarize make_list(x), make_list(x, 2), make_list_with_nulls(x)"
    ) == (
        [1, 3, 4],
        [1, 3],
        [1, None, 3, 4],
    )


def test_a_set_of_arrays_is_the_set_of_their_elements(ask):
    assert ask(
        "datatable(d:dynamic)[dynamic([1,2]), dynamic([2,3]), dynamic('x')] | summarize s = make_set(d) "
        "| project array_length(s)"
    ) == (4,)


def test_lists_of_times_hold_text(ask):
    assert ask("datatable(t:datetime, s:timespan)[datetime(2020-01-01), 1d] | summarize make_list(t), make_set(s)") == (
        ["2020-01-01T00:00:00.0000000Z"],
        ["1.00:00:00"],
    )


def test_percentiles_are_nearest_rank(ask):
    """Interpolation would answer 5.5, which is no value of the data."""
    assert ask(
        "range x from 1 to 10 step 1 | summarize percentile(x, 50), percentile(x, 95), percentile(x, 0), "
        "percentile(x, 100)"
    ) == (
        5,
        10,
        1,
        10,
    )


def test_a_null_key_is_a_group(ask_rows):
    assert ask_rows("datatable(k:int)[1, int(null), int(null)] | summarize count() by k") == [(None, 2), (1, 1)]


def test_groups_come_in_the_order_of_their_keys(ask_rows):
    """Kusto promises no order; the same question must look the same twice."""
    first = ask_rows("range x from 1 to 3000 step 1 | summarize count() by k = x % 97")
    assert [k for k, _ in first] == list(range(97))


def test_a_list_of_arrays_is_one_of_their_elements(ask):
    """SQL makes a list of lists.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    rows = "datatable(d:dynamic)[dynamic([5, 6]), dynamic({'k': [1]}), dynamic([]), dynamic([[7], null])]"
    wanted = [5, 6, {"k": [1]}, [7], None]
    assert ask(f"{rows} | summarize make_list(d), make_list_with_nulls(d), make_list(d, 2)") == (wanted, wanted, [5, 6])


def test_a_list_of_dynamic_values_keeps_nulls(ask):
    """Nulls of other types are left out, as Kusto's page says of all.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    rows = "datatable(d:dynamic, n:long)[dynamic('a'), 1, dynamic(null), long(null)]"
    assert ask(f"{rows} | summarize make_list(d), make_list(n)") == (["a", None], [1])


def test_a_set_of_dynamic_values_with_a_null_is_refused(ask):
    """The page leaves nulls out, the emulator keeps them in a list: what it does in a set is not recorded."""
    rows = "datatable(d:dynamic)[dynamic('a'), dynamic(null)]"
    with pytest.raises(QueryError, match="null among them"):
        ask(f"{rows} | summarize make_set(d)")
    assert ask(f"{rows} | summarize make_set_if(d, isnotnull(d))") == (["a"],)


def test_what_is_no_number_is_the_least_and_the_greatest(ask):
    """DuckDB takes it for the greatest only.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    rows = "datatable(r:real, s:string)[0.5, 'half', real(nan), 'none', -4.0, 'four']"
    least, most, by_least, of_least, _, of_most = ask(
        f"{rows} | summarize min(r), max(r), arg_min(r, s), arg_max(r, s)"
    )
    assert math.isnan(least) and math.isnan(most) and math.isnan(by_least)
    assert (of_least, of_most) == ("none", "none")


def test_a_mean_of_longs_whose_sum_wraps_is_refused(ask):
    """Kusto divides the wrapped sum, a mean of doubles would be near the truth, and not Kusto's answer.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    assert ask("datatable(n:long)[4, int(null), 5] | summarize avg(n)") == (4.5,)
    with pytest.raises(QueryError, match="out of its type"):
        ask("datatable(n:long)[9000000000000000000, 9000000000000000000] | summarize avg(n)")


def test_variances_are_rounded_to_ten_places(ask):
    """A double has more digits: 4.333333333333333. The deviation is the root of what was rounded.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project; the covariances
    that duckdb-kql recorded have as many places.
    """
    found = ask("datatable(n:long)[1, 2, 5] | summarize variance(n), stdev(n), covariance(n, n)")
    assert found == (4.3333333333, math.sqrt(4.3333333333), 4.3333333333)


@pytest.mark.parametrize("aggregate", ["make_list(x, -1)", "make_set(x, -1)", "make_bag(bag_pack('a', x), -1)"])
def test_a_largest_size_below_zero_is_refused(ask, aggregate):
    with pytest.raises(QueryError, match="below 0"):
        ask(f"datatable(x:int)[1] | summarize {aggregate}")


@pytest.mark.parametrize(
    ("call", "columns"),
    [
        ("arg_max(t, x=d.z, s)", {"t": 1, "x": 2, "s": "a"}),
        ("arg_min(m=t, *)", {"m": 1, "d": {"z": 2}, "s": "a"}),
        ("take_any(x=d.z, s)", {"x": 2, "s": "a"}),
        ("any(x=d.z)", {"any_x": 2}),
        ("q=arg_max(m=t, s)", {"q": 1, "s": "a"}),
        ("arg_max(t, s, *)", {"t": 1, "s": "a", "d": {"z": 2}}),
        ("arg_max(t, *, t)", {"t": 1, "d": {"z": 2}, "s": "a"}),
        ("arg_max(t, q=s, *)", {"t": 1, "q": "a", "d": {"z": 2}}),
        ("take_any(s, *)", {"s": "a", "t": 1, "d": {"z": 2}}),
        ("arg_max(t, s, s)", {"t": 1, "s": "a", "s1": "a"}),
    ],
)
def test_names_of_what_a_row_returns(call, columns):
    """As Microsoft's analyser names them: a column beside `*` stands once, a name given inside is the column's."""
    rows = query(f"datatable(t: long, d: dynamic, s: string) [1, dynamic({{'z': 2}}), 'a'] | summarize {call}")
    assert list(rows.to_pylist()[0].items()) == list(columns.items())
