"""Arrays inside dynamic values."""

from __future__ import annotations

from keywitness.engine import sql
from keywitness.engine.lowering.dynamics import as_json, element
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.sql import Expr
from keywitness.kql import plan
from keywitness.model.schema import KqlType


def _long(value: Expr) -> Expr:
    return sql.cast(value, "BIGINT")


def _slice(use: Use) -> Expr:
    array, start, end = use.args
    return sql.call("kx_documents_sliced", array, _long(start), _long(end))


def _rotate(sign: int) -> Lowering:
    def lowered(use: Use) -> Expr:
        return sql.call("kx_documents_rotated", use.args[0], _long(use.args[1]), sql.number(sign))

    return lowered


def _shift(sign: int) -> Lowering:
    def lowered(use: Use) -> Expr:
        filler = element(use.args[2], use.type(2)) if len(use) > 2 else sql.text("")
        return sql.call("kx_documents_shifted", use.args[0], _long(use.args[1]), sql.number(sign), filler)

    return lowered


def _split(use: Use) -> Expr:
    return sql.call("kx_documents_split", use.args[0], as_json(use.args[1], use.type(1)))


def _index_of(use: Use) -> Expr:
    array, value, *rest = use.args
    return sql.call("kx_documents_index_of", array, as_json(value, use.type(1)), *(_long(r) for r in rest))


def _iff(use: Use) -> Expr:
    return sql.call("kx_documents_array_iff", *(as_json(a, use.type(i)) for i, a in enumerate(use.args)))


def _sort(descending: bool) -> Lowering:
    """Sorts the first array; further arrays follow its order. Sorting several gives several columns in Kusto."""

    def lowered(use: Use) -> Expr:
        arrays = [a for i, a in enumerate(use.args) if use.type(i) is KqlType.DYNAMIC]
        flags = [a for i, a in enumerate(use.args) if use.type(i) is KqlType.BOOL]
        nulls_last = flags[0] if flags else sql.true()
        name = "sorted_descending" if descending else "sorted_ascending"
        return sql.call(f"kx_documents_{name}", nulls_last, *arrays)

    return lowered


def _strcat_array(use: Use) -> Expr:
    from keywitness.engine.lowering import conversions  # it imports this package's dynamics

    return sql.call("kx_documents_joined", use.args[0], conversions.text(use, 1))


def _length(use: Use) -> Expr:
    inner = use.call.args[0]
    if isinstance(inner, plan.Call) and inner.function == "split" and len(inner.args) == 2:
        source, delimiter = (use.emitter.lower(a, use.step) for a in inner.args)
        if inner.args[0].type is KqlType.STRING:
            return _long(sql.call("len", sql.call("string_split", source, delimiter)))
    return sql.call("kw_array_length", use.args[0])


LOWERINGS: Table = {
    "array_length": _length,
    "array_concat": "kx_documents_concatenated",
    "array_iff": _iff,
    "array_index_of": _index_of,
    "array_reverse": "kx_documents_reversed_array",
    "array_rotate_left": _rotate(1),
    "array_rotate_right": _rotate(-1),
    "array_shift_left": _shift(1),
    "array_shift_right": _shift(-1),
    "array_slice": _slice,
    "array_sort_asc": _sort(descending=False),
    "array_sort_desc": _sort(descending=True),
    "array_split": _split,
    "strcat_array": _strcat_array,
    "series_sum": "kx_documents_summed",
}
