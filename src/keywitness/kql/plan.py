"""The bound plan: what a query means, in KQL's types, without an engine.

The binder builds it, `rewrite` passes transform it, an engine runs it. Every tabular node knows its `.schema`,
every scalar node its `.type`. Nodes are frozen; names in a schema are unique (compared with case).

Scalar operators are calls too. Their function names:
    add subtract multiply divide modulo negate
    equal not_equal less less_equal greater greater_equal    and or not
    equal_ci (=~) not_equal_ci (!~)
    has has_cs hasprefix hasprefix_cs hassuffix hassuffix_cs contains contains_cs startswith startswith_cs
    endswith endswith_cs matches_regex has_any has_all       (`!x` is not(x))
    in in_ci (arguments: needle, then each value or one dynamic array)   between (value, low, high, both inclusive)
    member (object, constant string) and index (object, expression) for `a.b` and `a[b]`
    dynamic (value): any scalar as a dynamic value; a string becomes a JSON string, it is not parsed
    parse_kv (text, pair_delimiter, kv_delimiter, quote, escape, greedy, regex): the pairs of a text as a bag of
        strings; an empty option is Kusto's default
    bag_pack_nonempty (key, value, ...): bag_pack that leaves out null and empty values
Every other name is Kusto's own (`bin`, `tostring`, `iff` ...), aliases resolved to one canonical name: the rows of
`kql.functions`. `now` and `ago` never reach an engine. Integers are int64 where a signature says integer.
The binder makes types agree: it wraps arguments in conversion calls (`tostring`, `todouble`, `tolong` ...) wherever
Kusto converts silently, so an engine finds operands of equal type, or the mix that its table row names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from msgspec import Struct, field

from keywitness.model.schema import Column, KqlType, Schema

# ---------------------------------------------------------------- scalars


class Literal(Struct, frozen=True):
    """A constant, in physical form: ticks for datetime and timespan, JSON text for dynamic, None for null."""

    value: Any
    type: KqlType


class ColumnRef(Struct, frozen=True):
    """A column of the input."""

    name: str
    type: KqlType


class Call(Struct, frozen=True):
    """A scalar function or operator over scalars."""

    function: str
    args: tuple[Scalar, ...]
    type: KqlType


class WindowCall(Struct, frozen=True):
    """A function over the serialized order of its input.

    prev next row_number row_cumsum row_rank_dense row_rank_min row_window_session. Every argument is filled in:
    prev/next (value, offset, default), row_number (start, restart), row_cumsum/row_rank_* (term, restart),
    row_window_session (time, from_first, between, restart).
    """

    function: str
    args: tuple[Scalar, ...]
    type: KqlType


class InTable(Struct, frozen=True):
    """`x in (T | project c)`: true when the value is in the plan's first column."""

    needle: Scalar
    plan: Plan
    ignore_case: bool
    type: KqlType = KqlType.BOOL


class ToScalar(Struct, frozen=True):
    """`toscalar(T)`: the first cell of the plan's rows, null when there is none."""

    plan: Plan
    type: KqlType


Scalar: TypeAlias = "Literal | ColumnRef | Call | WindowCall | InTable | ToScalar"


class Aggregate(Struct, frozen=True):
    """An aggregate of `summarize`, with Kusto's canonical name (count, dcount, make_set, arg_max ...).

    `arg_max`/`arg_min` are bound to one Aggregate per result column: args = (maximised, returned); the first column
    is (maximised, maximised). All of one call must come from the same row. `percentiles` is one `percentile` per rank.
    `*if` forms keep their own name, predicate last before limits as in Kusto's signature.
    """

    function: str
    args: tuple[Scalar, ...]
    type: KqlType


# ---------------------------------------------------------------- tables


class Named(Struct, frozen=True):
    """One output column: name and how it is computed."""

    name: str
    value: Scalar
    hidden: bool = False


class NamedAggregate(Struct, frozen=True):
    name: str
    value: Aggregate


class SortKey(Struct, frozen=True):
    value: Scalar
    descending: bool
    nulls_first: bool


class Scan(Struct, frozen=True):
    """All rows of a table of the case."""

    table: str
    schema: Schema


class File(Struct, frozen=True):
    """A file that rows are read from.

    Args:
        path: Where it is.
        sha256: What its bytes must hash to; empty for a file that nothing has recorded.
        member: Path inside an archive.
        name: What messages call it.
    """

    path: str
    sha256: str = ""
    member: str = ""
    name: str = ""


class External(Struct, frozen=True):
    """The records of files, as `externaldata` and watchlists read them.

    Every cell is text as it stands in the file; the binder converts it. For `json` and `multijson` the one column is
    the whole record. `header` says that the first record names columns and is no row.
    A column named `ROW_NUMBER` counts the records, from 1.
    """

    files: tuple[File, ...]
    format: str
    schema: Schema
    header: bool = False


