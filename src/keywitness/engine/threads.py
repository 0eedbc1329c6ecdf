"""Threads that queries run in, kept between queries: a new one begins with cold memory, and waits for its turn."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

#: What waiting threads take their next work from.
_waiting: list[SimpleQueue[Callable[[], None]]] = []


def start(work: Callable[[], None]) -> None:
    """Run something in a thread of its own, which no end of the process waits for.

    Args:
        work: What to run; it may not raise.
    """
    try:
        queue = _waiting.pop()
    except IndexError:
        queue = SimpleQueue()
        threading.Thread(target=_serve, args=(queue,), name="keywitness-query", daemon=True).start()
    queue.put(work)


def _serve(queue: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        queue.get()()
        _waiting.append(queue)


os.register_at_fork(after_in_child=_waiting.clear)  # a fork leaves the threads behind
