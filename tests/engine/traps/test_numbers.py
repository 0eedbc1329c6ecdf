"""Arithmetic: https://learn.microsoft.com/kusto/query/numerical-operators; zero and overflow as measured."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from keywitness.errors import QueryError


def test_integers_divide_as_integers_towards_zero(ask):
    """SQL's `/` gives 3.5; a floor gives -4."""
    assert ask("print 7 / 2, -7 / 2, 7 / -2, 9223372036854775807 / 2") == (3, -3, -3, 4611686018427387903)


def test_division_by_zero(ask):
    """DuckDB raises for `5 // 0`. Kusto: null for integers, infinity for reals."""
    assert ask("print 1 / 0, 1 % 0, 1.0 / 0, -1.0 / 0") == (None, None, math.inf, -math.inf)
    assert math.isnan(ask("print 0.0 / 0")[0])


def test_modulo_is_never_negative(ask):
    """SQL's remainder takes the sign of the dividend; the page says 0 <= n % d < abs(d)."""
    assert ask("print 14 % 12, -14 % 12, 14 % -12, -14 % -12, -5.5 % 2") == (2, 10, 2, 10, 0.5)


def test_bin_floors_below_zero(ask):
    """Truncation would put -1 and 1 into one bin."""
    assert ask("print bin(-7, 5), bin(-7.5, 1), bin(-90m, 1h), bin(7, 0), floor(-7, 5)") == (
        -10,
        -8.0,
        "-02:00:00",
        None,
        -10,
    )


def test_a_sum_that_grows_out_of_long_is_refused(ask):
    """DuckDB would go on in 128 bits, a wrapped number would be wrong: neither is a long."""
    with pytest.raises(QueryError, match="out of"):
        ask("datatable(x:long)[9223372036854775807, 1] | summarize sum(x)")


def test_reals_in_text(ask):
    """Without the point, as DuckDB's and .NET's shortest form has it for some: `7` for `7.0`, `Infinity` for `inf`.

    Measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    assert ask("print tostring(7.0), strcat(25.0), tostring(-0.0), tostring(1.0 / 9), tostring(real(null))") == (
        "7.0",
        "25.0",
        "-0.0",
        "0.1111111111111111",
        "",
    )
    assert ask("print tostring(real(+inf)), tostring(real(nan)), tolong(tostring(todouble(7)))") == ("inf", "NaN", None)


def test_both_zeros_keep_their_text(ask_rows):
    """One text for both, as they are equal and their results were remembered by value."""
    assert ask_rows("datatable(x: real) [0.0, -0.0, 0.0] | project tostring(x)") == [("0.0",), ("-0.0",), ("0.0",)]


def test_the_text_of_a_real_is_the_largest_of_the_shortest(ask):
    """The text nearest to the number, which Python, DuckDB and JavaScript print, is often another one.

    0.1 + 0.2 as measured on Microsoft's emulator and recorded by the MIT-licensed kql-to-sql project.
    """
    assert ask("print tostring(0.1 + 0.2), strcat(9.999999999999998), tostring(1.0 / 3)") == (
        "0.30000000000000007",
        "9.999999999999999",
        "0.3333333333333333",
    )


def test_not_a_number_in_front_is_the_least_and_the_largest(ask):
    """DuckDB's `least` passes over it. Measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql."""
    assert [math.isnan(v) for v in ask("print min_of(real(nan), 4.5), max_of(real(nan), 4.5)")] == [True, True]
    assert ask("print min_of(4.5, 3.25), max_of(4, 3.25)") == (3.25, 4.0)
    with pytest.raises(QueryError, match="not-a-number"):
        ask("print min_of(4.5, real(nan))")


def test_null_is_neither_finite_nor_not_a_number(ask, ask_rows):
    """The page says false for what is no number; Microsoft's emulator, recorded by kql-to-sql (MIT), null."""
    assert ask("print isnan(real(null)), isnan(todouble('x')), isfinite(1.0)") == (None, None, True)
    assert ask_rows("datatable(r: real) [real(null), 1.0, real(nan)] | where not(isnan(r))") == [(1.0,)]


@pytest.mark.parametrize("span", ["1e19 * 1d", "1d / 0.0", "1h * real(nan)"])
def test_a_span_outside_of_its_range_is_refused(ask, span):
    """A cast that tries gave null, where no page says what Kusto gives."""
    with pytest.raises(QueryError, match="out of"):
        ask(f"print {span}")


def test_literals_keep_their_exact_value(ask):
    """A literal that went through DuckDB's DECIMAL could lose its last digit."""
    assert ask("print 0.1 + 0.2, 1e308, 123456789.123456789") == (0.1 + 0.2, 1e308, 123456789.123456789)


def test_logarithms_at_and_below_zero(ask):
    """DuckDB raises. The page makes negative numbers null and says nothing of zero, which is minus infinity."""
    assert ask("print log(0), log2(0), log10(0), log(-1), log2(-0.5), log10(-1)") == (-math.inf,) * 3 + (None,) * 3


def test_the_root_of_a_negative_number_is_not_a_number(ask, ask_rows):
    """The page says null; Microsoft's emulator, recorded by kql-to-sql (MIT), not a number. DuckDB raises."""
    assert [math.isnan(v) for v in ask("print sqrt(-2.25), sqrt(-9), sqrt(real(-inf))")] == [True, True, True]
    assert ask_rows("datatable(r:real)[-4, 0, 6.25, real(null)] | project sqrt(r), isnan(sqrt(r))")[1:] == [
        (0.0, False),
        (2.5, False),
        (None, None),
    ]


def test_a_random_number_below_n_is_whole(ask_rows):
    rows = ask_rows(
        "range i from 1 to 200 step 1 | extend r = rand(7) | summarize min(r), max(r), dcount(r), sum(r % 1)"
    )
    assert rows == [(0.0, 6.0, 7, 0.0)]