#: The column of `External` that numbers the records; a name that no query can write.
ROW_NUMBER = "$row"


class Constant(Struct, frozen=True):
    """Rows in the query itself: `datatable`, `getschema`; cells in physical form.

    `print` is a Project over a Constant of one row and no columns.
    """

    schema: Schema
    rows: tuple[tuple[Any, ...], ...]


#: One row without columns: what `print` computes over.
ONE_ROW = Constant(Schema(), ((),))


class Range(Struct, frozen=True):
    """`range name from start to stop step step`; `schema` has the one column."""

    schema: Schema
    start: Scalar
    stop: Scalar
    step: Scalar


class Filter(Struct, frozen=True):
    source: Plan
    predicate: Scalar

    @property
    def schema(self) -> Schema:
        return self.source.schema


class Project(Struct, frozen=True):
    """Exactly these columns, computed side by side from the source (extend, project*, parse)."""

    source: Plan
    columns: tuple[Named, ...]

    @property
    def schema(self) -> Schema:
        return Schema(Column(c.name, c.value.type, c.hidden) for c in self.columns)


class Summarize(Struct, frozen=True):
    """Groups in `keys` order, then aggregates. No keys: one row, also for no input. No aggregates: distinct."""

    source: Plan
    keys: tuple[Named, ...]
    aggregates: tuple[NamedAggregate, ...]

    @property
    def schema(self) -> Schema:
        keys = [Column(k.name, k.value.type) for k in self.keys]
        return Schema([*keys, *(Column(a.name, a.value.type) for a in self.aggregates)])


class Sort(Struct, frozen=True):
    source: Plan
    keys: tuple[SortKey, ...]

    @property
    def schema(self) -> Schema:
        return self.source.schema


class Take(Struct, frozen=True):
    """The first `count` rows of the source's order (any rows when it has none). Over a Sort it is `top`."""

    source: Plan
    count: Scalar

    @property
    def schema(self) -> Schema:
        return self.source.schema


class Sample(Struct, frozen=True):
    source: Plan
    count: Scalar

    @property
    def schema(self) -> Schema:
        return self.source.schema


class Serialize(Struct, frozen=True):
    """Freezes the order of its source for WindowCalls above."""

    source: Plan

    @property
    def schema(self) -> Schema:
        return self.source.schema


class Join(Struct, frozen=True):
    """Two tables by equal keys.

    `kind` is Kusto's: innerunique inner leftouter rightouter fullouter leftanti rightanti leftsemi rightsemi.

    `left_keys[i]` joins `right_keys[i]`, of equal type after binding. `columns` says each output column: its name, the
    side it comes from ("left" or "right") and its name there.
    """

    kind: str
    left: Plan
    right: Plan
    left_keys: tuple[Scalar, ...]
    right_keys: tuple[Scalar, ...]
    columns: tuple[JoinColumn, ...]

    @property
    def schema(self) -> Schema:
        return Schema(Column(c.name, c.type, c.hidden) for c in self.columns)


class JoinColumn(Struct, frozen=True):
    name: str
    side: str
    source_name: str
    type: KqlType
    hidden: bool = False


class Union(Struct, frozen=True):
    """All rows of all sources, already projected to equal schemas by the binder."""

    sources: tuple[Plan, ...]
    schema: Schema


class MvExpand(Struct, frozen=True):
    """`mv-expand`: each of `columns` (a dynamic array or bag of the source) replaced by its elements, in step.

    `item_types[i]` is the type of the i-th expanded column in `schema` (dynamic unless `to typeof`).
    `index` names the `with_itemindex` column, or is None. `limit` is the row limit for one input row, or None.
    A null gives one row with null, an empty array no row. `bag_kind` is "bag" or "array".
    """

    source: Plan
    columns: tuple[str, ...]
    item_types: tuple[KqlType, ...]
    schema: Schema
    index: str | None = None
    limit: Scalar | None = None
    bag_kind: str = "bag"


class MvApply(Struct, frozen=True):
    """`mv-apply`: per input row, expand, run `body` over the expanded rows, keep the other columns beside.

    The leaf of `body` is `Outer`. A column of `schema` is the body's where the body has the name, else the source's.
    `body_source` is the schema that the leaf shows: all columns of the source, expanded ones replaced.
    """

    source: Plan
    columns: tuple[str, ...]
    item_types: tuple[KqlType, ...]
    body_source: Schema
    body: Plan
    schema: Schema
    index: str | None = None
    limit: Scalar | None = None


class Outer(Struct, frozen=True):
    """The leaf of a sub-plan that is run per row or per partition (mv-apply, partition)."""

    schema: Schema


