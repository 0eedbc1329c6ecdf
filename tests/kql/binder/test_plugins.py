"""Plugins, with their rows: what depends on the data is found by a first run."""

from __future__ import annotations

import pytest

from keywitness import QueryError, query

BAGS = """datatable(id:long, d:dynamic)[
    1, dynamic({'b':1,'a':'x'}), 2, dynamic({'b':2.5,'c':[1]}), 3, dynamic(null), 4, dynamic([7])]"""
RANGES = """let R = datatable(net:string, zone:string, ip:string)[
    '192.0.2.0/24', 'office', 'own', '192.0.2.128/25', 'lab', 'own2', '198.51.100.7', 'host', ''];
let T = datatable(ip:string, n:long)['192.0.2.200', 1, '192.0.2.1', 2, '203.0.113.9', 3, 'not an address', 4,
    '198.51.100.7', 5];
"""


def test_bag_unpack_gives_a_column_per_key_in_alphabetical_order() -> None:
    """`b` is a long and a real: two types, which its page makes a dynamic column, not a real one."""
    rows = query(f"{BAGS} | evaluate bag_unpack(d) | sort by id asc")
    assert [f"{c.name}:{c.type.value}" for c in rows.columns] == ["id:long", "a:string", "b:dynamic", "c:dynamic"]
    assert [tuple(r.values()) for r in rows.to_pylist()] == [
        (1, "x", 1, None),
        (2, "", 2.5, [1]),
        (3, "", None, None),
        (4, "", None, None),
    ]


def test_bag_unpack_with_prefix_and_ignored_keys() -> None:
    rows = query(f"{BAGS} | evaluate bag_unpack(d, 'p_', ignoredProperties=dynamic(['b']))")
    assert [c.name for c in rows.columns] == ["id", "p_a", "p_c"]


def test_bag_unpack_refuses_to_hide_a_column_unless_told_how() -> None:
    clash = "datatable(a:long, d:dynamic)[1, dynamic({'a':2})] | evaluate bag_unpack(d"
    with pytest.raises(QueryError, match="a column named 'a'"):
        query(f"{clash})")
    assert query(f"{clash}, columnsConflict='replace_source')").to_pylist() == [{"a": 2}]
    assert query(f"{clash}, columnsConflict='keep_source')").to_pylist() == [{"a": 1}]


def test_keys_that_look_like_sql_or_differ_in_case_only_stay_apart() -> None:
    rows = query("""print d = dynamic({'x"; drop': 1, 'A': 2, 'a': 3}) | evaluate bag_unpack(d)""")
    assert rows.to_pylist() == [{"A": 2, "a": 3, 'x"; drop': 1}]


def test_pivot_counts_and_aggregates_per_value() -> None:
    data = "datatable(k:string, v:string, n:long)['a','x',1, 'a','y',2, 'b','x',4, 'a','x',8]"
    assert query(f"{data} | project k, v | evaluate pivot(v) | sort by k asc").to_pylist() == [
        {"k": "a", "x": 2, "y": 1},
        {"k": "b", "x": 1, "y": 0},
    ]
    assert query(f"{data} | evaluate pivot(v, sum(n)) | sort by k asc").to_pylist() == [
        {"k": "a", "x": 9, "y": 2},
        {"k": "b", "x": 4, "y": 0},
    ]


def test_a_name_that_row_and_bag_have_is_settled_in_a_schema_too() -> None:
    data = "datatable(x:long, d:dynamic)[5, dynamic({'x': 1, 'y': 'a'})] | evaluate bag_unpack(d"
    schema = ": (x:long, y:string)"
    assert query(f"{data}, columnsConflict='replace_source') {schema}").to_pylist() == [{"x": 1, "y": "a"}]
    assert query(f"{data}, columnsConflict='keep_source') {schema}").to_pylist() == [{"x": 5, "y": "a"}]
    with pytest.raises(QueryError, match="is a column already"):
        query(f"{data}) {schema}")
    other = data.replace("'x': 1, ", "")
    assert query(f"{other}) {schema}").to_pylist() == [{"x": 5, "y": "a"}]
    with pytest.raises(QueryError, match="is ignored"):
        query(f"{data}, ignoredProperties=dynamic(['y'])) : (y:string)")


