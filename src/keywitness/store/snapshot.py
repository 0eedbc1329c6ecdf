"""A case at one ledger position, as the query engine sees it: what tables there are, and how to read them.

A snapshot never changes and needs no lock: segments are immutable, and a file that a later commit replaces stays on
disk until no reader can need it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from keywitness.errors import CaseDamagedError
from keywitness.kql.catalog import StoredFunction, Watchlist, function_text, own_function
from keywitness.kql.literals import parse_datetime
from keywitness.kql.plan import File
from keywitness.model import content
from keywitness.model.schema import ROW_COLUMN, Column, KqlType, Schema
from keywitness.model.tables import AUDIT_TABLE, AUDIT_VIEW, known_table, known_tables
from keywitness.store.auditlogs import audit_relation
from keywitness.store.layout import Layout
from keywitness.store.ledger import CopiedTable, EvidenceEntry, Ledger, ReadCopy, Segment
from keywitness.store.relation import Relation
from keywitness.store.segments import default_sql, literal, operand, quoted, sql_type
from keywitness.store.sqltext import as_json, as_text
from keywitness.store.state import PLACE_COLUMNS, CaseState, replay

if TYPE_CHECKING:
    import duckdb

_ROW_SQL = "('E' || _evidence || ':' || _offset)"

#: A name that came with several types is read as the first of these that holds all of them exactly, else as string.
_WIDENING: tuple[tuple[frozenset[str], KqlType], ...] = (
    (frozenset({"int", "long"}), KqlType.LONG),
    (frozenset({"int", "real"}), KqlType.REAL),
    (frozenset({"guid", "string"}), KqlType.STRING),
)


@dataclass(frozen=True)
class Snapshot:
    """An immutable view of a case; a `kql.catalog.Catalog` and the engine's source of relations.

    Args:
        layout: The case folder.
        state: What the ledger adds up to.
    """

    layout: Layout
    state: CaseState

    def schema(self, table: str) -> Schema | None:
        """Documented columns in documented order, then the columns that evidence brought, then `_Row`."""
        if table not in self._schemas:
            self._schemas[table] = self._schema(table)
        return self._schemas[table]

    def _schema(self, table: str) -> Schema | None:
        known = known_table(table)
        if known is None and not self.has_evidence(table):
            return None
        brought = self._columns(table)
        present = {c.name for c in brought}
        columns = [_shown(c) if c.name in present else c for c in known or ()]
        names = {c.name for c in columns}
        columns += (c for c in brought if c.name not in names)
        return Schema.of((*columns, ROW_COLUMN))

    def has_evidence(self, table: str) -> bool:
        """True when some evidence brought rows for the table."""
        if table == AUDIT_VIEW:
            table = AUDIT_TABLE
        stored = self.state.tables.get(table)
        return stored is not None and stored.rows > 0 and not table.startswith("_")

    def names(self) -> Sequence[str]:
        """Every table that `schema` knows, in alphabetical order."""
        return self._names

    def function(self, name: str) -> StoredFunction | None:
        """The function that the case keeps under the name, else the one that comes with keywitness."""
        kept = self.state.functions.get(name)
        if kept is None:
            return own_function(name)
        return StoredFunction(name, function_text(kept.parameters, kept.body), first_line=0)

    def function_names(self) -> Sequence[str]:
        """Every name that `function` knows, in alphabetical order."""
        return sorted({*self.state.functions, *content.function_names()})

    def watchlist(self, alias: str) -> Watchlist | None:
        """The watchlist that the case keeps under the alias, or None."""
        if alias not in self.state.watchlists:
            return None
        kept, at = self.state.watchlists[alias]
        file = File(str(self.layout.root / kept.file), kept.sha256, name=f"the watchlist {alias}")
        return Watchlist(alias, kept.key, kept.columns, file, parse_datetime(at) or 0)

    def watchlist_aliases(self) -> Sequence[str]:
        """Every alias that `watchlist` knows, in alphabetical order."""
        return sorted(self.state.watchlists)

    def files(self, name: str) -> Sequence[File]:
        """The evidence files that a name may mean: `E3`, a path, or the last parts of one; equal bytes count once."""
        found = [e for e in self.state.evidence.values() if e.complete and _is_called(e, name)]
        return [self._file(entry) for entry in {e.stream_sha256: e for e in reversed(found)}.values()]

    def _file(self, entry: EvidenceEntry) -> File:
        places = (Path(entry.path), Path(self.state.folders.get(entry.number, "")) / entry.path)
        place = next((p for p in places if p.is_file()), places[0])
        return File(str(place), entry.sha256, entry.member, name=f"E{entry.number} {entry.path}")

    def relation(self, table: str) -> Relation:
        """How DuckDB reads a table that `schema` knows."""
        if table not in self._relations:
            self._relations[table] = self._relation(table)
        return self._relations[table]

    def _relation(self, table: str) -> Relation:
        schema = self.schema(table)
        if schema is None:
            raise KeyError(table)
        if table == AUDIT_VIEW:
            stored = self.state.tables.get(AUDIT_TABLE)
            base = self.stored_relation(AUDIT_TABLE, self.schema(AUDIT_TABLE) or Schema())
            return audit_relation(stored.names.columns() if stored else (), base, schema)
        return self.stored_relation(table, schema)

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make a connection ready for this snapshot's relations."""
        # Segments never change, so their footers need to be read once.
        connection.execute("SET parquet_metadata_cache = true")
        for alias, copy in self._copies.items():
            place = literal(str(self.layout.root / copy.file))
            connection.execute(f"ATTACH IF NOT EXISTS {place} AS {alias} (READ_ONLY)")

    def folders(self) -> tuple[str, ...]:
        """The case folder: nothing else is read."""
        return (str(self.layout.root),)

    def stored_relation(self, table: str, schema: Schema) -> Relation:
        """The relation of a physical table, read with the given columns."""
        stored = self.state.tables.get(table)
        segments = list(stored.segments.values()) if stored else []
        disk: dict[str, str] = {}
        by_name: dict[str, list[tuple[str, str]]] = {}
        for (name, type_name), disk_name in (stored.names.disk if stored else {}).items():
            disk[disk_name] = type_name
            by_name.setdefault(name, []).append((type_name, disk_name))
        columns = {c.name: operand(_expression(c, by_name.get(c.name, []))) for c in schema}
        columns[ROW_COLUMN.name] = _ROW_SQL
        return Relation(self._from_item(segments, disk), columns)

    def _from_item(self, segments: Sequence[Segment], disk: Mapping[str, str]) -> str:
        if not segments:
            empty = ", ".join(f"{default_sql(t)} AS {quoted(d)}" for d, t in disk.items())
            places = "CAST(0 AS INTEGER) AS _evidence, CAST(0 AS BIGINT) AS _offset, CAST(0 AS BIGINT) AS _length"
            return f"(SELECT {places}{', ' + empty if empty else ''} WHERE false)"
        groups: dict[frozenset[str], list[Segment]] = {}
        sources: list[tuple[str, frozenset[str]]] = []
        covered: set[str] = set()
        for source, copied in self._copied(segments):
            sources.append((source, frozenset(copied.columns)))
            covered.update(copied.segments)
        for segment in segments:
            if segment.file not in covered:
                groups.setdefault(frozenset(c.disk for c in segment.columns), []).append(segment)
        sources += ((self.read_parquet(members), present) for present, members in groups.items())
        if len(sources) == 1:
            source, present = sources[0]
            if present >= disk.keys():
                return source
        selects = []
        for source, present in sources:
            items = [quoted(c) for c in PLACE_COLUMNS]
            items += (quoted(d) if d in present else f"{default_sql(t)} AS {quoted(d)}" for d, t in disk.items())
            selects.append(f"SELECT {', '.join(items)} FROM {source}")
        return f"({' UNION ALL '.join(selects)})"

    def _copied(self, segments: Sequence[Segment]) -> Iterator[tuple[str, CopiedTable]]:
        """The tables of read copies that stand for some of these segments, with their FROM items."""
        live = {s.file: s.table for s in segments}
        for alias, copy in self._copies.items():
            for copied in copy.tables:
                if copied.table == segments[0].table and all(f in live for f in copied.segments):
                    yield f"{alias}.{copied.name}", copied

    @cached_property
    def _schemas(self) -> dict[str, Schema | None]:
        """What `schema` has answered: every query asks, and the answer is hundreds of columns."""
        return {}

    @cached_property
    def _relations(self) -> dict[str, Relation]:
        return {}

    @cached_property
    def _copies(self) -> dict[str, ReadCopy]:
        """Read copies that are there and that this DuckDB can read, by the name they are attached under."""
        if not self.state.copies:
            return {}
        import duckdb  # start-up time: only cases with copies ask for its version

        usable = {}
        for copy in self.state.copies:
            path = self.layout.root / copy.file
            if _version(copy.duckdb) <= _version(duckdb.__version__) and _size(path) == copy.bytes:
                # The hash in the name: one engine may hold copies of several cases at once.
                usable[f"kw_{copy.sha256[:16]}"] = copy
        return usable

    def read_parquet(self, segments: Sequence[Segment]) -> str:
        """A FROM item over segments of equal columns."""
        files = ", ".join(literal(str(self.layout.root / s.file)) for s in segments)
        return f"read_parquet([{files}], hive_partitioning = false)"

    def _columns(self, table: str) -> list[Column]:
        """The evidence columns of a table, one per name, each with a type that holds all its values."""
        stored = self.state.tables.get(table) if table != AUDIT_VIEW else None
        types: dict[str, set[str]] = {}
        for name, type_name in stored.names.disk if stored else ():
            types.setdefault(name, set()).add(type_name)
        return [Column(name, _widest(found)) for name, found in types.items()]

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted({*known_tables(), *(t for t in self.state.tables if self.has_evidence(t))}))


