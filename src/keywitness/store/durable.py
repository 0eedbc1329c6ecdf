"""Files that survive a kill and a power cut: written aside, synced, then linked into place.

The order is always the same: bytes, fsync of the file, name, fsync of the folder. What a name leads to is complete.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from keywitness.errors import CaseError, StorageFullError

#: Files under this prefix are unfinished: never read, removed by the next writer.
UNFINISHED_PREFIX = ".unfinished-"

#: disk full, quota exceeded, file size limit
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

#: what file systems without hard links answer (FAT, some network shares)
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def sync_folder(folder: Path) -> None:
    """Make the names inside a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make the bytes of a finished file durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_new(path: Path, content: bytes) -> None:
    """Create `path` with exactly `content`, in one step, never over an existing file.

    Raises:
        FileExistsError: If the name is taken.
        StorageFullError: If the disk is full.
    """
    aside = path.with_name(f"{UNFINISHED_PREFIX}{path.name}-{os.getpid()}")
    with storage_errors(path.parent):
        try:
            with aside.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            _name(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(path.parent)


@contextmanager
def replacing(path: Path, content: bytes) -> Iterator[Callable[[], None]]:
    """Have `content` durable beside `path`; calling what is yielded puts it there, in one step.

    A full disk is met on the way in, where nothing has happened yet.

    Raises:
        StorageFullError: If the disk is full.
    """
    aside = path.with_name(f"{UNFINISHED_PREFIX}{path.name}-{os.getpid()}")

    def put() -> None:
        aside.replace(path)
        sync_folder(path.parent)

    try:
        with storage_errors(path.parent), aside.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        yield put
    finally:
        aside.unlink(missing_ok=True)


def _name(aside: Path, path: Path) -> None:
    try:
        os.link(aside, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():  # the writer's lock keeps this check and the next line together
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        aside.rename(path)


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Turn "no space left" into `StorageFullError` and a read-only place into `CaseError`.

    DuckDB reports a failed write as an IOException whose text ends with the words of the operating system.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _full(place) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise CaseError(
                f"the case cannot be written: {error.strerror}: {error.filename or place}",
                help="give this user write access to the case folder, or work on a copy of it",
                effect="nothing was changed",
            ) from error
        raise
    except Exception as error:
        if any(os.strerror(number) in str(error) for number in _FULL):
            raise _full(place) from error
        raise


def _full(place: Path) -> StorageFullError:
    return StorageFullError(
        f"the disk is full: {place}",
        help="free some space, then run the same command again: it goes on where this one stopped",
        effect="what was committed stands; the commit under way was not made",
    )
