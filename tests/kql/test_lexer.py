"""Tokens: what they are, where they stand, and how pasted text is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.kql import lexer
from keywitness.kql.lexer import Kind, tokenize

WORDS = ["T", "|", "where", "a", "==", "'x'", "1d", "1.5", "2", "..", "datetime(2024-01-01)", "!in~", "(", ")", "//c\n"]


def read(text: str) -> list[tuple[str, str]]:
    return [(t.kind.name, t.text) for t in tokenize(text).tokens[:-1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", [("LONG", "1")]),
        ("0xFf", [("LONG", "0xFf")]),
        ("1.5 1. 1e5 1.e-2", [("REAL", "1.5"), ("REAL", "1."), ("REAL", "1e5"), ("REAL", "1.e-2")]),
        ("1..5", [("LONG", "1"), ("OP", ".."), ("LONG", "5")]),
        ("1d 2.5h 3ticks 1microsecond", [("TIMESPAN", t) for t in ("1d", "2.5h", "3ticks", "1microsecond")]),
        ("2w 3Dchart 1_a", [("NAME", "2w"), ("NAME", "3Dchart"), ("NAME", "1_a")]),
        ("10min 10m 10ms 10micro", [("TIMESPAN", t) for t in ("10min", "10m", "10ms", "10micro")]),
        ("a in~ (b)", [("NAME", "a"), ("OP", "in~"), ("OP", "("), ("NAME", "b"), ("OP", ")")]),
        ("a !in~ b !has_cs c", [("NAME", "a"), ("OP", "!in~"), ("NAME", "b"), ("OP", "!has_cs"), ("NAME", "c")]),
        (
            "a!=b a!~b a=~b a<>b",
            [(k, t) for t in ("!=", "!~", "=~", "<>") for k, t in (("NAME", "a"), ("OP", t), ("NAME", "b"))],
        ),
        ("true True tRue", [("BOOL", "true"), ("BOOL", "True"), ("NAME", "tRue")]),
        ("datetime(2024-01-01 10:00)", [("TYPED", "datetime(2024-01-01 10:00)")]),
        ("int (5)", [("NAME", "int"), ("OP", "("), ("LONG", "5"), ("OP", ")")]),
        ("todatetime(x)", [("NAME", "todatetime"), ("OP", "("), ("NAME", "x"), ("OP", ")")]),
        ("$left.a", [("NAME", "$left"), ("OP", "."), ("NAME", "a")]),
        ("a // b | c\n d", [("NAME", "a"), ("NAME", "d")]),
        ("a\r\nb\rc", [("NAME", "a"), ("NAME", "b"), ("NAME", "c")]),
        ("a=>b <| c", [("NAME", "a"), ("OP", "=>"), ("NAME", "b"), ("OP", "<|"), ("NAME", "c")]),
    ],
)
def test_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected
    assert not tokenize(text).diagnostics


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a'", "a"),
        ('"it\'s"', "it's"),
        (r"'a\tb\\c\'d'", "a\tb\\c'd"),
        (r"'\u0041\x42\103\U0001F600'", "ABC\U0001f600"),
        (r"'\ud83d\ude00'", "\U0001f600"),
        (r"@'C:\Windows\'", "C:\\Windows\\"),
        ('@"say ""x"""', 'say "x"'),
        ("@'it''s'", "it's"),
        ("h'secret'", "secret"),
        ('H@"a\\b"', "a\\b"),
        ("```a\n'b' \\n```", "a\n'b' \\n"),
        ("~~~a ``` b~~~", "a ``` b"),
        ("'// no comment'", "// no comment"),
        ("'\u201cinside\u201d \u2013 \u00a0'", "\u201cinside\u201d \u2013 \u00a0"),
        ("''", ""),
    ],
)
def test_strings(text: str, value: str) -> None:
    tokens = tokenize(text)
    assert not tokens.diagnostics
    assert not tokens.notes, "what stands in a plain string is nobody's business"
    assert [t.value for t in tokens.tokens] == [value, None]


@pytest.mark.parametrize("text", [r"'\s'", r"'\u12'", r"'\ud83d'", r"'\U00110000'", r"'\8'"])
def test_what_is_no_escape_is_refused(text: str) -> None:
    assert [d.code for d in tokenize(text).diagnostics] == ["KS003"]


@pytest.mark.parametrize(
    "text",
    [
        "\u2018x\u2019",
        "\u2019x\u2019",
        "\u201cx\u201d",
        "\u201dx\u201d",
        "\u201ex\u201c",
        '\u201cx"',
        '"x\u201d',
        "\u2018x'",
    ],
)
def test_typographic_quotes_are_quotes_with_a_note(text: str) -> None:
    tokens = tokenize(text)
    assert [(t.kind, t.value) for t in tokens.tokens[:-1]] == [(Kind.STRING, "x")]
    assert list(tokens.notes) == [lexer.QUOTES_NOTE]


def test_a_plain_quote_closes_a_plain_string_before_a_typographic_one_can() -> None:
    tokens = tokenize('"a\u201d b" c')
    assert tokens.tokens[0].value == "a\u201d b"
    assert not tokens.notes


def test_a_typographic_verbatim_string_keeps_its_backslashes() -> None:
    assert tokenize("@\u201cC:\\temp\u201d").tokens[0].value == "C:\\temp"


@pytest.mark.parametrize(
    ("text", "expected", "note"),
    [
        ("a\u00a0b", ["a", "b"], lexer.SPACES_NOTE),
        ("\ufeffa", ["a"], lexer.INVISIBLE_NOTE),
        ("Caller\u200bIP\u200b", ["CallerIP"], lexer.INVISIBLE_NOTE),
        ("a \u2013 1", ["a", "-", "1"], lexer.DASHES_NOTE),
        ("mv\u2011expand", ["mv", "-", "expand"], lexer.DASHES_NOTE),
    ],
)
def test_pasted_characters_are_read_as_meant(text: str, expected: list[str], note: str) -> None:
    tokens = tokenize(text)
    assert [t.text for t in tokens.tokens[:-1]] == expected
    assert list(tokens.notes) == [note]
    assert not tokens.diagnostics


def test_a_name_keeps_the_place_it_had_in_the_text() -> None:
    token = tokenize("  Caller\u200bIP x").tokens[0]
    assert (token.start, token.end, token.text) == (2, 11, "CallerIP")


@given(st.lists(st.sampled_from(WORDS)))
def test_tokens_and_gaps_tile_the_text(words: list[str]) -> None:
    text = " ".join(words)
    tokens = tokenize(text).tokens
    position = 0
    for token in tokens:
        assert token.start >= position
        gap = text[position : token.start]
        assert not gap.strip() or gap.strip().startswith("//")
        assert token.text == text[token.start : token.end]
        position = token.end
    assert tokens[-1].kind is Kind.END
    assert position == len(text)


@given(st.text())
def test_any_text_becomes_tokens_that_end(text: str) -> None:
    tokens = tokenize(text)
    assert tokens.tokens[-1].kind is Kind.END
    assert all(a.end <= b.start for a, b in zip(tokens.tokens, tokens.tokens[1:], strict=False))