class Partition(Struct, frozen=True):
    """`partition`: the rows of each value of `key` through `body`, whose leaf is `Outer`; all results together."""

    source: Plan
    key: str
    body: Plan

    @property
    def schema(self) -> Schema:
        return self.body.schema


class ScanStep(Struct, frozen=True):
    """One step of `scan`. In its expressions `state_column(step, column)` is a value of the step's state."""

    name: str
    condition: Scalar
    assignments: tuple[Named, ...]
    output: bool


class ScanSteps(Struct, frozen=True):
    """`scan`: rows in their order against steps, which remember what they matched.

    `declared` are the new columns with their defaults; behind them stands `match_id`, where asked for. `keys` are
    columns whose values are scanned apart from each other, as inside `partition`.
    """

    source: Plan
    declared: tuple[Named, ...]
    steps: tuple[ScanStep, ...]
    match_id: str | None = None
    keys: tuple[str, ...] = ()

    @property
    def schema(self) -> Schema:
        new = [Column(c.name, c.value.type) for c in self.declared]
        match = [Column(self.match_id, KqlType.LONG)] if self.match_id else []
        return Schema([*self.source.schema, *new, *match])


def state_column(step: str, column: str) -> str:
    """What a step remembers of a column, as a name that no query can write."""
    return f"\0{step}\0{column}"


class MakeSeries(Struct, frozen=True):
    """`make-series`: per group, one dynamic array per aggregate and one of the axis.

    `nonempty` (`kind=nonempty`): no input and no keys give one row of defaults.
    """

    source: Plan
    aggregates: tuple[NamedAggregate, ...]
    defaults: tuple[Scalar, ...]
    axis: Named
    start: Scalar | None
    stop: Scalar | None
    step: Scalar
    keys: tuple[Named, ...]
    schema: Schema
    nonempty: bool = False


class TabularCall(Struct, frozen=True):
    """Rows that a tabular kernel computes from whole tables, because no relational algebra says it.

    The kernel reads all columns of its sources, by name. `options` are constants in physical form, in the order of
    the kernel's parameters.
    """

    function: str
    sources: tuple[Plan, ...]
    options: tuple[tuple[str, Any], ...]
    schema: Schema


class MatchEdge(Struct, frozen=True):
    """One edge of a graph pattern, as an option of the kernel that seeks it.

    `left` and `right` number the nodes of the pattern; `direction` is right, left or either. `bounds` are the least and
    the greatest length of a path, None for a single edge. `allowed` and `inner` name columns of the edges and of the
    nodes that are true where one may be on it, or inside the path; empty: all may.
    """

    left: int
    right: int
    direction: str
    bounds: tuple[int, int] | None = None
    allowed: str = ""
    inner: str = ""


class MatchValue(Struct, frozen=True):
    """One column of the matches: what a node or an edge of the pattern has in `column` of the kernel's input.

    `place` numbers the node or edge. `fold` says what becomes of the edges of a path, or with `inner` of the nodes
    inside it: "list" (an array), "all" or "any" (of booleans), "length"; it is empty for a node and a single edge.
    """

    name: str
    place: int
    column: str
    node: bool = False
    fold: str = ""
    inner: bool = False


class Shared(Struct, frozen=True):
    """A tabular `let`, computed once: every Shared of one name stands for the same rows."""

    name: str
    source: Plan

    @property
    def schema(self) -> Schema:
        return self.source.schema


Plan: TypeAlias = (
    "Scan | External | Constant | Range | Filter | Project | Summarize | Sort | Take | Sample | Serialize | Join"
    " | Union | MvExpand | MvApply | Outer | Partition | ScanSteps | MakeSeries | TabularCall | Shared"
)


class Program(Struct, frozen=True):
    """A whole query text, bound: its result, its notes to the user, and how to draw it.

    A text with several results (statements, `fork`, `facet`) is the program of the last one; the others stand in
    `others`, in the order of the text.

    Args:
        result: The plan of the last tabular statement.
        notes: Remarks for stderr (typographic quotes read as quotes, a table without evidence ...).
        render: The `render` operator's kind and properties, or None.
        sorted: True when the result's order is defined.
        uses_now: True when the answer depends on the clock (`now()`, `ago()`).
        others: The results before the last one, each without notes of its own.
        name: What the query calls this result (`fork name = (...)`, `as name`); empty when it does not.
        options: Limits that the query `set`s, by Kusto's names: numbers, timespans in ticks, and flags.
    """

    result: Plan
    notes: tuple[str, ...] = ()
    render: tuple[str, tuple[tuple[str, Any], ...]] | None = None
    sorted: bool = False
    uses_now: bool = False
    others: tuple[Program, ...] = ()
    name: str = ""
    options: Mapping[str, int] = field(default_factory=dict)
