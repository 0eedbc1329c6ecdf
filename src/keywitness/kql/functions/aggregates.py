"""Aggregates of `summarize` and `make-series`."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, Naming, aggregate

_AVERAGE = {
    "": (
        "(expr: integer) -> real",
        "(expr: real|decimal|timespan|datetime) -> first",
    ),
    "if": (
        "(expr: integer, predicate: bool) -> real",
        "(expr: real|decimal|timespan|datetime, predicate: bool) -> first",
    ),
}


def _ranked(ranks: str) -> tuple[str, ...]:
    """Signatures of percentiles: integers become long, decimals real."""
    return (
        f"(expr: int|long|real|datetime|timespan, {ranks}) -> promoted",
        f"(expr: decimal, {ranks}) -> real",
    )


def _ranked_array(before: str) -> tuple[str, ...]:
    return tuple(f"(expr: summable, {before}percentile: const {ranks}) -> dynamic" for ranks in ("number*", "dynamic"))


_OLD_LIMIT = "(expr: any, maxSize: const integer?) -> dynamic"

FUNCTIONS: tuple[Function, ...] = (
    aggregate("count", "() -> long", "(expr: any) -> long"),
    aggregate("cnt", "() -> long", means="count"),
    aggregate("countif", "(predicate: bool) -> long"),
    aggregate("count_distinct", "(expr: any) -> long"),
    aggregate("count_distinctif", "(expr: any, predicate: bool) -> long"),
    aggregate("dcount", "(expr: any, accuracy: const any?) -> long"),
    aggregate("dcountif", "(expr: any, predicate: bool, accuracy: const any?) -> long"),
    aggregate("sum", "(expr: summable) -> promoted"),
    aggregate("sumif", "(expr: summable, predicate: bool) -> promoted"),
    aggregate("avg", *_AVERAGE[""]),
    aggregate("avgif", *_AVERAGE["if"]),
    aggregate("min", "(expr: orderable) -> first"),
    aggregate("minif", "(expr: orderable, predicate: bool) -> first"),
    aggregate("max", "(expr: orderable) -> first"),
    aggregate("maxif", "(expr: orderable, predicate: bool) -> first"),
    aggregate("arg_max", "(maximized: orderable, returned: any*?) -> first", aliases="argmax"),
    aggregate("arg_min", "(minimized: orderable, returned: any*?) -> first", aliases="argmin"),
    aggregate("take_any", "(expr: any*) -> first", naming=Naming.FIRST),
    aggregate("any", "(expr: any*) -> first", means="take_any"),
    aggregate("take_anyif", "(expr: any, predicate: bool) -> first", naming=Naming.FIRST),
    aggregate("anyif", "(expr: any, predicate: bool) -> first", means="take_anyif"),
    aggregate("make_list", "(expr: any, maxSize: const integer?) -> dynamic", prefix="list"),
    aggregate("make_list_if", "(expr: any, predicate: bool, maxSize: const integer?) -> dynamic", prefix="list"),
    aggregate("make_list_with_nulls", "(expr: any) -> dynamic", prefix="list"),
    aggregate("makelist", _OLD_LIMIT, prefix="list", means="make_list"),
    aggregate("make_set", "(expr: any, maxSize: const integer?) -> dynamic", prefix="set"),
    aggregate("make_set_if", "(expr: any, predicate: bool, maxSize: const integer?) -> dynamic", prefix="set"),
    aggregate("makeset", _OLD_LIMIT, prefix="set", means="make_set"),
    aggregate("make_bag", "(expr: dynamic, maxSize: const integer?) -> dynamic", prefix="bag"),
    aggregate("make_bag_if", "(expr: dynamic, predicate: bool, maxSize: const integer?) -> dynamic", prefix="bag"),
    aggregate(
        "make_dictionary", "(expr: dynamic, maxSize: const integer?) -> dynamic", prefix="dictionary", means="make_bag"
    ),
    aggregate("buildschema", "(expr: dynamic) -> dynamic", prefix="schema"),
    aggregate("percentile", *_ranked("percentile: const number")),
    aggregate("percentiles", *_ranked("percentile: const number*")),
    aggregate("percentiles_array", *_ranked_array("")),
    aggregate("percentilew", *_ranked("weight: integer, percentile: const number")),
    aggregate("percentilesw", *_ranked("weight: integer, percentile: const number*")),
    aggregate("percentilesw_array", *_ranked_array("weight: integer, ")),
    *(aggregate(name, "(expr: summable) -> real") for name in ("stdev", "stdevp", "variance", "variancep")),
    *(
        aggregate(name, "(expr: summable, predicate: bool) -> real")
        for name in ("stdevif", "varianceif", "variancepif")
    ),
    *(aggregate(name, "(x: summable, y: summable) -> real") for name in ("covariance", "covariancep")),
    *(
        aggregate(name, "(x: summable, y: summable, predicate: bool) -> real")
        for name in ("covarianceif", "covariancepif")
    ),
    *(
        aggregate(name, "(expr: int|long) -> first", naming=Naming.FIRST)
        for name in ("binary_all_and", "binary_all_or", "binary_all_xor")
    ),
    aggregate("hll", "(expr: any, accuracy: integer?) -> dynamic"),
    aggregate("hll_if", "(expr: any, predicate: bool, accuracy: integer?) -> dynamic"),
    aggregate("hll_merge", "(hll: dynamic) -> dynamic"),
    aggregate("tdigest", "(expr: integer|real|datetime|timespan, weight: integer?) -> dynamic"),
    aggregate("tdigest_merge", "(tdigest: dynamic) -> dynamic", prefix="merge_tdigests", aliases="merge_tdigest"),
)
