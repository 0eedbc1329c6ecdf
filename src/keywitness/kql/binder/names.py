"""The names that Kusto gives to columns that the text does not name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from keywitness.kql import functions, syntax
from keywitness.kql.functions import Function, Naming
from keywitness.model.schema import Schema


def implied(expression: syntax.Node, *, aggregate: bool = False, columns: Schema | None = None) -> str | None:
    """The name that an expression suggests, None where Kusto numbers the column (`Column1`).

    Args:
        expression: The unnamed expression.
        aggregate: It stands in `summarize` before `by`: aggregate names count.
        columns: The input, for `column_ifexists`.
    """
    match expression:
        case syntax.NameRef(name=name):
            return name
        case syntax.Member(object=object, name=syntax.NameRef(name=name)):
            return _joined(implied(object, columns=columns), name)
        case syntax.Index(object=syntax.Call(function=function, args=arrays)) if function.name in SORTS:
            return _sorted_element(arrays, expression.index)
        case syntax.Index(object=object, index=index):
            return _joined(implied(object, columns=columns), _index_name(index)) or None
        case syntax.Call(function=function):
            found = functions.find_aggregate(function.name) if aggregate else None
            row = found or functions.find(function.name)
            return _called(row, expression, aggregate=aggregate, columns=columns) if row else None
    return None


def _joined(object: str | None, member: str) -> str:
    return member if object is None else f"{object}_{member}"


def _index_name(index: syntax.Node) -> str:
    match index:
        case syntax.Literal(value=Decimal() as value):
            return f"{value:f}"
        case syntax.Literal(value=value):
            return str(value)
        case syntax.Unary(op="-", operand=syntax.Literal(value=value)):
            return f"-{value}"
    return ""


def _called(row: Function, call: syntax.Call, *, aggregate: bool, columns: Schema | None) -> str | None:
    if row.name == "column_ifexists":
        return _existing_column(call, columns)
    first = call.args[0] if call.args else None
    name = implied(first, aggregate=aggregate, columns=columns) if first is not None else None
    if row.name in SORTS:
        return sorted_name(name, 0)
    if row.name in {"make_datetime", "make_timespan"} and len(call.args) == 1:  # then it is a conversion
        return name
    if row.name == "take_any":
        return name or "any_arg0"
    if row.name in {"percentile", "percentilew"} and len(call.args) > 1:
        return percentile_name(name, call.args[-1])
    if row.name in {"percentiles_array", "percentilesw_array"}:
        return f"percentiles_{name or ''}"
    if row.name.startswith("covariance") and len(call.args) > 1:
        return f"{row.prefix}_{name or ''}_{implied(call.args[1], columns=columns) or ''}"
    if row.naming is Naming.ALONE:
        return row.prefix
    if row.naming is Naming.PREFIX:
        return f"{row.prefix}_{name or ''}"
    return name if row.naming is Naming.FIRST else None


def _sorted_element(arrays: Sequence[syntax.Node], index: syntax.Node) -> str | None:
    """`array_sort_asc(a, b)[1]` is called as the second array, `array_sort_asc(a)[1]` as an element of no name."""
    if len(arrays) < 2:
        return _index_name(index) or None
    match index:
        case syntax.Literal(value=int(place)) if place < len(arrays):
            return sorted_name(implied(arrays[place]), place)
    return None


#: Functions that give one sorted array for each array that they are given.
SORTS = frozenset({"array_sort_asc", "array_sort_desc"})


def sorted_name(array: str | None, place: int) -> str:
    """The column of a sorted array: `a_sorted`, `array0_sorted` where the array suggests no name."""
    return f"{array or f'array{place}'}_sorted"


def percentile_name(expression: str | None, rank: syntax.Node) -> str:
    """The column of a percentile, weighted or not: `percentile_Latency_99_9`."""
    return f"percentile_{expression or ''}_{_index_name(rank).replace('.', '_')}"


def _existing_column(call: syntax.Call, columns: Schema | None) -> str | None:
    match call.args:
        case (syntax.Literal(value=str(name)), *_) if columns is not None and columns.find(name):
            return name
    return None


class Names:
    """Hands out unique column names in the order of a projection."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._given: set[str] = set()
        self._number = 0

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def is_given(self, name: str) -> bool:
        """True when the text itself gave a column that name."""
        return name in self._given

    def give(self, name: str) -> str:
        """A name that the text gives; it stays as it is."""
        self._given.add(name)
        return self._add(name)

    def take(self, name: str) -> str:
        """The name itself where it is free, else with the first number that is."""
        return self._add(name if name not in self._taken else self._first_free(lambda n: f"{name}{n}", 0))

    def numbered(self) -> str:
        """The next free `ColumnN`."""
        return self._add(self._first_free(lambda n: f"Column{n}", self._number))

    def _first_free(self, form: Callable[[int], str], start: int) -> str:
        number = start + 1
        while form(number) in self._taken:
            number += 1
        return form(number)

    def _add(self, name: str) -> str:
        self._taken.add(name)
        return name
