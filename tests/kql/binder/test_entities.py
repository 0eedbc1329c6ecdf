"""Functions that the case keeps, `macro-expand` and patterns, as far as the corpus does not show them."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness.kql import plan


def test_a_stored_function_is_called_with_defaults_and_named_arguments(bench: Any) -> None:
    for call, least in [("Refusals", 400), ("Refusals()", 400), ("Refusals(500)", 500), ("Refusals(least = 3)", 3)]:
        result = bench.bound(f"{call} | project Resource").result
        assert isinstance(result, plan.Project) and isinstance(result.source, plan.Filter)
        predicate = result.source.predicate
        assert isinstance(predicate, plan.Call) and predicate.args[1] == plan.Literal(
            float(least), predicate.args[1].type
        )


def test_a_let_comes_before_a_stored_function(bench: Any) -> None:
    assert bench.names("let Refusals = () { print mine = 1 }; Refusals") == ["mine"]


def test_a_stored_function_does_not_see_the_query(bench: Any) -> None:
    refusal = bench.refusal("let Okta_CL = AZKVAuditLogs; Elsewhere")
    assert refusal.message == "in the function Elsewhere, line 1: 'Okta_CL' is not a table"


def test_isfuzzy_passes_over_a_parser_whose_table_is_not_there(bench: Any) -> None:
    program = bench.bound("union isfuzzy=true Refusals, Elsewhere | project Resource")
    assert program.notes == (
        "union isfuzzy: in the function Elsewhere, line 1: 'Okta_CL' is not a table, it was left out",
    )


def test_isfuzzy_does_not_pass_over_a_mistake_in_a_parser(bench: Any) -> None:
    assert bench.refusal("union isfuzzy=true Refusals, Misspelt").diagnostics[0].code == "KS142"


def test_a_refusal_in_a_fuzzy_leg_leaves_no_trace(bench: Any) -> None:
    legs = ", ".join(["Elsewhere"] * 80)
    assert bench.bound(f"union isfuzzy=true Refusals, {legs}").result is not None


@pytest.mark.parametrize("query", ["Egg", "Chicken()", "Refusals | join (Egg) on Resource"])
def test_recursion_is_refused(bench: Any, query: str) -> None:
    assert bench.refusal(query).diagnostics[0].code == "KWQ307"


def test_stored_functions_are_no_views(bench: Any) -> None:
    assert bench.refusal("union Refus*").diagnostics[0].code == "KS204"


def test_invoke_of_a_stored_function_and_of_one_behind_a_place(bench: Any) -> None:
    for name in ("Nothing", 'database("d").Nothing'):
        assert bench.refusal(f"AZKVAuditLogs | invoke {name}()").diagnostics[0].code == "KS211"


def test_the_functions_of_keywitness_can_be_called(bench: Any) -> None:
    assert bench.value("SpokenSpan(3h)").type.value == "string"


def test_macro_expand_needs_a_group_and_a_query(bench: Any) -> None:
    assert "no entity group" in bench.refusal("let G = 1; macro-expand G as X (AZKVAuditLogs)").message
    assert bench.refusal("macro-expand entity_group [database('d')] as X (let a = 1;)").diagnostics[0].code == "KS008"


def test_macro_expand_of_one_place_is_the_case(bench: Any) -> None:
    names = bench.names("macro-expand entity_group [database('d')] as X (X.AZKVAuditLogs | project Resource)")
    assert names == ["Resource"]


def test_the_place_of_macro_expand_is_no_value(bench: Any) -> None:
    query = "macro-expand entity_group [database('d')] as X (AZKVAuditLogs | extend y = X.SigninLogs)"
    assert bench.refusal(query).diagnostics[0].code == "KS108"
