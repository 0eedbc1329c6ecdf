"""The syntax tree: what a text says, before any name is looked up.

`parser.parse` builds it, the binder reads it. Nodes are frozen; `span` holds the offsets `[start, end)` into
`Query.text`. Names are kept as written (case matters), operators and keywords in lower case.

Not in the tree: parentheses around a scalar, comments, trailing commas and semicolons, keyword aliases (`filter` is
`Where`, `order` is `Sort`, `limit` is `Take`, `mvexpand` is `MvExpand`, `<>` is `!=`).
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct

from keywitness.model.schema import KqlType


class Span(NamedTuple):
    """Offsets into the query text, in characters: `start` included, `end` not."""

    start: int
    end: int


class Node(Struct, frozen=True):
    """Any node: where it stands in the text."""

    span: Span


# ---------------------------------------------------------------- expressions


class Literal(Node, frozen=True):
    """A constant in physical form (see `model.schema`), None for a typed null (`long(null)`).

    bool -> bool, int and long -> int, real -> float (nan, +inf, -inf too), decimal -> `decimal.Decimal`, string -> str,
    datetime and timespan -> ticks as int, guid -> lower-case dashed str, dynamic -> JSON text (KQL literals inside
    already converted: datetime, timespan and guid as JSON strings).

    `sized` is True where the text names the type (`long(1)`, `datetime(...)`), False for a bare `1`, `1.5`, `"a"`,
    `1d`.
    """

    type: KqlType
    value: Any
    sized: bool = False


class NameRef(Node, frozen=True):
    """A name: column, table, variable or function without arguments. `$left`, `$right` and `$table` are names too.

    `quoted` is True for `['name']`, which is never a keyword.
    """

    name: str
    quoted: bool = False


class WildcardName(Node, frozen=True):
    """A name pattern such as `Azure*`, `*_s` or `a*b*`; `*` alone is `Star`."""

    pattern: str


class Star(Node, frozen=True):
    """`*`: all columns, any column, any table."""


class Member(Node, frozen=True):
    """`object.name`: a property of a dynamic value, a column of `$left`, or a table of `database("d")`."""

    object: Expression
    name: NameRef | WildcardName


class MethodCall(Node, frozen=True):
    """`object.function(...)`, as in `cluster("c").database("d")`."""

    object: Expression
    call: Call


class Index(Node, frozen=True):
    """`object[index]`, with a number, a string or any expression."""

    object: Expression
    index: Expression


class Call(Node, frozen=True):
    """`function(arguments)`. Arguments may be `Named`, `Star`, `Pipeline` (toscalar, materialize) or wildcards.

    Type conversions written as literals (`long(5)`) are `Literal`, not calls.
    """

    function: NameRef
    args: tuple[Expression, ...]


class Named(Node, frozen=True):
    """`name = value`, or `(a, b) = value` when `compound`."""

    names: tuple[NameRef, ...]
    value: Expression
    compound: bool = False


class Unary(Node, frozen=True):
    """`-x` or `+x`. (`not` is a call.)"""

    op: str
    operand: Expression


class Binary(Node, frozen=True):
    """Two operands.

    `op` is one of `+ - * / %`, `== != < <= > >=`, `=~ !~`, a string operator (`has !has has_cs !has_cs hasprefix
    hassuffix contains startswith endswith`, each with `!` and `_cs` forms, `like notlike` and `_cs` forms),
    `matches regex`, `:` (the term operator of search).
    """

    op: str
    left: Expression
    right: Expression


class Logical(Node, frozen=True):
    """`a and b and c`, or the same with `or`: flat, so that a thousand terms are no deep tree."""

    op: str
    operands: tuple[Expression, ...]


class Between(Node, frozen=True):
    """`value between (low .. high)`, both ends included."""

    value: Expression
    low: Expression
    high: Expression
    negated: bool


class In(Node, frozen=True):
    """`value op (items)` with op `in !in in~ !in~ has_any !has_any has_all !has_all`.

    One item may be a `Pipeline`, or a name that turns out to be a table or a dynamic array.
    """

    op: str
    value: Expression
    items: tuple[Expression, ...]


class ToTypeof(Node, frozen=True):
    """`typeof(type)` as an argument."""

    type: KqlType


class Pipeline(Node, frozen=True):
    """`source | operator | operator`.

    `source` is None where rows come from outside (mv-apply, partition, fork bodies).
    """

    source: Expression | SourceOperator | None
    operators: tuple[Operator, ...]


class ColumnDecl(Node, frozen=True):
    """`name: type`, in datatable, parse, functions, externaldata. `type` is None where the text leaves it out."""

    name: NameRef
    type: KqlType | None


class Parameter(Node, frozen=True):
    """A function parameter: scalar (`type`, perhaps `default`) or tabular (`columns`, `open` for `(*)`)."""

    name: NameRef
    type: KqlType | None
    default: Expression | None = None
    tabular: bool = False
    columns: tuple[ColumnDecl, ...] = ()
    open: bool = False


class Lambda(Node, frozen=True):
    """`(parameters) { statements; result }`, also `view () {...}`. `result` is None for an empty body."""

    parameters: tuple[Parameter, ...]
    statements: tuple[Statement, ...]
    result: Expression | None
    view: bool = False


Expression: TypeAlias = (
    "Literal | NameRef | WildcardName | Star | Member | MethodCall | Index | Call | Named | Unary | Binary | Logical"
    " | Between | In | ToTypeof | Pipeline | Lambda | Broken"
)


class SortKey(Node, frozen=True):
    """One key of sort or top. Kusto's defaults are filled in: descending; nulls first when ascending, else last."""

    value: Expression
    descending: bool = True
    nulls_first: bool = False


