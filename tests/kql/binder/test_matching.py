"""Columns of graph searches, and what of a pattern has no meaning."""

from __future__ import annotations

import pytest

from keywitness.errors import QueryError
from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import compile_kql
from keywitness.kql.plan import Filter, Program, Project, TabularCall

E = "let E = datatable(s: string, t: string, w: long, d: dynamic)[]; "
N = "let N = datatable(id: string, age: long)[]; let P = datatable(pid: string, x: real)[]; "


def program(search: str, nodes: str = "with N on id") -> Program:
    return compile_kql(f"{E}{N}E | make-graph s --> t {nodes} | {search}", EmptyCatalog(), 0)


def columns(search: str, nodes: str = "with N on id") -> str:
    return ", ".join(f"{c.name}: {c.type}" for c in program(search, nodes).result.schema)


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        ("a.age, b.age, e.w", "a_age: long, b_age: long, e_w: long"),
        ("a.age, a.age", "a_age: long, a_age1: long"),
        ("a, a, e", "a: dynamic, a1: dynamic, e: dynamic"),
        ('e.d.x.y, e.d["x"]', "e_d_x_y: dynamic, e_d_x: dynamic"),
        ("isnull(a.age), strcat(a.id, b.id)", "Column1: bool, Column2: string"),
        ("labels(a), node_id(b), n = node_degree_in(a)", "labels_a: dynamic, node_id_b: string, n: long"),
        ("x = 1, a.id, (y) = a.age", None),
    ],
)
def test_names_and_types_of_fixed_patterns(project: str, expected: str | None) -> None:
    search = f"graph-match (a)-[e]->(b) project {project}"
    if expected is None:
        with pytest.raises(QueryError, match="several named values"):
            columns(search)
    else:
        assert columns(search) == expected


def test_names_and_types_over_paths() -> None:
    project = "p, p.w, map(p, d), map(inner_nodes(p), id), map(p, strcat(s, t)), x = all(p, w > 1)"
    assert columns(f"graph-match (a)-[p*1..3]->(b) project {project}") == (
        "p: dynamic, p_w: dynamic, p_d: dynamic, inner_nodes_p_id: dynamic, p_Column: dynamic, x: bool"
    )


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ("with N on id", "id: string, age: long"),
        ("with N on id, P on pid", "id: string, age: long, pid: string, x: real"),
        ("with_node_id=name", "name: string"),
    ],
)
def test_nodes_have_the_columns_of_their_tables(nodes: str, expected: str) -> None:
    assert columns("graph-to-table nodes", nodes) == expected
    assert columns("graph-mark-components | graph-to-table nodes", nodes) == f"{expected}, ComponentId: long"


def test_ids_stand_before_the_properties_in_one_order() -> None:
    assert columns("graph-to-table edges with_target_id=T with_source_id=S").startswith("S: long, T: long, s: string")
    assert columns("graph-to-table nodes with_node_id=I") == "I: long, id: string, age: long"


