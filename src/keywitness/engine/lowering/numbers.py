"""Numbers: rounding, powers, trigonometry, bits."""

from __future__ import annotations

import math

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.kernels.units import UNITS, UNSETTLED
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.model.schema import MAX_DATETIME_TICKS, KqlType

_FLOATING = (KqlType.REAL, KqlType.DECIMAL)


def _real(name: str) -> Lowering:
    """A function over reals."""
    return lambda use: sql.call(name, *(sql.cast(a, "DOUBLE") for a in use.args))


def _bin(use: Use) -> Expr:
    if any(use.type(i) in _FLOATING for i in range(2)):
        return sql.call("kw_bin_real", *(sql.cast(a, use.call.type) for a in use.args))
    size = use.constant_or_none(1)
    if isinstance(size, int) and size > 0:
        value = use.args[0]
        rest = sql.call("kw_rest", value.copy(), sql.number(size))
        if use.type(0) is KqlType.DATETIME:  # never negative: the plain remainder does
            rest = sql.binary(exp.Mod, value.copy(), sql.number(size))
        return sql.cast(sql.binary(exp.Sub, value, rest), use.call.type)
    return sql.cast(sql.call("kw_bin", *use.args), use.call.type)


def _bin_at(use: Use) -> Expr:
    value, size, point = use.args
    if use.call.type is KqlType.DATETIME and (shift := _shift(use)) is not None:
        size = sql.number(use.constant(1))
        if not shift:  # a remainder alone leaves no time outside of its range
            return sql.cast(sql.binary(exp.Sub, value, sql.binary(exp.Mod, value.copy(), size)), use.call.type)
        rest = sql.binary(exp.Mod, sql.binary(exp.Add, value.copy(), sql.number(shift)), size)
        return sql.call("kw_datetime", sql.binary(exp.Sub, value, rest))
    if any(use.type(i) in _FLOATING for i in range(3)):
        value, size, point = (sql.cast(a, "DOUBLE") for a in (value, size, point))
        inner = sql.call("kw_bin_real", sql.binary(exp.Sub, value, point), size)
    else:
        inner = sql.call("kw_bin", sql.binary(exp.Sub, value, point), size)
    result = sql.binary(exp.Add, inner, point.copy())
    return sql.call("kw_datetime", result) if use.call.type is KqlType.DATETIME else sql.cast(result, use.call.type)


def _shift(use: Use) -> int | None:
    """What moves the edges of constant bins to multiples of their size, upwards: no time is negative then."""
    size, point = use.constant_or_none(1), use.constant_or_none(2)
    if not isinstance(size, int) or not isinstance(point, int) or not 0 < size <= MAX_DATETIME_TICKS:
        return None
    return -point % size


def _same_type(name: str) -> Lowering:
    return lambda use: sql.cast(sql.call(name, use.args[0]), use.call.type)


def _round(use: Use) -> Expr:
    if use.type(0) in (KqlType.INT, KqlType.LONG) and len(use) == 1:
        return use.args[0]
    places = sql.cast(use.args[1], "INT") if len(use) > 1 else sql.number(0)
    return sql.cast(sql.call("round", use.args[0], places), use.call.type)


def _sign(use: Use) -> Expr:
    return sql.cast(sql.call("sign", use.args[0]), "DOUBLE")


def _around(use: Use) -> Expr:
    value, center, delta = use.args
    distance = sql.call("abs", sql.binary(exp.Sub, value, center))
    return exp.Paren(this=sql.binary(exp.LTE, distance, delta))


def _bits(name: str) -> Lowering:
    return lambda use: sql.call(name, *(sql.cast(a, "BIGINT") for a in use.args))


def _format_bytes(use: Use) -> Expr:
    precision = sql.cast(use.args[1], "BIGINT") if len(use) > 1 else sql.number(0)
    units = use.args[2] if len(use) > 2 else sql.text("")
    return sql.call("kx_reals_format_bytes", sql.cast(use.args[0], "DOUBLE"), precision, units)


