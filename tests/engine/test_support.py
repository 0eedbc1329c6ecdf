"""The support page claims nothing that does not run: each signature, operator and plugin on it is called here.

A call is made of one column per parameter, once for each type that the page names. It runs, or it is refused in the
words of `_REFUSED`, where the reason stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from keywitness.engine.query import query
from keywitness.errors import QueryError
from keywitness.kql import functions, support
from keywitness.kql.functions import Function, Kind, Parameter, Signature
from keywitness.model.schema import KqlType

_SAMPLES = {
    KqlType.BOOL: "true",
    KqlType.INT: "int(3)",
    KqlType.LONG: "3",
    KqlType.REAL: "2.5",
    KqlType.DECIMAL: "decimal(1.5)",
    KqlType.STRING: "'a'",
    KqlType.DYNAMIC: "dynamic([1,2,3,4,5,6,7,8])",
    KqlType.DATETIME: "datetime(2020-01-01)",
    KqlType.TIMESPAN: "1h",
    KqlType.GUID: "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
}
#: Values of parameters, by `function.parameter` or by the parameter alone, where the sample of the type is none.
_GIVEN = {
    "ad_method": "'ctukey'",
    "bag_pack.pair": "'a', 1",
    "bag_pack_columns.column": "c",
    "column_names_of.table": "T",
    "convert_angle.from": "'Degree'",
    "convert_angle.to": "'Radian'",
    "convert_energy.from": "'Joule'",
    "convert_energy.to": "'BritishThermalUnit'",
    "convert_force.from": "'Newton'",
    "convert_force.to": "'Dyn'",
    "convert_length.from": "'Meter'",
    "convert_length.to": "'Yard'",
    "convert_mass.from": "'Gram'",
    "convert_mass.to": "'Pound'",
    "convert_speed.from": "'MilePerHour'",
    "convert_speed.to": "'MeterPerSecond'",
    "convert_temperature.from": "'Kelvin'",
    "convert_temperature.to": "'DegreeCelsius'",
    "convert_volume.from": "'CubicMeter'",
    "convert_volume.to": "'Liter'",
    "countof.kind": "'normal'",
    "degree": "1",
    "extract_all.groups": "dynamic([1])",
    "format": "'d'",
    "indexof_regex.lookup": "'a'",
    "kind": "'tukey'",
    "look_for": "'os'",
    "parser": "'windows'",
    "part": "'day'",
    "regex": "'(a)'",
    "seasonality": "2",
    "series_fit_2lines.series": "dynamic([1,2,3,4,20,17,14,12])",
    "series_fir.filter": "dynamic([1,1,1])",
    "test_points": "0",
    "timezone": "'Europe/Berlin'",
    "toscalar.table": "T",
    "trend": "'linefit'",
    "units": "'KB'",
    "use_spheroid": "false",
}
#: Refusals inside of what is answered, and why they are right.
_REFUSED = {
    r"does not convert to (datetime|timespan|guid|bool|int|long|real|decimal)$": "Kusto has no value for it",
    r"a list of decimal values$": "a dynamic value holds no decimal",
    r"^hash(_xxhash64)?\(\) of a (bool|int|real|decimal|guid)$": "no recorded answer shows which bytes are hashed",
    r"^(max|min)_of\(\) does not take|a value of type long or real .* is expected, this is (dynamic|guid)$": "no order",
    r"^(min|max|arg_min|arg_max)(if)?\(\) of dynamic values$": "no page gives them an order",
    r"^count\(\) counts all rows": "a condition inside of count() is a slip for countif()",
    r"^range\(\) does not take \((datetime|timespan|int|long|real|decimal), ": "start and stop are of one kind",
    r"^series_\w+\(\) does not take \((int|long|real|decimal), (int|long|real|decimal)\)$": "two numbers are no series",
    r"^series_fir\(\) centered with an even number of weights": "where its middle lies is not documented",
    r"^series_decompose_forecast\(\) without its trend": "the page and its example differ",
    r"^bin_auto\(\) does not take": "the size is a long here",
    r"^the values of (prev|next)\(\) here are of type": "a default of another type is none of them",
}


_GRAPH = "datatable(s: string, t: string, w: long)['a', 'b', 1] | make-graph s --> t with_node_id=i"
_PATH = f"{_GRAPH} | graph-match (a)-[e*1..2]->(b)"
_SKETCHES = "range n from 1 to 9 step 1 | summarize h = hll(n), t = tdigest(n)"
#: Calls whose arguments no column of a sample's type holds, or whose value cannot be shown.
_BY_HAND = {
    "all": f"{_PATH} where all(e, w > 0) project x = all(inner_nodes(e), i == '')",
    "any": f"{_PATH} where any(e, w > 0) project x = any(inner_nodes(e), i == '')",
    "dcount_hll": f"{_SKETCHES} | project dcount_hll(h)",
    "hll": f"{_SKETCHES} | project dcount_hll(h)",
    "hll_if": "range n from 1 to 9 step 1 | summarize h = hll_if(n, n > 3) | project dcount_hll(h)",
    "hll_merge": f"{_SKETCHES} | summarize h = hll_merge(h) | project dcount_hll(hll_merge(h, h))",
    "inner_nodes": f"{_PATH} project map(inner_nodes(e), i)",
    "labels": f"{_PATH} project labels(a), x = map(inner_nodes(e), labels())",
    "map": f"{_PATH} project map(e, w)",
    "node_degree_in": f"{_PATH} project x = node_degree_in(a), y = map(inner_nodes(e), node_degree_in())",
    "node_degree_out": f"{_PATH} project x = node_degree_out(a), y = map(inner_nodes(e), node_degree_out())",
    "node_id": f"{_PATH} project node_id(a), x = map(inner_nodes(e), node_id())",
    "percentile_tdigest": f"{_SKETCHES} | project percentile_tdigest(t, 50, typeof(long))",
    "percentiles_array_tdigest": f"{_SKETCHES} | project percentiles_array_tdigest(t, 50, 90)",
    "percentrank_tdigest": f"{_SKETCHES} | project percentrank_tdigest(t, 5)",
    "rank_tdigest": f"{_SKETCHES} | project rank_tdigest(t, 5)",
    "series_fit_2lines_dynamic": "print series_fit_2lines_dynamic(dynamic([1,2,3,4,20,17,14,12])).rsquare",
    "tdigest": f"{_SKETCHES} | project rank_tdigest(t, 5)",
    "tdigest_merge": f"{_SKETCHES} | summarize t = tdigest_merge(t) | project rank_tdigest(tdigest_merge(t, t), 5)",
}


#: Packages that a function needs and an installation may lack.
_NEEDED = {"parse_user_agent": "ua_parser"}


def _samples(function: Function, parameter: Parameter) -> list[str]:
    if parameter.word == "type":
        return ["typeof(long)"]
    given = _GIVEN.get(f"{function.name}.{parameter.name}") or _GIVEN.get(parameter.name)
    return [given] if given else [_SAMPLES[t] for t in KqlType if t in parameter.types]


def _calls(function: Function, signature: Signature) -> Iterator[list[str]]:
    """The least arguments, all of them, and all with one of another type."""
    samples = [_samples(function, p) for p in signature.parameters]
    first = [s[0] for s in samples]
    yield first[: signature.least()]
    yield first
    for place, others in enumerate(samples):
        for other in others[1:]:
            yield [*first[:place], other, *first[place + 1 :]]


def _question(function: Function, signature: Signature, arguments: list[str]) -> str:
    """A query that asks for one call, over columns where the parameters allow it."""
    columns, written = ["c = 1", "_TimeReceived = now()"], []
    for place, (parameter, argument) in enumerate(zip(signature.parameters, arguments, strict=False)):
        fixed = parameter.constant or parameter.word == "type" or argument in _GIVEN.values()
        written.append(argument if fixed else f"p{place}")
        columns += [] if fixed else [f"p{place} = {argument}"]
    call = f"{function.name}({', '.join(written)})"
    before = "set query_bin_auto_size = 2; let T = print 1; print " + ", ".join(columns)
    match function.kind:
        case Kind.AGGREGATE:
            return f"{before} | summarize {call}"
        case Kind.WINDOW:
            return f"{before} | serialize | extend {call}"
    return f"{before} | extend (x) = {call}" if signature.columns else f"{before} | project {call}"


_ANSWERED = [f for f in functions.every() if not f.refusal and f.kind is not Kind.PLUGIN]


@pytest.mark.parametrize("name", sorted(_BY_HAND))
def test_every_call_written_by_hand_runs(name: str) -> None:
    assert query(_BY_HAND[name]).to_pylist()


@pytest.mark.parametrize(
    "function", [f for f in _ANSWERED if f.name not in _BY_HAND], ids=lambda f: f"{f.kind}-{f.name}"
)
def test_every_signature_runs(function: Function) -> None:
    if package := _NEEDED.get(function.name):
        pytest.importorskip(package, reason=f"{package} is not installed: {function.name}() is refused")
    for signature in function.signatures:
        ran = 0
        for arguments in _calls(function, signature):
            asked = _question(function, signature, arguments)
            try:
                query(asked).to_pylist()
                ran += 1
            except QueryError as refused:
                assert any(re.search(known, str(refused)) for known in _REFUSED), (asked, str(refused))
        assert ran, f"no call of {signature.text} runs"


_T = "let T = datatable(k: string, n: long, t: datetime) ['a', 1, datetime(2020-01-01), 'b', 2, datetime(2020-01-02)]; "
#: Asked in a case: `tests/cli/test_kept.py`.
_NEEDS_A_CASE = {"externaldata"}
_OPERATORS = {
    "as": "T | as U | join kind=inner U on k",
    "assert-schema": "T | assert-schema (k: string, n: long, t: datetime)",
    "count": "T | count",
    "datatable": "datatable(k: string) ['a']",
    "distinct": "T | distinct k",
    "evaluate": "T | project k | evaluate narrow()",
    "extend": "T | extend m = n + 1",
    "facet": "T | facet by k",
    "find": "find in (T) where n > 1",
    "fork": "T | fork (count) (take 1)",
    "getschema": "T | getschema",
    "graph-mark-components": f"{_GRAPH} | graph-mark-components | graph-to-table nodes",
    "graph-match": f"{_GRAPH} | graph-match (a)-->(b) project a.i",
    "graph-shortest-paths": f"{_GRAPH} | graph-shortest-paths (a)-[e*1..2]->(b) project a.i",
    "graph-to-table": f"{_GRAPH} | graph-to-table edges",
    "invoke": "let f = (r: (n: long)) { r | where n > 1 }; T | invoke f()",
    "join": "T | join kind=leftouter T on k",
    "lookup": "T | lookup T on k",
    "macro-expand": "macro-expand entity_group [T] as X (X | count)",
    "make-graph": f"{_GRAPH} | graph-to-table nodes",
    "make-series": "T | make-series sum(n) on t from datetime(2020-01-01) to datetime(2020-01-03) step 1d",
    "mv-apply": "T | mv-apply x = pack_array(n) on (take 1)",
    "mv-expand": "T | mv-expand x = pack_array(n)",
    "parse": "T | parse k with 'a' rest",
    "parse-kv": "T | parse-kv k as (a: long) with (pair_delimiter=' ', kv_delimiter='=')",
    "partition": "T | partition by k (top 1 by n)",
    "print": "print 1",
    "project": "T | project n",
    "project-away": "T | project-away n",
    "project-by-names": "T | project-by-names 'n'",
    "project-keep": "T | project-keep n",
    "project-rename": "T | project-rename m = n",
    "project-reorder": "T | project-reorder n",
    "range": "range x from 1 to 3 step 1",
    "render": "T | render table",
    "sample": "T | sample 1",
    "sample-distinct": "T | sample-distinct 1 of k",
    "scan": "T | sort by n asc | scan with (step s: n > 0;)",
    "search": "T | search 'a'",
    "serialize": "T | serialize",
    "sort": "T | sort by n",
    "summarize": "T | summarize sum(n) by k",
    "take": "T | take 1",
    "top": "T | top 1 by n",
    "top-hitters": "T | top-hitters 1 of k",
    "top-nested": "T | top-nested 1 of k by sum(n)",
    "union": "T | union T",
    "where": "T | where n > 1",
}
_SPAN = "datetime(2020-01-01), datetime(2020-01-02)"
_RANGES = "datatable(range: string) ['192.0.2.0/24']"
_PLUGINS = {
    "active_users_count": f"T | evaluate active_users_count(k, t, {_SPAN}, 1d, 1d, 1, 1d)",
    "activity_counts_metrics": f"T | evaluate activity_counts_metrics(k, t, {_SPAN}, 1d)",
    "activity_engagement": f"T | evaluate activity_engagement(k, t, {_SPAN}, 1d, 2d)",
    "activity_metrics": f"T | evaluate activity_metrics(k, t, {_SPAN}, 1d)",
    "bag_unpack": "print d = dynamic({'a': 1}) | evaluate bag_unpack(d)",
    "basket": "T | project k, n | evaluate basket(0.1, '~', '~', '-', long(-1))",
    "dcount_intersect": f"{_SKETCHES} | evaluate dcount_intersect(h, h) | project s1",
    "ipv4_lookup": f"print ip = '192.0.2.7' | evaluate ipv4_lookup(({_RANGES}), ip, range)",
    "ipv6_lookup": f"print ip = '192.0.2.7' | evaluate ipv6_lookup(({_RANGES}), ip, range)",
    "narrow": "T | project k, n | evaluate narrow()",
    "new_activity_metrics": f"T | evaluate new_activity_metrics(k, t, {_SPAN}, 1d)",
    "pivot": "T | evaluate pivot(k, sum(n))",
    "preview": "T | evaluate preview(1)",
    "rolling_percentile": "T | evaluate rolling_percentile(n, 50, t, 1d, 2)",
    "rows_near": "T | sort by n asc | evaluate rows_near(n == 1, 1)",
    "schema_merge": "T | getschema | evaluate schema_merge()",
    "sequence_detect": "T | evaluate sequence_detect(t, 2d, 2d, a = (n == 1), b = (n == 2))",
    "sliding_window_counts": f"T | evaluate sliding_window_counts(k, t, {_SPAN}, 1d, 1d)",
}


def _operators_on_the_page() -> set[str]:
    return {name.strip("`") for name, remark in support.operator_rows() if not remark.startswith("refused")}


def test_every_operator_and_plugin_on_the_page_has_a_query_here() -> None:
    assert _operators_on_the_page() == _OPERATORS.keys() | _NEEDS_A_CASE
    assert {f.name for f in functions.every() if f.kind is Kind.PLUGIN and not f.refusal} == _PLUGINS.keys()


@pytest.mark.parametrize("name", sorted(_OPERATORS | _PLUGINS))
def test_every_operator_and_plugin_runs(name: str) -> None:
    assert query(_T + (_OPERATORS | _PLUGINS)[name]).columns
