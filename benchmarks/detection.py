"""All rules, and exposure, over a month of vault events, beside one full scan of the same table in the same run.

`python -m benchmarks.detection [--records N] [--rules]`. Each is measured in a process of its own, with its peak
memory. A full scan reads every column of every row once.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

from benchmarks.data import month
from benchmarks.measure import measured, table, verdict

if TYPE_CHECKING:
    from keywitness.case import Case

#: Scans that the work may take at most, and its memory.
WANTED = {"rules": 20.0, "exposure": 6.0}
WANTED_MIB = 3072
#: Rules that are listed one by one with `--rules`.
SLOWEST = 15


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=10_000_000, help="vault events of the case")
    arguments.add_argument("--rules", action="store_true", help="also list the slowest rules")
    arguments.add_argument("--only", choices=("scan", *WANTED), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.only:
        print(json.dumps(_WORKS[given.only](month(given.records))))
        return
    month(given.records)
    took = {name: measured("benchmarks.detection", "--records", str(given.records), "--only", name) for name in _WORKS}
    scan = took["scan"].seconds
    rows = [
        ("full scan", f"{took['scan'].result['rows']:,}", f"{scan:.1f}", "", f"{took['scan'].peak_mib:,.0f}", "", "")
    ]
    for name, most in WANTED.items():
        found = took[name]
        ratio = found.seconds / scan
        holds = ratio <= most and found.peak_mib < WANTED_MIB
        cells = (f"{found.result['rows']:,}", f"{found.seconds:.1f}", f"{ratio:.1f}", f"{found.peak_mib:,.0f}")
        rows.append((name, *cells, f"<= {most:.0f} scans, < {WANTED_MIB:,} MiB", verdict(holds)))
    title = f"detection and exposure over {given.records:,} events of a month"
    table(title, ("work", "results", "seconds", "scans", "peak MiB", "wanted", ""), rows)
    if given.rules:
        slow = [(name, f"{seconds:.1f}") for name, seconds in took["rules"].result["slowest"]]
        table("the slowest rules", ("rule", "seconds"), slow)


def scan(folder: Any) -> dict[str, Any]:
    """Every column of every row, the best of three."""
    case = _opened(folder)
    schema = case.snapshot().schema("AzureDiagnostics") or ()
    columns = [c for c in schema if not c.hidden and str(c.type) != "dynamic"]
    maxima = (f"max(toint({c.name}))" if str(c.type) == "bool" else f"max({c.name})" for c in columns)
    query = f"AzureDiagnostics | summarize count(), {', '.join(maxima)}"
    took = []
    for _ in range(3):
        began, cpu = time.perf_counter(), time.process_time()
        rows = case.query(query).to_pylist()
        took.append((time.perf_counter() - began, time.process_time() - cpu))
    seconds, used = (min(each) for each in zip(*took, strict=True))
    return {"seconds": seconds, "cpu": used, "rows": rows[0]["count_"]}


def rules(folder: Any) -> dict[str, Any]:
    """All rules, as an investigation runs them."""
    from keywitness.detect.rule_files import load_rules
    from keywitness.detect.run import run_rules

    case = _opened(folder)
    loaded = load_rules()
    present = frozenset(name for name, rows, _, _ in case.table_facts() if rows)
    began, cpu = time.perf_counter(), time.process_time()
    each, findings = {}, 0
    with case.prepared() as ready:
        each["(events worked out)"] = time.perf_counter() - began
        for rule in loaded:
            before = time.perf_counter()
            (outcome,) = run_rules(ready, [rule], present=present)
            if outcome.status == "failed":
                raise SystemExit(f"{rule.slug} failed: {outcome.reason}")
            each[rule.slug] = time.perf_counter() - before
            findings += len(outcome.findings)
    seconds = time.perf_counter() - began
    slowest = sorted(each.items(), key=lambda item: -item[1])[:SLOWEST]
    return {"seconds": seconds, "cpu": time.process_time() - cpu, "rows": findings, "slowest": slowest}


def exposure(folder: Any) -> dict[str, Any]:
    """Every object version that was handed out, its traces, and what is proven of the vaults' logs."""
    from keywitness.exposure.reads import exposed
    from keywitness.exposure.touches import touches
    from keywitness.exposure.traces import traces
    from keywitness.investigate.logged import logged

    case = _opened(folder)
    began, cpu = time.perf_counter(), time.process_time()
    done = touches(case, {})
    objects = exposed(done)
    traces(done)
    known = logged(case)
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    return {"seconds": seconds, "cpu": used, "rows": len(objects), "vaults": len(known)}


def _opened(folder: Any) -> Case:
    from keywitness.case import open_case

    return open_case(folder)


_WORKS = {"scan": scan, "rules": rules, "exposure": exposure}


if __name__ == "__main__":
    main()
