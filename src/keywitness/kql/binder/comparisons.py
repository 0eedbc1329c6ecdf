"""Comparisons, string operators, `between` and `in`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics, everywhere
from keywitness.kql.binder.context import Rows, ScalarValue, Table, UserFunction
from keywitness.kql.binder.types import (
    BOOL,
    DATETIME,
    DYNAMIC,
    GUID,
    LONG,
    REAL,
    STRING,
    TIMESPAN,
    comparable,
    convert,
    widest,
)
from keywitness.kql.diagnostics import nearest
from keywitness.kql.functions.function import INTEGER, NUMBER
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    from keywitness.kql.binder.expressions import Expressions

_EQUALITY = {"==": "equal", "!=": "not_equal"}
_ORDER = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"}
_SAME_TEXT = {"=~": "equal_ci", "!~": "not_equal_ci"}
_ORDERED = NUMBER | {BOOL, DATETIME, TIMESPAN}
_NUMERIC = re.compile(r"-?\d+(\.\d+)?\Z", re.ASCII)
_GUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\Z")


def bind_binary(e: Expressions, node: syntax.Binary) -> plan.Scalar:
    """A comparison or a string operator, over one value or over all columns (`* has "x"`)."""
    if isinstance(node.left, syntax.Star):
        return _any_column(e, node)
    if isinstance(node.right, syntax.NameRef) and (refused := _bare_word(e, node.left, node.right)):
        raise refused
    left, right = e.bind_all((node.left, node.right))
    return compare(node, left, right)


def _bare_word(e: Expressions, text: syntax.Node, word: syntax.NameRef) -> diagnostics.RefusedError | None:
    """The refusal of a word without quotes: nothing like it exists, and what it is compared with is a string column."""
    column = e.column(text.name) if isinstance(text, syntax.NameRef) else None
    if column is None or column.type is not STRING or e.column(word.name) or e.scope.find(word.name):
        return None
    near = nearest(word.name, [*(c.name for c in e.visible()), *e.scope, "null", "none", "nil"])
    if near or word.name in e.context.unsure or e.context.catalog.schema(word.name):
        return None
    return diagnostics.text_without_quotes(word.span, word.name)


def compare(node: syntax.Binary, left: plan.Scalar, right: plan.Scalar) -> plan.Scalar:
    """`left op right` for bound sides.

    Raises:
        RefusedError: If Kusto does not compare these types.
    """
    if node.op in _EQUALITY:
        if left.type is right.type is DYNAMIC:
            help = "convert both sides, for instance with tostring()"
            raise diagnostics.cannot_compare(node.span, left.type, right.type, help)
        return plan.Call(_EQUALITY[node.op], agree(node.span, left, right), BOOL)
    if node.op in _ORDER:
        return _ordered(node, left, right)
    if node.op in _SAME_TEXT:
        return plan.Call(_SAME_TEXT[node.op], (_text(node, left), _text(node, right)), BOOL)
    return _string_operator(node, left, right)


def agree(span: syntax.Span, left: plan.Scalar, right: plan.Scalar) -> tuple[plan.Scalar, plan.Scalar]:
    """Both sides in the type in which they are compared.

    Raises:
        RefusedError: If there is none.
    """
    if {left.type, right.type} == {GUID, STRING}:
        return as_guid(left), as_guid(right)
    if left.type is right.type is DYNAMIC:
        return left, right
    type = comparable(left.type, right.type)
    if type is None:
        raise diagnostics.cannot_compare(
            span, left.type, right.type, _rewritten(left, right) or _rewritten(right, left)
        )
    return convert(left, type), convert(right, type)


def _rewritten(value: plan.Scalar, literal: plan.Scalar) -> str:
    """How to write a literal so that it has the other side's type, for a help line."""
    if not isinstance(literal, plan.Literal) or literal.value is None:
        return ""
    if value.type is BOOL and literal.value in ("true", "false"):
        return f"write {literal.value}, without quotes"
    if value.type is STRING and literal.type in NUMBER:
        return f'compare with text: "{literal.value}"'
    if literal.type is STRING and value.type in {DATETIME, TIMESPAN, *NUMBER} and isinstance(literal.value, str):
        if value.type not in NUMBER:
            return f"write {value.type.value}({literal.value[:40]})"
        return f"write {literal.value}, without quotes" if _NUMERIC.match(literal.value) else ""
    if value.type is TIMESPAN and literal.type in NUMBER:
        return f"a span of time has a unit: {literal.value}s, {literal.value}m, {literal.value}h"
    return ""


