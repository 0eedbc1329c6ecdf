"""Evidence and cases to measure with. Made once, kept in `bench-data/`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import DATA

if TYPE_CHECKING:
    import pyarrow as pa

    from keywitness.evidence.batch import Decoded
    from keywitness.store.ledger import EvidenceEntry, Segment

#: Rows of each commit of a multiplied case.
ROWS = 120_000
TICKS_PER_DAY = 864_000_000_000
#: An address that stands in one of so many rows of a multiplied case.
NEEDLE = "203.0.113.99"
NEEDLE_EVERY = 40_000


def evidence(records: int) -> Path:
    """About that many raw audit records in about 200 files in the storage layout."""
    from keywitness.lab.simulate import simulate

    folder = DATA / f"evidence-{records}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        simulate(folder, days=1, vaults=8, seed=7, events=records, scenario="none")
        (folder / "done").touch()
    return folder / "logs" / "insights-logs-auditevent"


def table_rows(records: int) -> Path:
    """About that many audit records as rows of AZKVAuditLogs, as a workspace's data export writes them."""
    from keywitness.lab.blobs import EXPORT_CONTAINER
    from keywitness.lab.simulate import simulate

    folder = DATA / f"rows-{records}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        simulate(folder, days=1, vaults=8, seed=7, events=records, company="bank", scenario="none")
        (folder / "done").touch()
    return folder / "logs" / EXPORT_CONTAINER


def printed_rows(records: int) -> Path:
    """The same rows as `az monitor log-analytics query` prints them: an array of objects, every value a text."""
    exported = table_rows(records)
    folder = DATA / f"printed-{records}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, path in enumerate(sorted(exported.rglob("*.json"))):
            rows = [_printed(json.loads(line)) for line in path.read_bytes().splitlines()]
            (folder / f"{number}.json").write_text(json.dumps(rows, indent=2))
        (folder / "done").touch()
    return folder


def _printed(row: dict[str, Any]) -> dict[str, str]:
    texts = {n: v if isinstance(v, str) else _said(v) for n, v in row.items()}
    return {**texts, "TableName": "PrimaryResult"}


def _said(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else str(value)


def case(records: int) -> Path:
    """A case of that many rows: a million real ones, the rest copies of them at other times."""
    from keywitness.case import create_case, open_case
    from keywitness.store.writer import open_writer

    folder = DATA / f"case-{records}"
    if (DATA / f"case-{records}.done").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    made = create_case(folder)
    made.ingest([evidence(min(records, 1_000_000))])
    layout = made.snapshot().layout
    with open_writer(layout) as writer:
        segments = list(writer.state.tables["AzureDiagnostics"].segments.values())
        number = max(writer.state.evidence)
        for batch, item in _copies(layout.root, segments, records - sum(s.rows for s in segments), number + 1):
            writer.commit([batch], [item], "copied for a benchmark")
    for line in open_case(folder).optimize():
        print(line)
    (DATA / f"case-{records}.done").touch()
    return folder


def month(records: int) -> Path:
    """A case of that many vault events in thirty days with an attack, and the other logs of these days beside them."""
    from keywitness.case import create_case, open_case
    from keywitness.lab.simulate import simulate

    folder = DATA / f"month-{records}"
    if (DATA / f"month-{records}.done").exists():
        return folder
    logs = DATA / f"month-logs-{records}"
    for left in (logs, folder):
        shutil.rmtree(left, ignore_errors=True)
    simulate(logs, days=30, vaults=24, seed=5, events=records)
    create_case(folder).ingest([logs / "logs"])
    shutil.rmtree(logs)  # ten times as large as the case
    for line in open_case(folder).optimize():
        print(line)
    (DATA / f"month-{records}.done").touch()
    return folder


def hunting_case(records: int) -> Path:
    """The case of that many vault events, with the sign-ins of the same days beside them."""
    from keywitness.case import open_case

    folder = case(records)
    opened = open_case(folder)
    if not opened.snapshot().has_evidence("AADServicePrincipalSignInLogs"):
        logs = evidence(min(records, 1_000_000)).parent
        opened.ingest(sorted(logs.glob("insights-logs-*signinlogs")))
    return folder


def _copies(root: Path, segments: list[Segment], missing: int, number: int) -> Iterator[tuple[Decoded, EvidenceEntry]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from keywitness.evidence.batch import REJECTED_SCHEMA, Decoded, DecodedTable
    from keywitness.model.schema import Column, KqlType, Schema
    from keywitness.store.ledger import EvidenceEntry

    later = 0
    while missing > 0:
        later += TICKS_PER_DAY
        for segment in segments:
            schema = Schema.of(Column(c.name, KqlType(c.type)) for c in segment.columns)
            rows = pq.read_table(root / segment.file, partitioning=None).slice(0, missing)
            missing -= rows.num_rows
            if not rows.num_rows:
                return
            rows = _changed(rows, later, number)
            empty = pa.Table.from_pylist([], schema=REJECTED_SCHEMA)
            yield (
                Decoded({"AzureDiagnostics": DecodedTable(schema, rows)}, empty, {number: rows.num_rows}),
                EvidenceEntry(
                    number=number, path=f"copy-{number}", member="", size=0, sha256="", stream_size=0,
                    stream_sha256="", modified_at="", complete=True,
                ),
            )  # fmt: skip
            number += 1


def _changed(rows: pa.Table, later: int, number: int) -> pa.Table:
    """The rows some ticks later, as other evidence, with identities of their own and some of the needle's address."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    def put(name: str, values: pa.Array) -> None:
        nonlocal rows
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)

    count = rows.num_rows
    random = np.random.default_rng(number)
    put("_evidence", pa.array(np.full(count, number, np.int32)))
    keys = pa.py_buffer(random.bytes(16 * count))
    put("_key", pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, keys]))
    put("TimeGenerated", pc.add(rows.column("TimeGenerated"), later))
    found = pa.array(random.integers(0, NEEDLE_EVERY, count) == 0)
    put("CallerIPAddress", pc.if_else(found, NEEDLE, rows.column("CallerIPAddress")))
    return rows
