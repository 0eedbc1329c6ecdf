"""A load that is killed, stopped, or runs out of disk: what was committed stands, and the next load goes on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.case.evidence import write_evidence
from tests.case.reading import content, rows_of

from keywitness.case import Case, create_case, open_case

LOADER = Path(__file__).with_name("loader.py")


def start(case: Path, logs: Path, prefix: list[str] | None = None) -> subprocess.Popen[str]:
    """Begin a load; returns when it is past its imports."""
    command = [*(prefix or []), sys.executable, str(LOADER), str(case), str(logs)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def finish(case: Path, logs: Path) -> None:
    """Load to the end."""
    with start(case, logs) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors


def check_between(case: Case) -> int:
    """What must hold at any moment: the case opens, sums hold, no row stands twice. Returns its rows."""
    snapshot = case.snapshot()  # one view: a commit may land between two
    evidence = snapshot.state.evidence.values()
    assert all(e.read == e.stored + e.duplicate + e.rejected for e in evidence)
    if not snapshot.has_evidence("AzureDiagnostics"):
        return 0
    rows = rows_of(snapshot)
    assert len(rows) == sum(e.stored for e in evidence)
    assert len({row[0] for row in rows}) == len(rows), "a row stands twice"
    return len(rows)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Case]:
    """Evidence, and a case that loaded it in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_evidence(folder / "logs")
    case = create_case(folder / "case")
    case.ingest([folder / "logs"])
    return folder / "logs", case


@pytest.mark.slow
def test_kills_at_twenty_random_moments_lose_and_double_nothing(undisturbed: tuple[Path, Case], tmp_path: Path) -> None:
    logs, whole = undisturbed
    seed = random.randrange(10**9)
    print("seed", seed)
    moments = random.Random(seed)
    grown = [0]
    for _ in range(20):
        with start(tmp_path / "case", logs) as process:
            time.sleep(moments.uniform(0, 0.25))
            process.kill()
        if (tmp_path / "case" / "case.json").exists():
            grown.append(check_between(open_case(tmp_path / "case")))
    assert grown == sorted(grown), "a committed row was lost"
    finish(tmp_path / "case", logs)
    assert content(open_case(tmp_path / "case")) == content(whole)
    assert open_case(tmp_path / "case").verify().exit_code == 0


def test_ctrl_c_says_what_is_committed_and_the_next_load_goes_on(
    undisturbed: tuple[Path, Case], tmp_path: Path
) -> None:
    logs, whole = undisturbed
    with start(tmp_path / "case", logs) as process:
        deadline = time.monotonic() + 20
        while not (tmp_path / "case" / "ledger" / "00000003.json").exists() and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130, errors
    assert "stopped on request" in errors
    assert "are committed and stand" in errors
    assert "Traceback" not in errors
    assert check_between(open_case(tmp_path / "case")) > 0
    finish(tmp_path / "case", logs)
    assert content(open_case(tmp_path / "case")) == content(whole)


def test_queries_see_whole_commits_while_a_load_writes(undisturbed: tuple[Path, Case], tmp_path: Path) -> None:
    logs, _ = undisturbed
    seen = []
    with start(tmp_path / "case", logs) as process:
        while process.poll() is None:
            if (tmp_path / "case" / "case.json").exists():
                seen.append(check_between(open_case(tmp_path / "case")))
            time.sleep(0.01)
    assert process.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 2, "the readers saw no load in progress"


def test_a_full_disk_stops_the_load_and_the_next_one_goes_on(undisturbed: tuple[Path, Case], tmp_path: Path) -> None:
    """A file size limit stands for the full disk: no root needed, and the same errors."""
    logs, whole = undisturbed
    create_case(tmp_path / "case")
    limited = ["prlimit", "--fsize=20000"]  # smaller than a segment of the large file, larger than a ledger entry
    process = subprocess.run(
        [*limited, sys.executable, str(LOADER), str(tmp_path / "case"), str(logs)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 7, process.stderr
    assert "the disk is full" in process.stderr
    assert "what was committed stands" in process.stderr
    check_between(open_case(tmp_path / "case"))
    finish(tmp_path / "case", logs)
    assert content(open_case(tmp_path / "case")) == content(whole)
