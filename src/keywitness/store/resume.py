"""Going on where an interrupted load stopped, in the middle of an item.

The item is read again from its start. Records that stand before the committed place and are known by identity are
taken out of the batch as if they had not been read: they are counted already. A record that stands there and is not
known means that the file has changed since; it is kept as a new row, and the item gets a note.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from keywitness.evidence.batch import Decoded, DecodedTable
from keywitness.store.gather import one_array
from keywitness.store.ledger import EvidenceEntry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def without_committed(
    batch: Decoded,
    evidence: Mapping[int, EvidenceEntry],
    known: Callable[[pa.Array], npt.NDArray[np.bool_]],
) -> Decoded:
    """The batch without the records that earlier commits of the same items hold.

    Args:
        batch: Decoded records.
        evidence: The items of the case; only incomplete ones are looked at.
        known: Which keys the case has.
    """
    begun = {n: evidence[n].through for n in batch.read if n in evidence and evidence[n].through}
    if not begun:
        return batch
    dropped: Counter[int] = Counter()
    tables = {}
    for name, table in batch.tables.items():
        before = _before(table.rows, begun)
        if pc.any(before).as_py():
            there = pc.and_(before, pa.array(known(one_array(table.rows.column("_key")))))
            _count(table.rows.filter(there), dropped)
            table = DecodedTable(table.schema, table.rows.filter(pc.invert(there)))
        tables[name] = table
    before = _before(batch.rejected, begun)
    _count(batch.rejected.filter(before), dropped)
    rejected = batch.rejected.filter(pc.invert(before))
    read = {number: count - dropped[number] for number, count in batch.read.items()}
    return dataclasses.replace(batch, tables=tables, rejected=rejected, read=read)


def _before(rows: pa.Table, begun: Mapping[int, int]) -> pa.Array:
    """True for rows that stand before the committed place of their item."""
    result = pa.repeat(False, rows.num_rows)
    for number, through in begun.items():
        here = pc.and_(pc.equal(rows.column("_evidence"), number), pc.less(rows.column("_offset"), through))
        result = pc.or_(result, here)
    return result


def _count(rows: pa.Table, into: Counter[int]) -> None:
    for pair in pc.value_counts(rows.column("_evidence")).to_pylist():
        into[pair["values"]] += pair["counts"]
