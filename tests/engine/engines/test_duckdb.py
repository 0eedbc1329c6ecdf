"""The DuckDB engine beyond its answers: interruption, memory, damage."""

from __future__ import annotations

import _thread
import threading
import time

import pytest

from keywitness.engine.engine import NoTables
from keywitness.engine.engines.duckdb import DuckDbEngine
from keywitness.engine.query import query, run
from keywitness.errors import CaseDamagedError, QueryError
from keywitness.kql import plan
from keywitness.model.schema import Column, KqlType, Schema
from keywitness.store.relation import Relation

LONG = KqlType.LONG
SLOW = (
    "range x from 1 to 400000 step 1 | extend k = x % 7 "
    "| join kind=inner (range y from 1 to 40000 step 1 | extend k = y % 7) on k | summarize sum(x % 3 + y % 5)"
)


class OneTable:
    """A source with one relation and no setup."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def relation(self, table: str) -> Relation:
        return Relation(self.sql, {"a": "a"})

    def prepare(self, connection: object) -> None:
        """Nothing to make ready."""


def test_ctrl_c_stops_a_query() -> None:
    timer = threading.Timer(1.0, _thread.interrupt_main)
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        query(SLOW)
    timer.join()
    assert time.monotonic() - started < 15


def test_a_lost_file_is_damage_not_a_query_error() -> None:
    scan = plan.Scan("T", Schema([Column("a", LONG)]))
    with pytest.raises(CaseDamagedError, match="cannot be read"):
        run(plan.Program(scan), OneTable("read_parquet(['/nowhere/at/all.parquet'])"))


def test_a_table_without_evidence_has_no_rows() -> None:
    schema = Schema([Column("a", LONG), Column("s", KqlType.STRING)])
    rows = run(plan.Program(plan.Scan("T", schema)), NoTables())
    assert (len(rows), [c.name for c in rows.columns]) == (0, ["a", "s"])


def test_too_little_memory_is_said() -> None:
    from keywitness.kql.catalog import EmptyCatalog
    from keywitness.kql.compile import compile_kql

    program = compile_kql(
        "range x from 1 to 9000000 step 1 | summarize make_list(strcat('a long text ', x))", EmptyCatalog(), 0
    )
    with pytest.raises(QueryError, match="memory"):
        DuckDbEngine(memory_bytes=32 * 2**20, threads=1).run(program, NoTables())


def test_no_name_of_sql_means_a_python_variable() -> None:
    leaked = [1, 2, 3]  # noqa: F841 - DuckDB would find it by name
    with pytest.raises(QueryError):
        run(plan.Program(plan.Scan("T", Schema([Column("a", LONG)]))), OneTable("leaked"))
