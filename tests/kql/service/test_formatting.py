"""Layout changes white space and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from tests.kql.service.samples import CORPUS, WRONG, texts

from keywitness import kql
from keywitness.errors import QueryError
from keywitness.kql.lexer import tokenize
from keywitness.kql.outline import syntax_text
from keywitness.kql.parser import parse


def meaning(text: str) -> str:
    """The syntax tree without its places; what is refused has none."""
    try:
        shown = syntax_text(parse(text)).partition("\nnote: ")[0]  # odd spaces are gone: that is layout
    except QueryError:
        return "refused"
    return re.sub(r" \[\d+\.\.\d+\]", "", shown)


def comments(text: str) -> list[str]:
    return [text[t.start : t.end].rstrip() for t in kql.tokens(text) if t.kind is kql.TokenKind.COMMENT]


def check(text: str) -> None:
    laid_out = kql.format(text)
    assert kql.format(laid_out) == laid_out
    assert [(t.kind, t.text) for t in tokenize(laid_out).tokens] == [(t.kind, t.text) for t in tokenize(text).tokens]
    assert comments(laid_out) == comments(text)
    assert meaning(laid_out) == meaning(text)


@pytest.mark.parametrize("text", CORPUS + WRONG)
def test_queries_of_the_corpus_keep_their_meaning(text: str) -> None:
    check(text)


@settings(deadline=None, max_examples=300)
@given(texts())
def test_any_text_keeps_its_meaning(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T|take 5", "T | take 5"),
        ("T|where a==-1|project   a ,b", "T\n| where a == -1\n| project a, b"),
        ("T // all\n| take 5", "T // all\n| take 5"),
        ("let x=5;let y = T\n| take x;y", "let x = 5;\nlet y = T\n    | take x;\ny"),
        (
            "T\n|join kind = inner (U\n|where x==1\n) on a",
            "T\n| join kind=inner (U\n    | where x == 1\n) on a",
        ),
        ("T\n| extend\na=1,\n  b = f(\n1,2)", "T\n| extend\n    a = 1,\n    b = f(\n        1, 2)"),
        ("let f=(a:string){\nT|where x==a\n};f('q')", "let f = (a:string){\n    T | where x == a\n};\nf('q')"),
        ("T\n\n\n\n// why\n\n| take 5", "T\n\n// why\n| take 5"),
        ("T | where a in ((U | project b)) | count", "T\n| where a in ((U | project b))\n| count"),
        ("print x = 'a  b'  ,  y=dynamic( [1,2] )", "print x = 'a  b', y = dynamic([1, 2])"),
        ("T | where a == 'open", "T | where a == 'open"),
        ("", ""),
        ("T|count\n", "T | count\n"),
    ],
)
def test_layout(text: str, expected: str) -> None:
    assert kql.format(text) == expected
    check(text)
