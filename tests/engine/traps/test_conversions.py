"""to...(): measured on Microsoft's emulator where the pages are silent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from keywitness.errors import QueryError


@pytest.mark.parametrize(
    ("text", "long", "int_", "real"),
    [
        ("5.7", None, None, 5.7),  # TRY_CAST rounds to 6
        ("1e3", None, None, 1000.0),
        (" 7 ", 7, 7, 7.0),
        ("0x10", 16, 16, None),
        ("1_000", None, None, None),  # DuckDB reads the underscore
        ("+4", 4, 4, 4.0),
        ("5.", None, None, 5.0),
        ("9999999999", 9999999999, None, 9999999999.0),
        ("", None, None, None),
    ],
)
def test_numbers_in_strings(ask, text, long, int_, real):
    assert ask(f"datatable(s:string)['{text}'] | project tolong(s), toint(s), todouble(s)") == (long, int_, real)


def test_toint_wraps_a_long_and_saturates_a_real(ask):
    assert ask("print toint(9999999999), toint(2147483648)") == (1410065407, -2147483648)
    assert ask("datatable(r:real)[1e10] | project toint(r), tolong(r * 1e20)") == (2147483647, 9223372036854775807)
    assert ask("datatable(r:real)[-5.7] | project toint(r), tolong(r)") == (-5, -5)


def test_toint_of_a_real_that_is_null_is_null(ask_rows):
    """`least` and `greatest` pass over null, so cutting off at the ends of int made the largest int of it."""
    rows = ask_rows("datatable(r: real) [real(null), 2.5] | project toint(r), tolong(r)")
    assert rows == [(None, None), (2, 2)]


@pytest.mark.parametrize(
    "call",
    [
        "tolong(todouble(9223372036854775807))",
        "tolong(-1e19)",
        "toint(1e10)",
        "tolong(dynamic(2e19))",
        "toint(parse_json('3e12'))",
    ],
)
def test_a_constant_real_outside_of_the_type_is_refused(ask, call):
    """A column is cut off at the ends of the type, a constant is not: recorded by kql-to-sql (MIT)."""
    with pytest.raises(QueryError, match="constant"):
        ask(f"print {call}")
    assert ask("print tolong(1e18), toint(-2147483648.9), toint(real(null))") == (10**18, -(2**31), None)
    assert ask("print tolong(dynamic(7.9)), toint(dynamic('12')), tolong(dynamic(true))") == (7, 12, 1)
    assert ask("datatable(d:dynamic)[dynamic(2e19)] | project tolong(d)") == (9223372036854775807,)


def test_tobool_reads_integers_but_not_yes(ask):
    """DuckDB's cast takes `yes` and `t`, and refuses `2`."""
    assert ask("print tobool('2'), tobool('yes'), tobool('TRUE'), tobool('1.5'), tobool(1.5)") == (
        True,
        None,
        True,
        None,
        True,
    )


def test_tobool_reads_no_word_with_blanks_around_it(ask, ask_rows):
    """A number may have them. As kql-to-sql (MIT) recorded of columns; of constants it recorded nothing."""
    rows = ask_rows("datatable(s:string)['fAlSe', 'false ', '\\tTrue', ' 3'] | project tobool(s)")
    assert rows == [(False,), (None,), (None,), (True,)]
    with pytest.raises(QueryError, match="blanks"):
        ask("print tobool('true ')")


def test_bools_in_text_are_capitalised_but_not_in_dynamic(ask):
    assert ask("print tostring(1 == 1), strcat(false), tostring(dynamic(true)), tostring('true')") == (
        "True",
        "False",
        "true",
        "true",
    )


def test_dynamic_converts_as_what_it_holds(ask):
    assert ask("datatable(d:dynamic)[dynamic('5.7')] | project tolong(d), todouble(d), tostring(d)") == (
        None,
        5.7,
        "5.7",
    )
    assert ask("datatable(d:dynamic)[dynamic(5.7)] | project tolong(d), todouble(d), tostring(d)") == (5, 5.7, "5.7")
    assert ask("datatable(d:dynamic)[dynamic(true)] | project tolong(d), todouble(d), tobool(d)") == (1, 1.0, True)


def test_times_convert_to_ticks(ask):
    assert ask("print tolong(1d), tolong(datetime(2020-01-01))") == (864_000_000_000, 637134336000000000)


