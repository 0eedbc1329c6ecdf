"""What the ledger adds up to: the tables and the evidence of a case after its last entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from keywitness.store.ledger import (
    Entry,
    EvidenceEntry,
    KeptFunction,
    KeptWatchlist,
    PassedOver,
    ReadCopy,
    Segment,
    StoredColumn,
)

#: The store's own tables.
REJECTED_TABLE = "_rejected"
DUPLICATES_TABLE = "_duplicates"

#: Names on disk that evidence columns cannot take.
PLACE_COLUMNS = ("_evidence", "_offset", "_length")
PROVENANCE_COLUMNS = (*PLACE_COLUMNS, "_key")


@dataclass(slots=True)
class ColumnNames:
    """Disk names of one table's columns, unique without regard to case, the same in every segment.

    DuckDB and Spark compare names without case and Kusto with case, so `a` and `A` must differ on disk by more than
    that. A name that evidence brought with two types (a watchlist whose Port is a number in one file and a text in
    the next) has two columns on disk: nothing is lost, and `Snapshot` decides what the query sees.
    """

    disk: dict[tuple[str, str], str] = field(default_factory=dict)
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=lambda: {n.casefold() for n in PROVENANCE_COLUMNS})

    def columns(self) -> tuple[StoredColumn, ...]:
        """Every column so far, in the order they came."""
        return tuple(StoredColumn(n, t, disk, self.paths.get(disk, ())) for (n, t), disk in self.disk.items())

    def name(self, column: str, type_name: str, path: tuple[str, ...] = ()) -> str:
        """The disk name of a column, assigned at its first use."""
        known = self.disk.get((column, type_name))
        if known is not None:
            if path:
                self.paths.setdefault(known, path)
            return known
        name, n = column, 1
        while name.casefold() in self._taken:
            n += 1
            name = f"{column}~{n}"
        self.note(StoredColumn(column, type_name, name, path))
        return name

    def note(self, column: StoredColumn) -> None:
        """Take over an assignment that a segment carries."""
        self.disk[column.name, column.type] = column.disk
        self._taken.add(column.disk.casefold())
        if column.path:
            self.paths.setdefault(column.disk, column.path)


@dataclass(slots=True)
class TableState:
    """One physical table: its live segments by file, and its columns in the order they came."""

    segments: dict[str, Segment] = field(default_factory=dict)
    names: ColumnNames = field(default_factory=ColumnNames)

    @property
    def rows(self) -> int:
        return sum(s.rows for s in self.segments.values())


@dataclass(slots=True)
class CaseState:
    """A case after some number of entries.

    Args:
        entries: How many.
        head: SHA-256 of the last one.
        tables: By physical name.
        evidence: By number; counts added up over all commits.
        folders: By evidence number, the working folder that relative paths of the item start from.
        copies: Read copies, oldest first.
        passed_over: Files and members that could not be read.
        retired: Files that were replaced, with the time of the entry that did it.
        functions: Functions that the case keeps, by name.
        watchlists: Watchlists that the case keeps, by alias, each with the time of its entry.
        copied: Every watchlist there ever was, by the file of its copy.
    """

    entries: int = 0
    head: str = ""
    tables: dict[str, TableState] = field(default_factory=dict)
    evidence: dict[int, EvidenceEntry] = field(default_factory=dict)
    folders: dict[int, str] = field(default_factory=dict)
    copies: list[ReadCopy] = field(default_factory=list)
    passed_over: set[PassedOver] = field(default_factory=set)
    retired: dict[str, str] = field(default_factory=dict)
    functions: dict[str, KeptFunction] = field(default_factory=dict)
    watchlists: dict[str, tuple[KeptWatchlist, str]] = field(default_factory=dict)
    copied: dict[str, KeptWatchlist] = field(default_factory=dict)

    def apply(self, entry: Entry, head: str) -> None:
        """Take over one more entry."""
        self.entries, self.head = entry.number, head
        for item in entry.evidence:
            self.evidence[item.number] = _added(self.evidence.get(item.number), item)
            self.folders[item.number] = str(entry.details.get("folder", ""))
        for segment in entry.added:
            table = self.tables.setdefault(segment.table, TableState())
            table.segments[segment.file] = segment
            for column in segment.columns:
                table.names.note(column)
        for file in entry.removed:
            self.retired[file] = entry.at
            for table in self.tables.values():
                table.segments.pop(file, None)
        self.copies += entry.copies
        self.passed_over.update(entry.passed_over)
        for function in entry.functions:
            self.functions.pop(function.name, None)
            if not function.removed:
                self.functions[function.name] = function
        for watchlist in entry.watchlists:
            self.watchlists.pop(watchlist.alias, None)
            if not watchlist.removed:
                self.watchlists[watchlist.alias] = (watchlist, entry.at)
                self.copied[watchlist.file] = watchlist

    def live_segments(self) -> list[Segment]:
        """Every segment that the case now consists of."""
        return [segment for table in self.tables.values() for segment in table.segments.values()]

    def covered(self) -> set[str]:
        """Segment files whose rows stand in a read copy."""
        return {file for copy in self.copies for table in copy.tables for file in table.segments}


def replay(entries: Iterable[Entry], head: str) -> CaseState:
    """The state after all entries; `head` is the hash of the last."""
    state = CaseState()
    for entry in entries:
        state.apply(entry, head)
    state.head = head
    return state


def _added(before: EvidenceEntry | None, more: EvidenceEntry) -> EvidenceEntry:
    if before is None:
        return more
    return msgspec.structs.replace(
        more,
        read=before.read + more.read,
        stored=before.stored + more.stored,
        duplicate=before.duplicate + more.duplicate,
        rejected=before.rejected + more.rejected,
        through=max(before.through, more.through),
        complete=before.complete or more.complete,
        shape=more.shape or before.shape,
        notes=tuple(dict.fromkeys((*before.notes, *more.notes))),
    )
