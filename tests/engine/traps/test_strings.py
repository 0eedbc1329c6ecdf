"""String functions whose nearest SQL relative answers another question."""

from __future__ import annotations

import pytest

from keywitness.errors import QueryError


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("substring('abcdefg', 1, 3)", "bcd"),
        ("substring('abcdefg', -3, 2)", "ef"),
        ("substring('abc', -10)", ""),  # further back than the text begins: empty, not all of it
        ("substring('abc', 1, -1)", ""),
        ("substring('héllo', 1, 3)", "éll"),
        ("trim(@'[^\\w]+', '--a b--')", "a b"),
        ("replace_regex('abc', '(b)(c)', @'\\2\\1')", "acb"),
        ("replace_string('a.c', '.', '|')", "a|c"),
        ("extract('x=([0-9]+)', 1, 'x=45')", "45"),
        ("extract('x=([0-9]+)', 1, 'y')", ""),
        ("reverse('abc')", "cba"),
        ("strcat_delim('-', 'a', int(null), 'b')", "a--b"),  # concat_ws of SQL skips nulls
        ("base64_decode_tostring('/w==')", ""),  # bytes that are no text
        ("url_decode('a%20b+c')", "a b c"),
        ("hash_md5('')", ""),
        ("hash_sha256('World')", "78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524"),
    ],
)
def test_text(ask, call, text):
    assert ask(f"print {call}") == (text,)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("countof('aaaa', 'aa')", 3),  # overlapping
        ("countof('aaaa', 'aa', 'regex')", 2),  # not overlapping
        ("indexof('abcabc', 'b', 0, -1, 2)", 4),
        ("indexof('abc', 'x')", -1),
        ("indexof('abcdefgabcdefg', 'cde', 1, 10, 2)", 9),  # the length counts anew from each occurrence
        ("indexof('abcdefg', 'cde', 1, 2)", -1),
        ("array_sort_asc(dynamic(['b', 2, 'a', 1.5, null]))", [1.5, 2, "a", "b", None]),
        ("strlen('⒦⒰')", 2),
        ("string_size('⒦⒰')", 6),
        ("split('a_b_c', '_')", ["a", "b", "c"]),
        ("split('a_b_c', '_', 1)", ["b"]),
        ("split('a_b', '_')[-1]", "b"),
        ("split('a_b', '_')[7]", None),
        ("extract('([0-9]+)', 1, 'a12', typeof(long))", 12),
        ("isnull(extract_all('([0-9])', 'x'))", True),
        ("extract_all('([a-z])([0-9])', 'a1b2')", [["a", "1"], ["b", "2"]]),
        ("extract_all('([a-z])([0-9])', dynamic([2]), 'a1b2')", ["1", "2"]),
    ],
)
def test_values(ask, call, value):
    assert ask(f"print {call}") == (value,)


def test_look_around_is_refused():
    from keywitness import query

    with pytest.raises(QueryError, match="look-around"):
        query("print extract('(?=a)a', 0, 'a')")


def test_a_pattern_that_is_none_is_refused_not_crashed():
    from keywitness import query

    with pytest.raises(QueryError):
        query("print 'a' matches regex '('")
