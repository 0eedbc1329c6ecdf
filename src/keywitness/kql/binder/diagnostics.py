"""What the binder refuses: one function per code, beside those of the parser in `kql.diagnostics`.

Codes are Kusto's own (`KSnnn`) where Kusto has one for the same cause, else ours (`KWQnnn`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TypeVar

from keywitness.kql import foreign
from keywitness.kql.diagnostics import Diagnostic, did_you_mean, quoted
from keywitness.kql.excerpt import locate
from keywitness.kql.functions.function import NUMBER, PLAIN
from keywitness.kql.syntax import Span
from keywitness.model.schema import KqlType

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class RefusedError(Exception):
    """Carries diagnostics from where they were found to `compile_kql`.

    Without any it is silent: it stands for what depends on something that was refused before.

    Args:
        unresolved: A table, or a function that should give one, is not there: what `isfuzzy` passes over.
    """

    def __init__(self, *diagnostics: Diagnostic, unresolved: bool = False) -> None:
        super().__init__(*(d.message for d in diagnostics))
        self.diagnostics = diagnostics
        self.unresolved = unresolved

    def at(self, place: str) -> RefusedError:
        """The same, with this place where a diagnostic has none."""
        placed = (d if d.place else d.at(place) for d in self.diagnostics)
        return RefusedError(*placed, unresolved=self.unresolved)


class Refusals:
    """What was refused among things that stand side by side: each is looked at, then all are refused together.

    Example:
        >>> refusals = Refusals()
        >>> for name in ("a", "b"):
        ...     with refusals:
        ...         raise unknown_name(Span(0, 1), name, ())
        >>> [d.message for d in refusals.diagnostics]
        ["'a' is not defined", "'b' is not defined"]
    """

    __slots__ = ("_any", "_unresolved", "diagnostics")

    def __init__(self) -> None:
        self._any = False
        self._unresolved = True
        self.diagnostics: list[Diagnostic] = []

    def __enter__(self) -> Refusals:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, RefusedError):
            return False
        self.add(error)
        return True

    def __bool__(self) -> bool:
        return self._any

    def add(self, refused: RefusedError) -> None:
        """Keep one for later."""
        self._any = True
        self._unresolved = self._unresolved and (refused.unresolved or not refused.diagnostics)
        self.diagnostics += refused.diagnostics

    def settle(self) -> None:
        """Raise all that was refused, if anything was.

        Raises:
            RefusedError: With every diagnostic.
        """
        if self._any:
            raise RefusedError(*self.diagnostics, unresolved=self._unresolved and bool(self.diagnostics))


def each(do: Callable[[_In], _Out], items: Iterable[_In]) -> list[_Out]:
    """What `do` makes of each item.

    Raises:
        RefusedError: With the diagnostics of all items that it refuses.
    """
    refusals = Refusals()
    made: list[_Out] = []
    for item in items:
        with refusals:
            made.append(do(item))
    refusals.settle()
    return made


def _refused(code: str, message: str, span: Span, help: str = "", label: str = "") -> RefusedError:
    return RefusedError(Diagnostic(code, "error", message, span, help, label))


# ---------------------------------------------------------------- names


def unknown_column(span: Span, name: str, origin: str, columns: Sequence[str]) -> RefusedError:
    """KS142: a name that is neither a column of the input nor a `let`."""
    where = f"{origin} has no such column" if origin else "no such column at this point"
    otherwise = f"`keywitness schema {origin}` lists all" if origin else _columns_here(columns)
    if name.lower() in {"null", "none", "nil"}:
        otherwise = "isnull(x) and isnotnull(x) ask for a null; for text isempty(x) and isnotempty(x)"
    elif name[0].isdigit():
        otherwise = _NUMBER_HELP
    help = did_you_mean(name, columns, otherwise)
    for other in foreign.COLUMNS.get(name.lower(), ()):
        help = f"did you mean '{other}'?" if other in columns else help
    return _refused("KS142", f"{quoted(name)} is not a column here", span, help, where)


def key_of_one_side(name: str, side: str, missing: RefusedError) -> RefusedError:
    """KS145: a join key that only one of the two sides has."""
    message = f"{quoted(name)} is not a column of the {side} side"
    return RefusedError(*(replace(d, code="KS145", message=message) for d in missing.diagnostics))


def no_join_key(span: Span, help: str) -> RefusedError:
    """KS182: a condition of `join` or `lookup` that is not one column of each side."""
    return _refused("KS182", "this is no join key", span, help)


_NUMBER_HELP = "a number is written out (10000), a span of time with d, h, m, s or ms: 7d, 12h, 30m"


def made_beside(span: Span, name: str) -> RefusedError:
    """KS142: a column that the same operator makes."""
    help = "put what uses it into an `extend` of its own, behind this one"
    return _refused("KS142", f"{quoted(name)} is made beside this and is not a column yet", span, help)


def column_left_behind(span: Span, name: str, origin: str, columns: Sequence[str]) -> RefusedError:
    """KS142: a column of the table that an earlier operator did not keep."""
    message = f"{quoted(name)} is not a column here any more"
    return _refused("KS142", message, span, _columns_here(columns), f"{origin} has it, an earlier stage left it out")


def _columns_here(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:8])
    return f"columns here: {shown}{' ...' if len(columns) > 8 else ''}" if columns else "no column is left here"


def table_as_column(span: Span, name: str) -> RefusedError:
    """KS142: a table's name where a column is needed, as in `Table.Column`."""
    help = "columns stand alone, without their table"
    return _refused("KS142", f"{quoted(name)} is a table, not a column", span, help)


