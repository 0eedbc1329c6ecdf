"""Dynamic values: https://learn.microsoft.com/kusto/query/scalar-data-types/dynamic."""

from __future__ import annotations

import json

import pytest

from keywitness.errors import QueryError


def test_access_never_fails(ask):
    assert ask("print d = dynamic({'a':{'b':7}}) | project d.a.b, d.x, d.a.b.c, d['a']['b'], d[0]") == (
        7,
        None,
        None,
        7,
        None,
    )


def test_a_negative_index_counts_from_the_end(ask):
    """A JSON path `$[-1]` of other dialects is no element at all."""
    assert ask("print a = dynamic([1,2,3]) | project a[-1], a[-3], a[-4], a[9]") == (3, 1, None, None)


def test_keys_may_hold_anything(ask):
    """Path syntax gives dots, quotes and blanks a meaning; a key has none."""
    assert ask(
        """print d = parse_json('{"a.b":1,"c d":2,"e\\\\"f":3,"$.x":4,"g/h~":5}') """
        """| project d['a.b'], d['c d'], d['e"f'], d['$.x'], d['g/h~']"""
    ) == (1, 2, 3, 4, 5)


def test_a_key_from_a_column(ask):
    assert ask("datatable(d:dynamic, k:string, i:long)[dynamic({'x':[10,20]}), 'x', 1] | project d[k], d[k][i]") == (
        [10, 20],
        20,
    )


def test_json_null_is_null(ask):
    assert ask("print d = dynamic({'a':null}) | project isnull(d.a), tostring(d.a), isempty(d.a)") == (True, "", True)


def test_only_tostring_takes_the_quotes_off(ask):
    assert ask(
        "print d = dynamic({'a':'s','b':[1,'t'],'n':1.0}) | project tostring(d.a), tostring(d.b), "
        "tostring(d.n), strlen(d.a)"
    ) == (
        "s",
        '[1,"t"]',
        "1.0",
        1,
    )


def test_text_that_is_no_json_becomes_a_dynamic_string(ask):
    assert ask("print a = parse_json('not json'), b = parse_json('') | project gettype(a), tostring(a), isnull(b)") == (
        "string",
        "not json",
        True,
    )


def test_numbers_keep_their_form(ask):
    """A round trip through doubles would change 2^53 + 1."""
    assert ask("print tostring(parse_json('[9007199254740993,1.0,1e3]')[0])") == ("9007199254740993",)


def test_isempty_asks_about_the_text(ask):
    assert ask("print isempty(dynamic('')), isempty(dynamic([])), isempty(dynamic(null)), isempty(dynamic(0))") == (
        True,
        False,
        True,
        False,
    )


def test_array_length_of_what_is_no_array_is_null(ask):
    """json_array_length says 0 to a bag, and a loop over it disappears."""
    assert ask("print array_length(dynamic([1,2])), array_length(dynamic({'a':1})), array_length(dynamic(null))") == (
        2,
        None,
        None,
    )


def test_set_elements_by_value_and_type(ask):
    """1 and 1.0 are one number, 1 and '1' and true are three values."""
    assert ask("print set_union(dynamic([1,'1',true]), dynamic([1.0])), set_has_element(dynamic([1,2]), 2.0)") == (
        [1, "1", True],
        True,
    )
    assert ask(
        "print set_difference(dynamic([3,1,2,3]), dynamic([1])), set_intersect(dynamic([1,2]), dynamic([2,4]))"
    ) == (
        [3, 2],
        [2],
    )


def test_membership_in_an_array_of_a_column(ask):
    assert ask(
        "datatable(d:dynamic)[dynamic(['a','B',3])] | project 'a' in (d), 'b' in (d), 'b' in~ (d), 3 in (d), '3' in (d)"
    ) == (
        True,
        False,
        True,
        True,
        False,
    )


def test_in_searches_nested_arrays_as_one_list(ask):
    """The page flattens them; a search of the outer array alone finds no value of an inner one."""
    data = "datatable(d:dynamic)[dynamic([7, [8, [9]], 'p', ['Q[']])]"
    assert ask(f"{data} | project 9 in (d), 'Q[' in (d), 'q[' in~ (d), 8 !in (d), 10 in (d)") == (
        True,
        True,
        True,
        False,
        False,
    )
    assert ask("print 8 in (dynamic([7,[8]])), 8 in (dynamic([7])), 8 in (dynamic(null))") == (True, False, False)


@pytest.mark.parametrize("array", ["d.k", "d", "dynamic('v')"])
def test_in_over_a_dynamic_value_that_is_no_array_is_refused(ask, array):
    """Without an array there is nothing to search, and `false` for a value that is the same would be made up."""
    with pytest.raises(QueryError, match="in over a dynamic value that is no array"):
        ask(f"print d = dynamic({{'k': 'v'}}) | project 'v' in ({array})")


