"""Batches decoded side by side learn, and give their rows, in the order they came: a load gives the same twice."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import IntEnum


class Turn(IntEnum):
    """What a batch does when all batches before it have done it."""

    LEARN = 0
    FINISH = 1


class Order:
    """Hands out places, and lets each take its turns after those before it. One turn at a time."""

    def __init__(self) -> None:
        self._places = itertools.count()
        self._next = [0] * len(Turn)
        self._changed = threading.Condition()
        self._alone = threading.RLock()

    def place(self) -> int:
        """The next place."""
        return next(self._places)

    @contextmanager
    def at(self, place: int) -> Iterator[Callable[[Turn], AbstractContextManager[None]]]:
        """Gives `turn(kind)`, a context that begins when it is this place's turn. Turns not taken are passed on."""
        left = set(Turn)

        @contextmanager
        def turn(kind: Turn) -> Iterator[None]:
            self._wait(kind, place)
            left.discard(kind)
            try:
                with self._alone:
                    yield
            finally:
                self._pass_on(kind)

        try:
            yield turn
        finally:
            for kind in sorted(left):
                self._wait(kind, place)
                self._pass_on(kind)

    def alone(self) -> AbstractContextManager[bool]:
        """What is shared, to oneself, outside of a turn."""
        return self._alone

    def _wait(self, kind: Turn, place: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._next[kind] == place)

    def _pass_on(self, kind: Turn) -> None:
        with self._changed:
            self._next[kind] += 1
            self._changed.notify_all()
