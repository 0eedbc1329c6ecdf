"""Graphs: what `make-graph` makes of rows, what marks their parts, and how they become rows again.

Facts: https://learn.microsoft.com/kusto/query/make-graph-operator, graph-to-table-operator and
graph-mark-components-operator; where these are silent, measurements of Kusto's emulator in the documents of the
MIT-licensed duckdb-kql.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from keywitness.kql import plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.columns import kept
from keywitness.kql.binder.context import Context, Graph, Rows, Scope, Table, null, unknown_column
from keywitness.kql.binder.types import BOOL, DECIMAL, DYNAMIC, LONG, REAL, STRING
from keywitness.model.schema import Column, KqlType, Schema

_NO_KEYS = {DYNAMIC, REAL, DECIMAL}


def expected(value: Rows | Graph, span: syntax.Span, name: str) -> Graph:
    """The graph that an operator needs.

    Raises:
        RefusedError: If it is given rows.
    """
    if isinstance(value, Rows):
        raise diagnostics.graph_expected(span, name)
    return value


# ---------------------------------------------------------------- make-graph


@dataclass(frozen=True, slots=True)
class _Nodes:
    """A table of nodes: its rows with a number, and the column with the id."""

    rows: Rows
    key: plan.ColumnRef
    part: plan.ColumnRef | None

    def ids(self) -> plan.Plan:
        """What the numbering of the nodes needs of it."""
        return _renamed(self.rows.plan, row=plan.ColumnRef("$row", LONG), id=self.key, part=self.part)


def graph_of(context: Context, scope: Scope, rows: Rows, node: syntax.MakeGraph) -> Graph:
    """The graph of edges and node tables; with `partitioned-by` those of all values side by side.

    Raises:
        RefusedError: If an id is missing or of another type than the others.
    """
    if not node.directed:
        raise diagnostics.not_supported(node.source.span, "a graph without directions", "Kusto has it switched off")
    ends = (_key(context, rows, node.source), _key(context, rows, node.target))
    type = ends[0].type
    _same(type, ends[1].type, node.target)
    part = _key(context, rows, node.partition) if node.partition else None
    edges = _frozen(context, rows)
    tables = [_nodes(context, scope, table, type, node.partition, part) for table in node.nodes]
    row = plan.ColumnRef("$row", LONG)
    inputs = (
        _renamed(edges.plan, edge=row, source=ends[0], target=ends[1], part=part),
        *(table.ids() for table in tables),
    )
    numbered = _called(context, "graphs_edges", inputs, Schema(Column(n, LONG) for n in ("$edge", "$from", "$to")))
    properties = rows.schema.visible()
    joined = plan.Join(
        "inner",
        edges.plan,
        numbered,
        (row,),
        (plan.ColumnRef("$edge", LONG),),
        (
            *(plan.JoinColumn(c.name, "left", c.name, c.type) for c in properties),
            *(plan.JoinColumn(c.name, "right", c.name, c.type) for c in numbered.schema),
        ),
    )
    nodes, named, clashes = _all_nodes(context, inputs, tables, type, node.node_id)
    return Graph(joined, nodes, ends, properties, named, clashes, max([rows.steps, *(t.rows.steps for t in tables)]))


def _key(context: Context, rows: Rows, node: syntax.NameRef) -> plan.ColumnRef:
    column = rows.schema.find(node.name)
    if column is None:
        raise unknown_column(context, rows, node)
    if column.type in _NO_KEYS:
        help = "convert it, for instance with tostring(), before make-graph"
        raise diagnostics.bad_value(node.span, f"an id cannot be {column.type}", help)
    return plan.ColumnRef(column.name, column.type)


def _same(type: KqlType, other: KqlType, node: syntax.NameRef) -> None:
    if other is not type:
        help = "convert one of them before make-graph"
        raise diagnostics.bad_value(node.span, f"ids of types {type} and {other} do not go together", help)


def _nodes(
    context: Context,
    scope: Scope,
    table: syntax.NodeTable,
    type: KqlType,
    partition: syntax.NameRef | None,
    part: plan.ColumnRef | None,
) -> _Nodes:
    rows = context.bind_table(context, scope, table.table)
    key = _key(context, rows, table.key)
    _same(type, key.type, table.key)
    own_part = _key(context, rows, partition) if partition else None
    if part and own_part and partition:
        _same(part.type, own_part.type, partition)
    return _Nodes(_frozen(context, rows), key, own_part)


def _frozen(context: Context, rows: Rows) -> Rows:
    """The rows, numbered once and for all: every use of them sees the same numbers."""
    number = plan.WindowCall("row_number", (plan.Literal(1, LONG), plan.Literal(False, BOOL)), LONG)
    columns = (*(kept(c) for c in rows.schema.visible()), plan.Named("$row", number))
    return rows.over(plan.Shared(context.fresh("rows"), plan.Project(plan.Serialize(rows.plan), columns)))


def _renamed(rows: plan.Plan, /, **columns: plan.ColumnRef | None) -> plan.Plan:
    return plan.Project(rows, tuple(plan.Named(name, value) for name, value in columns.items() if value))


def _called(context: Context, kernel: str, sources: Sequence[plan.Plan], schema: Schema, **options: str) -> plan.Shared:
    """What a kernel makes of tables, computed once."""
    call = plan.TabularCall(kernel, tuple(sources), tuple(options.items()), schema)
    return plan.Shared(context.fresh("graph"), call)


def _all_nodes(
    context: Context,
    inputs: Sequence[plan.Plan],
    tables: Sequence[_Nodes],
    type: KqlType,
    node_id: syntax.NameRef | None,
) -> tuple[plan.Plan, Schema, frozenset[str]]:
    """Every node, its properties, and the names that no node has because their types differ."""
    rows = [Column(f"$row{i}", LONG) for i in range(len(tables))]
    own = [Column("$node", LONG), Column("$id", type), Column("$in", LONG), Column("$out", LONG)]
    nodes: plan.Plan = _called(context, "graphs_nodes", inputs, Schema([*own, *rows]))
    for i, table in enumerate(tables):
        columns = [plan.JoinColumn(c.name, "left", c.name, c.type) for c in nodes.schema]
        columns += [
            plan.JoinColumn(_of_table(i, c.name), "right", c.name, c.type)
            for c in table.rows.schema
            if c.name != "$row"
        ]
        keys = (plan.ColumnRef(rows[i].name, LONG),), (plan.ColumnRef("$row", LONG),)
        nodes = plan.Join("leftouter", nodes, table.rows.plan, *keys, tuple(columns))
    properties, clashes = _properties(tables, plan.ColumnRef("$id", type))
    if node_id:
        properties = (plan.Named(node_id.name, plan.ColumnRef("$id", type)),)
    return (
        plan.Project(nodes, (*properties, *(kept(c) for c in own))),
        Schema(Column(p.name, p.value.type) for p in properties),
        clashes,
    )


def _of_table(place: int, name: str) -> str:
    return f"${place}.{name}"


def _properties(tables: Sequence[_Nodes], id: plan.ColumnRef) -> tuple[tuple[plan.Named, ...], frozenset[str]]:
    """The columns of all node tables; a node that only edges name has its id under each key."""
    types: dict[str, set[KqlType]] = {}
    for table in tables:
        for column in table.rows.schema:
            if column.name != "$row":
                types.setdefault(column.name, set()).add(column.type)
    clashes = frozenset(name for name, found in types.items() if len(found) > 1)
    named = [plan.Named(n, _property(tables, id, n, t.pop())) for n, t in types.items() if n not in clashes]
    return tuple(named), clashes


def _property(tables: Sequence[_Nodes], id: plan.ColumnRef, name: str, type: KqlType) -> plan.Scalar:
    """The value in the table that the node has a row in."""
    values: list[plan.Scalar] = []
    for i, table in enumerate(tables):
        known = table.rows.schema.find(name) is not None
        own = plan.ColumnRef(_of_table(i, name), type) if known else null(type)
        values.append(id if table.key.name == name else own)
    if len(tables) == 1 or all(v == id for v in values):
        return values[0]
    has_row = [plan.Call("isnotnull", (plan.ColumnRef(f"$row{i}", LONG),), BOOL) for i in range(len(tables))]
    branches = [part for pair in zip(has_row, values, strict=True) for part in pair]
    return plan.Call("case", (*branches, id if id in values else null(type)), type)


# ---------------------------------------------------------------- graph-mark-components


def bind_mark_components(context: Context, scope: Scope, graph: Graph, node: syntax.GraphMarkComponents) -> Graph:
    """`graph-mark-components`: the graph, each node with the number of its component."""
    name = node.name.name if node.name else "ComponentId"
    if graph.node_properties.find(name) is not None or name in graph.clashes:
        raise diagnostics.already_named(node.name.span if node.name else node.span, name)
    number = plan.ColumnRef("$node", LONG)
    inputs = [plan.Project(graph.edges, tuple(plan.Named(n, plan.ColumnRef(n, LONG)) for n in ("$from", "$to")))]
    inputs.append(plan.Project(graph.nodes, (plan.Named("$node", number),)))
    schema = Schema([Column("$node", LONG), Column("$component", LONG)])
    found = _called(context, "graphs_components", inputs, schema, kind=node.kind)
    columns = [plan.JoinColumn(c.name, "left", c.name, c.type) for c in graph.nodes.schema]
    place = len(graph.node_properties)
    columns.insert(place, plan.JoinColumn(name, "right", "$component", LONG))
    nodes = plan.Join("inner", graph.nodes, found, (number,), (number,), tuple(columns))
    return replace(graph, nodes=nodes, node_properties=Schema([*graph.node_properties, Column(name, LONG)]))


# ---------------------------------------------------------------- graph-to-table


def bind_to_table(context: Context, scope: Scope, graph: Graph, node: syntax.GraphToTable) -> Rows:
    """`graph-to-table`: the nodes or the edges as rows."""
    if len(node.exports) > 1:
        help = "it gives several tables: it can only be the last operator of a statement"
        raise diagnostics.not_supported(node.span, "'graph-to-table nodes, edges'", help)
    return next(exports(scope, graph, node))


def exports(scope: Scope, graph: Graph, node: syntax.GraphToTable) -> Iterator[Rows]:
    """The tables that `graph-to-table` gives, under their names."""
    for export in node.exports:
        if export.name is None and len(node.exports) > 1:
            help = "graph-to-table nodes as N, edges as E"
            raise diagnostics.bad_value(export.span, "of several tables each needs a name", help)
        rows = Rows(_exported(graph, export), steps=graph.steps)
        if export.name is not None:
            rows = replace(rows, label=export.name.name)
            scope.define(export.name.name, Table(rows))
        yield rows


def _exported(graph: Graph, export: syntax.GraphExport) -> plan.Plan:
    """The hashes of the ids that are asked for, then the properties, in the order in which they came."""
    if export.what == "nodes":
        _refuse_no_properties(graph, export)
        source, properties, order = graph.nodes, graph.node_properties, "$node"
        id = next(plan.ColumnRef(c.name, c.type) for c in graph.nodes.schema if c.name == "$id")
        asked: list[tuple[syntax.NameRef | None, plan.ColumnRef]] = [(export.node_id, id)]
    else:
        source, properties, order = graph.edges, graph.edge_properties, "$edge"
        asked = [(export.source_id, graph.ends[0]), (export.target_id, graph.ends[1])]
    columns: list[plan.Named] = []
    for name, value in asked:
        if name is not None:
            if properties.find(name.name) is not None or name.name in (c.name for c in columns):
                raise diagnostics.already_named(name.span, name.name)
            columns.append(plan.Named(name.name, _hash(value)))
    key = plan.SortKey(plan.ColumnRef(order, LONG), descending=False, nulls_first=True)
    return plan.Project(plan.Sort(source, (key,)), (*columns, *(kept(c) for c in properties)))


def _refuse_no_properties(graph: Graph, export: syntax.GraphExport) -> None:
    if graph.clashes:
        names = ", ".join(sorted(graph.clashes))
        help = "give the columns of one type, or rename one, before make-graph"
        raise diagnostics.bad_value(export.span, f"the node tables have several types of {names}", help)
    if not graph.node_properties:
        help = "name their id: make-graph Source --> Target with_node_id=Id"
        raise diagnostics.bad_value(export.span, "the nodes of this graph have no properties", help)


def _hash(id: plan.ColumnRef) -> plan.Scalar:
    """Kusto's number for a node: hash() of its id, a null id counting as an empty string."""
    value = plan.Call("hash", (id,), LONG)
    if id.type is STRING:
        return value
    return plan.Call("coalesce", (value, plan.Call("hash", (plan.Literal("", STRING),), LONG)), LONG)
