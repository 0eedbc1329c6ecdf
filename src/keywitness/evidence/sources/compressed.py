"""Compressed streams, inflated in bounded memory and refused when they are bombs."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from enum import Enum, auto
from typing import IO, cast

from keywitness.errors import EvidenceUnreadableError
from keywitness.evidence.source import MIB, Limits

STEP = 4 * MIB


class Container(Enum):
    """What wraps the records."""

    NONE = auto()
    GZIP = auto()
    ZSTD = auto()
    ZIP = auto()
    TAR = auto()


def recognise(head: bytes) -> Container:
    """The container whose magic bytes stand at the start (and, for tar, at byte 257)."""
    if head.startswith(b"\x1f\x8b\x08"):
        return Container.GZIP
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and head[:1] and 0x50 <= head[0] <= 0x5F):
        return Container.ZSTD
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Container.ZIP
    if head[257:262] == b"ustar":
        return Container.TAR
    return Container.NONE


def inflate(chunks: Iterator[bytes], container: Container, limits: Limits) -> Iterator[bytes]:
    """Decompress a stream.

    Raises:
        EvidenceUnreadableError: After the last good chunk: the data is damaged, ends early, or is a bomb.
    """
    counted = _Counted(chunks)
    out = 0
    for piece in _gunzip(counted) if container is Container.GZIP else _unzstd(counted):
        out += len(piece)
        check_ratio(counted.taken, out, limits)
        yield piece


def check_ratio(compressed: int, inflated: int, limits: Limits) -> None:
    """Refuse a decompression bomb.

    Raises:
        EvidenceUnreadableError: The sizes exceed the limits.
    """
    if inflated > limits.stream_bytes:
        raise EvidenceUnreadableError(f"decompresses to more than {limits.stream_bytes} bytes, the limit")
    if inflated > limits.inflate_free_bytes and inflated > compressed * limits.inflate_ratio:
        raise EvidenceUnreadableError(
            f"looks like a decompression bomb: more than {limits.inflate_ratio} bytes from each compressed byte"
        )


class _Counted:
    """An iterator that knows how many bytes it has given."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self.taken += len(chunk)
        return chunk


def _gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    engine = zlib.decompressobj(31)
    pending = b""
    open_member = False
    try:
        for chunk in chunks:
            pending += chunk
            while pending:
                if engine.eof:
                    pending = pending.lstrip(b"\0")  # padding between members is legal
                    if not pending:
                        break
                    engine = zlib.decompressobj(31)
                open_member = True
                piece = engine.decompress(pending, STEP)
                pending = engine.unused_data if engine.eof else engine.unconsumed_tail
                if piece:
                    yield piece
                elif not engine.eof:
                    break
                open_member = not engine.eof
    except zlib.error as error:
        raise EvidenceUnreadableError(f"gzip data is damaged: {error}") from error
    if open_member:
        raise EvidenceUnreadableError("gzip data ends early: the file is truncated")


def _unzstd(chunks: Iterator[bytes]) -> Iterator[bytes]:
    import zstandard  # start-up time: only for .zst evidence

    source = cast(IO[bytes], ByteReader(chunks))  # it calls read(n) only
    try:
        with zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True, read_size=MIB) as reader:
            while piece := reader.read(STEP):
                yield piece
    except zstandard.ZstdError as error:
        raise EvidenceUnreadableError(f"zstd data is damaged: {error}") from error


class ByteReader:
    """`read(n)` over an iterator of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all of them unless the stream ends."""
        taken: list[memoryview] = []
        missing = size if size >= 0 else 1 << 62
        while missing:
            if not self._rest:
                chunk = next(self._chunks, b"")
                if not chunk:
                    break
                self._rest = memoryview(chunk)
            taken.append(self._rest[:missing])
            missing -= len(taken[-1])
            self._rest = self._rest[len(taken[-1]) :]
        return b"".join(taken)
