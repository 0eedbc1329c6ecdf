"""Hashes and encodings."""

from __future__ import annotations

from keywitness.engine import sql
from keywitness.engine.lowering.conversions import text
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.model.schema import KqlType


def _digest(name: str) -> Lowering:
    """A digest of the UTF-8 bytes of a value's text; of no text it is no digest, as in Kusto."""

    def lowered(use: Use) -> Expr:
        value = text(use, 0)
        return sql.call("kw_digest", value, sql.call(name, value.copy()))

    return lowered


def _hash(use: Use) -> Expr:
    match use.type(0):
        case KqlType.STRING:
            value = sql.call("kx_codings_xxhash_text", use.args[0])
        case type_ if type_ in (KqlType.LONG, KqlType.DATETIME, KqlType.TIMESPAN):
            value = sql.call("kx_codings_xxhash_long", use.args[0])
        case type_:
            raise cannot(f"{use.call.function}() of a {type_}", "hash its text: tostring(...)")
    if len(use) > 1:
        return sql.call("kw_bucket", value, sql.cast(use.args[1], "BIGINT"))
    return value


def _texts(name: str) -> Lowering:
    return lambda use: sql.call(f"kx_codings_{name}", text(use, 0))


def _from_array(use: Use) -> Expr:
    return sql.call("kx_codings_base64_from_array", use.args[0])


LOWERINGS: Table = {
    "hash": _hash,
    "hash_xxhash64": _hash,
    "hash_md5": _digest("md5"),
    "hash_sha1": _digest("sha1"),
    "hash_sha256": _digest("sha256"),
    "base64_encode_tostring": _texts("base64_encoded"),
    "base64_decode_tostring": _texts("base64_decoded"),
    "base64_decode_toarray": _texts("base64_to_array"),
    "base64_decode_toguid": _texts("base64_to_guid"),
    "base64_encode_fromarray": _from_array,
    "base64_encode_fromguid": _texts("base64_from_guid"),
    "url_encode": _texts("url_encoded"),
    "url_encode_component": _texts("url_component_encoded"),
    "url_decode": _texts("url_decoded"),
    "zlib_compress_to_base64_string": _texts("zlib_compressed"),
    "zlib_decompress_from_base64_string": _texts("zlib_decompressed"),
    "gzip_compress_to_base64_string": _texts("gzip_compressed"),
    "gzip_decompress_from_base64_string": _texts("gzip_decompressed"),
    "new_guid": lambda use: sql.cast(sql.call("uuid"), "VARCHAR"),
}
