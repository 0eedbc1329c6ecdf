"""Case: the object a user holds. A folder with everything that is known, and how it is known.

Example:
    case = open_case("./case")
    case.ingest(["./logs"])
    rows = case.query("AZKVAuditLogs | summarize count() by OperationName")
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keywitness import __version__
from keywitness.engine.limits import AS_USUAL, NO_LIMITS, Limits
from keywitness.engine.window import TIME_COLUMN
from keywitness.errors import LimitError
from keywitness.model.content import function_text, with_functions
from keywitness.model.schema import Column
from keywitness.store.layout import FORMAT_VERSION, CaseFile, Layout, read_case_file, write_case_file
from keywitness.store.ledger import Entry, EvidenceEntry, Ledger, now
from keywitness.store.snapshot import Snapshot, open_snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from keywitness.engine.query import Needs
    from keywitness.engine.rows import Rows
    from keywitness.store.custody import ShownRecord, VerifyReport
    from keywitness.store.derived import DerivedTable
    from keywitness.store.ledger import KeptWatchlist
    from keywitness.store.report import IngestReport

Progress = Callable[[int, int, str], None]
#: Functions that many rules begin with, and the one in whose rows each stands, in the first of its columns.
_SHARED = {
    "KeyVaultEvents": "DailyEvents",
    **{name: name for name in ("DailyEvents", "ActivityActs", "SignIns", "DirectoryActs")},
}
#: What a query over a prepared case holds before it spills: a hundred rules in a row must leave room for others.
_WORKING_MEMORY = 1.5 * 2**30
Records = tuple[tuple[Column, ...], list[tuple[Any, ...]]]


class Case:
    """One case folder. Holds nothing open: every method sees the case as it is when it is called.

    The ledger of a case with many thousand files takes some hundredths of a second to read: it is read again only when
    it has changed.

    Args:
        layout: Where things are in the folder.
        facts: The content of `case.json`.
    """

    def __init__(self, layout: Layout, facts: CaseFile) -> None:
        self._layout = layout
        self._facts = facts
        self._seen: tuple[object, Snapshot] | None = None

    @property
    def path(self) -> Path:
        """The case folder, absolute."""
        return self._layout.root

    @property
    def case_id(self) -> str:
        """Its own name, given at creation."""
        return self._facts.case_id

    @property
    def created_at(self) -> str:
        """When it was created, ISO 8601 UTC."""
        return self._facts.created_at

    def __repr__(self) -> str:
        return f"Case({str(self.path)!r})"

    def ingest(
        self, paths: Sequence[str | Path], *, by: str | None = None, on_progress: Progress | None = None
    ) -> IngestReport:
        """Load files and folders. Evidence is never written to; loading it again adds nothing.

        Args:
            paths: Files and folders; folders are walked, archives looked into.
            by: Who is named in the custody log; user@host when None.
            on_progress: Called with bytes done, bytes in all, and what is at work.

        Raises:
            CaseBusyError: If another process writes.
            StorageFullError: If the disk is full; what was committed stands.
            StoppedError: On Ctrl-C; what was committed stands.
        """
        from keywitness.store.ingest import ingest  # Arrow and DuckDB: a query for the version must not wait for them

        return ingest(self._layout, paths, by=by, on_progress=on_progress)

    def snapshot(self) -> Snapshot:
        """The case as it is now; later loads do not change it."""
        ledger = Ledger(self._layout.ledger).facts()
        if self._seen is None or self._seen[0] != ledger:
            self._seen = (ledger, open_snapshot(self._layout))
        return self._seen[1]

    def query(
        self,
        text: str,
        now: str | datetime | None = None,
        limits: Limits = AS_USUAL,
        window: tuple[int, int] | None = None,
        *,
        allow_files: bool = False,
    ) -> Rows:
        """Run a KQL query.

        Args:
            text: The query.
            now: What `now()` means: a time, or "latest" for the last event of the case.
            limits: How far it may go.
            window: Only rows of tables with a TimeGenerated after the first and not after the second time, in ticks.
            allow_files: `externaldata` may read files that are not evidence of the case.

        Raises:
            QueryError: If the query is refused.
            LimitError: If it goes beyond a limit: nothing is cut.
        """
        from keywitness.engine.query import query  # as in `ingest`

        return query(text, case=self, now=now, limits=limits, window=window, allow_files=allow_files)

    def needs(self, text: str) -> Needs:
        """What a query looks at: its tables, and whether it judges each row by itself."""
        from keywitness.engine.query import needs  # as in `ingest`

        return needs(text, case=self)

    def evidence(self) -> tuple[EvidenceEntry, ...]:
        """The evidence items by number, with hashes and sums: read = stored + duplicate + rejected."""
        state = self.snapshot().state
        return tuple(state.evidence[number] for number in sorted(state.evidence))

    def record(self, action: str, details: Mapping[str, str | int] | None = None, *, by: str | None = None) -> None:
        """Note in the custody log that something was made from the case, like a report.

        Raises:
            CaseBusyError: If another process writes.
        """
        from keywitness.store.writer import open_writer  # as in `ingest`

        with open_writer(self._layout, by=by) as writer:
            writer.record(action, details)

    def show(self, row: str, places: Sequence[str | Path] = ()) -> ShownRecord:
        """The original bytes of a row, checked against the hash of its file.

        Args:
            row: A reference such as "E3:1042", as queries give it in `_Row`.
            places: Where to look when the evidence has moved.

        Raises:
            UsageError: If no record stands there.
            EvidenceUnreadableError: If the file is nowhere to be found.
            EvidenceChangedError: If its bytes are not the recorded ones.
        """
        from keywitness.store.custody import show  # as in `ingest`

        return show(self.snapshot(), row, places)

    def verify(self, places: Sequence[str | Path] = (), on_progress: Progress | None = None) -> VerifyReport:
        """Check custody chain, tables and evidence files, and name what changed."""
        from keywitness.store.custody import verify  # as in `ingest`

        return verify(self._layout, places, on_progress)

    @contextmanager
    def prepared(self) -> Iterator[Case]:
        """This case, as it is now, with what most rules begin with worked out once for all queries that ask for it.

        `KeyVaultEvents()` and its like then read files in the case's cache, made when a query first needs them and
        deleted at the end. A folder that cannot be written to gives the same answers, later.
        """
        ready = _Prepared(self)
        try:
            yield ready
        finally:
            ready.forget()

    def optimize(self, *, on_progress: Progress | None = None) -> Iterator[str]:
        """Merge small segments and make a read copy of what has none; gives lines that say what was done.

        Raises:
            CaseBusyError: If another process writes.
            StorageFullError: If the disk is full; the case is as before.
        """
        from keywitness.store.compact import compact  # as in `ingest`
        from keywitness.store.readcopy import make_read_copy
        from keywitness.store.writer import open_writer

        with open_writer(self._layout) as writer:
            replaced = compact(writer, at_least=2)
            copy = make_read_copy(writer, at_least=1, on_progress=on_progress)
        yield f"{replaced:,} small segments merged" if replaced else "no small segments to merge"
        yield f"read copy made: {copy.file}, {copy.bytes:,} bytes" if copy else "the read copies are up to date"

    # ------------------------------------------------- functions and watchlists

    def add_watchlist(self, path: str | Path, name: str, key: str = "", *, by: str | None = None) -> KeptWatchlist:
        """Keep a CSV file as a watchlist; one of that name before is replaced. `_GetWatchlist(name)` then reads it.

        Args:
            path: The file: UTF-8, the first line names the columns.
            name: Its alias.
            key: The column that is its search key; the first one when empty.
            by: Who is named in the custody log; user@host when None.

        Raises:
            UsageError: If the file cannot be read, or is no table with a heading.
            CaseBusyError: If another process writes.
        """
        from keywitness.store.watchlists import copy, read_watchlist  # as in `ingest`
        from keywitness.store.writer import open_writer

        kept, data = read_watchlist(Path(path), name, key)
        with open_writer(self._layout, by=by) as writer:
            copy(self._layout, kept, data)
            action = "watchlist replaced" if name in writer.state.watchlists else "watchlist added"
            details: dict[str, str | int] = {
                "watchlist": name,
                "rows": kept.rows,
                "sha256": kept.sha256,
                "source": kept.source,
            }
            writer.record(action, details, watchlists=(kept,))
        return kept

    def remove_watchlist(self, name: str, *, by: str | None = None) -> None:
        """Take a watchlist out of use; its copy stays in the case.

        Raises:
            UsageError: If the case has none of that name.
        """
        from keywitness.store.ledger import KeptWatchlist
        from keywitness.store.writer import open_writer  # as in `ingest`

        with open_writer(self._layout, by=by) as writer:
            _refuse_missing("watchlist", name, writer.state.watchlists)
            removed = KeptWatchlist(alias=name, removed=True)
            writer.record("watchlist removed", {"watchlist": name}, watchlists=(removed,))

    def watchlist_keys(self, name: str) -> tuple[str, ...]:
        """The search keys of a watchlist, each once; none when the case has no watchlist of that name."""
        from keywitness.kql.quoting import literal

        if self.snapshot().watchlist(name) is None:
            return ()
        rows = self.query(f"_GetWatchlist({literal(name)}) | where isnotempty(SearchKey) | distinct SearchKey")
        return tuple(sorted(row["SearchKey"] for row in rows.to_pylist()))

    def add_functions(
        self, path: str | Path, name: str = "", parameters: str = "", *, by: str | None = None
    ) -> tuple[str, ...]:
        """Keep the functions of a file: KQL, a parser file of Sentinel, an ARM template. Older ones are replaced.

        Args:
            path: The file.
            name: What to call a function whose file does not name it.
            parameters: For a bare query, as KQL writes them: `least: long = 400`.
            by: Who is named in the custody log; user@host when None.

        Returns:
            Their names.

        Raises:
            UsageError: If the file holds no function, or a name cannot be one.
            QueryError: If a function is not KQL; with file and line.
        """
        from keywitness.errors import UsageError
        from keywitness.store.functions import read_functions
        from keywitness.store.writer import open_writer  # as in `ingest`

        kept = read_functions(Path(path), name, parameters)
        with open_writer(self._layout, by=by) as writer:
            for function in kept:
                if function.name in writer.state.tables:
                    raise UsageError(f"{function.name} is a table of the case", help="give the function another name")
            names = tuple(function.name for function in kept)
            details = {"functions": ", ".join(names), "sha256": kept[0].sha256, "source": str(path)}
            writer.record("functions added", details, functions=tuple(kept))
        return names

    def remove_function(self, name: str, *, by: str | None = None) -> None:
        """Take a function out of use.

        Raises:
            UsageError: If the case has none of that name.
        """
        from keywitness.store.ledger import KeptFunction
        from keywitness.store.writer import open_writer  # as in `ingest`

        with open_writer(self._layout, by=by) as writer:
            _refuse_missing("function", name, writer.state.functions)
            writer.record("function removed", {"function": name}, functions=(KeptFunction(name=name, removed=True),))

    def function_text(self, name: str) -> str:
        """The KQL of a function, as a `let` statement.

        Raises:
            UsageError: If nothing has that name.
        """
        snapshot = self.snapshot()
        found = snapshot.function(name)
        if found is None:
            _refuse_missing("function", name, snapshot.function_names())
        return f"let {name} = {found.text if found else ''};"

    def function_records(self) -> Records:
        """Columns and records of `keywitness function list`."""
        from keywitness.store.listing import function_records

        return function_records(self.snapshot())

    def watchlist_records(self) -> Records:
        """Columns and records of `keywitness watchlist list`."""
        from keywitness.store.listing import watchlist_records

        return watchlist_records(self.snapshot())

    # ------------------------------------------------- records for people

    def evidence_records(self) -> Records:
        """Columns and records of `keywitness evidence`."""
        from keywitness.store.listing import evidence_records

        return evidence_records(self.snapshot())

    def rejected_records(self) -> Records:
        """Columns and records of `keywitness rejected`."""
        from keywitness.store.listing import rejected_records

        return rejected_records(self.snapshot())

    def duplicate_records(self) -> Records:
        """Columns and records of `keywitness duplicates`: where each stood, and the row it equals."""
        from keywitness.store.listing import duplicate_records

        return duplicate_records(self.snapshot())

    def custody_records(self) -> Records:
        """Columns and records of `keywitness custody`: who did what when, with the hash of each entry."""
        from keywitness.store.listing import custody_records

        return custody_records(Ledger(self._layout.ledger))

    def entries(self) -> tuple[Entry, ...]:
        """The entries of the custody log, the oldest first."""
        return Ledger(self._layout.ledger).read()[0]

    def table_facts(self) -> list[tuple[str, int, int | None, int | None]]:
        """Per table of the case: name, rows, first and last time in ticks."""
        from keywitness.store.listing import table_facts

        return table_facts(self.snapshot())


class _Prepared(Case):
    """A case at one moment, with some functions as tables; see `Case.prepared`."""

    def __init__(self, case: Case) -> None:
        from keywitness.store.derived import DerivedSnapshot

        super().__init__(case._layout, case._facts)
        moment = case.snapshot()
        self._derived = DerivedSnapshot(moment.layout, moment.state)
        self._files: dict[str, Path] = {}
        self._making = threading.Lock()

    def snapshot(self) -> Snapshot:
        """The moment that it was made of."""
        return self._derived

    def forget(self) -> None:
        """Delete the files."""
        for file in self._files.values():
            file.unlink(missing_ok=True)

    def query(
        self,
        text: str,
        now: str | datetime | None = None,
        limits: Limits = AS_USUAL,
        window: tuple[int, int] | None = None,
        *,
        allow_files: bool = False,
    ) -> Rows:
        """Run a KQL query. See `Case.query`."""
        text = self._shortened(text, windowed=window is not None)
        if limits.memory is not None and limits.memory < _WORKING_MEMORY:
            return super().query(text, now, limits, window, allow_files=allow_files)
        try:
            bound = replace(limits, memory=_WORKING_MEMORY)
            return super().query(text, now, bound, window, allow_files=allow_files)
        except LimitError:  # what cannot be spilled has all the memory that the caller allows
            return super().query(text, now, limits, window, allow_files=allow_files)

    def _shortened(self, text: str, *, windowed: bool = False) -> str:
        """The query with tables in the place of the functions that it holds."""
        for function in _SHARED:
            long = function_text(function)
            table = self._table(function) if long in text else None
            if table is not None and not (windowed and table.whole):
                text = text.replace(long, f"let {function} = () {{ _{function} }};")
        return text

    def _table(self, function: str) -> DerivedTable | None:
        """The rows of a function, made now if nobody has asked for them; None where no file can hold them."""
        with self._making:
            if _SHARED[function] not in self._files:
                self._make(_SHARED[function])
            return self._derived.derived.get(f"_{function}")

    def _make(self, function: str) -> None:
        """Write the rows of a function to a file, for all functions whose rows they are."""
        from keywitness.engine.query import needs, schema_of, store  # as in `ingest`
        from keywitness.errors import StorageFullError
        from keywitness.store.derived import DerivedTable

        file = self._files[function] = self._layout.cache / f"{function}-{uuid.uuid4().hex}.parquet"
        query = with_functions(f"{function}()")
        try:
            self._layout.cache.mkdir(exist_ok=True)
            file.touch()  # DuckDB would call a folder that refuses it damaged
            schema = store(query, self, str(file), replace(NO_LIMITS, memory=_WORKING_MEMORY))
        except (OSError, StorageFullError, LimitError):
            file.unlink(missing_ok=True)
            return
        whole = schema.find(TIME_COLUMN) is None or not needs(query, self).judges_rows
        tables = dict(self._derived.derived)
        for name in (n for n, holder in _SHARED.items() if holder == function):
            own = schema if name == function else schema_of(with_functions(f"{name}()"), self)
            tables[f"_{name}"] = DerivedTable(own, file, whole)
        self._derived = replace(self._derived, derived=tables)


def _refuse_missing(what: str, name: str, known: Iterable[str]) -> None:
    from keywitness.errors import UsageError
    from keywitness.kql.diagnostics import did_you_mean

    if name not in known:
        help = did_you_mean(name, known, f"`keywitness {what} list CASE` lists them")
        raise UsageError(f"there is no {what} '{name}'", help=help)


def create_case(path: str | Path, *, by: str | None = None) -> Case:
    """Make a new case in a new or empty folder.

    Args:
        path: The folder.
        by: Who is named in the custody log; user@host when None.

    Raises:
        CaseError: If the folder holds something else.
    """
    from keywitness.store.writer import open_writer  # as in `Case.ingest`

    facts = CaseFile(format=FORMAT_VERSION, case_id=str(uuid.uuid4()), created_at=now(), keywitness=__version__)
    layout = write_case_file(Path(path), facts)
    with open_writer(layout, by=by):
        return Case(layout, facts)


def open_case(path: str | Path) -> Case:
    """Open an existing case.

    Raises:
        CaseNotFoundError: If the folder is no case.
        CaseTooNewError: If a newer keywitness made it.
    """
    return Case(*read_case_file(Path(path)))
