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


def test_circle(ask):
    """The edge belongs to the circle; a negative radius makes none."""
    assert ask(
        "print geo_point_in_circle(1, 1, 1, 1, 0), geo_point_in_circle(0, 0, 0, 1, 111000), "
        "geo_point_in_circle(0, 0, 0, 1, 112000), geo_point_in_circle(1, 1, 1, 1, -1)"
    ) == (True, False, True, None)


def test_antipodes(ask):
    """Rounding must not leave the arc sine's domain."""
    (metres,) = ask("print geo_distance_2points(0, 0, 180, 0)")
    assert metres == pytest.approx(20015118.2119, abs=1e-3)


def test_geohashes_as_the_page_prints_them(ask):
    calls = (
        "geo_point_to_geohash(139.806115, 35.554128, 12)",
        "geo_point_to_geohash(-80.195829, 25.802215, 8)",
        "geo_point_to_geohash(-122.303404, 47.570482)",
    )
    assert ask("print " + ", ".join(calls)) == ("xn76m27ty9g4", "dhwfz15h", "c23n8")
    assert ask("print geo_geohash_to_central_point('sunny')") == (
        {"type": "Point", "coordinates": [42.47314453125, 23.70849609375]},
    )
    west, south, east, north = -74.00390625, 40.7373046875, -73.9599609375, 40.78125
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    assert ask("print geo_geohash_to_polygon('dr5ru')") == ({"type": "Polygon", "coordinates": [ring]},)


def test_what_is_no_geohash_is_empty_or_null(ask):
    """An accuracy cut to 18, or a longitude that goes round the earth, would give a cell."""
    calls = "geo_point_to_geohash(200, 1, 8), geo_point_to_geohash(1, 1, int(null)), geo_point_to_geohash(1, 1, 19)"
    assert ask(f"print {calls}") == ("", "", "")
    assert ask("print geo_geohash_to_central_point('a'), geo_geohash_to_polygon('')") == (None, None)


@pytest.mark.parametrize(
    "call",
    [
        "geo_point_to_geohash(0, 0)",
        "geo_geohash_to_polygon('DR5')",
        "geo_h3cell_level('862A1072FFFFFFF')",
        "geo_h3cell_parent('862a1072fffffff', 6)",
        "geo_h3cell_children('862a1072fffffff', 6)",
    ],
)
def test_cells_that_the_pages_leave_open_are_refused(ask, call):
    with pytest.raises(QueryError, match=call.partition("(")[0]):
        ask(f"print {call}")


def test_levels_of_h3_are_read_from_the_cell(ask):
    cell = "'862a1072fffffff'"
    assert ask(f"print geo_h3cell_level({cell}), geo_h3cell_parent({cell}), geo_h3cell_parent({cell}, 1)") == (
        6,
        "852a1073fffffff",
        "812a3ffffffffff",
    )
    assert ask(f"print geo_h3cell_children({cell})") == ([f"872a1072{digit}ffffff" for digit in "89abcde"],)
    assert ask(f"print array_length(geo_h3cell_children({cell}, 9))") == (343,)


def test_a_pentagon_has_six_children(ask):
    """Base cells of H3 with five sides have no child of digit 1, nor has any of theirs in the middle."""
    pentagon = "'8009fffffffffff'"
    counted = f"array_length(geo_h3cell_children({pentagon})), array_length(geo_h3cell_children({pentagon}, 2))"
    assert ask(f"print {counted}, geo_h3cell_level('81087ffffffffff')") == (6, 41, None)


def test_what_is_no_cell_or_level_is_empty_or_null(ask):
    cell = "'862a1072fffffff'"
    parents = f"geo_h3cell_parent('123'), geo_h3cell_parent({cell}, 100), geo_h3cell_parent({cell}, 15)"
    children = f"geo_h3cell_children('abc'), geo_h3cell_children({cell}, 12), geo_h3cell_children({cell}, 2)"
    assert ask(f"print {parents}, {children}, geo_h3cell_level('abc')") == ("", "", "", None, None, None, None)
