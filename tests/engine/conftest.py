"""Asking short questions of the whole line: text, binder, engine, rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from keywitness.engine.query import query


@pytest.fixture
def ask() -> Callable[[str], tuple[Any, ...]]:
    """The cells of the only row of a query, as `Rows.to_pylist` gives them."""

    def asked(text: str) -> tuple[Any, ...]:
        (row,) = query(text).to_pylist()
        return tuple(row.values())

    return asked


@pytest.fixture
def ask_rows() -> Callable[[str], list[tuple[Any, ...]]]:
    """The rows of a query, in order."""
    return lambda text: [tuple(row.values()) for row in query(text).to_pylist()]
