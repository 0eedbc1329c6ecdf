"""Functions over the nodes and edges of a graph pattern, in `where` and `project` of graph-match and its like.

https://learn.microsoft.com/kusto/query/graph-operators
"""

from __future__ import annotations

from keywitness.kql.functions.function import Function, Kind, scalar


def _over_pattern(name: str, text: str) -> Function:
    return Function(name, Kind.GRAPH, (text,))


FUNCTIONS: tuple[Function, ...] = (
    _over_pattern("all", "(edge: any, condition: bool) -> bool"),
    _over_pattern("any", "(edge: any, condition: bool) -> bool"),
    _over_pattern("map", "(edge: any, expression: any) -> dynamic"),
    _over_pattern("inner_nodes", "(edge: any) -> dynamic"),
    _over_pattern("node_id", "(node: any?) -> string"),
    _over_pattern("node_degree_in", "(node: any?) -> long"),
    _over_pattern("node_degree_out", "(node: any?) -> long"),
    _over_pattern("labels", "(element: any?) -> dynamic"),
    scalar(
        "graph",
        "(name: string, snapshot: string?) -> dynamic",
        refusal="graphs that a cluster keeps are not in a case; make-graph makes one of tables",
    ),
)
