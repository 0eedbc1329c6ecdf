"""Strings: building, cutting, searching, replacing."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, Naming, scalar

FUNCTIONS: tuple[Function, ...] = (
    scalar("strcat", "(arg: printed*) -> string"),
    scalar("strcat_array", "(array: dynamic, delimiter: printed) -> string", aliases="array_strcat"),
    scalar("strcat_delim", "(delimiter: printed, arg: printed*) -> string"),
    scalar("strcmp", "(s1: printed, s2: printed) -> long"),
    scalar("strrep", "(value: printed, multiplier: long, delimiter: printed?) -> string"),
    scalar("strlen", "(string: text) -> long", prefix="strlen"),
    scalar("string_size", "(string: text) -> long", prefix="string_size"),
    scalar("toupper", "(value: printed) -> string"),
    scalar("tolower", "(value: printed) -> string"),
    scalar("reverse", "(value: printed) -> string"),
    scalar("substring", "(source: printed, start: integer, length: integer?) -> string"),
    scalar(
        "indexof", "(source: printed, lookup: printed, start: integer?, length: integer?, occurrence: integer?) -> long"
    ),
    scalar(
        "indexof_regex",
        "(source: printed, lookup: const printed, start: integer?, length: integer?, occurrence: integer?) -> long",
    ),
    scalar("has_any_index", "(source: text, values: dynamic) -> long"),
    scalar("split", "(source: printed, delimiter: string, index: integer?) -> dynamic", naming=Naming.FIRST),
    scalar(
        "extract",
        "(regex: const string, group: long, source: string) -> string",
        "(regex: const string, group: long, source: string, type: type) -> typed",
    ),
    scalar(
        "extract_all",
        "(regex: const string, source: string) -> dynamic",
        "(regex: const string, groups: dynamic, source: string) -> dynamic",
        aliases="extractall",
    ),
    scalar("regex_quote", "(string: printed) -> string"),
    scalar("replace", "(regex: const string, rewrite: const string, source: string) -> string", means="replace_regex"),
    scalar("replace_regex", "(source: string, regex: const string, rewrite: const string) -> string"),
    scalar("replace_string", "(text: string, lookup: string, rewrite: string) -> string"),
    scalar("replace_strings", "(text: string, lookups: dynamic, rewrites: dynamic) -> string"),
    scalar("trim", "(regex: const string, source: string) -> string"),
    scalar("trim_start", "(regex: const string, source: string) -> string"),
    scalar("trim_end", "(regex: const string, source: string) -> string"),
    scalar("countof", "(source: string, search: string, kind: const string?) -> long"),
    scalar("translate", "(search: string, replacement: string, source: string) -> string"),
    scalar("isempty", "(value: any) -> bool"),
    scalar("isnotempty", "(value: any) -> bool", aliases="notempty"),
    scalar("isascii", "(value: printed) -> bool"),
    scalar("isutf8", "(value: printed) -> bool"),
    scalar("unicode_codepoints_from_string", "(value: printed) -> dynamic", aliases="to_utf8"),
    scalar("unicode_codepoints_to_string", "(value: integers*) -> string", aliases="make_string"),
    scalar("parse_command_line", "(command: printed, parser: const string) -> dynamic"),
    scalar("parse_csv", "(csv_text: string) -> dynamic", naming=Naming.FIRST),
    scalar("parse_path", "(path: string) -> dynamic"),
    scalar("parse_url", "(url: string) -> dynamic", aliases="parseurl"),
    scalar("parse_urlquery", "(query: string) -> dynamic", aliases="parseurlquery"),
    scalar("parse_version", "(version: string) -> decimal"),
    scalar("parse_xml", "(xml_text: string) -> dynamic", naming=Naming.FIRST),
    scalar("parse_user_agent", "(user_agent: string, look_for: text) -> dynamic"),
    scalar("punycode_from_string", "(string: string) -> string"),
    scalar("punycode_to_string", "(string: string) -> string"),
    scalar("punycode_domain_from_string", "(string: string) -> string"),
    scalar("punycode_domain_to_string", "(string: string) -> string"),
)