def test_datetimes_in_many_spellings(ask):
    """A plain cast drops the zone and keeps the wall clock; month comes first where the year is last."""
    assert ask(
        "print todatetime('2022-12-02T13:45:56.1234567+02:00'), todatetime('12-02-2022'), todatetime('13-01-2022')"
    ) == (
        "2022-12-02T11:45:56.1234567Z",
        "2022-12-02T00:00:00.0000000Z",
        None,
    )


def test_versions_compare_by_their_numbers(ask_rows):
    """As text "1.10" comes before "1.9"; a version is a number of four parts of eight digits, beyond a decimal's 20."""
    asked = "datatable(v: string) ['1.9', '1.10', '0.0.0.7', '1.2.3.4.5', '1.', '123456789']"
    rows = ask_rows(asked + " | extend n = parse_version(v) | sort by n asc nulls last, v asc | project v, tostring(n)")
    assert rows[:3] == [
        ("0.0.0.7", "7"),
        ("1.9", "1000000090000000000000000"),
        ("1.10", "1000000100000000000000000"),
    ]
    assert rows[3:] == [("1.", ""), ("1.2.3.4.5", ""), ("123456789", "")]
    assert ask_rows("print parse_version('2') > parse_version('1.99.99')") == [(True,)]


def test_guids_are_one_in_every_spelling(ask):
    """As text the three would be three values."""
    digits = "1B2C3D4E-0000-4000-8000-00000000000A"
    assert ask(
        f"print g = guid({digits}) | project tostring(g), g == toguid('{digits.lower()}'), g == '{digits}', "
        "isnull(toguid('1B2C')), isempty(tostring(guid(null)))"
    ) == (digits.lower(), True, True, True, True)


def test_bools_are_read_from_hexadecimal_text(ask):
    """Null, as for any word. Measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project."""
    assert ask("print tobool(dynamic('0x2A')), tobool('0x0'), tobool('no')") == (True, False, None)


def test_toint_wraps_the_largest_long(ask):
    """An overflow of 64 bits on the way. Measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql."""
    assert ask("print toint(dynamic(9223372036854775806)), toint(9223372036854775806)") == (-2, -2)


def test_infinity_without_a_sign_is_refused(ask):
    """Infinity: the emulator reads `Inf` of a column so, but null from a constant (recorded by kql-to-sql)."""
    assert ask("print todouble('-inf'), todouble('Infinity')") == (float("-inf"), float("inf"))
    with pytest.raises(QueryError, match="inf"):
        ask("print todouble('inf')")


def test_todecimal_of_a_real_that_is_null_is_null(ask):
    """Its text is read, and a null real has none."""
    assert ask("print todecimal(real(null)), todecimal(todouble('x')), todecimal(1.5)") == (None, None, Decimal("1.5"))


def test_what_stands_behind_a_guid_is_passed_over(ask):
    """Null, as a whole match gives. The page of toguid(): the first 32 characters count, hyphens aside."""
    digits = "1b2c3d4e-0000-4000-8000-00000000000a"
    assert ask(
        f"print toguid('{digits}, and more'), toguid('{digits.replace('-', '')}ff'), toguid('{digits[:-1]}')"
    ) == (
        digits,
        digits,
        None,
    )


def test_a_guid_behind_a_bracket_is_refused(ask):
    """Null by the words of the page, the guid by the habit of .NET."""
    with pytest.raises(QueryError, match="in front"):
        ask("print toguid('{1b2c3d4e-0000-4000-8000-00000000000a}')")


def test_hexadecimal_digits_are_sixteen_at_most(ask):
    """More zeros for a larger least length. The page of tohex(): values greater than 16 are 16."""
    assert ask("print tohex(171, 40), strlen(tohex(toint(171), 16))") == ("00000000000000ab", 16)


def test_json_of_what_is_not_dynamic_is_its_text(ask):
    """With quotation marks, and `true`, as inside of a document. The page: tostring() is applied to such a value."""
    assert ask(
        "print dynamic_to_json('k'), dynamic_to_json(false), dynamic_to_json(90m), dynamic_to_json(dynamic('k'))"
    ) == (
        "k",
        "False",
        "01:30:00",
        '"k"',
    )
