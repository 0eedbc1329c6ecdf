"""Dynamic values: JSON text, its members, and bags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.documents import is_document, key_path
from keywitness.engine.lowering.lowering import Table, Use
from keywitness.engine.sql import Expr
from keywitness.kql import plan
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter
    from keywitness.engine.step import Step


def as_json(value: Expr, type_: KqlType) -> Expr:
    """A scalar as JSON text; null stays null."""
    match type_:
        case KqlType.DYNAMIC:
            return value
        case KqlType.STRING:
            return sql.call("kw_text_json", value)
        case KqlType.GUID:
            return sql.call("kw_quoted", value)
        case KqlType.BOOL | KqlType.INT | KqlType.LONG:
            return sql.cast(value, "VARCHAR")
        case KqlType.REAL:
            return sql.call("kw_real_json", value)
        case KqlType.DECIMAL:
            return sql.call("kw_quoted", sql.call("kw_decimal_text", value))
        case KqlType.DATETIME:
            return sql.call("kw_quoted", sql.call("nullif", sql.call("kw_datetime_text", value), sql.text("")))
        case KqlType.TIMESPAN:
            return sql.call("kw_quoted", sql.call("nullif", sql.call("kw_timespan_text", value), sql.text("")))


def element(value: Expr, type_: KqlType) -> Expr:
    """A scalar as JSON text inside an array or bag: null is `null`."""
    return sql.call("coalesce", as_json(value, type_), sql.text("null"))


def json_arguments(use: Use, start: int = 0) -> list[Expr]:
    """The arguments from `start` on as JSON text."""
    return [as_json(use.args[i], use.type(i)) for i in range(start, len(use))]


def parse(value: Expr, type_: KqlType) -> Expr:
    """`parse_json`: text that is no JSON becomes a dynamic string; a dynamic stays what it is."""
    if type_ is not KqlType.STRING:
        return as_json(value, type_)
    if isinstance(value, exp.Anonymous) and value.this == "kw_dynamic_text" and is_document(value.expressions[0]):
        document: Expr = value.expressions[0]
        return document.copy()  # the text of an object, or of nothing
    return sql.call("kw_parse_json", value)


def _path(emitter: Emitter, call: plan.Call, step: Step) -> tuple[Expr, str] | None:
    """Object and path of a chain of constant accesses `a.b["c"][0]`, or None where a step is not constant."""
    parts: list[str] = []
    node: plan.Scalar = call
    while isinstance(node, plan.Call) and node.function in ("member", "index"):
        key = node.args[1]
        if not isinstance(key, plan.Literal) or key.value is None:
            break
        if key.type is KqlType.STRING:
            path = key_path(str(key.value))
            if path is None:
                break
            parts.append(path[1:])
        elif key.type in (KqlType.INT, KqlType.LONG):
            parts.append(f"[{key.value}]" if key.value >= 0 else f"[#{key.value}]")
        else:
            break
        node = node.args[0]
    if not parts:
        return None
    return emitter.lower(node, step), "$" + "".join(reversed(parts))


def _access(use: Use) -> Expr:
    """`a.b` and `a[b]`."""
    piece = _piece(use.emitter, use.call, use.step)
    if piece is not None:
        return sql.call("kw_text_json", piece)
    found = _path(use.emitter, use.call, use.step)
    if found is not None:
        return use.emitter.documents.reached(*found)[0]
    target, key = use.args
    if use.type(1) is KqlType.STRING:
        return sql.call("kx_documents_member", target, key)
    if use.type(1) is KqlType.DYNAMIC:
        return sql.call("kx_documents_access", target, key)
    return sql.call("kw_index", target, key)


def _piece(emitter: Emitter, call: plan.Call, step: Step) -> Expr | None:
    """`split(a, b)[n]` without the array in between; null where there is no such piece."""
    target, key = call.args
    if not (isinstance(target, plan.Call) and target.function == "split" and len(target.args) == 2):
        return None
    if not (isinstance(key, plan.Literal) and key.type in (KqlType.INT, KqlType.LONG) and key.value is not None):
        return None
    if any(a.type is not KqlType.STRING or a == plan.Literal("", KqlType.STRING) for a in target.args):
        return None
    pieces = sql.call("string_split", *(emitter.lower(argument, step) for argument in target.args))
    return sql.call("list_extract", pieces, sql.number(key.value + 1 if key.value >= 0 else key.value))


def access_text(emitter: Emitter, call: plan.Call, step: Step) -> Expr:
    """`tostring(a.b)` in one extraction."""
    piece = _piece(emitter, call, step)
    if piece is not None:
        return sql.call("coalesce", piece, sql.text(""))
    found = _path(emitter, call, step)
    if found is not None:
        return emitter.documents.reached(*found)[1]
    return sql.call("kw_dynamic_text", emitter.lower(call, step))


def pack_array(use: Use) -> Expr:
    """`pack_array(a, b)`; a single array given as such stays what it is."""
    return sql.call("kw_list_json", sql.array([element(a, use.type(i)) for i, a in enumerate(use.args)]))


def _bag_pack(use: Use) -> Expr:
    """`bag_pack(k, v, ...)`: with constant, different keys the text is put together, else a kernel sorts them out."""
    from keywitness.engine.lowering import conversions  # it imports this module

    pairs: list[Expr] = []
    for i in range(0, len(use), 2):
        key = conversions.as_text(use.args[i], use.type(i))
        pairs += [key, element(use.args[i + 1], use.type(i + 1))]
    if use.call.function == "bag_pack_nonempty":
        return sql.call("kx_documents_pack_nonempty", *pairs)
    constant = [use.constant_or_none(i) for i in range(0, len(use), 2)]
    if all(isinstance(k, str) for k in constant) and len(set(constant)) == len(constant):
        texts = [
            sql.call("concat", sql.text(json.dumps(k, ensure_ascii=False) + ":"), pairs[2 * i + 1])
            for i, k in enumerate(constant)
        ]
        return sql.call("concat", sql.text("{"), sql.call("concat_ws", sql.text(","), *texts), sql.text("}"))
    return sql.call("kx_documents_pack", *pairs)


def _extract_json(use: Use) -> Expr:
    from keywitness.engine.lowering import conversions  # it imports this module

    path, document = use.args[0], conversions.as_text(use.args[1], use.type(1))
    found = sql.call("kx_documents_extract", path, document)
    return conversions.convert(found, KqlType.DYNAMIC, use.call.type)


def _dynamic_to_json(use: Use) -> Expr:
    """Canonical JSON of a dynamic value; of any other its text, without quotation marks, as its page says."""
    from keywitness.engine.lowering import conversions  # it imports this module

    if use.type(0) is KqlType.DYNAMIC:
        return sql.call("kx_documents_sorted_json", use.args[0])
    return conversions.as_text(use.args[0], use.type(0))


def _bag_set_key(use: Use) -> Expr:
    bag, key, value = use.args
    return sql.call("kx_documents_set_key", bag, key, element(value, use.type(2)))


def _range(use: Use) -> Expr:
    """`range(a, b, step)` as an array."""
    kind = use.type(0)
    if kind in (KqlType.DATETIME, KqlType.TIMESPAN):
        return sql.call(f"kx_documents_{kind}_range", *use.args)
    real = any(use.type(i) in (KqlType.REAL, KqlType.DECIMAL) for i in range(len(use)))
    name, type_ = ("real_range", "DOUBLE") if real else ("long_range", "BIGINT")
    return sql.call(f"kx_documents_{name}", *(sql.cast(a, type_) for a in use.args))


LOWERINGS: Table = {
    "member": _access,
    "index": _access,
    "pack_array": pack_array,
    "bag_pack": _bag_pack,
    "bag_pack_nonempty": _bag_pack,
    "bag_keys": "kw_bag_keys",
    "bag_has_key": "kx_documents_has_key",
    "bag_merge": "kx_documents_merge",
    "bag_remove_keys": "kx_documents_remove_keys",
    "bag_set_key": _bag_set_key,
    "bag_zip": "kx_documents_bag_zip",
    "extract_json": _extract_json,
    "dynamic_to_json": _dynamic_to_json,
    "treepath": "kx_documents_treepath",
    "range": _range,
    "zip": "kx_documents_zipped",
    "repeat": lambda use: sql.call(
        "kx_documents_repeated", element(use.args[0], use.type(0)), sql.cast(use.args[1], "BIGINT")
    ),
}
