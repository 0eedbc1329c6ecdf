"""Distances: a sphere of S2's radius, which Kusto's published examples show to ten digits."""

from __future__ import annotations

import pytest

from keywitness.errors import QueryError


def test_distance(ask):
    """Not the WGS-84 ellipsoid and not a radius of 6371 km: those are off in the fourth digit."""
    (metres,) = ask("print geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056)")
    assert metres == pytest.approx(1546754.35197381, rel=1e-13)


def test_places_that_are_none_have_no_distance(ask):
    """Null, not an error and not infinity."""
    assert ask(
        "print geo_distance_2points(300, 1, 1, 1), geo_distance_2points(1, 91, 1, 1), "
        "geo_distance_2points(real(nan), 1, 1, 1), geo_point_in_circle(200, 1, 1, 1, 5)"
    ) == (None, None, None, None)


def test_a_circle_has_a_radius_above_0(ask):
    """The page: "Valid value must be positive", and null of a circle that is none. A comparison alone says true."""
    assert ask("print geo_point_in_circle(1, 1, 1, 1, 0), geo_point_in_circle(1, 1, 1, 1, 0.1)") == (None, True)


def test_a_distance_on_a_spheroid_is_refused(ask):
    assert ask("print geo_distance_2points(1, 1, 1, 1, false)") == (0.0,)
    with pytest.raises(QueryError, match="on a spheroid"):
        ask("print geo_distance_2points(1, 1, 2, 2, true)")


def test_circle(ask):
    """A degree is 111.2 km; a negative radius makes no circle."""
    assert ask(
        "print geo_point_in_circle(1, 1, 1, 1, 5), geo_point_in_circle(0, 0, 0, 1, 111000), "
        "geo_point_in_circle(0, 0, 0, 1, 112000), geo_point_in_circle(1, 1, 1, 1, -1)"
    ) == (True, False, True, None)


def test_antipodes(ask):
    """Rounding must not leave the arc sine's domain."""
    (metres,) = ask("print geo_distance_2points(0, 0, 180, 0)")
    assert metres == pytest.approx(20015118.2119, abs=1e-3)
