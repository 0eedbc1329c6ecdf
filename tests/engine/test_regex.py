"""Expressions of Kusto's in RE2: what is rewritten, what is refused."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.engine.regex import RegexError, read


@pytest.fixture(scope="module")
def first():
    """What an expression finds first in a text, as DuckDB runs it."""
    with duckdb.connect() as connection:

        def found(pattern: str, text: str) -> str:
            return connection.execute("SELECT regexp_extract(?, ?)", [text, read(pattern).text]).fetchone()[0]

        yield found


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"\w+", "größe!", "größe"),  # RE2's \w ends at the first letter beyond ASCII
        (r"\W+", "größe!?", "!?"),
        (r"\d+", "a٣٤b", "٣٤"),
        (r"[^\s]+", "\u00a0a b", "a"),
        (r"[\w-]+", "§ä-b.", "ä-b"),
        (r"[\W_]+", "a_-b", "_-"),
        (r"[\s\S]+", " a\nb", " a\nb"),
        (r"(?-u:\w+)", "größe", "gr"),
        (r"(?:(?-u:\w)|\w)+", "größe", "größe"),
        (r"\u0061\u{62}\U00000063", "xabc", "abc"),
        (r"\141", "xa", "a"),
        (r"[]a]+", "x]a", "]a"),
        (r"[[:alpha:]\d]+", "-a1", "a1"),
        (r"\p{Greek}+", "aλμ", "λμ"),
        (r"(?<n>b)", "ab", "b"),
        (r"a.c", "a\nc", ""),
    ],
)
def test_what_it_finds(first, pattern, text, found) -> None:
    assert first(pattern, text) == found


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("(?=a)", "look-around"),
        ("(?!a)", "look-around"),
        ("(?<=a)b", "look-around"),
        ("(?<!a)b", "look-around"),
        (r"(a)\1", "back-reference"),
        ("[a-z&&[^c]]", "set operation"),  # RE2 would take it for a class of letters, & and [
        ("[0-9--4]", "set operation"),
        ("[a~~b]", "set operation"),
        ("[[a]b]", "set operation"),
        (r"\<a", r"\\<"),  # RE2: the sign itself; Kusto: where a word begins
        (r"\b{start}a", r"\\b"),
        (r"\Qa.b\E", r"\\Q"),  # Kusto has none
        (r"[^\W_]", "negated"),
    ],
)
def test_what_is_refused(pattern, part) -> None:
    with pytest.raises(RegexError, match=part):
        read(pattern)


def test_groups_are_counted_and_named() -> None:
    found = read(r"(a)(?:b)(?P<n>[(])(?<m>\()(?i:c)")
    assert found.groups == ("", "n", "m")
    assert (found.group("m"), found.group("x"), found.group("")) == (3, None, None)


@pytest.mark.parametrize(
    ("pattern", "bounded"), [(r"\bx", True), (r"\B", True), (r"(?-u:\b)x", False), (r"\\b", False)]
)
def test_word_boundaries_are_noticed(pattern, bounded) -> None:
    assert read(pattern).bounded is bounded


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab1.-|*+?^$ \n", max_size=10))
def test_plain_expressions_stay_as_they_are(pattern) -> None:
    assert read(pattern).text == pattern
