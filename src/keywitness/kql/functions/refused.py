"""Functions of Kusto that a case has no meaning for, by family, each with its reason."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, scalar

_GEO = "places on earth are outside of keywitness; the log's own location fields are dynamic values"
_SERVICE = "it asks the Kusto service about itself, and a case is not a service"
_UNDOCUMENTED = "no page says what it takes for valid"
_CALLER = "nobody is signed in to a case; `keywitness custody` says who did what with it"
_ANYTHING = "(arg: any*?) -> dynamic"
_GEO_NAMES = (
    "angle azimuth closest_point_on_line closest_point_on_polygon distance_point_to_line "
    "distance_point_to_polygon from_wkt geohash_neighbors geohash_to_central_point geohash_to_polygon "
    "h3cell_children h3cell_level h3cell_neighbors h3cell_parent h3cell_rings h3cell_to_central_point "
    "h3cell_to_polygon intersection_2lines intersection_2polygons intersection_line_with_polygon "
    "intersects_2lines intersects_2polygons intersects_line_with_polygon line_buffer line_centroid "
    "line_densify line_interpolate_point line_length line_locate_point line_simplify line_to_s2cells "
    "point_buffer point_in_polygon point_to_geohash point_to_h3cell point_to_s2cell "
    "polygon_area polygon_buffer polygon_centroid polygon_densify polygon_perimeter polygon_simplify "
    "polygon_to_h3cells polygon_to_s2cells s2cell_neighbors s2cell_to_central_point s2cell_to_polygon "
    "simplify_polygons_array union_lines_array union_polygons_array"
)

_FAMILIES: dict[str, tuple[str, ...]] = {
    _GEO: tuple(f"geo_{name}" for name in _GEO_NAMES.split()),
    _SERVICE: (
        "current_cluster_endpoint",
        "current_database",
        "current_node_id",
        "cursor_after",
        "cursor_before_or_at",
        "cursor_current",
        "current_cursor",
        "estimate_data_size",
        "extent_id",
        "extentid",
        "extent_tags",
        "row_id",
        "rowstore_ordinal_range",
        "stored_query_result",
        "entity_group",
        "external_table",
        "materialized_view",
    ),
    _UNDOCUMENTED: ("hll_isvalid", "tdigest_isvalid"),
    _CALLER: ("current_principal", "current_principal_details", "current_principal_is_member_of"),
    "`row_rank` was renamed; use row_rank_dense()": ("row_rank",),
    "its page takes it for a name of week_of_year() and says that it counted weeks otherwise; use week_of_year()": (
        "weekofyear",
    ),
}

FUNCTIONS: tuple[Function, ...] = tuple(
    scalar(name, _ANYTHING, refusal=reason) for reason, names in _FAMILIES.items() for name in names
)
