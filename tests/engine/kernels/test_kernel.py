"""The vectorised frame of a kernel."""

from __future__ import annotations

import pyarrow as pa
import pytest

from keywitness.engine.kernels.kernel import MODULES, find, kernel
from keywitness.model.schema import KqlType


@pytest.fixture
def counted():
    calls: list[tuple[object, ...]] = []

    @kernel(KqlType.STRING, KqlType.LONG, result=KqlType.STRING)
    def joined(text: str | None, number: int | None) -> str:
        calls.append((text, number))
        return f"{text}{number}"

    return joined, calls


def test_work_is_done_once_per_distinct_row(counted) -> None:
    joined, calls = counted
    columns = [pa.chunked_array([["a", "b", None, "a"], ["a", "b"]]), pa.chunked_array([[1, 1, None, 2, 1, 1]])]
    assert joined.apply(columns).to_pylist() == ["a1", "b1", "NoneNone", "a2", "a1", "b1"]
    assert len(calls) == 4
    joined.apply(columns)
    assert len(calls) == 4


def test_no_rows(counted) -> None:
    joined, calls = counted
    empty = [pa.chunked_array([[]], pa.string()), pa.chunked_array([[]], pa.int64())]
    assert joined.apply(empty).to_pylist() == []
    assert calls == []


def test_the_number_of_arguments_is_checked(counted) -> None:
    joined, _ = counted
    with pytest.raises(TypeError):
        joined.called_with(3)
    assert find("kx_documents_zipped").called_with(3).parameters == (KqlType.DYNAMIC,) * 3


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_there(module: str) -> None:
    from importlib import import_module

    assert import_module(f"keywitness.engine.kernels.{module}").__doc__
