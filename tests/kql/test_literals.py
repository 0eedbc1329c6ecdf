"""Constants: each format that the language documents, and what is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.kql import literals
from keywitness.kql.parser import parse
from keywitness.kql.syntax import ExpressionStatement, Literal, Print
from keywitness.model.schema import MAX_DATETIME_TICKS, KqlType


def constant(text: str) -> Literal:
    statement = parse(f"print {text}").statements[0]
    assert isinstance(statement, ExpressionStatement)
    source = statement.value.source
    assert isinstance(source, Print)
    value = source.columns[0]
    assert isinstance(value, Literal)
    return value


def test_a_date_may_have_spaces_around_its_dashes() -> None:
    """As in the example of https://learn.microsoft.com/kusto/query/sliding-window-counts-plugin."""
    assert constant("datetime(2024 - 02 - 29 13:45)").value == constant("datetime(2024-02-29 13:45)").value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2014-05-25T08:20:03.123456Z", "2014-05-25T08:20:03.1234560Z"),
        ("2014-05-25T08:20", "2014-05-25T08:20:00.0000000Z"),
        ("2014-11-08 15:55:55.1234567", "2014-11-08T15:55:55.1234567Z"),
        ("2014-11-08 15:55:55.12345679", "2014-11-08T15:55:55.1234567Z"),
        ("2014-11-08", "2014-11-08T00:00:00.0000000Z"),
        ("2014", "2014-01-01T00:00:00.0000000Z"),
        ("Sat, 8 Nov 14 15:05:02 GMT", "2014-11-08T15:05:02.0000000Z"),
        ("8 Nov 14 15:05", "2014-11-08T15:05:00.0000000Z"),
        ("Saturday, 08-Nov-14 15:05:02 UTC", "2014-11-08T15:05:02.0000000Z"),
        ("2024-01-01T00:30:00+02:00", "2023-12-31T22:30:00.0000000Z"),
        ("2024-01-01 00:30:00-0530", "2024-01-01T06:00:00.0000000Z"),
        ("0001-01-01", "0001-01-01T00:00:00.0000000Z"),
        ("9999-12-31 23:59:59.9999999", "9999-12-31T23:59:59.9999999Z"),
        ("12-02-2022", "2022-12-02T00:00:00.0000000Z"),
    ],
)
def test_datetimes(text: str, shown: str) -> None:
    ticks = literals.parse_datetime(text)
    assert ticks is not None
    assert literals.format_datetime(ticks) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2024-02-30",
        "2024-13-01",
        "2024-01-01 24:00",
        "2024-01-01T10:61",
        "0001-01-01T00:00:00+01:00",
        "1 Foo 14",
    ],
)
def test_what_is_no_datetime(text: str) -> None:
    assert literals.parse_datetime(text) is None


@given(st.integers(0, MAX_DATETIME_TICKS))
def test_a_datetime_reads_back_to_the_tick(ticks: int) -> None:
    assert literals.parse_datetime(literals.format_datetime(ticks)) == ticks


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1d", "1.00:00:00"),
        ("1.5h", "01:30:00"),
        ("15 seconds", "00:00:15"),
        ("2", "2.00:00:00"),
        ("0.12:34:56.7", "12:34:56.7000000"),
        ("12:34", "12:34:00"),
        ("-1.02:03:04", "-1.02:03:04"),
        ("1tick", "00:00:00.0000001"),
        ("10microsecond", "00:00:00.0000100"),
        ("150nanoseconds", "00:00:00.0000001"),
        ("-90m", "-01:30:00"),
    ],
)
def test_timespans(text: str, shown: str) -> None:
    ticks = literals.parse_timespan(text)
    assert ticks is not None
    assert literals.format_timespan(ticks) == shown


@pytest.mark.parametrize("text", ["", "1w", "24:00:00", "1:60", "1:00:60", "99999999999d", "d"])
def test_what_is_no_timespan(text: str) -> None:
    assert literals.parse_timespan(text) is None


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_timespan_reads_back_to_the_tick(ticks: int) -> None:
    assert literals.parse_timespan(literals.format_timespan(ticks)) == ticks


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("5", KqlType.LONG, 5),
        ("0xFF", KqlType.LONG, 255),
        ("long(0xFFFFFFFFFFFFFFFF)", KqlType.LONG, -1),
        ("int(-5)", KqlType.INT, -5),
        ("1e3", KqlType.REAL, 1000.0),
        ("real(+inf)", KqlType.REAL, float("inf")),
        ("double(5)", KqlType.REAL, 5.0),
        ("decimal(0.1)", KqlType.DECIMAL, Decimal("0.1")),
        ("true", KqlType.BOOL, True),
        ("bool(0)", KqlType.BOOL, False),
        ("guid(74BE27DE1E4E49D9B579FE0B331D3642)", KqlType.GUID, "74be27de-1e4e-49d9-b579-fe0b331d3642"),
        ('guid("74be27de-1e4e-49d9-b579-fe0b331d3642")', KqlType.GUID, "74be27de-1e4e-49d9-b579-fe0b331d3642"),
        ("1d", KqlType.TIMESPAN, 864_000_000_000),
        ("datetime(0001-01-02)", KqlType.DATETIME, 864_000_000_000),
        ('datetime("0001-01-02")', KqlType.DATETIME, 864_000_000_000),
        ("datetime(\u201c0001\u20130" + "1\u201302\u201d)", KqlType.DATETIME, 864_000_000_000),
        ("long(null)", KqlType.LONG, None),
        ("datetime(null)", KqlType.DATETIME, None),
        ("dynamic(null)", KqlType.DYNAMIC, None),
        ("'a' \"b\"", KqlType.STRING, "ab"),
        ("-9223372036854775808", KqlType.LONG, -(2**63)),
        ("dynamic([1, 'a', {\"b\": null, 'c': true}])", KqlType.DYNAMIC, '[1,"a",{"b":null,"c":true}]'),
        (
            "dynamic({'t': datetime(2024-05-01), 's': 1d})",
            KqlType.DYNAMIC,
            '{"t":"2024-05-01T00:00:00.0000000Z","s":"1.00:00:00"}',
        ),
        ("dynamic([-1.5, 1e400, real(nan)])", KqlType.DYNAMIC, '[-1.5,"Infinity","NaN"]'),
        ("dynamic({'a': 1, 'a': 2})", KqlType.DYNAMIC, '{"a":2}'),
        ("dynamic([])", KqlType.DYNAMIC, "[]"),
        ("dynamic('\u00e9\\n')", KqlType.DYNAMIC, '"\u00e9\\n"'),
        ("dynamic(9223372036854775807)", KqlType.DYNAMIC, "9223372036854775807"),
        ("dynamic(-9223372036854775808)", KqlType.DYNAMIC, "-9223372036854775808"),
    ],
)
def test_constants_in_physical_form(text: str, type_: KqlType, value: object) -> None:
    found = constant(text)
    assert (found.type, found.value) == (type_, value)
    assert type(found.value) is type(value)


def test_nan_is_a_real() -> None:
    value = constant("real(nan)").value
    assert value != value


@given(st.text())
def test_no_text_breaks_a_reader(text: str) -> None:
    for reader in (
        literals.parse_datetime,
        literals.parse_timespan,
        literals.parse_guid,
        literals.parse_integer,
        literals.parse_real,
        literals.parse_decimal,
        literals.parse_bool,
    ):
        reader(text)  # returns a value or None, never raises
    assert literals.parse_guid(text) is None or len(literals.parse_guid(text) or "") == 36
