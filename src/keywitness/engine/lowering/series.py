"""Number series in dynamic arrays."""

from __future__ import annotations

from keywitness.engine import sql
from keywitness.engine.lowering.dynamics import as_json, json_arguments
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.sql import Expr
from keywitness.model.schema import KqlType

_PAIRS = "add subtract multiply divide pow greater greater_equals less less_equals equals not_equals"
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
}
