"""A session as it went: one lane per operation, one mark per step in order, refusals crossed."""

from __future__ import annotations

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
_WIDEST_PACE = 160.0
#: Width of a letter of the labels, generously.
_LETTER = 5.8


@dataclass(frozen=True, slots=True)
class Run:
    """Equal steps in a row: the same operation with the same outcome in the same vault."""

    operation: str
    outcome: str  # ok | challenge | refused
    vault: str
    steps: tuple[SessionStep, ...]


def outcome(status: int) -> str:
    """What an HTTP status means in a session.

    401 is the challenge that every SDK client draws before it sends a token, so it is no refusal.
    """
    if status == 401:
        return "challenge"
    return "refused" if status >= 400 else "ok"


def runs(steps: Iterable[SessionStep]) -> list[Run]:
    """Steps in order, equal neighbours put together."""
    found: list[Run] = []
    for step in steps:
        key = (step.operation, outcome(step.status), step.vault)
        last = found[-1] if found else None
        if last and (last.operation, last.outcome, last.vault) == key:
            found[-1] = Run(*key, (*last.steps, step))
        else:
            found.append(Run(*key, (step,)))
    return found


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
    vaults = list(dict.fromkeys(run.vault for run in shown))
    names = _vault_names(shown, vaults)
    legend = _legend(names) if any(short != vault for vault, short in names.items()) else []
    height = _TOP + _LANE * len(lanes) + 22 + 15 * len(legend)
    label = f"{session.operations} operations in order: " + ", ".join(
        f"{run.operation}{f' {len(run.steps)} times' if len(run.steps) > 1 else ''}{_said(run)}" for run in shown[:12]
    )
    drawing = Drawing(_WIDTH, height, label=label, css="lanes")
    for index, name in enumerate(lanes):
        y = _TOP + index * _LANE
        drawing.rect(0, y, _WIDTH, _LANE, "lane-even" if index % 2 == 0 else "lane-odd")
        drawing.text(6, y + 15, shorten(name, 26), "lane-label", title=name)
    _draw_runs(drawing, shown, lanes, names)
    base = _TOP + _LANE * len(lanes) + 15
    drawing.text(_LEFT, base, instants.second(shown[0].steps[0].at), "axis-label")
    left_out = session.operations - sum(len(run.steps) for run in shown)
    end = instants.second(shown[-1].steps[-1].at) + (f", then {left_out:,} more" if left_out > 0 else "")
    drawing.text(_WIDTH - 6, base, end, "axis-label", anchor="end")
    for index, line in enumerate(legend, 1):
        drawing.text(_LEFT, base + 15 * index, line, "vault-label")
    return drawing.markup()


def _pace(count: int) -> float:
    return min(_WIDEST_PACE, (_WIDTH - _LEFT - 12) / max(1, count))


def _segments(shown: list[Run]) -> list[tuple[int, int, str]]:
    """Stretches in one vault: index of the first run, number of runs, vault."""
    starts = [index for index, run in enumerate(shown) if index == 0 or shown[index - 1].vault != run.vault]
    ends = [*starts[1:], len(shown)]
    return [(start, end - start, shown[start].vault) for start, end in zip(starts, ends, strict=True)]


def _vault_names(shown: list[Run], vaults: list[str]) -> dict[str, str]:
    """What to call each vault in the picture: its name, or a letter where names would not fit side by side."""
    pace = _pace(len(shown))
    if all(_LETTER * min(len(vault), 26) < count * pace for _, count, vault in _segments(shown)):
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


def _draw_runs(drawing: Drawing, shown: list[Run], lanes: list[str], names: dict[str, str]) -> None:
    pace = _pace(len(shown))
    places = [
        (_LEFT + index * pace + min(12, pace / 2), _TOP + lanes.index(run.operation) * _LANE + _LANE / 2)
        for index, run in enumerate(shown)
    ]
    if len(places) > 1:
        drawing.path("M" + "L".join(f"{number(x)} {number(y)}" for x, y in places), "thread")
    if len(names) > 1:
        for start, count, vault in _segments(shown):
            x = _LEFT + start * pace
            drawing.line(x, 4, x, _TOP + _LANE * len(lanes), "divide")
            if names[vault] != vault:
                drawing.text(x + count * pace / 2, 14, names[vault], "vault-label", anchor="middle", title=vault)
            else:
                drawing.text(x + 4, 14, names[vault], "vault-label", title=vault)
    before = ""
    for index, ((x, y), run) in enumerate(zip(places, shown, strict=True)):
        kind = {"ok": "read", "challenge": "sign-in", "refused": "denied"}[run.outcome]
        mark(drawing, kind, x, y, f"step step-{run.outcome}", title=_title(run), size=5)
        # Up to the next mark of the lane the place is free; lines may cross a label.
        end = next((other_x for other_x, other_y in places[index + 1 :] if other_y == y), _WIDTH)
        note, before = _note(run, end - x, before)
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


def _said(run: Run) -> str:
    return {"ok": "", "challenge": " (challenge)", "refused": " (refused)"}[run.outcome]


def _title(run: Run) -> str:
    first, last = run.steps[0], run.steps[-1]
    objects = list(dict.fromkeys(step.object for step in run.steps if step.object))
    times = f"{len(run.steps)} times " if len(run.steps) > 1 else ""
    named = ", ".join(shorten(name, 60) for name in objects[:5]) + (" …" if len(objects) > 5 else "")
    status = f"HTTP {first.status}" if first.status else "no status"
    return f"{instants.period(first.at, last.at)}: {run.operation} {times}{named} {status} {first.row}"