def as_guid(value: plan.Scalar) -> plan.Scalar:
    """A string beside a guid, read as one: log columns ending in `_g` are compared with text in every query."""
    if value.type is GUID:
        return value
    if isinstance(value, plan.Literal) and _GUID.match(value.value):
        digits = value.value.replace("-", "").lower()
        return plan.Literal("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])), GUID)
    return convert(value, GUID)


def _ordered(node: syntax.Binary, left: plan.Scalar, right: plan.Scalar) -> plan.Scalar:
    types = {left.type, right.type}
    numeric_dynamic = DYNAMIC in types and types - {DYNAMIC} <= NUMBER
    if numeric_dynamic:
        read = LONG if types & INTEGER else REAL
        return plan.Call(_ORDER[node.op], (convert(left, read), convert(right, read)), BOOL)
    if not types <= _ORDERED or comparable(left.type, right.type) is None:
        help = "strcmp(a, b) < 0 compares strings" if types == {STRING} else _rewritten(left, right)
        if DATETIME in types and types & NUMBER:
            help = "a time is written datetime(2026-01-31), and ago(1d) is one"
        if DYNAMIC in types:
            help = "convert the dynamic side, for instance with todatetime()"
        raise diagnostics.wrong_operands(node.span, node.op, left.type, right.type, help)
    return plan.Call(_ORDER[node.op], agree(node.span, left, right), BOOL)


def _text(node: syntax.Binary, value: plan.Scalar) -> plan.Scalar:
    """An operand of a string operator. Guids count as text, because columns ending in `_g` are used so."""
    if value.type not in {STRING, DYNAMIC, GUID}:
        raise diagnostics.wrong_operands(node.span, node.op, value.type, STRING, "convert it with tostring()")
    return convert(value, STRING)


def _string_operator(node: syntax.Binary, left: plan.Scalar, right: plan.Scalar) -> plan.Scalar:
    negated = node.op.startswith(("!", "not"))
    name = node.op.removeprefix("!").removeprefix("not")
    if name in {"like", "like_cs"}:
        help = "use contains, startswith, endswith or matches regex"
        raise diagnostics.not_supported(node.span, f"'{node.op}'", help)
    if name == ":":
        name = "has"
    name = name.replace(" ", "_")
    result = plan.Call(name, (_text(node, left), _text(node, right)), BOOL)
    return plan.Call("not", (result,), BOOL) if negated else result


def _any_column(e: Expressions, node: syntax.Binary) -> plan.Scalar:
    """`* op value`: true when it holds for some visible column that the operator can be asked of."""
    right = e.bind(node.right)
    found: list[plan.Scalar] = []
    for column in e.visible():
        left = everywhere.counted(column, node.op, right, node.span)
        if left is None:
            continue
        try:
            found.append(compare(node, left, right))
        except diagnostics.RefusedError:
            continue
    if not found:
        raise diagnostics.cannot_compare(node.span, STRING, right.type)
    if node.op.startswith(("!", "not")):
        return plan.Call("and", tuple(found), BOOL)
    return found[0] if len(found) == 1 else plan.Call("or", tuple(found), BOOL)


# ---------------------------------------------------------------- between


def bind_between(e: Expressions, node: syntax.Between) -> plan.Scalar:
    """`value between (low .. high)`; a timespan as the upper bound of a datetime counts from the lower."""
    value, low, high = e.bind_all((node.value, node.low, node.high))
    if value.type is DATETIME and low.type is DATETIME and high.type is TIMESPAN:
        from keywitness.kql.binder.folding import fold

        high = fold(plan.Call("add", (low, high), DATETIME))
    type = _range_type(value.type, low.type, high.type)
    if type is None:
        help = _rewritten(value, low)
        if STRING in {value.type, low.type} and not help:
            help = "text has no order; ipv4_is_in_range() and ipv4_is_in_any_range() are about addresses"
        raise diagnostics.wrong_operands(node.span, "between", value.type, low.type, help)
    result = plan.Call("between", tuple(convert(v, type) for v in (value, low, high)), BOOL)
    return plan.Call("not", (result,), BOOL) if node.negated else result


def _range_type(*types: KqlType) -> KqlType | None:
    plain = {t for t in types if t is not DYNAMIC}
    if plain and plain <= NUMBER:
        mixed = len(plain) < len(set(types))
        return (LONG if plain <= INTEGER else REAL) if mixed else widest(sorted(plain))
    if len(plain) == 1 and plain <= {DATETIME, TIMESPAN}:
        return plain.pop()
    return None


# ---------------------------------------------------------------- in, has_any, has_all


def bind_in(e: Expressions, node: syntax.In) -> plan.Scalar:
    """`in`, `in~`, `has_any`, `has_all` and their negations, over values, an array or a table."""
    negated = node.op.startswith("!")
    op = node.op.removeprefix("!")
    bind = _bind_has if op.startswith("has") else _bind_membership
    if isinstance(node.value, syntax.Star):
        result = _any_column_in(e, node, op, bind)
    else:
        result = bind(e, node, op, e.bind(node.value))
    return plan.Call("not", (result,), BOOL) if negated else result


_InBinder = Callable[["Expressions", syntax.In, str, plan.Scalar], plan.Scalar]


def _any_column_in(e: Expressions, node: syntax.In, op: str, bind: _InBinder) -> plan.Scalar:
    for column in e.visible():
        for item in e.bind_all(node.items) if len(node.items) > 1 or isinstance(node.items[0], syntax.Literal) else ():
            everywhere.counted(column, op, item, node.span)
    texts = (plan.ColumnRef(c.name, c.type) for c in e.visible() if c.type in everywhere.TEXTS)
    found = [bind(e, node, op, column) for column in texts]
    if not found:
        raise diagnostics.column_expected(node.value.span)
    return found[0] if len(found) == 1 else plan.Call("or", tuple(found), BOOL)


def _bind_has(e: Expressions, node: syntax.In, op: str, value: plan.Scalar) -> plan.Scalar:
    if value.type not in {STRING, DYNAMIC, GUID}:
        raise diagnostics.wrong_operands(node.value.span, op, value.type, STRING, "convert it with tostring()")
    rows = _table(e, node)
    if rows is not None:
        items: tuple[plan.Scalar, ...] = (_as_array(rows),)
    else:
        items = tuple(e.bind_all(node.items))
    texts = tuple(i if i.type is DYNAMIC else convert(i, STRING) for i in items)
    return plan.Call(op, (convert(value, STRING), *texts), BOOL)


def _as_array(rows: Rows) -> plan.Scalar:
    """The first column of a table as one dynamic array."""
    first = rows.schema.visible()[0]
    aggregate = plan.Aggregate("make_set", (plan.ColumnRef(first.name, first.type),), DYNAMIC)
    return plan.ToScalar(plan.Summarize(rows.plan, (), (plan.NamedAggregate(first.name, aggregate),)), DYNAMIC)


def _bind_membership(e: Expressions, node: syntax.In, op: str, value: plan.Scalar) -> plan.Scalar:
    ignore_case = op == "in~"
    if ignore_case and value.type not in {STRING, DYNAMIC, GUID}:
        raise diagnostics.wrong_type(node.value.span, value.type, [STRING, DYNAMIC])
    rows = _table(e, node)
    if rows is not None:
        return _in_table(node, value, rows, ignore_case)
    function = "in_ci" if ignore_case else "in"
    if ignore_case:
        value = convert(value, STRING)
    groups: dict[KqlType, list[plan.Scalar]] = {}
    needles: dict[KqlType, plan.Scalar] = {}
    arrays: list[plan.Scalar] = []
    for item in node.items:
        bound = e.bind(item)
        if bound.type is DYNAMIC:
            arrays.append(_in_array(function, value, bound))
            continue
        needle, bound = agree(item.span, value, bound)
        groups.setdefault(needle.type, []).append(bound)
        needles[needle.type] = needle
    lists = [plan.Call(function, (needles[t], *items), BOOL) for t, items in groups.items()]
    found = [*lists, *arrays]
    if not found:
        return plan.Literal(False, BOOL)
    return found[0] if len(found) == 1 else plan.Call("or", tuple(found), BOOL)


def _in_array(function: str, value: plan.Scalar, array: plan.Scalar) -> plan.Scalar:
    """Membership in a dynamic array. A guid is compared as text without case, as its spelling varies."""
    if value.type is GUID:
        return plan.Call("in_ci", (convert(value, STRING), array), BOOL)
    return plan.Call(function, (value, array), BOOL)


def _in_table(node: syntax.In, value: plan.Scalar, rows: Rows, ignore_case: bool) -> plan.Scalar:
    visible = rows.schema.visible()
    if not visible:
        raise diagnostics.table_expected(node.items[0].span, "this")
    first: plan.Scalar = plan.ColumnRef(visible[0].name, visible[0].type)
    needle, column = agree(node.items[0].span, value, first)
    if ignore_case:
        needle, column = convert(needle, STRING), convert(column, STRING)
    narrowed = plan.Project(rows.plan, (plan.Named(visible[0].name, column),))
    return plan.InTable(needle, narrowed, ignore_case)


def _table(e: Expressions, node: syntax.In) -> Rows | None:
    """The table behind `in (T)` or `in ((T | project c))`, None for values."""
    if len(node.items) != 1:
        return None
    item = node.items[0]
    match item:
        case syntax.Pipeline():
            return e.context.bind_table(e.context, e.scope, item)
        case syntax.NameRef(name=name) if e.column(name) is None:
            entity = e.scope.find(name)
            if isinstance(entity, ScalarValue):
                return None
            if isinstance(entity, Table | UserFunction) or e.context.catalog.schema(name) is not None:
                return e.context.bind_table(e.context, e.scope, item)
        case syntax.Call(function=function):
            return e.tabular_call(item, function.name)
    return None
