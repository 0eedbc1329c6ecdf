"""Cases made from plain Arrow rows, without a decoder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from keywitness.evidence.batch import PROVENANCE_FIELDS, REJECTED_SCHEMA, Decoded, DecodedTable
from keywitness.model.arrow import ARROW_TYPES
from keywitness.model.schema import Column, KqlType, Schema
from keywitness.store.layout import FORMAT_VERSION, CaseFile, Layout, write_case_file
from keywitness.store.ledger import EvidenceEntry, now


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty case."""
    content = CaseFile(format=FORMAT_VERSION, case_id="a case", created_at=now(), keywitness="0")
    return write_case_file(tmp_path / "case", content)


def item(number: int, **facts: Any) -> EvidenceEntry:
    """An evidence item with invented facts."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    given = {
        "path": f"logs/{number}.json",
        "member": "",
        "size": 100,
        "sha256": digest,
        "stream_size": 100,
        "stream_sha256": digest,
        "modified_at": "2026-01-01T00:00:00Z",
    }
    return EvidenceEntry(number=number, **(given | facts))


def table(columns: Mapping[str, str], rows: Sequence[Sequence[Any]], *, evidence: int = 1, at: int = 0) -> DecodedTable:
    """Rows of one table. The key of a row is the hash of its values, its offset 100 times its position."""
    provenance = [
        pa.array([evidence] * len(rows), pa.int32()),
        pa.array([at + 100 * i for i in range(len(rows))], pa.int64()),
        pa.array([100] * len(rows), pa.int64()),
        pa.array([hashlib.md5(repr(row).encode()).digest() for row in rows], pa.binary(16)),
    ]
    values = [pa.array([row[i] for row in rows], ARROW_TYPES[KqlType(t)]) for i, t in enumerate(columns.values())]
    fields = [*PROVENANCE_FIELDS, *(pa.field(n, v.type) for n, v in zip(columns, values, strict=True))]
    schema = Schema.of(Column(n, KqlType(t)) for n, t in columns.items())
    return DecodedTable(schema, pa.Table.from_arrays([*provenance, *values], schema=pa.schema(fields)))


def decoded(
    tables: Mapping[str, DecodedTable], rejected: Sequence[tuple[int, int, int, int, str, str]] = ()
) -> Decoded:
    """A batch whose `read` adds up."""
    read: dict[int, int] = {}
    for part in tables.values():
        for number in part.rows.column("_evidence").to_pylist():
            read[number] = read.get(number, 0) + 1
    for row in rejected:
        read[row[0]] = read.get(row[0], 0) + 1
    names = REJECTED_SCHEMA.names
    rows = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rejected], schema=REJECTED_SCHEMA)
    return Decoded(tables, rows, read)
