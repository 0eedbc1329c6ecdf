"""From one type to another."""

from __future__ import annotations

from keywitness.engine import sql
from keywitness.engine.lowering import dynamics
from keywitness.engine.lowering.lowering import Table, Use
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.kql import plan
from keywitness.kql.binder.folding import reads_columns
from keywitness.model.schema import KqlType

_TEXTS = {
    KqlType.BOOL: "kw_bool_text",
    KqlType.INT: "kw_int_text",
    KqlType.LONG: "kw_int_text",
    KqlType.REAL: "kx_reals_to_text",
    KqlType.DECIMAL: "kw_decimal_text",
    KqlType.DATETIME: "kw_datetime_text",
    KqlType.TIMESPAN: "kw_timespan_text",
    KqlType.DYNAMIC: "kw_dynamic_text",
}


def as_text(value: Expr, type_: KqlType) -> Expr:
    """Any scalar as a string, null as the empty one."""
    if type_ is KqlType.STRING:
        return value
    if type_ is KqlType.GUID:
        return sql.call("coalesce", value, sql.text(""))
    return sql.call(_TEXTS[type_], value)


def text(use: Use, index: int) -> Expr:
    """An argument as a string."""
    return as_text(use.args[index], use.type(index))


def texts(use: Use, start: int = 0) -> list[Expr]:
    """The arguments from `start` on as strings."""
    return [text(use, i) for i in range(start, len(use))]


def _to_string(use: Use) -> Expr:
    inner = use.call.args[0]
    if isinstance(inner, plan.Call) and inner.function in ("member", "index"):
        return dynamics.access_text(use.emitter, inner, use.step)
    return text(use, 0)


def convert(value: Expr, from_type: KqlType, to_type: KqlType) -> Expr:
    """A scalar of one type as another, null where it does not convert.

    Raises:
        QueryError: If Kusto has no such conversion.
    """
    if from_type is to_type:
        return value
    if from_type is KqlType.DYNAMIC:
        return _from_dynamic(value, to_type)
    if from_type is KqlType.GUID and to_type not in (KqlType.STRING, KqlType.DYNAMIC):
        raise cannot(f"a guid does not convert to {to_type}")
    match to_type:
        case KqlType.STRING:
            return as_text(value, from_type)
        case KqlType.DYNAMIC:
            return dynamics.as_json(value, from_type)
        case KqlType.LONG | KqlType.INT:
            return _to_whole(value, from_type, to_type)
        case KqlType.REAL:
            return _to_real(value, from_type)
        case KqlType.DECIMAL:
            if from_type in (KqlType.REAL, KqlType.STRING):
                return sql.call("kx_decimals_parsed", sql.cast(value, "VARCHAR"))
            return sql.cast(value, to_type)
        case KqlType.BOOL:
            if from_type is KqlType.STRING:
                return sql.call("kw_text_to_bool", value)
            return sql.cast(value, "BOOLEAN")
        case KqlType.DATETIME:
            if from_type is KqlType.STRING:
                return sql.call("kx_instants_parse_datetime", value)
            if from_type in (KqlType.LONG, KqlType.INT):
                return sql.call("kw_datetime", value)
        case KqlType.TIMESPAN:
            if from_type is KqlType.STRING:
                return sql.call("kx_instants_parse_timespan", value)
            if from_type in (KqlType.LONG, KqlType.INT):
                return sql.cast(value, "BIGINT")
        case KqlType.GUID:
            if from_type is KqlType.STRING:
                return sql.call("kw_text_to_guid", value)
    raise cannot(f"a {from_type} does not convert to {to_type}")


def _to_whole(value: Expr, from_type: KqlType, to_type: KqlType) -> Expr:
    match from_type:
        case KqlType.STRING:
            if to_type is KqlType.INT:
                return sql.call("kw_text_to_int", value)
            long = sql.call("kw_text_to_long", value)
        case KqlType.REAL:
            if to_type is KqlType.INT:
                return sql.call("kw_real_to_int", value)
            long = sql.call("kw_real_to_long", value)
        case KqlType.DECIMAL:
            long = sql.try_cast(sql.call("trunc", value), "BIGINT")
        case _:
            long = sql.cast(value, "BIGINT")
    return sql.call("kw_long_to_int", long) if to_type is KqlType.INT else long


