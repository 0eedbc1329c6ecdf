"""Nodes with numbers, and components, against plain definitions."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.engine.kernels.kernel import NoExactAnswerError
from keywitness.engine.tabular import graphs

_IDS = st.sampled_from([None, "", "a", "A", "b", "c"])


def edge_rows(pairs: list[tuple[str | None, str | None]], **more: list[str]) -> pa.Table:
    source, target = (pa.array([p[i] for p in pairs], pa.string()) for i in (0, 1))
    return pa.table({"edge": pa.array(range(len(pairs)), pa.int64()), "source": source, "target": target, **more})


def node_rows(ids: list[str | None], **more: list[str]) -> pa.Table:
    return pa.table({"row": pa.array(range(1, len(ids) + 1), pa.int64()), "id": pa.array(ids, pa.string()), **more})


@settings(deadline=None)
@given(st.lists(st.tuples(_IDS, _IDS), max_size=8), st.lists(_IDS, max_size=5))
def test_every_id_is_one_node_with_its_first_row_and_its_degrees(pairs: list, ids: list) -> None:
    rows, table = edge_rows(pairs), node_rows(ids)
    nodes = graphs.nodes(rows, table).to_pylist()
    assert sorted(map(str, (n["$id"] for n in nodes))) == sorted(map(str, {*ids, *(i for p in pairs for i in p)}))
    for node in nodes:
        id = node["$id"]
        assert node["$row0"] == (ids.index(id) + 1 if id in ids else None)
        assert (node["$out"], node["$in"]) == (sum(a == id for a, _ in pairs), sum(b == id for _, b in pairs))
    by_number = {n["$node"]: n["$id"] for n in nodes}
    assert sorted(by_number) == list(range(len(nodes)))
    ends = graphs.edges(rows, table).to_pylist()
    assert [(by_number[e["$from"]], by_number[e["$to"]]) for e in ends] == pairs


def test_an_id_of_two_parts_is_two_nodes() -> None:
    rows = edge_rows([("a", "b"), ("a", "b")], part=["x", "y"])
    assert graphs.edges(rows, node_rows(["b"], part=["y"])).to_pydict() == {
        "$edge": [0, 1],
        "$from": [1, 2],
        "$to": [3, 0],
    }


def test_an_id_of_two_tables_is_refused() -> None:
    with pytest.raises(NoExactAnswerError, match="'a' is in two node tables"):
        graphs.nodes(edge_rows([]), node_rows(["b", "a"]), node_rows(["a"]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12), st.sampled_from(["weak", "strong"]))
def test_components_are_nodes_that_reach_each_other(pairs: list[tuple[int, int]], kind: str) -> None:
    begin, end = (pa.array([p[i] for p in pairs], pa.int64()) for i in (0, 1))
    found = graphs.components(pa.table({"$from": begin, "$to": end}), pa.table({"$node": range(7)}), kind)
    component = found["$component"].to_pylist()
    ways = {*pairs, *((b, a) for a, b in pairs)} if kind == "weak" else {*pairs}
    reach = {(a, a) for a in range(7)} | ways
    for _ in range(7):
        reach |= {(a, d) for a, b in reach for c, d in ways if b == c}
    for a in range(7):
        for b in range(7):
            assert (component[a] == component[b]) == ((a, b) in reach and (b, a) in reach)
    firsts = [c for i, c in enumerate(component) if c not in component[:i]]
    assert firsts == list(range(len(firsts)))