def text_without_quotes(span: Span, name: str) -> RefusedError:
    """KS142: a word that is no column, compared with text."""
    help = f'text stands in quotes: "{name}"'
    return _refused("KS142", f"{quoted(name)} is not a column here", span, help)


def no_property(span: Span, name: str, element: str, properties: Sequence[str]) -> RefusedError:
    """KS142: a property that no node, or no edge, of the graph has."""
    help = did_you_mean(name, properties, f"it has {', '.join(properties[:8])}" if properties else "it has none")
    return _refused("KS142", f"{element} of this graph has no property {quoted(name)}", span, help)


def unknown_name(span: Span, name: str, names: Iterable[str]) -> RefusedError:
    """KS142: a name that no `let` defines, where there are no columns."""
    otherwise = _NUMBER_HELP if name[:1].isdigit() else ""
    return _refused("KS142", f"{quoted(name)} is not defined", span, did_you_mean(name, names, otherwise))


def unknown_table(span: Span, name: str, tables: Iterable[str]) -> RefusedError:
    """KS204: neither a table of the case, a known log table, nor a tabular `let`."""
    otherwise = "ingest evidence for it, or check the name: `keywitness tables CASE` lists what a case holds"
    help = did_you_mean(name, tables, otherwise)
    label = "neither in the case nor a known log table"
    refused = _refused("KS204", f"{quoted(name)} is not a table", span, help, label)
    refused.unresolved = True
    return refused


def hidden_table(span: Span, name: str) -> RefusedError:
    """KS204: a table or function that an earlier `restrict access to` leaves out."""
    refused = _refused("KS204", f"{quoted(name)} is left out by 'restrict access to'", span, "list it there")
    refused.unresolved = True
    return refused


def unknown_plugin(span: Span, name: str, plugins: Iterable[str]) -> RefusedError:
    """KS124: no such plug-in of `evaluate`."""
    return _refused("KS124", f"{quoted(name)} is not a plug-in", span, did_you_mean(name, plugins))


def unknown_function(span: Span, name: str, functions: Iterable[str]) -> RefusedError:
    """KS211: no such function."""
    help = foreign.FUNCTIONS.get(name.lower(), "")
    return _refused("KS211", f"{quoted(name)} is not a function", span, help or did_you_mean(name, functions))


def unknown_tabular_function(span: Span, name: str, functions: Iterable[str]) -> RefusedError:
    """KS211: no such function, where a table is needed."""
    help = did_you_mean(name, functions, f"`keywitness function add CASE {name} -f FILE` keeps one in the case")
    refused = _refused("KS211", f"{quoted(name)} is not a function", span, help)
    refused.unresolved = True
    return refused


def inside_function(span: Span, name: str, text: str, first_line: int, inner: RefusedError) -> RefusedError:
    """The same refusals at the call, for causes inside a function that the case keeps."""
    found = (_inside(span, name, text, first_line, cause) for cause in inner.diagnostics)
    return RefusedError(*found, unresolved=inner.unresolved)


def _inside(span: Span, name: str, text: str, first_line: int, cause: Diagnostic) -> Diagnostic:
    line = locate(text, cause.span.start).line
    shown = text.splitlines()[line - 1].strip()[:100] if text else ""
    number = line + first_line - 1
    help = f"{name}, line {number}: {shown}" + (f"   {cause.help}" if cause.help else "")
    return Diagnostic(cause.code, "error", f"in the function {name}, line {number}: {cause.message}", span, help)