def _to_real(value: Expr, from_type: KqlType) -> Expr:
    if from_type is KqlType.STRING:
        return sql.call("kw_text_to_real", value)
    return sql.cast(value, "DOUBLE")


_OWN_TEXTLESS = {
    KqlType.LONG: "kw_dynamic_to_long",
    KqlType.INT: "kw_dynamic_to_int",
    KqlType.REAL: "kw_dynamic_to_real",
    KqlType.BOOL: "kw_dynamic_to_bool",
}


def item(value: Expr, to_type: KqlType) -> Expr:
    """An expanded element `to typeof(...)`: only numbers become numbers, the text "2" does not.

    Raises:
        QueryError: For types that Kusto gives no element of, whatever it holds.
    """
    if to_type in (KqlType.TIMESPAN, KqlType.DECIMAL):
        raise cannot(
            f"mv-expand to typeof({to_type})", "expand without a type and convert with to" + str(to_type) + "()"
        )
    if to_type in _OWN_TEXTLESS:
        return sql.call(f"kw_item_to_{to_type}", value)
    return convert(value, KqlType.DYNAMIC, to_type)


def _from_dynamic(value: Expr, to_type: KqlType) -> Expr:
    """By the text of the value: 1.5, "1.5" and "true" read alike, as Kusto's conversions of dynamic do."""
    if to_type is KqlType.STRING:
        return sql.call("kw_dynamic_text", value)
    own = _OWN_TEXTLESS.get(to_type)
    if own is not None:
        return sql.call(own, value)
    return convert(sql.call("kw_dynamic_said", value), KqlType.STRING, to_type)


#: Kusto reads these otherwise in a constant: a real of a column is cut off at the ends of the type.
_CONSTANT = {
    (KqlType.REAL, KqlType.LONG): "kw_constant_to_long",
    (KqlType.REAL, KqlType.INT): "kw_constant_to_int",
    (KqlType.DYNAMIC, KqlType.LONG): "kw_constant_to_long_of_dynamic",
    (KqlType.DYNAMIC, KqlType.INT): "kw_constant_to_int_of_dynamic",
    (KqlType.STRING, KqlType.BOOL): "kw_constant_to_bool",
}


def _conversion(use: Use) -> Expr:
    constant = _CONSTANT.get((use.type(0), use.call.type))
    if constant is not None and not reads_columns(use.call.args[0]):
        return sql.call(constant, use.args[0])
    return convert(use.args[0], use.type(0), use.call.type)


def _to_hex(use: Use) -> Expr:
    """An int has 8 digits, a long 16; the binder may have widened the int, which must not add digits."""
    inner = use.call.args[0]
    if isinstance(inner, plan.Call) and inner.function == "tolong":
        inner = inner.args[0]
    length = use.args[1] if len(use) > 1 else sql.number(0)
    if inner.type is KqlType.INT:
        return sql.call("kx_reals_to_hex32", use.emitter.lower(inner, use.step), sql.cast(length, "BIGINT"))
    return sql.call("kx_reals_to_hex", use.args[0], sql.cast(length, "BIGINT"))


def _type_name(use: Use) -> Expr:
    if use.type(0) is KqlType.DYNAMIC:
        return sql.call("kw_gettype", use.args[0])
    return sql.text(str(use.type(0)))


LOWERINGS: Table = {
    "tostring": _to_string,
    "tolong": _conversion,
    "toint": _conversion,
    "todouble": _conversion,
    "todecimal": _conversion,
    "tobool": _conversion,
    "todatetime": _conversion,
    "totimespan": _conversion,
    "toguid": _conversion,
    "tohex": _to_hex,
    "dynamic": _conversion,
    "parse_json": lambda use: dynamics.parse(use.args[0], use.type(0)),
    "gettype": _type_name,
}
