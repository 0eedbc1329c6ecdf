"""The command line as a whole: help, exit codes, errors without traceback."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def test_help_is_quick() -> None:
    """Start-up under 0.3 s of processor time: the best of five runs, because a busy machine only adds."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "keywitness", "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(5)) < 0.3


def test_version(keywitness: Callable) -> None:
    from keywitness import __version__

    ran = keywitness("--version")
    assert (ran.code, ran.out.strip()) == (0, f"keywitness {__version__}")


def test_no_arguments_show_help(keywitness: Callable) -> None:
    ran = keywitness()
    assert "investigate" in ran.out + ran.err


def test_a_folder_that_is_no_case(keywitness: Callable, tmp_path: Path) -> None:
    ran = keywitness("tables", tmp_path)
    assert ran.code == 3
    assert "Traceback" not in ran.err
    assert str(tmp_path) in ran.err


def test_a_case_of_a_newer_version(keywitness: Callable, tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text('{"format": 999, "made_by": "keywitness 9.9.9"}')
    ran = keywitness("tables", tmp_path)
    assert ran.code == 3
    assert "newer" in ran.err


@pytest.mark.parametrize("command", [("simulate", "--quiet", "--out"), ("ingest", "--quiet")])
def test_a_place_that_cannot_be_written_is_no_defect(
    keywitness: Callable, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = keywitness(*command, tmp_path / "file" / "below", *([tmp_path] if "ingest" in command else []))
    assert ran.code == 1
    assert "error: " in ran.err
    assert "Not a directory" in ran.err
    assert "defect" not in ran.err


def test_escapes_in_an_error_are_made_visible(keywitness: Callable, tmp_path: Path) -> None:
    ran = keywitness("tables", tmp_path / "a\x1b[31mred")
    assert "\x1b" not in ran.err
    assert ran.code == 3


@pytest.mark.parametrize("reader", ["head -1"])
def test_a_reader_that_leaves_is_no_error(reader: str) -> None:
    command = f"{sys.executable} -m keywitness kql 'range x from 1 to 200000 step 1' --format csv | {reader}"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "x"
    assert "Traceback" not in done.stderr


def test_ctrl_c_says_what_stands(keywitness: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typer leaves with 130 and no word: who pressed the keys must read what became of the case."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("keywitness.engine.query.query", interrupted)
    ran = keywitness("kql", "print 1")
    assert ran.code == 130
    assert ran.err.strip().startswith("interrupted: what was committed stands")
    assert "Traceback" not in ran.err
