"""What a load did, item by item, and that it adds up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keywitness.store.counts import Counts
from keywitness.store.ledger import EvidenceEntry, PassedOver

#: Lines about single items or reasons that a summary prints.
_MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class ItemReport:
    """One evidence item in one load."""

    number: int
    path: str
    member: str
    shape: str
    counts: Counts
    complete: bool
    same_as: int
    notes: tuple[str, ...]

    @classmethod
    def of(cls, entry: EvidenceEntry, counts: Counts) -> ItemReport:
        """From the ledger's words, with the counts of this load."""
        return cls(
            entry.number, entry.path, entry.member, entry.shape, counts, entry.complete, entry.same_as, entry.notes
        )

    @property
    def place(self) -> str:
        """Path, and member in it."""
        return f"{self.path}:{self.member}" if self.member else self.path


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The result of a load.

    Args:
        items: Items this load added to the case.
        already: Items it met again where they were loaded from: nothing was added.
        passed_over: Files and members that could not be read.
        reasons: Why records were rejected, with counts, most frequent first.
        seconds: How long it took.
        tables: Rows of each table of the case afterwards.
        remarks: What else the user should know.
    """

    items: tuple[ItemReport, ...]
    already: tuple[EvidenceEntry, ...]
    passed_over: tuple[PassedOver, ...]
    reasons: Mapping[str, int]
    seconds: float
    tables: Mapping[str, int]
    remarks: tuple[str, ...] = ()

    @property
    def counts(self) -> Counts:
        """Records of all items, those met again included: their records count as duplicates."""
        total = sum((item.counts for item in self.items), Counts())
        again = sum(entry.read for entry in self.already)
        return total + Counts(again, 0, again, 0)

    def lines(self) -> Iterator[str]:
        """The summary for people."""
        total = self.counts
        rate = total.read / self.seconds if self.seconds > 0 else 0.0
        files = len({i.path for i in self.items} | {e.path for e in self.already})
        yield (
            f"{_many(files, 'file')}, {_many(total.read, 'record')} read = {total.stored:,} stored "
            f"+ {total.duplicate:,} duplicate + {total.rejected:,} rejected   ({self.seconds:.1f} s, {rate:,.0f}/s)"
        )
        yield from _some(f"  {table}: {_many(rows, 'row')} in the case" for table, rows in self.tables.items())
        if self.already:
            yield f"already in the case: {_many(len(self.already), 'item')}; nothing was added for them"
        yield from _some(f"rejected: {count:,} x {reason}" for reason, count in self.reasons.items())
        yield from _some(f"{i.place}: {note}" for i in self.items for note in i.notes)
        yield from self.remarks
        yield from _some(
            f"not read: {p.path}{':' + p.member if p.member else ''}: {p.reason}" for p in self.passed_over
        )


def _some(lines: Iterator[str]) -> Iterator[str]:
    left = 0
    for shown, line in enumerate(lines):
        if shown < _MOST_LINES:
            yield line
        else:
            left += 1
    if left:
        yield f"  and {left:,} more"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
