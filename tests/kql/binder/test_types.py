"""Types: what fits, what is converted silently, what is refused. Compared with Microsoft's own analyser of KQL."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness.kql import plan
from keywitness.kql.plan import Call, ColumnRef, Literal
from keywitness.model.schema import KqlType

TYPES = "i:int, l:long, r:real, c:decimal, b:bool, s:string, t:datetime, p:timespan, g:guid, d:dynamic"
DATA = f"let T = datatable({TYPES})[];"


def type_of(bench: Any, expression: str) -> str:
    return str(bench.bound(f"{DATA} T | project x = {expression}").result.schema[0].type)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("i + i", "long"), ("i + l", "long"), ("l / l", "long"), ("l * r", "real"), ("r + c", "decimal"),
        ("-i", "long"),
        ("t - t", "timespan"), ("t - p", "datetime"), ("p + t", "datetime"), ("p / p", "real"), ("p / i", "timespan"),
        ("2 * p", "timespan"), ("p % 1h", "timespan"), ("d + i", "long"), ("d * r", "real"), ("t - d", "timespan"),
        ("d.a + d.b", "dynamic"), ("d.a.b[0]", "dynamic"),
        ("iff(b, i, l)", "long"), ("iff(b, l, r)", "real"), ("iff(b, d, s)", "string"), ("iff(b, 1, 'a')", "dynamic"),
        ("case(b, i, b, r, c)", "decimal"), ("coalesce(i, r)", "real"), ("max_of(i, l)", "long"),
        ("bin(i, 1)", "long"), ("bin(i, 0.5)", "real"), ("bin(t, 1h)", "datetime"), ("bin(p, 1h)", "timespan"),
        ("abs(i)", "long"), ("abs(r)", "real"), ("abs(p)", "timespan"), ("round(r, 1)", "real"), ("sqrt(i)", "real"),
        ("dayofweek(t)", "timespan"), ("hourofday(t)", "int"), ("datetime_diff('day', t, t)", "long"),
        ("extract('a', 0, s)", "string"), ("extract('a', 0, s, typeof(long))", "long"),
        ("extractjson('$.a', s)", "string"),
        ("split(s, ',')[0]", "dynamic"), ("strlen(d)", "long"), ("isempty(g)", "bool"), ("range(1, 3)", "dynamic"),
        ("column_ifexists('i', 'none')", "int"), ("column_ifexists('nope', 'none')", "string"),
    ],
)  # fmt: skip
def test_type_of_an_expression(bench: Any, expression: str, expected: str) -> None:
    assert type_of(bench, expression) == expected


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("sum(i)", "long"), ("sum(r)", "real"), ("sum(p)", "timespan"), ("avg(i)", "real"), ("avg(t)", "datetime"),
        ("min(i)", "int"), ("max(s)", "string"), ("percentile(i, 50)", "long"),
        ("percentile(c, 50)", "real"), ("percentilew(c, l, 50)", "real"), ("percentile(t, 50)", "datetime"),
        ("make_set(t)", "dynamic"),
        ("dcount(d)", "long"), ("take_any(d)", "dynamic"), ("stdev(l)", "real"), ("count() / 2", "long"),
        ("avg(l) * 2", "real"), ("binary_all_or(i)", "int"), ("arg_max(t, i)", "datetime"),
    ],
)  # fmt: skip
def test_type_of_an_aggregate(bench: Any, aggregate: str, expected: str) -> None:
    assert str(bench.bound(f"{DATA} T | summarize {aggregate}").result.schema[0].type) == expected


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("s == 1", "SEM0064"), ("t == s", "SEM0064"), ("t == 1", "SEM0064"), ("i in ('a')", "SEM0064"),
        ("t in ('2024-01-01')", "SEM0064"), ("b == 'true'", "SEM0064"),
        ("s < 'a'", "KS106"), ("g < g", "KS106"), ("d < t", "KS106"), ("t < 1", "KS106"), ("s + s", "KS106"),
        ("t + 1", "KS106"), ("i + true", "KS106"), ("i has '1'", "KS106"), ("s has 1", "KS106"), ("s =~ i", "KS106"),
        ("s between ('a' .. 'b')", "KS106"), ("t between (1 .. 2)", "KS106"), ("s and b", "KS106"), ("not(d)", "KS107"),
        ("startofday(d)", "KS107"), ("sqrt(d)", "KS107"), ("strlen(i)", "KS107"), ("array_length(s)", "KS107"),
        ("hash(d)", "KS107"), ("abs(s)", "KS127"), ("coalesce(s, i)", "KS127"), ("max_of(d, i)", "KS127"),
        ("iff(1, 2, 3)", "KS107"), ("s.a", "KS142"), ("i[0]", "KS142"), ("toguid(l)", "KS107"),
        ("format_datetime(t, '')", "KWQ302"), ("format_timespan(p, '')", "KWQ302"),
    ],
)  # fmt: skip
def test_what_kusto_refuses_is_refused(bench: Any, expression: str, code: str) -> None:
    """A comparison that is always false would be an answer: `ResultType == 200` finds nothing, without a word."""
    (found,) = bench.refusal(f"{DATA} T | extend x = {expression}").diagnostics
    assert found.code == code


@pytest.mark.parametrize(
    ("operator", "code"),
    [
        ("extend i, i", "KS171"), ("extend i = 1, i", "KS171"), ("extend i, i = 1", "KS171"),
        ("project-rename i = i", "KS171"), ("project-rename i = l", "KS171"), ("project-reorder i, i", "KS171"),
        ("parse-kv s as (a: long, a: string)", "KS171"), ("evaluate bag_unpack(d) : (s: long)", "KWQ302"),
        ("join (T) on $left.l == $right.r", "SEM0064"), ("join (T) on $left.i == $right.c", "SEM0064"),
        ("search nope: 'x'", "KS142"), ("search s: 'x' or nope: 'x'", "KS142"),
        ("make-series arg_max(t, i) on t step 1h", "KWQ300"), ("summarize percentiles_array(i, p)", "KS127"),
    ],
)  # fmt: skip
def test_operators_that_kusto_refuses(bench: Any, operator: str, code: str) -> None:
    """Two columns of one name, keys of unlike types, a column to search in that nothing has: each hides a mistake."""
    (found,) = bench.refusal(f"{DATA} T | {operator}").diagnostics
    assert found.code == code


def test_a_range_of_step_zero_is_refused(bench: Any) -> None:
    (found,) = bench.refusal("range x from 1 to 2 step 0").diagnostics
    assert found.code == "KWQ302"


def test_a_bare_column_of_extend_changes_nothing(bench: Any) -> None:
    """`extend tostring(i), i` keeps the text: the second item names a column that is there, it does not set it."""
    schema = bench.bound(f"{DATA} T | extend tostring(i), i").result.schema
    assert str(schema.find("i").type) == "string"


@pytest.mark.parametrize("aggregate", ["min(d)", "sum(d)", "avg(s)", "sum(s)", "arg_max(d, i)", "countif(i)"])
def test_aggregates_that_kusto_refuses(bench: Any, aggregate: str) -> None:
    (found,) = bench.refusal(f"{DATA} T | summarize {aggregate}").diagnostics
    assert found.code in {"KS107", "KS127"}


def test_numbers_are_compared_in_the_wider_type(bench: Any) -> None:
    value = bench.value("HttpStatusCode >= 400.5")
    assert isinstance(value, Call) and value.function == "greater_equal"
    assert {a.type for a in value.args} == {KqlType.REAL}


def test_a_number_of_a_bag_is_not_cut_to_the_type_of_the_literal(bench: Any) -> None:
    """`d.x == 5` with 5.5 in the bag is false: reading it as long would cut it to 5."""
    value = bench.value("AdditionalFields.x == 5", "AzureDiagnostics")
    assert isinstance(value, Call)
    assert [a.type for a in value.args] == [KqlType.REAL, KqlType.REAL]


def test_a_text_beside_a_dynamic_value_reads_it_as_text(bench: Any) -> None:
    value = bench.value("AdditionalFields.x == 'a'", "AzureDiagnostics")
    assert isinstance(value, Call) and isinstance(value.args[0], Call)
    assert value.args[0].function == "tostring"


def test_a_guid_column_beside_text_is_compared_as_a_guid(bench: Any) -> None:
    """Columns ending in `_g` are guids; queries compare them with text in any case and with or without dashes."""
    value = bench.value("identity_claim_appid_g == '509E4652-DA8D-478D-A730-E9D4A1996CA4'", "AzureDiagnostics")
    assert isinstance(value, Call)
    assert value.args[1] == Literal("509e4652-da8d-478d-a730-e9d4a1996ca4", KqlType.GUID)
    among = bench.value(
        "identity_claim_appid_g in (dynamic(['509E4652-DA8D-478D-A730-E9D4A1996CA4']))", "AzureDiagnostics"
    )
    assert isinstance(among, Call) and among.function == "in_ci"


def test_a_guid_column_works_with_text_operators(bench: Any) -> None:
    value = bench.value("identity_claim_appid_g !~ 'None' and identity_claim_appid_g has '509e'", "AzureDiagnostics")
    assert value.type is KqlType.BOOL


def test_conversions_to_the_same_type_disappear(bench: Any) -> None:
    assert bench.value("tostring(Resource)") == ColumnRef("Resource", KqlType.STRING)
    assert bench.value("tolong(Count)") == ColumnRef("Count", KqlType.LONG)


def test_parse_json_of_a_dynamic_value_is_the_value(bench: Any) -> None:
    assert isinstance(bench.value("parse_json(AdditionalFields)", "AzureDiagnostics"), ColumnRef)
    assert isinstance(bench.value("todynamic(Resource)", "AzureDiagnostics"), Call)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ago(1d)", 638_396_640_000_000_000 - 864_000_000_000),
        ("now(-1h)", 638_396_640_000_000_000 - 36_000_000_000),
        ("datetime(2024-01-02) - datetime(2024-01-01)", 864_000_000_000),
        ("2 * 3 - 10", -4),
        ("strcat('a', 'b')", "ab"),
    ],
)
def test_constants_are_folded(bench: Any, expression: str, expected: object) -> None:
    value = bench.value(expression)
    assert isinstance(value, Literal) and value.value == expected


@pytest.mark.parametrize(
    "expression", ["9223372036854775807 + 1", "1 / 0", "-9223372036854775807 - 10", "ago(9000000d)"]
)
def test_what_would_overflow_is_left_to_the_engine(bench: Any, expression: str) -> None:
    assert not isinstance(bench.value(expression), Literal)


def test_datetime_between_a_time_and_a_span(bench: Any) -> None:
    value = bench.value("TimeGenerated between (datetime(2024-01-01) .. 1d)")
    assert isinstance(value, Call) and value.function == "between"
    high = value.args[2]
    assert isinstance(high, Literal) and high.type is KqlType.DATETIME


def test_window_calls_have_every_argument(bench: Any) -> None:
    sorted_rows = "AZKVAuditLogs | sort by TimeGenerated asc | project x = "
    expected = {
        "prev(Count)": (1, None),
        "prev(Resource, 2)": (2, ""),
        "next(Count, 1, -1)": (1, -1),
        "row_number()": (1, False),
        "row_number(5, Resource != prev(Resource))": None,
        "row_cumsum(HttpStatusCode)": (False,),
    }
    for expression, rest in expected.items():
        result = bench.bound(sorted_rows + expression).result
        assert isinstance(result, plan.Project)
        call = result.columns[0].value
        assert isinstance(call, plan.WindowCall)
        if rest is not None:
            assert tuple(a.value for a in call.args if isinstance(a, Literal)) == rest


def test_an_argument_may_be_called_as_its_place(bench: Any) -> None:
    """Published rules write `make_set(x, MaxSize=8)`; a name of another place or of no place is no order of Kusto's."""
    named = bench.bound(f"{DATA} T | summarize make_set(s, MaxSize=8), a = dcount(s, accuracy=1)").result
    plain = bench.bound(f"{DATA} T | summarize make_set(s, 8), a = dcount(s, 1)").result
    assert named == plain
    for argument in ("size=8", "expr=8"):
        (found,) = bench.refusal(f"{DATA} T | summarize make_set(s, {argument})").diagnostics
        assert found.code == "KWQ302"


def test_a_running_sum_has_the_type_of_its_term(bench: Any) -> None:
    """long, as sum() has it: Microsoft's analyser gives row_cumsum() of an int the type int."""
    schema = bench.bound(f"{DATA} T | sort by i asc | project a = row_cumsum(i), b = row_cumsum(l)").result.schema
    assert [(c.name, c.type) for c in schema] == [("a", KqlType.INT), ("b", KqlType.LONG)]
