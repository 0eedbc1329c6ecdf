"""The public way to ask: a query text and a case in, rows out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from keywitness.engine.engine import NoTables, Source
from keywitness.engine.limits import AS_USUAL, NO_LIMITS, Limits
from keywitness.engine.window import Windowed
from keywitness.errors import LimitError, QueryError, UsageError
from keywitness.kql.catalog import Catalog, EmptyCatalog
from keywitness.kql.literals import format_datetime, parse_datetime
from keywitness.model.schema import TICKS_PER_SECOND, UNIX_EPOCH_TICKS, KqlType, Schema

if TYPE_CHECKING:
    from keywitness.engine.rows import Rows
    from keywitness.kql.plan import Program


class _Snapshot(Catalog, Source, Protocol):
    """A case as a query sees it: its catalog, and its tables."""


@runtime_checkable
class CaseLike(Protocol):
    """Anything with a snapshot: a `Case`."""

    def snapshot(self) -> Any: ...


STAGES = ("syntax", "plan", "sql")


def query(
    text: str,
    case: CaseLike | str | PathLike[str] | None = None,
    now: datetime | str | None = None,
    limits: Limits = AS_USUAL,
    window: tuple[int, int] | None = None,
    *,
    allow_files: bool = False,
) -> Rows:
    """Run a KQL query.

    Args:
        text: The query, as pasted from anywhere.
        case: A case, or the path of one; without it only `print`, `range` and `datatable` have rows.
        now: What `now()` and `ago()` mean: an aware datetime, an ISO text, "latest" for the last event of the case;
            the present moment unless said.
        limits: How far the query may go. An answer beyond them is an error, never cut.
        window: Only rows whose TimeGenerated is after the first and not after the second of these times, in ticks, as
            when a scheduled rule runs.
        allow_files: `externaldata` may read files that are not evidence of the case.

    Returns:
        The rows of the last result; `others` has those before it, where the text has several.

    Raises:
        QueryError: If the query is not valid KQL, or cannot be answered exactly.
        LimitError: If it goes beyond a limit; a QueryError too.

    Example:
        >>> query("print Answer = 6 * 7").to_pylist()
        [{'Answer': 42}]
    """
    catalog, source = _tables(case)
    clock = _now_ticks(now, catalog, source)
    if window is not None:
        source = Windowed(source, *window)
    with _placing(text):
        program = _bound(text, catalog, source, clock, limits, allow_files=allow_files)
        *others, rows = (run(each, source, limits) for each in (*program.others, program))
    if program.uses_now and window is None and _says_nothing(rows):
        rows = _with_clock_hint(rows, catalog, source, clock)
    rows.others = tuple(others)
    return rows


def _says_nothing(rows: Rows) -> bool:
    """True without rows, and for one row of zeros and nothings: what counting an empty window gives."""
    if len(rows) > 1:
        return False
    return not any(value for row in rows.to_pylist() for value in row.values())


def _with_clock_hint(rows: Rows, catalog: Catalog, source: Source, clock: int) -> Rows:
    """Say beside an empty answer that the evidence ends before the time that the query looks at."""
    last = latest(catalog, source)
    if last is None or last >= clock:
        return rows
    clocks = f"now() was {format_datetime(clock)}, but the last event is of {format_datetime(last)}"
    from keywitness.engine.rows import Rows  # start-up time: Arrow loads here

    return Rows(
        rows.table,
        rows.schema,
        (*rows.notes, f"the window may be empty: {clocks}; `--now latest` sets the clock to it"),
        rows.render,
        name=rows.name,
    )


def run(program: Program, source: Source, limits: Limits = NO_LIMITS) -> Rows:
    """Run a bound program with the engine of this machine."""
    from keywitness.engine.engines.duckdb import DuckDbEngine  # start-up time: DuckDB and sqlglot load here

    with _refusing_depth():
        return DuckDbEngine(limits=limits).run(program, source)


def store(text: str, case: CaseLike, path: str, limits: Limits = NO_LIMITS) -> Schema:
    """Write the rows of a query to a Parquet file, in physical form, without holding them; gives their columns.

    Raises:
        QueryError: As `query` does.
        StorageFullError: If the disk is full.
    """
    from keywitness.engine.engines.duckdb import DuckDbEngine  # start-up time, as above

    catalog, source = _tables(case)
    program = _bound(text, catalog, source, _now_ticks(None, catalog, source))
    with _placing(text), _refusing_depth():
        DuckDbEngine(limits=limits).store(program, source, path)
    return program.result.schema


def schema_of(text: str, case: CaseLike) -> Schema:
    """The columns of a query's result, without running it."""
    catalog, source = _tables(case)
    return _bound(text, catalog, source, _now_ticks(None, catalog, source)).result.schema


@contextmanager
def _refusing_depth() -> Iterator[None]:
    """Hundreds of operators in one pipeline make a plan deeper than Python's stack: that is a refusal, not a crash."""
    try:
        yield
    except RecursionError:
        raise QueryError(
            "the query has more steps, one inside the other, than can be taken",
            help="join neighbouring operators (`where a and b`, one `extend` for several columns)",
        ) from None


