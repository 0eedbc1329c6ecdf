"""Memory of `summarize` over 50 million rows: `python -m benchmarks.memory`.

The rows are those of the case, several times over: what an aggregation holds depends on its groups, and what a scan
holds does not depend on how often it runs.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from benchmarks.data import case
from benchmarks.measure import measured, table, verdict

WANTED_MIB = 2048
QUERIES = {
    "callers by hour": "count(), dcount(CallerIPAddress), max(DurationMs) by bin(TimeGenerated, 1h), Resource",
    "a million groups": "First = min(TimeGenerated), Last = max(TimeGenerated), count() by CorrelationId | count",
    "sets and a kernel": "make_set(OperationName), countif(ipv4_is_private(CallerIPAddress)) by clientInfo_s",
}


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=10_000_000, help="rows of the case")
    arguments.add_argument("--times", type=int, default=5, help="how often over they are read")
    arguments.add_argument("--only", choices=QUERIES, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.only:
        print(json.dumps(summarized(given.records, given.times, given.only)))
        return
    case(given.records)
    rows = []
    for name in QUERIES:
        options = ("--records", str(given.records), "--times", str(given.times), "--only", name)
        took = measured("benchmarks.memory", *options)
        cells = (f"{took.result['rows']:,}", f"{took.seconds:.1f}", f"{took.cpu_seconds:.1f}", f"{took.peak_mib:,.0f}")
        rows.append((name, *cells, f"< {WANTED_MIB} MiB", verdict(took.peak_mib < WANTED_MIB)))
    title = f"summarize over {given.records * given.times:,} rows"
    table(title, ("query", "rows", "seconds", "cpu s", "peak MiB", "wanted", ""), rows)


def summarized(records: int, times: int, name: str) -> dict[str, Any]:
    """One query in a process of its own."""
    from keywitness.case import open_case

    opened = open_case(case(records))
    tables = ", ".join(["AzureDiagnostics"] * times)
    began = time.perf_counter()
    found = opened.query(f"union {tables} | summarize {QUERIES[name]}")
    return {"seconds": time.perf_counter() - began, "rows": len(found)}


if __name__ == "__main__":
    main()
