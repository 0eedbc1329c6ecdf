"""Every function of the language is answered by this engine, or refused with a reason by the language itself."""

from __future__ import annotations

import pytest

from keywitness.engine.kernels import kernel
from keywitness.engine.lowering import aggregates, macros, scalars
from keywitness.kql import functions
from keywitness.kql.functions.function import Function, Kind

#: Resolved by the binder: an engine never sees them.
_BOUND = {"ago", "bin_auto", "column_ifexists", "column_names_of", "ingestion_time", "now", "pack_all", "toscalar"}


def _answered(kind: Kind) -> list[Function]:
    return [f for f in functions.every() if f.kind is kind and not f.refusal]


@pytest.mark.parametrize("name", sorted({f.canonical for f in _answered(Kind.SCALAR)} - _BOUND))
def test_scalar_function_is_lowered(name: str) -> None:
    assert name in scalars.table()


@pytest.mark.parametrize("name", sorted({f.canonical for f in _answered(Kind.AGGREGATE)}))
def test_aggregate_is_lowered(name: str) -> None:
    assert name in aggregates.AGGREGATES


def test_refused_functions_say_why() -> None:
    refused = [f for f in functions.every() if f.refusal]
    assert refused
    assert all(len(f.refusal) > 10 for f in refused)


def test_rows_by_name_lead_to_a_macro_a_kernel_or_duckdb() -> None:
    for name, row in scalars.table().items():
        if isinstance(row, str) and row.startswith(kernel.PREFIX):
            assert kernel.find(row).name == row, name
        elif isinstance(row, str) and row.startswith("kw_"):
            assert row in macros.table(), name


def test_macros_name_only_macros_that_exist() -> None:
    for name in macros.table():
        for inner in macros.needed({name}):
            assert inner in macros.table()
    used = {n for name in macros.table() for n in macros.used(name)}
    assert used <= macros.table().keys()
