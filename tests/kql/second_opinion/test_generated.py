"""Queries made from the grammar and the tables of functions: accepted by both, refused by both, of equal columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.kql.second_opinion import generator
from tests.kql.second_opinion.comparison import Verdict, judge, ours, summary, theirs
from tests.kql.second_opinion.conftest import Ask

from keywitness.kql import functions
from keywitness.kql.grammar.keywords import PIPE_OPERATORS
from keywitness.model.schema import Column, KqlType, Schema

#: Calls of every signature, and pipelines.
CALLS_EACH, PIPELINES = 2, 400
TABLES = {
    table: Schema(Column(name, KqlType(type)) for name, type in columns.items())
    for table, columns in generator.COLUMNS.items()
}
QUERIES = dict([*generator.calls(CALLS_EACH), *generator.pipelines(PIPELINES)])


@pytest.fixture(scope="module")
def verdicts(ask: Ask) -> list[Verdict]:
    answers = ask(list(QUERIES.values()), TABLES)
    return [
        judge(seed, query, ours(query, TABLES), theirs(answer))
        for (seed, query), answer in zip(QUERIES.items(), answers, strict=True)
    ]


def test_every_difference_has_a_reason(verdicts: list[Verdict], record_property: Callable[[str, Any], None]) -> None:
    record_property("second opinion on generated queries", summary(verdicts))
    unexplained = [str(v) for v in verdicts if None in v.reasons()]
    assert not unexplained, "\n\n".join(unexplained)


def test_both_verdicts_are_met_often(verdicts: list[Verdict]) -> None:
    kinds = [v.kind for v in verdicts]
    assert len(kinds) > 1_000
    assert kinds.count("agree") > 500
    assert kinds.count("both refuse") > 300


def test_a_seed_makes_the_same_query_again() -> None:
    assert dict(generator.pipelines(20)).items() <= QUERIES.items()


def test_every_function_that_is_answered_is_called() -> None:
    called = {seed.split("/")[1] for seed in QUERIES}
    elsewhere = {functions.Kind.PLUGIN, functions.Kind.GRAPH}  # not expressions over rows: the corpus has them
    answered = {f.name for f in functions.every() if not f.refusal and f.kind not in elsewhere}
    assert answered - called == set()


def test_most_operators_are_used() -> None:
    used = {line.split()[1] for query in QUERIES.values() for line in query.splitlines() if line.startswith("| ")}
    left_out = {"project-by-names", "mvexpand", "mvapply", "fork", "facet"}  # several results, or one old spelling
    of_graphs = {name for name in PIPE_OPERATORS if "graph" in name}  # the corpus has them
    assert set(PIPE_OPERATORS) - used <= left_out | of_graphs | {"project-keep"}
