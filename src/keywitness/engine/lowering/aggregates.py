"""Aggregates of `summarize`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.lowering import conversions, dynamics, sketches
from keywitness.engine.lowering.predicates import nullable
from keywitness.engine.refusal import about, cannot
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey
from keywitness.kql import plan
from keywitness.model.schema import MAX_DATETIME_TICKS, KqlType

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter
    from keywitness.engine.step import Step

#: Kusto's limit of elements in a made list, set or bag.
DEFAULT_LIMIT = 1_048_576
_TICKS = (KqlType.DATETIME, KqlType.TIMESPAN)


@dataclass(frozen=True, slots=True)
class AggregateUse:
    """One aggregate: `args` are lowered, `predicate` is that of an `...if` form."""

    aggregate: plan.Aggregate
    args: tuple[Expr, ...]
    predicate: Expr | None
    order: tuple[OrderKey, ...] = ()

    def type(self, index: int) -> KqlType:
        return self.aggregate.args[index].type

    def constant(self, index: int) -> object:
        argument = self.aggregate.args[index]
        if isinstance(argument, plan.Literal):
            return argument.value
        raise cannot(f"argument {index + 1} of {self.aggregate.function}() must be a constant")

    def listed(self, value: Expr) -> Expr:
        """`list(value)` in the order of the rows, where they have one."""
        if self.order:
            value = exp.Order(this=value, expressions=[key.ordered() for key in self.order])
        return sql.call("list", value)

    def filtered(self, value: Expr, *more: Expr) -> Expr:
        """`value FILTER (...)` by the predicate and further conditions."""
        conditions = [c for c in (self.predicate, *more) if c is not None]
        return sql.filtered(value, sql.all_of([c.copy() for c in conditions])) if conditions else value


Lowering: TypeAlias = Callable[[AggregateUse], Expr]


def lower_aggregate(emitter: Emitter, aggregate: plan.Aggregate, step: Step) -> Expr:
    """The SQL of an aggregate over the rows of a group.

    Raises:
        QueryError: If the engine has no exact way to say it.
    """
    name, args = aggregate.function, list(aggregate.args)
    predicate: Expr | None = None
    if name in PREDICATE_AT:
        place = PREDICATE_AT[name]
        predicate = emitter.lower(args.pop(place), step)
        aggregate = plan.Aggregate(name, tuple(args), aggregate.type)
    lowering = AGGREGATES.get(name)
    if lowering is None:
        raise cannot(f"the aggregate {name}() is not answered by this engine yet")
    lowered = tuple(emitter.lower(a, step) for a in args)
    with about(name):
        return lowering(AggregateUse(aggregate, lowered, predicate, step.order))


#: Where the predicate stands among the arguments of an `...if` form.
PREDICATE_AT: dict[str, int] = {
    "countif": 0,
    **dict.fromkeys(
        [
            "count_distinctif",
            "dcountif",
            "sumif",
            "avgif",
            "minif",
            "maxif",
            "take_anyif",
            "make_list_if",
            "make_set_if",
            "make_bag_if",
            "hll_if",
            "stdevif",
            "varianceif",
            "variancepif",
        ],
        1,
    ),
    "covarianceif": 2,
    "covariancepif": 2,
}


def _count(use: AggregateUse) -> Expr:
    return use.filtered(exp.Count(this=exp.Star()))


def _distinct(name: str, value: Expr) -> Expr:
    return sql.call(name, exp.Distinct(expressions=[value]))


def _count_distinct(use: AggregateUse) -> Expr:
    """Exact, where Kusto estimates: within Kusto's promised error, and without its own."""
    return use.filtered(exp.Count(this=exp.Distinct(expressions=[use.args[0]])))


