"""Graphs: https://learn.microsoft.com/kusto/query/graph-operators.

Where the pages are silent, the truth is what the MIT-licensed duckdb-kql measured on Kusto's emulator.
"""

from __future__ import annotations

import pytest

from keywitness.engine.query import query
from keywitness.errors import QueryError


def graph(edges: str, nodes: str = "with_node_id=id") -> str:
    """A graph of edges written `AB BC`, numbered from 1 by their column `w`."""
    cells = ", ".join(f"'{pair[0]}', '{pair[1]}', {number}" for number, pair in enumerate(edges.split(), start=1))
    return f"datatable(s: string, t: string, w: long)[{cells}] | make-graph s --> t {nodes} | "


@pytest.fixture
def found(ask_rows):
    """The rows of a search in no order."""
    return lambda edges, search, **how: sorted(ask_rows(graph(edges, **how) + search))


def test_equal_rows_are_two_edges(found):
    """A set of pairs would have one."""
    assert found("AB AB", "graph-match (a)-[e]->(b) project e.w") == [(1,), (2,)]


def test_parallel_edges_pair_with_each_other_and_not_with_themselves(found):
    """Uniqueness by the two ends instead of the edge would find nothing, a join everything."""
    assert found("AB AB", "graph-match (a)-[e]->(b)<-[f]-(c) project e.w, f.w") == [(1, 2), (2, 1)]


def test_a_null_id_is_a_node_that_joins(ask_rows):
    """SQL's join drops it, and with it the path through it."""
    edges = "datatable(s: long, t: long)[1, 2, long(null), 3, 4, long(null)] | make-graph s --> t with_node_id=id | "
    assert ask_rows(edges + "graph-match (a)-->(b)-->(c) project a.id, b.id, c.id") == [(4, None, 3)]
    assert len(ask_rows(edges + "graph-to-table nodes")) == 5


def test_ids_compare_with_case(found):
    assert found("Aa", "graph-match (a)-->(b)-->(c) project a.id") == []


@pytest.mark.parametrize(
    ("nodes", "row"),
    [
        ("with N on id", ("Z", None)),
        ("with N on id, M on key", ("Z", None, "Z", "")),
        ("with_node_id=id", ("Z",)),
    ],
)
def test_an_end_that_no_node_table_has_is_a_node_without_properties(ask_rows, nodes, row):
    """An inner join with the node table would lose the node and its edges."""
    tables = "let N = datatable(id: string, n: long)['A', 1]; let M = datatable(key: string, m: string)['B', 'x']; "
    rows = ask_rows(tables + graph("AZ", nodes) + "graph-to-table nodes")
    assert rows[-1] == row
    assert ask_rows(tables + graph("AZ", nodes) + "graph-match (a)-[e]->(b) project e.w") == [(1,)]


def test_a_node_without_edges_is_a_node(ask_rows):
    """A graph made of its edges alone would not have it."""
    text = "let N = datatable(id: string)['A', 'B', 'C']; " + graph("AB", "with N on id")
    assert ask_rows(text + "graph-match (n) project n.id") == [("A",), ("B",), ("C",)]


def test_of_several_rows_with_one_id_the_first_is_the_node(ask_rows):
    """A join would make a match of each."""
    text = "let N = datatable(id: string, n: long)['A', 10, 'A', 11]; " + graph("AB", "with N on id")
    assert ask_rows(text + "graph-match (a)-->(b) project a.n") == [(10,)]


def test_an_id_in_two_node_tables_is_refused():
    """Kusto's pages merge the rows, its emulator takes one of them, another time the other."""
    tables = "let N = datatable(id: string, n: long)['A', 1]; let M = datatable(id: string, m: long)['A', 2]; "
    with pytest.raises(QueryError, match="'A' is in two node tables"):
        query(tables + graph("AB", "with N on id, M on id") + "graph-match (a) project a.n")


