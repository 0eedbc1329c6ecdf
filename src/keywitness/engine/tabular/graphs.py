"""What `make-graph` and `graph-mark-components` make of rows: nodes with numbers, edges between them, components.

A node is known by its id, null and the empty string included, and gets a number, 0 for the first that appears. Facts:
https://learn.microsoft.com/kusto/query/make-graph-operator, and measurements of Kusto's emulator in the documents of
the MIT-licensed duckdb-kql (null ids, several rows of one id).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.engine.kernels.kernel import NoExactAnswerError

Numbers: TypeAlias = "npt.NDArray[np.int64]"


def edges(rows: pa.Table, *tables: pa.Table) -> pa.Table:
    """The numbers of both ends of each edge.

    Args:
        rows: The edges: their number `edge`, the ids `source` and `target`, and `part`, the graph that each is of.
        tables: The node tables: the number of each `row`, its `id` and its `part`.

    Returns:
        Columns `$edge`, `$from`, `$to`.
    """
    source, target = _Numbering(rows, tables).ends
    return pa.table({"$edge": rows["edge"], "$from": source, "$to": target})


def nodes(rows: pa.Table, *tables: pa.Table) -> pa.Table:
    """Every node once.

    Args:
        rows: As for `edges`.
        tables: As for `edges`.

    Returns:
        Columns `$node` (its number), `$id`, `$in` and `$out` (edges that end and begin there), and for each node table
        `$row<i>`, the first row of the id.

    Raises:
        NoExactAnswerError: If an id stands in two node tables: which row counts is not defined.
    """
    numbering = _Numbering(rows, tables)
    source, target = numbering.ends
    count = numbering.count
    columns: dict[str, pa.Array | Numbers] = {
        "$node": np.arange(count),
        "$id": numbering.ids,
        "$in": np.bincount(target, minlength=count),
        "$out": np.bincount(source, minlength=count),
    }
    having = np.zeros(count, np.int64)
    for place, (table, numbers) in enumerate(zip(tables, numbering.tables, strict=True)):
        found, first = np.unique(numbers, return_index=True)
        row = np.full(count, -1)
        row[found] = table["row"].to_numpy()[first]
        columns[f"$row{place}"] = pa.array(row, mask=row < 0)
        having[found] += 1
    if (having > 1).any():
        id = numbering.ids[int(np.argmax(having > 1))].as_py()
        raise NoExactAnswerError(
            f"make-graph: the node {id!r} is in two node tables, and which of its rows counts is not defined; "
            "join the tables first"
        )
    return pa.table(columns)


class _Numbering:
    """A number for each id, by first appearance: node tables first, then the edges' sources and targets.

    With `part`, equal ids of two parts are two nodes.
    """

    def __init__(self, rows: pa.Table, tables: tuple[pa.Table, ...]) -> None:
        ids = _joined([*(t["id"] for t in tables), rows["source"], rows["target"]])
        codes = _codes(ids)
        if "part" in rows.schema.names:
            parts = _codes(_joined([*(t["part"] for t in tables), rows["part"], rows["part"]]))
            codes = parts * (int(codes.max(initial=0)) + 1) + codes
        _, first, number = np.unique(codes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        *before, source, target = np.split(
            rank[number], np.cumsum([*(t.num_rows for t in tables), rows.num_rows], dtype=np.int64)
        )
        self.count = len(order)
        self.ids = ids.take(pa.array(first[order]))
        self.tables = before
        self.ends = (source, target)


def _joined(columns: list[pa.ChunkedArray]) -> pa.Array:
    chunks = [chunk for column in columns for chunk in column.chunks]
    return pa.concat_arrays(chunks) if chunks else pa.array([], columns[0].type)


def _codes(values: pa.Array) -> Numbers:
    """A number for each value, nulls being one value."""
    indices = pc.dictionary_encode(values, null_encoding="encode").indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), np.int64)


# ---------------------------------------------------------------- components


def components(edges: pa.Table, nodes: pa.Table, kind: str) -> pa.Table:
    """Which component each node is in, numbered from 0 by the first node of each.

    Args:
        edges: Columns `$from` and `$to`.
        nodes: Column `$node`.
        kind: "weak", or "strong" for nodes that reach each other along the edges.
    """
    number = np.sort(nodes["$node"].to_numpy())
    source, target = edges["$from"].to_numpy(), edges["$to"].to_numpy()
    label = (_weak if kind == "weak" else _strong)(source, target, len(number))
    _, first, of = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty_like(first)
    rank[np.argsort(first)] = np.arange(len(first))
    return pa.table({"$node": number, "$component": rank[of]})


def _weak(source: Numbers, target: Numbers, count: int) -> Numbers:
    """The smallest number that each node hangs together with: edges pull labels down, labels of labels cut it short."""
    label = np.arange(count)
    while True:
        low = np.minimum(label[source], label[target])
        new = label.copy()
        for end in (label[source], label[target], source, target):
            np.minimum.at(new, end, low)
        while not np.array_equal(shorter := new[new], new):
            new = shorter
        if np.array_equal(new, label):
            return label
        label = new


def _strong(source: Numbers, target: Numbers, count: int) -> Numbers:
    """Tarjan's algorithm, with a stack of its own for deep graphs."""
    order = np.argsort(source, kind="stable")
    begin = np.searchsorted(source[order], np.arange(count + 1)).tolist()
    follow = target[order].tolist()
    seen, low, label = [-1] * count, [0] * count, [-1] * count
    number, open_nodes = 0, []
    for root in range(count):
        if seen[root] >= 0:
            continue
        way = [(root, begin[root])]
        while way:
            node, edge = way.pop()
            if seen[node] < 0:
                seen[node] = low[node] = number
                number += 1
                open_nodes.append(node)
            if edge > begin[node]:  # back from where the last edge led
                low[node] = min(low[node], low[follow[edge - 1]]) if label[follow[edge - 1]] < 0 else low[node]
            while edge < begin[node + 1] and seen[follow[edge]] >= 0:
                if label[follow[edge]] < 0:
                    low[node] = min(low[node], seen[follow[edge]])
                edge += 1
            if edge < begin[node + 1]:
                way += [(node, edge + 1), (follow[edge], begin[follow[edge]])]
            elif low[node] == seen[node]:
                while label[node] < 0:
                    label[open_nodes.pop()] = node
    return np.array(label, np.int64)
