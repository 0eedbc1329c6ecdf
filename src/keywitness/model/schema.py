"""KQL types, columns and their physical form: shared by evidence, store, kql and engine.

Physical form of a column, on disk (Parquet) and inside an engine:

| KQL type | Arrow / Parquet      | null                     |
|----------|----------------------|--------------------------|
| bool     | bool                 | null                     |
| int      | int32                | null                     |
| long     | int64                | null                     |
| real     | float64              | null                     |
| decimal  | decimal128(38, 18)   | null                     |
| string   | string               | never: empty string      |
| datetime | int64, ticks of 100 ns since 0001-01-01T00:00:00Z | null |
| timespan | int64, ticks of 100 ns                            | null |
| guid     | string, lower case with dashes                    | null |
| dynamic  | string, JSON text    | null                     |

Datetimes as ticks keep the seventh digit and the whole range 0001-9999, compare and bin as integers, and
let Parquet statistics prune; they become timestamps at the border (`Rows`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

TICKS_PER_SECOND = 10_000_000
#: Ticks between 0001-01-01 and 1970-01-01.
UNIX_EPOCH_TICKS = 621_355_968_000_000_000
#: Ticks of 9999-12-31T23:59:59.9999999Z.
MAX_DATETIME_TICKS = 3_155_378_975_999_999_999


class KqlType(StrEnum):
    """The scalar types of KQL; values are Kusto's canonical names."""

    BOOL = "bool"
    INT = "int"
    LONG = "long"
    REAL = "real"
    DECIMAL = "decimal"
    STRING = "string"
    DATETIME = "datetime"
    TIMESPAN = "timespan"
    GUID = "guid"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        name: As KQL spells it; case matters.
        type: Its KQL type.
        hidden: Known by name only: `*`, `getschema` and the result leave it out (like `_Row`).
    """

    name: str
    type: KqlType
    hidden: bool = False


class Schema(tuple[Column, ...]):
    """Columns in order, with unique names."""

    __slots__ = ()

    @classmethod
    def of(cls, columns: Iterable[Column]) -> Schema:
        """Build a schema from columns."""
        return cls(columns)

    def find(self, name: str) -> Column | None:
        """The column of exactly that name, or None."""
        return next((c for c in self if c.name == name), None)

    def visible(self) -> Schema:
        """The columns that `*` means."""
        return Schema(c for c in self if not c.hidden)

    def names(self) -> Iterator[str]:
        """Names in order, hidden ones too."""
        return (c.name for c in self)


#: The hidden column that leads every stored row to its bytes: `E<evidence number>:<byte offset>`.
ROW_COLUMN = Column("_Row", KqlType.STRING, hidden=True)
