"""Units of the `convert_*` functions: scale and offset to the first of each quantity.

Names: https://learn.microsoft.com/kusto/query/convert-length-function and its sisters.
"""

from __future__ import annotations

import math

Scale = tuple[float, float]


def _scaled(**scales: float) -> dict[str, Scale]:
    return {name: (scale, 0.0) for name, scale in scales.items()}


_METRIC = {
    "Nano": 1e-9, "Micro": 1e-6, "Milli": 1e-3, "Centi": 1e-2, "Deci": 1e-1, "": 1.0, "Deca": 10.0, "Hecto": 1e2,
    "Kilo": 1e3, "Mega": 1e6,
}  # fmt: skip


def _metric(unit: str, *prefixes: str, base: float = 1.0) -> dict[str, Scale]:
    return {prefix + (unit.lower() if prefix else unit): (_METRIC[prefix] * base, 0.0) for prefix in prefixes}


UNITS: dict[str, dict[str, Scale]] = {
    "length": {
        **_metric("Meter", "", "Nano", "Micro", "Milli", "Centi", "Deci", "Deca", "Hecto", "Kilo"),
        **_scaled(Inch=0.0254, Foot=0.3048, Yard=0.9144, Mile=1609.344, NauticalMile=1852.0, Angstrom=1e-10),
    },
    "mass": {
        **_metric("Gram", "", "Nano", "Micro", "Milli", "Centi", "Deci", "Deca", "Hecto", "Kilo"),
        **_scaled(Pound=453.59237, Ounce=28.349523125, Grain=0.06479891, Tonne=1e6, Stone=6350.29318),
    },
    "force": {
        **_metric("Newton", "", "Micro", "Milli", "Kilo", "Mega"),
        **_scaled(Decanewton=10.0, Dyn=1e-5, KilogramForce=9.80665, PoundForce=4.4482216152605),
    },
    "speed": {
        **_scaled(MeterPerSecond=1.0, MeterPerMinute=1 / 60, MeterPerHour=1 / 3600, KilometerPerSecond=1e3),
        **_scaled(KilometerPerMinute=1e3 / 60, KilometerPerHour=1 / 3.6, CentimeterPerSecond=1e-2),
        **_scaled(CentimeterPerMinute=1e-2 / 60, CentimeterPerHour=1e-2 / 3600, MillimeterPerSecond=1e-3),
        **_scaled(FootPerSecond=0.3048, FootPerMinute=0.3048 / 60, FootPerHour=0.3048 / 3600),
        **_scaled(MilePerHour=0.44704, Knot=1852 / 3600, InchPerSecond=0.0254, YardPerSecond=0.9144),
    },
    "angle": _scaled(
        Degree=1.0, Radian=180 / math.pi, Gradian=0.9, Arcminute=1 / 60, Arcsecond=1 / 3600, Revolution=360.0
    ),
    "energy": {
        **_metric("Joule", "", "Milli", "Kilo", "Mega"),
        **_scaled(WattHour=3600.0, KilowattHour=3.6e6, MegawattHour=3.6e9, Erg=1e-7, BritishThermalUnit=1055.05585262),
    },
    "volume": {
        **_scaled(CubicMeter=1.0, CubicCentimeter=1e-6, CubicMillimeter=1e-9, CubicDecimeter=1e-3, CubicKilometer=1e9),
        **_metric("Liter", "", "Milli", "Centi", "Deci", "Hecto", base=1e-3),
        **_scaled(CubicFoot=0.3048**3, CubicInch=0.0254**3, CubicYard=0.9144**3, AcreFoot=1233.48183754752),
    },
    "temperature": {
        "Kelvin": (1.0, 0.0),
        "DegreeCelsius": (1.0, 273.15),
        "DegreeFahrenheit": (5 / 9, 459.67 * 5 / 9),
        "DegreeRankine": (5 / 9, 0.0),
    },
}
