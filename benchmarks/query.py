"""Queries over many rows: against hand-written SQL on the same files, and investigators' point queries.

`python -m benchmarks.query [--records N]`. The case is a million simulated records, copied to other days up to N rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.data import NEEDLE, case
from benchmarks.measure import best_of, side_by_side, table, verdict

if TYPE_CHECKING:
    from keywitness.case import Case

#: Refused attempts per address, as the article's second query asks for them.
REFUSED_SWEEPS = """
AzureDiagnostics
| where ResourceType == "VAULTS" and OperationName != "Authentication"
| summarize First = min(TimeGenerated), Last = max(TimeGenerated), Operations = count(),
    Refused = countif(httpStatusCode_d >= 400), Names = make_set(OperationName),
    make_set_if(httpStatusCode_d, httpStatusCode_d >= 400), Vaults = make_set(Resource) by CallerIPAddress
| where Names has_any ("SecretList", "CertificateList") and Refused > 0
"""
BY_HAND = """
SELECT "CallerIPAddress", min("TimeGenerated"), max("TimeGenerated"), count(*),
  count(*) FILTER (WHERE "httpStatusCode_d" >= 400) AS refused,
  list(DISTINCT "OperationName") AS names,
  list(DISTINCT "httpStatusCode_d") FILTER (WHERE "httpStatusCode_d" >= 400),
  list(DISTINCT "Resource")
FROM {source} WHERE "ResourceType" = 'VAULTS' AND "OperationName" <> 'Authentication'
GROUP BY "CallerIPAddress"
HAVING refused > 0 AND list_has_any(names, ['SecretList', 'CertificateList'])
"""


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=10_000_000)
    arguments.add_argument("--times", type=int, default=7, help="warm runs; the best counts")
    given = arguments.parse_args()

    from keywitness.case import open_case

    opened = open_case(case(given.records))
    rows = [*_sweeps(opened, given.times), *_points(opened, given.times)]
    table(
        f"queries over {given.records:,} rows",
        ("query", "rows", "first s", "warm s", "by hand s", "ratio", "wanted", ""),
        rows,
    )


def _sweeps(opened: Case, times: int) -> list[tuple[str, ...]]:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        opened.snapshot().prepare(connection)
        works: dict[str, Callable[[], Any]] = {
            name: lambda s=source: connection.execute(BY_HAND.format(source=s)).fetchall()
            for name, source in _sources(opened).items()
        }
        took = side_by_side(times, works | {"": lambda: opened.query(REFUSED_SWEEPS)})
    first, warm, found = took.pop("")
    rows = []
    for name, (_, by_hand, answer) in took.items():
        if len(answer) != len(found):
            raise SystemExit(f"the answers differ: {len(found)} rows, by hand {len(answer)}")
        ratio = warm / by_hand
        cells = (str(len(found)), f"{first:.2f}", f"{warm:.2f}", f"{by_hand:.2f}", f"{ratio:.2f}", "<= 1.20")
        rows.append((f"refused sweeps, by hand over {name}", *cells, verdict(ratio <= 1.2)))
    return rows


def _points(opened: Case, times: int) -> list[tuple[str, ...]]:
    snapshot = opened.snapshot()
    identity = opened.query(
        "AzureDiagnostics | summarize n = count() by oid = identity_claim_oid_g | where n >= 100 | top 1 by n asc"
    ).to_pylist()[0]["oid"]
    secret = opened.query(
        "AzureDiagnostics | where OperationName == 'SecretGet' | summarize n = count() by id_s | top 1 by n asc"
    ).to_pylist()[0]["id_s"]
    queries = {
        "all columns of one address": f"AzureDiagnostics | where CallerIPAddress == '{NEEDLE}'",
        "all columns of one identity": f"AzureDiagnostics | where identity_claim_oid_g == '{identity}'",
        "all columns of one secret": f"AzureDiagnostics | where id_s == '{secret}'",
    }
    rows = []
    for name, query in queries.items():
        first, warm, found = best_of(times, lambda q=query: opened.query(q))
        cells = (str(len(found)), f"{first:.2f}", f"{warm:.2f}", "", "", "< 0.6 s", verdict(warm < 0.6))
        rows.append((name, *cells))
    assert snapshot.has_evidence("AzureDiagnostics")
    return rows


def _sources(opened: Case) -> dict[str, str]:
    """The Parquet segments, and what the case itself reads."""
    snapshot = opened.snapshot()
    segments = list(snapshot.state.tables["AzureDiagnostics"].segments.values())
    parquet = snapshot.read_parquet(segments).replace(
        ", hive_partitioning", ", union_by_name = true, hive_partitioning"
    )
    return {"Parquet": parquet, "the read copy": snapshot.relation("AzureDiagnostics").sql}


if __name__ == "__main__":
    main()
