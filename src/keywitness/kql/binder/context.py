"""What every part of the binder works with: the query's surroundings, its scopes, and rows on the way."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TypeAlias

from keywitness.kql import syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.sketches import Sketches
from keywitness.kql.catalog import Catalog, StoredFunction
from keywitness.kql.parser import parse_function
from keywitness.kql.plan import ColumnRef, Literal, Plan, Scalar
from keywitness.model.schema import Column, KqlType, Schema


@dataclass(frozen=True)  # no slots: wide tables' columns are looked at many times, so they are worked out once
class Rows:
    """Rows at one point of a pipeline.

    Args:
        plan: How they come about.
        origin: The table they come from, for messages; empty when there are several or none.
        ordered: Their order is defined (sort, top, serialize ...): window functions may run.
        sorted: The user asked for the order, so the result keeps it.
        steps: How many operators they passed.
        label: What `union withsource` calls these rows; empty when they have no name of their own.
    """

    plan: Plan
    origin: str = ""
    ordered: bool = False
    sorted: bool = False
    label: str = ""
    steps: int = 0

    @cached_property
    def schema(self) -> Schema:
        """The columns."""
        return self.plan.schema

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """The columns by name."""
        return {c.name: c for c in self.schema}

    def over(self, node: Plan) -> Rows:
        """The same rows, one operator later, in the same order."""
        return replace(self, plan=node, label="")

    def unordered(self, node: Plan, origin: str = "") -> Rows:
        """New rows without an order."""
        return Rows(node, origin)


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph at one point of a pipeline: two tables, and what of them is a property.

    Args:
        edges: The properties of the edges, and `$edge` (a number), `$from` and `$to` (numbers of nodes).
        nodes: The properties of the nodes, and `$node` (a number), `$id`, `$in` and `$out` (edges that end and begin).
        ends: The columns of the edges with the ids of source and target.
        edge_properties: The columns that a query may name of an edge.
        node_properties: The same of a node.
        clashes: Names that node tables have in several types: no node has such a property.
        steps: How many operators the rows behind it passed.
    """

    edges: Plan
    nodes: Plan
    ends: tuple[ColumnRef, ColumnRef]
    edge_properties: Schema
    node_properties: Schema
    clashes: frozenset[str] = frozenset()
    steps: int = 0


@dataclass(frozen=True, slots=True)
class ScalarValue:
    """A scalar `let` or argument. `per_row` when it reads columns of the caller's rows."""

    value: Scalar
    per_row: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A tabular `let`, `as` or argument."""

    rows: Rows


@dataclass(frozen=True, slots=True)
class UserFunction:
    """A function of the query with the scope of its definition, or one that the case keeps (`stored`)."""

    definition: syntax.Lambda
    scope: Scope
    stored: StoredFunction | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A `declare pattern`, with the scope of its definition."""

    definition: syntax.DeclarePattern
    scope: Scope


@dataclass(frozen=True, slots=True)
class Place:
    """A database, cluster or workspace by its name in the query: here it is the case. Empty: the one in scope."""

    label: str


