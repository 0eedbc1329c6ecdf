"""Stretches of one kind."""

from __future__ import annotations

import pytest

from keywitness import kql


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T | project-away a", "name punctuation operator name"),
        ("let n = 5;", "keyword name punctuation number punctuation"),
        ("T | where a has 'x' // why", "name punctuation operator name keyword string comment"),
        (
            "T | where a !in (1d, true)",
            "name punctuation operator name keyword punctuation literal punctuation literal punctuation",
        ),
        ("print x = ago(7d)", "operator name punctuation function punctuation literal punctuation"),
        ("datatable(a: string)", "operator punctuation name punctuation type punctuation"),
        ("T | where where == 1", "name punctuation operator keyword punctuation number"),
        ("T | where a-b == 1", "name punctuation operator name punctuation name punctuation number"),
        ("print 'open", "operator string"),
        ("// only", "comment"),
    ],
)
def test_kinds(text: str, expected: str) -> None:
    assert " ".join(token.kind for token in kql.tokens(text)) == expected
