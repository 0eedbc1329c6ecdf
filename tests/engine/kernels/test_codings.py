"""Hashes and encodings against published vectors and their own inverses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keywitness.engine.kernels import codings


def test_xxhash_of_published_vectors() -> None:
    """The specification's empty input, and what Kusto's pages print for a word and for ticks."""
    assert codings.xxhash64(b"") == 0xEF46DB3751D8E999 - 2**64
    assert codings.xxhash64(b"World") == 1846988464401551951
    assert codings.xxhash64((635556672000000000).to_bytes(8, "little")) == 1380966698541616202


def test_xxhash_of_long_input() -> None:
    assert codings.xxhash64(b"Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1 - 2**64


@given(st.text())
def test_what_is_packed_unpacks(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert codings.zlib_decompressed.function(codings.zlib_compressed.function(text)) == text
    assert codings.gzip_decompressed.function(codings.gzip_compressed.function(text)) == text
    assert codings.base64_decoded.function(codings.base64_encoded.function(text)) == text
    assert codings.url_decoded.function(codings.url_encoded.function(text)) == text


@given(st.text(max_size=50))
def test_what_is_not_packed_is_empty(text: str) -> None:
    text = "!" + text.encode("utf-8", "ignore").decode()
    assert codings.gzip_decompressed.function(text) == ""
    assert codings.base64_to_array.function(text) is None


def test_a_bomb_is_not_unpacked() -> None:
    import base64
    import zlib

    bomb = base64.b64encode(zlib.compress(b"\0" * 200_000_000)).decode()
    assert codings.zlib_decompressed.function(bomb) == ""
