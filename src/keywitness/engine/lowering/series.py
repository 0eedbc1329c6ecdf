"""Number series in dynamic arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keywitness.engine import sql
from keywitness.engine.lowering.dynamics import as_json, element, json_arguments
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.kql import functions, plan
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter
    from keywitness.engine.step import Step

_PAIRS = "add subtract multiply divide pow greater greater_equals less less_equals equals not_equals"
#: Of these each value is computed apart: some have an answer where others have none.
TWO_LINES = ("series_fit_2lines", "series_fit_2lines_dynamic")
#: As many as Kusto's page allows to ask for in one call.
_MOST_PERIODS = 16
_SINGLES = "exp sign abs sin asin cos acos tan atan log floor ceiling"


def _paired(name: str) -> Lowering:
    return lambda use: sql.call("kx_series_paired", sql.text(name), *json_arguments(use))


def _mapped(name: str) -> Lowering:
    return lambda use: sql.call("kx_series_mapped", sql.text(name), use.args[0])


def _json(name: str) -> Lowering:
    """A kernel over the arguments as JSON text, flags as they are."""

    def lowered(use: Use) -> Expr:
        args = [a if use.type(i) is KqlType.BOOL else as_json(a, use.type(i)) for i, a in enumerate(use.args)]
        return sql.call(f"kx_series_{name}", *args)

    return lowered


# ---------------------------------------------------------------- seasons, trends, outliers


def _period(use: Use, place: int) -> int:
    """The constant period: 0 for none, -1 for the one that the series has."""
    period = use.constant_or_none(place) if len(use) > place else -1
    period = -1 if period is None else int(period)
    if period < -1:
        raise cannot(f"{use.call.function}() with the season {period}", "give a number of points, or 0 for none")
    return period


def _score(use: Use, place: int, default: float = 0.6) -> Expr:
    """The score from which on a period counts."""
    value = use.constant_or_none(place) if len(use) > place else None
    return sql.literal(default if value is None else float(value), KqlType.REAL)


def _word(use: Use, place: int, default: str) -> str:
    value = use.constant_or_none(place) if len(use) > place else None
    return str(value or default).lower()


def _test_points(use: Use, place: int) -> int:
    return int(use.constant_or_none(place) or 0) if len(use) > place else 0


def _seasonal(use: Use) -> Expr:
    value = use.constant_or_none(1) if len(use) > 1 else -1
    period = 0 if value is not None and value < -1 else _period(use, 1)
    return sql.call("kx_decompositions_seasonal", use.args[0], sql.number(period), _score(use, 2, 0.7))


def _parts(use: Use, period: int, score: Expr, trend: str, points: int) -> Expr:
    if period < 0 and points:
        raise cannot(
            f"{use.call.function}() with test points and a season that it is to detect: in which points is not known",
            "give the season in points (24 for a day of hours, 7 for a week of days), or 0 for none",
        )
    words = (sql.text(trend), sql.number(points))
    return sql.call("kx_decompositions_decomposed", use.args[0], sql.number(period), score, *words)


def _decompose(use: Use) -> Expr:
    return _parts(use, _period(use, 1), _score(use, 4), _word(use, 2, "avg"), _test_points(use, 3))


def _forecast(use: Use) -> Expr:
    if len(use) < 4:
        raise cannot(
            "series_decompose_forecast() without its trend: the page's default and its own example differ",
            "write series_decompose_forecast(s, points, season, 'linefit'), or 'avg'",
        )
    return _parts(use, _period(use, 2), _score(use, 4), _word(use, 3, "avg"), _test_points(use, 1))


def _anomalies(use: Use) -> Expr:
    if _test_points(use, 4):
        raise cannot(
            "series_decompose_anomalies() with test points: whether they count in the percentiles is not documented",
            "series_decompose(s, season, trend, points) gives the residuals",
        )
    threshold = use.constant_or_none(1) if len(use) > 1 else None
    return sql.call(
        "kx_decompositions_anomalies",
        use.args[0],
        sql.literal(1.5 if threshold is None else float(threshold), KqlType.REAL),
        sql.number(_period(use, 2)),
        _score(use, 6),
        sql.text(_word(use, 3, "avg")),
        sql.text(_word(use, 5, "ctukey")),
    )


def _outliers(use: Use) -> Expr:
    kind = _word(use, 1, "ctukey")
    limits = [use.constant_or_none(i) if len(use) > i else None for i in (3, 4)]
    if kind == "ctukey" and any(v not in (None, d) for v, d in zip(limits, (10, 90), strict=True)):
        raise cannot(
            "series_outliers() with percentiles of its own: how Kusto scales their scores is not documented",
            "leave them out: 10 and 90",
        )
    ignored = as_json(use.args[2], use.type(2)) if len(use) > 2 else sql.null()
    return sql.call("kx_decompositions_outliers", use.args[0], sql.text(kind), ignored)


# ---------------------------------------------------------------- values one by one


def _whole(use: Use) -> Expr:
    raise cannot(
        f"{use.call.function}() with all of its values: of some it is not documented how they count",
        "take those that you need: extend (r, _, v, rv, fit) = series_fit_2lines(s), or .line_fit of the dynamic form",
    )


def two_lines(emitter: Emitter, access: plan.Call, step: Step) -> Expr | None:
    """One value of `series_fit_2lines`, where the access asks for one; None where it asks something else."""
    call, key = access.args
    if not (isinstance(call, plan.Call) and call.function in TWO_LINES and isinstance(key, plan.Literal)):
        return None
    row = functions.find(TWO_LINES[0])
    names = [name for name, _ in row.signatures[0].columns] if row else []
    value = names[key.value] if key.type is KqlType.LONG and 0 <= key.value < len(names) else key.value
    if value in ("split_idx", "right_interception"):
        raise cannot(
            f"{value} of {call.function}(): from which point it counts is not documented",
            "line_fit has the fitted point of each place",
        )
    if value not in names:
        return sql.null()
    return sql.call("kx_fits_two_lines", emitter.lower(call.args[0], step), sql.text(value))


def _fourier(name: str) -> Lowering:
    return lambda use: sql.call(f"kx_series_{name}", *use.args)


def _detect(use: Use) -> Expr:
    reals = (sql.cast(a, "DOUBLE") for a in use.args[1:3])
    return sql.call("kx_periods_detect", use.args[0], *reals, sql.cast(use.args[3], "BIGINT"))


def _validate(use: Use) -> Expr:
    if len(use) - 1 > _MOST_PERIODS:
        raise cannot(f"{use.call.function}() with more than {_MOST_PERIODS} periods", "ask for them in several calls")
    periods = [element(sql.cast(a, "DOUBLE"), KqlType.REAL) for a in use.args[1:]]
    asked = sql.call("kw_list_json", sql.array(periods))
    return sql.call("kx_periods_validate", use.args[0], asked)


LOWERINGS: Table = {
    **{f"series_{name}": _paired(name) for name in _PAIRS.split()},
    **{f"series_{name}": _mapped(name) for name in _SINGLES.split()},
    "series_product": "kx_series_product",
    "series_magnitude": "kx_series_magnitude",
    "series_dot_product": _json("dot_product"),
    "series_pearson_correlation": "kx_series_pearson_correlation",
    "series_cosine_similarity": "kx_series_cosine_similarity",
    "series_fill_const": _json("filled_const"),
    "series_fill_forward": _json("filled_forward"),
    "series_fill_backward": _json("filled_backward"),
    "series_fill_linear": _json("filled_linear"),
    "series_stats_dynamic": "kx_series_stats_dynamic",
    "series_stats": "kx_series_stats",
    "series_fit_line": "kx_fits_fit_line",
    "series_fit_line_dynamic": "kx_fits_fit_line_dynamic",
    "series_fit_poly": "kx_fits_fit_poly",
    "series_fir": "kx_fits_fir",
    "series_iir": "kx_fits_iir",
    "series_seasonal": _seasonal,
    "series_decompose": _decompose,
    "series_decompose_forecast": _forecast,
    "series_decompose_anomalies": _anomalies,
    "series_outliers": _outliers,
    "series_periods_detect": _detect,
    "series_periods_validate": _validate,
    "series_fft": _fourier("fft"),
    "series_ifft": _fourier("ifft"),
    **dict.fromkeys(TWO_LINES, _whole),
}
