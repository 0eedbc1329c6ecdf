"""Which runs to make, and making them one by one: each is kept when done, so a stopped score goes on where it was."""

from __future__ import annotations

import _thread
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from pathlib import Path

import msgspec

import keywitness
from keywitness.errors import UsageError
from keywitness.lab.company import VICTIMS
from keywitness.lab.profiles import COMPANIES
from keywitness.lab.scenarios import ATTACKS
from keywitness.score.line import Plan, run
from keywitness.score.result import CLEAN, Run, read_run, write_run

#: Seconds in which a worker without parent may tidy up.
_LEAVING = 10.0
#: Told before each run: how many are done, how many there are, and which is next.
Progress = Callable[[int, int, str], None]


def plans(
    variants: Sequence[str],
    companies: Sequence[str],
    *,
    seeds: int,
    days: int,
    events: int,
    every: bool = False,
    together: int = 1,
) -> tuple[Plan, ...]:
    """The runs of a score: ordinary life at each company, and each attack at one company a seed, in turn.

    Args:
        variants: Names of attacks; all when empty.
        companies: Names of companies; all when empty.
        seeds: How many seeds, from 1 on; with as many seeds as companies, every attack has met every company.
        every: Each attack at every company.
        together: So many attacks share a simulation, each by another account from another address.

    Raises:
        UsageError: There is no such attack or company, or too many would share a simulation.
    """
    if together > len(VICTIMS):
        raise UsageError(f"no more than {len(VICTIMS)} attacks fit into one simulation")
    variants, companies = _known(variants, ATTACKS, "attack"), _known(companies, tuple(COMPANIES), "company")
    made = []
    for seed in range(1, seeds + 1):
        made += [Plan(CLEAN, company, seed, days, events) for company in companies]
        for number, variant in enumerate(_joined(variants, together)):
            met = companies if every else (companies[(number + seed - 1) % len(companies)],)
            made += [Plan(variant, company, seed, days, events) for company in met]
    return tuple(made)


def _joined(variants: Sequence[str], together: int) -> list[str]:
    """Groups as even as can be; neighbours are alike, so every group takes from all over the list."""
    groups = -(-len(variants) // together)
    return ["+".join(variants[start::groups]) for start in range(groups)]


def _known(asked: Sequence[str], known: tuple[str, ...], kind: str) -> tuple[str, ...]:
    for name in asked:
        if name not in known:
            raise UsageError(f"there is no {kind} '{name}'", help=", ".join(known))
    return tuple(dict.fromkeys(asked)) or known


def runs(wanted: Sequence[Plan], kept: Path, on_progress: Progress | None = None, *, at_once: int = 1) -> Iterator[Run]:
    """Make the runs that are not kept yet, and yield all in order.

    A run is kept under its parameters and the program's own digest: another program asks again.

    Args:
        kept: The folder of finished runs.
        at_once: So many runs are made at the same time, each in a process of its own.
    """
    mark = digest()
    paths = [kept / f"{plan.name}-{mark}.json" for plan in wanted]
    if at_once > 1:
        _make_at_once(list(zip(wanted, paths, strict=True)), at_once, on_progress)
    for number, (plan, path) in enumerate(zip(wanted, paths, strict=True)):
        done = _kept(path)
        if done is None:
            if on_progress:
                on_progress(number, len(wanted), f"{plan.variant} at {plan.company}, seed {plan.seed}")
            done = _made(plan)
            write_run(done, path)
        yield done
    if on_progress:
        on_progress(len(wanted), len(wanted), "done")


def _make_at_once(wanted: Sequence[tuple[Plan, Path]], at_once: int, on_progress: Progress | None) -> None:
    """Make and keep the runs that are not kept yet, several at a time. A run that fails stops those not yet begun."""
    lacking = [(plan, path) for plan, path in wanted if _kept(path) is None]
    # spawn: a process that is forked while threads of the engine run may hang
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        making = [pool.submit(_make_and_keep, plan, path) for plan, path in lacking]
        try:
            for number, made in enumerate(as_completed(making), len(wanted) - len(lacking) + 1):
                made.result()
                if on_progress:
                    on_progress(number, len(wanted), f"{at_once} runs at once")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def end_with_parent() -> None:
    """Stop this process when the one that asked for its work is gone, also if that was killed."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        _thread.interrupt_main()  # so that folders of the run are removed
        time.sleep(_LEAVING)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _make_and_keep(plan: Plan, path: Path) -> None:
    write_run(_made(plan), path)


def finished(kept: Path) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """All runs of a folder, whatever asked for them, and the digests of the programs that made them."""
    found = [(path, done) for path in sorted(kept.glob("*.json")) if (done := _kept(path)) is not None]
    return tuple(done for _, done in found), tuple(sorted({path.stem.rpartition("-")[2] for path, _ in found}))


def _kept(path: Path) -> Run | None:
    try:
        return read_run(path)
    except (FileNotFoundError, msgspec.ValidationError, msgspec.DecodeError):
        return None


def _made(plan: Plan) -> Run:
    folder = Path(tempfile.mkdtemp(prefix="keywitness-score-"))
    try:
        return run(plan, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def digest() -> str:
    """Ten hex digits of everything that the program is made of."""
    root = Path(keywitness.__file__).parent
    whole = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:10]
