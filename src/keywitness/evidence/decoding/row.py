"""What a decoded record is before it becomes columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class Unfit(Exception):  # noqa: N818  a record's fate, not a failure of the program
    """The record is rejected, for this reason."""


@dataclass(frozen=True, slots=True)
class DecodedRow:
    """One row.

    Args:
        table: Physical table.
        cells: Values in physical form by column; what is missing is null (or "").
        key: 16 bytes of identity.
        shape: What the record was recognised as, for the custody log.
        raw: Values of columns whose type nobody knows yet, as the record has them.
    """

    table: str
    cells: dict[str, Any]
    key: bytes
    shape: str
    raw: dict[str, Any] = field(default_factory=dict)