class Option(Node, frozen=True):
    """`name = value` between an operator's name and its operands (hints, kind ...), or in `with (...)`."""

    name: str
    value: Expression


# ---------------------------------------------------------------- operators that start a pipeline


class Print(Node, frozen=True):
    columns: tuple[Expression, ...]


class Range(Node, frozen=True):
    """`range name from start to stop step step`."""

    name: NameRef
    start: Expression
    stop: Expression
    step: Expression


class Datatable(Node, frozen=True):
    """`datatable (columns) [values]`: the values row by row, their number a multiple of the columns'."""

    columns: tuple[ColumnDecl, ...]
    values: tuple[Expression, ...]
    options: tuple[Option, ...] = ()


class ExternalData(Node, frozen=True):
    columns: tuple[ColumnDecl, ...]
    uris: tuple[Expression, ...]
    options: tuple[Option, ...] = ()


class Find(Node, frozen=True):
    """`find withsource=c in (tables) where predicate project ...`; a `Star` among the columns is `pack(*)`."""

    sources: tuple[Expression, ...]
    predicate: Expression
    columns: tuple[ColumnDecl | NameRef | Star, ...] = ()
    project: str = "project-smart"
    away: tuple[Expression, ...] = ()
    options: tuple[Option, ...] = ()


class MacroExpand(Node, frozen=True):
    """`macro-expand kind=... entity_group [...] as X (statements)`; the group written there is a `Call`."""

    group: Expression | None
    scope: NameRef | None
    statements: tuple[Statement, ...]
    options: tuple[Option, ...] = ()


# ---------------------------------------------------------------- operators of both positions


class Union(Node, frozen=True):
    """`union kind=outer withsource=c isfuzzy=true T1, (T2 | ...), T*`; after a pipe the input comes first.

    `kind` is "outer" or "inner".
    """

    sources: tuple[Expression, ...]
    kind: str = "outer"
    withsource: NameRef | None = None
    isfuzzy: bool = False
    options: tuple[Option, ...] = ()


class Search(Node, frozen=True):
    """`search kind=case_sensitive in (tables) predicate`; a bare string in the predicate is a term for all columns."""

    predicate: Expression
    sources: tuple[Expression, ...] = ()
    kind: str = ""
    options: tuple[Option, ...] = ()


class Evaluate(Node, frozen=True):
    """`evaluate plugin(arguments) : (columns)`; `open_schema` for `: (*, ...)`."""

    call: Call
    columns: tuple[ColumnDecl, ...] | None = None
    open_schema: bool = False
    options: tuple[Option, ...] = ()


class UnsupportedOperator(Node, frozen=True):
    """An operator of Kusto that the front end knows by name only."""

    name: str


# ---------------------------------------------------------------- operators after a pipe


