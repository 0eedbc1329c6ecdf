"""DuckDB: the engine of a case on one machine."""

from __future__ import annotations

import atexit
import math
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

import duckdb
from duckdb.func import FunctionNullHandling, PythonUDFType

from keywitness.engine import tabular, threads
from keywitness.engine.emitter import Cut, Emitter, feeding_kernels, reads_rows
from keywitness.engine.engine import Source
from keywitness.engine.kernels.kernel import PREFIX, Kernel, NoExactAnswerError, find
from keywitness.engine.limits import NO_LIMITS, Limits
from keywitness.engine.lowering import macros
from keywitness.engine.refusal import cannot
from keywitness.engine.rows import Rows
from keywitness.engine.sql import SQL_TYPES
from keywitness.errors import CaseDamagedError, KeywitnessError, LimitError, QueryError, StorageFullError
from keywitness.kql.plan import ColumnRef, External, Named, Plan, Program, Project, Shared, TabularCall
from keywitness.model.schema import Schema
from keywitness.store.segments import literal

if TYPE_CHECKING:
    from sqlglot import exp

#: DuckDBs that stay open while no query runs in them: that of the case at hand, and the one without a case.
_KEPT = 2
#: Rows that are taken from DuckDB at once.
_BATCH = 100_000


@dataclass(slots=True)
class _Instance:
    """One DuckDB in memory, kept between queries: what it has read of a case's files stays in its buffers.

    Each query has a connection of its own in it. Kernels and macros are defined once, for all of them.
    """

    database: duckdb.DuckDBPyConnection
    defined: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    prepared: Source | None = None


_Key = tuple[float, int, tuple[str, ...]]
_instances: dict[_Key, _Instance] = {}
_instances_lock = threading.Lock()


#: What DuckDB calls the operators whose result can leave their type, and what a plan calls them.
_GROWING = {"addition": "add", "subtraction": "subtract", "multiplication": "multiply"}
#: What the macros of a document's text raise where they meet a real.
_REALS = "reals in a document"


class _RealsInTextError(QueryError):
    """A query needs the digits of reals inside of documents."""


@dataclass(frozen=True, slots=True)
class _Held:
    """The shared tables of one query that feed kernels: which they are, and their rows once computed."""

    names: frozenset[str]
    tables: dict[str, Any] = field(default_factory=dict)


