"""Paths put together as one graph, for pictures and other tools."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from keywitness.access.escalation.search import Node, Path, Step
from keywitness.model.text import visible


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and the steps between them, each once."""

    nodes: tuple[Node, ...]
    steps: tuple[Step, ...]


def graph_of(paths: Iterable[Path]) -> Graph:
    """The graph of some paths."""
    steps: dict[tuple[str, str, str, str], Step] = {}
    nodes: dict[str, Node] = {}
    for path in paths:
        for step in path.steps:
            key = (step.source.id.lower(), step.edge, step.target.id.lower(), step.permission)
            steps.setdefault(key, step)
            for node in (step.source, step.target):
                nodes.setdefault(node.id.lower(), node)
    return Graph(tuple(nodes.values()), tuple(steps.values()))


#: BloodHound's kinds of nodes.
_KINDS = {"User": "AZUser", "Group": "AZGroup", "ServicePrincipal": "AZServicePrincipal", "KeyVault": "AZKeyVault"}


def opengraph(graph: Graph) -> str:
    """JSON in BloodHound's OpenGraph format (https://bloodhound.specterops.io/opengraph/schema).

    Ids are in capitals, as BloodHound keeps them. Edges that BloodHound makes itself after ingestion it makes again.
    """
    body = {
        "metadata": {"source_kind": "KWBase"},
        "graph": {
            "nodes": [_opengraph_node(n) for n in graph.nodes],
            "edges": [_opengraph_edge(s) for s in graph.steps],
        },
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _opengraph_node(node: Node) -> dict[str, object]:
    properties = {"name": node.title.upper(), "displayname": node.title, "objectid": node.id.upper()}
    kinds = [_KINDS[node.kind], "AZBase"] if node.kind in _KINDS else ["KWTarget" if " " in node.title else "AZBase"]
    return {"id": node.id.upper(), "kinds": kinds, "properties": properties}


def _opengraph_edge(step: Step) -> dict[str, object]:
    properties: dict[str, object] = {"permission": step.permission, "answer": str(step.answer)}
    said = {"does": step.does, "fix": step.fix, "logs": step.logs}
    properties |= {key: text for key, text in said.items() if text}
    properties |= {"evidence": list(step.rows)} if step.rows else {}
    properties |= {"remarks": list(step.remarks)} if step.remarks else {}
    ends = ({"match_by": "id", "value": node.id.upper()} for node in (step.source, step.target))
    return {"kind": step.edge, "start": next(ends), "end": next(ends), "properties": properties}


_GRAPHML_FIELDS = ("permission", "answer", "does", "fix", "logs", "evidence")


def graphml(graph: Graph) -> str:
    """GraphML (http://graphml.graphdrawing.org), as yEd, Gephi and NetworkX read it."""
    numbers = {node.id.lower(): f"n{i}" for i, node in enumerate(graph.nodes)}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *(f'<key id="{k}" for="node" attr.name="{k}" attr.type="string"/>' for k in ("id", "name", "kind")),
        *(f'<key id="{k}" for="edge" attr.name="{k}" attr.type="string"/>' for k in ("edge", *_GRAPHML_FIELDS)),
        '<graph id="access" edgedefault="directed">',
    ]
    for node in graph.nodes:
        data = _data({"id": node.id, "name": node.name, "kind": node.kind})
        lines.append(f"<node id={quoteattr(numbers[node.id.lower()])}>{data}</node>")
    for step in graph.steps:
        said = {"edge": step.edge, "permission": step.permission, "answer": str(step.answer), "does": step.does}
        said |= {"fix": step.fix, "logs": step.logs, "evidence": " ".join(step.rows)}
        ends = (quoteattr(numbers[n.id.lower()]) for n in (step.source, step.target))
        lines.append(f"<edge source={next(ends)} target={next(ends)}>{_data(said)}</edge>")
    return "\n".join([*lines, "</graph>", "</graphml>", ""])


def _data(said: dict[str, str]) -> str:
    return "".join(f'<data key="{key}">{escape(visible(text))}</data>' for key, text in said.items() if text)
