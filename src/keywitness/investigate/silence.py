"""When a vault was silent although it usually speaks: the hours whose reads cannot be excluded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

#: Shorter silences are never worth a sentence.
SHORTEST_HOURS = 6
#: A silence counts when other weeks had at least this many records in the same hours.
USUAL_RECORDS = 8
#: Without another week to compare with, a silence must be this many times the vault's ordinary pause.
TIMES_ORDINARY = 4
_WEEK = 24 * 7


@dataclass(frozen=True, slots=True)
class Silence:
    """Hours `first`..`last` (both included) without a record, and the records that other weeks had there."""

    first: int
    last: int
    usual: float


def silences(hours: Ints) -> tuple[Silence, ...]:
    """Spans without records that are longer than the vault's habit.

    A span counts when the same hours one or two weeks before or after had records. Where the evidence shows no other
    week, it counts when it is several times longer than the vault's ordinary pause between records.

    Args:
        hours: Records per hour over the whole span of the evidence.
    """
    spans = _empty_spans(hours)
    active = np.flatnonzero(hours)
    if not len(active):
        return ()
    pauses = np.diff(active)
    ordinary = float(np.percentile(pauses, 95)) if len(pauses) else 1.0
    found = []
    for first, last in spans:
        if last - first + 1 < SHORTEST_HOURS:
            continue
        usual = _usual(hours, first, last)
        enough = usual >= USUAL_RECORDS if usual is not None else last - first + 1 > TIMES_ORDINARY * ordinary
        if enough:
            found.append(Silence(first, last, usual or 0.0))
    return tuple(found)


def _empty_spans(hours: Ints) -> list[tuple[int, int]]:
    empty = np.concatenate(([0], (hours == 0).astype(np.int8), [0]))
    edges = np.diff(empty)
    return list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))


def _usual(hours: Ints, first: int, last: int) -> float | None:
    """Mean records in the same hours of other weeks; None when no other week lies in the evidence."""
    weeks = []
    for shift in (-2 * _WEEK, -_WEEK, _WEEK, 2 * _WEEK):
        start, end = first + shift, last + shift
        if start >= 0 and end < len(hours):
            weeks.append(int(hours[start : end + 1].sum()))
    if weeks:
        return float(np.mean(weeks))
    return _folded(hours, first, last)


def _folded(hours: Ints, first: int, last: int) -> float | None:
    """For spans too long for a whole other week in the evidence: the same hours as far as they lie in it."""
    wanted = np.arange(first, last + 1)
    for shift in (-_WEEK, _WEEK):
        shifted = wanted + shift
        inside = shifted[(shifted >= 0) & (shifted < len(hours)) & ((shifted < first) | (shifted > last))]
        if len(inside) >= 24:
            return float(hours[inside].sum())
    return None