class DuckDbEngine:
    """Runs programs in DuckDB, in memory, over the tables of a source.

    Args:
        threads: How many threads a query may use; all processors unless said.
        limits: How far a query may go.
        reals: Reals inside of documents may become text: a kernel writes their digits.
    """

    def __init__(self, *, threads: int | None = None, limits: Limits = NO_LIMITS, reals: bool = False) -> None:
        self.threads = threads
        self.limits = limits
        self.reals = reals

    def run(self, program: Program, source: Source) -> Rows:
        """All rows of the program's result. See `engine.Engine.run`."""
        held = _Held(feeding_kernels(program.result))
        try:
            return self._run(program, source, held, self.limits.settled(program.options))
        except _RealsInTextError:  # SQL has no word for their digits: once more, the slow way
            if self.reals:
                raise
            return DuckDbEngine(threads=self.threads, limits=self.limits, reals=True).run(program, source)

    def store(self, program: Program, source: Source, path: str) -> None:
        """Write the rows of the program's result to a Parquet file, in physical form, without holding them.

        Columns are named `c0`, `c1` and so on: names of KQL that differ by case alone are one name to DuckDB.

        Raises:
            As `run` does.
        """
        held = _Held(feeding_kernels(program.result))
        try:
            self._run(program, source, held, self.limits.settled(program.options), into=path)
        except _RealsInTextError:  # as in `run`
            if self.reals:
                raise
            DuckDbEngine(threads=self.threads, limits=self.limits, reals=True).store(program, source, path)

    def _run(self, program: Program, source: Source, held: _Held, limits: Limits, *, into: str = "") -> Rows:
        emitted = _emitted(program, source, held.names, reals=self.reals)
        tables = {cut.table: self._computed(cut, source, held, limits) for cut in emitted.cuts}
        tables |= {name: _read(external) for name, external in emitted.files.items()}
        key = (limits.memory or 0, self.threads or 0, source.folders())
        with _lent(key) as instance, instance.database.cursor() as connection:
            connection.execute("SET enable_progress_bar = false")  # it would be drawn into the output
            try:
                if instance.prepared is not source:  # what a source attaches, the whole instance sees
                    source.prepare(connection)
                    instance.prepared = source
                for name, table in tables.items():
                    connection.register(name, table)
                _define(instance, emitted.macros, emitted.kernels)
                text = emitted.query.sql(dialect="duckdb")
                if into:
                    # Dictionaries of the few different callers and objects make the file small; speed counts more.
                    names = ", ".join(f"c{i}" for i in range(len(program.result.schema)))
                    copy = f"COPY (SELECT * FROM ({text}) AS made({names})) TO {literal(into)} (COMPRESSION snappy)"
                    return _within(limits.time, connection, lambda: _copied(connection, copy, program))
                return _within(limits.time, connection, lambda: _run(connection, text, program, limits))
            except duckdb.Error as error:
                raise _translated(error) from error

    def sql(self, program: Program, source: Source) -> str:
        """The SQL of a program, laid out for reading; before it that of every table which a kernel computes."""
        return self._sql(program, source, feeding_kernels(program.result))

    def _sql(self, program: Program, source: Source, held: frozenset[str]) -> str:
        emitted = _emitted(program, source, held)
        parts = []
        for cut in emitted.cuts:
            kernel = cut.node.function if isinstance(cut.node, TabularCall) else ""
            inputs = "\n\n".join(self._sql(Program(part), source, held) for part in cut.sources)
            parts.append(f"-- {cut.table} is {f'what {kernel} makes of' if kernel else 'computed once:'}\n{inputs};\n")
        return "\n".join([*parts, emitted.query.sql(dialect="duckdb", pretty=True)])

    def _computed(self, cut: Cut, source: Source, held: _Held, limits: Limits) -> Any:
        """The rows of a tabular kernel, or of a table that feeds one, as the query reads them."""
        node = cut.node
        if isinstance(node, Shared) and node.name in held.tables:
            return held.tables[node.name]
        inside = replace(limits, rows=math.inf, size=math.inf)
        inputs = [self._run(Program(_unhidden(part)), source, held, inside).table for part in cut.sources]
        if isinstance(node, Shared):
            held.tables[node.name] = tabular.numbered(inputs[0], node.schema, Cut.PLACE, node.name)
            return held.tables[node.name]
        try:
            rows = tabular.find(node.function)(*inputs, **dict(node.options))
        except NoExactAnswerError as error:
            raise cannot(*_cause_and_way(str(error))) from error
        return tabular.numbered(rows, node.schema, Cut.PLACE, node.function)


@contextmanager
def _lent(key: _Key) -> Iterator[_Instance]:
    """The DuckDB of a key, opened when there is none; of those that nobody uses the oldest are closed."""
    with _instances_lock:
        instance = _instances.pop(key, None) or _Instance(_opened(*key))
        _instances[key] = instance
        instance.users += 1
        idle = [k for k, other in _instances.items() if not other.users]
        for old in idle[: max(0, len(_instances) - _KEPT)]:
            _instances.pop(old).database.close()
    try:
        yield instance
    finally:
        with _instances_lock:
            instance.users -= 1