def _sum(use: AggregateUse) -> Expr:
    """The sum of no values is 0 in Kusto, null in SQL."""
    total = use.filtered(sql.call("sum", use.args[0]))
    if use.aggregate.type is KqlType.REAL:
        total = use.filtered(sql.call("sum", sql.cast(use.args[0], "DOUBLE")))
    return sql.cast(sql.call("coalesce", total, sql.number(0)), use.aggregate.type)


def _average(use: AggregateUse) -> Expr:
    value, type_ = use.args[0], use.type(0)
    if type_ is KqlType.DYNAMIC:
        value = conversions.convert(value, type_, KqlType.REAL)
    if use.aggregate.type in _TICKS:
        mean = sql.call(
            "kw_mean_ticks", use.filtered(sql.call("sum", value)), use.filtered(exp.Count(this=value.copy()))
        )
        return sql.cast(mean, "BIGINT")
    if use.aggregate.type is KqlType.DECIMAL:
        total = sql.cast(use.filtered(sql.call("sum", value)), KqlType.DECIMAL)
        count = sql.cast(use.filtered(exp.Count(this=value.copy())), KqlType.DECIMAL)
        return sql.call("kx_decimals_quotient", total, count)
    if type_ in (KqlType.INT, KqlType.LONG):
        mean = _mean_of_integers(use)
    else:
        mean = use.filtered(sql.call("avg", sql.cast(value, "DOUBLE")))
    if use.aggregate.type is KqlType.REAL:  # the mean of nothing is not a number
        mean = sql.call("coalesce", mean, sql.literal(float("nan"), KqlType.REAL))
    return sql.cast(mean, use.aggregate.type)


def _mean_of_integers(use: AggregateUse) -> Expr:
    """Kusto divides a sum that wraps around outside of long: it is refused there, as `sum` is."""
    value = use.args[0]
    total = sql.cast(use.filtered(sql.call("sum", value)), KqlType.LONG)
    return sql.binary(exp.Div, sql.cast(total, "DOUBLE"), use.filtered(exp.Count(this=value.copy())))


def _extreme(name: str) -> Lowering:
    """The smallest or largest value; one that is no number is both, while DuckDB holds it for the largest."""

    def lowered(use: AggregateUse) -> Expr:
        if use.type(0) is KqlType.STRING:
            found = use.filtered(sql.call(name, use.args[0]))
            return sql.call("coalesce", found, sql.text(""))
        if use.type(0) is KqlType.DYNAMIC:
            raise cannot(f"{name}() of dynamic values", "convert them first, for example with tolong() or tostring()")
        found = use.filtered(sql.call(name, use.args[0]))
        if name == "min" and use.type(0) is KqlType.REAL:
            largest = use.filtered(sql.call("max", use.args[0].copy()))
            return sql.call("kw_least_real", found, largest)
        return found

    return lowered


#: What ranks below (for arg_max) and above (for arg_min) every value of a type.
_RANKS: dict[KqlType, tuple[Any, Any]] = {
    KqlType.DATETIME: (-1, MAX_DATETIME_TICKS + 1),
    KqlType.TIMESPAN: (-(2**63), 2**63 - 1),
    KqlType.LONG: (-(2**63), 2**63 - 1),
    KqlType.INT: (-(2**31), 2**31 - 1),
    KqlType.REAL: (float("-inf"), float("inf")),
    KqlType.GUID: ("", "~"),
}


def _arg_extreme(name: str) -> Lowering:
    """`arg_max_null` keeps a row whose returned cell is null; all columns then come from one row.

    A row whose maximised value is null ranks behind all others: without any value Kusto still gives a row.
    """

    def lowered(use: AggregateUse) -> Expr:
        by, value, type_ = use.args[0], use.args[-1], use.type(0)
        if type_ is KqlType.DYNAMIC:
            raise cannot(
                f"{use.aggregate.function}() by a dynamic value", "convert it first, for example with tolong()"
            )
        if type_ is KqlType.REAL and name == "arg_min":
            by = sql.call("kw_rank_of_least", by)
        elif nullable(use.aggregate.args[0]) and type_ in _RANKS:
            by = sql.call("coalesce", by, sql.literal(_RANKS[type_][name == "arg_min"], type_))
        found = sql.call(f"{name}_null", value, by)
        if use.aggregate.type is KqlType.STRING:
            return sql.call("coalesce", found, sql.text(""))
        return found

    return lowered


