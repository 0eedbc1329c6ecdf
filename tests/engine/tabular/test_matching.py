"""Matches of patterns, against an enumeration of everything that could be one."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from keywitness.engine.kernels.kernel import NoExactAnswerError
from keywitness.engine.tabular import matching
from keywitness.kql.plan import MatchEdge, MatchValue


@dataclass(frozen=True)
class Graph:
    """Edges as pairs of node numbers, and which edges and nodes a condition `ok` holds for."""

    count: int
    edges: tuple[tuple[int, int], ...]
    edge_ok: tuple[bool, ...]
    node_ok: tuple[bool, ...]

    def tables(self) -> tuple[pa.Table, pa.Table]:
        begin, end = (pa.array([e[i] for e in self.edges], pa.int64()) for i in (0, 1))
        number = pa.array(range(len(self.edges)), pa.int64())
        label = pa.array([str(i) for i in range(len(self.edges))], pa.string())
        ok = pa.array(self.edge_ok, pa.bool_())
        edges = pa.table({"$edge": number, "$from": begin, "$to": end, "ok": ok, "label": label})
        nodes = pa.array(range(self.count), pa.int64())
        label = pa.array([str(i) for i in range(self.count)], pa.string())
        return edges, pa.table({"$node": nodes, "ok": pa.array(self.node_ok, pa.bool_()), "label": label})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 4))
    node = st.integers(0, count - 1)
    edges = tuple(draw(st.lists(st.tuples(node, node), max_size=6)))
    edge_ok = tuple(draw(st.lists(st.booleans(), min_size=len(edges), max_size=len(edges))))
    return Graph(count, edges, edge_ok, tuple(draw(st.lists(st.booleans(), min_size=count, max_size=count))))


@st.composite
def searches(draw: st.DrawFn, least: int = 0) -> tuple[tuple[MatchEdge, ...], tuple[str, ...]]:
    """A pattern whose edges hang together, and the conditions on its nodes."""
    edges: list[MatchEdge] = []
    nodes = 1
    condition = st.sampled_from(["", "ok"])
    for _ in range(draw(st.integers(1, 3))):
        left = draw(st.integers(0, nodes - 1))
        right = draw(st.integers(0, nodes))
        nodes = max(nodes, right + 1)
        if draw(st.booleans()):
            left, right = right, left
        bounds = None
        if draw(st.booleans()):
            low = draw(st.integers(least, 2))
            bounds = (low, draw(st.integers(low, 3)))
        direction = draw(st.sampled_from(["right", "left", "either"]))
        edges.append(MatchEdge(left, right, direction, bounds, draw(condition), draw(condition) if bounds else ""))
    return tuple(edges), tuple(draw(condition) for _ in range(nodes))


#: Nobody enumerates more ways than this one by one; what is beyond the engine's own limit has a test below.
_MOST_WAYS = 100_000


def ways_of(graph: Graph, edges: tuple[MatchEdge, ...]) -> int:
    """How many ways the widest beginning of a pattern has, conditions and cycles aside: powers of a matrix."""
    steps = np.zeros((graph.count, graph.count), dtype=object)
    for begin, end in graph.edges:
        steps[begin, end] += 1
    directed = {"right": steps, "left": steps.T, "either": steps + steps.T}
    ways = [
        sum(np.linalg.matrix_power(directed[e.direction], k) for k in range(low, high + 1))
        for e in edges
        for low, high in [e.bounds or (1, 1)]
    ]
    most = 1
    for some in range(1, len(edges) + 1):
        pattern = edges[:some]
        nodes = product(range(graph.count), repeat=1 + max(max(e.left, e.right) for e in pattern))
        found = (math.prod(w[n[e.left], n[e.right]] for e, w in zip(pattern, ways, strict=False)) for n in nodes)
        most = max(most, sum(found))
    return most


# ---------------------------------------------------------------- everything that could be a match

Walk = tuple[tuple[int, ...], tuple[int, ...]]  # edges, and the nodes from the first to the last


def walks(graph: Graph, edge: MatchEdge, start: int) -> Iterator[Walk]:
    """Every way to go an edge of the pattern from its left end."""
    low, high = edge.bounds or (1, 1)
    found: list[Walk] = [((), (start,))]
    for length in range(high + 1):
        if length >= low:
            yield from found
        found = [
            ((*edges, i), (*nodes, far))
            for edges, nodes in found
            for i, (begin, end) in enumerate(graph.edges)
            if graph.edge_ok[i] or not edge.allowed
            for near, far in {"right": [(begin, end)], "left": [(end, begin)]}.get(
                edge.direction, [(begin, end), (end, begin)]
            )
            if near == nodes[-1]
        ]


def fits(
    graph: Graph, edges: tuple[MatchEdge, ...], nodes: tuple[int, ...], ways: tuple[Walk, ...], cycles: str
) -> bool:
    """The rules of a match, said once for all of it."""
    inside = [way[1][1:-1] for way in ways]
    if any(e.inner and not graph.node_ok[n] for e, inner in zip(edges, inside, strict=True) for n in inner):
        return False
    if cycles == "unique_edges":
        used = [*chain.from_iterable(way[0] for way in ways)]
        return len(used) == len(set(used))
    if cycles == "none":
        paths = [way[1] for e, way in zip(edges, ways, strict=True) if e.bounds]
        met = [*nodes, *chain.from_iterable(inside)]
        return len(met) == len(set(met)) and all(len(p) == len(set(p)) for p in paths)
    return True


def expected(graph: Graph, edges: tuple[MatchEdge, ...], allowed: tuple[str, ...], cycles: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for nodes in product(range(graph.count), repeat=len(allowed)):
        if all(graph.node_ok[n] or not a for n, a in zip(nodes, allowed, strict=True)):
            choices = [[w for w in walks(graph, e, nodes[e.left]) if w[1][-1] == nodes[e.right]] for e in edges]
            found.update(shown(nodes, ways) for ways in product(*choices) if fits(graph, edges, nodes, ways, cycles))
    return found


def shown(nodes: tuple[int, ...], ways: tuple[Walk, ...]) -> str:
    return f"{[*nodes]} {[[*way[0]] for way in ways]} {[[*way[1][1:-1]] for way in ways]}"


def columns(edges: tuple[MatchEdge, ...], count: int) -> tuple[MatchValue, ...]:
    values = [MatchValue(f"n{i}", i, "label", node=True) for i in range(count)]
    for i, edge in enumerate(edges):
        values.append(MatchValue(f"e{i}", i, "label", fold="list" if edge.bounds else ""))
        if edge.bounds:
            values.append(MatchValue(f"i{i}", i, "label", fold="list", inner=True))
    return tuple(values)


def rows(found: pa.Table, edges: tuple[MatchEdge, ...], count: int) -> Counter[str]:
    def listed(text: str) -> list[int]:
        return [int(n) for n in text.strip("[]").split(",") if n]

    return Counter(
        f"{[int(r[f'n{i}']) for i in range(count)]} {[listed(r[f'e{i}']) for i in range(len(edges))]} "
        f"{[listed(r.get(f'i{i}', '')) for i in range(len(edges))]}"
        for r in found.to_pylist()
    )


@settings(max_examples=300, deadline=None)
@given(graphs(), searches(), st.sampled_from(["unique_edges", "all"]))
def test_matches_are_those_of_the_enumeration(graph: Graph, search: tuple, cycles: str) -> None:
    edges, allowed = search
    assume(ways_of(graph, edges) <= _MOST_WAYS)
    found = matching.match(*graph.tables(), edges, allowed, cycles, columns(edges, len(allowed)))
    assert rows(found, edges, len(allowed)) == expected(graph, edges, allowed, cycles)


@settings(max_examples=300, deadline=None)
@given(graphs(), searches(least=1))
def test_matches_without_cycles_are_those_of_the_enumeration(graph: Graph, search: tuple) -> None:
    edges, allowed = search
    found = matching.match(*graph.tables(), edges, allowed, "none", columns(edges, len(allowed)))
    assert rows(found, edges, len(allowed)) == expected(graph, edges, allowed, "none")


@settings(max_examples=200, deadline=None)
@given(graphs(), st.sampled_from(["right", "left", "either"]), st.integers(1, 4), *[st.sampled_from(["", "ok"])] * 4)
def test_first_arrivals_are_the_shortest_of_all_simple_paths(
    graph: Graph, direction: str, high: int, first: str, last: str, edge: str, inner: str
) -> None:
    pattern = (MatchEdge(0, 1, direction, (1, high), edge, inner),)
    values = (*columns(pattern, 2), *(MatchValue(f"k{i}", i, "$node", node=True) for i in (0, 1)))
    values = (*values, MatchValue("length", 0, "$edge", fold="length"))
    every = matching.match(*graph.tables(), pattern, (first, last), "none", values)
    for output in ("any", "all"):
        quick = matching.match(*graph.tables(), pattern, (first, last), "all", values, output)
        slow = matching.shortest(every, ("k0", "k1"), "length", output)
        key = ["k0", "k1", "length"] if output == "any" else every.schema.names
        assert Counter(map(str, quick.select(key).to_pylist())) == Counter(map(str, slow.select(key).to_pylist()))
        assert rows(quick, pattern, 2) <= rows(every, pattern, 2)


# ---------------------------------------------------------------- size and speed


def random_graph(count: int, edges: int) -> tuple[pa.Table, pa.Table]:
    drawn = np.random.default_rng(7)
    begin, end = drawn.integers(0, count, edges), drawn.integers(0, count, edges)
    table = pa.table({"$edge": np.arange(edges), "$from": begin, "$to": end})
    first = pa.array(np.arange(count) == 0)
    return table, pa.table({"$node": np.arange(count), "first": first})


def seconds(*arguments: object) -> float:
    begun = time.perf_counter()
    matching.match(*arguments)  # type: ignore[arg-type]
    return time.perf_counter() - begun


def test_a_known_end_is_where_the_walk_begins() -> None:
    """The paths to one node are found without those to all others, although the text names it last."""
    edges, nodes = random_graph(20_000, 40_000)
    number = (MatchValue("n", 0, "$node", node=True),)
    path = (MatchEdge(0, 1, "right", (1, 4)),)
    to_one = min(seconds(edges, nodes, path, ("", "first"), "unique_edges", number) for _ in range(3))
    to_all = seconds(edges, nodes, path, ("", ""), "unique_edges", number)
    assert to_one < to_all / 4


def test_more_matches_than_can_be_held_are_refused() -> None:
    edges, nodes = random_graph(50, 5_000)
    number = (MatchValue("n", 0, "$node", node=True),)
    with pytest.raises(NoExactAnswerError, match="partial matches of 3 edges"):
        matching.match(edges, nodes, (MatchEdge(0, 1, "right", (1, 5)),), ("", ""), "all", number)


def test_six_loops_are_gone_round_as_often_as_can_be_counted_or_held() -> None:
    """259 ways for each edge of the pattern: those of two edges are all shown, those of three are refused."""
    loops = Graph(1, ((0, 0),) * 6, (True,) * 6, (True,))
    pattern = (MatchEdge(0, 0, "right", (0, 3)),) * 3
    number = (MatchValue("n", 0, "$node", node=True),)
    assert ways_of(loops, pattern[:2]) == 259**2
    assert matching.match(*loops.tables(), pattern[:2], ("",), "all", number).num_rows == 259**2
    with pytest.raises(NoExactAnswerError, match="partial matches of 9 edges"):
        matching.match(*loops.tables(), pattern, ("",), "all", number)
