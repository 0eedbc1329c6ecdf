"""One file: plain, compressed or an archive, recognised by its first bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from keywitness.errors import EvidenceUnreadableError
from keywitness.evidence.source import MIB, Found, Limits, OpenItem, Unreadable
from keywitness.evidence.sources.archive import Members
from keywitness.evidence.sources.compressed import Container, inflate, recognise
from keywitness.evidence.sources.folder import real

CHUNK = 8 * MIB


def open_file(found: Found, limits: Limits) -> Iterator[OpenItem | Unreadable]:
    """The streams of a file."""
    path = real(found.path)
    try:
        with path.open("rb") as file:
            wanted = min(CHUNK, found.size + 1)
            head = file.read(wanted)
    except OSError as error:
        yield Unreadable(found.path, "", f"may not be read: {error.strerror or error}")
        return
    container = recognise(head[:512])
    if container is Container.NONE:
        yield OpenItem(found, "", iter((head,)) if len(head) < wanted else _file_chunks(path, head=head))
        return
    if container in (Container.GZIP, Container.ZSTD):
        if _holds_archive(path, container, limits):  # many items need the hash before the file has been read
            yield from Members(found, limits, file_sha256(found)).compressed("", _file_chunks(path, MIB), container)
            return
        digest = hashlib.sha256()
        yield from Members(found, limits, digest).compressed("", _hashed(_file_chunks(path, MIB), digest), container)
        return
    sha256 = file_sha256(found)
    with path.open("rb") as file:
        yield from Members(found, limits, sha256).archive("", file, container)


def _holds_archive(path: Path, container: Container, limits: Limits) -> bool:
    try:
        return recognise(next(inflate(_file_chunks(path, MIB), container, limits), b"")) is not Container.NONE
    except EvidenceUnreadableError:
        return False


def file_sha256(found: Found) -> str:
    """Hash of a file on disk, hex."""
    with real(found.path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file_chunks(path: Path, size: int = CHUNK, head: bytes = b"") -> Iterator[bytes]:
    """A file's bytes; `head` is what has been read of it already."""
    if head:
        yield head
    with path.open("rb", buffering=0) as file:
        file.seek(len(head))
        while chunk := file.read(size):
            yield chunk


def _hashed(chunks: Iterator[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
