"""Ingest against DuckDB's own JSON reader and pandas, and rows of a table against blobs.

`python -m benchmarks.ingest [--records N]`. The baseline reads the same files with `read_json` into the same columns
and one Parquet file: no tolerance for broken records, no provenance, no duplicates, no hash.
`--rows` instead compares the same kind of events as blobs, as a workspace's data export and as `az` prints it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.data import evidence, printed_rows, table_rows
from benchmarks.measure import DATA, Measured, measured, table, verdict

PANDAS_SAMPLE = 50_000
WORKS = ("keywitness", "read_json", "pandas")
#: Evidence by the form of its records.
FORMS = {"blobs": evidence, "data export": table_rows, "az": printed_rows}


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3, help="the best of so many rounds counts, for all alike")
    arguments.add_argument("--rows", action="store_true", help="compare the forms that audit records come in")
    arguments.add_argument("--work", choices=(*WORKS, *FORMS), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.work in FORMS:
        print(json.dumps(keywitness(FORMS[given.work](given.records), "form-case")))
    elif given.work:
        works = {"keywitness": keywitness, "read_json": read_json, "pandas": pandas}
        print(json.dumps(works[given.work](evidence(given.records))))
    elif given.rows:
        compare_forms(given.records, given.rounds)
    else:
        compare_readers(given.records, given.rounds)


def compare_readers(records: int, rounds: int) -> None:
    """Blobs by this project, by DuckDB alone and by pandas."""
    _warm(evidence(records))
    best = _best(WORKS, records, rounds)
    ours, base, frames = (best[work] for work in WORKS)
    rates = {n: m.result["records"] / m.seconds for n, m in (("ours", ours), ("base", base), ("frames", frames))}
    against_base, against_frames = rates["ours"] / rates["base"], rates["ours"] / rates["frames"]
    table(
        f"ingest of {ours.result['records']:,} records",
        ("what", "seconds", "records/s", "cpu s", "peak MiB", "ratio", "wanted", ""),
        [
            ("DuckDB read_json -> Parquet", *_cells(base), "1.00", "", ""),
            ("pandas json_normalize (sample)", *_cells(frames), "", "", ""),
            ("keywitness ingest", *_cells(ours), f"{against_base:.2f}", ">= 0.50", verdict(against_base >= 0.5)),
            ("  against pandas", "", "", "", "", f"{against_frames:.1f}", ">= 4", verdict(against_frames >= 4)),
            ("  peak memory", "", "", "", "", "", "< 1536 MiB", verdict(ours.peak_mib < 1536)),
        ],
    )


def compare_forms(records: int, rounds: int) -> None:
    """The same kind of events in the forms that they come in."""
    for make in FORMS.values():
        _warm(make(records))
    best = _best(tuple(FORMS), records, rounds)
    rates = {form: m.result["records"] / m.seconds for form, m in best.items()}
    lines = []
    for form, m in best.items():
        ratio = rates[form] / rates["blobs"]
        lines.append((form, *_cells(m), f"{ratio:.2f}", ">= 0.50", verdict(ratio >= 0.5)))
    head = ("form", "seconds", "records/s", "cpu s", "peak MiB", "ratio", "wanted", "")
    table(f"ingest of {best['blobs'].result['records']:,} records by form", head, lines)


def _warm(folder: Path) -> None:
    """Say how much there is; reading it warms the page cache for all alike."""
    files = [p for p in folder.rglob("*") if p.is_file()]
    print(f"{folder.name}: {len(files)} files, {sum(len(p.read_bytes()) for p in files) / 1e6:,.0f} MB", flush=True)


def _best(works: Sequence[str], records: int, rounds: int) -> dict[str, Measured]:
    """The fastest round of each, all in turn."""
    taken = [
        {work: measured("benchmarks.ingest", "--records", str(records), "--work", work) for work in works}
        for _ in range(rounds)
    ]
    return {work: min((one[work] for one in taken), key=lambda m: m.seconds) for work in works}


def _cells(m: Measured) -> tuple[str, ...]:
    return f"{m.seconds:.1f}", f"{m.result['records'] / m.seconds:,.0f}", f"{m.cpu_seconds:.1f}", f"{m.peak_mib:,.0f}"


def keywitness(folder: Path, case: str = "ingest-case") -> dict[str, Any]:
    """Everything an ingest does: hashes, provenance, duplicates, custody."""
    from keywitness.case import create_case

    place = DATA / case
    shutil.rmtree(place, ignore_errors=True)
    began = time.perf_counter()
    report = create_case(place).ingest([folder])
    return {"seconds": time.perf_counter() - began, "records": report.counts.read}


def read_json(folder: Path) -> dict[str, Any]:
    """The same columns by DuckDB's own reader."""
    import duckdb

    from keywitness.case import open_case
    from keywitness.model.tables import json_path

    stored = open_case(DATA / "ingest-case").snapshot().state.tables["AzureDiagnostics"].names.columns()
    paths = {c.name: (json_path(c.name) or c.path, c.type) for c in stored}
    tree: dict[str, Any] = {}
    for path, type_name in paths.values():
        node = tree
        for key in path[:-1]:
            node = node.setdefault(key, {})
        if path:
            node[path[-1]] = _leaf(type_name)
    select = ", ".join(
        f"{_value(path, type_name) if path else _derived(name)} AS {_quoted(name)}"
        for name, (path, type_name) in paths.items()
    )
    columns = ", ".join(f"{_text(key)}: {_text(_struct(node))}" for key, node in tree.items())
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    began = time.perf_counter()
    connection.execute(
        f"""COPY (SELECT {select} FROM read_json({_text(str(folder / "**" / "*.json"))}, format = 'newline_delimited',
        hive_partitioning = false, columns = {{{columns}}})) TO {_text(str(DATA / "baseline.parquet"))}
        (FORMAT parquet, COMPRESSION zstd)"""
    )
    seconds = time.perf_counter() - began
    (records,) = connection.execute(f"SELECT count(*) FROM '{DATA / 'baseline.parquet'}'").fetchall()[0]
    return {"seconds": seconds, "records": records, "columns": len(paths)}


def pandas(folder: Path) -> dict[str, Any]:
    """`json_normalize` over a sample; nothing is written."""
    import pandas as pd

    lines = [line for path in sorted(folder.rglob("*.json"))[:20] for line in path.read_bytes().splitlines() if line][
        :PANDAS_SAMPLE
    ]
    began = time.perf_counter()
    frame = pd.json_normalize([json.loads(line) for line in lines])
    return {"seconds": time.perf_counter() - began, "records": len(frame)}


def _leaf(type_name: str) -> str:
    return {"real": "DOUBLE", "bool": "BOOLEAN", "datetime": "TIMESTAMP"}.get(type_name, "VARCHAR")


def _struct(node: Any) -> str:
    if isinstance(node, str):
        return node
    return "STRUCT(" + ", ".join(f"{_quoted(key)} {_struct(below)}" for key, below in node.items()) + ")"


def _value(path: tuple[str, ...], type_name: str) -> str:
    sql = ".".join(_quoted(key) for key in path)
    return f"CAST({sql} AS BIGINT)" if type_name == "long" else sql


def _derived(name: str) -> str:
    part = {"SubscriptionId": 3, "ResourceGroup": 5, "ResourceProvider": 7, "ResourceType": 8, "Resource": 9}.get(name)
    if part is not None:
        return f"upper(split_part(\"resourceId\", '/', {part}))"
    return 'lower("resourceId")' if name == "_ResourceId" else "''"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


if __name__ == "__main__":
    main()
