"""What crosses the border from evidence to store: columns with their provenance.

The sum that must always hold, per evidence item: read = rows in `tables` + rows in `rejected`
(the store then splits the rows into stored and duplicate).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from keywitness.model.schema import Schema

#: Columns that every decoded table has before the columns of its schema.
PROVENANCE_FIELDS: tuple[pa.Field, ...] = (
    pa.field("_evidence", pa.int32(), nullable=False),  # number of the evidence item in the case
    pa.field("_offset", pa.int64(), nullable=False),  # first byte of the record in the item's decompressed bytes
    pa.field("_length", pa.int64(), nullable=False),  # bytes of the record
    pa.field("_key", pa.binary(16), nullable=False),  # identity of the record: equal keys are duplicates
)

REJECTED_SCHEMA = pa.schema(
    [
        pa.field("_evidence", pa.int32(), nullable=False),
        pa.field("_offset", pa.int64(), nullable=False),
        pa.field("_length", pa.int64(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),  # 1-based line of the first byte; 0 when unknown
        pa.field("reason", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),  # the record, at most 64 KiB, undecodable bytes escaped
    ]
)


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One stream of records: a file, or a member of an archive.

    Args:
        path: The file as the user gave it.
        member: Path inside archives, "" for the file itself ("a.zip" holding "b.json.gz" gives "b.json.gz").
        size: Bytes of the file on disk.
        sha256: Hex SHA-256 of the file on disk.
        stream_size: Bytes after decompression (equal to `size` for a plain file).
        stream_sha256: Hex SHA-256 of the decompressed bytes.
        modified_at: The file's modification time, ISO 8601 UTC.
    """

    path: str
    member: str
    size: int
    sha256: str
    stream_size: int
    stream_sha256: str
    modified_at: str


@dataclass(frozen=True, slots=True)
class DecodedTable:
    """Rows of one table: Arrow columns = PROVENANCE_FIELDS, then `schema` in physical form."""

    schema: Schema
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Decoded:
    """The decoded records of one batch of evidence bytes.

    Args:
        tables: By physical table name (Key Vault and Managed HSM audit records are in "AzureDiagnostics").
        rejected: REJECTED_SCHEMA.
        read: Records read, by evidence number.
        shapes: What the rows were recognised as, by evidence number: counts by shape, for the custody log.
    """

    tables: Mapping[str, DecodedTable]
    rejected: pa.Table
    read: Mapping[int, int]
    shapes: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
