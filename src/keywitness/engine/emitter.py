"""Bound plan -> one SELECT: a method per plan node, each giving a `Step`.

Names of the user never reach SQL: column `i` of a node is called `c<i>` (see `Step`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from sqlglot import exp

from keywitness.engine import aggregation, expansion, joining, partitions, scanning, series, sql, windows
from keywitness.engine.documents import Documents
from keywitness.engine.engine import Source
from keywitness.engine.lowering import predicates, scalars
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey, Step
from keywitness.kql import plan
from keywitness.kql.rewrite.tree import everything
from keywitness.model.schema import KqlType, Schema

#: `range` makes at most this many rows: more would be a slip that fills the memory.
LARGEST_RANGE = 10_000_000


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a tabular kernel, or a table that feeds one, cuts the plan: its rows are a table, computed first.

    Args:
        table: The table's name; its columns are `c<i>`, and `PLACE` for the order of the rows.
        node: What to compute.
    """

    PLACE: ClassVar[str] = "place"
    table: str
    node: plan.TabularCall | plan.Shared

    @property
    def sources(self) -> tuple[plan.Plan, ...]:
        """What is run first."""
        return self.node.sources if isinstance(self.node, plan.TabularCall) else (self.node.source,)


class Emitter:
    """Emits one program.

    Args:
        source: Where the tables are.
        held: Shared tables that are computed before the query, because a kernel reads them, too.
    """

    def __init__(self, source: Source, held: frozenset[str] = frozenset()) -> None:
        self.source = source
        self.held = held
        self.shared: dict[str, tuple[str, Step]] = {}
        self.outer: list[Step] = []
        self.ctes: list[exp.CTE] = []
        self.cuts: list[Cut] = []
        self.documents = Documents()
        self.recursive = False
        #: Files to be read, by the name of the table that their records become.
        self.external: dict[str, plan.External] = {}
        self._names = 0

    def name(self, stem: str = "t") -> str:
        """A fresh name for a subquery."""
        self._names += 1
        return f"{stem}{self._names}"

    def query(self, node: plan.Plan) -> exp.Select:
        """The whole query, with the row order and the shared tables in front."""
        step = self.emit(node)
        select = step.select(ordered=True)
        if self.ctes:
            select.set("with_", exp.With(expressions=self.ctes, recursive=self.recursive))
        return select

    def emit(self, node: plan.Plan) -> Step:
        """The step of any plan node."""
        match node:
            case plan.Scan():
                return self._scan(node)
            case plan.External():
                return self._external(node)
            case plan.Constant():
                return self._constant(node)
            case plan.Range():
                return self._range(node)
            case plan.Filter():
                return self._filter(node)
            case plan.Project():
                return self._project(node)
            case plan.Summarize():
                return aggregation.summarize(self, node)
            case plan.Sort():
                return self._sort(node)
            case plan.Take():
                return self._take(node)
            case plan.Sample():
                return self._sample(node)
            case plan.Serialize():
                return self.serialized(self.emit(node.source))
            case plan.Join():
                return joining.join(self, node)
            case plan.Union():
                return self._union(node)
            case plan.MvExpand():
                return expansion.mv_expand(self, node)
            case plan.MvApply():
                return expansion.mv_apply(self, node)
            case plan.Outer():
                return self.outer[-1]
            case plan.Partition():
                return partitions.partition(self, node)
            case plan.ScanSteps():
                return scanning.scan(self, node)
            case plan.MakeSeries():
                return series.make_series(self, node)
            case plan.TabularCall():
                return self._cut(node)
            case plan.Shared():
                return self._shared(node)
        raise cannot(f"the operator {type(node).__name__} is not built yet")

    def nested(self, step: Step, *, ordered: bool = False, limit: Expr | None = None) -> Step:
        """The step behind a subquery."""
        return step.nested(self.name(), ordered=ordered, limit=limit)

    def lower(self, scalar: plan.Scalar, step: Step) -> Expr:
        """A scalar over the columns of a step."""
        return scalars.lower(self, scalar, step)

    def constant(self, scalar: plan.Scalar) -> Expr:
        """A scalar that looks at no column."""
        return scalars.lower(self, scalar, Step(None, Schema(), ()))

    # ------------------------------------------------------------ leaves

    def _scan(self, node: plan.Scan) -> Step:
        try:
            relation = self.source.relation(node.table)
        except KeyError:
            return self.empty(node.schema)
        columns = relation.columns
        outputs = [sql.raw(columns[c.name]) if c.name in columns else sql.literal(None, c.type) for c in node.schema]
        for i, column in enumerate(node.schema):
            if column.name in relation.members:
                outputs[i] = self.documents.declared(outputs[i], relation.members[column.name])
        return Step(exp.Table(this=sql.raw(relation.sql)), node.schema, tuple(outputs))

    def _external(self, node: plan.External) -> Step:
        name = next((n for n, known in self.external.items() if known == node), "") or self.name("kw_file")
        self.external[name] = node
        table = exp.Table(this=exp.Identifier(this=name, quoted=False))
        return Step(table, node.schema, tuple(sql.column(f"c{i}", name) for i in range(len(node.schema))))

    def empty(self, schema: Schema) -> Step:
        """No rows of a schema."""
        return Step(None, schema, tuple(sql.literal(None, c.type) for c in schema), where=(sql.false(),))

    def _cut(self, node: plan.TabularCall | plan.Shared) -> Step:
        """The rows as a table that the engine fills before the query runs."""
        if self.outer:
            name = node.function if isinstance(node, plan.TabularCall) else "a graph or a shared table"
            raise cannot(f"{name} inside of partition or mv-apply", "use it over the whole table")
        cut = Cut(f"k{len(self.cuts)}", node)
        self.cuts.append(cut)
        outputs = tuple(sql.column(f"c{i}", cut.table) for i in range(len(node.schema)))
        order = (OrderKey(sql.column(Cut.PLACE, cut.table)),)
        return Step(exp.Table(this=exp.Identifier(this=cut.table, quoted=False)), node.schema, outputs, order=order)

    def _constant(self, node: plan.Constant) -> Step:
        if not node.rows:
            return self.empty(node.schema)
        if len(node.rows) == 1:
            cells = zip(node.rows[0], node.schema, strict=True)
            return Step(None, node.schema, tuple(sql.literal(value, c.type) for value, c in cells))
        name = self.name("v")
        tuples = [
            exp.Tuple(
                expressions=[_bare(value, c.type) for value, c in zip(row, node.schema, strict=True)] + [sql.number(i)]
            )
            for i, row in enumerate(node.rows)
        ]
        heads = [exp.Identifier(this=f"v{i}", quoted=False) for i in range(len(node.schema) + 1)]
        alias = exp.TableAlias(this=exp.Identifier(this=name, quoted=False), columns=heads)
        values = exp.Values(expressions=tuples, alias=alias)
        outputs = tuple(sql.cast(sql.column(f"v{i}", name), c.type) for i, c in enumerate(node.schema))
        order = OrderKey(sql.column(f"v{len(node.schema)}", name))
        return self.nested(Step(values, node.schema, outputs, order=(order,)))

    def _range(self, node: plan.Range) -> Step:
        kind = node.schema[0].type
        ends = [self.constant(value) for value in (node.start, node.stop, node.step)]
        bounds = exp.Select(expressions=[sql.alias(value, letter) for value, letter in zip(ends, "abs", strict=True)])
        count = sql.call(
            "kw_real_range_count" if kind in (KqlType.REAL, KqlType.DECIMAL) else "kw_range_count",
            *(sql.column(letter) for letter in "abs"),
            sql.number(LARGEST_RANGE),
        )
        name, counter = self.name("r"), self.name("n")
        unnest = exp.Select(
            expressions=[
                sql.column("a"),
                sql.column("s"),
                sql.alias(sql.call("unnest", sql.call("range", count)), "i"),
            ],
            from_=exp.From(this=sql.subquery(bounds, name)),
        )
        value = sql.binary(exp.Add, sql.column("a"), sql.binary(exp.Mul, sql.column("i"), sql.column("s")))
        return self.nested(
            Step(
                sql.subquery(unnest, counter), node.schema, (sql.cast(value, kind),), order=(OrderKey(sql.column("i")),)
            )
        )

    # ------------------------------------------------------------ one source

    def _filter(self, node: plan.Filter) -> Step:
        pushed = joining.pushed(node)
        if pushed is not node:
            return self.emit(pushed)
        step = self.emit(node.source)
        if windows.contains_window(node.predicate):
            return self._filter_by_window(node, step)
        predicate = predicates.lower_predicate(self, node.predicate, step)
        if not step.is_plain():
            step = self.nested(step)
            predicate = predicates.lower_predicate(self, node.predicate, step)
        return replace(step, where=(*step.where, predicate))

    def _filter_by_window(self, node: plan.Filter, step: Step) -> Step:
        (predicate,), wide = windows.hoist(self, [node.predicate], step)
        judged = predicates.lower_predicate(self, predicate, wide)
        width = len(node.schema)
        return replace(wide, schema=node.schema, outputs=wide.outputs[:width], where=(*wide.where, judged))

    def _project(self, node: plan.Project) -> Step:
        step = self.emit(node.source)
        values = tuple(c.value for c in node.columns)
        if any(windows.contains_window(value) for value in values):
            values, step = windows.hoist(self, values, step)
        elif not step.is_plain():
            step = self.nested(step)
        outputs = tuple(self.lower(value, step) for value in values)
        return replace(step, schema=node.schema, outputs=outputs)

    def serialized(self, step: Step) -> Step:
        """The same rows with their order frozen into a number."""
        keys = exp.Order(expressions=[key.ordered() for key in step.order]) if step.order else None
        number = exp.Window(this=sql.call("row_number"), order=keys)
        return self.nested(replace(step, order=(OrderKey(number, unique=True),), defined=True))

    def _sort(self, node: plan.Sort) -> Step:
        step = self.emit(node.source)
        if not step.is_plain():
            step = self.nested(step)
        keys = [key for k in node.keys for key in self._order_keys(k, step)]
        return replace(step, order=(*keys, *step.order), defined=True)

    def _order_keys(self, key: plan.SortKey, step: Step) -> tuple[OrderKey, ...]:
        """A key, behind another one where NaN has to stand beside the nulls: DuckDB takes it for the largest real."""
        value = self.lower(key.value, step)
        plain = OrderKey(value, key.descending, key.nulls_first)
        if key.value.type is not KqlType.REAL or key.descending == key.nulls_first:
            return (plain,)
        not_a_number = OrderKey(sql.call("isnan", value.copy()), not key.descending, key.nulls_first)
        return (not_a_number, plain)

    def _take(self, node: plan.Take) -> Step:
        step = self.emit(node.source)
        return self.nested(step, ordered=True, limit=self.row_count(node.count))

    def _sample(self, node: plan.Sample) -> Step:
        step = self.emit(node.source)
        shuffled = replace(step, order=(OrderKey(sql.call("random")),))
        return replace(self.nested(shuffled, ordered=True, limit=self.row_count(node.count)), order=())

    def row_count(self, count: plan.Scalar) -> Expr:
        """A LIMIT: a constant when it is one, else a scalar subquery."""
        if isinstance(count, plan.Literal) and count.value is not None:
            return exp.Literal.number(max(0, int(count.value)))
        value = sql.call("greatest", sql.number(0), sql.call("coalesce", self.constant(count), sql.number(0)))
        return exp.Subquery(this=exp.Select(expressions=[value]))

    # ------------------------------------------------------------ several sources

    def _union(self, node: plan.Union) -> Step:
        if not node.sources:
            return self.empty(node.schema)
        steps = [self.emit(part) for part in node.sources]
        repeatable = not any(_holds(part, (plan.Scan, plan.External)) for part in node.sources)
        selects = [_part(step, place if repeatable else None) for place, step in enumerate(steps)]
        query: exp.Query = selects[0]
        for select in selects[1:]:
            query = exp.Union(this=query, expression=select, distinct=False)
        name = self.name("u")
        outputs = tuple(sql.column(f"c{i}", name) for i in range(len(node.schema)))
        order = tuple(OrderKey(sql.column(f"o{i}", name)) for i in range(2)) if repeatable else ()
        return Step(sql.subquery(query, name), node.schema, outputs, order=order)

    def _shared(self, node: plan.Shared) -> Step:
        if node.name in self.held:
            return self._cut(node)
        if node.name not in self.shared:
            inner = self.emit(node.source)
            name = f"s{len(self.shared)}"
            self.shared[node.name] = (name, inner)
            alias = exp.TableAlias(this=exp.Identifier(this=name, quoted=False))
            self.ctes.append(exp.CTE(this=inner.select(with_order=True), alias=alias, materialized=True))
        name, inner = self.shared[node.name]
        use = self.name("w")
        return Step(
            exp.Table(
                this=exp.Identifier(this=name, quoted=False),
                alias=exp.TableAlias(this=exp.Identifier(this=use, quoted=False)),
            ),
            node.schema,
            tuple(sql.column(f"c{i}", use) for i in range(len(inner.outputs))),
            order=tuple(replace(k, value=sql.column(f"o{i}", use)) for i, k in enumerate(inner.order)),
            defined=inner.defined,
        )