def test_a_property_of_two_types_is_none():
    tables = "let N = datatable(id: string, n: long)['A', 1]; let M = datatable(id: string, n: string)['B', 'x']; "
    with pytest.raises(QueryError, match="several types of 'n'"):
        query(tables + graph("AB", "with N on id, M on id") + "graph-match (a) project a.n")


# ---------------------------------------------------------------- cycles


def test_no_edge_twice_in_all_of_the_pattern(found):
    """Uniqueness within each edge of the pattern alone would give four."""
    search = "graph-match (a)-[e]->(b)-[p*1..3]->(c) project a.id, c.id, p.w"
    assert [row[:2] for row in found("AB BA", search)] == [("A", "A"), ("B", "B")]


def test_nodes_may_repeat_while_edges_do_not(found):
    """On the way from A to C: straight, and round the circle first."""
    search = "graph-match (a)-[p*1..9]->(c) where a.id == 'A' and c.id == 'C' project n = array_length(p)"
    assert found("AB BA AC", search) == [(1,), (3,)]


def test_all_cycles_use_edges_again(found):
    search = "graph-match cycles=all (a)-[p*4..4]->(b) project ws = tostring(map(p, w))"
    assert found("AB BA", search) == [("[1,2,1,2]",), ("[2,1,2,1]",)]
    assert found("AB", "graph-match cycles=all (a)-->(b)<--(c) project a.id, b.id, c.id") == [("A", "B", "A")]


@pytest.mark.parametrize(
    ("edges", "pattern", "count"),
    [
        ("AB BA", "(a)-->(b)-->(c)", 0),
        ("AB BA", "(a)-->(b)-->(a)", 2),  # the text itself asks for the circle
        ("AA", "(a)-->(b)", 0),
        ("AB BC CA", "(a)-->(b)-->(c)-->(a)", 3),
        ("AB BA", "(a)-[p*1..3]->(a)", 0),
        ("AB BC CB BD", "(a)-[p*3..4]->(d)", 0),
        ("AB BC", "(a)-[p*2..2]->(c), (c)<--(b)", 0),
        ("AB BC BD", "(b)-->(c), (b)-->(d)", 2),
    ],
)
def test_without_cycles_variables_are_different_nodes(found, edges, pattern, count):
    """Only paths being simple is not enough: inner nodes are none of the pattern's either."""
    assert len(found(edges, f"graph-match cycles=none {pattern} project x = 1")) == count


# ---------------------------------------------------------------- directions


def test_an_edge_without_direction_is_tried_both_ways(found):
    """Each once would miss half: a loop matches twice, a pair of edges four times."""
    search = "graph-match (a)-[e]-(b) project a.id, b.id, e.w"
    assert found("AA", search) == [("A", "A", 1), ("A", "A", 1)]
    assert found("AB BA", search) == [("A", "B", 1), ("A", "B", 2), ("B", "A", 1), ("B", "A", 2)]


def test_an_edge_is_not_walked_back(found):
    """Two numbers for the two directions of an edge would let it."""
    assert found("AB", "graph-match (a)--(b)--(c) project a.id") == []
    assert found("AB", "graph-match (a)-[p*2..2]-(b) project a.id") == []


def test_a_path_against_the_edges_lists_them_as_the_text_reads(found):
    """The path is walked from the end that is known; the arrays still begin at the left."""
    search = (
        "graph-match (a)<-[p*2..2]-(c) where c.id == 'C' project a.id, "
        "ws = tostring(map(p, w)), inner = tostring(map(inner_nodes(p), id))"
    )
    assert found("CB BA", search) == [("A", "[2,1]", '["B"]')]


# ---------------------------------------------------------------- functions over paths


def test_a_null_condition_is_not_satisfied(ask):
    """Aggregates of SQL pass nulls over, and would call all() true."""
    edge = "datatable(s: string, t: string, w: long)['A', 'B', long(null)] | make-graph s --> t | "
    search = "graph-match (a)-[p*1..1]->(b) project x = all(p, w > 0), y = any(p, w > 0), z = all(p, not(w > 0))"
    assert ask(edge + search) == (False, False, False)


