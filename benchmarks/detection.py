"""All rules, and exposure, over a month of vault events, beside one full scan of the same table in the same run.

`python -m benchmarks.detection [--records N] [--case FOLDER] [--rules]`. Each is measured in a process of its own, with
its peak memory. A full scan reads every column of every row once, warm, and is the best of three. Both clocks are
printed: on a machine with other work the processor's says more than the wall's.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data import month
from benchmarks.measure import Measured, measured, table, verdict

if TYPE_CHECKING:
    from keywitness.case import Case

#: Scans that the work may take at most, and its memory.
WANTED = {"rules": 20.0, "exposure": 6.0}
WANTED_MIB = 3072
#: Rules that are listed one by one with `--rules`.
SLOWEST = 15
HEAD = ("work", "results", "seconds", "scans", "processor s", "scans", "peak MiB", "wanted", "")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    case_arguments(arguments)
    arguments.add_argument("--rules", action="store_true", help="also list the slowest rules")
    arguments.add_argument("--only", choices=("scan", *WANTED), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    folder = given.case or month(given.records)
    if given.only:
        print(json.dumps(_WORKS[given.only](folder)))
        return
    took = {name: measured("benchmarks.detection", "--case", str(folder), "--only", name) for name in _WORKS}
    whole = took["scan"]
    rows = [scanned(whole), *(beside(name, took[name], whole, most) for name, most in WANTED.items())]
    table(f"detection and exposure over {whole.result['rows']:,} events", HEAD, rows)
    if given.rules:
        slow = [(name, f"{wall:.1f}", f"{cpu:.1f}") for name, wall, cpu in took["rules"].result["slowest"]]
        table("the slowest rules", ("rule", "seconds", "processor s"), slow)


def case_arguments(arguments: argparse.ArgumentParser) -> None:
    """What case is measured."""
    arguments.add_argument("--records", type=int, default=10_000_000, help="vault events of the case that is made")
    arguments.add_argument("--case", type=Path, help="measure this case instead")


def scanned(whole: Measured) -> tuple[str, ...]:
    """The line of the scan, for `HEAD`."""
    rows = f"{whole.result['rows']:,}"
    return (
        "full scan",
        rows,
        f"{whole.seconds:.1f}",
        "",
        f"{whole.result['cpu']:.1f}",
        "",
        f"{whole.peak_mib:,.0f}",
        "",
        "",
    )


def beside(name: str, found: Measured, whole: Measured, most: float) -> tuple[str, ...]:
    """The line of a work beside the scan, for `HEAD`; the wall's clock decides."""
    ratio, of_cpu = found.seconds / whole.seconds, found.result["cpu"] / whole.result["cpu"]
    cells = (f"{found.seconds:.1f}", f"{ratio:.1f}", f"{found.result['cpu']:.1f}", f"{of_cpu:.1f}")
    wanted = f"<= {most:.0f} scans, < {WANTED_MIB:,} MiB"
    holds = verdict(ratio <= most and found.peak_mib < WANTED_MIB)
    return (name, f"{found.result['rows']:,}", *cells, f"{found.peak_mib:,.0f}", wanted, holds)


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
    """All rules, as an investigation runs them. What many begin with is worked out in the first that asks for it."""
    from keywitness.detect.rule_files import load_rules
    from keywitness.detect.run import run_rules

    case = _opened(folder)
    loaded = load_rules()
    present = frozenset(name for name, rows, _, _ in case.table_facts() if rows)
    began, cpu = time.perf_counter(), time.process_time()
    each: list[tuple[str, float, float]] = []
    findings = 0
    with case.prepared() as ready:
        for rule in loaded:
            before, used = time.perf_counter(), time.process_time()
            (outcome,) = run_rules(ready, [rule], present=present)
            if outcome.status == "failed":
                raise SystemExit(f"{rule.slug} failed: {outcome.reason}")
            each.append((rule.slug, time.perf_counter() - before, time.process_time() - used))
            findings += len(outcome.findings)
    seconds = time.perf_counter() - began
    slowest = sorted(each, key=lambda rule: -rule[2])[:SLOWEST]
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
