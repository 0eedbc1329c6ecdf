"""One session in a terminal: a lane per operation, a mark per step, silences, then the steps in order."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from keywitness.model.text import visible
from keywitness.report import instants
from keywitness.report.pictures.session import NAMED_SILENCE, Run, runs

if TYPE_CHECKING:
    from rich.console import Console

    from keywitness.report.document import Session

#: Each outcome by its own sign, besides its colour.
SIGNS = {"ok": "●", "challenge": "○", "refused": "✕", "missing": "◇", "failed": "▲"}
_COLOURS = {"ok": "blue", "challenge": "dim", "refused": "bold red", "missing": "yellow", "failed": "magenta"}
_SAID = {"ok": "answered", "challenge": "challenge", "refused": "refused", "missing": "not found", "failed": "failed"}
_CELL = 2
_MOST_LISTED = 200


def draw_session(session: Session, stream: IO[str], width: int) -> None:
    """Draw a session to a text stream that is so many characters wide."""
    # rich costs start-up time that other commands need not pay
    from rich.console import Console

    console = Console(file=stream, width=max(60, width), highlight=False, markup=False, emoji=False, soft_wrap=False)
    _write(console, session.sentence)
    _write(console, f"{session.session_class} ({session.confidence} confidence): {'; '.join(session.reasons)}")
    for item in session.mismatches:
        _write(console, f"does not fit, {item.mismatch}: {item.text}", "bold")
    _write(console, f"{session.id}, {session.application}, {session.client or 'no agent'}", "dim")
    all_runs = runs(session.steps)
    if all_runs:
        _draw_lanes(console, all_runs)
        _write(console, "  ".join(f"{sign} {_SAID[name]}" for name, sign in SIGNS.items()), "dim")
        _list_steps(console, all_runs)
    left_out = session.operations - len(session.steps)
    if left_out > 0:
        _write(console, f"and {left_out:,} more operations")


def _write(console: Console, text: str, style: str = "") -> None:
    from rich.text import Text

    console.print(Text(visible(text), style=style))


def _draw_lanes(console: Console, all_runs: list[Run]) -> None:
    """Blocks of lanes, one under the other where the width does not hold all."""
    margin = max(len(visible(run.operation)) for run in all_runs) + 1
    block: list[Run] = []
    used = 0
    for run in all_runs:
        need = _CELL + (_CELL if block and run.silence >= NAMED_SILENCE else 0)
        if block and used + need > console.width - margin:
            _draw_block(console, block, margin)
            block, used, need = [], 0, _CELL
        block.append(run)
        used += need
    _draw_block(console, block, margin)


def _draw_block(console: Console, block: list[Run], margin: int) -> None:
    from rich.text import Text

    console.print(Text(f"{'':{margin}}{visible(instants.second(block[0].steps[0].at))} UTC", style="dim"))
    for lane in dict.fromkeys(run.operation for run in block):
        line = Text(f"{visible(lane):{margin}}")
        for number, run in enumerate(block):
            if number and run.silence >= NAMED_SILENCE:
                line.append(f"┊{'':{_CELL - 1}}", style="dim")
            sign = SIGNS[run.outcome] if run.operation == lane else "·"
            line.append(f"{sign:{_CELL}}", style=_COLOURS[run.outcome] if run.operation == lane else "dim")
        console.print(line)


def _list_steps(console: Console, all_runs: list[Run]) -> None:
    from rich.text import Text

    for run in all_runs[:_MOST_LISTED]:
        first = run.steps[0]
        names = list(dict.fromkeys(step.object for step in run.steps if step.object))
        silence = f"+{instants.duration(run.silence)}" if run.silence >= 1 else ""
        count = f" × {len(run.steps)}" if len(run.steps) > 1 else ""
        line = Text(f"{visible(instants.second(first.at))}  {silence:>12}  ")
        line.append(f"{SIGNS[run.outcome]} {first.status or '---'}", style=_COLOURS[run.outcome])
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        line.append(visible(f"  {run.operation}{count} {run.vault} {', '.join(names[:4])}{more}  {first.row}"))
        console.print(line)
    if len(all_runs) > _MOST_LISTED:
        _write(console, f"and {len(all_runs) - _MOST_LISTED} more groups of operations")
