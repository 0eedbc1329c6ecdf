"""The sum that must hold for every evidence item: read = stored + duplicate + rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keywitness.errors import KeywitnessError
from keywitness.store.ledger import EvidenceEntry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Counts:
    """Records of one item, or of all."""

    read: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0

    def __add__(self, more: Counts) -> Counts:
        return Counts(
            self.read + more.read,
            self.stored + more.stored,
            self.duplicate + more.duplicate,
            self.rejected + more.rejected,
        )

    @property
    def whole(self) -> bool:
        """True when the sum holds."""
        return self.read == self.stored + self.duplicate + self.rejected


class SumError(KeywitnessError):
    """The records of a batch do not add up: an error of keywitness, never committed."""


@dataclass(slots=True)
class Tally:
    """Counts by evidence number while a commit is built."""

    read: Counter[int] = field(default_factory=Counter)
    stored: Counter[int] = field(default_factory=Counter)
    duplicate: Counter[int] = field(default_factory=Counter)
    rejected: Counter[int] = field(default_factory=Counter)

    def rows(self, rows: pa.Table, known: npt.NDArray[np.bool_]) -> None:
        """Count rows of one table: `known` are duplicates, the others will be stored."""
        import pyarrow as pa

        every = Counter(by_evidence(rows))
        repeated = Counter(by_evidence(rows.filter(pa.array(known)))) if known.any() else Counter[int]()
        self.duplicate += repeated
        self.stored += every - repeated

    def counts(self) -> dict[int, Counts]:
        """Counts by evidence number."""
        numbers = {*self.read, *self.stored, *self.duplicate, *self.rejected}
        return {n: Counts(self.read[n], self.stored[n], self.duplicate[n], self.rejected[n]) for n in sorted(numbers)}


def by_evidence(rows: pa.Table) -> dict[int, int]:
    """How many rows each evidence item has."""
    import pyarrow.compute as pc

    return {c["values"]: c["counts"] for c in pc.value_counts(rows.column("_evidence")).to_pylist()}


def prove(counts: Mapping[int, Counts], items: Sequence[EvidenceEntry]) -> None:
    """Refuse counts that do not add up, or that belong to no listed item.

    Raises:
        SumError: With the item and its counts.
    """
    listed = {item.number for item in items}
    for number, count in counts.items():
        if not count.whole or number not in listed:
            raise SumError(
                f"the records of evidence item E{number} do not add up: {count.read} read, {count.stored} stored, "
                f"{count.duplicate} duplicate, {count.rejected} rejected",
                help="this is an error of keywitness: please report it with the file that shows it",
                effect="the commit was not made; what was committed before stands",
            )
