import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.report.encoding import is_address, json_bytes, json_lines, known, micros, millis, uid


@given(text=st.text(alphabet=st.characters(), max_size=40))
def test_any_text_is_ascii_and_comes_back_save_for_half_surrogates(text):
    data = json_lines([{"text": text}])
    assert data.isascii()
    assert data.count(b"\n") == 1
    assert b"\x1b" not in data
    expected = "".join(f"\\u{ord(c):04x}" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
    assert json.loads(data)["text"] == expected


def test_what_is_no_number_is_refused():
    """The trap: Python writes NaN, which no JSON reader takes."""
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"score": float("nan")})


def test_ids_never_change_and_parts_do_not_run_into_each_other():
    assert str(uid("stix", "finding", "F-1")) == "615c9520-7c0c-5041-8588-b93f576fb74c"
    assert uid("a", "bc") != uid("ab", "c")


def test_times_are_exact_to_the_microsecond():
    """The trap: a float of seconds loses the last digits."""
    assert micros("2026-03-14T09:26:53.5897932Z") == 1_773_480_413_589_793
    assert millis("2026-03-14T09:26:53.5897932Z") == 1_773_480_413_589
    assert micros("yesterday") is None
    assert micros("1969-12-31T23:59:59.999999Z") == -1


@pytest.mark.parametrize(
    ("text", "whether"),
    [("203.0.113.7", True), ("2001:db8::7", True), ("fe80::1%eth0", False), ("203.0.113.0/24", False), ("", False)],
)
def test_addresses_are_told_from_other_texts(text, whether):
    assert is_address(text) is whether


def test_empty_fields_are_left_out_but_zero_and_false_say_something():
    assert known(a="", b=None, c=[], d=0, e=False, f="x") == {"d": 0, "e": False, "f": "x"}
