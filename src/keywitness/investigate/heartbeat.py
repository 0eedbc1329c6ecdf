"""Callers that always call, and when they were silent: what a lost log looks like from inside.

A service that asked a vault in every hour for days does not stop for three hours by chance. Its silence alone may be
its own; the silence of every such caller at once is the log's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

#: Hours of a day in which a caller must have called for the day to count, and how many such days make a habit.
ACTIVE_HOURS, ACTIVE_DAYS = 18, 3
#: Share of the hours of these days in which it called.
STEADY = 0.95
#: A silence counts when chance makes one as long, anywhere in the time, less often than this.
BY_CHANCE = 0.001


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A caller that always calls.

    Args:
        called: Hours of its active days in which it called.
        hours: All hours of these days.
        since: Index of its first hour.
        silences: First and last index of each silence that chance does not explain, and the expected number of such.
    """

    caller: str
    called: int
    hours: int
    since: int
    silences: tuple[tuple[int, int, float], ...]


def heartbeats(present: Mapping[str, Bools]) -> tuple[Heartbeat, ...]:
    """Find the callers that always call.

    Args:
        present: By caller, in which hours of the vault's time it called.
    """
    found = (_heartbeat(caller, hours) for caller, hours in sorted(present.items()))
    return tuple(beat for beat in found if beat is not None)


def _heartbeat(caller: str, present: Bools) -> Heartbeat | None:
    met = np.flatnonzero(present)
    if not len(met):
        return None
    since = int(met[0])
    own = present[since:]
    days = own[: len(own) // 24 * 24].reshape(-1, 24).sum(axis=1)
    active = days[days >= ACTIVE_HOURS]
    called, hours = int(active.sum()), 24 * len(active)
    if len(active) < ACTIVE_DAYS or called < STEADY * hours:
        return None
    edges = np.diff(np.concatenate(([0], (~own).astype(np.int8), [0])))
    spans = zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True)
    found = [(since + a, since + b, _chance(days, a, b, len(own))) for a, b in spans]
    silences = tuple(silence for silence in found if silence[2] < BY_CHANCE)
    return Heartbeat(caller, called, hours, since, silences)


def _chance(days: Ints, first: int, last: int, hours: int) -> float:
    """Expected number of silences as long as this one, by the active days that it does not touch."""
    others = np.ones(len(days), dtype=np.bool_)
    others[first // 24 : last // 24 + 1] = False
    kept = days[others & (days >= ACTIVE_HOURS)]
    missing = 1 - (float(kept.sum()) + 0.5) / (24 * len(kept) + 1)
    return float(hours * missing ** (last - first + 1)) if len(kept) else float(hours)


def silent_hours(beats: tuple[Heartbeat, ...], hours: int) -> Bools:
    """Hours in which every caller that always calls, and had begun to, is silent beyond chance."""
    begun, silent = np.zeros(hours, dtype=np.int64), np.zeros(hours, dtype=np.int64)
    for beat in beats:
        begun[beat.since :] += 1
        for first, last, _ in beat.silences:
            silent[first : last + 1] += 1
    return np.asarray((begun > 0) & (silent == begun))
