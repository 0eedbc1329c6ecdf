"""Which sessions are meant and which are shown: the scope as columns, the most telling first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keywitness.errors import UsageError
from keywitness.investigate.scope import Filter
from keywitness.investigate.visits import Visits
from keywitness.kql.literals import parse_datetime
from keywitness.model.session_class import Mismatch, SessionClass
from keywitness.sessions.table import KEPT_STEPS, MISMATCH_BITS

#: Sessions that the document holds.
SHOWN_SESSIONS = 200
#: Steps shown of a session that runs unattended and that no finding touches.
UNATTENDED_STEPS = 20

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about sessions besides the scope.

    Args:
        classes: Only sessions of these.
        mismatches: Only sessions with one of these.
        any_mismatch: Only sessions with some mismatch.
    """

    classes: Collection[str] = ()
    mismatches: Collection[Mismatch] = ()
    any_mismatch: bool = False


#: No question besides the scope.
EVERY = Asked()


def asked(classes: Sequence[str], mismatches: Sequence[str]) -> Asked:
    """What a user asks about sessions; `any` is any mismatch.

    Raises:
        UsageError: A name that is none.
    """
    known = {"--class": list(SessionClass), "--mismatch": ["any", *Mismatch]}
    for option, given in (("--class", classes), ("--mismatch", mismatches)):
        for name in given:
            if name not in known[option]:
                raise UsageError(f"{option} {name!r} is none that we know", help=f"one of {', '.join(known[option])}")
    return Asked(frozenset(classes), frozenset(Mismatch(m) for m in mismatches if m != "any"), "any" in mismatches)


def fitting(
    all_visits: Visits,
    filter_: Filter,
    holding: Collection[int],
    asked: Asked = EVERY,
    only: Collection[int] | None = None,
) -> npt.NDArray[np.int64]:
    """Positions of the sessions that were asked about, in order of their beginning.

    Args:
        holding: Positions of sessions that touch the names of the scope.
        only: No sessions but at these positions.
    """
    table, scope = all_visits.table, filter_.scope
    kept = np.ones(table.num_rows, dtype=np.bool_)
    if scope.identities:
        columns = ("identity", "caller", "app_id", "managed_name", "family")
        kept &= np.logical_or.reduce([_where(table[name], filter_.identity) for name in columns])
    if scope.addresses:
        kept &= _where(table["address"], filter_.address)
    if scope.vaults:
        kept &= _any_where(table["vaults"], filter_.vault)
    if scope.since:
        kept &= table["last"].to_numpy() >= (parse_datetime(scope.since) or 0)
    if scope.until:
        kept &= table["first"].to_numpy() < (parse_datetime(scope.until) or 0)
    if scope.secrets:
        kept &= _at(holding, table.num_rows)
    if only is not None:
        kept &= _at(only, table.num_rows)
    if asked.classes:
        kept &= _where(table["class"], lambda name: name in asked.classes)
    bits = sum(MISMATCH_BITS[m] for m in asked.mismatches) or (sum(MISMATCH_BITS.values()) if asked.any_mismatch else 0)
    if bits:
        kept &= (table["mismatches"].to_numpy() & bits) != 0
    positions = np.flatnonzero(kept)
    return positions[np.argsort(table["first"].to_numpy()[positions], kind="stable")]


def _at(positions: Collection[int], count: int) -> Flags:
    flags = np.zeros(count, dtype=np.bool_)
    flags[list(positions)] = True
    return flags


def _where(column: pa.ChunkedArray, test: Callable[[str], bool]) -> Flags:
    """Rows whose text passes a test, which is asked once per text."""
    encoded = _flat(column).dictionary_encode()
    passed = np.array([test(text or "") for text in encoded.dictionary.to_pylist()], dtype=np.bool_)
    found: Flags = passed[encoded.indices.to_numpy(zero_copy_only=False)] if len(passed) else np.zeros(0, np.bool_)
    return found


def _any_where(column: pa.ChunkedArray, test: Callable[[str], bool]) -> Flags:
    """Rows whose list holds a text that passes a test."""
    lists = _flat(column)
    met = _where(pa.chunked_array([lists.flatten()]), test)
    found = np.zeros(len(lists), dtype=np.bool_)
    found[lists.value_parent_indices().to_numpy()[met]] = True
    return found


def _flat(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)


def chosen(all_visits: Visits, marked: set[int], positions: npt.NDArray[np.int64]) -> list[int]:
    """The sessions to show, most telling first.

    Sessions that findings touch come first, then those of people, those with a mismatch, those with failures, the
    longest.

    Args:
        marked: Positions that findings touch.
        positions: Positions that were asked about.
    """
    table = all_visits.table
    tests = [
        _at(marked, table.num_rows),
        table["person"].to_numpy(),
        table["mismatches"].to_numpy() != 0,
        table["failures"].to_numpy() > 0,
    ]
    keys = [-table["count"].to_numpy()[positions], *(~test[positions] for test in reversed(tests))]
    shown: list[int] = positions[np.lexsort(keys)][:SHOWN_SESSIONS].tolist()
    return shown


def shown_rows(all_visits: Visits, positions: Sequence[int], marked: set[int]) -> dict[int, list[str]]:
    """The rows whose steps are shown, by session."""
    person = all_visits.table["person"]
    most = {p: KEPT_STEPS if p in marked or person[p].as_py() else UNATTENDED_STEPS for p in positions}
    return {p: all_visits.rows(p)[: most[p]] for p in positions}
