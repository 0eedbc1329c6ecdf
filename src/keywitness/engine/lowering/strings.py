"""Strings: building, cutting, searching, replacing."""

from __future__ import annotations

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering import regexes
from keywitness.engine.lowering.conversions import text, texts
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr


def _long(value: Expr) -> Expr:
    return sql.cast(value, "BIGINT")


def _on_texts(name: str) -> Lowering:
    """A function of DuckDB, a macro or kernel, all of whose arguments are strings."""
    return lambda use: sql.call(name, *texts(use))


def _length(name: str) -> Lowering:
    return lambda use: _long(sql.call(name, text(use, 0)))


def _strcat_delim(use: Use) -> Expr:
    return sql.call("concat_ws", *texts(use))


def _strcmp(use: Use) -> Expr:
    left, right = texts(use)
    return sql.case(
        [
            (sql.binary(exp.LT, left, right), sql.number(-1)),
            (sql.binary(exp.EQ, left.copy(), right.copy()), sql.number(0)),
        ],
        sql.number(1),
    )


def _strrep(use: Use) -> Expr:
    delimiter = text(use, 2) if len(use) > 2 else sql.text("")
    return sql.call("kx_texts_repeated", text(use, 0), _long(use.args[1]), delimiter)


def _substring(use: Use) -> Expr:
    if len(use) == 2:
        return sql.call("kw_substring_from", text(use, 0), use.args[1])
    return sql.call("kw_substring", text(use, 0), *use.args[1:])


def _indexof(use: Use) -> Expr:
    if len(use) == 2:
        return sql.call("kw_indexof", text(use, 0), text(use, 1))
    return sql.call("kx_texts_index_of", text(use, 0), text(use, 1), *(_long(a) for a in use.args[2:]))


def _split(use: Use) -> Expr:
    source, delimiter = text(use, 0), text(use, 1)
    constant = use.constant_or_none(1)
    if constant == "":
        raise cannot("split() with an empty delimiter", "extract_all(@'(.)', text) gives its characters")
    if constant is None:
        delimiter = sql.call("kw_delimiter", delimiter)
    if len(use) == 3:
        return sql.call("kw_split_at", source, delimiter, use.args[2])
    return sql.call("kw_split", source, delimiter)


def _replace_string(use: Use) -> Expr:
    source, lookup, rewrite = texts(use)
    return sql.call("replace", source, lookup, rewrite)


def _countof(use: Use) -> Expr:
    kind = use.constant(2, "the kind") if len(use) > 2 else "normal"
    if kind == "regex":
        return regexes.count_of(use)
    if kind != "normal":
        raise cannot(f"countof() of the kind {kind!r}", 'the kinds are "normal" and "regex"')
    return sql.call("kx_texts_count_of", text(use, 0), text(use, 1))


def _codepoints_to_string(use: Use) -> Expr:
    from keywitness.engine.lowering import dynamics  # it is imported by conversions

    return sql.call("kx_texts_from_codepoints", *dynamics.json_arguments(use))


LOWERINGS: Table = {
    "strcat": lambda use: sql.call("concat", *texts(use)),
    "strcat_delim": _strcat_delim,
    "strcmp": _strcmp,
    "strrep": _strrep,
    "strlen": _length("length"),
    "string_size": _length("strlen"),
    "toupper": _on_texts("kw_upper"),
    "tolower": _on_texts("kw_lower"),
    "reverse": _on_texts("kw_reverse"),
    "substring": _substring,
    "indexof": _indexof,
    "has_any_index": lambda use: sql.call("kx_texts_has_any_index", text(use, 0), use.args[1]),
    "split": _split,
    "regex_quote": _on_texts("kx_texts_quoted_pattern"),
    "replace_string": _replace_string,
    "replace_strings": lambda use: sql.call("kx_texts_replaced", text(use, 0), use.args[1], use.args[2]),
    "countof": _countof,
    "translate": lambda use: sql.call("kx_texts_translated", *texts(use)),
    "isascii": _on_texts("kx_texts_is_ascii"),
    "isutf8": lambda use: sql.true(),
    "unicode_codepoints_from_string": _on_texts("kx_texts_codepoints"),
    "unicode_codepoints_to_string": _codepoints_to_string,
    "parse_command_line": _on_texts("kx_texts_parse_command_line"),
    "parse_csv": _on_texts("kx_texts_parse_csv"),
    "parse_kv": lambda use: sql.call("kx_pairs_parsed", *use.args),
    "parse_path": _on_texts("kx_texts_parse_path"),
    "parse_user_agent": "kx_agents_parsed",
    "parse_url": _on_texts("kx_texts_parse_url"),
    "parse_urlquery": _on_texts("kx_texts_parse_urlquery"),
    "parse_version": _on_texts("kw_version"),
    "parse_xml": _on_texts("kx_texts_parse_xml"),
    "punycode_from_string": _on_texts("kx_texts_punycode"),
    "punycode_to_string": _on_texts("kx_texts_from_punycode"),
    "punycode_domain_from_string": _on_texts("kx_texts_domain_from_punycode"),
    "punycode_domain_to_string": _on_texts("kx_texts_domain_to_punycode"),
}
