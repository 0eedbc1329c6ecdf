"""Were sessions called what they were? Every session of a case against the truth of its logs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from keywitness.investigate.visits import visits
from keywitness.lab.truth import Session, Truth
from keywitness.model.schema import TICKS_PER_SECOND
from keywitness.score.result import Classed
from keywitness.sessions.grouping import iso

if TYPE_CHECKING:
    from keywitness.case import Case

GAP = 30 * 60 * TICKS_PER_SECOND


Pairs = Counter[tuple[str, str]]


def session_classes(case: Case, truth: Truth) -> tuple[Pairs, dict[str, Pairs], int]:
    """Pairs of true and given class with their numbers: of all sessions, and of those that hold a part of the attack.

    A session is what the truth says of its caller at its address in its time. It can hold several visits of one person
    (silences shorter than the gap join them), and then it is any of theirs. Where the truth allows several classes the
    given one counts as the true one when it is among them.

    Returns:
        All pairs, those of each attack ("" for the only one), and how many sessions have a caller,
        address or time unknown to the truth.
    """
    known: dict[tuple[str, str], list[Session]] = defaultdict(list)
    for session in truth.sessions:
        known[session.identity, session.address].append(session)
    pairs: Counter[tuple[str, str]] = Counter()
    attacks: dict[str, Pairs] = defaultdict(Counter)
    strange = 0
    for caller, address, first, last, called in _sessions(case):
        there = _overlapping(known.get((caller, address), ()), first, last)
        if not there:
            strange += 1
            continue
        allowed = [name for session in there for name in session.classes]
        pair = (called if called in allowed else allowed[0], called)
        pairs[pair] += 1
        for attack in {session.step.rpartition("/")[0] for session in there if session.step}:
            attacks[attack][pair] += 1
    return pairs, attacks, strange


def _sessions(case: Case) -> Iterator[tuple[str, str, str, str, str]]:
    table = visits(case, [], GAP).table
    for row in table.select(["caller", "address", "first", "last", "class"]).to_pylist():
        yield row["caller"], row["address"], iso(row["first"]), iso(row["last"]), str(row["class"])


def _overlapping(sessions: Sequence[Session], first: str, last: str) -> list[Session]:
    """Visits of these hours; of a machine that is always there only when nothing else is."""
    there = [s for s in sessions if s.since <= last and s.until >= first]
    visits_ = [s for s in there if s.step] or there
    return sorted(visits_, key=lambda s: (s.until > last) - (s.since >= first))


def counted(pairs: Pairs, variant: str = "") -> tuple[Classed, ...]:
    return tuple(Classed(truth=a, called=b, sessions=n, variant=variant) for (a, b), n in sorted(pairs.items()))


def table_of(pairs: Sequence[Classed]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for one in pairs:
        found[one.truth, one.called] = found.get((one.truth, one.called), 0) + one.sessions
    return found


def accuracy(pairs: Sequence[Classed], strange: int = 0) -> float | None:
    """The share of sessions that were called what they were; None when there are none."""
    total = sum(one.sessions for one in pairs) + strange
    return sum(one.sessions for one in pairs if one.truth == one.called) / total if total else None
