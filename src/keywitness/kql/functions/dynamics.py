"""Dynamic values: arrays, sets, property bags, JSON."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, scalar

FUNCTIONS: tuple[Function, ...] = (
    scalar("array_concat", "(array: dynamic*) -> dynamic"),
    scalar("array_iff", "(condition: dynamic, then: any, else: any) -> dynamic", aliases="array_iif"),
    scalar(
        "array_index_of",
        "(array: dynamic, value: any, start: integer?, length: integer?, occurrence: integer?) -> long",
    ),
    scalar("array_length", "(array: dynamic) -> long", aliases="arraylength"),
    scalar("array_reverse", "(array: dynamic) -> dynamic"),
    scalar("array_rotate_left", "(array: dynamic, count: integer) -> dynamic"),
    scalar("array_rotate_right", "(array: dynamic, count: integer) -> dynamic"),
    scalar("array_shift_left", "(array: dynamic, count: integer, default: any?) -> dynamic"),
    scalar("array_shift_right", "(array: dynamic, count: integer, default: any?) -> dynamic"),
    scalar("array_slice", "(array: dynamic, start: integer, end: integer) -> dynamic"),
    scalar(
        "array_sort_asc",
        "(array: dynamic) -> dynamic",
        "(array: dynamic, nulls_last: bool) -> dynamic",
        "(array: dynamic, arrays: dynamic*) -> dynamic",
        "(array: dynamic, arrays: dynamic*, nulls_last: bool) -> dynamic",
    ),
    scalar(
        "array_sort_desc",
        "(array: dynamic) -> dynamic",
        "(array: dynamic, nulls_last: bool) -> dynamic",
        "(array: dynamic, arrays: dynamic*) -> dynamic",
        "(array: dynamic, arrays: dynamic*, nulls_last: bool) -> dynamic",
    ),
    scalar("array_split", "(array: dynamic, indices: integers) -> dynamic"),
    scalar("array_sum", "(array: dynamic) -> real", means="series_sum"),
    scalar("bag_has_key", "(bag: dynamic, key: string) -> bool"),
    scalar("bag_keys", "(bag: dynamic) -> dynamic"),
    scalar("bag_merge", "(bag: dynamic*) -> dynamic"),
    scalar("bag_pack", "(pair: any*) -> dynamic", aliases=("pack", "pack_dictionary")),
    scalar("bag_pack_columns", "(column: any*) -> dynamic", means="bag_pack"),
    scalar("pack_all", "(ignore_null_empty: const bool?) -> dynamic"),
    scalar("pack_array", "(value: any*) -> dynamic"),
    scalar("bag_remove_keys", "(bag: dynamic, keys: dynamic) -> dynamic"),
    scalar("bag_set_key", "(bag: dynamic, key: const string, value: any) -> dynamic"),
    scalar("bag_zip", "(keys: dynamic, values: dynamic) -> dynamic"),
    scalar(
        "extract_json",
        "(path: const string, json: string) -> string",
        "(path: const string, json: string, type: type) -> typed",
        aliases="extractjson",
    ),
    scalar("jaccard_index", "(a: dynamic, b: dynamic) -> real"),
    scalar("range", "(start: summable, stop: summable, step: summable?) -> dynamic"),
    scalar("repeat", "(value: bool|integer|real|datetime|timespan|string, count: long) -> dynamic", prefix="repeat"),
    scalar("set_difference", "(set: dynamic*) -> dynamic"),
    scalar("set_equals", "(set1: dynamic, set2: dynamic) -> bool"),
    scalar("set_has_element", "(set: dynamic, value: any) -> bool"),
    scalar("set_intersect", "(set: dynamic*) -> dynamic"),
    scalar("set_union", "(set: dynamic*) -> dynamic"),
    scalar("treepath", "(object: dynamic) -> dynamic", prefix="tree"),
    scalar("zip", "(array: dynamic*) -> dynamic"),
    scalar("column_names_of", "(table: any) -> dynamic"),
)
