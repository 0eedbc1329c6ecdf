"""`parse`, `parse-where` and `parse-kv`: columns out of text, as calls of functions that an engine has anyway."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Rows, Scope, null
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.names import Names
from keywitness.kql.binder.types import BOOL, DYNAMIC, LONG, STRING, convert
from keywitness.model.schema import KqlType

_WHOLE = r"([-+]?\d+)"
_FRACTION = r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)"
_GROUPS = {KqlType.INT: _WHOLE, KqlType.LONG: _WHOLE, KqlType.REAL: _FRACTION, KqlType.DECIMAL: _FRACTION}
_NAMED = re.compile(r"\(\?<(?=\w)")  # a named group, which Python writes otherwise
_SPECIAL = re.compile(r"([.^$*+?{}\[\]\\|()])")


@dataclass(frozen=True, slots=True)
class Pattern:
    """The regular expression of a parse pattern, and the group of each column in it."""

    regex: str
    groups: tuple[tuple[str, KqlType, int], ...]


def pattern(node: syntax.Parse) -> Pattern:
    """Translate a parse pattern.

    Simple and relaxed patterns cover the whole text unless they end in `*`, and take the shortest text between
    two constants; in regex mode text columns are greedy and the expression may match anywhere.

    Raises:
        RefusedError: If a constant is no regular expression in regex mode, or a column or a `*` has no end.
    """
    _check_neighbours(node)
    regex_mode = node.kind == "regex"
    parts: list[str] = []
    groups: list[tuple[str, KqlType, int]] = []
    number = 0
    for place, item in enumerate(node.pattern):
        last = place == len(node.pattern) - 1
        match item:
            case syntax.Star():
                parts.append(".*?" if not last else "")
            case syntax.Literal(value=str(text)):
                parts.append(text if regex_mode else _SPECIAL.sub(r"\\\1", text))
                number += _capturing(item, text) if regex_mode else 0
            case syntax.ColumnDecl(name=name, type=type):
                number += 1
                groups.append((name.name, type or STRING, number))
                open = not last and isinstance(node.pattern[place + 1], syntax.Star)
                parts.append(_open_group(node.kind, type) if open and type else _group(node.kind, type or STRING, last))
            case _:
                raise diagnostics.bad_value(item.span, "a parse pattern has constants, columns and `*`")
    ends_open = bool(node.pattern) and isinstance(node.pattern[-1], syntax.Star)
    if regex_mode:
        return Pattern(f"(?{node.flags})" * bool(node.flags) + "".join(parts), tuple(groups))
    return Pattern("(?s)^" + "".join(parts) + ("" if ends_open else "$"), tuple(groups))


def _check_neighbours(node: syntax.Parse) -> None:
    """Refuse a column or a `*` of which nothing says where it ends; a number before `*` ends with its digits."""
    for before, item in pairwise(node.pattern):
        match before, item:
            case syntax.ColumnDecl(), syntax.ColumnDecl():
                message = "nothing says where the column before this one ends"
                raise diagnostics.bad_value(item.span, message, "put a constant between the two")
            case syntax.Star(), syntax.ColumnDecl() | syntax.Star():
                raise diagnostics.parsed_after_star(item.span)
            case syntax.ColumnDecl(type=None | KqlType.STRING), syntax.Star():
                raise diagnostics.parsed_before_star(item.span)
            case syntax.ColumnDecl(type=type), syntax.Star() if type not in _GROUPS:
                message = f"how much of the text a {type} takes before '*' is not documented"
                raise diagnostics.bad_value(item.span, message, "put a constant between the two")


def _open_group(kind: str, type: KqlType) -> str:
    """A number before `*`: its digits, where the text has some; a relaxed pattern goes on without."""
    return _GROUPS[type].removesuffix(")") + "|)" if kind == "relaxed" else _GROUPS[type]


def _group(kind: str, type: KqlType, last: bool) -> str:
    if kind == "regex":
        return _GROUPS.get(type, "(.*)")
    if kind == "relaxed" or type not in _GROUPS:
        return "(.*)" if last else "(.*?)"
    return _GROUPS[type]


def _capturing(node: syntax.Node, text: str) -> int:
    """The number of groups that a constant of a regex pattern brings along."""
    try:
        return re.compile(_NAMED.sub("(?P<", text)).groups
    except re.error as error:
        raise diagnostics.bad_value(node.span, f"this is no regular expression: {error}") from None


def bind_parse(context: Context, scope: Scope, rows: Rows, node: syntax.Parse) -> Rows:
    """`parse`: columns of the groups; a text that does not match, or a value of another type, leaves all empty."""
    e = Expressions(context, scope, rows)
    text = convert(e.bind(node.expression), STRING)
    found = pattern(node)
    regex = plan.Literal(found.regex, STRING)
    values: dict[str, plan.Scalar] = {}
    for name, type, group in found.groups:
        if name in values:
            raise diagnostics.already_named(node.span, name)
        values[name] = convert(plan.Call("extract", (regex, plan.Literal(group, LONG), text), STRING), type)
    typed = [v for v in values.values() if v.type is not STRING]
    if typed and node.kind != "relaxed":
        fits = _all([plan.Call("isnotnull", (v,), BOOL) for v in typed])
        alone = len(values) == 1
        values = {n: v if alone else plan.Call("iff", (fits, v, null(v.type)), v.type) for n, v in values.items()}
    else:
        fits = None
    columns = {c.name: kept(c) for c in rows.schema}
    columns |= {n: plan.Named(n, v) for n, v in values.items()}
    source = rows.plan
    if node.drop_unmatched:
        matched = plan.Call("matches_regex", (text, regex), BOOL)
        source = plan.Filter(source, _all([matched] if fits is None else [matched, fits]))
    return rows.over(plan.Project(source, tuple(columns.values())))


def _all(conditions: list[plan.Scalar]) -> plan.Scalar:
    return conditions[0] if len(conditions) == 1 else plan.Call("and", tuple(conditions), BOOL)


# ---------------------------------------------------------------- parse-kv

_KV_GROUPS = 2
_KV_OPTIONS = {"pair_delimiter": "", "kv_delimiter": "", "quote": "", "escape": "", "greedy": False, "regex": ""}


def _kv_option(option: syntax.Option, value: plan.Scalar) -> plan.Scalar:
    """A property of parse-kv.

    Raises:
        RefusedError: If it is an empty delimiter, or an expression without two groups, which its page asks for.
    """
    if isinstance(value, plan.Literal) and isinstance(value.value, str):
        if option.name.endswith("delimiter") and not value.value:
            raise diagnostics.bad_value(option.value.span, f"{option.name} of parse-kv is empty", "leave it out")
        if option.name == "regex":
            if _capturing(option.value, value.value) != _KV_GROUPS:
                message = "regex of parse-kv needs two groups, the first for the key and the second for the value"
                raise diagnostics.bad_value(option.value.span, message)
            return plan.Literal(_NAMED.sub("(?P<", value.value), STRING)
    return value


def bind_parse_kv(context: Context, scope: Scope, rows: Rows, node: syntax.ParseKv) -> Rows:
    """`parse-kv`: one property bag per row, then its members in the types of the columns."""
    e = Expressions(context, scope, rows)
    text = convert(e.bind(node.expression), STRING)
    options: dict[str, plan.Scalar] = {
        name: plan.Literal(value, BOOL if isinstance(value, bool) else STRING) for name, value in _KV_OPTIONS.items()
    }
    for option in node.options:
        if option.name not in options:
            raise diagnostics.unknown_argument(option.span, option.name, list(options))
        options[option.name] = _kv_option(option, e.bind_constant(option.value, f"'{option.name}'"))
    bag: plan.Scalar = plan.Call("parse_kv", (text, *options.values()), DYNAMIC)
    name = context.fresh("kv")
    wide = plan.Project(rows.plan, (*(kept(c) for c in rows.schema), plan.Named(name, bag, hidden=True)))
    columns = {c.name: kept(c) for c in rows.schema}
    names = Names()
    for declared in node.columns:
        if declared.name.name in names:
            raise diagnostics.already_named(declared.name.span, declared.name.name)
        key = names.take(declared.name.name)
        member = plan.Call("member", (plan.ColumnRef(name, DYNAMIC), plan.Literal(key, STRING)), DYNAMIC)
        columns[key] = plan.Named(key, convert(convert(member, STRING), declared.type or STRING))
    return rows.over(plan.Project(wide, tuple(columns.values())))
