"""Threads that are kept: one after another uses the same, at once each has its own."""

from __future__ import annotations

import os
import threading
import time

from keywitness.engine import threads


def run(work) -> int:
    """The thread that work ran in, once it is ready for the next."""
    seen, done = [], threading.Event()

    def noted():
        work()
        seen.append(threading.get_ident())
        done.set()

    threads.start(noted)
    assert done.wait(10)
    time.sleep(0.05)
    return seen[0]


def test_one_after_another_runs_in_the_same_thread():
    assert len({run(lambda: None) for _ in range(5)}) == 1


def test_what_runs_at_once_has_a_thread_each():
    barrier = threading.Barrier(4)
    for _ in range(3):
        threads.start(lambda: barrier.wait(10))
    barrier.wait(10)  # all three run, or it breaks


def test_a_fork_has_threads_of_its_own():
    """What waits in the parent does not exist in the child."""
    run(lambda: None)
    child = os.fork()
    if child == 0:
        done = threading.Event()
        threads.start(done.set)
        os._exit(0 if done.wait(10) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
