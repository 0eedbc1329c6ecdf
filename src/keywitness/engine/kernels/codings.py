"""Hashes that DuckDB does not have, and encodings."""

from __future__ import annotations

import base64
import binascii
import struct
import uuid
import zlib
from urllib.parse import quote, quote_plus, unquote_plus

from keywitness.engine.kernels.documents import read
from keywitness.engine.kernels.kernel import kernel
from keywitness.model.schema import KqlType

_TEXT, _LONG, _DYNAMIC = KqlType.STRING, KqlType.LONG, KqlType.DYNAMIC
_MASK = (1 << 64) - 1
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & _MASK


def _round(state: int, word: int) -> int:
    return _rotated((state + word * _P2) & _MASK, 31) * _P1 & _MASK


def xxhash64(data: bytes) -> int:
    """XXH64 with seed 0, which Kusto's `hash` is, as a signed number.

    https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
    """
    place, size = 0, len(data)
    if size >= 32:
        states = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
        while place + 32 <= size:
            for lane in range(4):
                word = int.from_bytes(data[place + 8 * lane : place + 8 * lane + 8], "little")
                states[lane] = _round(states[lane], word)
            place += 32
        value = sum(_rotated(s, r) for s, r in zip(states, (1, 7, 12, 18), strict=True)) & _MASK
        for state in states:
            value = ((value ^ _round(0, state)) * _P1 + _P4) & _MASK
    else:
        value = _P5
    value = (value + size) & _MASK
    while place + 8 <= size:
        word = int.from_bytes(data[place : place + 8], "little")
        value = (_rotated(value ^ _round(0, word), 27) * _P1 + _P4) & _MASK
        place += 8
    if place + 4 <= size:
        word = int.from_bytes(data[place : place + 4], "little")
        value = (_rotated(value ^ word * _P1 & _MASK, 23) * _P2 + _P3) & _MASK
        place += 4
    for byte in data[place:]:
        value = _rotated(value ^ byte * _P5 & _MASK, 11) * _P1 & _MASK
    value = (value ^ value >> 33) * _P2 & _MASK
    value = (value ^ value >> 29) * _P3 & _MASK
    value ^= value >> 32
    return value - (1 << 64) if value >> 63 else value


@kernel(_TEXT, result=_LONG)
def xxhash_text(text: str) -> int:
    return xxhash64(text.encode())


@kernel(_LONG, result=_LONG)
def xxhash_long(value: int | None) -> int | None:
    return None if value is None else xxhash64(value.to_bytes(8, "little", signed=True))


# ---------------------------------------------------------------- Base64


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _decoded(data: bytes | None) -> str:
    """Text of UTF-8 bytes; the empty string for what is none, as Kusto answers."""
    try:
        return "" if data is None else data.decode()
    except UnicodeDecodeError:
        return ""


@kernel(_TEXT, result=_TEXT)
def base64_encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@kernel(_TEXT, result=_TEXT)
def base64_decoded(text: str) -> str:
    return _decoded(_bytes(text))


@kernel(_TEXT, result=_DYNAMIC)
def base64_to_array(text: str) -> str | None:
    data = _bytes(text)
    return None if data is None else "[" + ",".join(map(str, data)) + "]"


@kernel(_TEXT, result=KqlType.GUID)
def base64_to_guid(text: str) -> str | None:
    data = _bytes(text)
    return str(uuid.UUID(bytes_le=data)) if data is not None and len(data) == 16 else None


@kernel(_DYNAMIC, result=_TEXT)
def base64_from_array(text: str | None) -> str:
    values = read(text)
    if not isinstance(values, list) or not all(isinstance(v, int) and 0 <= v < 256 for v in values):
        return ""
    return base64.b64encode(bytes(values)).decode()


@kernel(_TEXT, result=_TEXT)
def base64_from_guid(text: str) -> str:
    return base64.b64encode(uuid.UUID(text).bytes_le).decode() if text else ""


# ---------------------------------------------------------------- URLs


def _lower_escapes(text: str) -> str:
    """Kusto writes the digits of an escape in lower case."""
    pieces = text.split("%")
    return pieces[0] + "".join("%" + p[:2].lower() + p[2:] for p in pieces[1:])


@kernel(_TEXT, result=_TEXT)
def url_encoded(text: str) -> str:
    return _lower_escapes(quote_plus(text, safe="-_.!*()"))


@kernel(_TEXT, result=_TEXT)
def url_component_encoded(text: str) -> str:
    return _lower_escapes(quote(text, safe="-_.~"))


@kernel(_TEXT, result=_TEXT)
def url_decoded(text: str) -> str:
    return unquote_plus(text)


# ---------------------------------------------------------------- compression


# Stored blocks, as the documented examples show them: any reader unpacks them to the same text.


@kernel(_TEXT, result=_TEXT)
def zlib_compressed(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode(), level=0)).decode()


@kernel(_TEXT, result=_TEXT)
def gzip_compressed(text: str) -> str:
    data = text.encode()
    body = zlib.compress(data, level=0, wbits=-zlib.MAX_WBITS)
    tail = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return base64.b64encode(_GZIP_HEAD + body + tail).decode()


#: What a compressed text may grow to: a small cell must not fill the memory.
_LARGEST_TEXT = 64 * 1024 * 1024


def _decompressed(text: str, window: int) -> str:
    data = _bytes(text)
    if data is None:
        return ""
    try:
        reader = zlib.decompressobj(window)
        found = reader.decompress(data, _LARGEST_TEXT)
    except zlib.error:
        return ""
    return _decoded(found) if reader.eof else ""


@kernel(_TEXT, result=_TEXT)
def zlib_decompressed(text: str) -> str:
    return _decompressed(text, zlib.MAX_WBITS)


@kernel(_TEXT, result=_TEXT)
def gzip_decompressed(text: str) -> str:
    return _decompressed(text, zlib.MAX_WBITS | 16)
