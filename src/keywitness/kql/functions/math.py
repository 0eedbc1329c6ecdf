"""Numbers: rounding, powers, trigonometry, bits."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, Naming, scalar

_FIRST = Naming.FIRST
_BIN = (
    "(value: number, size: number) -> widest",
    "(value: timespan, size: timespan) -> timespan",
    "(value: datetime, size: timespan) -> datetime",
)


def _real(name: str) -> Function:
    return scalar(name, "(number: number) -> real", naming=_FIRST)


FUNCTIONS: tuple[Function, ...] = (
    scalar("bin", *_BIN, naming=_FIRST, aliases="floor"),
    scalar(
        "bin_at",
        "(value: number, size: number, point: number) -> widest",
        "(value: timespan, size: timespan, point: timespan) -> timespan",
        "(value: datetime, size: timespan, point: datetime) -> datetime",
        naming=_FIRST,
    ),
    scalar("bin_auto", "(value: summable) -> first", naming=_FIRST),
    scalar(
        "abs",
        "(number: integer) -> long",
        "(number: number) -> first",
        "(number: timespan) -> timespan",
        naming=_FIRST,
    ),
    scalar("round", "(number: number, precision: long?) -> first", naming=_FIRST),
    scalar("ceiling", "(number: number) -> first", naming=_FIRST),
    scalar("sign", "(number: number) -> real"),
    scalar("pow", "(base: number, exponent: number) -> real", naming=_FIRST),
    *(_real(name) for name in ("sqrt", "log", "log2", "log10", "exp", "exp2", "exp10", "cos", "sin", "tan")),
    *(_real(name) for name in ("acos", "asin", "atan", "gamma", "loggamma", "erf", "erfc")),
    scalar("atan2", "(y: number, x: number) -> real", naming=_FIRST),
    scalar("cot", "(number: number) -> real"),
    scalar("degrees", "(radians: number) -> real"),
    scalar("radians", "(degrees: number) -> real"),
    scalar("pi", "() -> real"),
    scalar("rand", "(number: integer?) -> real", naming=_FIRST),
    scalar("isnan", "(number: real) -> bool"),
    scalar("isinf", "(number: real) -> bool"),
    scalar("isfinite", "(number: real) -> bool"),
    scalar("around", "(value: summable, center: summable, delta: summable) -> bool"),
    scalar("binary_and", "(a: integer, b: integer) -> long", naming=_FIRST),
    scalar("binary_or", "(a: integer, b: integer) -> long", naming=_FIRST),
    scalar("binary_xor", "(a: integer, b: integer) -> long", naming=_FIRST),
    scalar("binary_not", "(value: integer) -> long", naming=_FIRST),
    scalar("binary_shift_left", "(value: integer, shift: integer) -> long", naming=_FIRST),
    scalar("binary_shift_right", "(value: integer, shift: integer) -> long", naming=_FIRST),
    scalar("bitset_count_ones", "(value: integer) -> long", naming=_FIRST),
    scalar("format_bytes", "(size: number, precision: number?, units: const string?) -> string", naming=_FIRST),
    *(
        scalar(f"convert_{what}", "(value: real, from: const string, to: const string) -> real")
        for what in ("angle", "energy", "force", "length", "mass", "speed", "temperature", "volume")
    ),
    scalar(
        "geo_distance_2points",
        "(longitude1: number, latitude1: number, longitude2: number, latitude2: number, use_spheroid: const bool?)"
        " -> real",
    ),
    scalar(
        "geo_point_in_circle",
        "(longitude: number, latitude: number, center_longitude: number, center_latitude: number, radius: number)"
        " -> bool",
    ),
    scalar("beta_cdf", "(x: number, alpha: number, beta: number) -> real"),
    scalar("beta_inv", "(probability: number, alpha: number, beta: number) -> real"),
    scalar("beta_pdf", "(x: number, alpha: number, beta: number) -> real"),
    scalar(
        "welch_test",
        "(mean1: number, variance1: number, count1: number, mean2: number, variance2: number, count2: number) -> real",
    ),
)
