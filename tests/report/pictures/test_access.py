"""Paths as a picture."""

from __future__ import annotations

from xml.etree import ElementTree

from keywitness.access.escalation.search import Node, Path, Step
from keywitness.access.graph import graph_of
from keywitness.access.question import Answer
from keywitness.report.pictures.access import MOST_NODES, standing_alone

VAULT = Node("/vaults/kv", "KeyVault", "kv-pay")
GROUP = Node("g", "Group", "ops")
SPACE = "{http://www.w3.org/2000/svg}"


def step(source, edge, target, does="", answer=Answer.YES):
    return Step(source, edge, target, "a permission", does, answer, ("E1:0",), fix="a fix")


def drawn(*paths):
    text = standing_alone(graph_of(Path(steps, escalates=True) for steps in paths), title="Who gets at kv-pay")
    return text, ElementTree.fromstring(text)


def texts(root):
    return [t.text or "" for t in root.iter(f"{SPACE}text")]


def test_a_picture_reads_from_left_to_right():
    user = Node("u", "User", "ann@contoso.com")
    text, root = drawn((step(user, "AZMemberOf", GROUP), step(GROUP, "AZContributor", VAULT, "adds himself")))
    assert root.tag == f"{SPACE}svg" and "<style>" in text
    boxes = {r.findtext(f"{SPACE}title"): float(r.get("x")) for r in root.iter(f"{SPACE}rect")}
    assert boxes["ann@contoso.com · u"] < boxes["ops · g"] < boxes["kv-pay · /vaults/kv"]
    said = texts(root)
    assert {"ann@contoso.com", "kv-pay", "AZMemberOf", "AZContributor"} <= set(said)
    assert 'class="edge act"' in text and "a fix" in text


def test_what_is_not_sure_is_dashed():
    text, _ = drawn((step(GROUP, "AZGetSecrets", VAULT, answer=Answer.ELIGIBLE),))
    assert 'class="edge unsure"' in text


def test_too_many_nodes_are_left_out_and_counted():
    paths = [(step(Node(f"u{i}", "User", f"user{i}"), "AZGetSecrets", VAULT),) for i in range(MOST_NODES + 29)]
    _, root = drawn(*paths)
    assert len(list(root.iter(f"{SPACE}rect"))) == MOST_NODES
    assert any("30 more nodes are left out" in t for t in texts(root))


def test_hostile_names_are_text():
    hostile = Node("x", "User", "</text><script>alert(1)</script>\x1b[31m")
    text, root = drawn((step(hostile, "AZOwner", VAULT),))
    assert "<script" not in text and "\x1b" not in text
    assert not list(root.iter(f"{SPACE}script"))


def test_a_cycle_ends():
    other = Node("h", "Group", "h")
    drawn((step(GROUP, "AZMemberOf", other), step(other, "AZMemberOf", GROUP), step(GROUP, "AZOwner", VAULT)))


def test_nothing_is_a_picture_too():
    _, root = drawn()
    assert texts(root) == ["Who gets at kv-pay"]
