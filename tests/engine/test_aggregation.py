"""Groups: what is asked before them, and what of them."""

from __future__ import annotations

from random import Random

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


ASIDE = (
    "Rows = count(), A = countif(v > 0), B = min(r), C = max(r), D = minif(s, v > 1), E = maxif(r, r > 0), F = max(s)"
)
CELLS = {
    "s": ['""', '"a"', '"A"', '"ü"'],
    "v": ["long(null)", "0", "1", "2", "-3"],
    "r": ["real(null)", "real(nan)", "real(+inf)", "0.5", "0.0", "-1.5"],
}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("counted", ["s", "v", "r", "strcat(s, v)"])
def test_different_values_beside_other_aggregates_are_what_each_says_alone(seed, counted):
    """Groups of parts: a part without a match, without a number or without any value must not decide for the whole."""
    random = Random(seed)
    rows = [random.choice(CELLS[c]) for _ in range(random.randint(0, 30)) for c in ("s", "v", "r")]
    table = f"let T = datatable(s:string, v:long, r:real)[{', '.join(rows)}] | extend k = v % 2, j = s == 'a'; T | "
    for keys in ("k", "k, j", "k = bin(r, 1)"):
        counts = f"N = dcount({counted})"
        together = query(f"{table}summarize {ASIDE}, {counts}, Again = dcount({counted}) by {keys}").to_pylist()
        aside = query(f"{table}summarize {ASIDE} by {keys}").to_pylist()
        alone = query(f"{table}summarize {counts} by {keys}").to_pylist()
        expected = [a | n | {"Again": n["N"]} for a, n in zip(aside, alone, strict=True)]
        assert repr([sorted(row.items()) for row in together]) == repr([sorted(row.items()) for row in expected])


@pytest.mark.parametrize(
    ("aggregates", "twice"),
    [
        ("count(), dcount(n)", True),
        ("dcount(n)", False),
        ("count(), dcount(n), dcount(a)", False),
        ("sum(n), dcount(n)", False),
        ("count(), dcountif(n, n > 1)", False),
    ],
)
def test_rows_are_grouped_twice_where_parts_make_the_whole(aggregates, twice):
    sql = explain(f"{ROWS}summarize {aggregates} by a", stage="sql")
    assert (sql.count("GROUP BY") == 2) is twice
    assert explain(f"{ROWS}summarize count(), dcount(n)", stage="sql").count("GROUP BY") == 0