def test_of_a_path_without_edges_all_is_true_and_any_false(ask_rows):
    search = "graph-match (a)-[p*0..0]->(b) project a.id, b.id, x = all(p, false), y = any(p, true), map(p, w)"
    assert ask_rows(graph("AB") + search) == [("A", "A", True, False, []), ("B", "B", True, False, [])]


def test_nulls_stay_in_the_array(ask):
    """make_list() would leave them out, and the array would not fit the path."""
    edges = "datatable(s: string, t: string, w: long)['A', 'B', long(null), 'B', 'C', 2] | make-graph s --> t | "
    assert ask(edges + "graph-match (a)-[p*2..2]->(c) project map(p, w)") == ([None, 2],)


def test_a_bag_leaves_out_what_is_null_or_empty(ask):
    edge = "datatable(s: string, t: string, n: long, x: string, z: long, b: bool)['A', 'B', long(null), '', 0, false] "
    assert ask(edge + "| make-graph s --> t | graph-match (a)-[e]->(b) project a, e") == (
        {},
        {"s": "A", "t": "B", "z": 0, "b": False},
    )


def test_degrees_count_edges_and_not_neighbours(ask):
    text = (
        graph("AB AB AA CA") + "graph-match (a) where a.id == 'A' project i = node_degree_in(a), o = node_degree_out(a)"
    )
    assert ask(text) == (2, 3)


def test_inner_nodes_are_neither_the_first_nor_the_last(ask):
    search = (
        "graph-match (a)-[p*3..3]->(d) project map(inner_nodes(p), node_degree_in()), map(inner_nodes(p), node_id())"
    )
    with pytest.raises(QueryError, match="how Kusto calls"):
        ask(graph("AB BC CD") + search)
    named = search.replace("project ", "project x = ").replace(", map", ", y = map")
    assert ask(graph("AB BC CD") + named) == ([1, 1], ["B", "C"])


# ---------------------------------------------------------------- shortest paths


def test_a_shortest_path_visits_no_node_twice(found):
    """graph-match finds A, B, A, C; no shortest path has three edges here."""
    search = "(a)-[p*3..5]->(c) where a.id == 'A' and c.id == 'C' project tostring(map(p, w))"
    assert len(found("AB BA AC", "graph-match " + search.replace("tostring", "x = tostring"))) == 1
    assert found("AB BA AC", "graph-shortest-paths " + search.replace("tostring", "x = tostring")) == []


def test_the_least_length_is_part_of_the_search(found):
    """Checked afterwards, the direct edge would hide the path of two."""
    search = "graph-shortest-paths (a)-[p*2..5]->(c) where a.id == 'A' and c.id == 'C' project ws = tostring(p.w)"
    assert found("AB BC AC", search) == [("[1,2]",)]


@pytest.mark.parametrize("condition", ["all(p, w < 3)", "any(p, w == 2)", "array_length(p) == 2"])
def test_where_decides_which_paths_count_before_the_shortest_is_taken(found, condition):
    """The direct edge is shorter, but does not pass."""
    ends = "a.id == 'A' and c.id == 'C'"
    search = f"graph-shortest-paths (a)-[p*1..5]->(c) where {ends} and {condition} project ws = tostring(p.w)"
    assert found("AB BC AC", search) == [("[1,2]",)]


def test_any_gives_one_of_equal_paths_and_all_each(found):
    search = "(a)-[p*1..2]->(c) where a.id == 'A' and c.id == 'D' project ws = tostring(map(p, w))"
    assert found("AB BD AC CD", f"graph-shortest-paths output=all {search}") == [("[1,2]",), ("[3,4]",)]
    assert len(found("AB BD AC CD", f"graph-shortest-paths {search}")) == 1


# ---------------------------------------------------------------- whole graphs


