"""Other engines that read KQL offline, over the same rows: duckdb-kql, and the KQL dialect of chdb.

They are no dependency of the project: `pip install duckdb-kql chdb` beside it brings them into the table of hunts. Each
gets the columns that the hunts read, times as timestamps, in memory.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import DATA
from keywitness.model.schema import UNIX_EPOCH_TICKS

if TYPE_CHECKING:
    import duckdb

    from keywitness.case import Case

#: What the hunts read. AZKVAuditLogs is a view of ours over AzureDiagnostics and is left out.
TABLES: Mapping[str, tuple[str, ...]] = {
    "AzureDiagnostics": (
        *("TimeGenerated", "OperationName", "CallerIPAddress", "httpStatusCode_d", "id_s", "requestUri_s"),
        *("clientInfo_s", "Resource", "ResultType", "identity_claim_appid_g", "identity_claim_oid_g", "DurationMs"),
        *("identity_claim_upn_s", "CorrelationId", "ResourceProvider", "Category"),
    ),
    "AADServicePrincipalSignInLogs": ("TimeGenerated", "AppId", "IPAddress"),
    "AADManagedIdentitySignInLogs": ("TimeGenerated", "AppId", "IPAddress"),
}
#: Seconds above which one run of a query is enough, and after which a run is stopped.
_SLOW, _LIMIT = 10, 60
Run = Callable[[str], int]


def installed() -> tuple[str, ...]:
    """The engines that are here."""
    return tuple(name for name in _ENGINES if find_spec(name.replace("-", "_")))


def measured(run: Run, kql: str, rows: int, times: int) -> str:
    """Best of so many warm runs in seconds; `refused`; or how many rows it gave, where that differs.

    A first run that takes longer than `_SLOW` is the only one; none takes longer than `_LIMIT`.
    """
    began = time.perf_counter()
    try:
        found = run(kql)
        took = time.perf_counter() - began
        if took <= _SLOW:
            took = min(_seconds(run, kql) for _ in range(times))
    except Exception:  # an engine may refuse with anything
        return "refused" if time.perf_counter() - began < _LIMIT else f"> {_LIMIT}"
    return f"{took:.2f}" if found == rows else f"{found} rows"


def _seconds(run: Run, kql: str) -> float:
    began = time.perf_counter()
    run(kql)
    return time.perf_counter() - began


def prepared(opened: Case) -> Iterator[tuple[str, Run]]:
    """What runs a query in each engine that is here and gives its number of rows. One engine is filled at a time."""
    here = installed()
    files = _exported(opened) if here else {}
    for name in here:
        with ExitStack() as stack:
            try:
                run = _ENGINES[name](files, stack)
            except ImportError as error:
                print(f"\n{name} is left out: {error}")
                continue
            yield name, run


def _exported(opened: Case) -> dict[str, Path]:
    """One Parquet file per table, made once."""
    import duckdb

    folder = DATA / "others"
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    with duckdb.connect(config={"threads": os.cpu_count() or 1}) as connection:
        snapshot = opened.snapshot()
        snapshot.prepare(connection)
        for table, columns in TABLES.items():
            files[table] = folder / f"{opened.path.name}-{table}.parquet"
            if not files[table].exists():
                _export(connection, snapshot.relation(table), columns, files[table])
    return files


def _export(connection: duckdb.DuckDBPyConnection, relation: object, columns: tuple[str, ...], file: Path) -> None:
    known = relation.columns  # type: ignore[attr-defined]
    values = (
        f"make_timestamp(({known[c]} - {UNIX_EPOCH_TICKS}) // 10)" if c == "TimeGenerated" else known[c]
        for c in columns
        if c in known
    )
    names = (c for c in columns if c in known)
    select = ", ".join(f'{value} AS "{name}"' for value, name in zip(values, names, strict=True))
    source = relation.sql  # type: ignore[attr-defined]
    beside = file.with_suffix(".unfinished")
    connection.execute(f"COPY (SELECT {select} FROM {source}) TO '{beside}' (FORMAT parquet, COMPRESSION zstd)")
    beside.rename(file)


def _duckdb_kql(files: Mapping[str, Path], stack: ExitStack) -> Run:
    import duckdb_kql

    connection = duckdb_kql.connect()
    stack.callback(connection.close)
    for table, file in files.items():
        connection.execute(f"CREATE TABLE \"{table}\" AS SELECT * FROM '{file}'")

    def run(kql: str) -> int:
        clock = threading.Timer(_LIMIT, connection.interrupt)
        clock.start()
        try:
            return len(duckdb_kql.kql(connection, kql).fetchall())
        finally:
            clock.cancel()

    return run


def _chdb(files: Mapping[str, Path], stack: ExitStack) -> Run:
    from chdb import session

    open_session = session.Session()
    stack.callback(open_session.close)
    open_session.query("CREATE DATABASE IF NOT EXISTS hunts")
    open_session.query("USE hunts")
    settings = f"SET allow_experimental_kusto_dialect = 1; SET max_execution_time = {_LIMIT}; SET dialect = 'kusto';"
    for table, file in files.items():
        open_session.query(f"CREATE TABLE {table} ENGINE = Memory AS SELECT * FROM file('{file}', Parquet)")

    def run(kql: str) -> int:
        return len(str(open_session.query(f"{settings} {kql}", "CSV")).splitlines())

    return run


_ENGINES: Mapping[str, Callable[[Mapping[str, Path], ExitStack], Run]] = {"duckdb-kql": _duckdb_kql, "chdb": _chdb}
