"""Work in a process of its own, with its time and its peak memory; and how results are printed."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "bench-data"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process took.

    Args:
        seconds: What the work itself took, imports left out, as the process said.
        cpu_seconds: Processor time of the whole process.
        peak_mib: Peak resident memory.
        result: What the process said beside its time.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    result: dict[str, Any]


def measured(module: str, *arguments: str) -> Measured:
    """Run `python -m MODULE ARGUMENTS`; the last line of its output is JSON with `seconds`."""
    ran = spawned(module, *arguments)
    if ran.status:
        raise SystemExit(f"{module} {' '.join(arguments)} failed with status {ran.status}")
    result = json.loads(ran.output.splitlines()[-1])
    return Measured(result.pop("seconds"), ran.cpu_seconds, ran.peak_mib, result)


@dataclass(frozen=True, slots=True)
class Ran:
    """A process that ended.

    Args:
        seconds: From its start to its end, imports among them.
        status: What it left with.
        output: What it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    status: int
    output: str


def spawned(module: str, *arguments: str) -> Ran:
    """Run `python -m MODULE ARGUMENTS` to its end, whatever its status."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", module, *arguments],
            {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
            file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1)],
        )
        _, status, usage = os.wait4(process, 0)
        output.seek(0)
        text = output.read().decode()
    seconds, used = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    return Ran(seconds, used, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), text)


def best_of(times: int, work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Run something several times: seconds of the first run, of the best of the others, and the last result."""
    return side_by_side(times, {"": work})[""]


def side_by_side(times: int, works: dict[str, Callable[[], Any]]) -> dict[str, tuple[float, float, Any]]:
    """Run several things in turn, so that a busy moment hits all alike: first seconds, best of the others, result."""
    took: dict[str, list[float]] = {name: [] for name in works}
    results: dict[str, Any] = {}
    for _ in range(times + 1):
        for name, work in works.items():
            began = time.perf_counter()
            results[name] = work()
            took[name].append(time.perf_counter() - began)
    return {name: (seconds[0], min(seconds[1:]), results[name]) for name, seconds in took.items()}


def table(title: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print aligned columns."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    print(f"\n{title}")
    for line in lines:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def verdict(holds: bool) -> str:
    """The word in the last column."""
    return "holds" if holds else "MISSED"
