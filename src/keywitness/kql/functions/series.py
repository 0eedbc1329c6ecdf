"""Functions over number series in dynamic arrays."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, Naming, scalar

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
    scalar("series_stats_dynamic", "(series: dynamic, ignore_nonfinite: const bool?) -> dynamic"),
    scalar(
        "series_stats",
        "(series: dynamic, ignore_nonfinite: const bool?) -> (min: real, min_idx: long, max: real, max_idx: long, "
        "avg: real, stdev: real, variance: real)",
    ),
    scalar(
        "series_fit_line",
        "(series: dynamic) -> (rsquare: real, slope: real, variance: real, rvariance: real, interception: real, "
        "line_fit: dynamic)",
    ),
    scalar("series_fit_line_dynamic", "(series: dynamic) -> dynamic"),
    scalar(
        "series_fit_poly",
        "(y_series: dynamic) -> (rsquare: real, coefficients: dynamic, variance: real, rvariance: real, "
        "poly_fit: dynamic)",
        "(y_series: dynamic, x_series: dynamic, degree: const integer?) -> (rsquare: real, coefficients: dynamic, "
        "variance: real, rvariance: real, poly_fit: dynamic)",
    ),
    scalar(
        "series_fir",
        "(series: dynamic, filter: dynamic, normalize: const bool?, center: const bool?) -> dynamic",
        naming=Naming.FIRST,
    ),
    scalar(
        "series_iir", "(series: dynamic, numerators: dynamic, denominators: dynamic) -> dynamic", naming=Naming.FIRST
    ),
    scalar(
        "series_outliers",
        "(series: dynamic, kind: const string?, ignore_val: const number?, min_percentile: const number?, "
        "max_percentile: const number?) -> dynamic",
        naming=Naming.FIRST,
    ),
    scalar("series_seasonal", "(series: dynamic, period: const integer?) -> dynamic"),
    scalar(
        "series_decompose",
        "(series: dynamic, seasonality: const integer?, trend: const string?, test_points: const integer?, "
        "seasonality_threshold: const real?) -> (baseline: dynamic, seasonal: dynamic, trend: dynamic, "
        "residual: dynamic)",
    ),
    scalar(
        "series_decompose_anomalies",
        "(series: dynamic, threshold: const real?, seasonality: const integer?, trend: const string?, "
        "test_points: const integer?, ad_method: const string?, seasonality_threshold: const real?) -> "
        "(ad_flag: dynamic, ad_score: dynamic, baseline: dynamic)",
    ),
    scalar(
        "series_decompose_forecast",
        "(series: dynamic, points: const integer, seasonality: const integer?, trend: const string?, "
        "seasonality_threshold: const real?) -> (baseline: dynamic, seasonal: dynamic, trend: dynamic, "
        "residual: dynamic)",
    ),
    scalar(
        "series_periods_detect",
        "(series: dynamic, min_period: number, max_period: number, num_periods: integer) -> (periods: dynamic, "
        "scores: dynamic)",
    ),
    scalar(
        "series_periods_validate",
        "(series: dynamic, period: number*) -> (periods: dynamic, scores: dynamic)",
    ),
    *(
        scalar(f"series_{name}", "(x_real: dynamic, x_imaginary: dynamic?) -> (real: dynamic, imag: dynamic)")
        for name in ("fft", "ifft")
    ),
    scalar(
        "series_fit_2lines",
        "(series: dynamic) -> (rsquare: real, split_idx: long, variance: real, rvariance: real, line_fit: dynamic, "
        "right_rsquare: real, right_slope: real, right_interception: real, right_variance: real, "
        "right_rvariance: real, left_rsquare: real, left_slope: real, left_interception: real, left_variance: real, "
        "left_rvariance: real)",
    ),
    scalar("series_fit_2lines_dynamic", "(series: dynamic) -> dynamic"),
)
