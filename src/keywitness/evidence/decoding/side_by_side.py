"""Decoding on several processors: decoders side by side that share what they learn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from keywitness.evidence.batch import Decoded
from keywitness.evidence.decoding.decoder import Decoder
from keywitness.evidence.reading import Batch
from keywitness.model.schema import Schema

Facts = TypeVar("Facts")


class Decoders:
    """Several decoders, one batch each.

    Args:
        count: How many batches are decoded at a time.
        known: Columns that the case's tables have already.
    """

    def __init__(self, count: int, *, known: Mapping[str, Schema] | None = None) -> None:
        first = Decoder(threads=1, known=known)
        self._all = [first, *(first.twin() for _ in range(count - 1))]
        self._free: SimpleQueue[Decoder] = SimpleQueue()
        for decoder in self._all:
            self._free.put(decoder)

    def __enter__(self) -> Decoders:
        return self

    def __exit__(self, *_: object) -> None:
        for decoder in self._all:
            decoder.close()

    def decode(self, batches: Iterable[Batch], facts: Callable[[Batch], Facts]) -> Iterator[tuple[Facts, Decoded]]:
        """Decode batches, in order.

        Args:
            batches: What `reading.read` gives.
            facts: What to keep of a batch beside its rows; the batch itself is let go.
        """
        running: deque[Future[tuple[Facts, Decoded]]] = deque()
        with ThreadPoolExecutor(len(self._all), thread_name_prefix="keywitness-decode") as pool:
            for batch in batches:
                running.append(pool.submit(self._decoded, batch, facts, self._all[0].place()))
                del batch
                if len(running) == len(self._all):
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()

    def _decoded(self, batch: Batch, facts: Callable[[Batch], Facts], place: int) -> tuple[Facts, Decoded]:
        decoder = self._free.get()
        try:
            return facts(batch), decoder.decode(batch, place)
        finally:
            self._free.put(decoder)