class Broken(Node, frozen=True):
    """Text that could not be read, in the place of an operator, a source or the value of `let`.

    `word` is the operator's name, "" elsewhere. `parser.parse` never returns one.
    """

    word: str = ""


class Where(Node, frozen=True):
    predicate: Expression
    options: tuple[Option, ...] = ()


class Extend(Node, frozen=True):
    columns: tuple[Expression, ...]


class Project(Node, frozen=True):
    columns: tuple[Expression, ...]


class ProjectAway(Node, frozen=True):
    columns: tuple[Expression, ...]


class ProjectKeep(Node, frozen=True):
    columns: tuple[Expression, ...]


class ProjectRename(Node, frozen=True):
    """Each column is `Named` with a `NameRef` as its value."""

    columns: tuple[Expression, ...]


class ReorderColumn(Node, frozen=True):
    """`order` is "", "asc", "desc", "granny-asc" or "granny-desc"."""

    column: Expression
    order: str = ""


class ProjectReorder(Node, frozen=True):
    columns: tuple[ReorderColumn, ...]


class ProjectByNames(Node, frozen=True):
    columns: tuple[Expression, ...]


class Summarize(Node, frozen=True):
    aggregates: tuple[Expression, ...]
    keys: tuple[Expression, ...]
    options: tuple[Option, ...] = ()


class Distinct(Node, frozen=True):
    """Columns are expressions, or one `Star`."""

    columns: tuple[Expression, ...]
    options: tuple[Option, ...] = ()


class Sort(Node, frozen=True):
    keys: tuple[SortKey, ...]
    options: tuple[Option, ...] = ()


class Top(Node, frozen=True):
    count: Expression
    keys: tuple[SortKey, ...]
    options: tuple[Option, ...] = ()


class Take(Node, frozen=True):
    count: Expression
    options: tuple[Option, ...] = ()


class Sample(Node, frozen=True):
    count: Expression
    options: tuple[Option, ...] = ()


class SampleDistinct(Node, frozen=True):
    count: Expression
    column: Expression
    options: tuple[Option, ...] = ()


class Join(Node, frozen=True):
    """`join kind=k (right) on conditions`.

    `kind` is lower case, "innerunique" when left out (`anti` -> leftanti, `semi` -> leftsemi and so on stay as
    written). A condition is a `NameRef`, or a `Binary` `==` of `$left.a` and `$right.b`; `where_form` tells `where`
    from `on`.
    """

    right: Expression
    conditions: tuple[Expression, ...]
    kind: str = "innerunique"
    options: tuple[Option, ...] = ()
    where_form: bool = False


class Lookup(Node, frozen=True):
    """`lookup kind=k (right) on conditions`; kind is "leftouter" (the default) or "inner"."""

    right: Expression
    conditions: tuple[Expression, ...]
    kind: str = "leftouter"
    options: tuple[Option, ...] = ()


class ExpandColumn(Node, frozen=True):
    """`name = value to typeof(type)`. `value` is a `Named` where the text names it."""

    value: Expression
    to_type: KqlType | None = None


class MvExpand(Node, frozen=True):
    """`bag_kind` is "bag" or "array" (from `kind=` or `bagexpansion=`)."""

    columns: tuple[ExpandColumn, ...]
    bag_kind: str = "bag"
    index: NameRef | None = None
    limit: Expression | None = None
    options: tuple[Option, ...] = ()


class MvApply(Node, frozen=True):
    columns: tuple[ExpandColumn, ...]
    body: Pipeline
    bag_kind: str = "bag"
    index: NameRef | None = None
    limit: Expression | None = None
    options: tuple[Option, ...] = ()


class SeriesAggregate(Node, frozen=True):
    """`name = aggregate default = value`; `value` is a `Named` where the text names it."""

    value: Expression
    default: Expression | None = None


class MakeSeries(Node, frozen=True):
    """`make-series aggregates on axis from start to stop step step by keys`; `in_range` for `in range(a, b, c)`."""

    aggregates: tuple[SeriesAggregate, ...]
    axis: Expression
    start: Expression | None
    stop: Expression | None
    step: Expression | None
    keys: tuple[Expression, ...] = ()
    in_range: bool = False
    options: tuple[Option, ...] = ()


