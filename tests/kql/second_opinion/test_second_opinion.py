"""What Microsoft's own parser and analyser accept, we accept, with equal columns; a difference carries its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.kql.second_opinion import corpora
from tests.kql.second_opinion.comparison import Verdict, judge, ours, summary, theirs
from tests.kql.second_opinion.conftest import HERE, Ask
from tests.kql.second_opinion.corpora import QUERIES
from tests.kql.second_opinion.differences import DIFFERENCES
from tests.kql.second_opinion.page import PAGE, rows

from keywitness.errors import QueryError
from keywitness.kql import functions
from keywitness.kql.binder import calls
from keywitness.kql.parser import parse

Record = Callable[[str, Any], None]


def accepts(query: str) -> bool:
    try:
        parse(query)
    except QueryError:
        return False
    return True


VERDICTS = {
    (True, True): "both accept",
    (False, False): "both refuse",
    (True, False): "accepted here only",
    (False, True): "refused here only",
}


def test_verdicts_on_our_own_queries(ask: Ask) -> None:
    """The grammar alone."""
    assert len(QUERIES) > 80
    answers = ask([case["query"] for case in QUERIES])
    found = [
        {**case, "verdict": VERDICTS[accepts(case["query"]), not theirs["codes"]]}
        for case, theirs in zip(QUERIES, answers, strict=True)
    ]
    assert found == QUERIES


def test_every_difference_of_our_own_queries_has_a_reason() -> None:
    assert [c["query"] for c in QUERIES if c["verdict"].endswith("only") and not c.get("reason")] == []
    assert {c["verdict"] for c in QUERIES} == set(VERDICTS.values())


def compared(ask: Ask, queries: dict[str, str]) -> list[Verdict]:
    """Verdicts on queries by name; those of one text are asked once."""
    names = {query: name for name, query in reversed(queries.items())}
    explained = {case["query"] for case in QUERIES if case.get("reason")}
    answers = zip(names.items(), ask(list(names), corpora.tables()), strict=True)
    return [
        judge(name, query, ours(query, corpora.tables()), theirs(answer))
        for (query, name), answer in answers
        if query not in explained
    ]


def refuse_unexplained(verdicts: list[Verdict]) -> None:
    unexplained = [str(v) for v in verdicts if None in v.reasons()]
    assert not unexplained, "\n\n".join(unexplained)


def test_texts_of_the_project(ask: Ask, record_property: Record) -> None:
    """Corpus, rules, functions and pages, bound to the documented tables."""
    verdicts = compared(ask, dict(corpora.project()))
    record_property("second opinion on texts of the project", summary(verdicts))
    refuse_unexplained(verdicts)
    rules = {v.name: v.kind for v in verdicts if v.name.startswith(("rule/", "function/"))}
    assert len(rules) > 15
    assert set(rules.values()) == {"agree"}


def test_documented_examples(ask: Ask, record_property: Record) -> None:
    queries = dict(corpora.documented())
    if not queries:
        pytest.skip("needs the shared material kql/, which is not beside the repository")
    verdicts = compared(ask, queries)
    record_property("second opinion on documented examples", summary(verdicts))
    refuse_unexplained(verdicts)
    assert sum(v.kind == "agree" for v in verdicts) > 300


#: Names that the analyser has and no page of the documentation.
WITHOUT_A_PAGE = {"iscolumnexists", "passthrough", "identity_v3"}


def test_we_know_every_function_by_name(vocabulary: dict[str, list[str]]) -> None:
    """A function that the analyser has is answered or refused with its reason, never unknown."""
    here = {name for f in functions.every() for name in (f.name, *f.aliases)} | calls.TABULAR
    there = {name for names in vocabulary.values() for name in names if not name.startswith("_")}
    assert len(there) > 450
    assert there - here == WITHOUT_A_PAGE


def test_the_page_lists_every_difference() -> None:
    """`docs/reference/kql/second-opinion.md` has the reviewed list, with the same words."""
    assert len({d.name for d in DIFFERENCES}) == len(DIFFERENCES)
    listed = [tuple(line.strip("| ").split(" | ")) for line in PAGE.read_text(encoding="utf-8").splitlines()]
    assert [row for row in listed if len(row) == 3][1:] == rows(), "run `python -m tests.kql.second_opinion.page`"


def test_the_lock_names_no_address() -> None:
    assert "resolved" not in (HERE / "package-lock.json").read_text(encoding="utf-8")