@dataclass(frozen=True, slots=True)
class EntityGroup:
    """The members of an `entity_group`, as written."""

    members: tuple[syntax.Expression, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name whose value was refused: `Scope.find` refuses it in silence."""


Entity: TypeAlias = "ScalarValue | Table | Graph | UserFunction | Pattern | Place | EntityGroup | Unknown"


class Scope:
    """Names that `let` defined, inner over outer.

    `tables` are the patterns of the tables and functions of the case that may be named, None for all; `hidden` are
    names that an earlier `restrict access to` took away.
    """

    __slots__ = ("_names", "_own", "hidden", "tables")

    def __init__(self, names: dict[str, Entity] | None = None) -> None:
        self._names = dict(names or {})
        self._own: set[str] = set()
        self.tables: tuple[str, ...] | None = None
        self.hidden: frozenset[str] = frozenset()

    def find(self, name: str) -> Entity | None:
        """What the name stands for, or None.

        Raises:
            RefusedError: Without a diagnostic, if its value was refused.
        """
        entity = self._names.get(name)
        if isinstance(entity, Unknown):
            raise diagnostics.RefusedError
        return entity

    def define(self, name: str, entity: Entity) -> None:
        """Set a name from here on."""
        self._names[name] = entity
        self._own.add(name)

    def declared(self, name: str) -> bool:
        """True when the name was set in this very scope; names of outer scopes may be hidden."""
        return name in self._own

    def inner(self) -> Scope:
        """A scope that begins with all of these names; also the snapshot that a function keeps."""
        scope = Scope(self._names)
        scope.tables, scope.hidden = self.tables, self.hidden
        return scope

    def restrict(self, kept: Iterable[str], tables: tuple[str, ...]) -> None:
        """`restrict access to`: of tables and functions only these stay; values stay all."""
        kept = set(kept)
        gone = {n for n, e in self._names.items() if isinstance(e, Table | UserFunction | Pattern) and n not in kept}
        self._names = {n: e for n, e in self._names.items() if n not in gone}
        self.tables, self.hidden = tables, self.hidden | gone

    def shows(self, table: str) -> bool:
        """True when a table or function of the case may be named."""
        return self.tables is None or any(fits(table, pattern) for pattern in self.tables)

    def items(self) -> Iterator[tuple[str, Entity]]:
        """Names and what they stand for."""
        return iter(self._names.items())

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


@dataclass(slots=True)
class Context:
    """One query being bound.

    Args:
        catalog: The tables of the case.
        now_ticks: What `now()` returns.
        probe: Runs a plan now and gives its rows in physical form; None where there is no engine.
        notes: Remarks for the user, in order.
        render: The last `render` seen.
        uses_now: The query asked what time it is.
        sketches: What `hll()` and `tdigest()` gave, and where.
        options: What the query `set`s of its request (see `requests.PROPERTIES`).
        bins: What the query `set`s for bin_auto() (see `requests.BINS`).
        bind_entity: Binds an expression that may be a scalar, a table or a function. (This and the next three are
            set by `statements`: expressions hold tables and tables hold expressions.)
        bind_table: Binds an expression that must be a table.
        bind_operators: Binds operators over given rows (also the bodies of mv-apply and partition).
        unsure: Names that an operator refused before may have made columns of: whoever names one is refused in silence.
        call_user: Calls a function of the query with the caller's columns and, for `invoke`, the piped rows.
        allow_files: `externaldata` may read files that are not evidence.
        places: The database, cluster or workspace under which each table of the case was named, empty for none.
        aliases: Names of `alias database`, with what they stand for.
        calling: The functions of the case that are being bound, outermost first.
    """

    catalog: Catalog
    now_ticks: int
    bind_entity: Callable[[Context, Scope, syntax.Node], Entity]
    bind_table: Callable[[Context, Scope, syntax.Node], Rows]
    bind_operators: Callable[[Context, Scope, Rows, tuple[syntax.Operator, ...]], Rows]
    call_user: Callable[[Context, Scope, UserFunction, syntax.Call, Rows | None, Rows | None], Entity]
    probe: Callable[[Plan], Sequence[tuple[object, ...]]] | None = None
    notes: list[str] = field(default_factory=list)
    render: tuple[str, tuple[tuple[str, object], ...]] | None = None
    uses_now: bool = False
    unsure: frozenset[str] = frozenset()
    sketches: Sketches = field(default_factory=Sketches)
    options: dict[str, int] = field(default_factory=dict)
    bins: dict[str, Literal] = field(default_factory=dict)
    counter: int = 0
    depth: int = 0
    allow_files: bool = False
    places: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    calling: list[str] = field(default_factory=list)

    def find(self, scope: Scope, name: str) -> Entity | None:
        """What a name stands for: a `let` of the query, else a function that the case keeps, else None."""
        entity = scope.find(name)
        if entity is not None or not scope.shows(name):
            return entity
        stored = self.catalog.function(name)
        return UserFunction(_parsed(stored.text), Scope(), stored) if stored is not None else None

    def note(self, text: str) -> None:
        """Add a remark once."""
        if text not in self.notes:
            self.notes.append(text)

    def now(self) -> Literal:
        """What `now()` returns; remembered, because the answer then depends on the clock."""
        self.uses_now = True
        return Literal(self.now_ticks, KqlType.DATETIME)

    def fresh(self, prefix: str) -> str:
        """A name that no query can write, for a column or a shared table between two operators."""
        self.counter += 1
        return f"${prefix}{self.counter}"


@lru_cache(maxsize=512)
def _parsed(text: str) -> syntax.Lambda:
    """A stored function's tree; it was parsed once before it was kept."""
    return parse_function(text)


def fits(name: str, pattern: str) -> bool:
    """True when a name fits a pattern, in which only `*` is special."""
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))


def unknown_column(
    context: Context, rows: Rows, node: syntax.NameRef, others: Sequence[str] = ()
) -> diagnostics.RefusedError:
    """The refusal of a name that the rows do not have, nor a `let` (`others`)."""
    if node.name in context.unsure:
        return diagnostics.RefusedError()
    here = list(rows.schema.visible().names())
    table = context.catalog.schema(rows.origin) if rows.origin else None
    if table is not None and table.find(node.name) is not None:
        return diagnostics.column_left_behind(node.span, node.name, rows.origin, here)
    if context.catalog.schema(node.name) is not None:
        return diagnostics.table_as_column(node.span, node.name)
    whole = table is not None and all(rows.schema.find(c.name) for c in table)
    return diagnostics.unknown_column(node.span, node.name, rows.origin if whole else "", [*here, *others])


def null(type: KqlType) -> Literal:
    """The null of a type; for string, which has none, the empty string."""
    return Literal("" if type is KqlType.STRING else None, type)
