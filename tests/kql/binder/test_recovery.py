"""A refusal names every mistake once, and nothing that only follows from one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from keywitness.errors import QueryError
from keywitness.kql import functions
from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import Options, compile_kql
from keywitness.kql.lexer import Kind, tokenize

CORPUS = sorted((Path(__file__).parents[1] / "corpus").rglob("*.kql"))


def places(error: QueryError) -> list[str]:
    """The text under each caret."""
    return [error.text[d.span.start : d.span.end] for d in error.diagnostics]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("AzureDiagnostics | extend a = Nope | where a > 3 and tolower(a) == 5 | summarize max(a) by a", ["Nope"]),
        ("AzureDiagnostics | project a = Nope, Resource | extend b = a + Resource | where b", ["Nope"]),
        (
            "AzureDiagnostics | summarize a = dcount(Nope) by Resource | where a has 'x' and Resource > 3",
            ["Nope", "Resource > 3"],
        ),
        ("AzureDiagnostics | extend Resource = Nope | where Resource > 3", ["Nope"]),
        ("AzureDiagnostics | project-rename A = Nope | where A == 1 and Resource == 1", ["Nope", "Resource == 1"]),
        ("AzureDiagnostics | join (SigninLogs) on Nope | where Identity1 == 2", ["Nope"]),
        ("AzureDiagnostics | extend a = Nope | join (AZKVAuditLogs) on Resource | where Resource1 == a2", ["Nope"]),
        ("AzureDiagnostics | mv-expand Nope | where x == 1", ["Nope"]),
        ("AzureDiagnostics | where Nope | mv-expand AdditionalFields | where Nada == 1", ["Nope", "Nada"]),
        ("let a = Nope; let b = a + 1; AzureDiagnostics | where b == 1 and Nada == 2", ["Nope", "Nada"]),
        ("let T = AzureDiagnostics | where Nope; union T, SigninLogs | where Nada == 1", ["Nope"]),
        ("let T = Nope | take 1; union T*, SigninLogs | where Nada == 1", ["Nope"]),
        ("let f = (x: long) { x + Nope }; print f(1), f(2), f(3)", ["Nope"]),
        ("AzureDiagnostics | where Resource in ((SigninLogs | where Nope)) and Nada == 1", ["Nope", "Nada"]),
        ("AzureDiagnostics | sort by Nope | extend n = row_number() | where Nada == 1", ["Nope", "Nada"]),
        ("AzureDiagnostics | where a b c | extend x = Nope", ["b", "Nope"]),
        ("AzureDiagnostics | where == | where a == | extend x = Nope", ["==", "|", "Nope"]),
        ("let T = AzureDiagnostics | where ==; T | where Nope == 1", ["=="]),
        ("let T = (; T | where Nope == 1; SigninLogs | where Nada == 1", [";", "Nada"]),
        ("AzureDiagnostics | join (SigninLogs | where == | take 3) on Nope", ["=="]),
        ("AzureDiagnostics | where toscalar(SigninLogs | where Nope) == 1 and Nada", ["Nope", "Nada"]),
        ("AzureDiagnostics | fork (where Nope) (where Nada)", ["Nope"]),
        ("AzureDiagnostics | where * has 'x' and pack_all() has Nope", ["Nope"]),
    ],
)
def test_what_is_named_and_what_is_not(bench: Any, query: str, expected: list[str]) -> None:
    assert places(bench.refusal(query)) == expected


def _renamed_calls(query: str) -> list[tuple[int, str]]:
    """The query once for each call of a function of the language, with that call's name misspelt beyond repair."""
    found = []
    tokens = tokenize(query).tokens
    for token, following in pairwise(tokens):
        if token.text == "toscalar":  # the grammar knows it by name, because it holds a query
            continue
        is_function = functions.find(token.text) or functions.find_aggregate(token.text)
        if token.kind is Kind.NAME and following.text == "(" and is_function:
            found.append((token.start, f"{query[: token.start]}zq{query[token.start :]}"))
    return found


@pytest.mark.parametrize("path", CORPUS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_one_wrong_function_is_one_diagnostic(path: Path) -> None:
    query = path.read_text(encoding="utf-8")
    try:
        compile_kql(query, EmptyCatalog(), 0, options=Options(rewrite=False))
    except QueryError:
        return  # a case of refusals
    for start, wrong in _renamed_calls(query):
        with pytest.raises(QueryError) as caught:
            compile_kql(wrong, EmptyCatalog(), 0, options=Options(rewrite=False))
        assert [d.span.start for d in caught.value.diagnostics] == [start], wrong  # type: ignore[attr-defined]


def test_depth_of_calls_is_counted_anew_behind_a_refusal(bench: Any) -> None:
    calls = ", ".join(f"a{i} = f({i})" for i in range(100))
    error = bench.refusal(f"let f = (x: long) {{ x + Nope }}; print {calls}")
    assert places(error) == ["Nope"]


def test_at_most_ten_are_shown(bench: Any) -> None:
    wrong = " and ".join(f"Nope{i} == {i}" for i in range(30))
    assert len(bench.refusal(f"AzureDiagnostics | where {wrong}").diagnostics) == 10
