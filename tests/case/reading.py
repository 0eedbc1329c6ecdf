"""What a case holds, in a form that two cases can be compared by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from keywitness.case import Case
from keywitness.store.snapshot import Snapshot


def stored_rows(case: Case, table: str = "AzureDiagnostics") -> list[tuple[Any, ...]]:
    """All rows with all columns and their places."""
    return rows_of(case.snapshot(), table)


def rows_of(snapshot: Snapshot, table: str = "AzureDiagnostics") -> list[tuple[Any, ...]]:
    """As `stored_rows`, of the case as it was when the snapshot was taken."""
    schema = snapshot.schema(table)
    assert schema is not None
    relation = snapshot.relation(table)
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        snapshot.prepare(connection)
        select = ", ".join(relation.columns[c.name] for c in reversed(schema))
        return connection.sql(f"SELECT {select} FROM {relation.sql} ORDER BY ALL").fetchall()


def sums(case: Case) -> list[tuple[Any, ...]]:
    """Per evidence item: number, path, member, hashes and counts."""
    return [
        (e.number, e.path, e.member, e.sha256, e.stream_sha256, e.read, e.stored, e.duplicate, e.rejected, e.complete)
        for e in case.evidence()
    ]


def content(case: Case) -> dict[str, Any]:
    """Everything that two loads of the same evidence must agree on."""
    return {
        "rows": stored_rows(case),
        "evidence": sums(case),
        "rejected": case.rejected_records()[1],
        "duplicates": case.duplicate_records()[1],
    }


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file below a folder: evidence must never be written to."""
    return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}
