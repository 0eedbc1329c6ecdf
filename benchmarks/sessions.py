"""All sessions of a large case, with classes and mismatches, beside a full scan of its table in the same run.

`python -m benchmarks.sessions [--records N]`. Each is measured in a process of its own, with its peak memory. A long
gap makes few sessions of many events, a short one many: both are made.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from benchmarks.data import month
from benchmarks.detection import scan
from benchmarks.measure import measured, table, verdict

#: Scans that the sessions may take at most, and their memory.
WANTED = 6.0
WANTED_MIB = 3072
#: Longest silences inside a session, in minutes.
GAPS = (30, 1)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=10_000_000, help="vault events of the case")
    arguments.add_argument("--only", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.only is not None:
        folder = month(given.records)
        print(json.dumps(sessions(folder, given.only) if given.only else scan(folder)))
        return
    month(given.records)
    took = {
        gap: measured("benchmarks.sessions", "--records", str(given.records), "--only", str(gap)) for gap in (0, *GAPS)
    }
    whole = took.pop(0)
    rows = [("full scan", "", f"{whole.seconds:.1f}", "", f"{whole.peak_mib:,.0f}", "", "")]
    for gap, found in took.items():
        ratio = found.seconds / whole.seconds
        holds = ratio <= WANTED and found.peak_mib <= WANTED_MIB
        cells = (f"{found.result['rows']:,}", f"{found.seconds:.1f}", f"{ratio:.1f}", f"{found.peak_mib:,.0f}")
        rows.append((f"gap of {gap} min", *cells, f"<= {WANTED:.0f} scans, < {WANTED_MIB:,} MiB", verdict(holds)))
    head = ("work", "sessions", "seconds", "scans", "peak MiB", "wanted", "")
    table(f"sessions of {given.records:,} events of a month", head, rows)


def sessions(folder: Any, minutes: int) -> dict[str, Any]:
    """Every session of the case."""
    from keywitness.case import open_case
    from keywitness.investigate.visits import visits
    from keywitness.model.schema import TICKS_PER_SECOND

    opened = open_case(folder)
    began = time.perf_counter()
    made = visits(opened, [], minutes * 60 * TICKS_PER_SECOND)
    return {"seconds": time.perf_counter() - began, "rows": made.table.num_rows}


if __name__ == "__main__":
    main()
