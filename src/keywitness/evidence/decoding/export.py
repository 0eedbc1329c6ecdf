"""The export that a record of inventory stands in: when it was taken, and what its envelope says of all its records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from keywitness.evidence.decoding.values import ticks

#: Bytes of an item's text that tell two exports apart.
HEAD = 1 << 20

#: What an envelope says that makes equal bytes two things: what its objects belong to, and when they were so.
_BELONGS_TO = ("groupId", "ownersOf", "targetType", "resourceId", "takenAt")


@dataclass(frozen=True, slots=True)
class Export:
    """One file or answer with objects as they were at one time.

    Args:
        digest: Equal for equal exports.
        modified_at: Time of the file, ISO 8601 UTC, "" when unknown.
        context: Names and texts that stand before the array in its envelope.
        csv: It is a table in CSV.
    """

    digest: bytes = b""
    modified_at: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    csv: bool = False

    def identity(self, table: str, index: int) -> bytes:
        """What is hashed before an object's bytes to give its identity.

        One person in two groups is printed alike in both: whose list it is counts too.

        Args:
            index: Its place among the rows that the bytes give.
        """
        listed = [f"{name}={self.context[name]}".encode() for name in _BELONGS_TO if name in self.context]
        return b"\x1f".join((table.encode(), self.digest, str(index).encode(), *listed, b""))

    @property
    def taken_at(self) -> int | None:
        """Ticks: what the envelope says in `takenAt`, else the time of the file."""
        return _taken_at(self.context.get("takenAt", ""), self.modified_at)


@lru_cache(maxsize=1024)
def _taken_at(said: str, modified_at: str) -> int | None:
    found = ticks(said)
    return ticks(modified_at) if found is None else found


def export_digest(head: bytes, modified_at: str, *, whole: bool) -> bytes:
    """What equal exports share. Of a text that is longer than `HEAD` the start and the file's time must do."""
    digest = hashlib.sha256(head[:HEAD])
    if not whole or len(head) > HEAD:
        digest.update(modified_at.encode())
    return digest.digest()[:16]