def calls_itself(span: Span, names: Sequence[str]) -> RefusedError:
    """KWQ307: a function that the case keeps calls itself, perhaps through others."""
    chain = " calls ".join(names)
    return _refused("KWQ307", f"{chain}: functions cannot call themselves", span)


def no_pattern_case(span: Span, name: str, cases: Sequence[str]) -> RefusedError:
    """KS188: a `declare pattern` without a case for these values."""
    help = f"it has {', '.join(cases[:5])}" if cases else "it is declared without cases"
    return _refused("KS188", f"the pattern {quoted(name)} has no case for these values", span, help)


def two_places(span: Span, table: str, places: Sequence[str]) -> RefusedError:
    """KWQ308: one table of a case, named as if it stood in several databases or workspaces."""
    shown = " and ".join(place or "no name" for place in places)
    help = "a case holds the rows of all of them together: name the table once"
    return _refused("KWQ308", f"{quoted(table)} is named under {shown}, and a case is one place", span, help)


def several_types(span: Span, name: str, types: Sequence[KqlType], help: str) -> RefusedError:
    """KWQ309: a column that the tables of find, search or a tabular lookup hold in several types."""
    return _refused("KWQ309", f"{quoted(name)} is {' and '.join(types)} in different tables", span, help)


def file_refused(span: Span, message: str, help: str) -> RefusedError:
    """KWQ310: a file or an address that a query may not read."""
    return _refused("KWQ310", message, span, help)


def not_supported(span: Span, what: str, reason: str) -> RefusedError:
    """KWQ300: a part of Kusto that keywitness does not answer."""
    return _refused("KWQ300", f"{what} is not supported", span, reason)


def table_expected(span: Span, what: str) -> RefusedError:
    """KS111: a scalar where rows are needed."""
    return _refused("KS111", f"{what} is a scalar, a table is needed here", span)


def scalar_expected(span: Span, what: str) -> RefusedError:
    """KS108: rows where a scalar is needed."""
    help = "`toscalar(...)` takes its first cell; `in (...)` takes its first column"
    return _refused("KS108", f"{what} is a table, a scalar is needed here", span, help)


def uncalled(span: Span, name: str) -> RefusedError:
    """KWQ302: a function of the query without its arguments."""
    return bad_value(span, f"{quoted(name)} is a function, and its arguments are missing", f"write {name}(...)")


def already_named(span: Span, name: str) -> RefusedError:
    """KS171: two columns of one name."""
    return _refused("KS171", f"a column named {quoted(name)} is there already", span, "give one of them another name")


def parsed_after_star(span: Span) -> RefusedError:
    """KS102: a column or another `*` behind the `*` of a parse pattern."""
    help = "put a constant behind the '*': * \"key=\" Column"
    return _refused("KS102", "nothing says where the '*' before this ends", span, help)


def parsed_before_star(span: Span) -> RefusedError:
    """KS103: `*` directly behind a text column of a parse pattern."""
    help = "put a constant between the two, or leave the '*' out: the column then takes the rest"
    return _refused("KS103", "a text column before '*' has no end", span, help)


def already_declared(span: Span, name: str) -> RefusedError:
    """KS201: two `let` of one name."""
    return _refused("KS201", f"{quoted(name)} has already been declared", span)


def column_expected(span: Span, help: str = "") -> RefusedError:
    """KS109: an expression where only a column name may stand."""
    return _refused("KS109", "a column name is expected here", span, help)


def named_argument(span: Span) -> RefusedError:
    """KWQ302: `name = value` as an argument that has no such name."""
    help = "write == to compare; only functions of the query take arguments by name"
    return bad_value(span, "'=' gives a name, and an argument here has none", help)


def method(span: Span, function: str) -> RefusedError:
    """KWQ302: `value.function()`."""
    return bad_value(span, "values have no methods in KQL", f"write {function}(value)")


# ---------------------------------------------------------------- types


def _type_help(wanted: Iterable[KqlType]) -> str:
    named = {
        KqlType.BOOL: "tobool",
        KqlType.LONG: "tolong",
        KqlType.INT: "toint",
        KqlType.REAL: "toreal",
        KqlType.STRING: "tostring",
        KqlType.DATETIME: "todatetime",
        KqlType.TIMESPAN: "totimespan",
        KqlType.GUID: "toguid",
        KqlType.DYNAMIC: "parse_json",
    }
    functions = [f"{f}()" for t, f in named.items() if t in set(wanted)]
    return f"convert it with {' or '.join(functions[:3])}" if functions else ""