class Parse(Node, frozen=True):
    """`parse kind=k flags=f expression with * "text" name:type ...`.

    `drop_unmatched` for parse-where. `kind` is "simple", "regex" or "relaxed". Pattern items: `Star`, a string
    `Literal`, or `ColumnDecl` (type None: string).
    """

    expression: Expression
    pattern: tuple[Star | Literal | ColumnDecl, ...]
    kind: str = "simple"
    flags: str = ""
    drop_unmatched: bool = False


class ParseKv(Node, frozen=True):
    expression: Expression
    columns: tuple[ColumnDecl, ...]
    options: tuple[Option, ...] = ()


class Invoke(Node, frozen=True):
    """`invoke f(arguments)`: the input is the function's first argument."""

    call: Call | MethodCall


class As(Node, frozen=True):
    name: NameRef
    options: tuple[Option, ...] = ()


class Render(Node, frozen=True):
    """`kind` as written in lower case; options of `with (...)` or the old spelling without it."""

    kind: str
    options: tuple[Option, ...] = ()


class Serialize(Node, frozen=True):
    columns: tuple[Expression, ...] = ()
    options: tuple[Option, ...] = ()


class GetSchema(Node, frozen=True):
    """`getschema`: the columns as rows."""

    kind: str = ""


class Count(Node, frozen=True):
    """`count`; `name` for `count as name`."""

    name: NameRef | None = None


class Consume(Node, frozen=True):
    options: tuple[Option, ...] = ()


class ForkBranch(Node, frozen=True):
    name: NameRef | None
    body: Pipeline


class Fork(Node, frozen=True):
    branches: tuple[ForkBranch, ...]


class Facet(Node, frozen=True):
    columns: tuple[Expression, ...]
    body: Pipeline | None = None


class Partition(Node, frozen=True):
    """`partition hint.strategy=s by key (body)`."""

    key: Expression
    body: Pipeline
    options: tuple[Option, ...] = ()


class TopNestedLevel(Node, frozen=True):
    """`N of expression with others = value by aggregate desc`. `count` None: all."""

    count: Expression | None
    value: Expression
    others: Expression | None
    by: SortKey


class TopNested(Node, frozen=True):
    levels: tuple[TopNestedLevel, ...]


class TopHitters(Node, frozen=True):
    count: Expression
    value: Expression
    by: Expression | None = None


class Reduce(Node, frozen=True):
    value: Expression
    options: tuple[Option, ...] = ()


class ScanDecl(Node, frozen=True):
    column: ColumnDecl
    default: Expression | None = None


class ScanStep(Node, frozen=True):
    """`step name optional output=all|last|none: condition => column = value, ...`."""

    name: NameRef
    condition: Expression
    assignments: tuple[Named, ...] = ()
    optional: bool = False
    output: str = "all"


class Scan(Node, frozen=True):
    declarations: tuple[ScanDecl, ...]
    steps: tuple[ScanStep, ...]
    match_id: NameRef | None = None
    order: tuple[SortKey, ...] = ()
    partition: tuple[Expression, ...] = ()
    options: tuple[Option, ...] = ()


class AssertSchema(Node, frozen=True):
    columns: tuple[ColumnDecl, ...]


class NodeTable(Node, frozen=True):
    """`table on key`: the nodes of a graph with their properties."""

    table: Expression
    key: NameRef


class MakeGraph(Node, frozen=True):
    """`make-graph source --> target with nodes on key`, or `with_node_id=name`; `directed` is False for `--`.

    `partitioned-by column (body)` runs the body over the graph of each value.
    """

    source: NameRef
    target: NameRef
    nodes: tuple[NodeTable, ...] = ()
    node_id: NameRef | None = None
    directed: bool = True
    partition: NameRef | None = None
    body: Pipeline | None = None


class PatternNode(Node, frozen=True):
    """`(a)` or `()`."""

    name: NameRef | None = None


class PatternEdge(Node, frozen=True):
    """`-[e]->` (`direction` right), `<-[e]-` (left), `-[e]-` (either); with `low` and `high` a path, `-[e*1..5]->`."""

    name: NameRef | None
    direction: str
    low: Expression | None = None
    high: Expression | None = None