def test_pivot_shows_the_columns_that_its_schema_names() -> None:
    """Written without looking at it, the schema would be a comment: `y` would still be there."""
    data = "datatable(k:string, v:string, n:long)['a','x',1, 'a','y',2, 'b','x',4]"
    pivot = f"{data} | evaluate pivot(v, sum(n), k) : "
    assert query(f"{pivot} (x:long, k:string) | sort by k asc").to_pylist() == [
        {"x": 1, "k": "a"},
        {"x": 4, "k": "b"},
    ]
    for schema, cause in [("(x:long)", "leaves out"), ("(k:string, z:long)", "'z'"), ("(k:string, x:real)", "long")]:
        with pytest.raises(QueryError, match=cause):
            query(pivot + schema)


@pytest.mark.parametrize(
    ("aggregate", "cells"),
    [
        ("make_list(n)", ([1, 8], [2], [4], [])),
        ("make_set(n, 1)", ([1], [2], [4], [])),
        ("make_bag(bag_pack('n', n))", ({"n": 1}, {"n": 2}, {"n": 4}, {})),
        ("variance(n)", (24.5, 0.0, 0.0, 0.0)),
    ],
)
def test_pivot_takes_every_aggregate_of_its_page(aggregate: str, cells: tuple[object, ...]) -> None:
    data = "datatable(k:string, v:string, n:long)['a','x',1, 'a','y',2, 'b','x',4, 'a','x',8]"
    rows = query(f"{data} | evaluate pivot(v, {aggregate}, k) | sort by k asc").to_pylist()
    assert tuple(r[v] for r in rows for v in ("x", "y")) == cells


@pytest.mark.parametrize(("type", "value"), [("string", "''"), ("bool", "bool(null)")])
def test_pivot_of_an_empty_value_is_refused(type: str, value: str) -> None:
    """Its column would have no name."""
    with pytest.raises(QueryError, match="empty value"):
        query(f"datatable(v:{type}, n:long)[{value}, 1] | evaluate pivot(v, sum(n))")


def test_pivot_takes_any_value_where_there_is_one() -> None:
    data = "datatable(k:string, v:string, n:string)['a','x','p', 'b','y','q']"
    assert query(f"{data} | evaluate pivot(v, take_any(n)) | sort by k asc").to_pylist() == [
        {"k": "a", "x": "p", "y": ""},
        {"k": "b", "x": "", "y": "q"},
    ]


def test_ip_lookup_finds_every_range_and_keeps_the_unmatched_when_asked() -> None:
    rows = query(f"{RANGES} T | evaluate ipv4_lookup(R, ip, net) | sort by n asc, zone asc")
    assert [c.name for c in rows.columns] == ["ip", "n", "net", "zone", "ip1"]
    assert [(r["n"], r["zone"]) for r in rows.to_pylist()] == [(1, "lab"), (1, "office"), (2, "office"), (5, "host")]
    kept = query(f"{RANGES} T | evaluate ipv4_lookup(R, ip, net, return_unmatched = true) | where isempty(zone)")
    assert sorted(r["n"] for r in kept.to_pylist()) == [3, 4]


def test_ip_lookup_with_a_further_key() -> None:
    tables = """let R = datatable(net:string, zone:string)['192.0.2.0/24', 'a', '192.0.2.0/24', 'b'];
    let T = datatable(ip:string, zone:string)['192.0.2.1', 'b'];"""
    rows = query(f"{tables} T | evaluate ipv4_lookup(R, ip, net, zone)").to_pylist()
    assert rows == [{"ip": "192.0.2.1", "zone": "b", "net": "192.0.2.0/24"}]


def test_narrow_numbers_rows_from_0_and_writes_cells_as_text() -> None:
    rows = query("datatable(a:long, b:bool, c:string)[1, true, 'x', 2, false, ''] | sort by a asc | evaluate narrow()")
    assert [tuple(r.values()) for r in rows.to_pylist()] == [
        (0, "a", "1"), (0, "b", "True"), (0, "c", "x"), (1, "a", "2"), (1, "b", "False"), (1, "c", ""),
    ]  # fmt: skip