_FAMILIES = {
    NUMBER: "number",
    PLAIN: "other than dynamic",
    NUMBER | {KqlType.DATETIME, KqlType.TIMESPAN}: "number, datetime or timespan",
}


def wrong_type(span: Span, found: KqlType, wanted: Sequence[KqlType], help: str = "") -> RefusedError:
    """KS107: a value of a type that does not fit."""
    names = _FAMILIES.get(frozenset(wanted)) or " or ".join(wanted)
    return _refused("KS107", f"a value of type {names} is expected, this is {found}", span, help or _type_help(wanted))


def wrong_expression(span: Span, found: KqlType, wanted: KqlType, help: str = "") -> RefusedError:
    """KS141: an expression of an operator, as `where` and `mv-expand` have one, that must have another type."""
    message = f"an expression of type {wanted} is expected, this is {found}"
    return _refused("KS141", message, span, help or _type_help([wanted]))


def wrong_operand(span: Span, op: str, found: KqlType, wanted: Sequence[KqlType]) -> RefusedError:
    """KS106: an operator without a meaning for the type of one operand."""
    return _refused("KS106", f"'{op}' is not defined for {found}", span, _type_help(wanted))


def wrong_operands(span: Span, op: str, left: KqlType, right: KqlType, help: str = "") -> RefusedError:
    """KS106: an operator without a meaning for these types."""
    return _refused("KS106", f"'{op}' is not defined for {left} and {right}", span, help)


def cannot_compare(span: Span, left: KqlType, right: KqlType, help: str = "") -> RefusedError:
    """SEM0064: Kusto refuses to compare these types; the answer would always be the same."""
    help = help or f"convert one side, for instance with {_CONVERTERS[left]}()"
    return _refused("SEM0064", f"values of types {left} and {right} cannot be compared", span, help)


_CONVERTERS = {
    KqlType.BOOL: "tobool",
    KqlType.INT: "toint",
    KqlType.LONG: "tolong",
    KqlType.REAL: "toreal",
    KqlType.DECIMAL: "todecimal",
    KqlType.STRING: "tostring",
    KqlType.DATETIME: "todatetime",
    KqlType.TIMESPAN: "totimespan",
    KqlType.GUID: "toguid",
    KqlType.DYNAMIC: "tostring",
}


def dynamic_not_allowed(span: Span, where: str) -> RefusedError:
    """KS116: a dynamic value where Kusto needs a plain one (keys of summarize, sort, join)."""
    return _refused(
        "KS116", f"a dynamic value cannot be used {where}", span, "convert it, for instance with tostring()"
    )


def constant_expected(span: Span, what: str) -> RefusedError:
    """KS129: a column where a constant is needed."""
    return _refused("KS129", f"{what} must be a constant", span)


def no_member(span: Span, name: str, found: KqlType) -> RefusedError:
    """KS142: `x.name` or `x[i]` where x is not dynamic."""
    help = "parse_json() makes a dynamic value of a string" if found is KqlType.STRING else ""
    return _refused("KS142", f"a value of type {found} has no member {quoted(name)}", span, help)


# ---------------------------------------------------------------- functions


def argument_count(span: Span, name: str, signatures: Sequence[str], count: int) -> RefusedError:
    """KS119: too few or too many arguments."""
    forms = _forms(name, signatures)
    return _refused(
        "KS119", f"{name}() does not take {count} argument{'s' * (count != 1)}", span, f"it is called as {forms}"
    )


def no_signature(span: Span, name: str, types: Sequence[KqlType], signatures: Sequence[str]) -> RefusedError:
    """KS127: no form of the function takes these types."""
    forms = _forms(name, signatures)
    return _refused("KS127", f"{name}() does not take ({', '.join(types)})", span, f"it is called as {forms}")


def _forms(name: str, signatures: Sequence[str]) -> str:
    """How the function is called, in the words of a user."""
    forms = "; ".join(f"{name}{s.partition(' ->')[0]}" for s in signatures[:3])
    return forms.replace(": printed", ": any").replace(": const printed", ": const any")


def unknown_argument(span: Span, name: str, parameters: Sequence[str]) -> RefusedError:
    """KS196: a named argument that the function does not have."""
    return _refused("KS196", f"the function has no parameter {quoted(name)}", span, did_you_mean(name, parameters))


