"""`let`, functions of the query, tables and notes."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness import query
from keywitness.kql import plan
from keywitness.kql.plan import Call, Literal
from keywitness.model.schema import KqlType


def scan_of(node: plan.Plan) -> plan.Scan:
    """The table at the bottom of a chain of operators."""
    while not isinstance(node, plan.Scan):
        node = node.source  # type: ignore[union-attr]
    return node


def test_a_known_table_without_evidence_is_empty_and_says_so(bench: Any) -> None:
    program = bench.bound("SigninLogs | project Identity")
    assert program.notes == ("no evidence brought rows for SigninLogs: it is empty here",)
    assert scan_of(program.result).table == "SigninLogs"


def test_notes_of_the_parser_come_along(bench: Any) -> None:
    notes = bench.bound("AzureDiagnostics | where ResultType == \u201cSuccess\u201d").notes
    assert any("quotes" in note for note in notes)


def test_hidden_columns_are_known_by_name_only(bench: Any) -> None:
    assert "_Row" not in bench.names("AzureDiagnostics | where _Row == 'E1:0' | extend x = 1 | sort by x")
    assert bench.names("AzureDiagnostics | project _Row, Resource") == ["_Row", "Resource"]
    assert bench.names("AzureDiagnostics | project-away Resource* | project-keep _Row, ResultType") == ["ResultType"]
    assert bench.names("AzureDiagnostics | extend Line = _Row | project-away Time*, Res*, Op*, h*, C*, i*, A*") == [
        "Line"
    ]
    assert "_Row" not in bench.names("AzureDiagnostics | getschema")
    assert "_Row" not in bench.names("AzureDiagnostics | project pack_all()")


def test_hidden_columns_pass_joins_and_unions(bench: Any) -> None:
    joined = "AzureDiagnostics | join kind=leftsemi (AZKVAuditLogs) on Resource"
    assert "_Row" not in bench.names(joined)
    assert bench.names(f"{joined} | summarize make_set(_Row)") == ["set__Row"]
    assert bench.names("union AzureDiagnostics, AZKVAuditLogs | summarize by _Row") == ["_Row"]


def test_scalars_of_let_are_put_in_place(bench: Any) -> None:
    value = bench.bound("let Limit = 5 * 2; AZKVAuditLogs | where Count > Limit").result
    assert isinstance(value, plan.Project) and isinstance(value.source, plan.Filter)
    predicate = value.source.predicate
    assert isinstance(predicate, Call) and predicate.args[1] == Literal(10, KqlType.LONG)


def test_a_column_comes_before_a_let_of_its_name(bench: Any) -> None:
    value = bench.bound("let Count = 5; AZKVAuditLogs | project x = Count").result
    assert isinstance(value, plan.Project)
    assert isinstance(value.columns[0].value, plan.ColumnRef)


@pytest.mark.parametrize(
    ("call", "expected"),
    [("f()", "3q"), ("f(1)", "1q"), ("f(y = 'z')", "3z"), ("f(1, 'b')", "1b"), ("f(y = 'z', x = 4)", "4z")],
)
def test_arguments_by_place_by_name_and_by_default(bench: Any, call: str, expected: str) -> None:
    result = bench.bound(f"let f = (x: long = 3, y: string = 'q') {{ strcat(x, y) }}; print {call}").result
    assert isinstance(result, plan.Project) and isinstance(result.columns[0].value, Call)
    x, y = result.columns[0].value.args
    assert isinstance(x, Call) and isinstance(x.args[0], Literal) and isinstance(y, Literal)
    assert f"{x.args[0].value}{y.value}" == expected


def test_a_function_without_parameters_is_called_by_its_name(bench: Any) -> None:
    assert query("let a = () { 123 }; print x = a + a()").to_pylist() == [{"x": 246}]


def test_an_argument_of_another_type_is_refused(bench: Any) -> None:
    assert "string is expected" in bench.refusal("let f = (x: string) { x }; print f(5)").message


def test_functions_see_what_was_defined_before_them_only(bench: Any) -> None:
    assert bench.names("let a = 1; let f = () { print a }; f()") == ["print_0"]
    assert "'a' is not defined" in bench.refusal("let f = () { print a }; let a = 1; f()").message


def test_a_function_does_not_see_the_columns_of_its_caller(bench: Any) -> None:
    error = bench.refusal("let f = () { strlen(Resource) }; AzureDiagnostics | extend n = f()")
    assert "'Resource'" in error.message


def test_a_parameter_takes_a_column_of_each_row(bench: Any) -> None:
    function = "let f = (v: string) { let w = strcat(v, 'x'); strlen(w) };"
    assert bench.columns(f"{function} AzureDiagnostics | project n = f(Resource)") == ["n:long"]


def test_tabular_functions_views_and_invoke(bench: Any) -> None:
    function = "let f = (T: (Resource: string), Most: long = 3) { T | summarize n = count() by Resource | take Most };"
    assert bench.names(f"{function} f(AzureDiagnostics)") == ["Resource", "n"]
    assert bench.names(f"{function} AZKVAuditLogs | invoke f(5)") == ["Resource", "n"]
    assert bench.names("let V = view () { AZKVAuditLogs | project Count }; V") == ["Count"]
    assert bench.names("let V_a = view () { print x = 1 }; let V_b = view () { print y = 1 }; union V_*") == ["x", "y"]


def test_tables_by_name_and_watchlists(bench: Any) -> None:
    assert scan_of(bench.bound("table('AZKVAuditLogs') | take 1").result).table == "AZKVAuditLogs"
    assert scan_of(bench.bound("_GetWatchlist('SigninLogs') | project Identity").result).table == "SigninLogs"


def test_wildcards_of_union_mean_tables_with_evidence(bench: Any) -> None:
    result = bench.bound("union withsource=From A* | project From").result
    assert isinstance(result, plan.Project) and isinstance(result.source, plan.Union)
    assert [scan_of(s).table for s in result.source.sources] == ["AZKVAuditLogs", "AzureDiagnostics"]


def test_isfuzzy_leaves_out_unknown_tables_only(bench: Any) -> None:
    program = bench.bound("union isfuzzy=true AZKVAuditLogs, (Nope | where a > 1) | count")
    assert program.notes == ("union isfuzzy: 'Nope' is not a table, it was left out",)
    assert "'Nope' is not a table" in bench.refusal("union AZKVAuditLogs, Nope").message
    assert "not a column" in bench.refusal("union isfuzzy=true AZKVAuditLogs, (SigninLogs | where x > 1)").message


def test_materialize_is_one_plan_for_all_its_uses(bench: Any) -> None:
    result = bench.bound("let M = materialize(AZKVAuditLogs | take 5); union M, M").result
    shared: set[str] = set()

    def visit(node: Any) -> None:
        if isinstance(node, plan.Shared):
            shared.add(node.name)
        for name in ("source", "sources"):
            below = getattr(node, name, ())
            for part in below if isinstance(below, tuple) else (below,):
                visit(part)

    visit(result)
    assert len(shared) == 1


def test_in_takes_tables_arrays_and_values(bench: Any) -> None:
    names = "let Names = AZKVAuditLogs | project Resource; let List = dynamic(['a']);"
    for items, kind in (("(Names)", plan.InTable), ("((Names | distinct Resource))", plan.InTable), ("(List)", Call)):
        result = bench.bound(f"{names} AzureDiagnostics | where Resource in {items}").result.source
        assert isinstance(result, plan.Filter)
        assert isinstance(result.predicate, kind), items


def test_toscalar_of_a_table_and_of_a_scalar(bench: Any) -> None:
    value = bench.value("toscalar(AzureDiagnostics | summarize max(TimeGenerated))")
    assert isinstance(value, plan.ToScalar) and value.type is KqlType.DATETIME
    assert bench.value("toscalar(2)") == Literal(2, KqlType.LONG)


def test_query_now_of_the_text_wins(bench: Any) -> None:
    result = bench.bound("set query_now = datetime(0001-01-02); print ago(1d)").result
    assert isinstance(result, plan.Project)
    assert result.columns[0].value == Literal(0, KqlType.DATETIME)


def test_render_and_order_are_kept_for_the_reader(bench: Any) -> None:
    counted = "AZKVAuditLogs | summarize n = count() by Resource | sort by n"
    program = bench.bound(f"{counted} | render piechart with (title='a')")
    assert program.render == ("piechart", (("title", "a"),))
    assert program.sorted
    assert not bench.bound("AZKVAuditLogs | sort by Count | summarize count()").sorted


def test_arithmetic_over_aggregates_stands_above_the_groups(bench: Any) -> None:
    share = "100.0 * countif(Count > 1) / count()"
    result = bench.bound(f"AZKVAuditLogs | summarize Share = {share}, count() by Resource").result
    assert isinstance(result, plan.Project) and isinstance(result.source, plan.Summarize)
    assert [a.value.function for a in result.source.aggregates] == ["countif", "count"]


def test_old_names_of_aggregates_keep_their_old_limit(bench: Any) -> None:
    result = bench.bound("AZKVAuditLogs | summarize makelist(Count), make_list(Count)").result
    assert isinstance(result, plan.Summarize)
    old, new = (a.value.args for a in result.aggregates)
    assert old[1] == Literal(128, KqlType.LONG) and len(new) == 1


def test_search_asks_every_text_column_of_every_table(bench: Any) -> None:
    assert bench.names("search in (AZKVAuditLogs, SigninLogs) 'x' and not('y')")[:2] == ["$table", "TimeGenerated"]
    assert bench.names("AZKVAuditLogs | search Resource: 'x' or Count > 5")[0] == "$table"


def test_bag_unpack_with_named_columns_needs_no_look_at_the_rows(bench: Any) -> None:
    bags = "AzureDiagnostics | project Resource, d = AdditionalFields"
    assert bench.columns(f"{bags} | evaluate bag_unpack(d) : (Resource: string, a: long)") == [
        "Resource:string",
        "a:long",
    ]


def test_several_results_are_said(bench: Any) -> None:
    program = bench.bound("print 1; print a = 2")
    assert program.notes == ("the query has 2 results: this is the last one, the others come before it",)
    assert [c.name for c in program.result.schema] == ["a"]
    assert [[c.name for c in other.result.schema] for other in program.others] == [["print_0"]]


def test_toscalar_takes_the_first_visible_cell(bench: Any) -> None:
    value = bench.value("toscalar(AZKVAuditLogs | project-away * | extend z = 5)")
    assert isinstance(value, plan.ToScalar)
    assert [c.name for c in value.plan.schema] == ["z"]


def test_a_summarize_of_constants_is_one_row(bench: Any) -> None:
    result = bench.bound("AZKVAuditLogs | summarize x = 1").result
    assert isinstance(result, plan.Project) and isinstance(result.source, plan.Summarize)
    assert result.source.aggregates and not result.source.keys


def test_cells_of_datatable_are_constants_in_the_type_of_their_column(bench: Any) -> None:
    result = bench.bound(
        "datatable(i:int, r:real, d:dynamic, s:string)[1, 2, 'x\"y', 'z', -5, long(null), 7, '']"
    ).result
    assert isinstance(result, plan.Constant)
    assert result.rows == ((1, 2.0, '"x\\"y"', "z"), (-5, None, "7", ""))


def test_the_value_of_a_let_sees_the_table_of_its_name(bench: Any) -> None:
    """The name was itself there, and nothing was said."""
    program = bench.bound("let SigninLogs = SigninLogs | where Identity == 'a'; SigninLogs | project Identity")
    assert scan_of(program.result).table == "SigninLogs"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("let x = x + 1; print x", "'x' is not defined"),
        ("let f = () { f() }; print f()", "'f' is not a function"),
        ("let T = T | take 1; T", "'T' is not a table"),
    ],
)
def test_a_let_of_itself_alone_is_refused(bench: Any, text: str, message: str) -> None:
    assert [d.message for d in bench.refusal(text).diagnostics] == [message]
