"""Groups: what is asked before them, and what of them."""

from __future__ import annotations

import pytest

from keywitness.engine.query import explain, query

ROWS = 'datatable(a:string, n:long)["10.0.0.1", 1, "198.51.100.7", 2, "198.51.100.7", 3, "", 4] | '


def before_groups(text: str) -> str:
    """The part of the SQL that runs before rows are grouped."""
    return explain(ROWS + text, stage="sql").partition("GROUP BY")[0].upper()


@pytest.mark.parametrize("aggregates", ["count(), max(n)", "Sum = sum(n)"])
def test_a_kernel_over_a_key_is_asked_of_the_groups(aggregates):
    """Once per address, and not once per row."""
    text = f"where not(ipv4_is_private(a)) and n < 4 | summarize {aggregates} by Address = a"
    assert "KX_ADDRESSES" not in before_groups(text)
    assert "< CAST(4" in before_groups(text)
    assert [row["Address"] for row in query(ROWS + text)] == ["198.51.100.7"]


@pytest.mark.parametrize(
    "text",
    [
        "where ipv4_is_private(a) | summarize count() by n",
        "where ipv4_is_private(a) | summarize count()",
        "where ipv4_is_private(a) | summarize make_list(n) by a",
        "where ipv4_is_private(a) or n == 2 | summarize count() by a",
        "where ipv4_is_private(strcat(a, '')) | summarize count() by a = substring(a, 0, 1)",
        "where ipv4_is_private(a) and rand() < 2 | summarize count() by a",
    ],
)
def test_other_conditions_are_asked_of_the_rows(text):
    """Of other columns, with aggregates that would grow, and where each row draws its own number."""
    assert "KX_ADDRESSES" in before_groups(text) or "GROUP BY" not in explain(ROWS + text, stage="sql")
    assert len(query(ROWS + text)) >= 1