def test_packing(ask):
    assert ask("print bag_pack('a', 1, 'b', 2s, 'c', dynamic([1]), 'd', real(nan), 'e', 'q\"')") == (
        {"a": 1, "b": "00:00:02", "c": [1], "d": "NaN", "e": 'q"'},
    )
    assert ask("print bag_merge(dynamic({'a':1}), dynamic({'a':2,'b':3})), pack_array(1, 'x', int(null))") == (
        {"a": 1, "b": 3},
        [1, "x", None],
    )


def test_strcat_array_prints_elements_as_json_does(ask):
    assert ask(
        """print strcat_array(dynamic(["a", 1, 2.5, true, null, {"x":1}]), '-'), strcat_array(dynamic('abc'), '-')"""
    ) == (
        'a-1-2.5-true--{"x":1}',
        "abc",
    )


def test_a_range_array_stops_at_kustos_limit(ask):
    assert ask("print array_length(range(1, 1000000000))") == (1_048_576,)


@pytest.mark.parametrize("path", ["$.a[0]", "$.b.c", "$"])
def test_a_key_below_what_is_no_bag_is_refused(ask, path):
    """The page: array indexing is not supported. A member called `0`, or a lost value, would be made up."""
    with pytest.raises(QueryError, match="bag_set_key"):
        ask(f"print bag_set_key(dynamic({{'a': [1], 'b': 2}}), '{path}', 3)")


@pytest.mark.parametrize("pair", ["d.a == d.b", "d.a != d.z", "d == array_sort_asc(d.c)", "d.a == dynamic(1)"])
def test_two_dynamic_values_are_compared_once_one_is_converted(ask, pair):
    """Kusto compares no two dynamic values, as an issue about an example of Microsoft's and two recordings say."""
    data = "print d = dynamic({'a': 1, 'b': 1.0, 'c': [2, 1]})"
    with pytest.raises(QueryError, match="types dynamic and dynamic cannot be compared") as refused:
        ask(f"{data} | project {pair}")
    assert "tostring()" in refused.value.diagnostics[0].help
    assert ask(f"{data} | project d.a == 1, tolong(d.a) == d.b, tostring(d.c) == '[2,1]', 1 in (d.c)") == (True,) * 4


def test_xml_becomes_bags_as_the_page_shows(ask):
    """A parser that expands prefixes would name elements by their namespace; an empty element is null, not empty."""
    assert ask(
        """print parse_xml('<?xml version="1.0" encoding="utf-16"?><e/>'), parse_xml('<e k="v">t</e>'),
        parse_xml('<e> t <a>1</a><a/></e>'), parse_xml('<n:e xmlns:n="u" n:k="v"/>'), parse_xml('<e>')"""
    ) == (
        {"e": None},
        {"e": {"@k": "v", "#text": "t"}},
        {"e": {"a": ["1", None], "#text": "t"}},
        {"n:e": {"@xmlns:n": "u", "@n:k": "v"}},
        None,
    )
    with pytest.raises(QueryError, match="several pieces"):
        ask("print parse_xml('<e>a<b/>c</e>')")


def test_the_text_of_an_xml_element_stands_at_its_place(ask):
    """Converters append it, or put it first."""
    assert ask(
        "print tostring(parse_xml('<e> t <a>1</a></e>')), tostring(parse_xml('<e k=\"v\"><a>1</a> t </e>'))"
    ) == ('{"e":{"#text":"t","a":"1"}}', '{"e":{"@k":"v","a":"1","#text":"t"}}')


def test_a_shift_of_texts_needs_its_default_value(ask):
    """The page says null or the empty string, by the array's type; a dynamic array has no one type."""
    assert ask(
        "print array_shift_left(dynamic([1, 2]), 1), array_shift_right(dynamic(['a', 'b']), 1, ''), "
        "array_shift_left(dynamic(['a']), 0)"
    ) == ([2, None], ["", "a"], ["a"])
    with pytest.raises(QueryError, match="default value"):
        ask("print array_shift_left(dynamic(['a', 'b']), 1)")


def test_an_array_of_several_types_is_sorted_type_by_type_in_both_directions(ask):
    """A reversed order: the page of array_sort_desc names the types in the same order as that of array_sort_asc."""
    mixed = "dynamic(['b', 2, true, 'a', 1.5, null])"
    assert ask(f"print array_sort_asc({mixed}), array_sort_desc({mixed})") == (
        [1.5, 2, "a", "b", True, None],
        [2, 1.5, "b", "a", True, None],
    )
    assert ask("print array_sort_desc(dynamic([[1], [1]]), dynamic(['x', 'y']))")[0] == [[1], [1]]


