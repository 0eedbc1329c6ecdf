"""Columns of text equal, value for value, what the single-value functions and the standard library make."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keywitness.lab import columns

KEYS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20)


@given(KEYS)
def test_one_value_and_a_column_agree(keys: list[int]) -> None:
    column = np.array(keys, dtype=np.uint64)
    assert [text.decode() for text in columns.guid_column(column).tolist()] == [columns.guid_one(key) for key in keys]
    assert [int(value) for value in columns.mixed(column)] == [columns.mixed_one(key) for key in keys]
    assert [text.decode() for text in columns.uti_column(column).tolist()] == [columns.uti_one(key) for key in keys]


@given(KEYS)
def test_guids_are_version_four(keys: list[int]) -> None:
    for text in columns.guid_column(np.array(keys, dtype=np.uint64)).tolist():
        made = uuid.UUID(text.decode())
        assert made.version == 4
        assert str(made) == text.decode()


@given(st.integers(0, 2**64 - 1))
def test_a_token_id_decodes_to_its_sign_in_id(key: int) -> None:
    """`uti` is base64url without padding of the sign-in id's bytes in little-endian order."""
    raw = base64.urlsafe_b64decode(columns.uti_one(key) + "==")
    assert str(uuid.UUID(bytes_le=raw)) == columns.sign_in_id(key)
    assert uuid.UUID(bytes_le=raw).version == 4


def test_token_ids_follow_a_published_pair() -> None:
    """The encoding checked against the pair known from real records, so that the test above is not circular."""
    raw = base64.urlsafe_b64decode("JYpgIpsdtUSw8suU8GstAA==")
    assert str(uuid.UUID(bytes_le=raw)) == "22608a25-1d9b-44b5-b0f2-cb94f06b2d00"


@given(st.lists(st.integers(0, 4 * 10**17 // 10), min_size=1, max_size=20))
def test_times_have_seven_digits_and_are_exact(ticks: list[int]) -> None:
    made = [text.decode() for text in columns.time_column(np.array(ticks, dtype=np.int64)).tolist()]
    for tick, text in zip(ticks, made, strict=True):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=tick // 10)
        assert text == f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}{tick % 10}Z"
        assert text == columns.time_one(tick)


def test_ticks_of_reads_zones() -> None:
    two_hours_east = timezone(timedelta(hours=2))
    assert columns.ticks_of(datetime(1970, 1, 1, 2, tzinfo=two_hours_east)) == 0
    assert columns.ticks_of(datetime(1970, 1, 2, tzinfo=UTC)) == columns.TICKS_PER_DAY


def test_keys_do_not_join_labels() -> None:
    """("ab", "c") and ("a", "bc") are different labels."""
    assert columns.key_of("ab", "c") != columns.key_of("a", "bc")