@pytest.mark.parametrize(
    "calculation",
    [
        "9223372036854775807 + 1",
        "-9223372036854775807 - 2",
        "4611686018427387904 * 2",
        "-long(-9223372036854775808)",
        "abs(long(-9223372036854775808))",
        "10675199d + 10675199d",
        "decimal(99999999999999999999) * 10",
    ],
)
def test_what_grows_out_of_its_type_is_refused(ask, calculation):
    """In 128 bits, or wrapped, the answer would be no long; no page says what Kusto's is."""
    with pytest.raises(QueryError, match=r"out of its type|more than 20 digits"):
        ask(f"print {calculation}")
    with pytest.raises(QueryError, match=r"out of its type|more than 20 digits"):
        ask(f"print b = {calculation.split()[-1]} | project {calculation}")


def test_arithmetic_of_ints_is_in_longs(ask):
    """In 32 bits this would overflow; the page: of two integers the result is a long."""
    assert ask("print x = int(2147483647) + int(1) | project x, gettype(x)") == (2147483648, "long")


def test_not_a_number_is_in_no_order_and_equals_nothing(ask, ask_rows):
    """DuckDB takes it for the largest number, equal to itself: a mean of nothing would exceed every threshold."""
    assert ask("print n = real(nan) | project n == n, n != n, n > 1, n >= n, n < 1, 1 < n, n == 1, n != 1") == (
        *(False, True, False, False, False, False, False, True),
    )
    data = "datatable(k: string, x: real) ['a', real(null), 'b', 7.0]"
    assert ask_rows(f"{data} | summarize m = avg(x) by k | where m > 5 | project k") == [("b",)]
    assert ask_rows(
        "datatable(x: real) [1.5, real(nan), real(-inf), real(null)] | sort by x asc | project tostring(x)"
    ) == [
        ("",),
        ("NaN",),
        ("-inf",),
        ("1.5",),
    ]


def test_decimals_are_exact_or_refused(ask):
    """DuckDB multiplies with 36 digits behind the point, divides as reals and rounds what it reads."""
    assert ask(
        "print decimal(12.5) * 10, decimal(1) / decimal(8), todecimal(0.1) + decimal(0.2), decimal(-5.5) % 2"
    ) == (*(Decimal(text) for text in ("125", "0.125", "0.3", "0.5")),)
    assert ask("datatable(x: decimal) [0.1, 0.2] | summarize avg(x)") == (Decimal("0.15"),)
    assert ask("print todecimal('abc'), todecimal('1_0'), todecimal('')") == (None, None, None)
    for call in (
        "decimal(1) / 3",
        "decimal(1e-18) * decimal(0.5)",
        "todecimal('1e-19')",
        "todecimal(1e300)",
        "decimal(1) / 0",
    ):
        with pytest.raises(QueryError, match=r"digits|by 0"):
            ask(f"print {call}")


def test_a_running_sum_of_ints_is_an_int_or_refused(ask_rows):
    """A long: what grows out of int would be wrapped or not, no page says."""
    rows = "datatable(n: int)[2147483646, 1, {}] | serialize | project s = row_cumsum(n)"
    assert ask_rows(rows.format(-5)) == [(2147483646,), (2147483647,), (2147483642,)]
    with pytest.raises(QueryError, match="out of its type"):
        ask_rows(rows.format(1))


def test_measures_convert_as_the_pages_print(ask):
    """The statute's acre foot is 0.000972855...; the page of convert_volume() prints what 0.000810714 gives."""
    calls = (
        "convert_volume(1.2, 'CubicMeter', 'AcreFoot')",
        "convert_speed(1.2, 'MeterPerSecond', 'CentimeterPerHour')",
        "convert_temperature(1.2, 'Kelvin', 'DegreeCelsius')",
        "convert_angle(1.2, 'Degree', 'Arcminute')",
        "convert_length(real(null), 'Meter', 'Foot')",
    )
    assert ask("print " + ", ".join(calls)) == (0.0009728568, 432000.0, -271.95, 72.0, None)


@pytest.mark.parametrize("units", ["'Meter', 'Cubit'", "'', 'Meter'"])
def test_a_unit_that_there_is_not_gives_null(ask, units):
    """Kusto's page: "Invalid units return null"."""
    assert ask(f"print convert_length(1.2, {units})") == (None,)


@pytest.mark.parametrize("unit", ["Mile", "meter"])
def test_a_unit_of_unknown_size_is_refused(ask, unit):
    """A mile was 1609.34 m in UnitsNet 4 and is 1609.344 m in 5; whether a unit's case counts is open."""
    with pytest.raises(QueryError, match=f"'{unit}'"):
        ask(f"print convert_length(1.2, '{unit}', 'Foot')")


@pytest.mark.parametrize("call", ["hash('World', 0)", "hash('World', -5)", "rand(0)", "rand(-5)"])
def test_numbers_from_less_than_one_are_refused(ask, call):
    """hash(s, n) is 0 to n - 1, and rand(n) too: of none of them a remainder or a product would be one."""
    with pytest.raises(QueryError, match="not documented"):
        ask(f"print {call}")
    assert ask("print hash('World', 100)") == (51,)


@pytest.mark.parametrize("call", ["format_bytes(real(+inf))", "format_bytes(5, -1)", "format_bytes(5, 400)"])
def test_a_size_or_a_precision_that_is_none_is_refused(ask, call):
    """Decimal raises for the first and the last, and rounds to tens for a precision below 0."""
    with pytest.raises(QueryError, match="that there is not"):
        ask(f"print {call}")
    assert ask("print format_bytes(1024, 2), format_bytes(564, 0)") == ("1 KB", "564 Bytes")
