"""What the text of a query costs before DuckDB sees it: `python -m benchmarks.compiling`.

Parse, bind, rewrite, lower and print as SQL, over the queries of the tests (and the conformance cases where they are),
in one process, after a first round that warms. The first query of a process is measured in processes of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import ROOT, measured, table, verdict

CASES = ROOT.parent / "shared" / "kql"
FIRST = (
    "let T = datatable(a:string, n:long) ['x', 1, 'y', 2]; "
    "T | where a has 'x' or n > 1 | summarize Sum = sum(n), Names = make_set(a) by bin(n, 10) | order by Sum desc"
)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--first", action="store_true", help=argparse.SUPPRESS)
    if arguments.parse_args().first:
        print(json.dumps(first_query()))
        return
    queries = list(_queries())
    for query in queries:
        _compiled(query)
    took = sorted(seconds for seconds in map(_compiled, queries) if seconds is not None)
    median, most = statistics.median(took), took[int(0.95 * len(took))]
    first = [measured("benchmarks.compiling", "--first") for _ in range(5)]
    wall, cpu = min(f.seconds for f in first), min(f.result["cpu"] for f in first)
    rows = [
        ("median", f"{1000 * median:.2f} ms", "< 10 ms", verdict(median < 0.010)),
        ("95 %", f"{1000 * most:.2f} ms", "< 40 ms", verdict(most < 0.040)),
        ("slowest", f"{1000 * took[-1]:.0f} ms", "", ""),
        ("first query of a process, run", f"{1000 * wall:.0f} ms", "< 600 ms", verdict(wall < 0.6)),
        ("  its processor time", f"{1000 * cpu:.0f} ms", "", ""),
    ]
    table(f"text to SQL, {len(took):,} queries that are answered", ("what", "took", "wanted", ""), rows)


def first_query() -> dict[str, float]:
    """Run a query in a process that has run none: seconds and processor time, imports of the engine included."""
    import keywitness

    wall, cpu = time.perf_counter(), time.process_time()
    rows = len(keywitness.query(FIRST))
    return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rows": rows}


def _queries() -> Iterator[str]:
    for path in sorted((ROOT / "tests" / "kql" / "corpus").rglob("*.kql")):
        yield path.read_text(encoding="utf-8")
    files = [ROOT / "tests" / "kql" / "second_opinion" / "queries.jsonl", *sorted(CASES.glob("*-visible.jsonl"))]
    for lines in files:
        for line in Path(lines).read_text(encoding="utf-8").splitlines():
            yield str(json.loads(line)["query"])


def _compiled(text: str) -> float | None:
    """Seconds; None where the query is refused."""
    from keywitness.engine.query import explain
    from keywitness.errors import KeywitnessError

    began = time.perf_counter()
    try:
        explain(text, now="2026-01-01", stage="sql")
    except KeywitnessError:
        return None
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
