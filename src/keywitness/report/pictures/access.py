"""Paths to vaults as a picture: principals on the left, vaults on the right, one column per step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from keywitness.access.escalation.search import Node, Path, Step
from keywitness.access.graph import Graph, graph_of
from keywitness.access.question import Answer
from keywitness.report.document import AccessPath, AccessStep
from keywitness.report.pictures.svg import Drawing, number, shorten

_BOX, _HIGH = 175.0, 38.0
_ACROSS, _DOWN = 305.0, 58.0
_MARGIN = 20.0
_SCALE = 0.7  # four steps stand beside each other on the page of a report
_LETTERS = 28
#: More nodes than this cannot be read; the picture says how many it leaves out.
MOST_NODES = 120

_CLASSES = {"User": "user", "Group": "group", "ServicePrincipal": "application", "KeyVault": "vault"}

STYLE = """
svg.access{font-family:ui-sans-serif,system-ui,sans-serif;font-size:12px;background:#fff}
.access .box{fill:#f4f6f8;stroke:#5b6b7a;stroke-width:1}
.access .user{fill:#e3eefb;stroke:#2f6fb0}.access .group{fill:#f1e9fa;stroke:#7a4fb0}
.access .application{fill:#e6f4ea;stroke:#2f8a4d}.access .vault{fill:#fdeee0;stroke:#c2660f;stroke-width:2}
.access .edge{fill:none;stroke:#5b6b7a;stroke-width:1.4}.access .act{stroke:#b3261e;stroke-width:2}
.access .unsure{stroke-dasharray:5 4}
.access .name{fill:#14202b}.access .kind{fill:#5b6b7a;font-size:10px}
.access .label{fill:#33414e;font-size:9.5px;paint-order:stroke;stroke:#fff;stroke-width:3px}
.access .remark{fill:#5b6b7a;font-size:11px}
"""


def picture(graph: Graph, *, title: str) -> Markup:
    """The picture of a graph; it shows the nodes nearest to the vaults when there are too many."""
    columns = _columns(graph)
    shown = dict(sorted(columns.items(), key=lambda c: c[1])[:MOST_NODES])
    places = _places(graph, shown)
    deepest = max(shown.values(), default=0)
    tallest = max((y for _, y in places.values()), default=0.0)
    width = 2 * _MARGIN + deepest * _ACROSS + _BOX
    drawing = Drawing(width, tallest + _HIGH + 3 * _MARGIN, label=title, css="access", scale=_SCALE)
    between = _between(graph, places)
    for (source, target), steps in between.items():
        _arrow(drawing, places[source], places[target], steps)
    labels: dict[str, int] = {}
    for (source, _), steps in between.items():
        for edge in dict.fromkeys(s.edge for s in steps):
            same = [s for s in steps if s.edge == edge]
            _label(drawing, places[source], labels.get(source, 0), edge, _said(same))
            labels[source] = labels.get(source, 0) + 1
    for node in graph.nodes:
        if node.id.lower() in places:
            _box(drawing, places[node.id.lower()], node)
    left = len(columns) - len(shown)
    said = f"{title}. {left:,} more nodes are left out." if left else title
    drawing.text(_MARGIN, tallest + _HIGH + 2.2 * _MARGIN, said, "remark")
    return drawing.markup()


def standing_alone(graph: Graph, *, title: str) -> str:
    """The picture as an SVG file with its own style."""
    markup = str(picture(graph, title=title))
    head, _, rest = markup.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg"><style>{STYLE}</style>{rest}\n'


def _columns(graph: Graph) -> dict[str, int]:
    """Steps from each node to its nearest vault; nodes that lead to none come first."""
    before: dict[str, list[str]] = {}
    for step in graph.steps:
        before.setdefault(step.target.id.lower(), []).append(step.source.id.lower())
    distance = {n.id.lower(): 0 for n in graph.nodes if n.kind == "KeyVault"}
    waiting = list(distance)
    for here in waiting:
        for other in before.get(here, ()):
            if other not in distance:
                distance[other] = distance[here] + 1
                waiting.append(other)
    farthest = max(distance.values(), default=0) + 1
    return {n.id.lower(): distance.get(n.id.lower(), farthest) for n in graph.nodes}


def _places(graph: Graph, columns: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Where each box stands: in its column, beside what it leads to."""
    deepest = max(columns.values(), default=0)
    after: dict[str, list[str]] = {}
    for step in graph.steps:
        after.setdefault(step.source.id.lower(), []).append(step.target.id.lower())
    places: dict[str, tuple[float, float]] = {}
    for column in range(deepest + 1):
        members = [key for key, c in columns.items() if c == column]
        members.sort(key=lambda key: (_middle([places[o][1] for o in after.get(key, ()) if o in places]), key))
        for row, key in enumerate(members):
            places[key] = (_MARGIN + (deepest - column) * _ACROSS, _MARGIN + row * _DOWN)
    return places


def _middle(heights: list[float]) -> float:
    return sum(heights) / len(heights) if heights else 0.0


def _box(drawing: Drawing, place: tuple[float, float], node: Node) -> None:
    x, y = place
    css = f"box {_CLASSES.get(node.kind, '')}".strip()
    drawing.rect(x, y, _BOX, _HIGH, css, title=f"{node.title} · {node.id}")
    drawing.text(x + 8, y + 16, shorten(node.title, _LETTERS), "name", title=node.title)
    drawing.text(x + 8, y + 30, _KIND_NAMES.get(node.kind, node.kind), "kind")


_KIND_NAMES = {"User": "user", "Group": "group", "ServicePrincipal": "application", "KeyVault": "key vault"}


def _between(graph: Graph, places: Mapping[str, object]) -> dict[tuple[str, str], list[Step]]:
    """The steps of each pair of boxes."""
    found: dict[tuple[str, str], list[Step]] = {}
    for step in graph.steps:
        ends = (step.source.id.lower(), step.target.id.lower())
        if all(end in places for end in ends):
            found.setdefault(ends, []).append(step)
    return found


def _said(steps: Sequence[Step]) -> str:
    """All that is known of some steps."""
    parts = ((s.permission, s.does, f"answer: {s.answer}", f"fix: {s.fix}" if s.fix else "") for s in steps)
    return " | ".join(" · ".join(filter(None, texts)) for texts in parts)


def _label(drawing: Drawing, place: tuple[float, float], taken: int, edge: str, said: str) -> None:
    """The name of a step beside the box where it begins: the first above the line, others below it."""
    x, y = place[0] + _BOX + 6, place[1] + _HIGH / 2
    height = y - 5 if not taken else y + 1 + 12 * taken
    drawing.text(x, height, shorten(edge, _LETTERS), "label", title=said)


def _arrow(drawing: Drawing, start: tuple[float, float], end: tuple[float, float], steps: Sequence[Step]) -> None:
    """A curve; acts are red, what is not sure is dashed."""
    x1, y1, x2, y2 = start[0] + _BOX, start[1] + _HIGH / 2, end[0], end[1] + _HIGH / 2
    reach = (x2 - x1) / 2
    back = 6.0
    if x2 < x1:  # to a box of the same column, or back: around the right side
        x2, reach, back = end[0] + _BOX, 60.0, -6.0
    bend2 = x2 - reach if back > 0 else x2 + reach
    curve = f"M{number(x1)} {number(y1)}C{number(x1 + reach)} {number(y1)} {number(bend2)} {number(y2)} "
    act = " act" if any(s.does for s in steps) else ""
    unsure = "" if any(s.answer is Answer.YES for s in steps) else " unsure"
    drawing.path(f"{curve}{number(x2)} {number(y2)}", f"edge{act}{unsure}", title=_said(steps))
    head = f"M{number(x2 - back)} {number(y2 - 4)}L{number(x2)} {number(y2)}L{number(x2 - back)} {number(y2 + 4)}"
    drawing.path(head, f"edge{act}")


def of_paths(paths: Iterable[AccessPath]) -> Graph:
    """The graph of the paths of a report; names stand for ids there."""
    return graph_of(Path(tuple(map(_step, path.steps)), escalates=True) for path in paths)


def _step(step: AccessStep) -> Step:
    source = Node(f"{step.source_kind}:{step.source}", step.source_kind, step.source)
    target = Node(f"{step.target_kind}:{step.target}", step.target_kind, step.target)
    return Step(source, step.edge, target, step.permission, step.does, Answer(step.answer), step.rows)
