"""How long a command takes from nothing: `python -m benchmarks.startup`."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.measure import ROOT, best_of, table, verdict

COMMANDS = (
    (("--help",), 0.3),
    (("kql", "print 1"), 0.7),
)


def main() -> None:
    """Measure and print."""
    rows = []
    for command, wanted in COMMANDS:
        first, warm, _ = best_of(5, lambda c=command: _run(*c))
        rows.append(
            ("keywitness " + " ".join(command), f"{first:.2f}", f"{warm:.2f}", f"< {wanted} s", verdict(warm < wanted))
        )
    table("start", ("command", "first s", "warm s", "wanted", ""), rows)


def _run(*arguments: str) -> float:
    began = time.perf_counter()
    program = "from keywitness.cli.main import main; main()"
    subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
