"""Column names that Kusto makes itself. Each expectation was compared with Microsoft's own analyser of KQL."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness import QueryError, query
from keywitness.kql.binder.names import Names

RIGHT = "let R = datatable(Resource:string, Count:real, x:long, Resource1:string)[];"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("print 1, a=2, tostring(3)", ["print_0", "a", "print_2"]),
        ("AZKVAuditLogs | project Count + 1, tostring(Count), -Count", ["Column1", "Count", "Column2"]),
        ("AZKVAuditLogs | project make_timespan(Count), make_timespan(Count, Count)", ["Count", "Column1"]),
        ("AZKVAuditLogs | project tostring(Count), Count", ["Count", "Count1"]),
        ("AzureDiagnostics | project AdditionalFields.a.b, AdditionalFields['c d'], AdditionalFields[0]",
         ["AdditionalFields_a_b", "AdditionalFields_c d", "AdditionalFields_0"]),
        ("AzureDiagnostics | project parse_json(Resource).a, tostring(parse_json(Resource).b)",
         ["Resource_a", "Resource_b"]),
        ("AzureDiagnostics | project strlen(Resource), gettype(Resource), toupper(Resource)",
         ["strlen_Resource", "type_Resource", "Column1"]),
        ("AZKVAuditLogs | project bin(TimeGenerated, 1h), startofday(TimeGenerated), startofweek(TimeGenerated)",
         ["TimeGenerated", "TimeGenerated1", "Column1"]),
        ("AZKVAuditLogs | project column_ifexists('Nope', 1), column_ifexists('Count', 1)", ["Column1", "Count"]),
    ],
)  # fmt: skip
def test_projected_columns(bench: Any, query: str, expected: list[str]) -> None:
    assert bench.names(query) == expected


@pytest.mark.parametrize(
    ("aggregates", "expected"),
    [
        ("count(), count()", ["count_", "count_1"]),
        ("countif(Count > 1), dcount(Resource), sum(Count + 1)", ["countif_", "dcount_Resource", "sum_"]),
        ("make_set(Resource), make_list(strcat(Resource, 'x')), make_set_if(Resource, true)",
         ["set_Resource", "list_", "set_Resource1"]),
        ("arg_max(TimeGenerated, Resource)", ["TimeGenerated", "Resource"]),
        ("Last = arg_max(TimeGenerated, Resource)", ["Last", "Resource"]),
        ("(Last, Where) = arg_max(TimeGenerated, Resource)", ["Last", "Where"]),
        ("arg_min(Count + 1, strcat(Resource, 'x'))", ["min_", "min__arg1"]),
        ("any(Resource), take_any(Count), anyif(Resource, true)", ["any_Resource", "Count", "anyif_Resource"]),
        ("percentiles(Count, 5, 99.9), percentile(Count, 50)",
         ["percentile_Count_5", "percentile_Count_99_9", "percentile_Count_50"]),
        ("percentilew(Count, 2, 50), percentilesw(Count, 2, 5)", ["percentile_Count_50", "percentile_Count_5"]),
        ("take_any(Count + 1), take_any(Resource, Count + 1)", ["any_arg0", "Resource", "any_arg1"]),
        ("cnt(), array_sort_asc(make_list(Count))", ["cnt_", "list_Count_sorted"]),
        ("round(avg(Count), 1), 2 * avg(Count)", ["avg_Count", "Column1"]),
        ("min(bin(TimeGenerated, 1h)), stdev(Count)", ["min_TimeGenerated", "stdev_Count"]),
    ],
)  # fmt: skip
def test_aggregate_columns(bench: Any, aggregates: str, expected: list[str]) -> None:
    assert bench.names(f"AZKVAuditLogs | summarize {aggregates}") == expected


def test_keys_come_first_and_keep_their_names(bench: Any) -> None:
    query = "AZKVAuditLogs | summarize count() by Resource, bin(TimeGenerated, 1d), Count % 2, Big = Count > 5"
    assert bench.names(query) == ["Resource", "TimeGenerated", "Column1", "Big", "count_"]


def test_arg_max_star_leaves_out_the_keys_and_the_ranked_column(bench: Any) -> None:
    assert bench.names("AZKVAuditLogs | summarize arg_max(TimeGenerated, *) by Resource") == [
        "Resource", "TimeGenerated", "HttpStatusCode", "Duration", "Count", "Cost",
    ]  # fmt: skip
    assert "_Row" not in bench.names("AzureDiagnostics | summarize arg_max(TimeGenerated, *)")


@pytest.mark.parametrize(
    ("join", "expected"),
    [
        # Resource1 is the right side's own column, so the key of the right becomes Resource2
        ("join R on Resource", ["Resource", "Count", "Resource2", "Count1", "x", "Resource1"]),
        ("join kind=leftsemi R on Resource", ["Resource", "Count"]),
        ("join kind=rightanti R on Resource", ["Resource", "Count", "x", "Resource1"]),
        ("join kind=leftouter R on $left.Resource == $right.Resource1",
         ["Resource", "Count", "Resource2", "Count1", "x", "Resource1"]),
        ("lookup R on Resource", ["Resource", "Count", "Count1", "x", "Resource1"]),
    ],
)  # fmt: skip
def test_columns_of_joins(bench: Any, join: str, expected: list[str]) -> None:
    assert bench.names(f"{RIGHT} AZKVAuditLogs | project Resource, Count | {join}") == expected


def test_union_keeps_names_and_splits_types(bench: Any) -> None:
    two = "let A = datatable(a:int, s:string)[]; let B = datatable(a:long, s:string, z:bool)[];"
    assert bench.names(f"{two} union A, B") == ["a_int", "a_long", "s", "z"]
    assert bench.names(f"{two} union kind=inner withsource=From A, B") == ["From", "a_int", "a_long", "s"]


def test_union_gives_way_to_a_column_that_has_the_split_name_already(bench: Any) -> None:
    views = (
        "let V1 = view () { print x=1 }; let V2 = view () { print x=toint(2) }; let V3 = view () { print x_long=3 };"
    )
    assert bench.names(f"{views} union V1, V2, V3") == ["x_long1", "x_int", "x_long"]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("mv-expand d", ["a", "d", "s"]),
        ("mv-expand x = d.y", ["a", "d", "s", "x"]),
        ("mv-expand d.y", ["a", "d", "s", "d_y"]),
        ("mv-expand with_itemindex=i d", ["a", "d", "s", "i"]),
        ("mv-expand split(s, ',')", ["a", "d", "s"]),
        ("mv-apply d on (where d > 1)", ["a", "s", "d"]),
        ("mv-apply e = d on (project e.y, Q = 1)", ["a", "d", "s", "e_y", "Q"]),
        ("mv-apply d to typeof(long) on (summarize sum(d))", ["a", "s", "sum_d"]),
        ("parse s with * 'x=' a:long ' ' y", ["a", "d", "s", "y"]),
        ("make-series n = count(), avg(a) on a from 1 to 5 step 1 by s", ["s", "n", "avg_a", "a"]),
        ("count", ["Count"]),
        ("distinct tostring(a), s", ["a", "s"]),
        ("getschema", ["ColumnName", "ColumnOrdinal", "DataType", "ColumnType"]),
        ("project-reorder s, * asc", ["s", "a", "d"]),
        ("project-rename z = a", ["z", "d", "s"]),
        ("extend a + 1, tostring(a)", ["a", "d", "s", "Column1"]),
        ("extend tostring(a), bin(a, 2)", ["a", "d", "s"]),
        ("extend B = 1, c10 = 2, c9 = 3 | project-reorder * asc", ["a", "B", "c10", "c9", "d", "s"]),
        ("extend B = 1, c10 = 2, c9 = 3 | project-reorder * granny-asc", ["a", "B", "c9", "c10", "d", "s"]),
        ("extend array_sort_asc(d, d)", ["a", "d", "s", "d_sorted", "d_sorted1"]),
        ("extend d_sorted = 1 | extend array_sort_asc(d)", ["a", "d", "s", "d_sorted", "d_sorted1"]),
        ("project array_sort_asc(d), array_sort_desc(dynamic([1]))", ["d_sorted", "array0_sorted"]),
        ("project array_sort_asc(d, d.x)[1], array_sort_asc(d)[0], pack_array(1)[a]", ["d_x_sorted", "0", "Column1"]),
    ],
)
def test_columns_of_other_operators(bench: Any, operator: str, expected: list[str]) -> None:
    assert bench.names(f"datatable(a:long, d:dynamic, s:string)[] | {operator}") == expected


def test_numbers_are_handed_out_around_taken_names() -> None:
    taken = Names(["Column1", "a", "a1"])
    assert [taken.numbered(), taken.take("a"), taken.take("b"), taken.numbered()] == ["Column2", "a2", "b", "Column3"]


def test_an_argument_may_have_the_name_of_the_parameter_at_its_place() -> None:
    """The page of detect_anomalous_new_entity_fl() writes `pow(base = ..., exponent = ...)`."""
    assert query("print pow(base = 2, exponent = 3), pow(2, exponent = 3)").to_pylist() == [
        {"print_0": 8.0, "print_1": 8.0}
    ]
    for call in ("pow(exponent = 3, base = 2)", "iff(a = 1, 2, 3)", "pow(2, b = 3)"):
        with pytest.raises(QueryError, match="'=' gives a name"):
            query(f"print {call}")
