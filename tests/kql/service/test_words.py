"""Everything that is answered says in one line what it is for."""

from __future__ import annotations

from keywitness.kql import functions
from keywitness.kql.grammar.keywords import PIPE_OPERATORS, SOURCE_OPERATORS
from keywitness.kql.service import words


def test_every_answered_function_has_a_line() -> None:
    assert not [f.name for f in functions.every() if not f.refusal and not words.of_function(f.name)]


def test_every_operator_has_a_line() -> None:
    assert not [name for name in (*PIPE_OPERATORS, *SOURCE_OPERATORS) if not words.of_operator(name)]


def test_lines_are_sentences_about_what_exists() -> None:
    names = {f.name for f in functions.every()}
    lines = words.lines()
    assert set(lines) <= names
    assert all(line.endswith(".") and len(line) < 110 for line in lines.values())
