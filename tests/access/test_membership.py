"""Groups in groups, cycles among them."""

from __future__ import annotations

import numpy as np

from keywitness.access.membership import Membership, adjacency, way


def membership(*pairs, size=10):
    groups, members = (np.array(side, np.int32) for side in zip(*pairs, strict=True))
    return Membership(adjacency(members, groups, size), adjacency(groups, members, size))


def test_through_any_number_of_groups_by_the_shortest_way():
    made = membership((1, 0), (2, 1), (3, 2), (3, 0))
    reached = made.upwards(0)
    assert set(reached) == {0, 1, 2, 3}
    assert way(reached, 3) == [(3, 3)]
    assert way(reached, 2) == [(1, 0), (2, 1)]
    assert set(made.downwards(3)) == {3, 2, 1, 0}


def test_a_group_inside_itself_ends_and_is_named():
    made = membership((1, 0), (2, 1), (1, 2), (4, 4), (5, 3))
    assert set(made.upwards(0)) == {0, 1, 2}
    assert made.cyclic() == (1, 2, 4)
    assert membership((1, 0), (2, 1), (3, 2)).cyclic() == ()
