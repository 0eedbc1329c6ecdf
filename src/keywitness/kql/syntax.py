"""The syntax tree: what a text says, before any name is looked up.

`parser.parse` builds it, the binder reads it. Nodes are frozen; `span` holds the offsets `[start, end)` into
`Query.text`. Names are kept as written (case matters), operators and keywords in lower case.

Not in the tree: parentheses around a scalar, comments, trailing commas and semicolons, keyword aliases (`filter` is
`Where`, `order` is `Sort`, `limit` is `Take`, `mvexpand` is `MvExpand`, `<>` is `!=`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from keywitness.model.schema import KqlType


class Span(NamedTuple):
    """Offsets into the query text, in characters: `start` included, `end` not."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Node:
    """Any node: where it stands in the text."""

    span: Span


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Literal(Node):
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


@dataclass(frozen=True, slots=True)
class NameRef(Node):
    """A name: column, table, variable or function without arguments. `$left`, `$right` and `$table` are names too.

    `quoted` is True for `['name']`, which is never a keyword.
    """

    name: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class WildcardName(Node):
    """A name pattern such as `Azure*`, `*_s` or `a*b*`; `*` alone is `Star`."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Star(Node):
    """`*`: all columns, any column, any table."""


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`object.name`: a property of a dynamic value, a column of `$left`, or a table of `database("d")`."""

    object: Expression
    name: NameRef | WildcardName