class GraphPattern(Node, frozen=True):
    """`(a)-[e]->(b)--(c)`: nodes, and the edge between each and the next."""

    nodes: tuple[PatternNode, ...]
    edges: tuple[PatternEdge, ...]


class GraphMatch(Node, frozen=True):
    """`graph-match cycles=c patterns where predicate project columns`; `cycles` is all, none or unique_edges."""

    patterns: tuple[GraphPattern, ...]
    where: Expression | None
    project: tuple[Expression, ...]
    cycles: str = "unique_edges"
    options: tuple[Option, ...] = ()


class GraphShortestPaths(Node, frozen=True):
    """`graph-shortest-paths output=o pattern where predicate project columns`; `output` is any or all."""

    patterns: tuple[GraphPattern, ...]
    where: Expression | None
    project: tuple[Expression, ...]
    output: str = "any"
    options: tuple[Option, ...] = ()


class GraphMarkComponents(Node, frozen=True):
    """`graph-mark-components kind=weak with_component_id=name`; `kind` is weak or strong."""

    kind: str = "weak"
    name: NameRef | None = None


class GraphExport(Node, frozen=True):
    """`nodes as name with_node_id=column`, or the same of `edges` with the ids of both ends."""

    what: str
    name: NameRef | None = None
    node_id: NameRef | None = None
    source_id: NameRef | None = None
    target_id: NameRef | None = None


class GraphToTable(Node, frozen=True):
    exports: tuple[GraphExport, ...]


SourceOperator: TypeAlias = (
    "Print | Range | Datatable | ExternalData | Find | MacroExpand | Union | Search | Evaluate | UnsupportedOperator"
)
Operator: TypeAlias = (
    "Where | Extend | Project | ProjectAway | ProjectKeep | ProjectRename | ProjectReorder | ProjectByNames | Summarize"
    " | Distinct | Sort | Top | Take | Sample | SampleDistinct | Join | Lookup | Union | Search | MvExpand | MvApply"
    " | MakeSeries | Parse | ParseKv | Evaluate | Invoke | As | Render | Serialize | GetSchema | Count | Consume | Fork"
    " | Facet | Partition | TopNested | TopHitters | Reduce | Scan | AssertSchema | MakeGraph | GraphMatch"
    " | GraphShortestPaths | GraphMarkComponents | GraphToTable | UnsupportedOperator | Broken"
)


# ---------------------------------------------------------------- statements


class Let(Node, frozen=True):
    """`let name = value`: a scalar expression, a `Pipeline` or a `Lambda`.

    A bare name, call or member may turn out to be a table: only the binder knows.
    """

    name: NameRef
    value: Expression


class QueryParameters(Node, frozen=True):
    """`declare query_parameters (name: type = default, ...)`."""

    parameters: tuple[Parameter, ...]


class PatternCase(Node, frozen=True):
    """`(values).[path] = { body }`; `path` is None where the pattern has none."""

    values: tuple[Literal, ...]
    path: Literal | None
    body: Lambda


class DeclarePattern(Node, frozen=True):
    """`declare pattern name = (parameters)[path] { cases }`; a bare `declare pattern name` has none of the others."""

    name: NameRef
    parameters: tuple[Parameter, ...] = ()
    path: Parameter | None = None
    cases: tuple[PatternCase, ...] = ()


class SetOption(Node, frozen=True):
    """`set name = value`; a bare `set name` has value None."""

    name: NameRef
    value: Expression | None = None


class Alias(Node, frozen=True):
    """`alias database name = cluster(...).database(...)`."""

    name: NameRef
    value: Expression


class Restrict(Node, frozen=True):
    """`restrict access to (...)`."""

    names: tuple[Expression, ...]


class ExpressionStatement(Node, frozen=True):
    """A query: a `Pipeline` (also for a bare table name: no operators then)."""

    value: Pipeline


Statement: TypeAlias = "Let | QueryParameters | DeclarePattern | SetOption | Alias | Restrict | ExpressionStatement"


class Query(Node, frozen=True):
    """A whole text.

    Args:
        text: As given; spans point into it.
        statements: In order; the last `ExpressionStatement` is the result (Kusto returns one table per such statement).
        notes: What was read otherwise than written (typographic quotes ...), for stderr.
    """

    text: str
    statements: tuple[Statement, ...]
    notes: tuple[str, ...] = ()
