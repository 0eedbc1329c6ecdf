"""One writer at a time: an advisory lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from keywitness.errors import CaseBusyError
from keywitness.store.durable import storage_errors
from keywitness.store.layout import Layout


@contextmanager
def writer_lock(layout: Layout) -> Iterator[None]:
    """Hold the right to write. Readers need no lock and are never blocked by it.

    Raises:
        CaseBusyError: If another process holds it.
    """
    with storage_errors(layout.root):
        handle = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip()
            raise CaseBusyError(
                f"another process is writing to {layout.root}" + (f" ({holder})" if holder else ""),
                help="wait until it is done; queries may run meanwhile",
                effect="nothing was written",
            ) from None
        with storage_errors(layout.root):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(handle)
