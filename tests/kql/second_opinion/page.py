"""Writes `docs/reference/kql/second-opinion.md`: `python -m tests.kql.second_opinion.page` with figures on stdin.

The figures are what a test run prints under `figures`; the table comes from the reviewed differences.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.kql.second_opinion.differences import DIFFERENCES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "kql" / "second-opinion.md"
_HEAD = """# The second opinion

Microsoft publishes the parser and analyser of its own KQL editor (npm `@kusto/language-service-next`, MIT). The tests
run it in Node and compare: what it accepts is accepted here, what it rejects is rejected here, and where both accept,
the columns of the result have the same names, types and order. It is not shipped, and no answer depends on it. A
difference fails the test unless it belongs to a class below; without Node the comparison is skipped.

Compared are the corpus, all rules and the functions they call, the queries of the how-to pages, the examples of Kusto's
documentation, and queries that a generator makes from the grammar and from the signatures of all functions: right and
wrong types, literals of every kind, names that collide (`tests/kql/second_opinion/generator.py`). Each generated query
is decided by its seed, which the test prints. "Not answered here" are queries that keywitness refuses as unsupported.

## Counts

A run prints them at its end, under `figures`. When this page was written:

```
{figures}
```

## Differences that stay

| verdict | difference | reason |
|---|---|---|
"""


def rows() -> list[tuple[str, str, str]]:
    """The table of differences."""
    return [(d.kind, d.name, d.reason) for d in DIFFERENCES]


def page(figures: str) -> str:
    """The whole page."""
    return _HEAD.format(figures=figures.strip()) + "".join(f"| {' | '.join(row)} |\n" for row in rows())


if __name__ == "__main__":
    PAGE.write_text(page(sys.stdin.read()), encoding="utf-8")
