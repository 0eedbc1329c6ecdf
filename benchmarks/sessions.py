"""All sessions of a large case, with classes and mismatches, beside a full scan of its table in the same run.

`python -m benchmarks.sessions [--records N] [--case FOLDER]`. Each is measured in a process of its own, with its peak
memory. A long gap makes few sessions of many events, a short one many: both are made.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from benchmarks.data import month
from benchmarks.detection import HEAD, beside, case_arguments, scan, scanned
from benchmarks.measure import measured, table

#: Scans that the sessions may take at most.
WANTED = 6.0
#: Longest silences inside a session, in minutes.
GAPS = (30, 1)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    case_arguments(arguments)
    arguments.add_argument("--only", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    folder = given.case or month(given.records)
    if given.only is not None:
        print(json.dumps(sessions(folder, given.only) if given.only else scan(folder)))
        return
    took = {gap: measured("benchmarks.sessions", "--case", str(folder), "--only", str(gap)) for gap in (0, *GAPS)}
    whole = took.pop(0)
    rows = [scanned(whole), *(beside(f"gap of {gap} min", found, whole, WANTED) for gap, found in took.items())]
    table(f"sessions of {whole.result['rows']:,} events", HEAD, rows)


def sessions(folder: Any, minutes: int) -> dict[str, Any]:
    """Every session of the case."""
    from keywitness.case import open_case
    from keywitness.investigate.visits import visits
    from keywitness.model.schema import TICKS_PER_SECOND

    opened = open_case(folder)
    began, cpu = time.perf_counter(), time.process_time()
    made = visits(opened, [], minutes * 60 * TICKS_PER_SECOND)
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    return {"seconds": seconds, "cpu": used, "rows": made.table.num_rows}


if __name__ == "__main__":
    main()
