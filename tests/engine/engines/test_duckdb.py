"""The DuckDB engine beyond its answers: interruption, memory, damage."""

from __future__ import annotations

import _thread
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from keywitness.engine.engine import NoTables
from keywitness.engine.engines import duckdb as engine
from keywitness.engine.engines.duckdb import DuckDbEngine
from keywitness.engine.limits import Limits
from keywitness.engine.query import query, run
from keywitness.errors import CaseDamagedError, KeywitnessError, LimitError, QueryError
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

    def __init__(self, sql: str, *reads: str) -> None:
        self.sql = sql
        self.reads = reads

    def relation(self, table: str) -> Relation:
        return Relation(self.sql, {"a": "a"})

    def prepare(self, connection: object) -> None:
        """Nothing to make ready."""

    def folders(self) -> tuple[str, ...]:
        return self.reads


def test_ctrl_c_stops_a_query() -> None:
    timer = threading.Timer(1.0, _thread.interrupt_main)
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        query(SLOW)
    timer.join()
    assert time.monotonic() - started < 15


def test_ctrl_c_stops_a_kernel() -> None:
    timer = threading.Timer(1.0, _thread.interrupt_main)
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        query("range x from 1 to 9000000 step 1 | extend u = parse_url(strcat('https://a/', x)) | summarize dcount(u)")
    timer.join()
    assert time.monotonic() - started < 15


def test_the_end_of_its_time_stops_a_query_also_on_another_thread() -> None:
    failed: list[BaseException] = []

    def asking() -> None:
        try:
            query(SLOW, limits=Limits(time=0.5))
        except LimitError as error:
            failed.append(error)

    started = time.monotonic()
    thread = threading.Thread(target=asking)
    thread.start()
    thread.join(30)
    assert time.monotonic() - started < 15
    assert "servertimeout" in str(failed[0])


def test_a_join_that_grows_without_bound_is_stopped() -> None:
    grows = "range x from 1 to 100000 step 1 | extend k = 1"
    for _ in range(3):
        grows = f"({grows}) | join kind=inner (range y from 1 to 100000 step 1 | extend k = 1) on k | project k"
    with pytest.raises(LimitError, match="record count limit 500000"):
        query(grows)
    with pytest.raises(LimitError, match="servertimeout"):
        query(f"{grows} | count", limits=Limits(time=1))


def test_a_large_answer_stops_before_it_is_whole() -> None:
    started = time.monotonic()
    with pytest.raises(LimitError, match="data size limit 1000000 "):
        query(f"set truncationmaxsize = 1000000; {SLOW.replace('| summarize sum(x % 3 + y % 5)', '')}")
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    "reached",
    [
        "read_csv('{outside}')",
        "read_text('/etc/hostname')",
        "glob('/etc/*')",
        "read_parquet('https://example.com/a.parquet')",
    ],
)
def test_no_relation_reaches_beyond_its_folders(reached: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    inside = tmp_path / "case"
    inside.mkdir()
    scan = plan.Program(plan.Scan("T", Schema([Column("a", LONG)])))
    with pytest.raises(KeywitnessError, match="Cannot access file"):
        run(scan, OneTable(reached.format(outside=outside), str(inside)))
    (inside / "inside.csv").write_text("a\n7\n")
    assert run(scan, OneTable(f"read_csv('{inside}/inside.csv')", str(inside))).physical() == [(7,)]


def test_the_connection_of_a_query_can_write_and_load_nothing(tmp_path: Path) -> None:
    refusals = []

    class Writes(OneTable):
        def prepare(self, connection: Any) -> None:
            for statement in (
                f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
                f"ATTACH '{tmp_path}/out.duckdb'",
                "INSTALL httpfs",
                "LOAD httpfs",
                "SET enable_external_access = true",
            ):
                with pytest.raises(duckdb.Error) as refused:
                    connection.execute(statement)
                refusals.append(refused)

    run(plan.Program(plan.Scan("T", Schema([Column("a", LONG)]))), Writes("(SELECT 1 AS a)"))
    assert len(refusals) == 5
    assert not list(tmp_path.iterdir())


def test_a_query_that_spills_still_answers() -> None:
    text = "range x from 1 to 4000000 step 1 | extend k = hash(x) | sort by k asc | extend n = row_number() | count"
    assert query(text, limits=Limits(memory=96 * 2**20)).to_pylist() == [{"Count": 4_000_000}]


def test_databases_of_cases_that_are_left_are_closed() -> None:
    for folder in ("/one", "/two", "/three"):
        run(plan.Program(plan.Scan("T", Schema([Column("a", LONG)]))), OneTable("(SELECT 1 AS a)", folder))
    assert len(engine._instances) <= 2


def test_a_lost_file_is_damage_not_a_query_error() -> None:
    scan = plan.Scan("T", Schema([Column("a", LONG)]))
    with pytest.raises(CaseDamagedError, match="cannot be read"):
        run(plan.Program(scan), OneTable("read_parquet(['/nowhere/at/all.parquet'])", "/nowhere"))


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
    with pytest.raises(LimitError, match=r"memory budget .*E_RUNAWAY_QUERY"):
        DuckDbEngine(limits=Limits(memory=32 * 2**20), threads=1).run(program, NoTables())


def test_no_name_of_sql_means_a_python_variable() -> None:
    leaked = [1, 2, 3]  # noqa: F841 - DuckDB would find it by name
    with pytest.raises(QueryError):
        run(plan.Program(plan.Scan("T", Schema([Column("a", LONG)]))), OneTable("leaked"))
