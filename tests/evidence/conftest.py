"""Evidence for tests: written to real files, read and decoded by the real line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keywitness.evidence.batch import PROVENANCE_FIELDS
from keywitness.evidence.decoding.decoder import Decoder
from keywitness.evidence.reading import Finished, Piece, Refused, read
from keywitness.evidence.source import EvidenceItem, Found, Limits, Unreadable, discover

PROVENANCE = [f.name for f in PROVENANCE_FIELDS]


@dataclass
class Loaded:
    """All that a load gives."""

    rows: dict[str, list[dict[str, Any]]]
    rejected: list[dict[str, Any]]
    read: dict[int, int]
    finished: list[Finished]
    unreadable: list[Unreadable]
    shapes: dict[int, dict[str, int]]
    schemas: dict[str, dict[str, str]]
    paths: dict[str, list[str]]

    def only(self, table: str) -> dict[str, Any]:
        """The one row there is."""
        assert {t: len(r) for t, r in self.rows.items()} == {table: 1}, self.rejected
        return self.rows[table][0]

    def item(self, number: int) -> EvidenceItem:
        return next(f.facts for f in self.finished if f.number == number)

    def check_sums(self) -> None:
        counted: dict[int, int] = {}
        for row in [*(r for rows in self.rows.values() for r in rows), *self.rejected]:
            counted[row["_evidence"]] = counted.get(row["_evidence"], 0) + 1
        assert counted == self.read


def load_paths(*paths: Path, limits: Limits | None = None, batch_bytes: int = 1 << 20) -> Loaded:
    """Read and decode files and folders."""
    loaded = Loaded({}, [], {}, [], [], {}, {}, {})
    numbers = iter(range(1, 1_000_000))
    with Decoder(threads=1) as decoder:
        for batch in read(discover(paths), lambda _: next(numbers), limits=limits, batch_bytes=batch_bytes):
            decoded = decoder.decode(batch)
            for name, table in decoded.tables.items():
                assert table.rows.column_names == [*PROVENANCE, *table.schema.names()]
                loaded.rows.setdefault(name, []).extend(table.rows.to_pylist())
                loaded.schemas.setdefault(name, {}).update({c.name: c.type.value for c in table.schema})
                for field in table.rows.schema:
                    if field.metadata:
                        loaded.paths[field.name] = json.loads(field.metadata[b"kw:path"])
            loaded.rejected += decoded.rejected.to_pylist()
            for number, count in decoded.read.items():
                loaded.read[number] = loaded.read.get(number, 0) + count
            for number, shapes in decoded.shapes.items():
                loaded.shapes.setdefault(number, {}).update(shapes)
            loaded.finished += batch.finished
            loaded.unreadable += batch.unreadable
    loaded.check_sums()
    return loaded


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Loaded]:
    """Write files and load them: `load(b"...")` or `load({"a.json": b"..."})`."""

    def run(content: bytes | Mapping[str, bytes], **options: Any) -> Loaded:
        files = {"evidence.bin": content} if isinstance(content, bytes) else content
        folder = tmp_path / "evidence"
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return load_paths(folder, **options)

    return run


def audit_record(**changes: Any) -> dict[str, Any]:
    """A SecretGet as a vault logs it; `changes` replace top-level fields, None removes one."""
    record = {
        "time": "2026-03-01T10:11:12.1234567Z",
        "category": "AuditEvent",
        "operationName": "SecretGet",
        "resultType": "Success",
        "correlationId": "0b3a4a4e-5b1c-4b55-9d2f-0c5b7f1f2a10",
        "callerIpAddress": "192.0.2.10",
        "identity": {
            "claim": {
                "oid": "11111111-2222-3333-4444-555555555555",
                "appid": "22222222-3333-4444-5555-666666666666",
                "appidacr": "1",
                "iss": "https://sts.windows.net/33333333-4444-5555-6666-777777777777/",
                "xms_az_nwperimid": [],
                "iat": "1772359872",
            }
        },
        "properties": {
            "id": "https://contoso-kv.vault.azure.net/secrets/db/0123456789abcdef0123456789abcdef",
            "clientInfo": "curl/8.5.0",
            "requestUri": "https://contoso-kv.vault.azure.net/secrets/db/?api-version=7.4",
            "httpStatusCode": 200,
            "isRbacAuthorized": True,
            "appliedAssignmentId": "0123456789abcdef0123456789abcdef",
            "tlsVersion": "TLS1_3",
            "secretProperties": {"type": "text/plain", "attributes": {"enabled": True, "exp": 1764547200}},
        },
        "resourceId": "/SUBSCRIPTIONS/AAAAAAAA-0000-1111-2222-BBBBBBBBBBBB/RESOURCEGROUPS/RG-KV/PROVIDERS/"
        "MICROSOFT.KEYVAULT/VAULTS/CONTOSO-KV",
        "operationVersion": "7.4",
        "resultSignature": "OK",
        "durationMs": "31",
    }
    record |= changes
    return {k: v for k, v in record.items() if v is not None}


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def found(path: Path) -> Found:
    (only,) = discover([path])
    assert isinstance(only, Found)
    return only


__all__ = ["Loaded", "Piece", "Refused", "audit_record", "compact", "found", "load_paths"]
