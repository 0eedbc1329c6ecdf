"""A session in plain characters."""

from __future__ import annotations

import io

from keywitness.cli.lanes import SIGNS, draw_session
from keywitness.report.document import Session, SessionMismatch, SessionStep


def step(second: int, operation: str, status: int = 200, name: str = "db") -> SessionStep:
    at = f"2026-03-14T09:{second // 60:02}:{second % 60:02}.0000000Z"
    return SessionStep(at=at, operation=operation, object=name, status=status, row=f"E1:{second}", vault="kv")


def drawn(*steps: SessionStep, width: int = 100, **more: object) -> str:
    values: dict[str, object] = {
        "id": "S-1", "identity": "alice", "identity_id": "1", "application": "Azure CLI", "application_id": "",
        "address": "", "client": "", "vaults": ("kv",), "tool": "azure-cli", "session_class": "azure-cli",
        "confidence": "high", "reasons": ("because",), "mismatches": (), "first_at": "", "last_at": "",
        "operations": len(steps), "failures": 0, "sentence": "alice read db.", "steps": steps,
    } | more  # fmt: skip
    out = io.StringIO()
    draw_session(Session(**values), out, width)  # type: ignore[arg-type]
    return out.getvalue()


def test_every_outcome_has_a_sign_of_its_own() -> None:
    text = drawn(*(step(n, f"Op{n}", status) for n, status in enumerate((200, 401, 403, 404, 500))))
    lanes = [line for line in text.splitlines() if line.startswith("Op")]
    assert [next(sign for sign in SIGNS.values() if sign in lane) for lane in lanes] == list(SIGNS.values())
    assert len(set(SIGNS.values())) == len(SIGNS)


def test_a_long_silence_is_drawn_and_named() -> None:
    text = drawn(step(0, "SecretList"), step(125, "SecretGet"))
    assert "┊" in text
    assert "+2 min 5 s" in text
    assert "┊" not in drawn(step(0, "SecretList"), step(3, "SecretGet"))


def test_lanes_wrap_at_the_width() -> None:
    text = drawn(*(step(n, ("SecretGet", "SecretList")[n % 2]) for n in range(60)), width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert sum(line.endswith(" UTC") and "09:00" in line for line in text.splitlines()) > 1


def test_what_is_left_out_is_said() -> None:
    assert "and 4,999 more operations" in drawn(step(0, "SecretGet"), operations=5_000)


def test_hostile_texts_are_harmless() -> None:
    """Names come from logs: no escape reaches the terminal, no markup is read."""
    text = drawn(
        step(0, "Secret\x1b[31mGet", name="[bold]x[/bold]\x07"),
        sentence="\x1b]0;title\x07 read",
        mismatches=(SessionMismatch(mismatch="\x1b", text="\x1b[2J"),),
    )
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]x[/bold]" in text
