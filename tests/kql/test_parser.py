"""The grammar: what each construct becomes, what is refused, and that no text can do worse than be refused."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.errors import QueryError
from keywitness.kql import lexer, syntax
from keywitness.kql.outline import syntax_text
from keywitness.kql.parser import parse

SHARED = Path(__file__).parents[3] / "shared"


def shared(path: str) -> Path:
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"needs the shared material {path}, which is not beside the repository")
    return found


def pipeline(text: str) -> syntax.Pipeline:
    statement = parse(text).statements[-1]
    assert isinstance(statement, syntax.ExpressionStatement)
    return statement.value


def operator(text: str) -> syntax.Operator:
    return pipeline(text).operators[-1]


def shape(text: str) -> str:
    """The tree of `print x = <text>`, without spans, on one line."""
    source = pipeline(f"print {text}").source
    assert isinstance(source, syntax.Print)
    return show(source.columns[0])


def show(node: object) -> str:
    """A compact text of an expression, fully bracketed."""
    match node:
        case syntax.Literal():
            return repr(node.value)
        case syntax.NameRef():
            return node.name
        case syntax.Star():
            return "*"
        case syntax.Binary():
            return f"({show(node.left)} {node.op} {show(node.right)})"
        case syntax.Logical():
            return "(" + f" {node.op} ".join(map(show, node.operands)) + ")"
        case syntax.Unary():
            return f"({node.op}{show(node.operand)})"
        case syntax.Member():
            return f"{show(node.object)}.{show(node.name)}"
        case syntax.MethodCall():
            return f"{show(node.object)}.{show(node.call)}"
        case syntax.Index():
            return f"{show(node.object)}[{show(node.index)}]"
        case syntax.Call():
            return f"{show(node.function)}({', '.join(map(show, node.args))})"
        case syntax.In():
            return f"({show(node.value)} {node.op} [{', '.join(map(show, node.items))}])"
        case syntax.Between():
            return f"({show(node.value)} {'!' if node.negated else ''}between {show(node.low)}..{show(node.high)})"
        case syntax.Named():
            return f"{'/'.join(n.name for n in node.names)}={show(node.value)}"
        case syntax.Pipeline():
            return f"<{show(node.source)}{''.join(f'|{type(o).__name__}' for o in node.operators)}>"
        case syntax.WildcardName():
            return node.pattern
        case syntax.ToTypeof():
            return f"typeof({node.type})"
        case _:
            return type(node).__name__


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a or b and c or d", "(a or (b and c) or d)"),
        ("a and b and c", "(a and b and c)"),
        ("a == 1 and b > 2", "((a == 1) and (b > 2))"),
        ("a < b == c < d", "((a < b) == (c < d))"),
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a - b - c", "((a - b) - c)"),
        ("a * b has 'x'", "(a * (b has 'x'))"),
        ("a has 'x' == true", "((a has 'x') == True)"),
        ("-a * b", "((-a) * b)"),
        ("-a.b[0]", "(-a.b[0])"),
        ("a + -1", "(a + (-1))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a =~ b and c !~ d", "((a =~ b) and (c !~ d))"),
        ("a <> b", "(a != b)"),
        ("a notcontains 'x'", "(a !contains 'x')"),
        ("a containscs 'x'", "(a contains_cs 'x')"),
        ("a matches regex @'\\d'", r"(a matches regex '\\d')"),
        ("a !has_cs 'x'", "(a !has_cs 'x')"),
        ("a in ('x', 'y')", "(a in ['x', 'y'])"),
        ("a !in~ (b)", "(a !in~ [b])"),
        ("a has_any ('x', b)", "(a has_any ['x', b])"),
        ("a has_all (dynamic(['x']))", "(a has_all ['[\"x\"]'])"),
        ("a in (T | project b)", "(a in [<T|Project>])"),
        ("a in (print 1)", "(a in [<Print>])"),
        ("a between (1 .. 5)", "(a between 1..5)"),
        ("a !between (ago(1d) .. now())", "(a !between ago(864000000000)..now())"),
        ("* has 'x'", "(* has 'x')"),
        ("a.b.c[0]['d'].e", "a.b.c[0]['d'].e"),
        ("a.['b c']", "a.b c"),
        ("['a b'] + [\"c\"]", "(a b + c)"),
        ("f(a, b=1, *)", "f(a, b=1, *)"),
        ("f((T | take 1), 2)", "f(<T|Take>, 2)"),
        ("toscalar(T | count)", "toscalar(<T|Count>)"),
        ("cluster('c').database('d').T", "cluster('c').database('d').T"),
        ("x = a", "x=a"),
        ("(x, y) = f()", "x/y=f()"),
        ("typeof(string)", "typeof(string)"),
        ("count + kind + type + order", "(((count + kind) + type) + order)"),
        ("datetime()", "now()"),
        ("datetime(8:05)", "(startofday(now()) + 291000000000)"),
        ("iff(a, b, c)", "iff(a, b, c)"),
        ("range(1, 2, 3)", "range(1, 2, 3)"),
        ("not(a)", "not(a)"),
        ("a : 'x'", "(a : 'x')"),
        ("-9223372036854775808", "-9223372036854775808"),
    ],
)
def test_expressions(text: str, expected: str) -> None:
    assert shape(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T | where a", "Where"),
        ("T | filter a", "Where"),
        ("T | extend a = 1, (b, c) = f()", "Extend"),
        ("T | extend where = 1, by = 2, count = 3, kind = 4", "Extend"),
        ("T | project a, b = 1", "Project"),
        ("T | project-away a*, *_s, b", "ProjectAway"),
        ("T | project-keep a*", "ProjectKeep"),
        ("T | project-rename a = b", "ProjectRename"),
        ("T | project-reorder a* asc, b granny-desc, *", "ProjectReorder"),
        ("T | project-by-names 'a', b*", "ProjectByNames"),
        ("T | summarize hint.strategy=shuffle count() by bin(t, 1h), x", "Summarize"),
        ("T | summarize by x", "Summarize"),
        ("T | distinct *", "Distinct"),
        ("T | sort by a asc, b nulls first", "Sort"),
        ("T | order by a", "Sort"),
        ("T | top 5 by a desc nulls last", "Top"),
        ("T | take 5", "Take"),
        ("T | limit 5", "Take"),
        ("T | sample 5", "Sample"),
        ("T | sample-distinct 5 of a", "SampleDistinct"),
        ("T | join U on a", "Join"),
        ("T | join kind=leftanti hint.remote=left (U | take 1) on $left.a == $right.b, c", "Join"),
        ("T | lookup kind=inner U on a", "Lookup"),
        ("T | union withsource=S kind=inner U, V*", "Union"),
        ("T | mv-expand a, b = c to typeof(long) limit 5", "MvExpand"),
        ("T | mvexpand bagexpansion=array with_itemindex=i a", "MvExpand"),
        ("T | mv-apply a to typeof(string) on (where a == 'x' | summarize count())", "MvApply"),
        ("T | make-series n = count() default = 0 on t from 1 to 2 step 3 by a", "MakeSeries"),
        ("T | make-series count() on t in range(1, 2, 3)", "MakeSeries"),
        ("T | parse kind=regex flags=Ui a with * 'x' b: long * 'y' c", "Parse"),
        ("T | parse-where a with 'x' b", "Parse"),
        ("T | parse-kv a as (b: string) with (pair_delimiter=',', kv_delimiter='=')", "ParseKv"),
        ("T | evaluate bag_unpack(a) : (*, b: string)", "Evaluate"),
        ("T | invoke f(1)", "Invoke"),
        ("T | as hint.materialized=true X", "As"),
        ("T | render timechart with (title='x', ycolumns=a, b)", "Render"),
        ("T | serialize a = 1", "Serialize"),
        ("T | serialize", "Serialize"),
        ("T | getschema", "GetSchema"),
        ("T | count", "Count"),
        ("T | count as n", "Count"),
        ("T | consume", "Consume"),
        ("T | fork (take 1) x=(count)", "Fork"),
        ("T | facet by a, b with (take 1)", "Facet"),
        ("T | partition hint.strategy=native by a (top 1 by b)", "Partition"),
        ("T | partition by a { U | take 1 }", "Partition"),
        ("T | top-nested 3 of a with others = 'x' by count(), top-nested of b by sum(c) asc", "TopNested"),
        ("T | top-hitters 5 of a by b", "TopHitters"),
        ("T | reduce by a with threshold=0.1, characters='x'", "Reduce"),
        ("T | scan with_match_id=m declare (a: long = 0) with (step s output=last: true => a = s.a + 1;)", "Scan"),
        ("T | search kind=case_sensitive in (A, B*) 'x' and a: 'y'", "Search"),
        ("T | assert-schema (a: long)", "AssertSchema"),
        ("T | make-graph a --> b with U on c, (V | take 1) on ['d e']", "MakeGraph"),
        ("T | make-graph a --> b with_node_id=n", "MakeGraph"),
        ("T | make-graph a -- b with U on c partitioned-by d (graph-match (x)-->() project x.b)", "MakeGraph"),
        ("G | graph-match (x)-[y*1..n]->(z) where x.a == 1 project x.b", "GraphMatch"),
        (
            "G | graph-match cycles=none (x)-[y]-(), ()<--(x)<-[w]-(v)-[*0..2]-(u) project a = map(y, b)",
            "GraphMatch",
        ),
        ("G | graph-shortest-paths output=all (x)-[y*1..3]->(z) where x.a == 1 project x.b", "GraphShortestPaths"),
        ("G | graph-mark-components with_component_id=c kind=strong", "GraphMarkComponents"),
        ("G | graph-to-table edges as E with_source_id=s with_target_id=t, nodes as N with_node_id=i", "GraphToTable"),
        ("G | graph-where-nodes a == 1", "UnsupportedOperator"),
    ],
)
def test_operators(text: str, expected: str) -> None:
    assert type(operator(text)).__name__ == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print a = 1, 2", "Print"),
        ("range x from 1 to 5 step 1", "Range"),
        ("datatable (a: long, b: string) [1, 'x', -2, 'y',]", "Datatable"),
        ("externaldata (a: string) ['https://example.com/a.csv'] with (format='csv')", "ExternalData"),
        ("union isfuzzy=true T, (U | take 1), V*, database('d').W*", "Union"),
        ("search 'x'", "Search"),
        ("search * | take 1", "Search"),
        ("find withsource=S in (T, U*) where a == 1 project b, c: string, pack(*)", "Find"),
        ("evaluate f(1)", "Evaluate"),
        ("macro-expand entity_group [database('d')] as X (X.T | take 1)", "MacroExpand"),
    ],
)
def test_sources(text: str, expected: str) -> None:
    assert type(pipeline(text).source).__name__ == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let a = 1; T", "Let"),
        ("let f = (a: string, b: long = 5) { let c = a; c }; T", "Let"),
        ("let v = view () { T | take 1 }; v", "Let"),
        ("let f = (t: (*), u: (a: long, b: string)) { t }; f(T, U)", "Let"),
        ("declare query_parameters (a: string = 'x', b: long); T", "QueryParameters"),
        ("declare pattern p = (a: string)[b: string] { ('x').['y'] = { T }; }; T", "DeclarePattern"),
        ("set notruncation; T", "SetOption"),
        ("set query_now = datetime(2024-01-01); T", "SetOption"),
        ("alias database d = cluster('c').database('d'); T", "Alias"),
        ("restrict access to (T, U*); T", "Restrict"),
    ],
)
def test_statements(text: str, expected: str) -> None:
    assert type(parse(text).statements[0]).__name__ == expected


def test_defaults_are_filled_in_as_kusto_has_them() -> None:
    sort = operator("T | sort by a, b asc, c desc nulls first")
    assert isinstance(sort, syntax.Sort)
    assert [(k.descending, k.nulls_first) for k in sort.keys] == [(True, False), (False, True), (True, True)]
    join = operator("T | join (U) on a")
    assert isinstance(join, syntax.Join)
    assert join.kind == "innerunique"
    lookup = operator("T | lookup U on a")
    assert isinstance(lookup, syntax.Lookup)
    assert lookup.kind == "leftouter"
    union = operator("T | union U")
    assert isinstance(union, syntax.Union)
    assert (union.kind, union.isfuzzy) == ("outer", False)


def test_a_bare_table_is_a_pipeline_without_operators() -> None:
    found = pipeline("let x = 1; T")
    assert isinstance(found.source, syntax.NameRef)
    assert found.operators == ()


def test_a_let_of_a_bare_name_stays_open_for_the_binder() -> None:
    statements = parse("let a = T; let b = T | take 1; let c = (T); a").statements
    values = [s.value for s in statements if isinstance(s, syntax.Let)]
    assert [type(v).__name__ for v in values] == ["NameRef", "Pipeline", "NameRef"]


def test_a_body_has_no_source_of_its_own() -> None:
    apply = operator("T | mv-apply a on (where a > 1)")
    assert isinstance(apply, syntax.MvApply)
    assert apply.body.source is None
    assert len(apply.body.operators) == 1


def test_the_article_s_queries_verbatim() -> None:
    """Typographic quotes, one opening with a closing quote: they are what people paste."""
    lines = shared("seed/cloud-forensics-key-vault.txt").read_text(encoding="utf-8").splitlines()
    starts = [i for i, line in enumerate(lines) if line.strip() == "AzureDiagnostics"]
    queries = []
    for start in starts:
        end = start + 1
        while lines[end].startswith("|"):
            end += 1
        queries.append("\n".join(lines[start:end]))
    assert len(queries) == 2
    for query in queries:
        assert lexer.QUOTES_NOTE in parse(query).notes
    where = pipeline(queries[1]).operators[0]
    assert isinstance(where, syntax.Where)
    assert show(where.predicate) == "((ResourceType == 'VAULTS') and (OperationName != 'Authentication'))"


def test_published_key_vault_rules() -> None:
    paths = sorted(shared("samples/schema/kql").iterdir())
    assert len(paths) >= 6
    for path in paths:
        text = path.read_text(encoding="utf-8")
        parse(yaml.safe_load(text)["query"] if path.suffix == ".yaml" else text)


@pytest.mark.parametrize("name", ["docs-visible.jsonl", "emulator-visible.jsonl"])
def test_every_documented_example_parses(name: str) -> None:
    lines = shared("kql").joinpath(name).read_text(encoding="utf-8").splitlines()
    failures = []
    for case in map(json.loads, lines):
        try:
            parse(case["query"])
        except QueryError as error:
            failures.append((case["id"], error.render()))
    assert failures == []


# ---------------------------------------------------------------- spans


def children(node: syntax.Node) -> Iterator[syntax.Node]:
    for field in node.__struct_fields__:
        value = getattr(node, field)
        if isinstance(value, syntax.Node):
            yield value
        elif isinstance(value, tuple) and not isinstance(value, syntax.Span):
            yield from (item for item in value if isinstance(item, syntax.Node))


def check_spans(node: syntax.Node, text: str) -> None:
    assert 0 <= node.span.start < node.span.end <= len(text), node
    source = text[node.span.start : node.span.end]
    assert source == source.strip(), "a span begins and ends with a token"
    if isinstance(node, syntax.NameRef) and not node.quoted and node.name != "now":
        assert source == node.name
    for child in children(node):
        assert node.span.start <= child.span.start, (node, child)
        assert child.span.end <= node.span.end, (node, child)
        check_spans(child, text)


@pytest.mark.parametrize(
    "text",
    [
        "let n = 3 ;\nlet f = ( a : long ) { a + n } ;\n  T | where ( f( x ) > - 2 ) | top 3 by ( y ) asc // c\n",
        "T\n| join kind = inner ( U | mv-expand a , b to typeof( long ) ) on $left.a == $right.b\n| count",
        "union withsource = S T , ( U | take 1 ) , database( 'd' ).V* | summarize arg_max( t , * ) by bin( t , 1h )",
        "datatable ( a : long ) [ 1 , -2 , ] | make-series count() default = 0 on a from 1 to 2 step 3 by b",
        "T | parse a with * 'x' b : long 'y' | evaluate bag_unpack( c ) : ( d : string ) | render table",
        "T | scan declare ( a : long = 0 ) with ( step s : true => a = 1 ; ) | where a between ( 1 .. 2 )",
        "search in ( T ) a has 'x' | project-reorder b* asc , c | extend ( d , e ) = f( g = 1 , h[ 0 ].i )",
    ],
)
def test_spans_hold_their_children(text: str) -> None:
    query = parse(text)
    last = 0
    for statement in query.statements:
        check_spans(statement, text)
        between = text[last : statement.span.start]
        assert not between.strip(" \n;"), "statements tile the text but for semicolons, spaces and comments"
        last = statement.span.end


def test_spans_of_documented_examples() -> None:
    for line in shared("kql/docs-visible.jsonl").read_text(encoding="utf-8").splitlines()[::3]:
        text = json.loads(line)["query"]
        for statement in parse(text).statements:
            check_spans(statement, text)


# ---------------------------------------------------------------- hostile text

DEEP = [
    "T | where " + "(" * 10_000 + "x" + ")" * 10_000,
    "T | where " + "f(" * 10_000 + "x" + ")" * 10_000,
    "print dynamic(" + "[" * 10_000 + "]" * 10_000 + ")",
    "print dynamic(" + "{'a':" * 10_000 + "1" + "}" * 10_000 + ")",
    "union (" * 5_000 + "T" + ")" * 5_000,
    "T " + "| join (T " * 5_000 + ") on x" * 5_000,
    "T " + "| mv-apply x on (take 1 " * 5_000 + ")" * 5_000,
    "T " + "| fork (take 1 " * 3_000,
    "let f=(){" * 5_000 + "1" + "}" * 5_000 + "; T",
    "print " + "1-" * 10_000 + "1",
    "print a" + ".b" * 10_000,
    "print " + "a[" * 5_000 + "]" * 5_000,
    "macro-expand x as y (" * 3_000,
    "T | where " + "(1+1+1+" * 60 + "1" + ")" * 60,
    "print " + "(" * 40 + "1" + "+1" * 140 + ")+1+1+1+1+1+1" * 40,
]


@pytest.mark.parametrize("text", DEEP, ids=lambda t: t[:24])
def test_deep_nesting_is_refused_with_a_place(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.diagnostics
    assert {d.code for d in caught.value.diagnostics} <= {"KS245", "KS006", "KS005", "KS198"}
    assert "KS245" in {d.code for d in caught.value.diagnostics}


@pytest.mark.parametrize(
    "text",
    [
        "T | where " + " or ".join(f"ip == '192.0.2.{i % 256}'" for i in range(20_000)),
        "T | where ip in (" + ", ".join(f"'198.51.100.{i % 256}'" for i in range(50_000)) + ")",
        "T" + " | take 5" * 10_000,
        "print dynamic([" + ",".join(map(str, range(100_000))) + "])",
    ],
    ids=["or", "in", "pipes", "dynamic"],
)
def test_long_but_flat_texts_parse(text: str) -> None:
    begun = time.process_time()
    parse(text)
    assert time.process_time() - begun < 10


def test_half_of_the_recursion_limit_is_left() -> None:
    """The deepest text that is accepted leaves room for the stages behind the parser."""
    parse("T | where " + "f(" * 49 + "x" + ")" * 49)
    tree = parse("print " + "+".join("1" * 150))
    assert len(syntax_text(tree).splitlines()) > 150


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_tree_or_a_refusal(text: str) -> None:
    try:
        parse(text)
    except QueryError as error:
        assert error.render()
        assert error.diagnostics


SOUP = [
    *"|,;:.()[]{}=+-*/%<>",
    *[
        "==",
        "!=",
        "=~",
        "!~",
        "..",
        "=>",
        "<>",
        "!in",
        "in~",
        "!has",
        "T",
        "a",
        "x*",
        "$left",
        "['q']",
        "''",
        '"s"',
        "@'v'",
    ],
    *[
        "1",
        "1.5",
        "1d",
        "0x1",
        "datetime(2024-01-01)",
        "dynamic([1])",
        "dynamic(",
        "datetime(",
        "true",
        "null",
        "```",
        "\u2018",
    ],
    *["let", "set", "declare", "print", "range", "datatable", "union", "search", "find", "evaluate", "where", "extend"],
    *["project", "project-away", "summarize", "distinct", "sort by", "top 5 by", "join kind=inner", "on", "by", "with"],
    *[
        "mv-expand",
        "mv-apply",
        "make-series",
        "parse",
        "from",
        "to",
        "step",
        "and",
        "or",
        "not",
        "has",
        "has_any",
        "in",
    ],
    *[
        "between",
        "matches regex",
        "typeof(",
        "string",
        "long",
        "as",
        "of",
        "asc",
        "nulls last",
        "render",
        "scan",
        "fork",
    ],
    *[
        "partition by",
        "top-nested",
        "invoke",
        "getschema",
        "count",
        "toscalar(",
        "materialize(",
        "view",
        "hint.strategy=x",
    ],
    *[
        "macro-expand",
        "externaldata",
        "facet by",
        "reduce by",
        "parse-kv",
        "restrict access to",
        "alias database",
        "//c\n",
    ],
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(SOUP), max_size=40))
def test_token_soup_is_a_tree_or_a_refusal(words: list[str]) -> None:
    text = " ".join(words)
    try:
        for statement in parse(text).statements:
            check_spans(statement, text)
    except QueryError as error:
        assert all(0 <= d.span.start <= d.span.end <= len(text) for d in error.diagnostics)


def test_long_soup_ends_soon() -> None:
    dice = random.Random(7)
    begun = time.process_time()
    for _ in range(20):
        text = " ".join(dice.choices(SOUP, k=5_000))
        with pytest.raises(QueryError):
            parse(text)
    assert time.process_time() - begun < 20
