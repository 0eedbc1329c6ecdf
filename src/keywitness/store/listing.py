"""What a case holds beside its tables, as columns and records: evidence, rejected, duplicates, custody."""

from __future__ import annotations

import hashlib
from typing import Any

from keywitness.model.schema import Column, KqlType
from keywitness.store.connection import connected
from keywitness.store.ledger import Entry, Ledger, decode
from keywitness.store.snapshot import Snapshot
from keywitness.store.state import DUPLICATES_TABLE, REJECTED_TABLE

Records = tuple[tuple[Column, ...], list[tuple[Any, ...]]]


def _columns(**types: KqlType) -> tuple[Column, ...]:
    return tuple(Column(name, type_) for name, type_ in types.items())


_STRING, _LONG, _BOOL = KqlType.STRING, KqlType.LONG, KqlType.BOOL


def evidence_records(snapshot: Snapshot) -> Records:
    """One record per evidence item."""
    columns = _columns(
        Evidence=_STRING, Path=_STRING, Member=_STRING, Shape=_STRING, Read=_LONG, Stored=_LONG, Duplicate=_LONG,
        Rejected=_LONG, Complete=_BOOL, Size=_LONG, Sha256=_STRING, StreamSize=_LONG, StreamSha256=_STRING,
        ModifiedAt=_STRING, SameAs=_STRING, Notes=_STRING,
    )  # fmt: skip
    records = [
        (
            f"E{e.number}", e.path, e.member, e.shape, e.read, e.stored, e.duplicate,
            e.rejected, e.complete, e.size, e.sha256, e.stream_size, e.stream_sha256,
            e.modified_at, f"E{e.same_as}" if e.same_as else "", "; ".join(e.notes),
        )
        for _, e in sorted(snapshot.state.evidence.items())
    ]  # fmt: skip
    return columns, records


def rejected_records(snapshot: Snapshot) -> Records:
    """One record per rejected record, in the order of the evidence."""
    columns = _columns(
        Row=_STRING, Path=_STRING, Member=_STRING, Line=_LONG, Length=_LONG, Reason=_STRING, Text=_STRING
    )
    return columns, [
        (f"E{number}:{offset}", *_place(snapshot, number), line, length, reason, text)
        for number, offset, length, line, reason, text in _rows(
            snapshot, REJECTED_TABLE, "_evidence, _offset, _length, line, reason, text"
        )
    ]


def duplicate_records(snapshot: Snapshot) -> Records:
    """One record per duplicate record, then one per file whose bytes the case had already."""
    columns = _columns(Row=_STRING, Path=_STRING, Member=_STRING, Length=_LONG, Table=_STRING, Equals=_STRING)
    records = [
        (f"E{number}:{offset}", *_place(snapshot, number), length, table, f"E{first}:{at}")
        for number, offset, length, table, first, at in _equal_rows(snapshot)
    ]
    records += (
        (f"E{e.number}", e.path, e.member, e.stream_size, "", f"E{e.same_as}")
        for _, e in sorted(snapshot.state.evidence.items())
        if e.same_as
    )
    return columns, records


def custody_records(ledger: Ledger) -> Records:
    """One record per ledger entry."""
    columns = _columns(
        Entry=_LONG, At=KqlType.DATETIME, By=_STRING, Version=_STRING, Action=_STRING, Details=_STRING,
        Items=_LONG, Read=_LONG, Stored=_LONG, Duplicate=_LONG, Rejected=_LONG, Hash=_STRING, Previous=_STRING,
    )  # fmt: skip
    records = []
    for path in ledger.files():
        content = path.read_bytes()
        e = decode(content, path)
        sums = [sum(getattr(i, part) for i in e.evidence) for part in ("read", "stored", "duplicate", "rejected")]
        digest = hashlib.sha256(content).hexdigest()
        head = (e.number, e.at, e.by, e.keywitness, e.action, _details(e), len(e.evidence))
        records.append((*head, *sums, digest, e.previous))
    return columns, records


def function_records(snapshot: Snapshot) -> Records:
    """One record per function that queries may call: those of the case, then those of keywitness."""
    columns = _columns(Name=_STRING, Parameters=_STRING, Source=_STRING, Sha256=_STRING)
    records = [
        (f.name, " ".join(f.parameters.split()), f.source, f.sha256)
        for _, f in sorted(snapshot.state.functions.items())
    ]
    own = (n for n in snapshot.function_names() if n not in snapshot.state.functions)
    return columns, [*records, *((name, "", "keywitness", "") for name in own)]


def watchlist_records(snapshot: Snapshot) -> Records:
    """One record per watchlist of the case."""
    columns = _columns(
        Alias=_STRING, SearchKey=_STRING, Columns=_STRING, Rows=_LONG, AddedAt=KqlType.DATETIME, Source=_STRING,
        Sha256=_STRING,
    )  # fmt: skip
    return columns, [
        (w.alias, w.key, ", ".join(w.columns), w.rows, at, w.source, w.sha256)
        for _, (w, at) in sorted(snapshot.state.watchlists.items())
    ]


def table_facts(snapshot: Snapshot) -> list[tuple[str, int, int | None, int | None]]:
    """Per table with rows: name, rows, first and last time in ticks."""
    facts = []
    for name, stored in sorted(snapshot.state.tables.items()):
        if stored.rows and not name.startswith("_"):
            firsts = [s.first_time for s in stored.segments.values() if s.first_time is not None]
            lasts = [s.last_time for s in stored.segments.values() if s.last_time is not None]
            facts.append((name, stored.rows, min(firsts, default=None), max(lasts, default=None)))
    return facts


def _place(snapshot: Snapshot, number: int) -> tuple[str, str]:
    item = snapshot.state.evidence[number]
    return item.path, item.member


def _rows(snapshot: Snapshot, table: str, columns: str) -> list[tuple[Any, ...]]:
    stored = snapshot.state.tables.get(table)
    if stored is None or not stored.segments:
        return []
    source = snapshot.read_parquet(list(stored.segments.values()))
    with connected() as connection:
        return connection.execute(f"SELECT {columns} FROM {source} ORDER BY _evidence, _offset").fetchall()


def _equal_rows(snapshot: Snapshot) -> list[tuple[Any, ...]]:
    """Duplicates with the stored row of the same identity."""
    repeated = snapshot.state.tables.get(DUPLICATES_TABLE)
    if repeated is None or not repeated.segments:
        return []
    stored = [
        f"SELECT _key, _evidence, _offset FROM {snapshot.read_parquet(list(t.segments.values()))}"
        for name, t in snapshot.state.tables.items()
        if t.segments and name not in (DUPLICATES_TABLE, REJECTED_TABLE)
    ]
    with connected() as connection:
        return connection.execute(
            f"""SELECT d._evidence, d._offset, d._length, d."table", s._evidence, s._offset
            FROM {snapshot.read_parquet(list(repeated.segments.values()))} AS d
            JOIN ({" UNION ALL ".join(stored)}) AS s ON s._key = d._key
            ORDER BY d._evidence, d._offset"""
        ).fetchall()


def _details(entry: Entry) -> str:
    parts = [f"{name}: {value}" for name, value in entry.details.items()]
    parts += (f"{s.table}: {s.rows:,} rows in {s.file}" for s in entry.added)
    parts += (f"passed over {p.path}: {p.reason}" for p in entry.passed_over)
    return "; ".join(parts)
