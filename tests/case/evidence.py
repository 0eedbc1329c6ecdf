"""Small evidence in Azure's shapes, invented, for tests of whole loads."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

TICKS = "2026-03-01T{:02d}:{:02d}:{:02d}.{:07d}Z"


def record(n: int, **more: Any) -> dict[str, Any]:
    """Audit event number `n`."""
    vault = f"VAULT{n % 5}"
    return {
        "time": TICKS.format(n // 3600 % 24, n // 60 % 60, n % 60, n),
        "category": "AuditEvent",
        "operationName": ("SecretGet", "SecretList", "KeySign")[n % 3],
        "resultType": "Success",
        "correlationId": f"00000000-0000-0000-0000-{n:012d}",
        "callerIpAddress": f"192.0.2.{n % 200}",
        "identity": {"claim": {"oid": f"11111111-2222-3333-4444-{n % 7:012d}", "idtyp": "app"}},
        "properties": {
            "id": f"https://{vault.lower()}.vault.azure.net/secrets/s{n % 11}",
            "clientInfo": "curl/8.5.0",
            "requestUri": f"https://{vault.lower()}.vault.azure.net/secrets/s{n % 11}?api-version=7.4&n={n}",
            "httpStatusCode": 200,
        },
        "resourceId": "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG"
        f"/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{vault}",
        "operationVersion": "7.4",
        "resultSignature": "OK",
        "durationMs": str(n % 90),
        **more,
    }


def lines(first: int, count: int) -> bytes:
    """JSON Lines of records `first` to `first + count - 1`."""
    return b"".join(json.dumps(record(n)).encode() + b"\n" for n in range(first, first + count))


def write_evidence(folder: Path, *, files: int = 12, records: int = 150) -> int:
    """A folder with plain, compressed and archived files, repeated and broken records.

    Returns:
        Records in it, the broken ones included.
    """
    folder.mkdir(parents=True)
    at = 0
    for i in range(files):
        (folder / f"PT1H-{i:02d}.json").write_bytes(lines(at, records))
        at += records
    large = lines(at, records * 8)  # spans several commits
    (folder / "large.json").write_bytes(large)
    at += records * 8
    (folder / "again.json").write_bytes(lines(0, records) + b"{broken\n" + lines(at, 10))
    (folder / "more.json.gz").write_bytes(gzip.compress(lines(at + 10, records)))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for i in range(3):
            archive.writestr(f"m{i}.json", lines(at + 10 + records * (i + 1), records))
    (folder / "packed.zip").write_bytes(packed.getvalue())
    return files * records + records * 8 + records + 1 + 10 + records + 3 * records