def test_strong_components_follow_directions(ask_rows):
    marked = "AB BA BC DE"
    weak = ask_rows(graph(marked) + "graph-mark-components | graph-to-table nodes | sort by id asc")
    strong = ask_rows(graph(marked) + "graph-mark-components kind=strong | graph-to-table nodes | sort by id asc")
    assert weak == [("A", 0), ("B", 0), ("C", 0), ("D", 1), ("E", 1)]
    assert [c for _, c in strong] == [0, 0, 2, 1, 3]


def test_a_nodes_number_is_the_hash_of_its_id(ask_rows):
    """The page shows it for Alice; a number by place would differ from export to export."""
    edge = "datatable(s: string, t: string)['Alice', 'Bob'] | make-graph s --> t with_node_id=id | "
    assert ask_rows(edge + "graph-to-table nodes with_node_id=n | project n, id")[0] == (-3122868243544336885, "Alice")
    assert ask_rows(edge + "graph-to-table edges with_target_id=t2 with_source_id=s2 | project s2, t2") == [
        (-3122868243544336885, -7133945255344544237)
    ]


def test_each_value_of_a_partition_is_a_graph_of_its_own(ask_rows):
    """In one graph for all, a path would run from tenant to tenant."""
    text = """
        let N = datatable(id: string, tenant: string, n: long)["A", "x", 1, "B", "x", 2, "B", "y", 3];
        datatable(s: string, t: string, tenant: string)["A", "B", "x", "B", "C", "y"]
        | make-graph s --> t with N on id partitioned-by tenant (graph-match (a)-[p*1..2]->(b) project a.n, b.id)
        """
    assert ask_rows(text) == [(1, "B"), (3, "C")]


_TENANTS = """
    let N = datatable(id: string, tenant: string)["A", "x", "B", "x", "C", "x", "A", "y", "B", "y"];
    datatable(s: string, t: string, tenant: string)["A", "B", "x", "B", "C", "x", "A", "B", "y"]
    | make-graph s --> t with N on id partitioned-by tenant
"""


@pytest.mark.parametrize("edge", ["-[e*1..2]->", "-[*1..2]->", "-[e]->(m)-[p*0..1]->"])
def test_operators_behind_a_search_see_the_matches_of_one_value(ask_rows, edge):
    """One row for each tenant, not one in all; the column of the value is not among theirs."""
    pattern = f"(graph-match (a){edge}(b) where a.id == 'A' project s = a.tenant, b.id | top 1 by b_id desc"
    assert sorted(ask_rows(f"{_TENANTS}{pattern})")) == [("x", "C"), ("y", "B")]
    assert sorted(ask_rows(f"{_TENANTS}{pattern} | distinct *)")) == [("x", "C"), ("y", "B")]


def test_operators_with_rows_of_their_own_are_refused_behind_a_search(ask_rows):
    """A tenant without a match would have a row that says 0."""
    for operator in ("count", "summarize count()", "getschema"):
        with pytest.raises(QueryError, match="this operator in partitioned-by"):
            ask_rows(f"{_TENANTS}(graph-match (a)-[e]->(b) project a.id | {operator})")
    with pytest.raises(QueryError, match="no edges"):
        ask_rows(f"{_TENANTS}(graph-match (a)-[e*0..1]->(b) project a.id | take 1)")


def test_shortest_paths_are_without_cycles_anyway(ask_rows):
    edges = "datatable(s: string, t: string)['A', 'B', 'B', 'A', 'B', 'C'] | make-graph s --> t with_node_id=id"
    search = "graph-shortest-paths output=all {} (a)-[e*1..4]->(b) where a.id == 'A' project b.id, array_length(e.s)"
    told, untold = (sorted(ask_rows(f"{edges} | {search.format(cycles)}")) for cycles in ("cycles=none", ""))
    assert told == untold and ("C", 2) in told
    with pytest.raises(QueryError, match="cycles here"):
        ask_rows(f"{edges} | {search.format('cycles=all')}")
