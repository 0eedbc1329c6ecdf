"""Calls of the language's own functions: signature, conversions, result type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from keywitness.kql import functions, plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import ScalarValue, Table, null
from keywitness.kql.binder.folding import fold, reads_columns
from keywitness.kql.binder.types import (
    BOOL,
    DATETIME,
    DECIMAL,
    DYNAMIC,
    GUID,
    INT,
    LONG,
    REAL,
    STRING,
    TIMESPAN,
    common,
    convert,
    widest,
)
from keywitness.kql.diagnostics import did_you_mean, quoted
from keywitness.kql.functions import Function, Parameter, Signature
from keywitness.kql.functions.function import INTEGER, NUMBER
from keywitness.kql.rewrite.tree import movable
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    from keywitness.kql.binder.expressions import Expressions

#: Conversions that change nothing when the value has the type already.
_IDENTITY = {
    "tostring": STRING,
    "tolong": LONG,
    "toint": INT,
    "todouble": REAL,
    "todecimal": DECIMAL,
    "tobool": BOOL,
    "todatetime": DATETIME,
    "totimespan": TIMESPAN,
    "toguid": GUID,
    "parse_json": DYNAMIC,
    "make_datetime": DATETIME,
    "make_timespan": TIMESPAN,
}
_OLD_LIMIT = 128


def bind_scalar(e: Expressions, node: syntax.Call, row: Function, *, whole: bool = False) -> plan.Scalar:
    """A scalar function of the language.

    Args:
        e: The expressions around it.
        node: The call.
        row: The function.
        whole: Take the values of a function that gives several columns, as one array.

    Raises:
        RefusedError: If number, types or constants of the arguments do not fit.
    """
    node = _without_names(node, row)
    _check_choices(node, row)
    if row.signatures[0].columns and not whole:
        raise diagnostics.several_values(node.span, row.name, [name for name, _ in row.signatures[0].columns])
    special = _SPECIAL.get(row.name)
    if special is not None:
        return special(e, node, row)
    arguments = e.bind_all(a for a in node.args if not isinstance(a, syntax.ToTypeof))
    _, converted, result = match(node, row, arguments)
    if len(converted) == 1 and _IDENTITY.get(row.name) is converted[0].type:
        return converted[0]
    call = plan.Call(row.canonical, converted, result)
    literal = node.args[-1] if node.args else None
    if not isinstance(literal, syntax.ToTypeof):
        return call
    if row.name == "percentiles_array_tdigest":  # the type is that of the elements
        return plan.Call(row.canonical, (*converted, plan.Literal(str(literal.type), STRING)), result)
    return convert(call, literal.type)


def _without_names(node: syntax.Call, row: Function) -> syntax.Call:
    """The call without the names of its arguments, where each is the name of the parameter at its place.

    Raises:
        RefusedError: For another name: no page says whether it may be out of place.
    """
    if not any(isinstance(a, syntax.Named) for a in node.args):
        return node
    fitting = [p for s in row.signatures if (p := s.match(len(node.args))) is not None]
    values: list[syntax.Expression] = []
    for place, argument in enumerate(node.args):
        if isinstance(argument, syntax.Named) and not argument.compound:
            name = argument.names[0]
            if not any(parameters[place].name == name.name for parameters in fitting):
                raise diagnostics.named_argument(argument.span)
            argument = argument.value
        values.append(argument)
    return structs.replace(node, args=tuple(values))


def match(
    node: syntax.Call, row: Function, arguments: Sequence[plan.Scalar]
) -> tuple[Signature, tuple[plan.Scalar, ...], KqlType]:
    """The cheapest signature for the arguments: itself, the converted arguments, the result type."""
    typed = bool(node.args) and isinstance(node.args[-1], syntax.ToTypeof)
    fitting: list[tuple[int, Signature, tuple[Parameter, ...]]] = []
    counted = False
    for signature in row.signatures:
        if typed is not any(p.word == "type" for p in signature.parameters):
            continue
        parameters = signature.match(len(arguments) + typed)
        if parameters is None:
            continue
        counted = True
        costs = [_cost(a, p) for a, p in zip(arguments, parameters, strict=False)]
        if None not in costs:
            fitting.append((sum(c for c in costs if c is not None), signature, parameters))
    if not fitting:
        raise _no_match(node, row, arguments, counted)
    _, signature, parameters = min(fitting, key=lambda f: f[0])
    _check_constants(node, row, arguments, parameters)
    converted = _convert_all(signature, arguments, parameters)
    return signature, converted, _result(signature, converted)


def _no_match(
    node: syntax.Call, row: Function, arguments: Sequence[plan.Scalar], counted: bool
) -> diagnostics.RefusedError:
    if not counted:
        return diagnostics.argument_count(node.span, node.function.name, row.texts, len(node.args))
    if len(row.signatures) == 1:
        parameters = row.signatures[0].match(len(arguments)) or ()
        for argument, parameter, written in zip(arguments, parameters, node.args, strict=False):
            if _cost(argument, parameter) is None:
                help = _span_help(argument) if parameter.types == {TIMESPAN} else ""
                return diagnostics.wrong_type(written.span, argument.type, sorted(parameter.types), help)
    return diagnostics.no_signature(node.span, node.function.name, [a.type for a in arguments], row.texts)


def _span_help(argument: plan.Scalar) -> str:
    """How to write a constant as a span of time."""
    if not isinstance(argument, plan.Literal) or argument.value is None:
        return ""
    if argument.type is STRING:
        return f"write {argument.value[:20]}, without quotes"
    return f"a span of time has a unit: {argument.value}d, {argument.value}h, {argument.value}m"


def _cost(argument: plan.Scalar, parameter: Parameter) -> int | None:
    """How far the argument's type is from the parameter's: 0 fits, None cannot be converted silently."""
    found, wanted = argument.type, parameter.types
    if found in wanted:
        return 0
    if found is INT and LONG in wanted:
        return 1
    if found in INTEGER and REAL in wanted:
        return 2
    if found in {DYNAMIC, GUID} and parameter.word == "string":
        return 3
    if found in INTEGER and DECIMAL in wanted:
        return 3
    if isinstance(argument, plan.Literal) and argument.value is None and argument.type is DYNAMIC:
        return 4
    return None


def _check_constants(
    node: syntax.Call, row: Function, arguments: Sequence[plan.Scalar], parameters: Sequence[Parameter]
) -> None:
    for argument, parameter, written in zip(arguments, parameters, node.args, strict=False):
        if parameter.constant and reads_columns(argument):
            raise diagnostics.constant_expected(written.span, f"'{parameter.name}' of {node.function.name}()")


_PARTS = "year quarter month week day hour minute second millisecond microsecond nanosecond"
_READ_PARTS = _PARTS.replace("week", "week_of_year") + " dayofyear"
#: Words that a function knows: its place among the arguments, and the words.
CHOICES: dict[str, tuple[int, str]] = {
    "datetime_add": (0, _PARTS),
    "datetime_diff": (0, _PARTS),
    "datetime_part": (0, _READ_PARTS),
    "countof": (2, "normal regex"),
    "parse_command_line": (1, "windows"),
    "series_outliers": (1, "tukey ctukey"),
    "series_decompose": (2, "avg linefit none"),
    "series_decompose_anomalies": (3, "avg linefit none"),
    "series_decompose_forecast": (3, "avg linefit none"),
}


_FORMATS = {"format_datetime", "format_timespan"}


def _check_choices(node: syntax.Call, row: Function) -> None:
    """Refuse a word that the function does not know, at its place."""
    if row.name in _FORMATS and len(node.args) == 2 and getattr(node.args[1], "value", None) == "":
        raise diagnostics.bad_value(node.args[1].span, f"{row.name}() needs a format that is not empty")
    place, words = CHOICES.get(row.name, (0, ""))
    if not words or len(node.args) <= place:
        return
    written = node.args[place]
    if isinstance(written, syntax.Literal) and str(written.value).lower() not in words.split():
        help = did_you_mean(str(written.value), words.split(), "one of " + ", ".join(words.split()))
        raise diagnostics.bad_value(written.span, f"{row.name}() does not know {quoted(str(written.value))}", help)


def _convert_all(
    signature: Signature, arguments: Sequence[plan.Scalar], parameters: Sequence[Parameter]
) -> tuple[plan.Scalar, ...]:
    numbers = [a.type for a, p in zip(arguments, parameters, strict=False) if a.type in NUMBER and p.word == "number"]
    wide = widest(numbers) if numbers and signature.result == "widest" else None
    return tuple(fold(_converted(a, p, signature, wide)) for a, p in zip(arguments, parameters, strict=False))


def _converted(argument: plan.Scalar, parameter: Parameter, signature: Signature, wide: KqlType | None) -> plan.Scalar:
    found = argument.type
    if parameter.word == "printed" or (parameter.word == "text" and signature.result != "dynamic"):
        return convert(argument, STRING)
    if parameter.word == "number" and wide is not None:
        return convert(argument, LONG if wide is INT and signature.result == "widest" else wide)
    if parameter.word == "number" and signature.result == "real":
        return convert(argument, REAL)
    if parameter.word == "integer" or (found is INT and LONG in parameter.types and INT not in parameter.types):
        return convert(argument, LONG)
    if found in parameter.types:
        return argument
    for type in (LONG, REAL, STRING, DECIMAL, *sorted(parameter.types)):
        if type in parameter.types:
            return convert(argument, type)
    return argument


def _result(signature: Signature, arguments: Sequence[plan.Scalar]) -> KqlType:
    match signature.result:
        case "first":
            return arguments[0].type
        case "second":
            return arguments[1].type
        case "promoted":
            return LONG if arguments[0].type is INT else arguments[0].type
        case "widest":
            return widest([a.type for a in arguments if a.type in NUMBER])
        case "typed":
            return STRING
    return DYNAMIC if signature.columns else KqlType(signature.result)


# ---------------------------------------------------------------- functions with rules of their own


def _now(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    _, arguments, _ = match(node, row, e.bind_all(node.args))
    now = e.context.now()
    return fold(plan.Call("add", (now, arguments[0]), DATETIME)) if arguments else now


def _ago(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    _, arguments, _ = match(node, row, e.bind_all(node.args))
    return fold(plan.Call("subtract", (e.context.now(), arguments[0]), DATETIME))


#: When Azure Monitor received a record, where an export brought it.
_RECEIVED = "_TimeReceived"


def _ingestion_time(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    """The time of receipt, and a note that it is no more. Exports leave out when a record became ready to query."""
    match(node, row, [e.bind(a) for a in node.args])
    column = e.column(_RECEIVED)
    if column is None or column.type is not DATETIME:
        help = f"no export has the time of ingestion: use TimeGenerated, or export {_RECEIVED} too"
        raise diagnostics.not_supported(node.span, f"ingestion_time() without a column {_RECEIVED}", help)
    e.context.note(
        f"ingestion_time() is read from {_RECEIVED}: Azure Monitor received the record then, and had it ready seconds "
        "to minutes later"
    )
    return plan.ColumnRef(column.name, column.type)


def _iff(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    if len(node.args) != 3:
        raise diagnostics.argument_count(node.span, node.function.name, row.texts, len(node.args))
    refusals = diagnostics.Refusals()
    with refusals:
        condition = e.bind_bool(node.args[0])
    with refusals:
        branches = _agree(e.bind_all(node.args[1:]))
    refusals.settle()
    return plan.Call("iff", (condition, *branches), branches[0].type)


def _case(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    if len(node.args) < 3 or len(node.args) % 2 == 0:
        raise diagnostics.argument_count(node.span, node.function.name, row.texts, len(node.args))
    refusals = diagnostics.Refusals()
    with refusals:
        conditions = diagnostics.each(e.bind_bool, node.args[:-1:2])
    with refusals:
        branches = _agree(e.bind_all((*node.args[1::2], node.args[-1])))
    refusals.settle()
    mixed = [x for pair in zip(conditions, branches, strict=False) for x in pair]
    return plan.Call("case", (*mixed, branches[-1]), branches[0].type)


def _agree(branches: list[plan.Scalar]) -> list[plan.Scalar]:
    """Branches of one type; a mix that has none becomes dynamic, as in Kusto."""
    type = common([b.type for b in branches if not _is_null(b)] or [b.type for b in branches]) or DYNAMIC
    return [convert(b, type) for b in branches]


def _is_null(value: plan.Scalar) -> bool:
    return isinstance(value, plan.Literal) and value.value is None and value.type is DYNAMIC


def _choice(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    """coalesce, max_of, min_of: arguments of one type."""
    if not node.args:
        raise diagnostics.argument_count(node.span, node.function.name, row.texts, 0)
    values = e.bind_all(node.args)
    types = {v.type for v in values if not _is_null(v)}
    type = common(sorted(types)) if types else DYNAMIC
    mixed = DYNAMIC in types and len(types) > 1
    if type is None or (mixed and row.name != "coalesce"):
        raise diagnostics.no_signature(node.span, node.function.name, [v.type for v in values], row.texts)
    if row.name != "coalesce" and type in {DYNAMIC, GUID}:
        raise diagnostics.wrong_type(node.args[0].span, type, [LONG, REAL, DATETIME, STRING])
    return plan.Call(row.name, tuple(convert(v, type) for v in values), type)


def _column_ifexists(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    if len(node.args) != 2:
        raise diagnostics.argument_count(node.span, node.function.name, row.texts, len(node.args))
    name = e.bind_constant(node.args[0], "the column name")
    if not isinstance(name, plan.Literal) or name.type is not STRING:
        raise diagnostics.constant_expected(node.args[0].span, "the column name")
    column = e.column(name.value)
    return plan.ColumnRef(column.name, column.type) if column else e.bind(node.args[1])


def _bin_auto(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    """`bin` or `bin_at` with what `set` said: MicrosoftDocs/dataexplorer-docs, query/bin-auto-function.md."""
    _, (value,), _ = match(node, row, [e.bind(a) for a in node.args])
    size, point = (e.context.bins.get(f"query_bin_auto_{part}") for part in ("size", "at"))
    if size is None:
        help = "begin the query with `set query_bin_auto_size = 1h;`, or name the size: `bin(x, 1h)`"
        raise diagnostics.bad_value(node.span, "bin_auto() without a size of its bins", help)
    name, arguments = ("bin", (value, size)) if point is None else ("bin_at", (value, size, point))
    _, converted, result = match(node, functions.find(name) or row, arguments)
    return plan.Call(name, converted, result)


def _replace(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    _, (regex, rewrite, source), _ = match(node, row, e.bind_all(node.args))
    return plan.Call("replace_regex", (source, regex, rewrite), STRING)


def _range(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    _, arguments, _ = match(node, row, e.bind_all(node.args))
    first, last = arguments[0], arguments[1]
    if first.type in NUMBER and last.type in NUMBER:
        step: plan.Scalar = arguments[2] if len(arguments) > 2 else plan.Literal(1, LONG)
        wide = widest([first.type, last.type, step.type if step.type in NUMBER else LONG, LONG])
        return plan.Call("range", tuple(convert(a, wide) for a in (first, last, step)), DYNAMIC)
    step = arguments[2] if len(arguments) > 2 else plan.Literal(36_000_000_000, TIMESPAN)
    if first.type is not last.type or step.type is not TIMESPAN:
        raise diagnostics.no_signature(node.span, "range", [a.type for a in arguments], row.texts)
    return plan.Call("range", (first, last, step), DYNAMIC)


def _bag_pack(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    if not node.args or len(node.args) % 2:
        raise diagnostics.argument_count(node.span, node.function.name, row.texts, len(node.args))
    values = e.bind_all(node.args)
    for key, written in zip(values[::2], node.args[::2], strict=False):
        if key.type not in {STRING, DYNAMIC}:
            raise diagnostics.wrong_type(written.span, key.type, [STRING])
    packed = (convert(v, STRING) if i % 2 == 0 else v for i, v in enumerate(values))
    return plan.Call("bag_pack", tuple(packed), DYNAMIC)


def _bag_pack_columns(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    pairs: list[plan.Scalar] = []
    for written in node.args:
        if not isinstance(written, syntax.NameRef):
            raise diagnostics.column_expected(written.span)
        pairs += [plan.Literal(written.name, STRING), e.bind(written)]
    return plan.Call("bag_pack", tuple(pairs), DYNAMIC)


def _pack_all(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    _, arguments, _ = match(node, row, e.bind_all(node.args))
    pairs: list[plan.Scalar] = []
    for column in e.visible():
        pairs += [plan.Literal(column.name, STRING), plan.ColumnRef(column.name, column.type)]
    if not pairs:
        return plan.Literal("{}", DYNAMIC)
    packed = plan.Call("bag_pack", tuple(pairs), DYNAMIC)
    if arguments and isinstance(arguments[0], plan.Literal) and arguments[0].value:
        return plan.Call("bag_pack_nonempty", tuple(pairs), DYNAMIC)
    return packed


def _pack_array(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    values: list[plan.Scalar] = []
    for written in node.args:
        if isinstance(written, syntax.Star):
            values += [plan.ColumnRef(c.name, c.type) for c in e.visible()]
        else:
            values.append(e.bind(written))
    return plan.Call("pack_array", tuple(values), DYNAMIC)


def _array_iff(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    _, arguments, _ = match(node, row, e.bind_all(node.args))
    condition, then, otherwise = arguments
    return plan.Call("array_iff", (condition, convert(then, DYNAMIC), convert(otherwise, DYNAMIC)), DYNAMIC)


def _column_names_of(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    import json  # kept from start-up: only this function needs it

    if len(node.args) != 1:
        raise diagnostics.argument_count(node.span, node.function.name, row.texts, len(node.args))
    rows = e.context.bind_table(e.context, e.scope, node.args[0])
    names = [c.name for c in rows.schema.visible()]
    return plan.Literal(json.dumps(names, ensure_ascii=False, separators=(",", ":")), DYNAMIC)


def _toscalar(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    if len(node.args) != 1:
        raise diagnostics.argument_count(node.span, node.function.name, row.texts, len(node.args))
    entity = e.context.bind_entity(e.context, e.scope, node.args[0])
    if isinstance(entity, ScalarValue):
        if movable(entity.value):
            return entity.value
        once = plan.Project(plan.ONE_ROW, (plan.Named("print_0", entity.value),))
        return plan.ToScalar(once, entity.value.type)
    if not isinstance(entity, Table) or not entity.rows.schema.visible():
        raise diagnostics.table_expected(node.args[0].span, "this")
    first = entity.rows.schema.visible()[0]
    cell = plan.Named(first.name, plan.ColumnRef(first.name, first.type))
    return plan.ToScalar(plan.Project(entity.rows.plan, (cell,)), first.type)


def _pairwise(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    """Series functions over two arrays, or an array and a number."""
    _, arguments, result = match(node, row, e.bind_all(node.args))
    if all(a.type is not DYNAMIC for a in arguments):
        raise diagnostics.no_signature(node.span, node.function.name, [a.type for a in arguments], row.texts)
    return plan.Call(row.canonical, tuple(convert(a, REAL) if a.type is not DYNAMIC else a for a in arguments), result)


def _datetime_diff(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    """Weeks are a real: Kusto divides the span between two starts of weeks. All other parts are whole numbers."""
    _, arguments, result = match(node, row, [e.bind(a) for a in node.args])
    part = arguments[0]
    weeks = isinstance(part, plan.Literal) and str(part.value).lower() == "week"
    return plan.Call(row.canonical, arguments, REAL if weeks else result)


def _parse_user_agent(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    _, arguments, result = match(node, row, [e.bind(a) for a in node.args])
    e.context.note("parse_user_agent() goes by the list of the package ua-parser; Kusto's may be of another date")
    return plan.Call(row.canonical, (arguments[0], convert(arguments[1], DYNAMIC)), result)


_Special = Callable[["Expressions", syntax.Call, Function], plan.Scalar]
_PAIRWISE = "add subtract multiply divide pow greater greater_equals less less_equals equals not_equals dot_product"
_SPECIAL: dict[str, _Special] = {
    "now": _now,
    "ago": _ago,
    "ingestion_time": _ingestion_time,
    "iff": _iff,
    "case": _case,
    "coalesce": _choice,
    "max_of": _choice,
    "min_of": _choice,
    "column_ifexists": _column_ifexists,
    "datetime_diff": _datetime_diff,
    "bin_auto": _bin_auto,
    "replace": _replace,
    "range": _range,
    "bag_pack": _bag_pack,
    "bag_pack_columns": _bag_pack_columns,
    "pack_all": _pack_all,
    "pack_array": _pack_array,
    "array_iff": _array_iff,
    "column_names_of": _column_names_of,
    "toscalar": _toscalar,
    "parse_user_agent": _parse_user_agent,
    **{
        f"series_{n}": _pairwise
        for n in [
            "add",
            "subtract",
            "multiply",
            "divide",
            "pow",
            "greater",
            "greater_equals",
            "less",
            "less_equals",
            "equals",
            "not_equals",
            "dot_product",
        ]
    },
}


# ---------------------------------------------------------------- window functions and aggregates


def bind_window(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    """A window function, every argument filled in (`prev(x)` is `prev(x, 1, null)`)."""
    if e.rows is None or not e.rows.ordered:
        raise diagnostics.order_needed(node.function.span, row.name)
    arguments = e.bind_all(node.args)
    _, converted, result = match(node, row, arguments)
    values = list(converted)
    if row.name in {"prev", "next"}:
        offset = values[1] if len(values) > 1 else None
        if isinstance(offset, plan.Literal) and offset.value is not None and offset.value < 1:
            raise diagnostics.bad_value(node.args[1].span, f"{row.name}() looks at least one row away")
        values += [plan.Literal(1, LONG)][len(values) - 1 :]
        if len(values) > 2 and not _stands_for(values[2], result):
            message = f"the values of {row.name}() here are of type {result}, and the default is a {values[2].type}"
            raise diagnostics.bad_value(node.args[2].span, message)
        values = [*values[:2], convert(values[2], result)] if len(values) > 2 else [*values, null(result)]
    if row.name == "row_number":
        values += [plan.Literal(1, LONG), plan.Literal(False, BOOL)][len(values) :]
    elif row.name == "row_window_session":
        values += [plan.Literal(False, BOOL)][len(values) - 3 :]
    elif row.name.startswith("row_"):
        values += [plan.Literal(False, BOOL)][len(values) - 1 :]
    return plan.WindowCall(row.name, tuple(values), result)


def _stands_for(value: plan.Scalar, type: KqlType) -> bool:
    """Whether a default is one of the values of that type as it is: of the type, a number that fits, or null."""
    if value == null(value.type) or type in (value.type, DYNAMIC):
        return True
    if type is INT and isinstance(value, plan.Literal) and value.type is LONG and not -(2**31) <= value.value < 2**31:
        return False
    return value.type in NUMBER and type in NUMBER and (value.type in INTEGER or widest((value.type, type)) is type)


def in_place(node: syntax.Call, row: Function) -> syntax.Call:
    """The call without the names of arguments that stand at the place of that name: `make_set(x, MaxSize=8)`.

    The first argument keeps its own, as it names the column.
    """
    parameters = row.signatures[0].parameters
    args = tuple(
        arg.value if place and isinstance(arg, syntax.Named) and _names(arg, parameters[place:]) else arg
        for place, arg in enumerate(node.args)
    )
    return node if args == node.args else structs.replace(node, args=args)


def _names(argument: syntax.Named, parameters: Sequence[Parameter]) -> bool:
    """True when the argument is called as the first of the parameters, case aside."""
    written = [name.name.lower() for name in argument.names]
    return bool(parameters) and written == [parameters[0].name.lower()]


def bind_aggregate(e: Expressions, node: syntax.Call, row: Function) -> plan.Scalar:
    """An aggregate inside `summarize`: the column that will hold it."""
    return e.collect(aggregate(e, node, row))


def aggregate(e: Expressions, node: syntax.Call, row: Function) -> plan.Aggregate:
    """One aggregate with one result.

    Raises:
        RefusedError: If the function is refused, or its arguments do not fit.
    """
    if row.refusal:
        raise diagnostics.not_supported(node.function.span, f"{row.name}()", row.refusal)
    inner = e.without_aggregates()
    node = in_place(node, row)
    if any(isinstance(a, syntax.Star) for a in node.args):
        help = "count() counts rows without an argument" if row.name == "count" else ""
        raise diagnostics.column_expected(node.span, help)
    arguments = inner.bind_all(node.args)
    _, converted, result = match(node, row, arguments)
    bound = plan.Aggregate(row.canonical, _aggregate_arguments(node, row, converted, result), result)
    e.context.sketches.place(bound, node.span)
    return bound


def _aggregate_arguments(
    node: syntax.Call, row: Function, arguments: tuple[plan.Scalar, ...], result: KqlType
) -> tuple[plan.Scalar, ...]:
    if row.name == "count" and arguments:
        if arguments[0].type is BOOL:
            raise diagnostics.bad_value(node.span, "count() counts all rows, whatever its argument", "use countif()")
        return ()
    if row.name in {"makelist", "makeset"} and len(arguments) == 1:
        return (*arguments, plan.Literal(_OLD_LIMIT, LONG))
    if row.name in {"avg", "avgif"} and arguments[0].type in INTEGER:  # their sum is one of longs
        return arguments
    if result in {REAL, LONG} and row.signatures[0].result in {"real", "promoted"} and arguments[0].type in NUMBER:
        return (convert(arguments[0], result), *arguments[1:])
    if row.name in {"arg_max", "arg_min"}:
        return (arguments[0], arguments[1] if len(arguments) > 1 else arguments[0])
    return arguments


#: Functions whose value is a table.
_TABLES = "table materialize external_table materialized_view stored_query_result _GetWatchlist _GetWatchlistAlias"
_ELSEWHERE = "cluster database workspace app adx resource arg"
TABULAR = frozenset(f"{_TABLES} {_ELSEWHERE}".split())