def test_narrow_refuses_what_its_page_does_not_write() -> None:
    """The page writes times and nulls as no function of the language does, so they are not guessed."""
    with pytest.raises(QueryError, match=r"narrow\(\) of 't', a datetime, is not supported"):
        query("print t = datetime(2026-01-01) | evaluate narrow()")
    with pytest.raises(QueryError, match="a cell is null"):
        query("print n = long(null) | evaluate narrow()")


def test_preview_gives_rows_and_their_number() -> None:
    rows = query("range x from 1 to 30 step 1 | evaluate preview(2)")
    assert rows.to_pylist() == [{"Count": 30}]
    assert [len(other) for other in rows.others] == [2]
    with pytest.raises(QueryError, match="before another operator"):
        query("range x from 1 to 30 step 1 | evaluate preview(2) | count")


READS = """datatable(Vault:string, Act:string, Ok:bool, N:long)[
    'hr', 'get', true, 3, 'hr', 'get', true, 1, 'hr', 'list', true, 1, 'it', 'get', false, 5];
"""


def test_basket_finds_what_rows_have_in_common() -> None:
    rows = query(f"{READS[:-2]} | project-away N | evaluate basket(0.5, '~', '~', '*')")
    types = [f"{c.name}:{c.type.value}" for c in rows.columns]
    assert types == ["SegmentId:long", "Count:long", "Percent:real", "Vault:string", "Act:string", "Ok:bool"]
    assert [tuple(r.values()) for r in rows.to_pylist()] == [
        (0, 3, 75.0, "*", "get", None),
        (1, 3, 75.0, "hr", "*", True),
        (2, 2, 50.0, "hr", "get", True),
    ]


def test_basket_counts_weights_and_goes_on_as_rows() -> None:
    query_text = f"{READS[:-2]} | evaluate basket(0.5, N) | where Act == 'get' | project Count, Vault, N"
    assert [tuple(r.values()) for r in query(query_text).to_pylist()] == [(9, "", None), (5, "it", None)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("0.001", "KWQ302"), ("2", "KWQ302"), ("'x'", "KS107"), ("N / 10.0", "KS129"), ("'~', Act", "KS107"),
        ("'~', 'N'", "KS109"), ("'~', N, 0", "KWQ302"), ("'~', N, 2.5", "KS107"), ("'~', N, 2, '*', '-'", "KWQ302"),
    ],
)  # fmt: skip
def test_arguments_of_basket_that_mean_nothing(arguments: str, code: str) -> None:
    with pytest.raises(QueryError) as caught:
        query(f"{READS[:-2]} | evaluate basket({arguments})")
    assert [d.code for d in caught.value.diagnostics] == [code]  # type: ignore[attr-defined]


@pytest.mark.parametrize("more", ["d = dynamic(1)", "Count = 1"])
def test_columns_that_basket_cannot_take(more: str) -> None:
    with pytest.raises(QueryError):
        query(f"{READS[:-2]} | extend {more} | evaluate basket()")


def test_basket_refuses_empty_values_that_look_like_any_value() -> None:
    with pytest.raises(QueryError, match="empty is a frequent value of Act"):
        query(f"{READS[:-2]} | extend Act = '' | evaluate basket()")


@pytest.mark.parametrize("plugin", ["autocluster()", "diffpatterns(Act, 'get', 'list')"])
def test_plugins_that_choose_among_patterns_lead_to_basket(plugin: str) -> None:
    with pytest.raises(QueryError) as caught:
        query(f"{READS[:-2]} | evaluate {plugin}")
    assert "basket()" in caught.value.diagnostics[0].help  # type: ignore[attr-defined]


def test_bag_unpack_puts_a_key_of_the_bags_name_into_its_place() -> None:
    """Behind the other keys is plausible.

    Measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    rows = query("print d = dynamic({'b': 1, 'd': 'x', 'a': 2}), n = 5 | evaluate bag_unpack(d)")
    assert [c.name for c in rows.columns] == ["d", "n", "a", "b"]
    assert rows.to_pylist() == [{"d": "x", "n": 5, "a": 2, "b": 1}]
