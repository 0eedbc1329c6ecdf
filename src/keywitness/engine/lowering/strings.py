"""Strings: building, cutting, searching, replacing."""

from __future__ import annotations

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering import conversions
from keywitness.engine.lowering.conversions import text, texts
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.lowering.terms import check_pattern
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.model.schema import KqlType


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


def _indexof_regex(use: Use) -> Expr:
    if len(use) > 2:
        raise cannot("indexof_regex() with a start, length or occurrence", "cut the text with substring() first")
    pattern = _pattern(use, 1)
    before = sql.text(f"^((?s:.)*?)(?:{pattern})")
    return sql.call("kw_indexof_regex", text(use, 0), sql.text(pattern), before)


def _split(use: Use) -> Expr:
    source, delimiter = text(use, 0), text(use, 1)
    if use.constant_or_none(1) == "":
        raise cannot("split() with an empty delimiter")
    if len(use) == 3:
        return sql.call("kw_split_at", source, delimiter, use.args[2])
    return sql.call("kw_split", source, delimiter)


def groups_of(pattern: str) -> int:
    """The number of capture groups of a pattern."""
    count, index, in_class = 0, 0, False
    while index < len(pattern):
        char = pattern[index]
        if char == "\\":
            index += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            if pattern[index + 1 : index + 2] == "]":
                index += 1
        elif char == "(":
            rest = pattern[index + 1 : index + 4]
            count += not rest.startswith("?") or rest.startswith(("?P<", "?<"))
        index += 1
    return count


def _pattern(use: Use, index: int) -> str:
    return check_pattern(str(use.constant(index, "the regular expression")))


def _extract(use: Use) -> Expr:
    pattern, group = _pattern(use, 0), int(use.constant(1, "the capture group"))
    if not 0 <= group <= groups_of(pattern):
        return sql.literal(None, use.call.type)
    found = sql.call("regexp_extract", text(use, 2), sql.text(pattern), sql.number(group))
    return conversions.convert(found, KqlType.STRING, use.call.type)


def _extract_all(use: Use) -> Expr:
    pattern, source = _pattern(use, 0), text(use, len(use) - 1)
    count = groups_of(pattern)
    groups = list(range(1, count + 1))
    if len(use) == 3:
        import json  # only here

        asked = json.loads(use.constant(1, "the capture groups"))
        if not all(isinstance(g, int) for g in asked):
            raise cannot("extract_all() with named capture groups", "name the groups by number: dynamic([1, 2])")
        groups = [g for g in asked if 1 <= g <= count] or groups
    if not 1 <= count <= 16:
        raise cannot("extract_all() without a capture group in its expression", "put the wanted part into parentheses")
    lists = [sql.call("regexp_extract_all", source.copy(), sql.text(pattern), sql.number(g)) for g in groups]
    found = lists[0] if len(lists) == 1 else sql.call("kw_rows_of_lists", sql.array(lists))
    return sql.call("kw_json_or_null", found)


def _replace_regex(use: Use) -> Expr:
    source, rewrite = text(use, 0), text(use, 2)
    return sql.call("regexp_replace", source, sql.text(_pattern(use, 1)), rewrite, sql.text("g"))


def _replace_string(use: Use) -> Expr:
    source, lookup, rewrite = texts(use)
    return sql.call("replace", source, lookup, rewrite)


def _trim(*, start: bool, end: bool) -> Lowering:
    def lowered(use: Use) -> Expr:
        pattern, value = _pattern(use, 0), text(use, 1)
        if start:
            value = sql.call("regexp_replace", value, sql.text(f"^(?:{pattern})+"), sql.text(""))
        if end:
            value = sql.call("regexp_replace", value, sql.text(f"(?:{pattern})+$"), sql.text(""))
        return value

    return lowered


def _countof(use: Use) -> Expr:
    kind = use.constant(2, "the kind") if len(use) > 2 else "normal"
    if kind == "regex":
        return _long(sql.call("len", sql.call("regexp_extract_all", text(use, 0), sql.text(_pattern(use, 1)))))
    return sql.call("kx_texts_count_of", text(use, 0), text(use, 1))


def _codepoints_to_string(use: Use) -> Expr:
    from keywitness.engine.lowering import dynamics  # it is imported by conversions

    return sql.call("kx_texts_from_codepoints", *dynamics.json_arguments(use))


def _parse_version(use: Use) -> Expr:
    raise cannot(
        "parse_version() gives a number of up to 32 digits, which no type here holds",
        "compare the parts: split(v, '.')",
    )


LOWERINGS: Table = {
    "strcat": lambda use: sql.call("concat", *texts(use)),
    "strcat_delim": _strcat_delim,
    "strcmp": _strcmp,
    "strrep": _strrep,
    "strlen": _length("length"),
    "string_size": _length("strlen"),
    "toupper": _on_texts("upper"),
    "tolower": _on_texts("lower"),
    "reverse": _on_texts("kw_reverse"),
    "substring": _substring,
    "indexof": _indexof,
    "indexof_regex": _indexof_regex,
    "has_any_index": lambda use: sql.call("kx_texts_has_any_index", text(use, 0), use.args[1]),
    "split": _split,
    "extract": _extract,
    "extract_all": _extract_all,
    "regex_quote": _on_texts("kx_texts_quoted_pattern"),
    "replace_regex": _replace_regex,
    "replace_string": _replace_string,
    "replace_strings": lambda use: sql.call("kx_texts_replaced", text(use, 0), use.args[1], use.args[2]),
    "trim": _trim(start=True, end=True),
    "trim_start": _trim(start=True, end=False),
    "trim_end": _trim(start=False, end=True),
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
    "parse_url": _on_texts("kx_texts_parse_url"),
    "parse_urlquery": _on_texts("kx_texts_parse_urlquery"),
    "parse_version": _parse_version,
    "parse_xml": _on_texts("kx_texts_parse_xml"),
    "punycode_from_string": _on_texts("kx_texts_punycode"),
    "punycode_to_string": _on_texts("kx_texts_from_punycode"),
    "punycode_domain_from_string": _on_texts("kx_texts_domain_from_punycode"),
    "punycode_domain_to_string": _on_texts("kx_texts_domain_to_punycode"),
}