@dataclass(frozen=True, slots=True)
class MethodCall(Node):
    """`object.function(...)`, as in `cluster("c").database("d")`."""

    object: Expression
    call: Call


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`object[index]`, with a number, a string or any expression."""

    object: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(arguments)`. Arguments may be `Named`, `Star`, `Pipeline` (toscalar, materialize) or wildcards.

    Type conversions written as literals (`long(5)`) are `Literal`, not calls.
    """

    function: NameRef
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Named(Node):
    """`name = value`, or `(a, b) = value` when `compound`."""

    names: tuple[NameRef, ...]
    value: Expression
    compound: bool = False


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`-x` or `+x`. (`not` is a call.)"""

    op: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Two operands.

    `op` is one of `+ - * / %`, `== != < <= > >=`, `=~ !~`, a string operator (`has !has has_cs !has_cs hasprefix
    hassuffix contains startswith endswith`, each with `!` and `_cs` forms, `like notlike` and `_cs` forms),
    `matches regex`, `:` (the term operator of search).
    """

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Logical(Node):
    """`a and b and c`, or the same with `or`: flat, so that a thousand terms are no deep tree."""

    op: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between (low .. high)`, both ends included."""

    value: Expression
    low: Expression
    high: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value op (items)` with op `in !in in~ !in~ has_any !has_any has_all !has_all`.

    One item may be a `Pipeline`, or a name that turns out to be a table or a dynamic array.
    """

    op: str
    value: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ToTypeof(Node):
    """`typeof(type)` as an argument."""

    type: KqlType


@dataclass(frozen=True, slots=True)
class Pipeline(Node):
    """`source | operator | operator`.

    `source` is None where rows come from outside (mv-apply, partition, fork bodies).
    """

    source: Expression | SourceOperator | None
    operators: tuple[Operator, ...]


@dataclass(frozen=True, slots=True)
class ColumnDecl(Node):
    """`name: type`, in datatable, parse, functions, externaldata. `type` is None where the text leaves it out."""

    name: NameRef
    type: KqlType | None


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A function parameter: scalar (`type`, perhaps `default`) or tabular (`columns`, `open` for `(*)`)."""

    name: NameRef
    type: KqlType | None
    default: Expression | None = None
    tabular: bool = False
    columns: tuple[ColumnDecl, ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """`(parameters) { statements; result }`, also `view () {...}`. `result` is None for an empty body."""

    parameters: tuple[Parameter, ...]
    statements: tuple[Statement, ...]
    result: Expression | None
    view: bool = False


Expression: TypeAlias = (
    "Literal | NameRef | WildcardName | Star | Member | MethodCall | Index | Call | Named | Unary | Binary | Logical"
    " | Between | In | ToTypeof | Pipeline | Lambda | Broken"
)


@dataclass(frozen=True, slots=True)
class SortKey(Node):
    """One key of sort or top. Kusto's defaults are filled in: descending; nulls first when ascending, else last."""

    value: Expression
    descending: bool = True
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Option(Node):
    """`name = value` between an operator's name and its operands (hints, kind ...), or in `with (...)`."""

    name: str
    value: Expression


# ---------------------------------------------------------------- operators that start a pipeline


@dataclass(frozen=True, slots=True)
class Print(Node):
    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`range name from start to stop step step`."""

    name: NameRef
    start: Expression
    stop: Expression
    step: Expression


@dataclass(frozen=True, slots=True)
class Datatable(Node):
    """`datatable (columns) [values]`: the values row by row, their number a multiple of the columns'."""

    columns: tuple[ColumnDecl, ...]
    values: tuple[Expression, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class ExternalData(Node):
    columns: tuple[ColumnDecl, ...]
    uris: tuple[Expression, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Find(Node):
    """`find withsource=c in (tables) where predicate project ...`; a `Star` among the columns is `pack(*)`."""

    sources: tuple[Expression, ...]
    predicate: Expression
    columns: tuple[ColumnDecl | NameRef | Star, ...] = ()
    project: str = "project-smart"
    away: tuple[Expression, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class MacroExpand(Node):
    """`macro-expand kind=... entity_group [...] as X (statements)`; the group written there is a `Call`."""

    group: Expression | None
    scope: NameRef | None
    statements: tuple[Statement, ...]
    options: tuple[Option, ...] = ()


# ---------------------------------------------------------------- operators of both positions


@dataclass(frozen=True, slots=True)
class Union(Node):
    """`union kind=outer withsource=c isfuzzy=true T1, (T2 | ...), T*`; after a pipe the input comes first.

    `kind` is "outer" or "inner".
    """

    sources: tuple[Expression, ...]
    kind: str = "outer"
    withsource: NameRef | None = None
    isfuzzy: bool = False
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Search(Node):
    """`search kind=case_sensitive in (tables) predicate`; a bare string in the predicate is a term for all columns."""

    predicate: Expression
    sources: tuple[Expression, ...] = ()
    kind: str = ""
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluate(Node):
    """`evaluate plugin(arguments) : (columns)`; `open_schema` for `: (*, ...)`."""

    call: Call
    columns: tuple[ColumnDecl, ...] | None = None
    open_schema: bool = False
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class UnsupportedOperator(Node):
    """An operator of Kusto that the front end knows by name only."""

    name: str


# ---------------------------------------------------------------- operators after a pipe


@dataclass(frozen=True, slots=True)
class Broken(Node):
    """Text that could not be read, in the place of an operator, a source or the value of `let`.

    `word` is the operator's name, "" elsewhere. `parser.parse` never returns one.
    """

    word: str = ""


@dataclass(frozen=True, slots=True)
class Where(Node):
    predicate: Expression
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Extend(Node):
    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Project(Node):
    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ProjectAway(Node):
    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ProjectKeep(Node):
    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ProjectRename(Node):
    """Each column is `Named` with a `NameRef` as its value."""

    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ReorderColumn(Node):
    """`order` is "", "asc", "desc", "granny-asc" or "granny-desc"."""

    column: Expression
    order: str = ""


@dataclass(frozen=True, slots=True)
class ProjectReorder(Node):
    columns: tuple[ReorderColumn, ...]


@dataclass(frozen=True, slots=True)
class ProjectByNames(Node):
    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Summarize(Node):
    aggregates: tuple[Expression, ...]
    keys: tuple[Expression, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Distinct(Node):
    """Columns are expressions, or one `Star`."""

    columns: tuple[Expression, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort(Node):
    keys: tuple[SortKey, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Top(Node):
    count: Expression
    keys: tuple[SortKey, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Take(Node):
    count: Expression
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample(Node):
    count: Expression
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleDistinct(Node):
    count: Expression
    column: Expression
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Join(Node):
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


@dataclass(frozen=True, slots=True)
class Lookup(Node):
    """`lookup kind=k (right) on conditions`; kind is "leftouter" (the default) or "inner"."""

    right: Expression
    conditions: tuple[Expression, ...]
    kind: str = "leftouter"
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpandColumn(Node):
    """`name = value to typeof(type)`. `value` is a `Named` where the text names it."""

    value: Expression
    to_type: KqlType | None = None


@dataclass(frozen=True, slots=True)
class MvExpand(Node):
    """`bag_kind` is "bag" or "array" (from `kind=` or `bagexpansion=`)."""

    columns: tuple[ExpandColumn, ...]
    bag_kind: str = "bag"
    index: NameRef | None = None
    limit: Expression | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class MvApply(Node):
    columns: tuple[ExpandColumn, ...]
    body: Pipeline
    bag_kind: str = "bag"
    index: NameRef | None = None
    limit: Expression | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesAggregate(Node):
    """`name = aggregate default = value`; `value` is a `Named` where the text names it."""

    value: Expression
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class MakeSeries(Node):
    """`make-series aggregates on axis from start to stop step step by keys`; `in_range` for `in range(a, b, c)`."""

    aggregates: tuple[SeriesAggregate, ...]
    axis: Expression
    start: Expression | None
    stop: Expression | None
    step: Expression | None
    keys: tuple[Expression, ...] = ()
    in_range: bool = False
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Parse(Node):
    """`parse kind=k flags=f expression with * "text" name:type ...`.

    `drop_unmatched` for parse-where. `kind` is "simple", "regex" or "relaxed". Pattern items: `Star`, a string
    `Literal`, or `ColumnDecl` (type None: string).
    """

    expression: Expression
    pattern: tuple[Star | Literal | ColumnDecl, ...]
    kind: str = "simple"
    flags: str = ""
    drop_unmatched: bool = False


@dataclass(frozen=True, slots=True)
class ParseKv(Node):
    expression: Expression
    columns: tuple[ColumnDecl, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Invoke(Node):
    """`invoke f(arguments)`: the input is the function's first argument."""

    call: Call | MethodCall


@dataclass(frozen=True, slots=True)
class As(Node):
    name: NameRef
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Render(Node):
    """`kind` as written in lower case; options of `with (...)` or the old spelling without it."""

    kind: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Serialize(Node):
    columns: tuple[Expression, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class GetSchema(Node):
    """`getschema`: the columns as rows."""

    kind: str = ""


@dataclass(frozen=True, slots=True)
class Count(Node):
    """`count`; `name` for `count as name`."""

    name: NameRef | None = None


@dataclass(frozen=True, slots=True)
class Consume(Node):
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class ForkBranch(Node):
    name: NameRef | None
    body: Pipeline


@dataclass(frozen=True, slots=True)
class Fork(Node):
    branches: tuple[ForkBranch, ...]


@dataclass(frozen=True, slots=True)
class Facet(Node):
    columns: tuple[Expression, ...]
    body: Pipeline | None = None


@dataclass(frozen=True, slots=True)
class Partition(Node):
    """`partition hint.strategy=s by key (body)`."""

    key: Expression
    body: Pipeline
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class TopNestedLevel(Node):
    """`N of expression with others = value by aggregate desc`. `count` None: all."""

    count: Expression | None
    value: Expression
    others: Expression | None
    by: SortKey


@dataclass(frozen=True, slots=True)
class TopNested(Node):
    levels: tuple[TopNestedLevel, ...]


@dataclass(frozen=True, slots=True)
class TopHitters(Node):
    count: Expression
    value: Expression
    by: Expression | None = None


@dataclass(frozen=True, slots=True)
class Reduce(Node):
    value: Expression
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanDecl(Node):
    column: ColumnDecl
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class ScanStep(Node):
    """`step name optional output=all|last|none: condition => column = value, ...`."""

    name: NameRef
    condition: Expression
    assignments: tuple[Named, ...] = ()
    optional: bool = False
    output: str = "all"


@dataclass(frozen=True, slots=True)
class Scan(Node):
    declarations: tuple[ScanDecl, ...]
    steps: tuple[ScanStep, ...]
    match_id: NameRef | None = None
    order: tuple[SortKey, ...] = ()
    partition: tuple[Expression, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class AssertSchema(Node):
    columns: tuple[ColumnDecl, ...]


@dataclass(frozen=True, slots=True)
class NodeTable(Node):
    """`table on key`: the nodes of a graph with their properties."""

    table: Expression
    key: NameRef


@dataclass(frozen=True, slots=True)
class MakeGraph(Node):
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


@dataclass(frozen=True, slots=True)
class PatternNode(Node):
    """`(a)` or `()`."""

    name: NameRef | None = None


@dataclass(frozen=True, slots=True)
class PatternEdge(Node):
    """`-[e]->` (`direction` right), `<-[e]-` (left), `-[e]-` (either); with `low` and `high` a path, `-[e*1..5]->`."""

    name: NameRef | None
    direction: str
    low: Expression | None = None
    high: Expression | None = None


@dataclass(frozen=True, slots=True)
class GraphPattern(Node):
    """`(a)-[e]->(b)--(c)`: nodes, and the edge between each and the next."""

    nodes: tuple[PatternNode, ...]
    edges: tuple[PatternEdge, ...]


@dataclass(frozen=True, slots=True)
class GraphMatch(Node):
    """`graph-match cycles=c patterns where predicate project columns`; `cycles` is all, none or unique_edges."""

    patterns: tuple[GraphPattern, ...]
    where: Expression | None
    project: tuple[Expression, ...]
    cycles: str = "unique_edges"
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphShortestPaths(Node):
    """`graph-shortest-paths output=o pattern where predicate project columns`; `output` is any or all."""

    patterns: tuple[GraphPattern, ...]
    where: Expression | None
    project: tuple[Expression, ...]
    output: str = "any"
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphMarkComponents(Node):
    """`graph-mark-components kind=weak with_component_id=name`; `kind` is weak or strong."""

    kind: str = "weak"
    name: NameRef | None = None


@dataclass(frozen=True, slots=True)
class GraphExport(Node):
    """`nodes as name with_node_id=column`, or the same of `edges` with the ids of both ends."""

    what: str
    name: NameRef | None = None
    node_id: NameRef | None = None
    source_id: NameRef | None = None
    target_id: NameRef | None = None


@dataclass(frozen=True, slots=True)
class GraphToTable(Node):
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


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`let name = value`: a scalar expression, a `Pipeline` or a `Lambda`.

    A bare name, call or member may turn out to be a table: only the binder knows.
    """

    name: NameRef
    value: Expression


@dataclass(frozen=True, slots=True)
class QueryParameters(Node):
    """`declare query_parameters (name: type = default, ...)`."""

    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class PatternCase(Node):
    """`(values).[path] = { body }`; `path` is None where the pattern has none."""

    values: tuple[Literal, ...]
    path: Literal | None
    body: Lambda


@dataclass(frozen=True, slots=True)
class DeclarePattern(Node):
    """`declare pattern name = (parameters)[path] { cases }`; a bare `declare pattern name` has none of the others."""

    name: NameRef
    parameters: tuple[Parameter, ...] = ()
    path: Parameter | None = None
    cases: tuple[PatternCase, ...] = ()


@dataclass(frozen=True, slots=True)
class SetOption(Node):
    """`set name = value`; a bare `set name` has value None."""

    name: NameRef
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Alias(Node):
    """`alias database name = cluster(...).database(...)`."""

    name: NameRef
    value: Expression


@dataclass(frozen=True, slots=True)
class Restrict(Node):
    """`restrict access to (...)`."""

    names: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ExpressionStatement(Node):
    """A query: a `Pipeline` (also for a bare table name: no operators then)."""

    value: Pipeline


Statement: TypeAlias = "Let | QueryParameters | DeclarePattern | SetOption | Alias | Restrict | ExpressionStatement"


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole text.

    Args:
        text: As given; spans point into it.
        statements: In order; the last `ExpressionStatement` is the result (Kusto returns one table per such statement).
        notes: What was read otherwise than written (typographic quotes ...), for stderr.
    """

    text: str
    statements: tuple[Statement, ...]
    notes: tuple[str, ...] = ()
