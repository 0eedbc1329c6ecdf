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
    left_out = session.operations - sum(len(run.steps) for run in shown)
    height = _TOP + _LANE * len(lanes) + 22
    label = f"{session.operations} operations in order: " + ", ".join(
        f"{run.operation}{f' {len(run.steps)} times' if len(run.steps) > 1 else ''}{_said(run)}" for run in shown[:12]
    )
    drawing = Drawing(_WIDTH, height, label=label, css="lanes")
    for index, name in enumerate(lanes):
        y = _TOP + index * _LANE
        drawing.rect(0, y, _WIDTH, _LANE, "lane-even" if index % 2 == 0 else "lane-odd")
        drawing.text(6, y + 15, shorten(name, 26), "lane-label", title=name)
    _draw_runs(drawing, shown, lanes)
    base = _TOP + _LANE * len(lanes) + 15
    drawing.text(_LEFT, base, instants.second(shown[0].steps[0].at), "axis-label")
    end = f"{instants.second(shown[-1].steps[-1].at)}"
    end += f", then {left_out:,} more" if left_out > 0 else ""
    drawing.text(_WIDTH - 6, base, end, "axis-label", anchor="end")
    return drawing.markup()


def _draw_runs(drawing: Drawing, shown: list[Run], lanes: list[str]) -> None:
    pace = min(44.0, (_WIDTH - _LEFT - 24) / max(1, len(shown)))
    places = [
        (_LEFT + 10 + (index + 0.5) * pace, _TOP + lanes.index(run.operation) * _LANE + _LANE / 2)
        for index, run in enumerate(shown)
    ]
    if len(places) > 1:
        drawing.path("M" + "L".join(f"{number(x)} {number(y)}" for x, y in places), "thread")
    vault = ""
    for (x, y), run in zip(places, shown, strict=True):
        if run.vault != vault and len({other.vault for other in shown}) > 1:
            drawing.line(x - pace / 2, 4, x - pace / 2, _TOP + _LANE * len(lanes), "divide")
            drawing.text(x - pace / 2 + 3, 13, shorten(run.vault, 22), "vault-label", title=run.vault)
            vault = run.vault
        kind = {"ok": "read", "challenge": "sign-in", "refused": "denied"}[run.outcome]
        mark(drawing, kind, x, y, f"step step-{run.outcome}", title=_title(run), size=5)
        if len(run.steps) > 1 and pace >= 15:
            drawing.text(x + 7, y - 3, f"{len(run.steps)}", "count-label")


def _said(run: Run) -> str:
    return {"ok": "", "challenge": " (challenge)", "refused": " (refused)"}[run.outcome]


def _title(run: Run) -> str:
    first, last = run.steps[0], run.steps[-1]
    objects = list(dict.fromkeys(step.object for step in run.steps if step.object))
    times = f"{len(run.steps)} times " if len(run.steps) > 1 else ""
    named = ", ".join(shorten(name, 60) for name in objects[:5]) + (" …" if len(objects) > 5 else "")
    status = f"HTTP {first.status}" if first.status else "no status"
    return f"{instants.period(first.at, last.at)}: {run.operation} {times}{named} {status} {first.row}"