@pytest.mark.parametrize("array", ["[true, false]", "[[1], {}]", "[1, [2], [3]]"])
def test_an_array_of_truths_arrays_or_bags_is_not_sorted(ask, array):
    """By their text: the pages say "all other elements", and no order among those."""
    with pytest.raises(QueryError, match="not documented"):
        ask(f"print array_sort_asc(dynamic({array}))")


def test_a_set_that_is_null_has_no_element(ask):
    """The constant null has no type for SQL: an error of the engine."""
    assert ask("print set_has_element(dynamic(null), 1), set_has_element(dynamic([1, null]), 1)") == (False, True)


def test_a_value_repeated_less_than_never_is_null(ask):
    """An empty array. The page: "if count is less than zero, a null value is returned"."""
    assert ask("print repeat(1, 0), repeat(1, -3), repeat('a', 2)") == ([], None, ["a", "a"])


@pytest.mark.parametrize("value", ["dynamic({'k': 1})", "guid(0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0)", "decimal(2.5)"])
def test_only_values_of_the_types_that_the_page_lists_are_repeated(ask, value):
    """Kusto's answer to a bag is an error; for guids and decimals it is not known."""
    with pytest.raises(QueryError, match="is expected, this is"):
        ask(f"print repeat({value}, 2)")


def test_keys_keep_the_order_in_which_they_were_written(ask):
    """A map of an engine would sort them, or leave their order open. dynamic_to_json() sorts, as its page says."""
    assert ask(
        "print d = dynamic({'b': 1, 'a': {'z': 1, 'y': 2}}) | project tostring(d), strcat_array(bag_keys(d), ','), "
        "tostring(bag_merge(dynamic({'k': 0}), d)), dynamic_to_json(d)"
    ) == ('{"b":1,"a":{"z":1,"y":2}}', "b,a", '{"k":0,"b":1,"a":{"z":1,"y":2}}', '{"a":{"y":2,"z":1},"b":1}')


def test_dynamic_values_have_no_order(ask):
    """Ordered as JSON text, 10 comes before 9."""
    for call in ("sort by d asc", "summarize max(d)"):
        with pytest.raises(QueryError):
            ask(f"datatable(d: dynamic) [9, 10] | {call}")
    assert ask("datatable(d: dynamic) [9, 10] | where d > 9 | summarize max(tolong(d))") == (10,)


@pytest.mark.parametrize("text", ["nan", "[-Infinity]", '{"a": NaN}', "[1,]", '{"a": 1 , }'])
def test_what_json_does_not_allow_stays_text(ask, text):
    """DuckDB reads these, and would print what no reader of JSON takes."""
    assert ask(f"print d = parse_json('{text}') | project gettype(d), tostring(d)") == ("string", text)
    assert ask(
        """print parse_json('{"a": ",]", "b": "nan,", "c": [ "inf" ]}'), extract_json('$.a', '{"a": NaN}')"""
    ) == (
        {"a": ",]", "b": "nan,", "c": ["inf"]},
        "",
    )


