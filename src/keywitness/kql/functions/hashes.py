"""Hashes and encodings."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, scalar

FUNCTIONS: tuple[Function, ...] = (
    scalar("hash", "(source: plain, mod: integer?) -> long"),
    scalar("hash_xxhash64", "(source: plain, mod: integer?) -> long"),
    scalar("hash_md5", "(source: plain) -> string"),
    scalar("hash_sha1", "(source: plain) -> string"),
    scalar("hash_sha256", "(source: plain) -> string"),
    scalar("hash_combine", "(source: any*) -> long", refusal="Kusto does not document how it combines the hashes"),
    scalar("hash_many", "(source: plain*) -> long", refusal="Kusto does not document how it combines the hashes"),
    scalar("base64_encode_tostring", "(string: string) -> string", aliases="base64_encodestring"),
    scalar("base64_decode_tostring", "(base64: string) -> string", aliases="base64_decodestring"),
    scalar("base64_decode_toarray", "(base64: string) -> dynamic"),
    scalar("base64_decode_toguid", "(base64: string) -> guid"),
    scalar("base64_encode_fromarray", "(array: dynamic) -> string"),
    scalar("base64_encode_fromguid", "(guid: guid) -> string"),
    scalar("url_encode", "(url: string) -> string"),
    scalar("url_encode_component", "(url: string) -> string"),
    scalar("url_decode", "(encoded_url: string) -> string"),
    scalar("zlib_compress_to_base64_string", "(string: string) -> string"),
    scalar("zlib_decompress_from_base64_string", "(string: string) -> string"),
    scalar("gzip_compress_to_base64_string", "(string: string) -> string"),
    scalar("gzip_decompress_from_base64_string", "(string: string) -> string"),
    scalar("new_guid", "() -> guid"),
)
