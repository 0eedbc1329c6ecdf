"""Archives: members as streams, in the archive's order, never extracted. A member's name is a label, not a path."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, cast

from keywitness.errors import EvidenceUnreadableError
from keywitness.evidence.source import MIB, Found, Limits, OpenItem, Unreadable
from keywitness.evidence.sources.compressed import ByteReader, Container, check_ratio, inflate, recognise
from keywitness.evidence.sources.folder import shown

_ENCRYPTED = 0x1


class Members:
    """Opens one file's members, nested ones too.

    Args:
        found: The file on disk.
        limits: What is refused.
        file_sha256: Hash of the file, or the hash object that its stream feeds.
    """

    def __init__(self, found: Found, limits: Limits, file_sha256: str | hashlib._Hash) -> None:
        self._found = found
        self._limits = limits
        self._file_sha256 = file_sha256
        self._names: set[str] = set()

    def compressed(
        self, name: str, chunks: Iterator[bytes], container: Container, level: int = 0
    ) -> Iterator[OpenItem | Unreadable]:
        """What a gzip or zstd stream holds: records, or again a container."""
        yield from self._stream(name, inflate(chunks, container, self._limits), level + 1)

    def archive(
        self, name: str, file: IO[bytes], container: Container, level: int = 0
    ) -> Iterator[OpenItem | Unreadable]:
        """The members of a zip or tar."""
        if level > self._limits.archive_levels:
            yield Unreadable(self._found.path, name, f"archives nested deeper than {self._limits.archive_levels}")
        elif container is Container.ZIP:
            yield from self._zip(name, file, level)
        else:
            yield from self._tar(name, file, level)

    def _stream(self, name: str, chunks: Iterator[bytes], level: int) -> Iterator[OpenItem | Unreadable]:
        head = b""
        try:
            while len(head) < 512 and (chunk := next(chunks, b"")):
                head += chunk
        except (EvidenceUnreadableError, OSError) as error:
            yield Unreadable(self._found.path, name, str(error))
            return
        whole = _prepend(head, chunks)
        container = recognise(head)
        if container is Container.NONE:
            yield OpenItem(self._found, self._unique(name), whole, self._file_sha256)
        elif level >= self._limits.archive_levels:
            yield Unreadable(self._found.path, name, f"archives nested deeper than {self._limits.archive_levels}")
        elif container in (Container.GZIP, Container.ZSTD):
            yield from self.compressed(name, whole, container, level)
        elif container is Container.TAR:
            yield from self._tar(name, cast(IO[bytes], ByteReader(whole)), level + 1)
        else:
            yield from self._nested_zip(name, whole, level + 1)

    def _nested_zip(self, name: str, chunks: Iterator[bytes], level: int) -> Iterator[OpenItem | Unreadable]:
        held = io.BytesIO()
        try:
            for chunk in chunks:
                held.write(chunk)
                if held.tell() > self._limits.nested_archive_bytes:
                    yield Unreadable(
                        self._found.path, name, "a zip inside an archive is too large to look into; unpack it first"
                    )
                    return
        except (EvidenceUnreadableError, OSError) as error:
            yield Unreadable(self._found.path, name, str(error))
            return
        held.seek(0)
        yield from self._zip(name, held, level)

    def _zip(self, name: str, file: IO[bytes], level: int) -> Iterator[OpenItem | Unreadable]:
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            yield Unreadable(self._found.path, name, f"zip cannot be read: {error}")
            return
        with archive:
            infos = archive.infolist()
            if len(infos) + len(self._names) > self._limits.members:
                yield Unreadable(self._found.path, name, f"holds more than {self._limits.members} members")
                return
            for info in infos:
                if not info.is_dir():
                    yield from self._zip_member(archive, info, _join(name, info.filename), level)

    def _zip_member(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, level: int
    ) -> Iterator[OpenItem | Unreadable]:
        if info.flag_bits & _ENCRYPTED:
            yield Unreadable(self._found.path, name, "is encrypted; unpack the zip with its password first")
            return
        try:
            check_ratio(info.compress_size, info.file_size, self._limits)
            member = archive.open(info)
        except EvidenceUnreadableError as error:
            yield Unreadable(self._found.path, name, error.message)
            return
        except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError) as error:
            yield Unreadable(self._found.path, name, f"zip member cannot be read: {error}")
            return
        with member:
            yield from self._stream(name, self._zip_chunks(member, info), level)

    def _zip_chunks(self, member: IO[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
        out = 0
        try:
            while chunk := member.read(4 * MIB):
                out += len(chunk)
                check_ratio(info.compress_size, out, self._limits)  # the directory of a bomb may lie
                yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise EvidenceUnreadableError(f"zip member is damaged: {error}") from error

    def _tar(self, name: str, file: IO[bytes], level: int) -> Iterator[OpenItem | Unreadable]:
        try:
            with tarfile.open(fileobj=file, mode="r|", errorlevel=2) as archive:
                for info in archive:
                    if not info.isfile():
                        continue
                    if len(self._names) >= self._limits.members:
                        yield Unreadable(self._found.path, name, f"holds more than {self._limits.members} members")
                        return
                    member = archive.extractfile(info)
                    if member is not None:
                        with member:
                            yield from self._stream(_join(name, info.name), _tar_chunks(member), level)
        except (tarfile.TarError, EvidenceUnreadableError, EOFError, OSError) as error:
            yield Unreadable(self._found.path, name, f"tar cannot be read to its end: {error}")

    def _unique(self, name: str) -> str:
        unique, count = name, 1
        while unique in self._names:
            count += 1
            unique = f"{name}#{count}"
        self._names.add(unique)
        return unique


def _tar_chunks(member: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := member.read(4 * MIB):
            yield chunk
    except (tarfile.TarError, EOFError) as error:
        raise EvidenceUnreadableError(f"tar member is damaged: {error}") from error


def _prepend(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks


def _join(outer: str, inner: str) -> str:
    return f"{outer}/{shown(inner)}" if outer else shown(inner)