def _take_any(use: AggregateUse) -> Expr:
    """The smallest value that is neither null nor empty: any will do for Kusto, the same on every run for us."""
    value = use.args[0]
    if use.aggregate.type is KqlType.STRING:
        found = use.filtered(sql.call("min", value), sql.binary(exp.NEQ, value.copy(), sql.text("")))
        return sql.call("coalesce", found, sql.text(""))
    return use.filtered(sql.call("min", value))


def _limit(use: AggregateUse) -> int:
    if len(use.args) < 2:
        return DEFAULT_LIMIT
    value = use.constant(1)
    if value is None:
        return DEFAULT_LIMIT
    limit = int(str(value))
    if limit < 0:
        raise cannot("a largest size below 0")
    return min(DEFAULT_LIMIT, limit)


def _json_list(values: Expr, type_: KqlType) -> Expr:
    """A DuckDB list of physical values as the JSON text of an array."""
    match type_:
        case KqlType.STRING | KqlType.GUID | KqlType.BOOL | KqlType.INT | KqlType.LONG:
            return sql.cast(sql.call("to_json", values), "VARCHAR")
        case KqlType.DYNAMIC:
            return sql.call("kw_list_json", values)
        case KqlType.REAL:
            return sql.call("kw_real_list_json", values)
        case KqlType.DATETIME:
            return sql.call("kw_datetime_list_json", values)
        case KqlType.TIMESPAN:
            return sql.call("kw_timespan_list_json", values)
    raise cannot(f"a list of {type_} values", "convert them with todouble() first")


def _collect(values: Expr, use: AggregateUse) -> Expr:
    """The list cut to the limit, `[]` where no row had a value."""
    limited = sql.call("list_slice", values, sql.number(1), sql.number(_limit(use)))
    return sql.call("coalesce", _json_list(limited, use.type(0)), sql.text("[]"))


def _has_value(use: AggregateUse) -> list[Expr]:
    return [] if use.type(0) is KqlType.STRING else [sql.negate(sql.is_null(use.args[0].copy()))]


def _make_list(use: AggregateUse) -> Expr:
    if use.type(0) is KqlType.DYNAMIC:
        return _make_list_of_dynamic(use)
    return _collect(use.filtered(use.listed(use.args[0]), *_has_value(use)), use)


def _make_list_of_dynamic(use: AggregateUse) -> Expr:
    """Arrays give their elements, and null is a value: so the emulator answers."""
    values = use.filtered(use.listed(sql.call("coalesce", use.args[0], sql.text("null"))))
    return _collect(sql.call("kw_elements", values), use)


def _make_list_with_nulls(use: AggregateUse) -> Expr:
    if use.type(0) is KqlType.DYNAMIC:
        return _make_list_of_dynamic(use)
    if use.type(0) in _TICKS or use.type(0) is KqlType.REAL:
        value = dynamics.element(use.args[0], use.type(0))
        return sql.call("coalesce", sql.call("kw_list_json", use.listed(value)), sql.text("[]"))
    return _collect(use.listed(use.args[0]), use)


def _make_set(use: AggregateUse) -> Expr:
    """Sorted by value: Kusto promises no order, a repeatable answer needs one."""
    if use.type(0) is KqlType.DYNAMIC:
        return _make_set_of_dynamic(use)
    values = use.filtered(_distinct("list", use.args[0]), *_has_value(use))
    return _collect(sql.call("list_sort", values), use)


