"""Columns of text made in bulk: times, GUIDs, token ids and numbers for a million records at once.

Every value is a pure function of one 64-bit key, so equal keys give equal bytes whatever the batch they stand in.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Ticks = npt.NDArray[np.int64]  # 100 ns since 1970-01-01 UTC
Text = npt.NDArray[np.bytes_]

TICKS_PER_SECOND = 10_000_000
TICKS_PER_HOUR = 3_600 * TICKS_PER_SECOND
TICKS_PER_DAY = 24 * TICKS_PER_HOUR

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_SECOND_WORD = 0xD1B54A32D192ED03
_BASE64URL = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8)
_HEX = np.frombuffer("".join(f"{value:02x}" for value in range(256)).encode(), dtype=np.uint8).reshape(256, 2)
_GUID_DIGITS = [*range(8), *range(9, 13), *range(14, 18), *range(19, 23), *range(24, 36)]
_GUID_DASHES = [8, 13, 18, 23]


def key_of(*labels: object) -> int:
    """A 64-bit key from labels: equal labels, equal key, on every machine."""
    text = "\x1f".join(str(label) for label in labels)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def mixed(keys: Keys) -> Keys:
    """SplitMix64's last step: neighbouring keys become unrelated numbers."""
    with np.errstate(over="ignore"):
        z = keys + np.uint64(_GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def mixed_one(key: int) -> int:
    """`mixed` for one key."""
    z = (key + _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def _sixteen_bytes(keys: Keys) -> npt.NDArray[np.uint8]:
    words = np.empty((len(keys), 2), dtype="<u8")
    words[:, 0] = mixed(keys)
    words[:, 1] = mixed(keys ^ np.uint64(_SECOND_WORD))
    return words.view(np.uint8).reshape(len(keys), 16)


def guid_column(keys: Keys) -> Text:
    """Lower-case dashed GUIDs (version 4)."""
    raw = _sixteen_bytes(keys).copy()
    raw[:, 6] = (raw[:, 6] & 0x0F) | 0x40
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    out = np.empty((len(keys), 36), dtype=np.uint8)
    out[:, _GUID_DIGITS] = _HEX[raw].reshape(len(keys), 32)
    out[:, _GUID_DASHES] = ord("-")
    return out.reshape(-1).view("S36")


def guid_one(key: int) -> str:
    """`guid_column` for one key."""
    raw = bytearray(_token_words(key))
    raw[6] = (raw[6] & 0x0F) | 0x40
    raw[8] = (raw[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def _token_words(key: int) -> bytes:
    return mixed_one(key).to_bytes(8, "little") + mixed_one(key ^ _SECOND_WORD).to_bytes(8, "little")


def uti_column(keys: Keys) -> Text:
    """Token ids as the `uti` claim: base64url, no padding, of a little-endian GUID whose last byte is zero."""
    raw = _sixteen_bytes(keys).astype(np.uint32)
    raw[:, 7] = (raw[:, 7] & 0x0F) | 0x40
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    raw[:, 15] = 0
    padded = np.zeros((len(keys), 18), dtype=np.uint32)
    padded[:, :16] = raw
    triples = padded.reshape(len(keys), 6, 3)
    bits = (triples[:, :, 0] << 16) | (triples[:, :, 1] << 8) | triples[:, :, 2]
    out = np.empty((len(keys), 6, 4), dtype=np.uint8)
    for place, shift in enumerate((18, 12, 6, 0)):
        out[:, :, place] = _BASE64URL[(bits >> shift) & 63]
    return np.ascontiguousarray(out.reshape(len(keys), 24)[:, :22]).reshape(-1).view("S22")


def uti_one(key: int) -> str:
    """`uti_column` for one key."""
    return str(uti_column(np.array([key], dtype=np.uint64))[0].decode())


def sign_in_id(key: int) -> str:
    """The sign-in id that a token id decodes to: the same 16 bytes, read as a little-endian GUID."""
    raw = bytearray(_token_words(key))
    raw[7], raw[8], raw[15] = (raw[7] & 0x0F) | 0x40, (raw[8] & 0x3F) | 0x80, 0
    return str(uuid.UUID(bytes_le=bytes(raw)))


def time_column(ticks: Ticks) -> Text:
    """ISO 8601 UTC with seven fractional digits and `Z`, as Azure writes `time`."""
    days, rest = np.divmod(ticks, TICKS_PER_DAY)
    first = int(days.min()) if len(days) else 0
    last = int(days.max()) if len(days) else 0
    names = np.array([str(np.datetime64(day, "D")) for day in range(first, last + 1)], dtype="S10")
    out = np.empty((len(ticks), 28), dtype=np.uint8)
    out[:, :10] = names.view(np.uint8).reshape(-1, 10)[days - first]
    for place, mark in ((10, "T"), (13, ":"), (16, ":"), (19, "."), (27, "Z")):
        out[:, place] = ord(mark)
    seconds, fraction = np.divmod(rest, TICKS_PER_SECOND)
    _digits(out, 20, 7, fraction)
    _digits(out, 17, 2, seconds % 60)
    _digits(out, 14, 2, seconds // 60 % 60)
    _digits(out, 11, 2, seconds // 3600)
    return out.reshape(-1).view("S28")


def time_one(ticks: int) -> str:
    """`time_column` for one time."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:07d}Z"


def seconds_column(seconds: Ticks) -> Text:
    """Unix seconds as ten digits."""
    out = np.empty((len(seconds), 10), dtype=np.uint8)
    _digits(out, 0, 10, seconds)
    return out.reshape(-1).view("S10")


def _digits(out: npt.NDArray[np.uint8], place: int, width: int, values: Ticks) -> None:
    rest = values
    for offset in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        out[:, place + offset] = digit + ord("0")


def ticks_of(moment: datetime) -> int:
    """Ticks since 1970 of an aware datetime."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * TICKS_PER_SECOND + delta.microseconds * 10
