"""A session as it went: one lane per operation, one mark per step along the time, each outcome of its own shape."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from keywitness.report import instants
from keywitness.report.document import Session, SessionStep
from keywitness.report.pictures.svg import Drawing, mark, number, shorten

_LEFT = 168.0
_WIDTH = 860.0
_LANE = 22.0
_TOP = 20.0
#: More marks than this cannot be told apart; the picture says how many steps it leaves out.
_MOST_MARKS = 40
_MOST_LANES = 12
#: Between marks: what every step takes at most, and what the logarithm of the seconds before it adds at most.
_WIDEST_PACE, _WIDEST_SECOND = 60.0, 26.0
#: Silences from here on are named in the picture.
NAMED_SILENCE = 60.0
#: Width of a letter of the labels, generously.
_LETTER = 5.8

#: What an outcome is drawn as; shapes differ, so that colour alone never carries meaning.
_SIGNS = {"ok": "read", "challenge": "sign-in", "refused": "denied", "missing": "list", "failed": "grant"}
_SAID = {
    "ok": "",
    "challenge": " (challenge)",
    "refused": " (refused)",
    "missing": " (not found)",
    "failed": " (failed)",
}


@dataclass(frozen=True, slots=True)
class Run:
    """Equal steps in a row: the same operation with the same outcome in the same vault.

    Args:
        silence: Seconds since the step before; 0 for the first.
    """

    operation: str
    outcome: str  # ok | challenge | refused | missing | failed
    vault: str
    steps: tuple[SessionStep, ...]
    silence: float = 0.0


def outcome(status: int) -> str:
    """What an HTTP status means in a session.

    401 is the challenge that every SDK client draws before it sends a token, so it is no refusal.
    """
    if status < 400:
        return "ok"
    return {401: "challenge", 403: "refused", 404: "missing"}.get(status, "failed")


def runs(steps: Iterable[SessionStep]) -> list[Run]:
    """Steps in order, equal neighbours put together unless a silence worth naming parts them."""
    found: list[Run] = []
    for step in steps:
        key = (step.operation, outcome(step.status), step.vault)
        last = found[-1] if found else None
        silence = seconds_between(last.steps[-1].at, step.at) if last else 0.0
        if last and (last.operation, last.outcome, last.vault) == key and silence < NAMED_SILENCE:
            found[-1] = Run(*key, (*last.steps, step), last.silence)
        else:
            found.append(Run(*key, (step,), silence))
    return found


def seconds_between(first: str, last: str) -> float:
    """Seconds from one time of the document to another; 0 when either is no time."""
    begin, end = instants.parse(first), instants.parse(last)
    return max(0.0, (end - begin).total_seconds()) if begin and end else 0.0


def swimlanes(session: Session) -> Markup:
    """The picture of one session; empty for a session without steps."""
    all_runs = runs(session.steps)
    if not all_runs:
        return Markup("")
    shown = all_runs[:_MOST_MARKS]
    lanes = list(dict.fromkeys(run.operation for run in shown))
    if len(lanes) > _MOST_LANES:
        shown = shown[: next(i for i, run in enumerate(shown) if run.operation == lanes[_MOST_LANES])]
        lanes = lanes[:_MOST_LANES]
    along = _along(shown)
    vaults = list(dict.fromkeys(run.vault for run in shown))
    names = _vault_names(shown, along, vaults)
    legend = _legend(names) if any(short != vault for vault, short in names.items()) else []
    height = _TOP + _LANE * len(lanes) + 22 + 15 * len(legend)
    label = f"{session.operations} operations in order: " + ", ".join(
        f"{run.operation}{f' {len(run.steps)} times' if len(run.steps) > 1 else ''}{_SAID[run.outcome]}"
        for run in shown[:12]
    )
    drawing = Drawing(_WIDTH, height, label=label, css="lanes")
    for index, name in enumerate(lanes):
        y = _TOP + index * _LANE
        drawing.rect(0, y, _WIDTH, _LANE, "lane-even" if index % 2 == 0 else "lane-odd")
        drawing.text(6, y + 15, shorten(name, 26), "lane-label", title=name)
    _draw_runs(drawing, shown, along, lanes, names)
    base = _TOP + _LANE * len(lanes) + 15
    _draw_silences(drawing, shown, along, base)
    left_out = session.operations - sum(len(run.steps) for run in shown)
    end = instants.second(shown[-1].steps[-1].at) + (f", then {left_out:,} more" if left_out > 0 else "")
    drawing.text(_WIDTH - 6, base, end, "axis-label", anchor="end")
    for index, line in enumerate(legend, 1):
        drawing.text(_LEFT, base + 15 * index, line, "vault-label")
    return drawing.markup()


#: Style of the picture outside of the report's page.
_STYLE = """svg{background:#fff;font:12px system-ui,sans-serif}text{fill:#333}.lane-even{fill:#f4f5f7}
.lane-odd{fill:none}
.thread{fill:none;stroke:#ccc;stroke-width:1.5}.divide{stroke:#888;stroke-dasharray:2 3}.axis-label,.vault-label,
.count-label{font-size:11px;fill:#666}.step{stroke:#fff;stroke-width:1}.step-ok{fill:#1f5fa8}
.step-missing{fill:#b26a00}.step-failed{fill:#7a4fa0}
.stroke{fill:none;stroke:#b3261e;stroke-width:2}.hollow{fill:none;stroke:#666;stroke-width:1.5}"""


def standalone(session: Session) -> str:
    """The picture as an SVG file of its own."""
    picture = str(swimlanes(session))
    if not picture:
        return '<svg xmlns="http://www.w3.org/2000/svg"/>\n'
    head, _, rest = picture.partition(">")
    opening = head.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(_WIDTH)}" ', 1)
    return f"{opening}><style>{_STYLE}</style>{rest}\n"


def _along(shown: list[Run]) -> list[float]:
    """Where each run stands: room for every mark, and the rest by the logarithm of the seconds before it."""
    room = _WIDTH - _LEFT - 24
    pace = min(_WIDEST_PACE, 0.6 * room / len(shown))
    spans = [math.log2(1 + run.silence) for run in shown]
    second = min(_WIDEST_SECOND, (room - pace * len(shown)) / max(1.0, sum(spans)))
    place = _LEFT + 12 - pace
    places: list[float] = []
    for span in spans:
        place += pace + span * second
        places.append(place)
    return places


def _segments(shown: list[Run]) -> list[tuple[int, int, str]]:
    """Stretches in one vault: index of the first run, of the run after the last, vault."""
    starts = [index for index, run in enumerate(shown) if index == 0 or shown[index - 1].vault != run.vault]
    ends = [*starts[1:], len(shown)]
    return [(start, end, shown[start].vault) for start, end in zip(starts, ends, strict=True)]


def _width(along: list[float], start: int, end: int) -> float:
    """Room from one run to another, to the edge after the last."""
    return (along[end] if end < len(along) else _WIDTH - 6) - along[start]


def _vault_names(shown: list[Run], along: list[float], vaults: list[str]) -> dict[str, str]:
    """What to call each vault in the picture: its name, or a letter where names would not fit side by side."""
    if all(_LETTER * min(len(vault), 26) < _width(along, s, e) for s, e, vault in _segments(shown)):
        return {vault: shorten(vault, 26) for vault in vaults}
    return {vault: chr(ord("A") + index) if index < 26 else f"V{index + 1}" for index, vault in enumerate(vaults)}


def _legend(names: dict[str, str]) -> list[str]:
    lines = [""]
    for vault, short in names.items():
        text = f"{short} {shorten(vault, 40)}"
        if lines[-1] and _LETTER * (len(lines[-1]) + len(text) + 3) > _WIDTH - _LEFT:
            lines.append("")
        lines[-1] += (" · " if lines[-1] else "") + text
    return lines


def _draw_silences(drawing: Drawing, shown: list[Run], along: list[float], base: float) -> None:
    """The beginning, and every long silence by its length, as far as there is room below."""
    begin = instants.second(shown[0].steps[0].at)
    drawing.text(_LEFT, base, begin, "axis-label")
    free, limit = _LEFT + _LETTER * (len(begin) + 1), _WIDTH - 6 - _LETTER * 34
    for index in range(1, len(shown)):
        if shown[index].silence < NAMED_SILENCE:
            continue
        x = (along[index - 1] + along[index]) / 2
        drawing.line(x, _TOP, x, base - 13, "divide")
        text = f"{instants.duration(shown[index].silence)} later"
        start = x - _LETTER * len(text) / 2
        if free <= start and start + _LETTER * len(text) <= limit:
            drawing.text(x, base, text, "axis-label", anchor="middle")
            free = start + _LETTER * (len(text) + 1)


def _draw_runs(drawing: Drawing, shown: list[Run], along: list[float], lanes: list[str], names: dict[str, str]) -> None:
    places = [(x, _TOP + lanes.index(run.operation) * _LANE + _LANE / 2) for x, run in zip(along, shown, strict=True)]
    if len(places) > 1:
        drawing.path("M" + "L".join(f"{number(x)} {number(y)}" for x, y in places), "thread")
    if len(names) > 1:
        for start, end, vault in _segments(shown):
            x = along[start] - 9
            drawing.line(x, 4, x, _TOP + _LANE * len(lanes), "divide")
            if names[vault] != vault:
                middle = along[start] + _width(along, start, end) / 2 - 9
                drawing.text(middle, 14, names[vault], "vault-label", anchor="middle", title=vault)
            else:
                drawing.text(x + 4, 14, names[vault], "vault-label", title=vault)
    before = ""
    for index, ((x, y), run) in enumerate(zip(places, shown, strict=True)):
        mark(drawing, _SIGNS[run.outcome], x, y, f"step step-{run.outcome}", title=_title(run), size=5)
        # Up to the next mark of the lane the place is free; lines may cross a label.
        edge = next((other_x for other_x, other_y in places[index + 1 :] if other_y == y), _WIDTH)
        note, before = _note(run, edge - x, before)
        if note:
            drawing.text(x + 9, y + 4, note, "count-label")


def _note(run: Run, free: float, before: str) -> tuple[str, str]:
    """Beside a mark, as far as there is room: how many steps, and of which object, unless the mark before said so."""
    many = f"{len(run.steps)} ×" if len(run.steps) > 1 else ""
    room = int((free - 16) / _LETTER)
    names = list(dict.fromkeys(_name(step) for step in run.steps if step.object))
    name = names[0] if len(names) == 1 else ""
    if name and name != before and room - len(many) >= 6:
        return f"{many} {shorten(name, min(40, room - len(many)))}".strip(), name
    return (many if len(many) <= room else ""), name or before


def _name(step: SessionStep) -> str:
    """The object without its version: names of vault objects hold no slash."""
    return step.object.partition("/")[0]


def _title(run: Run) -> str:
    first, last = run.steps[0], run.steps[-1]
    objects = list(dict.fromkeys(step.object for step in run.steps if step.object))
    times = f"{len(run.steps)} times " if len(run.steps) > 1 else ""
    named = ", ".join(shorten(name, 60) for name in objects[:5]) + (" …" if len(objects) > 5 else "")
    status = f"HTTP {first.status}" if first.status else "no status"
    return f"{instants.period(first.at, last.at)}: {run.operation} {times}{named} {status} {first.row}"