def _make_set_of_dynamic(use: AggregateUse) -> Expr:
    """Arrays give their elements, anything else is an element itself."""
    values = use.filtered(_distinct("list", sql.call("coalesce", use.args[0], sql.text("null"))))
    return sql.call(
        "coalesce",
        sql.call("kx_sets_gathered", sql.call("kw_list_json", sql.call("list_sort", values)), sql.number(_limit(use))),
        sql.text("[]"),
    )


def _make_bag(use: AggregateUse) -> Expr:
    values = use.filtered(use.listed(use.args[0]), *_has_value(use))
    joined = sql.call("coalesce", sql.call("kw_list_json", values), sql.text("[]"))
    return sql.call("kx_documents_made_bag", joined, sql.number(_limit(use)))


def _build_schema(use: AggregateUse) -> Expr:
    values = use.filtered(_distinct("list", use.args[0]), *_has_value(use))
    return sql.call("kx_documents_built_schema", sql.call("kw_list_json", sql.call("list_sort", values)))


def _fractions(use: AggregateUse, start: int) -> list[float]:
    """The asked percentiles as fractions."""
    asked: list[object] = []
    for i in range(start, len(use.args)):
        value = use.constant(i)
        listed = json.loads(str(value or "null")) if use.type(i) is KqlType.DYNAMIC else value
        asked += listed if isinstance(listed, list) else [listed]
    ranks = [float(n) for n in asked if isinstance(n, int | float | Decimal) and 0 <= n <= 100]
    if len(ranks) < len(asked):
        raise cannot("a percentile that is no number of 0 .. 100")
    return [rank / 100 for rank in ranks]


def _quantile(use: AggregateUse, fraction: float, *, weighted: bool) -> Expr:
    """Nearest rank: the smallest value that at least the asked share of the rows (of the weight) does not exceed."""
    share = sql.cast(sql.text(repr(fraction)), "DOUBLE")
    if not weighted:
        return sql.call("quantile_disc", use.args[0].copy(), share)
    if use.type(0) is KqlType.DECIMAL:
        raise cannot("a list of decimal values", "convert them with todouble() first")
    kernel = "kx_sketches_nearest_real" if use.type(0) is KqlType.REAL else "kx_sketches_nearest_long"
    return sql.call(kernel, _tdigest(use), share)


def _percentile(*, weighted: bool) -> Lowering:
    def lowered(use: AggregateUse) -> Expr:
        fractions = _fractions(use, 2 if weighted else 1)
        if len(fractions) != 1:
            raise cannot(f"{use.aggregate.function}() with several percentiles in one column")
        return sql.cast(_quantile(use, fractions[0], weighted=weighted), use.aggregate.type)

    return lowered


def _percentiles_array(*, weighted: bool) -> Lowering:
    def lowered(use: AggregateUse) -> Expr:
        fractions = _fractions(use, 2 if weighted else 1)
        values = [_quantile(use, fraction, weighted=weighted) for fraction in fractions]
        return sql.call("kw_list_json", sql.array([dynamics.element(v, use.type(0)) for v in values]))

    return lowered


#: Kusto rounds variances and covariances, also those behind a deviation (measured: 5 / 3 is 1.6666666667).
_PLACES = 10


def _rounded(moment: Expr) -> Expr:
    return sql.call("round", moment, sql.number(_PLACES))


def _variance(name: str) -> Lowering:
    """A spread; none in no value, or in one."""

    def lowered(use: AggregateUse) -> Expr:
        spread = use.filtered(sql.call(name, sql.cast(use.args[0], "DOUBLE")))
        return sql.call("coalesce", _rounded(spread), sql.literal(0.0, KqlType.REAL))

    return lowered


def _deviation(name: str) -> Lowering:
    return lambda use: sql.call("sqrt", _variance(name)(use))


def _covariance(name: str) -> Lowering:
    return lambda use: _rounded(use.filtered(sql.call(name, *(sql.cast(a, "DOUBLE") for a in use.args))))


