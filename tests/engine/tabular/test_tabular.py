"""Where a tabular kernel cuts the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from keywitness.engine import tabular
from keywitness.engine.engine import NoTables
from keywitness.engine.engines.duckdb import DuckDbEngine
from keywitness.engine.kernels.kernel import NoExactAnswerError
from keywitness.engine.query import run
from keywitness.errors import QueryError
from keywitness.kql import plan
from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import compile_kql
from keywitness.kql.plan import ColumnRef, Named, Program, Project, TabularCall
from keywitness.model.schema import Column, KqlType, Schema

LONG = KqlType.LONG
N = Schema([Column("N", LONG)])


def reversed_rows(rows: pa.Table, add: int) -> pa.Table:
    return pa.table({"N": pc.add(rows["n"], add)[::-1]})


def no_answer(rows: pa.Table, add: int) -> pa.Table:
    raise NoExactAnswerError(f"{rows.num_rows} rows have no answer")


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[..., pa.Table]], None]]:
    def use(function: Callable[..., pa.Table]) -> None:
        monkeypatch.setattr(tabular, "find", lambda name: function)

    yield use


def source(text: str) -> plan.Plan:
    return compile_kql(text, EmptyCatalog(), 0).result


def call(*sources: plan.Plan) -> TabularCall:
    return TabularCall("test_reversed", sources, (("add", 10),), N)


def test_rows_of_a_kernel_go_on_in_its_order(kernel: Callable[..., None]) -> None:
    kernel(reversed_rows)
    node = Project(call(source("range n from 1 to 3 step 1")), (Named("N", ColumnRef("N", LONG)),))
    assert run(Program(node), NoTables()).physical() == [(13,), (12,), (11,)]


def test_a_kernel_over_a_kernel(kernel: Callable[..., None]) -> None:
    kernel(reversed_rows)
    renamed = Project(call(source("range n from 1 to 3 step 1")), (Named("n", ColumnRef("N", LONG)),))
    assert run(Program(call(renamed)), NoTables()).physical() == [(21,), (22,), (23,)]


def test_other_columns_than_planned_are_a_fault(kernel: Callable[..., None]) -> None:
    kernel(lambda rows, add: rows)
    with pytest.raises(TypeError, match="test_reversed gave"):
        run(Program(call(source("range n from 1 to 3 step 1"))), NoTables())


def test_a_kernel_may_refuse(kernel: Callable[..., None]) -> None:
    kernel(no_answer)
    with pytest.raises(QueryError, match="3 rows have no answer"):
        run(Program(call(source("range n from 1 to 3 step 1"))), NoTables())


def test_shared_random_rows_are_not_drawn_twice(kernel: Callable[..., None]) -> None:
    """A `materialize` of random values must be the same rows inside and outside of a kernel."""
    kernel(reversed_rows)
    drawn = source("materialize(range n from 1 to 3 step 1 | project N = tolong(1000000000 * rand()))")
    inside = call(Project(drawn, (Named("n", ColumnRef("N", LONG)),)))
    both = plan.Union((drawn, inside), N)
    cells = [n for (n,) in run(Program(both), NoTables()).physical()]
    assert [n + 10 for n in cells[:3]] == cells[:2:-1]


def test_the_shown_sql_has_the_inputs(kernel: Callable[..., None]) -> None:
    shown = DuckDbEngine().sql(Program(call(source("range n from 1 to 3 step 1"))), NoTables())
    assert shown.startswith("-- k0 is what test_reversed makes of\nSELECT")
    assert shown.endswith("FROM k0\nORDER BY\n  k0.place ASC NULLS FIRST")


def test_an_unknown_kernel_is_named() -> None:
    with pytest.raises(LookupError, match="nowhere_known"):
        tabular.find("nowhere_known")
