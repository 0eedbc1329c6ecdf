"""Which runs are made, and that finished ones are not made again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keywitness.errors import UsageError
from keywitness.lab.profiles import COMPANIES
from keywitness.lab.scenarios import ATTACKS
from keywitness.score import matrix
from keywitness.score.line import Plan
from keywitness.score.matrix import digest, finished, plans, runs
from keywitness.score.result import CLEAN, Run, write_run
from keywitness.score.tables import origin

from .test_card import run


def test_with_as_many_seeds_as_companies_every_attack_meets_every_company() -> None:
    made = plans((), (), seeds=len(COMPANIES), days=30, events=1_000)
    met = {(plan.variant, plan.company) for plan in made}
    assert met == {(variant, company) for variant in (*ATTACKS, CLEAN) for company in COMPANIES}
    assert len(made) == len(COMPANIES) * (len(COMPANIES) + len(ATTACKS))


def test_names_that_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match="no attack 'nothing'"):
        plans(("nothing",), (), seeds=1, days=1, events=1)
    with pytest.raises(UsageError, match="no company 'nobody'"):
        plans((), ("nobody",), seeds=1, days=1, events=1)


def test_a_stopped_score_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = plans(("denied-sweep", "sdk-dump"), ("bank",), seeds=1, days=9, events=7)
    asked: list[str] = []

    def made(plan: Plan) -> Run:
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(plan.variant)
        return run(plan.variant, plan.company)

    monkeypatch.setattr(matrix, "_made", made)
    with pytest.raises(KeyboardInterrupt):
        list(runs(wanted, tmp_path))
    monkeypatch.setattr(matrix, "_made", lambda plan: run(plan.variant, plan.company))
    (tmp_path / f"{wanted[0].name}-{digest()}.json").write_text("{}")  # of another shape: made again
    assert [one.variant for one in runs(wanted, tmp_path)] == [CLEAN, "denied-sweep", "sdk-dump"]
    assert asked == [CLEAN, "denied-sweep"]


def test_finished_runs_are_read_whatever_made_them(tmp_path: Path) -> None:
    for number, mark in enumerate(("0123456789", "abcdefabcd")):
        write_run(run(company=f"c{number}"), tmp_path / f"x-{number}-{mark}.json")
    (tmp_path / "y-1-0123456789.json").write_text("half")
    made, programs = finished(tmp_path)
    assert [one.company for one in made] == ["c0", "c1"]
    assert programs == ("0123456789", "abcdefabcd")
    assert "2 runs" in origin(made, programs) and "abcdefabcd" in origin(made, programs)


def test_attacks_together_are_all_there_once() -> None:
    made = plans((), ("bank", "grid"), seeds=1, days=9, events=7, together=8)
    names = [name for plan in made if plan.variant != CLEAN for name in plan.variant.split("+")]
    assert sorted(names) == sorted(ATTACKS)
    assert all(len(plan.variant.split("+")) <= 8 for plan in made)
    with pytest.raises(UsageError, match="no more than"):
        plans((), (), seeds=1, days=9, events=7, together=9)


def test_runs_at_once_are_kept_and_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pool(workers: int, **_: object) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(workers)

    asked: list[str] = []

    def made(plan: Plan) -> Run:
        asked.append(plan.variant)
        if plan.variant == CLEAN:
            time.sleep(0.05)  # done last
        return run(plan.variant, plan.company)

    wanted = plans(("denied-sweep", "sdk-dump"), ("bank",), seeds=1, days=9, events=7)
    monkeypatch.setattr(matrix, "ProcessPoolExecutor", pool)
    monkeypatch.setattr(matrix, "_made", made)
    told: list[int] = []
    done = runs(wanted, tmp_path, lambda number, total, text: told.append(number), at_once=2)
    assert [one.variant for one in done] == [CLEAN, "denied-sweep", "sdk-dump"]
    assert told == [1, 2, 3, 3]
    assert len(list(runs(wanted, tmp_path, at_once=2))) == len(asked) == 3


def test_a_run_that_fails_among_others_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(plan: Plan) -> Run:
        raise UsageError("no room")

    monkeypatch.setattr(matrix, "ProcessPoolExecutor", lambda workers, **_: ThreadPoolExecutor(workers))
    monkeypatch.setattr(matrix, "_made", fails)
    with pytest.raises(UsageError, match="no room"):
        list(runs(plans(("sdk-dump",), ("bank",), seeds=1, days=9, events=7), tmp_path, at_once=2))


#: A score that has two workers at work when it is killed; they say who they are in a file each.
_KILLED = """
import os, signal, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from keywitness.score.matrix import end_with_parent

def work(folder, number):
    open(f"{folder}/{number}", "w").write(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        for number in range(2):
            pool.submit(work, sys.argv[1], number)
        while len([f for f in os.listdir(sys.argv[1]) if os.path.getsize(f"{sys.argv[1]}/{f}")]) < 2:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_of_a_score_that_is_killed_end_too(tmp_path: Path) -> None:
    script, folder = tmp_path / "killed.py", tmp_path / "at"
    script.write_text(_KILLED)
    folder.mkdir()
    killed = subprocess.run([sys.executable, str(script), str(folder)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    workers = [int(file.read_text()) for file in folder.iterdir()]
    end = time.monotonic() + 20
    while any(map(_runs, workers)) and time.monotonic() < end:
        time.sleep(0.1)
    assert len(workers) == 2 and not any(map(_runs, workers))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