def _opened(memory: float, threads: int, folders: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """A DuckDB that reads the given folders and spills into one of its own, and reaches nothing else."""
    spill = tempfile.mkdtemp(prefix="keywitness-")
    atexit.register(shutil.rmtree, spill, ignore_errors=True)
    config: dict[str, Any] = {
        "memory_limit": f"{int(memory) // 2**20}MiB",
        "temp_directory": spill,
        "max_temp_directory_size": f"{shutil.disk_usage(spill).free // 2**21}MiB",  # half of what is free
        "error_on_division_by_zero": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,  # no name in SQL may ever mean a Python variable
    }
    if threads:
        config["threads"] = threads
    atexit.register(_close_all)
    database = duckdb.connect(config=config)
    database.execute("SET allowed_directories = ?", [list(folders)])
    database.execute("SET enable_external_access = false")
    return database


def _close_all() -> None:
    """Close what the process opened, before the interpreter tears down what DuckDB still points to."""
    with _instances_lock:
        for instance in _instances.values():
            instance.database.close()
        _instances.clear()


def _copied(connection: duckdb.DuckDBPyConnection, copy: str, program: Program) -> Rows:
    connection.execute(copy)
    return Rows([], program.result.schema)


def _run(connection: duckdb.DuckDBPyConnection, text: str, program: Program, limits: Limits) -> Rows:
    result = connection.sql(text)
    if not reads_rows(program.result):  # so `print` need not load Arrow
        rows = result.fetchall()
        limits.check(len(rows), 0)
        return _rows(program, rows)
    import pyarrow as pa  # start-up time, as said

    reader = result.to_arrow_reader(_BATCH)
    batches: list[pa.RecordBatch] = []
    count = size = 0
    for batch in reader:
        count, size = count + batch.num_rows, size + batch.nbytes
        limits.check(count, size)
        batches.append(batch)
    return _rows(program, pa.Table.from_batches(batches, reader.schema))


def _within(seconds: float | None, connection: duckdb.DuckDBPyConnection, work: Callable[[], Rows]) -> Rows:
    """Run a query so that Ctrl-C and the end of its time stop it: DuckDB itself looks for neither while it works.

    Raises:
        LimitError: If the time is over.
    """
    done: list[Rows] = []
    failed: list[BaseException] = []
    finished = threading.Event()  # not Thread.join: an interrupted join takes the thread for ended

    def worker() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)
        finally:
            finished.set()

    threads.start(worker)
    end = math.inf if seconds is None else time.monotonic() + seconds
    try:
        while not finished.wait(min(0.2, max(0.0, end - time.monotonic()))) and time.monotonic() < end:
            continue
    except KeyboardInterrupt:
        _stop(connection, finished)
        raise
    if not finished.is_set():
        _stop(connection, finished)
        if not done:
            raise LimitError(
                f"Query execution has exceeded the allowed limits: it ran for {seconds:,.0f} s (servertimeout)",
                help="narrow the time window or the join; more time: `--limit time=1h`, `set servertimeout = 1h;`",
                effect="the query was stopped; no rows were returned",
            )
    if failed:
        raise failed[0]
    return done[0]


def _stop(connection: duckdb.DuckDBPyConnection, finished: threading.Event) -> None:
    """Interrupt until the work has ended: an interrupt that comes between two statements stops nothing."""
    while not finished.wait(0.05):
        connection.interrupt()


def _rows(program: Program, data: Any) -> Rows:
    """An Arrow table or a list of tuples as rows of the visible columns under their own names."""
    whole = program.result.schema
    places = [i for i, c in enumerate(whole) if not c.hidden]
    schema = Schema(whole[i] for i in places)
    if isinstance(data, list):
        cells = data if len(places) == len(whole) else [tuple(row[i] for i in places) for row in data]
        return Rows(cells, schema, program.notes, program.render, name=program.name)
    table = data.select(places).rename_columns([c.name for c in schema])
    return Rows(table, schema, program.notes, program.render, name=program.name)


@dataclass(frozen=True, slots=True)
class _Emitted:
    """The query, its macros in order of definition, kernels and files by their name in it, the tables to compute."""

    query: exp.Select
    macros: list[str]
    kernels: dict[str, Kernel]
    cuts: list[Cut]
    files: dict[str, External]


def _unhidden(node: Plan) -> Plan:
    """The plan with all of its columns in the result."""
    if not any(c.hidden for c in node.schema):
        return node
    return Project(node, tuple(Named(c.name, ColumnRef(c.name, c.type)) for c in node.schema))


def _emitted(program: Program, source: Source, held: frozenset[str], *, reals: bool = False) -> _Emitted:
    """The program in DuckDB's words.

    A kernel that takes any number of arguments is registered once per number, so the number joins its name.
    """
    from sqlglot import exp  # already loaded by the emitter

    emitter = Emitter(source, held)
    query = emitter.query(program.result)
    if reals:
        _write_reals(query)
    _calculate_once(query)
    macro_names: set[str] = set()
    kernels: dict[str, Kernel] = {}
    for node in query.find_all(exp.Anonymous):
        name = str(node.this)
        if name.startswith(PREFIX):
            count = len(node.expressions)
            node.set("this", f"{name}_{count}")
            kernels[f"{name}_{count}"] = find(name).called_with(count)
        else:
            macro_names.add(name)
    return _Emitted(query, macros.needed(macro_names), kernels, emitter.cuts, emitter.external)


def _write_reals(query: exp.Select) -> None:
    """Texts of documents by a kernel, where a macro would stop at the first real."""
    from sqlglot import exp  # already loaded by the emitter

    from keywitness.engine import sql

    def found() -> exp.Anonymous | None:
        return next((n for n in query.find_all(exp.Anonymous) if n.this in ("kw_dynamic_text", "kw_member_text")), None)

    while (node := found()) is not None:  # one may hold another
        value = node.expressions[0] if node.this == "kw_dynamic_text" else sql.call("json_extract", *node.expressions)
        said = sql.call("coalesce", sql.call("json_extract_string", value.copy(), sql.text("$")), sql.text(""))
        node.set("this", "kx_documents_text")
        node.set("expressions", [sql.call("json_type", value), said])


