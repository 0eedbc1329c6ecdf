"""The help for other languages' words names only what KQL has."""

from __future__ import annotations

import re

import pytest

from keywitness.kql import foreign, functions
from keywitness.kql.grammar.keywords import PIPE_OPERATORS, RESERVED

_LINES = {**foreign.OPERATORS, **foreign.FUNCTIONS, **foreign.WORDS}


@pytest.mark.parametrize("line", sorted({line for line in _LINES.values() if line}))
def test_every_function_that_a_line_names_is_answered(line: str) -> None:
    for name in re.findall(r"\b([a-z_0-9]+)\(", line):
        if name in {"join", "in"}:
            continue
        found = [f for f in (functions.find(name), functions.find_aggregate(name)) if f is not None and not f.refusal]
        typed_null = name in {"long", "datetime", "dynamic"}
        plugin = functions.find_plugin(name)
        assert found or typed_null or name == "not" or (plugin is not None and not plugin.refusal), name


def test_no_word_of_kql_is_called_foreign() -> None:
    assert not {n for n in foreign.FUNCTIONS if functions.find(n) or functions.find_aggregate(n)}
    assert not set(foreign.OPERATORS) & set(PIPE_OPERATORS)
    assert foreign.FUNCTIONS.keys() & RESERVED <= {"earliest", "first", "last", "latest", "int"}


def test_words_are_looked_up_in_lower_case() -> None:
    assert all(word == word.lower() for word in (*_LINES, *foreign.COLUMNS, *foreign.UNITS, *foreign.STATEMENTS))