def open_snapshot(layout: Layout) -> Snapshot:
    """The case as it is now.

    Raises:
        CaseDamagedError: If the ledger is not whole, or a segment is missing or cut.
    """
    entries, head = Ledger(layout.ledger).read()
    state = replay(entries, head)
    refuse_damaged(layout, state)
    return Snapshot(layout, state)


def refuse_damaged(layout: Layout, state: CaseState) -> None:
    """Look whether every segment is there in full length; `verify` also looks at the bytes.

    Raises:
        CaseDamagedError: With the file.
    """
    for segment in state.live_segments():
        found = _size(layout.root / segment.file)
        if found != segment.bytes:
            what = "is missing" if found < 0 else f"has {found:,} bytes; {segment.bytes:,} were written"
            raise CaseDamagedError(
                f"the table {segment.table} is damaged: {segment.file} {what}",
                help="restore the file from a copy of the case folder, or load the evidence into a new case",
                effect="the case was not opened: an answer without these rows could be wrong",
            )


def _shown(column: Column) -> Column:
    """A documented column that evidence brought: `*` means it too, unless it is one of the billing columns."""
    return column if column.name.startswith("_") else Column(column.name, column.type)


def _is_called(entry: EvidenceEntry, name: str) -> bool:
    path = f"{entry.path}/{entry.member}" if entry.member else entry.path
    return name == f"E{entry.number}" or f"/{path}".endswith(f"/{name.lstrip('/')}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())


def _widest(types: set[str]) -> KqlType:
    if len(types) == 1:
        return KqlType(next(iter(types)))
    return next((wide for narrow, wide in _WIDENING if types <= narrow), KqlType.STRING)


def _expression(column: Column, stored: Sequence[tuple[str, str]]) -> str:
    """The SQL of a column from what is on disk under its name."""
    if not stored:
        return default_sql(str(column.type))
    parts = [_read_as(column.type, type_name, quoted(disk)) for type_name, disk in stored]
    if len(parts) == 1:
        return parts[0]
    if column.type is KqlType.STRING:
        # '' is what a row has that came without the column, so it gives way to the other type's value
        parts = [f"nullif({p}, '')" for p in parts] + ["''"]
    return f"coalesce({', '.join(parts)})"


def _read_as(wanted: KqlType, found: str, sql: str) -> str:
    if wanted == found:
        return sql
    if wanted is KqlType.STRING:
        return f"coalesce({as_text(sql, KqlType(found))}, '')"
    if wanted is KqlType.DYNAMIC:
        return as_json(sql, KqlType(found))
    return f"TRY_CAST({sql} AS {sql_type(wanted)})"
