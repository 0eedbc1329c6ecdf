"""Plugins of `evaluate`, bound to ordinary operators.

Where the columns of a plugin depend on the rows, a first run finds them: `Context.probe`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from keywitness.kql import functions, plan, syntax
from keywitness.kql.binder import (
    activity,
    calls,
    diagnostics,
    lookups,
    mining,
    schema_merge,
    sequences,
    subqueries,
)
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Rows, Scope, null
from keywitness.kql.binder.expressions import Aggregates, Expressions
from keywitness.kql.binder.types import BOOL, DYNAMIC, GUID, INT, LONG, REAL, STRING, convert
from keywitness.kql.diagnostics import quoted
from keywitness.model.schema import Column, KqlType

_TYPES = {
    "bool": BOOL,
    "int": LONG,
    "long": LONG,
    "real": REAL,
    "double": REAL,
    "string": STRING,
}
#: Plugins whose columns depend on the rows.
_WITH_SCHEMA = ("bag_unpack", "pivot")
_CONFLICT = (
    "bag_unpack: a bag has a key that is a column already; say columnsConflict='keep_source' or 'replace_source'"
)
_CONFLICTS = ("error", "replace_source", "keep_source")


def bind_evaluate(context: Context, scope: Scope, rows: Rows | None, node: syntax.Evaluate) -> Rows:
    """`evaluate plugin(...)`.

    Raises:
        Refused: If keywitness does not have the plugin.
    """
    name = node.call.function.name
    row = functions.find_plugin(name)
    if row is None:
        known = [f.name for f in functions.FAMILIES["Plugins"] if not f.refusal]
        raise diagnostics.unknown_plugin(node.call.function.span, name, known)
    binder = _PLUGINS.get(name)
    if name == "preview":
        help = "it gives two results: put it last, or use `take` or `count`"
        raise diagnostics.not_supported(node.call.function.span, "preview() before another operator", help)
    if row.refusal or binder is None or rows is None:
        raise diagnostics.not_supported(node.call.function.span, f"the plugin {name}()", row.refusal)
    if node.columns is not None and name not in _WITH_SCHEMA:
        raise diagnostics.not_supported(node.span, f"a schema behind {name}()", "leave it out: its columns are known")
    return binder(context, scope, rows, node)


def _split(node: syntax.Call) -> tuple[list[syntax.Node], dict[str, syntax.Node]]:
    """Arguments by place and by name."""
    placed: list[syntax.Node] = [a for a in node.args if not isinstance(a, syntax.Named)]
    named: dict[str, syntax.Node] = {a.names[0].name: a.value for a in node.args if isinstance(a, syntax.Named)}
    return placed, named


def _probed(context: Context, span: syntax.Span, name: str, query: plan.Plan) -> Sequence[tuple[object, ...]]:
    if context.probe is None:
        help = "run it on a case"
        if name == "bag_unpack":
            help = "say the columns: `evaluate bag_unpack(d) : (name: string, size: long)`"
        raise diagnostics.not_supported(span, f"{name}() without looking at the rows", help)
    return context.probe(query)


# ---------------------------------------------------------------- bag_unpack


def _bag_unpack(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Rows:
    """One column per key of a property bag, in alphabetical order behind the other columns.

    A key that is called like the bag takes the bag's place.
    """
    e = Expressions(context, scope, rows)
    placed, named = _split(node.call)
    if not placed or not isinstance(placed[0], syntax.NameRef):
        raise diagnostics.column_expected(placed[0].span if placed else node.call.span)
    bag = e.bind(placed[0])
    if not isinstance(bag, plan.ColumnRef) or bag.type is not DYNAMIC:
        raise diagnostics.wrong_type(placed[0].span, bag.type, [DYNAMIC])
    prefix = _text(e, placed[1] if len(placed) > 1 else named.get("OutputColumnPrefix"), "")
    conflict = _text(e, named.get("columnsConflict"), "error")
    if conflict not in _CONFLICTS:
        raise diagnostics.bad_value(node.call.span, f"'{conflict}' is no columnsConflict", ", ".join(_CONFLICTS))
    ignored = _texts(e, named.get("ignoredProperties"))
    others = {c.name: kept(c) for c in rows.schema if c.name != bag.name}
    if node.columns is not None:
        for column in node.columns:
            if column.name.name.removeprefix(prefix) in ignored:
                message = f"{quoted(column.name.name)} is ignored, and the schema of bag_unpack() names it"
                raise diagnostics.bad_value(column.span, message)
        return rows.over(plan.Project(rows.plan, _declared(node, bag, prefix, conflict, others)))
    for key, type in sorted(_keys(context, node, rows, bag).items()):
        name = prefix + key
        if key in ignored or (name in others and conflict == "keep_source"):
            continue
        if name in others and conflict == "error":
            raise diagnostics.already_named(node.call.span, name)
        others[name] = plan.Named(name, _member(bag, key, type))
    in_place = {c.name: others[c.name] for c in rows.schema if c.name in others}
    return rows.over(plan.Project(rows.plan, tuple({**in_place, **others}.values())))


def _member(bag: plan.Scalar, key: str, type: KqlType) -> plan.Scalar:
    return convert(plan.Call("member", (bag, plan.Literal(key, STRING)), DYNAMIC), type)


def _declared(
    node: syntax.Evaluate, bag: plan.Scalar, prefix: str, conflict: str, others: dict[str, plan.Named]
) -> tuple[plan.Named, ...]:
    """The columns that the text names; with `*` the others of the input before them.

    A name that the input has means the column of the input, and a bag that has it too is an error, unless the
    conflict is settled.
    """
    columns = dict(others) if node.open_schema else {c.name: c for c in others.values() if c.hidden}
    for declared in node.columns or ():
        name = declared.name.name
        key = name.removeprefix(prefix)
        if name not in others or conflict == "replace_source":
            columns[name] = plan.Named(name, _member(bag, key, declared.type or STRING))
        elif declared.type not in (None, others[name].value.type):
            help = f"the input has it as {others[name].value.type}"
            raise diagnostics.bad_value(declared.name.span, f"'{name}' is declared as {declared.type}", help)
        elif conflict == "keep_source":
            columns[name] = others[name]
        else:
            columns[name] = plan.Named(name, _without_key(bag, key, others[name].value))
    return tuple(columns.values())


def _without_key(bag: plan.Scalar, key: str, value: plan.Scalar) -> plan.Scalar:
    """The value, where the bag does not have the key."""
    has = plan.Call("bag_has_key", (bag, plan.Literal(key, STRING)), BOOL)
    other = plan.Call("iff", (has, plan.Literal(False, BOOL), plan.Literal(True, BOOL)), BOOL)
    there = plan.Call("assert", (other, plan.Literal(_CONFLICT, STRING)), BOOL)
    return plan.Call("iff", (there, value, null(value.type)), value.type)


def _keys(context: Context, node: syntax.Evaluate, rows: Rows, bag: plan.ColumnRef) -> dict[str, KqlType]:
    """The keys of all bags and the type that their values share."""
    is_bag = plan.Call("equal", (plan.Call("gettype", (bag,), STRING), plan.Literal("dictionary", STRING)), BOOL)
    bags = plan.Project(plan.Filter(rows.plan, is_bag), (plan.Named(bag.name, bag),))
    pairs = plan.MvExpand(bags, (bag.name,), (DYNAMIC,), bags.schema, bag_kind="array")
    parts = [plan.Call("index", (bag, plan.Literal(i, LONG)), DYNAMIC) for i in (0, 1)]
    keys = (
        plan.Named("key", convert(parts[0], STRING)),
        plan.Named("type", plan.Call("gettype", (parts[1],), STRING)),
    )
    found: dict[str, set[KqlType]] = {}
    for key, type in _probed(context, node.call.span, "bag_unpack", plan.Summarize(pairs, keys, ())):
        types = found.setdefault(str(key), set())
        if type != "null":
            types.add(_TYPES.get(str(type), DYNAMIC))
    return {key: _shared_type(types) for key, types in found.items()}


def _shared_type(types: set[KqlType]) -> KqlType:
    return types.pop() if len(types) == 1 else DYNAMIC


def _text(e: Expressions, node: syntax.Node | None, otherwise: str) -> str:
    if node is None:
        return otherwise
    value = e.bind_constant(node, "this")
    if not isinstance(value, plan.Literal) or value.type is not STRING:
        raise diagnostics.wrong_type(node.span, value.type, [STRING])
    return str(value.value)


def _texts(e: Expressions, node: syntax.Node | None) -> set[str]:
    if node is None:
        return set()
    value = e.bind_constant(node, "this")
    if not isinstance(value, plan.Literal) or value.type is not DYNAMIC:
        raise diagnostics.wrong_type(node.span, value.type, [DYNAMIC])
    return {str(v) for v in json.loads(value.value or "[]")}


# ---------------------------------------------------------------- pivot

_CONDITIONAL = {
    "count": "countif",
    "sum": "sumif",
    "dcount": "dcountif",
    "min": "minif",
    "max": "maxif",
    "avg": "avgif",
    "take_any": "take_anyif",
    "stdev": "stdevif",
    "variance": "varianceif",
    "make_list": "make_list_if",
    "make_set": "make_set_if",
    "make_bag": "make_bag_if",
}


def _pivot(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Rows:
    """One column per value of the pivot column, holding the aggregate over the rows that have it."""
    collected = Aggregates()
    e = Expressions(context, scope, rows, collected)
    placed, _ = _split(node.call)
    if not placed or not isinstance(placed[0], syntax.NameRef):
        raise diagnostics.column_expected(placed[0].span if placed else node.call.span)
    pivot = e.without_aggregates().bind(placed[0])
    aggregate = _pivoted(e, placed[1] if len(placed) > 1 else None)
    kept_columns = _pivot_keys(e, placed, aggregate)
    by = plan.Summarize(rows.plan, (plan.Named("value", convert(pivot, STRING)),), ())
    values = sorted(str(value) for (value,) in _probed(context, node.call.span, "pivot", by))
    if "" in values:
        help = "leave the rows out, or give the value a name: extend x = iff(isempty(x), 'none', x)"
        raise diagnostics.bad_value(node.call.span, "pivot() of an empty value: no page names its column", help)
    columns = [plan.NamedAggregate(v, _only(aggregate, pivot, v)) for v in values]
    keys = tuple(plan.Named(c.name, plan.ColumnRef(c.name, c.type)) for c in kept_columns)
    clash = {k.name for k in keys} & set(values)
    if clash:
        raise diagnostics.already_named(node.call.span, clash.pop())
    result = plan.Summarize(rows.plan, keys, tuple(columns))
    return rows.unordered(result if node.columns is None else _pivot_declared(node, result, keys))


def _pivot_declared(node: syntax.Evaluate, result: plan.Summarize, keys: tuple[plan.Named, ...]) -> plan.Plan:
    """The columns that the text names. Values that it leaves out have no column, as in the page's own example.

    Raises:
        RefusedError: If one of them is not there or of another type, or a key is missing: an error in Kusto too.
    """
    if node.open_schema:
        raise diagnostics.not_supported(node.span, "'*' in the schema of pivot()", "name the columns")
    declared = node.columns or ()
    missing = {k.name for k in keys} - {c.name.name for c in declared}
    if missing:
        help = "name every column that stays, or say which stay: pivot(x, count(), key)"
        raise diagnostics.bad_value(node.span, f"the schema of pivot() leaves out {quoted(missing.pop())}", help)
    columns: list[plan.Named] = []
    for column in declared:
        found, type = result.schema.find(column.name.name), column.type or STRING
        if found is None:
            raise diagnostics.unknown_column(column.name.span, column.name.name, "", list(result.schema.names()))
        if found.type is not type:
            raise diagnostics.wrong_type(column.span, type, [found.type])
        columns.append(plan.Named(found.name, plan.ColumnRef(found.name, found.type)))
    return plan.Project(result, tuple(columns))


def _pivoted(e: Expressions, node: syntax.Node | None) -> plan.Aggregate:
    if node is None:
        return plan.Aggregate("count", (), LONG)
    row = functions.find_aggregate(node.function.name) if isinstance(node, syntax.Call) else None
    if not isinstance(node, syntax.Call) or row is None:
        raise diagnostics.aggregate_expected(node.span, "")
    if row.canonical not in _CONDITIONAL:
        raise diagnostics.not_supported(node.span, f"pivot() of {row.name}()", f"use {', '.join(_CONDITIONAL)}")
    return calls.aggregate(e, node, row)


def _pivot_keys(e: Expressions, placed: Sequence[syntax.Node], aggregate: plan.Aggregate) -> list[Column]:
    """The columns that stay: those named, else all that neither pivot nor aggregate uses."""
    if len(placed) > 2:
        named = [n.name for n in placed[2:] if isinstance(n, syntax.NameRef)]
        columns = [c for c in e.visible() if c.name in named]
    else:
        used = {placed[0].name} if isinstance(placed[0], syntax.NameRef) else set()
        used |= {a.name for a in aggregate.args if isinstance(a, plan.ColumnRef)}
        columns = [c for c in e.visible() if c.name not in used]
    for column in columns:
        if column.type is DYNAMIC:
            raise diagnostics.dynamic_not_allowed(placed[0].span, f"as a key of pivot ('{column.name}')")
    return columns


def _only(aggregate: plan.Aggregate, pivot: plan.Scalar, value: str) -> plan.Aggregate:
    """The aggregate over the rows with one value of the pivot column."""
    here = plan.Call("equal", (convert(pivot, STRING), plan.Literal(value, STRING)), BOOL)
    first, rest = aggregate.args[:1], aggregate.args[1:]
    return plan.Aggregate(_CONDITIONAL[aggregate.function], (*first, here, *rest), aggregate.type)


# ---------------------------------------------------------------- schema_merge


def _schema_merge(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Rows:
    placed, named = _split(node.call)
    preserve = placed[0] if placed else named.get("PreserveOrder")
    return schema_merge.bind_schema_merge(context, scope, rows, node, preserve)


# ---------------------------------------------------------------- narrow

_WRITTEN = (STRING, GUID, BOOL, INT, LONG)
_NULL_CELL = "narrow(): a cell is null, and its page does not say how that is written: replace nulls first"


def _narrow(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Rows:
    """One row per cell: the number of its row from 0, the name of its column, its text."""
    if node.call.args:
        raise diagnostics.argument_count(node.call.span, "narrow", ["()"], len(node.call.args))
    cells: list[plan.Scalar] = []
    for column in rows.schema.visible():
        if column.type not in _WRITTEN:
            help = f"its page does not say how: `extend {column.name} = tostring({column.name})` first"
            raise diagnostics.not_supported(node.call.span, f"narrow() of '{column.name}', a {column.type},", help)
        value: plan.Scalar = plan.ColumnRef(column.name, column.type)
        if column.type is not STRING:
            there = plan.Call("isnotnull", (value,), BOOL)
            there = plan.Call("assert", (there, plan.Literal(_NULL_CELL, STRING)), BOOL)
            value = plan.Call("iff", (there, convert(value, STRING), plan.Literal("", STRING)), STRING)
        cells += [plan.Literal(column.name, STRING), value]
    pairs = [plan.Call("pack_array", tuple(cells[i : i + 2]), DYNAMIC) for i in range(0, len(cells), 2)]
    packed = plan.Project(rows.plan, (plan.Named("cells", plan.Call("pack_array", tuple(pairs), DYNAMIC)),))
    text = """T | serialize Row = row_number(0) | mv-expand cells
        | project Row, Column = tostring(cells[0]), Value = tostring(cells[1])"""
    return subqueries.answer(context, text, {"T": rows.over(packed)}, {})


# ---------------------------------------------------------------- dcount_intersect

_MOST_SETS = 16


def _dcount_intersect(context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> Rows:
    """Beside the other columns `s0`, `s1` ...: the values in the first set, in the first two, and so on."""
    args = node.call.args
    if not 2 <= len(args) <= _MOST_SETS:
        texts = [f"(hll, ...), with 2 to {_MOST_SETS} of them"]
        raise diagnostics.argument_count(node.call.span, "dcount_intersect", texts, len(args))
    e = Expressions(context, scope, rows)
    sets: list[plan.Scalar] = []
    columns = {c.name: kept(c) for c in rows.schema}
    for number, argument in enumerate(args):
        column = e.bind(argument)
        if not isinstance(column, plan.ColumnRef):
            raise diagnostics.column_expected(argument.span)
        if column.type is not DYNAMIC:
            raise diagnostics.wrong_type(argument.span, column.type, [DYNAMIC])
        sets.append(column)
        if f"s{number}" in columns:
            raise diagnostics.already_named(argument.span, f"s{number}")
        counted = plan.Call("hll_intersection", tuple(sets), LONG)
        context.sketches.place(counted, node.call.span)
        columns[f"s{number}"] = plan.Named(f"s{number}", counted)
    return rows.over(plan.Project(rows.plan, tuple(columns.values())))


_PLUGINS: dict[str, Callable[[Context, Scope, Rows, syntax.Evaluate], Rows]] = {
    "bag_unpack": _bag_unpack,
    "pivot": _pivot,
    "schema_merge": _schema_merge,
    "ipv4_lookup": lookups.bind_ip_lookup,
    "ipv6_lookup": lookups.bind_ip_lookup,
    "dcount_intersect": _dcount_intersect,
    "narrow": _narrow,
    "basket": mining.bind_basket,
    "rows_near": sequences.bind_rows_near,
    "sequence_detect": sequences.bind_sequence_detect,
    **activity.PLUGINS,
}
