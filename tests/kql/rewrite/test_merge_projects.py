"""Projections in a row become one, unless something would be computed twice or at another place."""

from __future__ import annotations

import pytest

from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import compile_kql

DATA = "datatable(a:long, s:string)[1, 'x', 2, 'y']"


def projections(query: str) -> int:
    node, count = compile_kql(f"{DATA} | {query}", EmptyCatalog(), 0).result, 0
    while hasattr(node, "source"):
        count += type(node).__name__ == "Project"
        node = node.source
    return count


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("extend b = a | extend c = b | project c", 1),
        ("extend b = a + 1 | project b", 1),
        ("extend b = a + 1 | extend c = b * b", 2),
        ("extend b = 5 | extend c = b * b", 1),
        ("extend b = rand() | extend c = b", 2),
        ("serialize | extend n = row_number() | extend m = n", 2),
    ],
)
def test_number_of_projections(query: str, expected: int) -> None:
    assert projections(query) == expected