def _calculate_once(query: exp.Select) -> None:
    """A document read out of a document is one value: a macro repeats its argument, and macros in it multiply that."""
    from sqlglot import exp  # already loaded by the emitter

    def repeats(node: exp.Expression) -> bool:
        return isinstance(node, exp.Anonymous) and node.this in macros.REPEATING

    for node in filter(repeats, query.find_all(exp.Anonymous)):  # the outer ones first
        if any(map(repeats, node.expressions[0].find_all(exp.Anonymous))):
            node.set("this", macros.once(str(node.this)))


def _read(external: External) -> Any:
    """The rows of `externaldata`."""
    from keywitness.engine import files  # start-up time: Arrow loads with the readers of evidence

    return files.read(external)


def _define(instance: _Instance, names: list[str], kernels: dict[str, Kernel]) -> None:
    """Make known to the whole instance what no query has used before."""
    with instance.lock:
        for name, kernel in kernels.items():
            if name not in instance.defined:
                _register(instance.database, name, kernel)
                instance.defined.add(name)
        for name in names:
            if name not in instance.defined:
                instance.database.execute(macros.definition(name))
                instance.defined.add(name)


def _register(connection: duckdb.DuckDBPyConnection, name: str, kernel: Kernel) -> None:
    types: list[Any] = [duckdb.type(SQL_TYPES[t]) for t in kernel.parameters]
    result = duckdb.type(SQL_TYPES[kernel.result])
    connection.create_function(
        name,
        _over_columns(name),
        types,
        result,
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
    )


@cache
def _over_columns(name: str) -> Callable[..., Any]:
    """A kernel as DuckDB calls it, one function for the life of the process: it must outlive every connection."""
    stem, _, count = name.rpartition("_")
    kernel = find(stem).called_with(int(count))

    def over_columns(*columns: Any) -> Any:
        return kernel.apply(columns)

    # DuckDB counts the parameters of the signature that it finds
    names = [f"column{i}" for i in range(len(kernel.parameters))]
    over_columns.__signature__ = Signature([Parameter(n, Parameter.POSITIONAL_ONLY) for n in names])  # type: ignore[attr-defined]
    return over_columns


def _cause_and_way(message: str) -> tuple[str, str]:
    """What a kernel or a macro says of a value: the cause and, behind the last semicolon, the way on.

    A cause may quote text of the evidence with a semicolon in it, a way on has none.
    """
    cause, found, way = message.rpartition("; ")
    return (cause, way) if found else (message, "")


def _number(cause: str) -> str:
    """What was calculated, of DuckDB's sentence about it."""
    found = re.search(r"\((.+)\)!", cause) or re.search(r"with value (\S+) can't", cause)
    return found[1] if found else cause


def _translated(error: duckdb.Error) -> KeywitnessError:
    """DuckDB's error as one of ours; what it says of places is about SQL and is left out."""
    first = str(error).split("\n")[0]
    if first.endswith(_REALS):
        return _RealsInTextError(_REALS)
    _, _, unknown = first.partition(f"{NoExactAnswerError.__name__}: ")
    if unknown:
        return cannot(*_cause_and_way(unknown))
    cause = first.partition("Error: ")[2] or first
    if isinstance(error, duckdb.OutOfMemoryException):
        return LimitError(
            "The query has exceeded the memory budget during evaluation (E_RUNAWAY_QUERY)",
            help="narrow the time window or the columns; or give it more: `--limit memory=8GiB`, "
            "`set maxmemoryconsumptionperiterator = 8589934592;`",
            effect="the query was stopped; no rows were returned",
        )
    if isinstance(error, duckdb.IOException) and "No space" in first:
        return StorageFullError(
            "the disk is full while the query sorts or joins", help="free space in the temporary folder"
        )
    if isinstance(error, duckdb.IOException):
        return CaseDamagedError("a file of the case cannot be read", help="keywitness verify CASE names what changed")
    if isinstance(error, duckdb.OutOfRangeException) or "out of range" in cause:
        refusal = cannot(f"a number grows out of its type: {_number(cause)}", "calculate with todouble(...)")
        refusal.subject = next((s for word, s in _GROWING.items() if word in cause), "sum")
        return refusal
    # What DuckDB says itself may quote anything.
    return cannot(*_cause_and_way(cause)) if isinstance(error, duckdb.InvalidInputException) else cannot(cause)
