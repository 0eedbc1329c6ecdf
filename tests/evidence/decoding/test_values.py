"""Single values: exact or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.evidence.decoding.values import NotExact, guid_of_hex, own_type, physical, ticks
from keywitness.model.schema import MAX_DATETIME_TICKS, UNIX_EPOCH_TICKS, KqlType


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1970-01-01T00:00:00.0000001Z", UNIX_EPOCH_TICKS + 1),
        ("1970-01-01T00:00:00", UNIX_EPOCH_TICKS),
        ("1970-01-01 02:00:00+02:00", UNIX_EPOCH_TICKS),
        ("1969-12-31T23:30-0030", UNIX_EPOCH_TICKS),
        ("1970-01-01T00:00:00.12345678999Z", UNIX_EPOCH_TICKS + 1234567),
        ("1/1/1970, 12:00:00.001 AM", UNIX_EPOCH_TICKS + 10_000),
        ("1/1/1970, 12:00:00 PM", UNIX_EPOCH_TICKS + 12 * 3600 * 10_000_000),
        ("1/1/1970, 12:00:00\u202fAM", UNIX_EPOCH_TICKS),
        ("0001-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59.9999999Z", MAX_DATETIME_TICKS),
        ("0001-01-01T00:00:00+01:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("13/1/1970, 1:00 PM", None),
        ("1/1/1970, 13:00 PM", None),
        ("2026-01-01T24:00:00Z", None),
        ("２０２６-01-01T00:00:00Z", None),
        ("", None),
        ("1772359872", None),
    ],
)
def test_times(text: str, same: int | None) -> None:
    assert ticks(text) == same


@settings(deadline=None)
@given(st.datetimes().filter(lambda moment: 1 < moment.year < 9999))
def test_times_agree_with_the_calendar(moment: datetime) -> None:
    delta = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    expected = (delta.days * 86_400 + delta.seconds) * 10_000_000 + delta.microseconds * 10 + UNIX_EPOCH_TICKS
    assert ticks(moment.isoformat() + "Z") == expected


@pytest.mark.parametrize(
    ("value", "type", "expected"),
    [
        ("31", KqlType.LONG, 31),
        (200.0, KqlType.INT, 200),
        ("200.0", KqlType.INT, 200),
        ("True", KqlType.BOOL, True),
        (True, KqlType.STRING, "true"),
        ({"a": 1}, KqlType.STRING, '{"a":1}'),
        ('{"a": 1}', KqlType.DYNAMIC, '{"a": 1}'),
        ("plain", KqlType.DYNAMIC, '"plain"'),
        ("{broken", KqlType.DYNAMIC, '"{broken"'),
        (None, KqlType.STRING, ""),
        (None, KqlType.REAL, None),
        ("ABCDEF0123456789abcdef0123456789", KqlType.GUID, "abcdef01-2345-6789-abcd-ef0123456789"),
    ],
)
def test_what_fits_is_converted(value: Any, type: KqlType, expected: Any) -> None:
    assert physical(value, type) == expected


@pytest.mark.parametrize(
    ("value", "type"),
    [
        ("031", KqlType.LONG),
        ("1e400", KqlType.REAL),
        (1 << 40, KqlType.INT),
        (1 << 63, KqlType.LONG),
        ((1 << 53) + 1, KqlType.REAL),
        (True, KqlType.LONG),
        (1, KqlType.BOOL),
        ("yes", KqlType.BOOL),
        (5, KqlType.DATETIME),
        ("١٢", KqlType.LONG),
        ("x", KqlType.GUID),
    ],
)
def test_what_does_not_fit_is_said(value: Any, type: KqlType) -> None:
    with pytest.raises(NotExact):
        physical(value, type)


def test_types_of_custom_properties_follow_the_suffix_rule() -> None:
    values = [True, 1, 0.5, 1 << 60, "x", "11111111-2222-3333-4444-555555555555", "2026-01-01T00:00:00Z", [], {}]
    assert [own_type(v).value for v in values] == [
        "bool", "real", "real", "string", "string", "guid", "datetime", "string", "string",
    ]  # fmt: skip
    assert guid_of_hex("0" * 31) is None
