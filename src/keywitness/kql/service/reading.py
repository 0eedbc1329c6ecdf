"""What a query reads: the tables it needs, and of each the columns on which its answer depends."""

from __future__ import annotations

from msgspec.structs import replace

from keywitness.errors import QueryError
from keywitness.kql import binder, plan
from keywitness.kql.binder.diagnostics import RefusedError
from keywitness.kql.catalog import Catalog
from keywitness.kql.diagnostics import refuse
from keywitness.kql.parser import parse
from keywitness.kql.plan import Plan, Scalar
from keywitness.kql.rewrite.prune_columns import prune_columns
from keywitness.kql.rewrite.tree import from_below, scans
from keywitness.kql.service.catalogs import Tables, catalog_of
from keywitness.kql.service.results import TableRead
from keywitness.model.schema import Column, KqlType, Schema

_ROWS = Column("\0rows", KqlType.LONG, hidden=True)


def columns_read(text: str, schema: Tables = None) -> tuple[TableRead, ...]:
    """The tables and columns that a query needs, through `let`, functions, joins and wildcards; in order of name.

    A table of which only the rows count has no columns. Operators whose columns hang together (`mv-expand`, `mv-apply`,
    `make-series`, plugins) read all of theirs.

    Args:
        text: The query.
        schema: The tables that it may name.

    Raises:
        QueryError: If the query is refused, or its columns depend on the rows (`bag_unpack` and `pivot` without their
            columns).

    Example:
        >>> tables = {"T": {"a": "long", "b": "long", "c": "long"}}
        >>> [(r.table, r.columns, r.whole) for r in columns_read("T | where a > 1 | summarize max(b)", tables)]
        [('T', ('a', 'b'), False)]
        >>> [(r.table, r.columns, r.whole) for r in columns_read("T | where a > 1", tables)]
        [('T', ('a',), True)]
    """
    query, catalog = parse(text), catalog_of(schema)
    try:
        program = binder.bind(query, catalog, 0)
    except RefusedError as refused:
        raise _refusal(text, refused) from None
    reads = _Reads(catalog)
    for each in (*program.others, program):
        reads.add(each.result)
    return reads.found()


def _refusal(text: str, refused: RefusedError) -> QueryError:
    return refuse(text, refused.diagnostics)


class _Reads:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._columns: dict[str, set[str]] = {}
        self._whole: set[str] = set()

    def add(self, result: Plan) -> None:
        """What one result reads. Columns that only pass through to it are set aside first."""
        passing = _passing(result)
        chosen = [c for c in result.schema if c.name not in passing]
        kept = tuple(plan.Named(c.name, plan.ColumnRef(c.name, c.type)) for c in chosen)
        one = kept or (plan.Named("one", plan.Literal(1, KqlType.LONG)),)
        for scan in scans(prune_columns(from_below(plan.Project(result, one), _counted))):
            known = self._columns.setdefault(scan.table, set())
            known.update(scan.schema.names())
        self._whole.update(passing.values())

    def found(self) -> tuple[TableRead, ...]:
        """Tables by name, columns in the order of the table."""
        reads = []
        for table, names in sorted(self._columns.items()):
            columns = [c for c in self._catalog.schema(table) or () if c.name in names]
            types = tuple(c.type for c in columns)
            reads.append(TableRead(table, tuple(c.name for c in columns), types, table in self._whole))
        return tuple(reads)


def _counted(node: Plan) -> Plan:
    """A scan with a first column that stands for its rows: pruning keeps it where nothing else is read."""
    return replace(node, schema=Schema((_ROWS, *node.schema))) if isinstance(node, plan.Scan) else node


def _passing(node: Plan) -> dict[str, str]:
    """Columns of the result that are a table's own, carried along because nothing left them out: name to table."""
    match node:
        case plan.Scan(table=table, schema=schema):
            return dict.fromkeys(schema.names(), table)
        case plan.Filter() | plan.Sort() | plan.Take() | plan.Sample() | plan.Serialize() | plan.Shared():
            return _passing(node.source)
        case plan.Project(source=source, columns=columns):
            below = _passing(source)
            kept = {c.name: below[c.name] for c in columns if c.value == _same(c) and c.name in below}
            whole = all(c.name in kept or any(n.name == c.name for n in columns) for c in source.schema.visible())
            return kept if whole else {}
        case plan.Join(left=left, right=right, columns=joined):
            sides = {"left": _passing(left), "right": _passing(right)}
            return {c.name: sides[c.side][c.source_name] for c in joined if c.source_name in sides[c.side]}
        case plan.Union(sources=sources):
            found: dict[str, str] = {}
            for source in sources:
                found.update(_passing(source))
            return found
    return {}


def _same(column: plan.Named) -> Scalar:
    return plan.ColumnRef(column.name, column.value.type)
