"""Exports of paths: BloodHound's format by its own schemas, GraphML as XML; hostile names are text in both."""

from __future__ import annotations

import json
import re
from pathlib import Path as File
from xml.etree import ElementTree

import pytest

from keywitness.access.escalation.search import Node, Path, Search, Step
from keywitness.access.graph import graph_of, graphml, opengraph
from keywitness.access.question import Answer
from keywitness.access.tenant import Tenant
from keywitness.lab.estate import Size, estate

SCHEMAS = File(__file__).parent / "opengraph"
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "number": (int, float), "null": type(None)}


def problems(value, schema, at="$"):
    """What of JSON Schema the three schemas use, and nothing else."""
    assert set(schema) <= {
        *("type", "properties", "additionalProperties", "required", "items", "not"),
        *("enum", "pattern", "minItems", "maxItems"),
    }
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(isinstance(value, TYPES[t]) and (t == "boolean") == isinstance(value, bool) for t in types):
        return [f"{at}: not {types}"]
    found = []
    if "not" in schema and not problems(value, schema["not"], at):
        found.append(f"{at}: must not be {schema['not']}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: not one of {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{at}: not like {schema['pattern']}")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{at}: {len(value)} items")
        for i, item in enumerate(value):
            found += problems(item, schema.get("items", {}), f"{at}[{i}]")
    if isinstance(value, dict):
        found += [f"{at}: no {name}" for name in schema.get("required", ()) if name not in value]
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            found += [f"{at}: {name} is too much"] if inner is False else problems(item, inner, f"{at}.{name}")
    return found


def schema(name):
    return json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))


HOSTILE = Node("x\x1b[31m", "User", "<script>alert(1)</script>]]>&\x1b[2J")
VAULT = Node("/subscriptions/s/providers/Microsoft.KeyVault/vaults/kv", "KeyVault", "kv")


def hostile_path():
    return Path((Step(HOSTILE, "AZOwner", VAULT, "=cmd|' /C calc'!A0", "", Answer.YES, ("E1:0",)),), escalates=True)


@pytest.fixture(scope="module")
def many():
    tenant = Tenant(estate(Size(6, 60, 200, subscriptions=2, denials=1), seed=4))
    search = Search(tenant)
    return [p for vault in tenant.vaults for n in range(60) for p in search.paths(n, vault)]


def test_the_schemas_find_what_is_wrong():
    """The small validator is no rubber stamp."""
    node, edge = schema("node"), schema("edge")
    assert problems({"kinds": []}, node) == ["$: no id", "$.kinds: 0 items"]
    assert problems({"id": "a", "kinds": ["K"], "properties": {"x": {"y": 1}}}, node)
    assert problems({"id": "a", "kinds": ["K"], "properties": {"x": [{"y": 1}]}}, node)
    assert problems({"start": {"value": "a"}, "end": {"value": 1}, "kind": "A-B"}, edge)
    assert problems({"source_kind": "K", "more": 1}, schema("metadata"))


@pytest.mark.parametrize("hostile", [False, True])
def test_bloodhound_takes_the_export(many, hostile):
    made = json.loads(opengraph(graph_of([hostile_path()] if hostile else many)))
    assert set(made) == {"metadata", "graph"} and problems(made["metadata"], schema("metadata")) == []
    nodes, edges = made["graph"]["nodes"], made["graph"]["edges"]
    assert nodes and edges
    assert [p for n in nodes for p in problems(n, schema("node"))] == []
    assert [p for e in edges for p in problems(e, schema("edge"))] == []
    ids = {n["id"] for n in nodes}
    assert len(ids) == len(nodes)
    assert {e[end]["value"] for e in edges for end in ("start", "end")} <= ids


def test_graphml_is_xml_whatever_things_are_called(many):
    made = graph_of([hostile_path(), *many])
    root = ElementTree.fromstring(graphml(made))
    space = "{http://graphml.graphdrawing.org/xmlns}"
    nodes = [n.get("id") for n in root.iter(f"{space}node")]
    assert len(nodes) == len(made.nodes) == len(set(nodes))
    assert {e.get(end) for e in root.iter(f"{space}edge") for end in ("source", "target")} <= set(nodes)
    assert "<script>" in "".join(root.itertext()) and "\x1b" not in graphml(made)


def test_equal_steps_of_many_paths_are_one(many):
    made = graph_of([*many, *many])
    assert made == graph_of(many)