def test_array_sum_passes_over_nulls_and_is_null_of_nothing(ask):
    """Null, and 0, are what other engines say.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    sums = "array_sum(dynamic([2, null, 5])), array_sum(dynamic([])), array_sum(dynamic([2, 'x']))"
    assert ask(f"print {sums}") == (7.0, None, None)


def test_reals_in_the_text_of_a_dynamic_have_the_digits_of_kusto(ask, ask_rows):
    """DuckDB and Python write the text nearest to the number; see test_digits.py for what was recorded."""
    document = '{"r":48.769567764921334,"s":"48.769567764921334","n":[12345678901234567,1e21]}'
    assert ask(f"print d = parse_json('{document}') | project tostring(d), tostring(d.r), tostring(d.s)") == (
        '{"r":48.769567764921337,"s":"48.769567764921334","n":[12345678901234567,1e21]}',
        "48.769567764921337",
        "48.769567764921334",
    )
    texts = (
        "datatable(d: dynamic) [dynamic({'x': 2.5}), dynamic({'x': '2.5.1'}), dynamic(null)] | project tostring(d.x)"
    )
    assert ask_rows(texts) == [("2.5",), ("2.5.1",), ("",)]


def test_a_real_found_late_in_a_shared_table_is_written_too(ask_rows):
    """The query begins anew where it meets a real: tables that feed a kernel are computed anew, too."""
    assert ask_rows(
        "let T = materialize(range i from 1 to 3 step 1 | extend d = pack('v', iff(i == 3, 0.1 + 0.2, real(null))));"
        "T | where i > 2 | project t = tostring(d) | evaluate narrow() | where Column == 't' | project Value"
    ) == [('{"v":0.30000000000000007}',)]


def test_an_array_is_searched_for_what_can_be(ask):
    """The first place, as when a length below -1 is taken for no bound. The page: null for irrelevant arguments."""
    assert ask(
        "print a = dynamic([5, 6, 5]) | project array_index_of(a, 5, 0, -1, 2), array_index_of(a, 5, 0, -1, -1), "
        "array_index_of(a, 5, 0, -2)"
    ) == (2, None, None)
    with pytest.raises(QueryError, match="occurrence 0"):
        ask("print array_index_of(dynamic([5]), 5, 0, -1, 0)")


def test_a_key_whose_value_is_null_is_there(ask):
    """A path that ends in null finds nothing, but the page asks whether the key exists."""
    bag = "dynamic({'k': {'a b': null}})"
    assert ask(
        f"print bag_has_key({bag}, \"$.k['a b']\"), bag_has_key({bag}, '$.k.z'), bag_has_key({bag}, '$.k.z.y')"
    ) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    "call",
    [
        "bag_has_key(dynamic({'a': [1]}), '$.a[0]')",
        "bag_remove_keys(dynamic({'a': [1]}), dynamic(['$.a[0]']))",
        "extract_json('$.a[-1]', '{\"a\": [1]}')",
        "extract_json('$..a', '{\"a\": 1}')",
        "extract_json('a', '{\"a\": 1}')",
    ],
)
def test_paths_of_other_forms_are_refused(ask, call):
    """Nothing found would be an answer. The page on JSON paths lists $, members and places, without wildcards."""
    with pytest.raises(QueryError, match="path"):
        ask(f"print {call}")


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("array_sort_asc(pack_array(10d, 9d))", "timespans"),  # as texts, 10 comes before 9
        ("array_sort_asc(pack_array(datetime(2026-01-01), 'a'))", "beside"),  # a time comes before texts
    ],
)
def test_elements_without_a_known_order_are_refused(ask, call, what):
    """Some order of their texts: times, spans and guids are elements of their own types in Kusto, and text here."""
    with pytest.raises(QueryError, match=what):
        ask(f"print {call}")


def test_times_and_spans_are_sorted_where_their_texts_agree(ask):
    assert ask(
        "print array_sort_asc(pack_array(3h, 2h)), array_sort_asc(dynamic(['b', 2, 'a', 1.5])), "
        "array_sort_desc(pack_array(datetime(2026-01-01), datetime(2026-01-02)))"
    ) == (
        ["02:00:00", "03:00:00"],
        [1.5, 2, "a", "b"],
        ["2026-01-02T00:00:00.0000000Z", "2026-01-01T00:00:00.0000000Z"],
    )


def test_a_constant_null_is_no_list_of_anything(ask):
    """An error of the database: a null without a type has no elements to look at."""
    assert ask("print set_has_element(dynamic(null), 1), 'a' in~ (dynamic(null)), 'a' !in~ (dynamic(null))") == (
        False,
        False,
        True,
    )


def test_toscalar_is_calculated_once(ask):
    """A value for each row, as the expression alone gives."""
    rows = "range i from 1 to 50 step 1"
    assert ask(
        f"let g = toscalar(new_guid()); let r = rand(); {rows} | extend g, r | summarize dcount(g), dcount(r) > 1"
    ) == (
        1,
        True,
    )


def test_documents_within_documents_cost_no_more_than_their_depth(ask, ask_rows):
    """`tostring(parse_json(tostring(...)))` is how audit logs are read; each level cost ten times the one before."""
    value, document, real = "v", "d", "r"
    for _ in range(4):
        value, document = f'{{"a":{json.dumps(value)}}}', f"tostring(parse_json({document}).a)"
        real = f"parse_json(tostring({real})).a"
    table = f"datatable(d: string) [{json.dumps(value)}, '', 'no document'] | extend r = parse_json(d)"
    assert ask_rows(f"{table} | project {document}, isnull(r), gettype(parse_json(tostring({real})))") == [
        ("v", False, "string"),
        ("", True, "null"),
        ("", False, "null"),
    ]
    text = json.dumps({"a": json.dumps({"a": [1.5, True, "7"]})})
    innermost = f"print d = {json.dumps(text)} | extend e = parse_json(tostring(parse_json(d).a)).a"
    converted = "tostring(e[0]), todouble(e[0]), tobool(e[1]), tolong(e[2]), toint(e[2]), array_length(e), gettype(e)"
    assert ask(f"{innermost} | project {converted}") == ("1.5", 1.5, True, 7, 7, 3, "array")


def test_a_dynamic_number_beside_a_whole_number_is_read_as_one(ask):
    """As in arithmetic; the distances on the page of dist_mv_fl() come of `dynamic(0.2357) > 0` being false."""
    assert ask("print d = dynamic(0.2357) | project d > 0, d > 0.0, d >= 1, d < 1, d between (0 .. 0)") == (
        False,
        True,
        False,
        True,
        True,
    )
    assert ask("datatable(d:dynamic, n:long)[dynamic(5.5), 5, dynamic(6.5), 5] | where d > n | count") == (1,)