def _hll(use: AggregateUse) -> Expr:
    """Every distinct value: what is counted from it is exact, and so is every merger."""
    value = use.args[0]
    if use.type(0) is KqlType.REAL:  # 0 and -0 are one value
        value = sql.binary(exp.Add, value, sql.number(0))
    values = use.filtered(_distinct("list", value), sql.negate(sql.is_null(use.args[0].copy())))
    return sql.call("kw_hll", sql.text(sketches.value_type(use.type(0))), values)


def _tdigest(use: AggregateUse) -> Expr:
    """Every value with its weight; those that are null or weigh nothing are left out."""
    of, value = sql.text(sketches.value_type(use.type(0))), use.args[0]
    if len(use.args) == 1:
        counts = sql.call("histogram", value)
        return sql.call("kw_tdigest", of, sql.call("map_keys", counts), sql.call("map_values", counts.copy()))
    weight = use.args[1]
    counted = (
        sql.negate(sql.is_null(value.copy())),
        sql.binary(exp.GT, weight.copy(), sql.number(0)),
    )
    values, weights = (use.filtered(sql.call("list", v.copy()), *counted) for v in (value, weight))
    return sql.call("kw_tdigest", of, values, weights)


def _merged(kernel: str) -> Lowering:
    def lowered(use: AggregateUse) -> Expr:
        listed = use.filtered(sql.call("list", use.args[0]), sql.negate(sql.is_null(use.args[0].copy())))
        return sql.call(kernel, sql.call("coalesce", sql.call("kw_list_json", listed), sql.text("[]")))

    return lowered


AGGREGATES: dict[str, Lowering] = {
    "count": _count,
    "countif": _count,
    "count_distinct": _count_distinct,
    "count_distinctif": _count_distinct,
    "dcount": _count_distinct,
    "dcountif": _count_distinct,
    "sum": _sum,
    "sumif": _sum,
    "avg": _average,
    "avgif": _average,
    "min": _extreme("min"),
    "minif": _extreme("min"),
    "max": _extreme("max"),
    "maxif": _extreme("max"),
    "arg_max": _arg_extreme("arg_max"),
    "arg_min": _arg_extreme("arg_min"),
    "take_any": _take_any,
    "take_anyif": _take_any,
    "make_list": _make_list,
    "make_list_if": _make_list,
    "make_list_with_nulls": _make_list_with_nulls,
    "make_set": _make_set,
    "make_set_if": _make_set,
    "make_bag": _make_bag,
    "make_bag_if": _make_bag,
    "buildschema": _build_schema,
    "hll": _hll,
    "hll_if": _hll,
    "hll_merge": _merged("kx_sketches_merged_hlls"),
    "tdigest": _tdigest,
    "tdigest_merge": _merged("kx_sketches_merged_digests"),
    "percentile": _percentile(weighted=False),
    "percentiles": _percentile(weighted=False),
    "percentiles_array": _percentiles_array(weighted=False),
    "percentilesw_array": _percentiles_array(weighted=True),
    "percentilew": _percentile(weighted=True),
    "percentilesw": _percentile(weighted=True),
    "stdev": _deviation("var_samp"),
    "stdevif": _deviation("var_samp"),
    "stdevp": _deviation("var_pop"),
    "variance": _variance("var_samp"),
    "varianceif": _variance("var_samp"),
    "variancep": _variance("var_pop"),
    "variancepif": _variance("var_pop"),
    "covariance": _covariance("covar_samp"),
    "covarianceif": _covariance("covar_samp"),
    "covariancep": _covariance("covar_pop"),
    "covariancepif": _covariance("covar_pop"),
    "binary_all_and": lambda use: sql.call("bit_and", sql.cast(use.args[0], "BIGINT")),
    "binary_all_or": lambda use: sql.call("bit_or", sql.cast(use.args[0], "BIGINT")),
    "binary_all_xor": lambda use: sql.call("bit_xor", sql.cast(use.args[0], "BIGINT")),
}