def _part(step: Step, place: int | None) -> exp.Select:
    """One source of a union, with its place and the row's place in it where the rows are to stay in order."""
    select = replace(step, order=()).select()
    if place is not None:
        order = exp.Order(expressions=[key.ordered() for key in step.order]) if step.order else None
        number = exp.Window(this=sql.call("row_number"), order=order)
        select.append("expressions", sql.alias(sql.number(place), "o0"))
        select.append("expressions", sql.alias(number, "o1"))
    return select


def reads_rows(node: plan.Plan) -> bool:
    """True when there may be many rows: of the evidence, of a range, of expanded arrays."""
    return _holds(node, (plan.Scan, plan.External, plan.Range, plan.MvExpand, plan.MvApply, plan.TabularCall))


def feeding_kernels(node: plan.Plan) -> frozenset[str]:
    """The shared tables that a kernel reads: the same rows for it as for the rest of the query."""
    calls = [n for n in everything(node) if isinstance(n, plan.TabularCall)]
    return frozenset(n.name for call in calls for n in everything(call) if isinstance(n, plan.Shared))


def _holds(node: plan.Plan, kinds: tuple[type, ...]) -> bool:
    if isinstance(node, kinds):
        return True
    sides = (getattr(node, side, None) for side in ("source", "left", "right"))
    return any(_holds(s, kinds) for s in (*sides, *getattr(node, "sources", ())) if s is not None)


def _bare(value: object, type_: KqlType) -> Expr:
    """A cell of VALUES; the column is cast as a whole afterwards."""
    if value is None:
        return sql.text("") if type_ is KqlType.STRING else sql.null()
    if type_ in (KqlType.INT, KqlType.LONG, KqlType.DATETIME, KqlType.TIMESPAN):
        return sql.number(int(value))  # type: ignore[call-overload]
    if type_ in (KqlType.REAL, KqlType.DECIMAL):
        return sql.text(repr(value) if isinstance(value, float) else str(value))
    return sql.literal(value, type_)
