"""Functions over number series in dynamic arrays."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, Naming, scalar

_LATER = "time-series analysis is not built yet; `summarize ... by bin(time, 1h)` gives the counts to look at"
_PAIR = "(series1: dynamic|number, series2: dynamic|number) -> dynamic"
_ONE = "(series: dynamic) -> dynamic"

FUNCTIONS: tuple[Function, ...] = (
    *(scalar(f"series_{name}", _PAIR) for name in ("add", "subtract", "multiply", "divide", "pow")),
    *(
        scalar(f"series_{name}", _PAIR)
        for name in ("greater", "greater_equals", "less", "less_equals", "equals", "not_equals")
    ),
    *(
        scalar(f"series_{name}", _ONE)
        for name in ("exp", "sign", "abs", "sin", "asin", "cos", "acos", "tan", "atan", "log", "floor", "ceiling")
    ),
    *(scalar(f"series_{name}", "(series: dynamic) -> real") for name in ("sum", "product", "magnitude")),
    scalar("series_dot_product", "(series1: dynamic|number, series2: dynamic|number) -> real"),
    scalar("series_pearson_correlation", "(series1: dynamic, series2: dynamic) -> real"),
    scalar(
        "series_cosine_similarity",
        "(series1: dynamic, series2: dynamic, magnitude1: real?, magnitude2: real?) -> real",
    ),
    *(
        scalar(f"series_fill_{name}", "(series: dynamic, placeholder: const number?) -> dynamic", naming=Naming.FIRST)
        for name in ("backward", "forward")
    ),
    scalar(
        "series_fill_const",
        "(series: dynamic, constant: number, placeholder: const number?) -> dynamic",
        naming=Naming.FIRST,
    ),
    scalar(
        "series_fill_linear",
        "(series: dynamic, placeholder: const number?, edges: bool?, constant: number?) -> dynamic",
        naming=Naming.FIRST,
    ),
    scalar("series_stats_dynamic", "(series: dynamic, ignore_nonfinite: bool?) -> dynamic"),
    *(
        scalar(f"series_{name}", "(series: dynamic, rest: any*?) -> dynamic", refusal=_LATER)
        for name in (
            "decompose",
            "decompose_anomalies",
            "decompose_forecast",
            "fft",
            "fir",
            "fit_2lines",
            "fit_2lines_dynamic",
            "fit_line",
            "fit_line_dynamic",
            "fit_poly",
            "ifft",
            "iir",
            "outliers",
            "periods_detect",
            "periods_validate",
            "seasonal",
            "stats",
        )
    ),
)
