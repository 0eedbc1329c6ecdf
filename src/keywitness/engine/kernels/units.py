"""Units of the `convert_*` functions: scale and offset to the first of each quantity.

Names: https://learn.microsoft.com/kusto/query/convert-length-function and its sisters. They are the names of UnitsNet,
and so is the acre foot that the page of convert_volume() prints (0.000810714 of it are a cubic metre). Some of its
sizes it has changed since (a mile was 1609.34 m): what Kusto counts for those is not known.
"""

from __future__ import annotations

import math
from fractions import Fraction

Scale = tuple[Fraction, Fraction]

_POWERS = {"nano": -9, "micro": -6, "milli": -3, "centi": -2, "deci": -1, "deca": 1, "hecto": 2, "kilo": 3, "mega": 6}
_POWERS |= {"giga": 9, "tera": 12}


def _scaled(**scales: str | Fraction) -> dict[str, Scale]:
    return {name: (Fraction(scale), Fraction(0)) for name, scale in scales.items()}


def _prefixed(unit: str, prefixes: str, base: str | Fraction = "1") -> dict[str, Scale]:
    """A unit and its multiples, `Kilometer` of `Meter`."""
    multiples = {f"{prefix.capitalize()}{unit[0].lower()}{unit[1:]}": _POWERS[prefix] for prefix in prefixes.split()}
    return _scaled(**{unit: base}, **{name: Fraction(base) * Fraction(10) ** n for name, n in multiples.items()})


def _per(unit: str, base: str | Fraction, times: str) -> dict[str, Scale]:
    seconds = {"Second": 1, "Minute": 60, "Hour": 3600}
    return _scaled(**{f"{unit}Per{time}": Fraction(base) / seconds[time] for time in times.split()})


_INCH = Fraction("0.0254")
_POUND = Fraction("4.4482216152605")
_CELSIUS = Fraction("273.15")


