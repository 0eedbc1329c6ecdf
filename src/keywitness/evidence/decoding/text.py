"""Encodings: whatever an export was written in becomes UTF-8 text, with the way back to the original offsets."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_SNIFF = 4096


class Text:
    """An item's bytes as UTF-8, chunk by chunk.

    UTF-8 passes through untouched (also where it is not valid: that is for the decoder to say, record by record).

    Args:
        chunks: The item's decompressed bytes.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.head = b""
        while len(self.head) < _SNIFF and (chunk := next(chunks, b"")):
            self.head += chunk
        self.encoding, self.mark = _recognise(self.head[:_SNIFF])
        self.note = "" if self.encoding == "utf-8" else f"read as {self.encoding.upper()}"

    def __iter__(self) -> Iterator[bytes]:
        if self.encoding == "utf-8":
            yield self.head[self.mark :]
            yield from self._chunks
            return
        decoder = codecs.getincrementaldecoder(self.encoding)("surrogatepass")
        yield decoder.decode(self.head[self.mark :]).encode("utf-8", "surrogatepass")
        for chunk in self._chunks:
            yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
        if decoder.getstate()[0]:
            self.note += "; it ends inside a character"

    def original(self, text: bytes, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Byte distances in the original from the start of `text` to positions in `text`."""
        if self.encoding == "utf-8":
            return positions
        octets = np.frombuffer(text, np.uint8)
        units = np.zeros(len(octets) + 1, np.int64)
        np.cumsum(((octets & 0xC0) != 0x80).astype(np.int8) + (octets >= 0xF0), out=units[1:])
        # a position inside a character counts the character as passed, which no record boundary is
        return units[positions] * 2


def _recognise(head: bytes) -> tuple[str, int]:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    if head.startswith(codecs.BOM_UTF16_LE) and not head.startswith(codecs.BOM_UTF32_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    if len(head) >= 4 and head[1::2].count(0) * 2 > len(head) * 0.7 and head[0]:
        return "utf-16-le", 0
    if len(head) >= 4 and head[0::2].count(0) * 2 > len(head) * 0.7 and head[1]:
        return "utf-16-be", 0
    return "utf-8", 0
