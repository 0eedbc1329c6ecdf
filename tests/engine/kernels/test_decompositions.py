"""Seasons, trends, outliers: by hand, and against what Kusto's emulator answered to the same points."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from keywitness.engine.kernels import decompositions, fits
from keywitness.engine.kernels.kernel import NoExactAnswerError

RECORDED = Path(__file__).parents[4] / "shared" / "kql" / "emulator-visible.jsonl"


def of(*values: object) -> str:
    return json.dumps(values)


def decomposed(values: str, period: int, trend: str, points: int = 0) -> list[list[float]]:
    return json.loads(decompositions.decomposed.function(values, period, 0.6, trend, points))


def test_season_is_the_median_of_a_phase() -> None:
    """A mean would carry the spike 100 into every third point."""
    found = json.loads(decompositions.seasonal.function(of(1, 2, 3, 1, 2, 100, 1, 2, 4), 3, 0.7))
    assert found == [1, 2, 4] * 3
    assert json.loads(decompositions.seasonal.function(of(1, 2, 3), 0, 0.7)) == [0, 0, 0]


def test_trend_is_that_of_what_the_season_leaves() -> None:
    baseline, seasonal, trend, residual = decomposed(of(1, 5, 3, 7), 2, "avg")
    assert seasonal == [2, 6, 2, 6]
    assert trend == [0, 0, 0, 0]
    assert baseline == [2, 6, 2, 6]
    assert residual == [-1, -1, 1, 1]
    assert decomposed(of(1, 5, 3, 7), 2, "linefit")[2] == pytest.approx([-1.2, -0.4, 0.4, 1.2])
    assert decomposed(of(1, 5), 0, "none") == [[0, 0], [0, 0], [0, 0], [1, 5]]


def test_last_points_teach_nothing_and_are_foretold() -> None:
    baseline = decomposed(of(1, 2, 3, 4, 0, 0), 0, "linefit", 2)[0]
    assert baseline == pytest.approx([1, 2, 3, 4, 5, 6])
    with pytest.raises(NoExactAnswerError):
        decomposed(of(1, 2), 0, "avg", 2)
    with pytest.raises(NoExactAnswerError, match="season longer"):
        decomposed(of(1, 2, 3), 4, "avg", 1)


def test_score_is_measured_from_the_fence() -> None:
    values = of(*range(11), 100)
    tukey = json.loads(decompositions.outliers.function(values, "tukey", None))
    assert tukey[-1] == pytest.approx((100 - 8.25) / 5.5)
    assert tukey[0] == pytest.approx((0 - 2.75) / 5.5)
    assert tukey[5] == 0
    custom = json.loads(decompositions.outliers.function(values, "ctukey", None))
    assert custom[-1] == pytest.approx((100 - 9.9) / 8.8 * 2.7726, rel=1e-4)


def test_left_out_points_score_0_and_do_not_count() -> None:
    """As numbers, the three -1 would be the lowest tenth."""
    scored = json.loads(decompositions.outliers.function(of(-1, 1, -1, 2, None, 3, -1, 40), "tukey", "-1"))
    assert scored[:7] == pytest.approx([0, (1 - 1.75) / 10.5, 0, 0, 0, 0, 0])
    assert scored[7] == pytest.approx((40 - 12.25) / 10.5)
    assert json.loads(decompositions.outliers.function(of(None, None), "tukey", None)) == [0, 0]
    assert decompositions.outliers.function("{}", "tukey", None) is None


def test_flat_series_has_no_anomaly_and_a_spike_on_it_no_score() -> None:
    """What is left of a straight line is rounding: scored, it would flag points at random."""
    line = of(*(0.1 * i for i in range(50)))
    flags, scored, _ = json.loads(decompositions.anomalies.function(line, 1.5, 0, 0.6, "linefit", "ctukey"))
    assert set(flags) == {0}
    assert set(scored) == {0}
    with pytest.raises(NoExactAnswerError, match="divides by 0"):
        decompositions.anomalies.function(of(*[0] * 20, 9), 1.5, 0, 0.6, "avg", "ctukey")


def test_threshold_flags_up_and_down() -> None:
    values = of(*[5, 6, 7] * 10, 40, -30)
    flags = json.loads(decompositions.anomalies.function(values, 1.5, 0, 0.6, "avg", "ctukey"))[0]
    assert flags == [0] * 30 + [1, -1]
    assert json.loads(decompositions.anomalies.function(values, 1000.0, 0, 0.6, "avg", "ctukey"))[0] == [0] * 32


def recorded(name: str) -> list[Any]:
    if not RECORDED.is_file():
        pytest.skip("the recorded answers ../shared/kql are not here")
    for line in RECORDED.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["id"] == f"emulator/{name}":
            (row,) = case["expected"]["rows"]
            return list(row)
    raise LookupError(name)


@pytest.mark.parametrize(
    ("case", "period"),
    [
        ("series-decompose-function-00", 168),
        ("series-decompose-function-00", -1),
        ("series-decompose-function-01", 168),
        ("series-decompose-function-01", -1),
    ],
)
def test_parts_are_those_of_the_emulator(case: str, period: int) -> None:
    _, values, *expected = recorded(case)
    for found, wanted in zip(decomposed(of(*values), period, "avg"), expected, strict=True):
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("period", [168, -1])
@pytest.mark.parametrize(
    ("case", "trend"),
    [("series-decompose-anomalies-function-00", "avg"), ("series-decompose-anomalies-function-02", "linefit")],
)
def test_scores_are_those_of_the_emulator(case: str, trend: str, period: int) -> None:
    _, values, _, scored, baseline = recorded(case)
    found = json.loads(decompositions.anomalies.function(of(*values), 1.5, period, 0.6, trend, "ctukey"))
    assert found[1] == pytest.approx(scored, rel=1e-9, abs=1e-11)
    assert found[2] == pytest.approx(baseline, rel=1e-9)


def test_polynomial_is_that_of_the_emulator() -> None:
    x, y, fitted = recorded("series-fit-poly-function-00")
    assert json.loads(fits.fit_poly.function(of(*y), of(*x), 5))[4] == pytest.approx(fitted, rel=1e-9)


def test_two_lines_are_those_of_the_emulator() -> None:
    _, _, values, one, two = recorded("series-fit-2lines-function-00")
    assert json.loads(fits.fit_line_dynamic.function(of(*values)))["line_fit"] == pytest.approx(one, rel=1e-12)
    assert json.loads(fits.two_lines.function(of(*values), "line_fit")) == pytest.approx(two, rel=1e-12)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.75, 0.9])
def test_percentiles_are_numpys_to_the_last_digit(share: float) -> None:
    random = Random(7)
    for size in range(1, 200):
        values = np.asarray([random.choice([random.uniform(-9, 9), random.randint(0, 5), 1e17]) for _ in range(size)])
        expected = float(np.percentile(values, share * 100))
        assert repr(decompositions._percentile(np.sort(values), share)) == repr(expected)