def _convert(quantity: str) -> Lowering:
    def lowered(use: Use) -> Expr:
        units, unsettled = UNITS[quantity], UNSETTLED[quantity]
        names = {name.lower(): name for name in (*units, *unsettled)}
        asked = [use.constant(place, "the unit") for place in (1, 2)]
        if any(unit.lower() not in names for unit in asked):
            return sql.literal(None, KqlType.REAL)
        for unit in asked:
            if unit in unsettled:
                raise cannot(f"{use.call.function}() with {unit!r}: how much that is to Kusto is not documented")
            if unit not in units:
                raise cannot(f"{use.call.function}() with the unit {unit!r}", names[unit.lower()])
        return sql.call("kx_reals_converted", sql.text(quantity), *use.args)

    return lowered


def _distance(use: Use) -> Expr:
    if len(use) > 4 and use.constant(4, "use_spheroid"):
        raise cannot("geo_distance_2points() on a spheroid", "leave use_spheroid out: on the sphere")
    return sql.call("kw_distance", *(sql.cast(a, "DOUBLE") for a in use.args[:4]))


def _random(use: Use) -> Expr:
    if not len(use):
        return sql.call("random")
    return sql.call("kw_random", sql.cast(use.args[0], KqlType.REAL))


LOWERINGS: Table = {
    "bin": _bin,
    "bin_at": _bin_at,
    "abs": _same_type("abs"),
    "round": _round,
    "ceiling": _same_type("ceil"),
    "sign": _sign,
    "pow": _real("pow"),
    "sqrt": _real("kw_sqrt"),
    "log": _real("kw_ln"),
    "log2": _real("kw_log2"),
    "log10": _real("kw_log10"),
    "exp": _real("exp"),
    "exp2": lambda use: sql.call("pow", sql.cast(sql.number(2), "DOUBLE"), sql.cast(use.args[0], "DOUBLE")),
    "exp10": lambda use: sql.call("pow", sql.cast(sql.number(10), "DOUBLE"), sql.cast(use.args[0], "DOUBLE")),
    "sin": _real("sin"),
    "cos": _real("cos"),
    "tan": _real("tan"),
    "cot": _real("cot"),
    "asin": _real("kw_asin"),
    "acos": _real("kw_acos"),
    "atan": _real("atan"),
    "atan2": _real("atan2"),
    "degrees": _real("degrees"),
    "radians": _real("radians"),
    "gamma": _real("kx_reals_gamma"),
    "loggamma": _real("kx_reals_loggamma"),
    "erf": _real("kx_reals_erf"),
    "erfc": _real("kx_reals_erfc"),
    "pi": lambda use: sql.literal(math.pi, KqlType.REAL),
    "rand": _random,
    "isnan": lambda use: sql.call("isnan", use.args[0]),
    "isinf": lambda use: sql.call("isinf", use.args[0]),
    "isfinite": lambda use: sql.call("isfinite", use.args[0]),
    "around": _around,
    **{name: _real(f"kx_distributions_{name}") for name in ("beta_cdf", "beta_inv", "beta_pdf", "welch_test")},
    "geo_distance_2points": _distance,
    "geo_point_in_circle": _real("kw_in_circle"),
    "binary_and": _bits("kw_and"),
    "binary_or": _bits("kw_or"),
    "binary_xor": _bits("xor"),
    "binary_not": _bits("kw_not"),
    "binary_shift_left": _bits("kx_reals_shift_left"),
    "binary_shift_right": _bits("kx_reals_shift_right"),
    "bitset_count_ones": lambda use: sql.cast(sql.call("bit_count", sql.cast(use.args[0], "BIGINT")), "BIGINT"),
    "format_bytes": _format_bytes,
    **{
        f"convert_{what}": _convert(what)
        for what in ("angle", "energy", "force", "length", "mass", "speed", "temperature", "volume")
    },
}