UNITS: dict[str, dict[str, Scale]] = {
    "length": {
        **_prefixed("Meter", "nano micro milli centi deci deca hecto kilo"),
        **_prefixed("Inch", "micro", "0.0254"),
        **_prefixed("LightYear", "kilo mega", "9.46073047258e15"),
        **_prefixed("Parsec", "kilo mega", "3.08567758128e16"),
        **_scaled(
            Foot="0.3048",
            Yard="0.9144",
            Hand="0.1016",
            Fathom="1.8288",
            Chain="20.1168",
            Shackle="27.432",
            Mil="2.54e-5",
        ),
        **_scaled(
            DataMile="1828.8",
            NauticalMile="1852.0",
            UsSurveyFoot=Fraction(1200, 3937),
            AstronomicalUnit="149597870700.0",
        ),
        **_scaled(Angstrom="1e-10", Twip=_INCH / 1440, DtpPoint=_INCH / 72, PrinterPoint=_INCH / Fraction("72.27")),
    },
    "mass": {
        **_prefixed("Gram", "nano micro milli centi deci deca hecto kilo"),
        **_prefixed("Tonne", "kilo mega", "1e6"),
        **_prefixed("Pound", "kilo mega", "453.59237"),
        **_scaled(Grain="0.06479891", ShortHundredweight="45359.237", ShortTon="907184.74"),
        **_scaled(
            LongHundredweight="50802.34544", LongTon="1016046.9088", EarthMass="5.9722e27", SolarMass="1.98947e33"
        ),
    },
    "force": {
        **_prefixed("Newton", "micro milli deca kilo mega"),
        **_prefixed("PoundForce", "kilo", _POUND),
        **_scaled(Dyn="1e-5", OunceForce=_POUND / 16, ShortTonForce="8896.443230521"),
    },
    "speed": {
        **_per("Meter", "1.0", "Second Minute Hour"),
        **_per("Kilometer", "1e3", "Second Minute Hour"),
        **_per("Decimeter", "1e-1", "Second Minute"),
        **_per("Centimeter", "1e-2", "Second Minute Hour"),
        **_per("Millimeter", "1e-3", "Second Minute Hour"),
        **_per("Micrometer", "1e-6", "Second Minute"),
        **_per("Nanometer", "1e-9", "Second Minute"),
        **_per("Foot", "0.3048", "Second Minute Hour"),
        **_per("UsSurveyFoot", Fraction(1200, 3937), "Second Minute Hour"),
        **_per("Inch", "0.0254", "Second Minute Hour"),
        **_per("Yard", "0.9144", "Second Minute Hour"),
        **_scaled(MilePerHour="0.44704"),
    },
    "angle": {
        **_prefixed("Degree", "nano micro milli"),
        **_prefixed("Radian", "nano micro milli centi deci", Fraction(180 / math.pi)),
        **_scaled(
            Gradian="0.9",
            Arcminute=Fraction(1, 60),
            Arcsecond=Fraction(1, 3600),
            Revolution="360.0",
            NatoMil=Fraction(360, 6400),
        ),
    },
    "energy": {
        **_prefixed("Joule", "milli kilo mega giga"),
        **_prefixed("WattHour", "kilo mega giga tera", "3.6e3"),
        **_prefixed("WattDay", "kilo mega giga tera", "8.64e4"),
        **_prefixed("BritishThermalUnit", "kilo mega giga", "1055.05585262"),
        **_prefixed("Calorie", "kilo mega", "4.184"),
        **_prefixed("ThermEc", "deca", "1.05505585262e8"),
        **_prefixed("ThermUs", "deca", "1.054804e8"),
        **_prefixed("ThermImperial", "deca", "1.05505585257348e8"),
        **_scaled(Erg="1e-7"),
    },
    "volume": {
        **_prefixed("CubicMeter", "hecto kilo"),
        **_scaled(CubicKilometer="1e9", CubicHectometer="1e6", CubicDecimeter="1e-3", CubicCentimeter="1e-6"),
        **_scaled(
            CubicMillimeter="1e-9",
            CubicMicrometer="1e-18",
            CubicMile="4.16818182544058e9",
            AcreFoot=1 / Fraction("0.000810714"),
        ),
        **_prefixed("Liter", "micro milli centi deci deca hecto kilo mega", "1e-3"),
        **_scaled(MetricCup="2.5e-4", MetricTeaspoon="5e-6", AuTablespoon="2e-5", UkTablespoon="1.5e-5"),
        **_scaled(UsTablespoon="1.478676478125e-5", UsTeaspoon="4.92892159375e-6", UsCustomaryCup="2.365882365e-4"),
        **_scaled(UsLegalCup="2.4e-4", UsPint="4.73176473e-4", UsQuart="9.46352946e-4", ImperialPint="5.6826125e-4"),
        **_scaled(ImperialBeerBarrel="0.16365924", OilBarrel="0.158987294928"),
    },
    "temperature": {
        "Kelvin": (Fraction(1), Fraction(0)),
        "DegreeCelsius": (Fraction(1), _CELSIUS),
        "MillidegreeCelsius": (Fraction(1, 1000), _CELSIUS),
        "DegreeFahrenheit": (Fraction(5, 9), Fraction("459.67") * 5 / 9),
        "DegreeRankine": (Fraction(5, 9), Fraction(0)),
        "DegreeDelisle": (Fraction(-2, 3), _CELSIUS + 100),
        "DegreeNewton": (Fraction(100, 33), _CELSIUS),
        "DegreeReaumur": (Fraction(5, 4), _CELSIUS),
        "DegreeRoemer": (Fraction(40, 21), _CELSIUS - Fraction("7.5") * 40 / 21),
        "SolarTemperature": (Fraction(5778), Fraction(0)),
    },
}

UNSETTLED: dict[str, frozenset[str]] = {
    quantity: frozenset(names.split())
    for quantity, names in {
        "length": "DtpPica PrinterPica Mile SolarRadius",
        "mass": "Ounce Slug Stone",
        "force": "KilogramForce KiloPond Poundal TonneForce",
        "speed": "Knot",
        "angle": "Tilt",
        "energy": "ElectronVolt KiloelectronVolt MegaelectronVolt GigaelectronVolt TeraelectronVolt FootPound"
        " HorsepowerHour",
        "volume": "BoardFoot CubicFoot HectocubicFoot KilocubicFoot MegacubicFoot CubicInch CubicYard UsGallon"
        " DeciusGallon DecausGallon HectousGallon KilousGallon MegausGallon ImperialGallon KiloimperialGallon"
        " MegaimperialGallon UsOunce ImperialOunce UsBeerBarrel",
        "temperature": "",
    }.items()
}
"""Units of the pages whose size is not known: UnitsNet has changed it, or it is no multiple (a tilt)."""
