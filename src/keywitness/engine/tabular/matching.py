"""All matches of a graph pattern, grown edge by edge in columns: `graph-match` and `graph-shortest-paths`.

A match is a number for each node and each edge of the pattern, and for a path a row of edge numbers. Facts:
https://learn.microsoft.com/kusto/query/graph-match-operator and graph-shortest-paths-operator, and measurements of
Kusto's emulator in the documents of the MIT-licensed duckdb-kql: uniqueness holds across all edges of the pattern; an
edge without direction is tried both ways, so a loop matches twice; `cycles=none` keeps variables and inner nodes apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.engine.kernels.kernel import NoExactAnswerError
from keywitness.kql.plan import MatchEdge, MatchValue

Numbers: TypeAlias = "npt.NDArray[np.int64]"
Mask: TypeAlias = "npt.NDArray[np.bool_]"

#: Edges that all partial matches may hold together: what is more would fill the memory.
MOST_EDGES = 20_000_000
_TURNED = {"right": "left", "left": "right", "either": "either"}


def match(
    edges: pa.Table,
    nodes: pa.Table,
    pattern: tuple[MatchEdge, ...],
    allowed: tuple[str, ...],
    cycles: str,
    values: tuple[MatchValue, ...],
    shortest: str = "",
) -> pa.Table:
    """The matches of a pattern.

    Args:
        edges: Columns `$edge`, `$from`, `$to`, and those that pattern and values name.
        nodes: Column `$node`, and those that `allowed`, pattern and values name.
        pattern: Its edges; they hang together.
        allowed: For each node of the pattern the column that is true where it may be; empty: anywhere.
        cycles: "unique_edges", "all" or "none".
        values: The columns of the result.
        shortest: "any" or "all" for shortest paths only, of a pattern that is one path from length 0 or 1.

    Raises:
        NoExactAnswerError: If there are too many partial matches to hold.
    """
    graph = _Graph(_by_number(edges, "$edge"), _by_number(nodes, "$node"))
    return _Search(graph, pattern, [graph.node_mask(c) for c in allowed], cycles, shortest).run().table(graph, values)


def shortest(rows: pa.Table, keys: tuple[str, ...], length: str, output: str) -> pa.Table:
    """Of the rows with equal keys those of the least length, or with output "any" the first of them."""
    columns = [rows[k].to_numpy() for k in keys]
    lengths = rows[length].to_numpy()
    order = np.lexsort([np.arange(rows.num_rows), lengths, *columns])
    begins = np.ones(rows.num_rows, bool)
    begins[1:] = np.logical_or.reduce([c[order][1:] != c[order][:-1] for c in columns])
    least = lengths[order][begins][np.cumsum(begins) - 1]
    kept = begins if output == "any" else lengths[order] == least
    return rows.take(pa.array(np.sort(order[kept])))


def _by_number(rows: pa.Table, column: str) -> pa.Table:
    numbers = rows[column].to_numpy()
    return rows if (numbers[1:] > numbers[:-1]).all() else rows.take(pa.array(np.argsort(numbers)))


class _Graph:
    """The two inputs by number, and from each node the ways on."""

    def __init__(self, edges: pa.Table, nodes: pa.Table) -> None:
        self.edges, self.nodes = edges, nodes
        self.begin, self.end = edges["$from"].to_numpy(), edges["$to"].to_numpy()
        self._ways: dict[tuple[str, str], _Ways] = {}

    def node_mask(self, column: str) -> Mask:
        """Where a node may be."""
        return _mask(self.nodes, column)

    def ways(self, direction: str, allowed: str) -> _Ways:
        """The edges that may be taken, by the node that they are taken from."""
        known = self._ways.get((direction, allowed))
        if known is None:
            edge = np.flatnonzero(_mask(self.edges, allowed))
            begin, end = self.begin[edge], self.end[edge]
            sides = {"right": [(begin, end)], "left": [(end, begin)], "either": [(begin, end), (end, begin)]}[direction]
            near, far = (np.concatenate(side) for side in zip(*sides, strict=True))
            known = _Ways.of(near, far, np.tile(edge, len(sides)), self.nodes.num_rows)
            self._ways[direction, allowed] = known
        return known


def _mask(rows: pa.Table, column: str) -> Mask:
    if not column:
        return np.ones(rows.num_rows, bool)
    return np.asarray(rows[column].fill_null(False).to_numpy(), bool)


@dataclass(frozen=True, slots=True)
class _Ways:
    """From node `n` lead the edges `edge[start[n]:start[n + 1]]` to the nodes `node[...]`."""

    start: Numbers
    edge: Numbers
    node: Numbers

    @classmethod
    def of(cls, near: Numbers, far: Numbers, edge: Numbers, count: int) -> _Ways:
        order = np.argsort(near, kind="stable")
        return cls(np.searchsorted(near[order], np.arange(count + 1)), edge[order], far[order])

    def on(self, at: Numbers, hops: int) -> tuple[Numbers, Numbers, Numbers]:
        """Every way on: the place in `at` that it goes on from, its edge, and the node that it leads to."""
        counts = self.start[at + 1] - self.start[at]
        total = int(counts.sum())
        _refuse_too_many(total, hops)
        place = np.repeat(np.arange(len(at)), counts)
        before = np.cumsum(counts) - counts
        slot = np.arange(total) + np.repeat(self.start[at] - before, counts)
        return place, self.edge[slot], self.node[slot]


def _refuse_too_many(matches: int, hops: int) -> None:
    if matches * hops > MOST_EDGES:
        raise NoExactAnswerError(
            f"graph-match: the pattern has {matches:,} partial matches of {hops} edge{'s' * (hops > 1)}, more than can "
            "be held; "
            "name one end in where, filter nodes or edges before make-graph, or shorten the path"
        )


@dataclass(frozen=True, slots=True)
class _Path:
    """Paths side by side, filled up with -1: their edges, and the nodes after each edge."""

    edges: Numbers
    nodes: Numbers

    @property
    def inner(self) -> Numbers:
        """The nodes between the first and the last."""
        last = np.arange(self.nodes.shape[1]) == self.lengths[:, None] - 1
        return np.where(last, -1, self.nodes)

    @property
    def lengths(self) -> Numbers:
        return np.asarray((self.edges >= 0).sum(axis=1), np.int64)

    def take(self, places: Numbers) -> _Path:
        return _Path(self.edges[places], self.nodes[places])

    def step(self, places: Numbers, edge: Numbers, node: Numbers) -> _Path:
        """These paths, each with one edge more."""
        return _Path(np.column_stack([self.edges[places], edge]), np.column_stack([self.nodes[places], node]))

    def turned(self, start: Numbers) -> _Path:
        """The same paths from the other end, which the walk began at `start`."""
        place = self.lengths[:, None] - 1 - np.arange(self.edges.shape[1])
        nodes = np.column_stack([start, self.nodes])
        return _Path(
            np.where(place >= 0, np.take_along_axis(self.edges, np.maximum(place, 0), 1), -1),
            np.where(place >= 0, np.take_along_axis(nodes, np.maximum(place, 0), 1), -1),
        )


def _side_by_side(paths: Sequence[_Path]) -> _Path:
    width = max(p.edges.shape[1] for p in paths)
    _refuse_too_many(sum(len(p.edges) for p in paths), width)

    def filled(numbers: Numbers) -> Numbers:
        return np.pad(numbers, ((0, 0), (0, width - numbers.shape[1])), constant_values=-1)

    return _Path(np.concatenate([filled(p.edges) for p in paths]), np.concatenate([filled(p.nodes) for p in paths]))


@dataclass(frozen=True, slots=True)
class _Matches:
    """Matches of a part of the pattern, a row each."""

    count: int
    nodes: dict[int, Numbers] = field(default_factory=dict)
    edges: dict[int, Numbers] = field(default_factory=dict)
    paths: dict[int, _Path] = field(default_factory=dict)

    def take(self, places: Numbers) -> _Matches:
        return _Matches(
            len(places),
            {i: n[places] for i, n in self.nodes.items()},
            {i: e[places] for i, e in self.edges.items()},
            {i: p.take(places) for i, p in self.paths.items()},
        )

    def hops(self) -> int:
        """How many edges a match holds."""
        return len(self.edges) + sum(int(p.edges.shape[1]) for p in self.paths.values())

    def uses(self, places: Numbers, edge: Numbers) -> Mask:
        """True where the match at a place has that edge already."""
        found = np.zeros(len(places), bool)
        for one in self.edges.values():
            found |= one[places] == edge
        for path in self.paths.values():
            found |= (path.edges[places] == edge[:, None]).any(axis=1)
        return found

    def visits(self, places: Numbers, node: Numbers) -> Mask:
        """True where the match at a place has that node already, as a node of the pattern or inside a path."""
        found = np.zeros(len(places), bool)
        for one in self.nodes.values():
            found |= one[places] == node
        for path in self.paths.values():
            found |= (path.inner[places] == node[:, None]).any(axis=1)
        return found

    def table(self, graph: _Graph, values: tuple[MatchValue, ...]) -> pa.Table:
        """The columns that are asked for."""
        return pa.table({v.name: self._value(graph, v) for v in values})

    def _value(self, graph: _Graph, value: MatchValue) -> pa.Array | pa.ChunkedArray:
        if not value.fold:
            numbers = (self.nodes if value.node else self.edges)[value.place]
            return (graph.nodes if value.node else graph.edges)[value.column].take(pa.array(numbers))
        path = self.paths[value.place]
        if value.fold == "length":
            return pa.array(path.lengths)
        numbers = path.inner if value.inner else path.edges
        on_path = np.asarray(numbers >= 0)
        cells = (graph.nodes if value.inner else graph.edges)[value.column].take(pa.array(numbers[on_path]))
        if value.fold == "list":
            return _listed(cells, on_path)
        seen = np.zeros(on_path.shape, bool)
        seen[on_path] = cells.fill_null(False).to_numpy()
        return pa.array((seen | ~on_path).all(axis=1) if value.fold == "all" else seen.any(axis=1))


def _listed(cells: pa.ChunkedArray, on_path: Mask) -> pa.Array:
    """JSON arrays of JSON texts, one for each path."""
    ends = np.concatenate([[0], np.cumsum(on_path.sum(axis=1))])
    texts = pa.concat_arrays([chunk.fill_null("null") for chunk in cells.chunks] or [pa.array([], pa.string())])
    lists = pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), texts)
    return pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")


class _Search:
    """Grows the matches of a pattern from the node that fewest may be."""

    def __init__(
        self, graph: _Graph, pattern: tuple[MatchEdge, ...], allowed: list[Mask], cycles: str, shortest: str
    ) -> None:
        self.graph = graph
        self.pattern = pattern
        self.allowed = allowed
        self.cycles = cycles
        self.shortest = shortest

    def run(self) -> _Matches:
        first = min(range(len(self.allowed)), key=lambda i: int(self.allowed[i].sum()))
        found = np.flatnonzero(self.allowed[first])
        matches = _Matches(len(found), {first: found})
        open_edges = dict(enumerate(self.pattern))
        while open_edges:
            place = min(self._reachable(open_edges, matches), key=lambda i: self._cost(open_edges[i], matches))
            edge = open_edges.pop(place)
            matches = (self._along if edge.bounds else self._across)(matches, place, edge)
        return matches

    def _reachable(self, edges: dict[int, MatchEdge], matches: _Matches) -> Iterator[int]:
        return (i for i, e in edges.items() if e.left in matches.nodes or e.right in matches.nodes)

    def _cost(self, edge: MatchEdge, matches: _Matches) -> tuple[bool, bool]:
        """Single edges before paths, and those that close a circle first."""
        return edge.bounds is not None, not (edge.left in matches.nodes and edge.right in matches.nodes)

    def _turned(self, edge: MatchEdge, matches: _Matches) -> tuple[int, int, str]:
        """From where, to where and in which direction the edge is walked."""
        if edge.left in matches.nodes:
            return edge.left, edge.right, edge.direction
        return edge.right, edge.left, _TURNED[edge.direction]

    def _across(self, matches: _Matches, place: int, edge: MatchEdge) -> _Matches:
        """The matches with one edge more."""
        near, far, direction = self._turned(edge, matches)
        ways = self.graph.ways(direction, edge.allowed)
        places, edges, nodes = ways.on(matches.nodes[near], matches.hops() + 1)
        keep = self._may_end(matches, far, places, nodes)
        if self.cycles == "unique_edges":
            keep &= ~matches.uses(places, edges)
        kept = matches.take(places[keep])
        kept.nodes[far], kept.edges[place] = nodes[keep], edges[keep]
        return kept

    def _may_end(self, matches: _Matches, far: int, places: Numbers, nodes: Numbers) -> Mask:
        """True where a node may be the pattern's node at the far end."""
        if far in matches.nodes:
            return np.asarray(matches.nodes[far][places] == nodes)
        keep = self.allowed[far][nodes]
        return keep & ~matches.visits(places, nodes) if self.cycles == "none" else keep

    # ------------------------------------------------------------ paths

    def _along(self, matches: _Matches, place: int, edge: MatchEdge) -> _Matches:
        """The matches with a path more, walked one edge at a time for all of them together."""
        near, far, direction = self._turned(edge, matches)
        low, high = edge.bounds or (1, 1)
        ways = self.graph.ways(direction, edge.allowed)
        inner = self.graph.node_mask(edge.inner)
        left = self._distances(matches, far, self.graph.ways(_TURNED[direction], edge.allowed), high)
        start = matches.nodes[near]
        walk = _Walk.begin(start)
        met = self._pairs(start, walk)
        ended = [walk.keep(np.zeros(matches.count, bool))]
        for hop in range(high + 1):
            if not len(walk.of):
                break
            if hop:
                walk = self._further(matches, start, walk, ways)
                walk = walk.keep(left[walk.at] <= high - hop)
                if self.shortest:
                    walk, met = self._first_arrivals(start, walk, met)
            if hop >= low:
                ended.append(walk.keep(self._may_end(matches, far, walk.of, walk.at)))
            if hop:
                walk = walk.keep(self._may_go_on(matches, inner, walk))
        return self._with_paths(matches, place, far, ended, None if near == edge.left else start)

    def _further(self, matches: _Matches, start: Numbers, walk: _Walk, ways: _Ways) -> _Walk:
        """All walks one edge further, but for the steps that the mode forbids."""
        places, edges, nodes = ways.on(walk.at, matches.hops() + walk.path.edges.shape[1] + 1)
        of, path = walk.of[places], walk.path
        keep = np.ones(len(places), bool)
        if self.cycles == "unique_edges":
            keep = ~matches.uses(of, edges) & ~(path.edges[places] == edges[:, None]).any(axis=1)
        elif self.cycles == "none":
            keep = (start[of] != nodes) & ~(path.nodes[places] == nodes[:, None]).any(axis=1)
        return _Walk(of[keep], nodes[keep], path.step(places[keep], edges[keep], nodes[keep]))

    def _may_go_on(self, matches: _Matches, inner: Mask, walk: _Walk) -> Mask:
        """True where the node that a walk has come to may be inside of a path."""
        keep = inner[walk.at]
        return keep & ~matches.visits(walk.of, walk.at) if self.cycles == "none" else keep

    def _distances(self, matches: _Matches, far: int, back: _Ways, high: int) -> Numbers:
        """How many edges lie at least between each node and one where the path may end; beyond `high`, more."""
        ends = np.unique(matches.nodes[far]) if far in matches.nodes else np.flatnonzero(self.allowed[far])
        distance = np.full(len(back.start) - 1, high + 1)
        distance[ends] = 0
        for hop in range(1, high + 1):
            if not len(ends) or not distance.any():
                break
            _, _, nodes = back.on(ends, 1)
            ends = np.unique(nodes[distance[nodes] > hop])
            distance[ends] = hop
        return distance

    def _pairs(self, start: Numbers, walk: _Walk) -> Numbers:
        """Where each walk began and where it is, as one number."""
        return np.asarray(start[walk.of] * int(self.graph.nodes.num_rows) + walk.at)

    def _first_arrivals(self, start: Numbers, walk: _Walk, met: Numbers) -> tuple[_Walk, Numbers]:
        """The walks to nodes that none with the same start has met before, and what is met now."""
        pairs = self._pairs(start, walk)
        new = ~np.isin(pairs, met)
        found, first = np.unique(pairs[new], return_index=True)
        if self.shortest == "any":
            only = np.zeros(len(pairs), bool)
            only[np.flatnonzero(new)[first]] = True
            new = only
        return walk.keep(new), np.concatenate([met, found])

    def _with_paths(
        self, matches: _Matches, place: int, far: int, ended: list[_Walk], turned: Numbers | None
    ) -> _Matches:
        """The matches with the paths that ended well; `turned` says where they began if they were walked backwards."""
        of = np.concatenate([w.of for w in ended])
        path = _side_by_side([w.path for w in ended])
        kept = matches.take(of)
        kept.nodes[far] = np.concatenate([w.at for w in ended])
        kept.paths[place] = path if turned is None else path.turned(turned[of])
        return kept


@dataclass(frozen=True, slots=True)
class _Walk:
    """Paths on the way: of which match each is, where it has come to, and how."""

    of: Numbers
    at: Numbers
    path: _Path

    @classmethod
    def begin(cls, start: Numbers) -> _Walk:
        none = np.empty((len(start), 0), np.int64)
        return cls(np.arange(len(start)), start, _Path(none, none))

    def keep(self, mask: Mask) -> _Walk:
        return _Walk(self.of[mask], self.at[mask], self.path.take(np.flatnonzero(mask)))
