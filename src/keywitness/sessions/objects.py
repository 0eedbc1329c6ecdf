"""What sessions did to named objects: bursts of reads, names that were missing or refused, certificates taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keywitness.model.schema import TICKS_PER_SECOND
from keywitness.sessions.events import Coded
from keywitness.sessions.grouping import Bools, Groups, Ints


@dataclass(frozen=True, slots=True)
class Dumps:
    """The widest burst of reads of each session that came after a list.

    Args:
        names: Different secrets read in it.
        known: Different secrets of that vault that anybody was seen to read or to version.
        seconds: From its first read to its last.
    """

    names: Ints
    known: Ints
    seconds: Ints

    @property
    def share(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Part of the known secrets of the vault that the burst read."""
        return self.names / np.maximum(self.known, 1)


def distinct(groups: Groups, which: Bools, *columns: Coded) -> Ints:
    """How many different combinations each session has among some of its events; flags and columns in order."""
    positions = np.flatnonzero(which)
    pairs = np.unique(_combined(groups.session[positions], positions, columns))
    width = _width(columns)
    return np.bincount(pairs // width, minlength=len(groups)).astype(np.int64)


def known_names(vault: Coded, name: Coded, which: Bools) -> Ints:
    """Per vault: how many different names occur among some events."""
    positions = np.flatnonzero(which)
    width = max(len(name), 1)
    pairs = np.unique(vault.code[positions].astype(np.int64) * width + name.code[positions])
    return np.bincount(pairs // width, minlength=len(vault)).astype(np.int64)


def certificates_read(groups: Groups, viewed: Bools, read: Bools, vault: Coded, name: Coded) -> Bools:
    """Sessions that read with SecretGet what they had looked at as a certificate."""
    some = (groups.any(viewed) & groups.any(read))[groups.session] if len(groups) else viewed
    looked, taken = np.flatnonzero(viewed & some), np.flatnonzero(read & some)
    columns = (vault, name)
    keys = _combined(groups.session[looked], looked, columns)
    met = np.isin(_combined(groups.session[taken], taken, columns), keys)
    found = np.zeros(len(groups), dtype=np.bool_)
    found[groups.session[taken[met]]] = True
    return found


def dumps(groups: Groups, listed: Bools, read: Bools, vault: Coded, name: Coded, known: Ints, pause: float) -> Dumps:
    """Bursts of reads: one after the other in one vault, at most `pause` seconds apart, after the session's first list.

    Args:
        listed: Successful lists, in order.
        read: Successful reads, in order.
        known: Names per vault code.
    """
    made = Dumps(*(np.zeros(len(groups), dtype=np.int64) for _ in range(3)))
    if not len(groups) or not listed.any():
        return made
    after = groups.first(listed)[groups.session] < np.arange(len(read))
    positions = np.flatnonzero(read & after)
    if not len(positions):
        return made
    place = groups.session[positions] * max(len(vault), 1) + vault.code[positions]
    by_place = np.argsort(place, kind="stable")
    positions, place = positions[by_place], place[by_place]
    at = groups.at[positions]
    begins = np.ones(len(positions), dtype=np.bool_)
    begins[1:] = (np.diff(place) != 0) | (np.diff(at) > pause * TICKS_PER_SECOND)
    burst = np.cumsum(begins) - 1
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(positions)) - 1
    width = max(len(name), 1)
    names = np.bincount(np.unique(burst * width + name.code[positions]) // width, minlength=len(starts))
    session = groups.session[positions[starts]]
    widest = np.lexsort([names, session])
    last = widest[np.append(np.diff(session[widest]) != 0, True)]
    made.names[session[last]] = names[last]
    made.known[session[last]] = known[vault.code[positions[starts[last]]]]
    made.seconds[session[last]] = -(-(at[ends[last]] - at[starts[last]]) // TICKS_PER_SECOND)
    return made


def _width(columns: tuple[Coded, ...]) -> int:
    width = 1
    for column in columns:
        width *= max(len(column), 1)
    return width


def _combined(session: Ints, positions: Ints, columns: tuple[Coded, ...]) -> Ints:
    code = session
    for column in columns:
        code = code * max(len(column), 1) + column.code[positions]
    return code
