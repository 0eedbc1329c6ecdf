"""Every operator that is named has a reader, a node and a line of documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from keywitness.errors import QueryError
from keywitness.kql.grammar.graphs import Graphs
from keywitness.kql.grammar.keywords import NAMEABLE, NAMED_ONLY, PIPE_OPERATORS, RESERVED, SOURCE_OPERATORS, TYPES
from keywitness.kql.grammar.operators import _ALIASES
from keywitness.kql.parser import parse

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "kql" / "index.md"


@pytest.mark.parametrize("name", PIPE_OPERATORS)
def test_an_operator_is_read_by_a_method_of_its_name(name: str) -> None:
    assert callable(getattr(Graphs, "read_" + _ALIASES.get(name, name).replace("-", "_")))


@pytest.mark.parametrize("name", [*PIPE_OPERATORS, *SOURCE_OPERATORS])
def test_an_operator_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMED_ONLY)
def test_an_operator_known_by_name_is_passed_on_for_the_binder_to_refuse(name: str) -> None:
    parse(f"T | {name} (anything) -- > [at all] | take 1")


@pytest.mark.parametrize("name", sorted(NAMEABLE & RESERVED))
def test_a_word_that_may_name_a_new_column(name: str) -> None:
    parse(f"T | extend {name} = 1")
    with pytest.raises(QueryError):
        parse(f"T | project x, {name}")


@pytest.mark.parametrize("name", ["count", "kind", "type", "order", "take", "top", "distinct", "filter", "id", "range"])
def test_words_that_are_names_everywhere(name: str) -> None:
    parse(f"T | where {name} == 1 and {name} has 'x' | extend {name} = {name} | project {name} | sort by {name}")


@pytest.mark.parametrize("name", sorted(TYPES))
def test_types_by_every_spelling(name: str) -> None:
    parse(f"datatable (a: {name}) []")
