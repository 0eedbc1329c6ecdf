"""Evidence as streams: files and folders -> items -> bytes. Nothing is written, extracted or followed twice.

The walk is `discover`; `open_items` looks into compressed files and archives by content (magic bytes), never by name.
Every byte that passes is hashed, so that an item knows its `EvidenceItem` facts when its last chunk has been taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from keywitness.errors import EvidenceChangedError, EvidenceUnreadableError
from keywitness.evidence.batch import EvidenceItem

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused, so that one hostile file cannot stop a case.

    Args:
        record_bytes: Longest record; a longer one is rejected, the rest of its file loads.
        inflate_ratio: Most decompressed bytes per compressed byte, looked at beyond `inflate_free_bytes`.
        inflate_free_bytes: Decompressed bytes of an item that need no justification.
        stream_bytes: Most decompressed bytes of one archive member or compressed file.
        members: Most members of one archive, nested ones included.
        nested_archive_bytes: Largest archive inside an archive that is held in memory (formats that need seeking).
        archive_levels: Deepest nesting of archives.
    """

    record_bytes: int = 256 * MIB
    inflate_ratio: int = 250
    inflate_free_bytes: int = 64 * MIB
    stream_bytes: int = 256 * 1024 * MIB
    members: int = 1_000_000
    nested_archive_bytes: int = 1024 * MIB
    archive_levels: int = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A file that can be opened.

    Args:
        path: As the user gave it, or below the folder that the user gave.
        size: Bytes on disk.
        modified_at: ISO 8601 UTC.
    """

    path: str
    size: int
    modified_at: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that was passed over, with its reason; `member` is "" for a file or folder itself."""

    path: str
    member: str
    reason: str


class OpenItem:
    """One stream of decompressed bytes, to be taken once and in order.

    Args:
        found: The file.
        member: Path inside archives, control characters as they are; "" for the file itself.
        stream: Decompressed chunks.
        file_sha256: Hash of the file on disk when already known, else the hash object that the stream feeds.
    """

    def __init__(
        self, found: Found, member: str, stream: Iterator[bytes], file_sha256: str | hashlib._Hash | None = None
    ) -> None:
        self.path = found.path
        self.member = member
        self.size = found.size
        self.modified_at = found.modified_at
        self._stream = stream
        self._file_sha256 = file_sha256
        self._hash = hashlib.sha256()
        self._taken = 0
        self.damage: str | None = None  # why the stream ended early, after its last chunk

    def chunks(self) -> Iterator[bytes]:
        """The decompressed bytes. A stream that breaks ends here, and `damage` then says why."""
        try:
            for chunk in self._stream:
                self._hash.update(chunk)
                self._taken += len(chunk)
                yield chunk
        except EvidenceUnreadableError as error:
            self.damage = error.message
        except OSError as error:
            self.damage = f"reading stopped: {error.strerror or error}"

    def facts(self) -> EvidenceItem:
        """Size and hashes; call it after the last chunk."""
        stream_sha256 = self._hash.hexdigest()
        if self._file_sha256 is None:
            file_sha256 = stream_sha256
        elif isinstance(self._file_sha256, str):
            file_sha256 = self._file_sha256
        else:
            file_sha256 = self._file_sha256.hexdigest()
        return EvidenceItem(
            self.path, self.member, self.size, file_sha256, self._taken, stream_sha256, self.modified_at
        )


def discover(paths: Iterable[str | Path]) -> Iterator[Found | Unreadable]:
    """Walk files and folders, in sorted order, each real file once even when links form a loop."""
    from keywitness.evidence.sources.folder import walk  # the contract does not import its implementations

    return walk(paths)


def open_items(found: Found, limits: Limits | None = None) -> Iterator[OpenItem | Unreadable]:
    """The streams of one file. An item must be taken to its end before the next is asked for."""
    from keywitness.evidence.sources.file import open_file  # as above

    return open_file(found, limits or Limits())


def read_range(item: EvidenceItem, offset: int, length: int, *, path: str | None = None) -> bytes:
    """The original bytes of a record, out of a file whose hash is still the recorded one.

    Args:
        item: The evidence item.
        offset: First byte in the item's decompressed bytes.
        length: Bytes.
        path: Where the file is now, when it has moved.
    Raises:
        EvidenceUnreadableError: The file or the member is not there.
        EvidenceChangedError: The file's bytes are not those that were ingested.
    """
    from keywitness.evidence.sources.file import file_sha256, open_file  # as above
    from keywitness.evidence.sources.folder import describe, real

    place = path or item.path
    found = describe(real(place), place)
    if isinstance(found, Unreadable):
        raise EvidenceUnreadableError(f"{place}: {found.reason}", help="name the place where the evidence is now")
    if found.size != item.size or file_sha256(found) != item.sha256:
        raise EvidenceChangedError(
            f"{place} has changed since it was ingested",
            help="restore the original file, or ingest the changed file as evidence of its own",
        )
    if not item.member and item.stream_size == item.size:
        with real(place).open("rb") as file:
            file.seek(offset)
            return file.read(length)
    for opened in open_file(found, Limits()):
        if isinstance(opened, OpenItem) and opened.member == item.member:
            return _slice(opened.chunks(), offset, length)
    raise EvidenceUnreadableError(f"{place} has no member {item.member!r}")


def _slice(chunks: Iterator[bytes], offset: int, length: int) -> bytes:
    taken: list[bytes] = []
    position = 0
    for chunk in chunks:
        if position + len(chunk) > offset:
            taken.append(chunk[max(0, offset - position) : offset + length - position])
        position += len(chunk)
        if position >= offset + length:
            break
    return b"".join(taken)
