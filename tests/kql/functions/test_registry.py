"""The table of functions: without contradictions. `tests/engine/test_registry.py` asks what the engine says of it."""

from __future__ import annotations

from collections import Counter

import pytest

from keywitness.kql import functions
from keywitness.kql.functions import Function, Kind, Naming

ROWS = list(functions.every())


def test_no_name_stands_for_two_functions_of_a_kind() -> None:
    names = Counter((f.kind, n) for f in ROWS for n in (f.name, *f.aliases))
    assert [n for n, count in names.items() if count > 1] == []


@pytest.mark.parametrize("function", ROWS, ids=lambda f: f"{f.kind}-{f.name}")
def test_signatures_are_well_formed(function: Function) -> None:
    for signature in function.signatures:
        optional = [p.optional for p in signature.parameters]
        assert optional == sorted(optional), "what may be left out stands last"
        assert signature.columns or signature.result.isidentifier()
        assert all(p.types or p.word == "type" for p in signature.parameters)
    assert function.signatures


def test_old_names_lead_to_a_function_that_exists() -> None:
    for function in ROWS:
        if function.means:
            find = functions.find_aggregate if function.kind is Kind.AGGREGATE else functions.find
            found = find(function.means)
            assert found is not None and not found.refusal, function.name


def test_names_compare_with_case() -> None:
    assert functions.find("tostring") is not None
    assert functions.find("ToString") is None
    assert functions.find_aggregate("DCount") is None


def test_aliases_lead_to_one_row() -> None:
    assert functions.find("iif") is functions.find("iff")
    assert functions.find("todynamic") is functions.find("parse_json")
    assert functions.find("toreal") is functions.find("todouble")
    assert functions.find("columnifexists") is functions.find("column_ifexists")


def test_a_name_may_be_an_aggregate_and_a_scalar_function() -> None:
    scalar, aggregate = functions.find("any"), functions.find_aggregate("any")
    assert aggregate is not None and aggregate.canonical == "take_any"
    assert scalar is None


def test_a_refusal_is_a_sentence_for_the_user() -> None:
    for function in ROWS:
        if function.refusal:
            assert len(function.refusal) > 20 and not function.refusal.endswith("."), function.name


@pytest.mark.parametrize(
    ("name", "counts", "refused"),
    [
        ("substring", (2, 3), (1, 4)),
        ("strcat", (1, 64), (0,)),
        ("array_sort_asc", (1, 2, 3), (0,)),
        ("make_timespan", (1, 2, 3, 4), (0, 5)),
        ("extract", (3, 4), (2, 5)),
    ],
)
def test_number_of_arguments(name: str, counts: tuple[int, ...], refused: tuple[int, ...]) -> None:
    function = functions.find(name)
    assert function is not None
    for count in counts:
        assert any(s.match(count) for s in function.signatures), count
    for count in refused:
        assert not any(s.match(count) for s in function.signatures), count


def test_repeated_parameters_take_the_arguments_between_the_fixed_ones() -> None:
    function = functions.find("array_sort_asc")
    assert function is not None
    last = function.signatures[-1].match(4)
    assert last is not None
    assert [p.name for p in last] == ["array", "arrays", "arrays", "nulls_last"]


def test_aggregates_name_their_columns_with_a_prefix() -> None:
    by_prefix = {f.name: f.prefix for f in ROWS if f.kind is Kind.AGGREGATE and f.naming is Naming.PREFIX}
    assert by_prefix["make_set"] == "set"
    assert by_prefix["make_list_if"] == "list"
    assert by_prefix["dcount"] == "dcount"
    assert "take_any" not in by_prefix
