"""Stages of a load in threads, one batch in flight between neighbours."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class _End:
    """The end of a stage's output."""


@contextmanager
def staged(source: Iterable[A], work: Callable[[Iterator[A]], Iterator[B]]) -> Iterator[Iterator[B]]:
    """Read `source` in one thread, run `work` over it in another, and hand over what that yields.

    An error of either stage is raised where the results are taken. Leaving the block stops both.
    """
    stop = threading.Event()
    read: _Channel[A] = _Channel(stop)
    done: _Channel[B] = _Channel(stop)
    threads = [
        threading.Thread(target=read.fill, args=(source,), name="keywitness-read", daemon=True),
        threading.Thread(target=done.fill, args=(work(iter(read)),), name="keywitness-decode", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield iter(done)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


class _Channel(Generic[A]):
    """Room for one item between two threads. The next item is begun when the last one has been taken: two batches that
    wait for each other would cost memory and save no time."""

    def __init__(self, stop: threading.Event) -> None:
        self._items: queue.Queue[A | _Failed | _End] = queue.Queue()
        self._room = threading.Semaphore(1)
        self._stop = stop

    def fill(self, source: Iterable[A]) -> None:
        """Put all items; an error takes the place of the rest."""
        items = iter(source)
        try:
            while self._has_room():
                for item in items:
                    self._items.put(item)
                    break
                else:
                    self._items.put(_End())
                    return
        except BaseException as error:  # handed over, not swallowed
            self._items.put(_Failed(error))

    def __iter__(self) -> Iterator[A]:
        while not self._stop.is_set():
            try:
                item = self._items.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                return
            if isinstance(item, _Failed):
                raise item.error
            self._room.release()
            yield item

    def _has_room(self) -> bool:
        while not self._stop.is_set():
            if self._room.acquire(timeout=_POLL_SECONDS):
                return True
        return False