def test_nodes_and_edges_are_two_results_by_themselves_or_by_name() -> None:
    both = "graph-to-table nodes as Ns, edges as Es"
    alone, named = program(both), program(f"{both}; Es; Ns")
    assert [p.name for p in (*alone.others, alone)] == ["Ns", "Es"]
    assert [p.name for p in (*named.others, named)] == ["Es", "Ns"]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("graph-match (a)-[e]->(b)-[e]->(c) project a.id", "'e' is in the pattern already"),
        ("graph-match (a)-[a]->(b) project a.id", "'a' is in the pattern already"),
        ("graph-match (a)-[e*3..1]->(b) project a.id", "a path of 3 to 1 edges cannot be"),
        ("graph-match (a)-[e*1..x]->(b) project a.id", "'x' is not defined"),
        ("graph-match (a)-->(b) where a.age > 1", "'project' is missing"),
        ("graph-match (a)-->(b) where a.age project a.id", "a value of type bool is expected"),
        ("graph-match (a)-->(b) project count()", "count"),
        ("graph-match (a)-->(b) project pack_all()", "pack_all"),
        ("graph-match (a)-->(b) project a['id']", "a property is named, not indexed"),
        ("graph-match (a)-[e]->(b) project x = map(e, w)", "map.. needs a path"),
        ("graph-match (a)-[e*1..2]->(b) project x = map(e, a.age)", "only the properties of the edge"),
        ("graph-match (a)-[e*1..2]->(b) project x = map(e, rand())", "differs each time"),
        ("graph-match (a)-[e*1..2]->(b) project x = map(e, node_id())", "node_id.. cannot stand here"),
        ("graph-match (a)-[e*1..2]->(b) project x = node_id(e)", "needs a node"),
        ("graph-match (a)-[e*1..2]->(b) project x = inner_nodes(e)", "inner_nodes.. cannot stand here"),
        ("graph-match (a)-[e*1..2]->(b) project tostring(a.id)", "how Kusto calls this column"),
        ("graph-shortest-paths (a)-->(b) project a.id", "one sequence with a path"),
        ("graph-shortest-paths (a)-[e*1..2]->(b), (b)-->(c) project a.id", "one sequence with a path"),
        ("graph-shortest-paths (a)-[e*0..2]->(b) project a.id", "a path of no edges"),
        ("graph-shortest-paths (a)-[e*1..2]->(a) project a.id", "never comes to a node twice"),
        ("graph-shortest-paths (a)-[e*1..2]->()-->(b) project a.id", "a node has no name"),
        ("graph-shortest-paths cycles=all (a)-[e*1..2]->(b) project a.id", "cycles here"),
        ("graph-to-table nodes as Ns, edges as Es | count", "nodes, edges"),
        ("graph-to-table nodes, edges", "each needs a name"),
        ("graph-to-table nodes with_node_id=age", "'age' is there already"),
        ("graph-mark-components with_component_id=age | graph-to-table nodes", "'age' is there already"),
    ],
)
def test_what_has_no_meaning_is_refused(search: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        program(search)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("make-graph s -- t with N on id", "without directions"),
        ("make-graph s --> d", "an id cannot be dynamic"),
        ("make-graph s --> w", "types string and long"),
        ("make-graph s --> t with N on age", "types string and long"),
        ("make-graph s --> t with_node_id=n partitioned-by w (graph-match (a)-->(b) project a.n)", "of each node"),
        ("make-graph s --> t partitioned-by w (graph-to-table edges)", "this body of partitioned-by"),
        ("make-graph s --> t partitioned-by w (graph-match (a) project a)", "without edges"),
        (
            "make-graph s --> t with N on id partitioned-by w (graph-match (a)-->(b) project a.id)",
            "'w' is not a column",
        ),
        ("make-graph s --> t | graph-to-table nodes", "have no properties"),
    ],
)
def test_graphs_that_cannot_be_made(made: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        compile_kql(f"{E}{N}E | {made}", EmptyCatalog(), 0)


def test_what_one_element_must_satisfy_goes_before_the_search() -> None:
    """Conditions between elements stay behind it."""
    where = "a.age > 1 and e.w == 2 and all(p, w > 3) and all(inner_nodes(p), age > 4) and b.age < c.age"
    result = program(f"graph-match (a)-[e]->(b)-[p*1..2]->(c) where {where} project a.id").result
    assert isinstance(result, Project) and isinstance(result.source, Filter)
    search = result.source.source
    assert isinstance(search, TabularCall) and "'less'" in str(result.source.predicate)
    edges, nodes = map(str, search.sources)
    assert (edges.count("'greater'"), edges.count("'equal'"), nodes.count("'greater'")) == (1, 1, 2)


def test_a_graph_inside_of_partition_is_refused() -> None:
    from keywitness.engine.query import query

    text = f"{E}E | partition by s (make-graph s --> t | graph-match (a)-[e]->(b) project e.w)"
    with pytest.raises(QueryError, match="inside of partition"):
        query(text)