def aggregate_elsewhere(span: Span, name: str) -> RefusedError:
    """KS144: an aggregate outside of summarize."""
    help = "aggregates stand in `summarize`, `make-series` and `top-nested`"
    return _refused("KS144", f"{name}() is an aggregate and cannot stand here", span, help)


def graph_function_elsewhere(span: Span, name: str) -> RefusedError:
    """KWQ311: a function of graph patterns outside of one, or inside another call of its kind."""
    help = "it stands in `where` and `project` of graph-match, about a node or an edge of the pattern"
    return _refused("KWQ311", f"{name}() cannot stand here", span, help)


def graph_expected(span: Span, name: str) -> RefusedError:
    """KWQ312: rows before an operator of graphs."""
    return _refused("KWQ312", f"{quoted(name)} needs a graph, these are rows", span, "put `| make-graph ...` before it")


def table_of_graph_expected(span: Span, what: str) -> RefusedError:
    """KWQ313: a graph where rows or a scalar are needed."""
    help = "graph-match, graph-shortest-paths and graph-to-table make rows of a graph"
    return _refused("KWQ313", f"{what} is a graph, which cannot stand here", span, help)


def bad_pattern(span: Span, message: str, help: str = "") -> RefusedError:
    """KWQ314: a pattern, or something said about its nodes and edges, that has no meaning."""
    return _refused("KWQ314", message, span, help)


def aggregate_expected(span: Span, name: str) -> RefusedError:
    """KS236: a scalar in summarize that is no aggregate and no key."""
    help = f"put it behind `by`, or aggregate it: take_any({name}), max({name})" if name else "aggregate it"
    return _refused("KS236", "an aggregate is expected here", span, help)


def order_needed(span: Span, name: str) -> RefusedError:
    """KWQ301: a window function over rows in no order."""
    return _refused(
        "KWQ301", f"{name}() needs rows in a fixed order", span, "put `| sort by ...` or `| serialize` before it"
    )


def bad_value(span: Span, message: str, help: str = "") -> RefusedError:
    """KWQ302: a constant that the function does not know (a part of a date, a unit ...)."""
    return _refused("KWQ302", message, span, help)


def several_values(span: Span, name: str, values: Sequence[str]) -> RefusedError:
    """KWQ302: a function of several columns inside an expression."""
    help = f"name its values first: extend ({', '.join(values)}) = {name}(...)"
    return bad_value(span, f"{name}() gives several columns and cannot stand inside an expression", help)


def no_value(span: Span, name: str) -> RefusedError:
    """KWQ303: a query parameter without a value."""
    return _refused(
        "KWQ303", f"the query parameter {quoted(name)} has no value", span, "give it a default: `name: type = value`"
    )


def no_watchlist(span: Span, name: str, aliases: Iterable[str]) -> RefusedError:
    """KWQ305: a watchlist that the case does not hold."""
    help = did_you_mean(name, aliases, f"`keywitness watchlist add CASE FILE --name {name}` puts a CSV file there")
    refused = _refused("KWQ305", f"the case holds no watchlist {quoted(name)}", span, help)
    refused.unresolved = True
    return refused


def too_many_steps(span: Span, limit: int) -> RefusedError:
    """KWQ306: a pipeline, or tables of let over each other, longer than can be taken."""
    message = f"the query has more than {limit} operators one behind the other"
    return _refused("KWQ306", message, span, "join conditions with and, columns with commas")


def row_value_in_table(span: Span, name: str) -> RefusedError:
    """KWQ304: a value of the current row inside a table expression of a function."""
    help = "call the function with a constant, or write it with join or lookup"
    return _refused(
        "KWQ304", f"{quoted(name)} changes from row to row and cannot be used inside a table expression", span, help
    )


def schema_mismatch(span: Span, table: str, column: str) -> RefusedError:
    """KS225: a tabular argument without a column that the parameter asks for."""
    return _refused("KS225", f"the table given for {quoted(table)} has no column {quoted(column)} of that type", span)


def no_columns(span: Span) -> RefusedError:
    """KWQ302: nothing is left to show."""
    return bad_value(span, "the result has no columns", "keep one, or end with `| count`")


def no_result(span: Span) -> RefusedError:
    """KS008: only `let` statements, nothing to answer."""
    return _refused("KS008", "the query has no result: it ends without a tabular statement", span)