@dataclass(frozen=True, slots=True)
class Needs:
    """What a query looks at.

    Args:
        tables: The tables that it reads.
        judges_rows: Each row of its result comes of one row of a table, whatever the others are and whatever the time.
    """

    tables: frozenset[str]
    judges_rows: bool


def needs(text: str, case: CaseLike | str | PathLike[str] | None = None, now: datetime | str | None = None) -> Needs:
    """What a query looks at, without running it. Arguments and errors as for `query`."""
    from keywitness.kql.rewrite.tree import judges_rows, tables_of  # start-up time, as above

    catalog, source = _tables(case)
    program = _bound(text, catalog, source, _now_ticks(now, catalog, source))
    return Needs(tables_of(program), judges_rows(program.result) and not program.uses_now)


def explain(
    text: str,
    case: CaseLike | str | PathLike[str] | None = None,
    now: datetime | str | None = None,
    stage: str = "plan",
) -> str:
    """A stage of a query as text, without running it.

    Args:
        text: The query.
        case: As for `query`.
        now: As for `query`.
        stage: "syntax" (the tree of the text), "plan" (bound and typed) or "sql" (what DuckDB is sent).
    """
    if stage not in STAGES:
        raise UsageError(f"no stage '{stage}'", help="one of " + ", ".join(STAGES))
    if stage == "syntax":
        from keywitness.kql.outline import syntax_text
        from keywitness.kql.parser import parse

        return syntax_text(parse(text))
    from keywitness.engine.outline import outline

    catalog, source = _tables(case)
    program = _bound(text, catalog, source, _now_ticks(now, catalog, source))
    if stage == "plan":
        return outline(program)
    from keywitness.engine.engines.duckdb import DuckDbEngine  # start-up time, as above

    with _refusing_depth():
        return DuckDbEngine().sql(program, source)


@contextmanager
def _placing(text: str) -> Iterator[None]:
    """Refusals of the engine get code and place, as those of the language have them."""
    try:
        yield
    except LimitError:
        raise
    except QueryError as refusal:
        if not refusal.diagnostics:
            from keywitness.engine.placing import place  # start-up time: needed by refusals only

            place(refusal, text)
        raise


def _tables(case: CaseLike | str | PathLike[str] | None) -> tuple[Catalog, Source]:
    if case is None:
        return EmptyCatalog(), NoTables()
    if isinstance(case, (str, PathLike)):
        from importlib import import_module

        # The case layer stands above this one: a path is opened through it only when one is given.
        case = cast("CaseLike", import_module("keywitness.case").open_case(case))
    snapshot = cast("_Snapshot", case.snapshot())
    return snapshot, snapshot


def _bound(
    text: str,
    catalog: Catalog,
    source: Source,
    clock: int,
    limits: Limits = NO_LIMITS,
    *,
    allow_files: bool = False,
) -> Program:
    from keywitness.kql.compile import Options, compile_kql
    from keywitness.kql.plan import Plan, Program

    def probe(plan: Plan) -> list[tuple[Any, ...]]:
        return run(Program(plan), source, replace(limits, rows=math.inf, size=math.inf)).physical()

    with _refusing_depth():
        return compile_kql(text, catalog, clock, options=Options(probe=probe, allow_files=allow_files))


def _now_ticks(now: datetime | str | None, catalog: Catalog, source: Source) -> int:
    if now is None:
        now = datetime.now(UTC)
    if isinstance(now, str):
        if now.strip().lower() == "latest":
            last = latest(catalog, source)
            return _now_ticks(None, catalog, source) if last is None else last
        ticks = parse_datetime(now)
        if ticks is None:
            raise UsageError(f"'{now}' is not a time", help="write 2026-01-31T12:00:00Z, or latest")
        return ticks
    if now.tzinfo is None:
        raise UsageError("now has no time zone", help="datetime(..., tzinfo=timezone.utc)")
    since = now.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return UNIX_EPOCH_TICKS + (since.days * 86_400 + since.seconds) * TICKS_PER_SECOND + since.microseconds * 10


def latest(catalog: Catalog, source: Source) -> int | None:
    """The last TimeGenerated of all evidence, in ticks; None where there is none."""
    from keywitness.kql import plan

    parts: list[plan.Plan] = []
    for name in catalog.names():
        schema = catalog.schema(name) if catalog.has_evidence(name) else None
        time = schema.find("TimeGenerated") if schema else None
        if time is not None and time.type is KqlType.DATETIME:
            scan = plan.Scan(name, Schema([time]))
            last = plan.Aggregate("max", (plan.ColumnRef(time.name, time.type),), time.type)
            parts.append(plan.Summarize(scan, (), (plan.NamedAggregate("Last", last),)))
    if not parts:
        return None
    rows = run(plan.Program(plan.Union(tuple(parts), parts[0].schema)), source)
    return max((last for (last,) in rows.physical() if last is not None), default=None)
