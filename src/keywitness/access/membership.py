"""Who is in which group, through any number of groups. A group inside itself ends the way, not the program."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Pairs of numbers, those of one number together.

    Args:
        starts: Where the pairs of each number begin, and the end of all.
        ends: The other number of each pair.
        rows: The place of the pair in the table that it came from.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int32]
    rows: NDArray[np.int64]

    def of(self, number: int) -> Iterator[tuple[int, int]]:
        """The others of a number, each with its row; none of a number that came later."""
        if number + 1 >= len(self.starts):
            return iter(())
        place = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return zip(self.ends[place].tolist(), self.rows[place].tolist(), strict=True)

    def all_of(self, number: int) -> NDArray[np.int32]:
        """The others of a number, as a column."""
        if number + 1 >= len(self.starts):
            return self.ends[:0]
        return self.ends[int(self.starts[number]) : int(self.starts[number + 1])]


def adjacency(left: NDArray[np.int32], right: NDArray[np.int32], size: int) -> Adjacency:
    """Pairs sorted by their left number; those with a negative one are left out.

    Args:
        size: One more than the largest number.
    """
    import numpy as np

    whole = np.flatnonzero((left >= 0) & (right >= 0))
    order = whole[np.argsort(left[whole], kind="stable")]
    starts = np.searchsorted(left[order], np.arange(size + 1))
    return Adjacency(starts.astype(np.int64), right[order].astype(np.int32), order.astype(np.int64))


@dataclass(frozen=True, slots=True)
class Membership:
    """Groups and their direct members, both ways.

    Args:
        groups_of: The groups that a principal is a direct member of.
        members_of: The direct members of a group.
    """

    groups_of: Adjacency
    members_of: Adjacency

    def upwards(self, principal: int) -> dict[int, tuple[int, int]]:
        """A principal and every group that it is in, each with the one it came through and the row that says so.

        Returns:
            In the order of distance; the principal itself comes first, with -1 for both.
        """
        return _reached(self.groups_of, principal)

    def downwards(self, group: int) -> dict[int, tuple[int, int]]:
        """A group and everything in it, as `upwards`."""
        return _reached(self.members_of, group)

    def cyclic(self) -> tuple[int, ...]:
        """Groups that are inside themselves."""
        parents = {g for g in range(len(self.members_of.starts) - 1) if _width(self.members_of, g)}
        return tuple(g for g in sorted(parents & _on_cycles(self.groups_of, parents)) if self._inside_itself(g))

    def _inside_itself(self, group: int) -> bool:
        return any(group in _reached(self.groups_of, other) for other, _ in self.groups_of.of(group))


def _width(pairs: Adjacency, number: int) -> int:
    return int(pairs.starts[number + 1] - pairs.starts[number])


def _on_cycles(groups_of: Adjacency, groups: set[int]) -> set[int]:
    """Groups that remain when those that are in no other group are taken away again and again."""
    left = set(groups)
    while gone := {g for g in left if not any(other in left for other, _ in groups_of.of(g))}:
        left -= gone
    return left


def _reached(pairs: Adjacency, start: int) -> dict[int, tuple[int, int]]:
    reached = {start: (-1, -1)}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for other, row in pairs.of(here):
            if other not in reached:
                reached[other] = (here, row)
                waiting.append(other)
    return reached


def way(reached: dict[int, tuple[int, int]], end: int) -> list[tuple[int, int]]:
    """The steps from the start to `end`: each number with the row that led to it, the start left out."""
    steps = []
    while end in reached and reached[end][0] >= 0:
        steps.append((end, reached[end][1]))
        end = reached[end][0]
    return steps[::-1]
