"""From one type to another, and questions about types and nulls."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, Naming, scalar

_FIRST = Naming.FIRST

FUNCTIONS: tuple[Function, ...] = (
    scalar("tostring", "(value: any) -> string", naming=_FIRST),
    scalar("tolong", "(value: any) -> long", naming=_FIRST),
    scalar("toint", "(value: any) -> int", naming=_FIRST),
    scalar("todouble", "(value: any) -> real", naming=_FIRST, aliases="toreal"),
    scalar("todecimal", "(value: any) -> decimal", naming=_FIRST),
    scalar("tobool", "(value: any) -> bool", naming=_FIRST, aliases="toboolean"),
    scalar("todatetime", "(value: any) -> datetime", naming=_FIRST),
    scalar("totimespan", "(value: any) -> timespan", naming=_FIRST, aliases="totime"),
    scalar("toguid", "(value: text|guid) -> guid", naming=_FIRST),
    scalar("tohex", "(value: integer, length: integer?) -> string", naming=_FIRST),
    scalar(
        "parse_json",
        "(json_text: text) -> dynamic",
        naming=_FIRST,
        aliases=("todynamic", "toobject", "parsejson"),
    ),
    scalar("dynamic_to_json", "(value: any) -> string"),
    scalar("gettype", "(value: any) -> string", prefix="type"),
    scalar("isnull", "(value: any) -> bool"),
    scalar("isnotnull", "(value: any) -> bool", aliases="notnull"),
    scalar("iff", "(condition: bool, then: common, else: common) -> common", aliases="iif"),
    scalar("case", "(predicate: bool, then: common, rest: common*) -> common"),
    scalar("coalesce", "(arg: common*) -> common"),
    scalar("max_of", "(arg: common*) -> common"),
    scalar("min_of", "(arg: common*) -> common"),
    scalar("column_ifexists", "(column: const string, default: any) -> second", aliases="columnifexists"),
    scalar("toscalar", "(table: any) -> first"),
    scalar("assert", "(predicate: bool, message: const string) -> bool"),
    scalar("not", "(expression: bool) -> bool"),
)
